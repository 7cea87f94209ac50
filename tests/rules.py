"""Every rule of the two plans that bars or flags something, and one way or more to break it and nothing else.

A line says in which state, by what change of an act that is otherwise valid, a rule is broken; what it is found by (the
guard) and how strongly. Fields named `broken_*` replace, for the broken act, what the valid one is prepared with.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tests.support import CHECKLIST, HEAD

FIRST_DAY = date(2019, 6, 10)


@dataclass(frozen=True)
class Number:
    """In an act's data: the number in the history of the last event of this name."""

    of: str


FUND = Number("the fund that the plan pays from")


@dataclass(frozen=True)
class Told:
    """An act in full: what, by which office, with which papers and data, how many days from then."""

    action: str
    office: str
    papers: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    days: int = 0


@dataclass(frozen=True)
class Crowd:
    """Other households of the year that were approved before: how many, and what differs from the case's own row."""

    count: int
    row: dict[str, Any]


@dataclass(frozen=True)
class Line:
    """One way to break one rule."""

    rule: str
    words: str
    state: str
    guard: str
    change: dict[str, Any] = field(default_factory=dict)  # of the act's data; None leaves a field out
    effect: str = "block"
    plans: str = "ab"
    # how the valid act is prepared
    opened: dict[str, Any] = field(default_factory=dict)
    choices: dict[str, Any] = field(default_factory=dict)
    before: tuple[Told, ...] = ()
    act: Told | None = None  # instead of the road's own act of the state
    on: date | None = None
    crowd: Crowd | None = None
    # what is otherwise for the broken one
    broken_start: date | None = None
    broken_opened: dict[str, Any] = field(default_factory=dict)
    broken_choices: dict[str, Any] = field(default_factory=dict)
    broken_state: str | None = None
    broken_before: tuple[Told, ...] | None = None
    broken_act: Told | None = None
    broken_on: date | None = None
    broken_crowd: Crowd | None = None
    skipped: tuple[str, ...] = ()  # facts that the road leaves out
    office: str | None = None
    without: str = ""
    days: int = 0
    listed: bool = False
    # rules that are found unmet beside it, each of them in OVERLAPS
    beside: tuple[str, ...] = ()


# Found wherever an act of 2019 is entered by today's clock. It only ever warns.
ENTERED_LATE = ("entered_in_time", "R78", "warn")

OVERLAPS: dict[str, dict[str, str]] = {
    # rule broken: rule found beside it, and why that cannot be otherwise
    "R20": {"R2": "who is of no class of plan B is of the class that plan A serves: B knows no other"},
    "R54": {"R77": "who reviewed for the township does not approve, in whatever office"},
    "R40a": {
        "R77": "who approved for the county does not pay, in whatever office",
        "R57": "before the final acceptance a payment is out of order, and what has to come first is that acceptance",
        "R37": "what may be paid again, or after an end, is what may still be paid: more is more than the subsidy",
        "R76": "what keeps the disqualified from being paid is their disqualification",
    },
    "R45": {"R46": "a notice without the deliberation is out of order among the notices"},
    "R46": {
        "R47": "a report before the notice's end is out of order among the reports",
        "R78": "a notice entered when its days are over is entered long after it was posted",
    },
    "R49": {"R50": "a township notice without the review is out of order among the notices"},
    "R50": {"R51": "a meeting before the township notice's end is out of order, and held too early"},
    "R34": {"R78": "without a reason nothing is entered long after it happened"},
    "R28": {"R29b": "an appraisal before the identity check is out of order among the appraisals"},
    "R69": {"R60": "a start without the agreement is out of order among the starts"},
    "R78": {"R40a": "an archive of what was not paid is out of order, and what has to come first is the payment"},
    "R74": {
        "R37": "a house over the limit has no subsidy that could be paid",
        "R77": "an area over the limit gets behind the acceptance only by a correction, which is doubted itself",
    },
    "R70a": {
        "R57": "after a failed acceptance the acceptances have to be passed again",
        "R40a": "a payment before them is out of order among the payments",
    },
}

# Rules that the policies name and that neither bar nor flag anything on a case: why each has no line.
NO_BAR: dict[str, str] = {
    "R14": "the list of refusals goes to the poverty office: a report",
    "R29d": "the annual plan is adopted by the county: a record of a unit",
    "R58": "finance, audit and discipline read: a role",
    "R65": "self-check and summary of the townships: a record of a unit",
    "R70b": "responsible persons are never erased: the history itself",
}

GH = {"mode": "guaranteed_housing", "builder": "township", "area": "40.00", "amount": "45232"}
HOME = {"mode": "mutual_aid_home", "builder": "township", "area": "40.00"}
REPAIR = {"grade": "C", "mode": "repair", "area": None, "amount": "20000"}
C_NEW = {"grade": "C", "amount": "20000"}
NO_HOUSE: dict[str, Any] = {"opened": {"no_house": True}, "choices": {"no_house": True}}
DISABLED = {
    "opened": {"classes": ["disabled_poor"]},
    "choices": {"certificate": "disability_certificate", "authorities": ("disabled_federation", "civil_affairs")},
}
FIVE_GUARANTEES: dict[str, Any] = {
    "opened": {"classes": ["extreme_poverty"]},
    "choices": {"certificate": "extreme_poverty_certificate"},
}
REASON = {"reason": "情况说明"}
SECOND = {"agreed_by": "p-second"}
LATE = {**REASON, **SECOND}  # every act of 2019 is entered by today's clock: by two, with a reason
LARGE = "large_family_application township_area_document"
OTHER_VILLAGE = {"unit": "150783101202"}
APPROVED = {"state": "construction", "mode": "self_build", "approved_fen": 2_523_200, "approved_on": "2019-06-01"}
PROBLEM = {"problem": True, "note": "墙体开裂"}
FILE = "family_basics identity_proof subsidy_approval_form after_photo"
COPIES = {"copies": ["county", "township", "village", "household_file"]}
OBJECTION = {"grounds": "不符合条件"}
TALKS = (Told("record_contact", "village", days=-2), Told("record_contact", "township"))
REFUSAL = Told("refuse", "village", "village_refusal_record township_refusal_record", {"reason": "本人不愿"})
WRONG_PLAN_NOW = {"correction": {"household": {"lives_in_countryside": False}}, "cause": "error", **REASON, **SECOND}
FAILED = {"reason": "屋面漏水", "mend_by": "2019-09-15"}
PAYMENT = {"amount": "25232", "fund": FUND, "payee": "household", "channel": "one_card"}
CAME_BACK = (Told("payment_returned", "finance", "", {"amount": "25232", "reason": "账号有误"}),)
REFUND = Told("record_refund", "finance", "", {"amount": "20000", "through": ["village", "township", "treasury"]})
SALE = Told("record_resale", "village")
LATER = date(2024, 12, 2)


def checked(**items: Any) -> dict[str, Any]:
    return {"checklist": {**CHECKLIST, **items}}


def quota(rule: str, plans: str, words: str, planned: int, row: dict[str, Any], **more: Any) -> Line:
    """Return the line of a planned number: the last household within it goes without a word, the next is flagged."""
    row = {**APPROVED, **OTHER_VILLAGE, **row}
    return Line(
        rule,
        words,
        "county_review",
        "quota_not_exceeded",
        effect="warn",
        plans=plans,
        crowd=Crowd(planned - 1, row),
        broken_crowd=Crowd(planned, row),
        **more,
    )


def budget(rule: str, plans: str, words: str, rest: int) -> Line:
    """Return the line of a planned sum: `rest` is what the other households had, in fen, when one fen is too much."""
    row = {**APPROVED, **OTHER_VILLAGE, "grade": "C"}
    return Line(
        rule,
        words,
        "county_review",
        "budget_not_exceeded",
        effect="warn",
        plans=plans,
        crowd=Crowd(1, {**row, "approved_fen": rest - 1}),
        broken_crowd=Crowd(1, {**row, "approved_fen": rest}),
    )


def ended(action: str, **data: Any) -> Told:
    return Told(action, "county", "", {**REASON, **data})


LINES = (
    # ------------------------------------------------------------ who is served
    Line("R2", "a registered poor household that also has the minimum living", "draft", "no_other_plan", plans="b",
         broken_opened={"classes": ["registered_poor", "minimum_living"]}),
    Line("R17", "does not live in the countryside", "draft", "lives_in_countryside",
         broken_opened={"lives_in_countryside": False}),
    Line("R18", "no rural registration", "draft", "rural_registration", broken_opened={"rural_registration": False}),
    Line("R19", "of no class of the plan", "draft", "class_served", plans="a",
         broken_opened={"classes": ["minimum_living"]}),
    Line("R20", "of no class of the plan", "draft", "class_served", plans="b",
         broken_opened={"classes": ["registered_poor"]}, beside=("R2",)),
    Line("R20", "cared for in an institution", "draft", "not_in_institutional_care", plans="b",
         broken_opened={"in_institutional_care": True}),
    Line("R21", "two dwellings", "draft", "one_dwelling_at_most", plans="a", broken_opened={"dwellings": 2}),
    Line("R22", "two dwellings", "draft", "one_dwelling_at_most", plans="b", broken_opened={"dwellings": 2}),
    Line("R22", "no house", "draft", "has_dwelling", plans="b", broken_opened={"no_house": True}),
    Line("R23", "no house, but the head owns one", "draft", "no_dwelling_owned", plans="a", **NO_HOUSE,
         broken_opened={"head": {**HEAD, "registered_poor": True, "owns_dwelling": True}}),
    Line("R23", "no house, not surveyed by the township", "identity_check", "no_house_confirmed", plans="a", **NO_HOUSE,
         skipped=("record_survey",)),
    Line("R23", "no house, confirmed as poor but not as without a house", "identity_check", "no_house_confirmed",
         plans="a", **NO_HOUSE, skipped=("confirm_identity",),
         broken_before=(Told("confirm_identity", "poverty_office", "", {"authority": "poverty_office"}),)),
    Line("R10", "no house, not marked so in the poverty file", "draft", "no_house_marked", effect="warn", plans="a",
         **NO_HOUSE, broken_opened={"no_house_marked": False}),
    Line("R24", "in the relocation plan", "draft", "not_in_relocation_plan", plans="a",
         broken_opened={"in_relocation_plan": True}),
    # ------------------------------------------------------------ application
    Line("R3", "no wish to renovate", "draft", "consent_given", {"consents": False}),
    Line("R3", "withdrawn without the household's reason", "village_publicity", "data_complete", {"reason": None},
         act=Told("withdraw", "village", "", REASON)),
    Line("R41", "the application says nothing of the danger", "draft", "application_complete",
         {"contents": ["registration", "income", "wish"]}),
    Line("R41", "not signed by the head", "draft", "application_complete", {"signed_by_head": False}),
    Line("R41", "no written application", "draft", "paper_attached", without="application"),
    Line("R41", "taken in by the township", "draft", "office_may_act", office="township"),
    Line("R41", "dated in the future", "draft", "not_in_future", days=40_000),
    Line("R42", "no proof of registration", "draft", "paper_attached", plans="a", without="registration_proof"),
    Line("R42", "no proof of income", "draft", "paper_attached", plans="a", without="income_proof"),
    Line("R42", "only a copy of the proof of income", "draft", "original_seen", {"originals_seen": []}, plans="a"),
    Line("R43", "no proof of registration", "draft", "paper_attached", plans="b", without="registration_proof"),
    Line("R43", "no certificate of the minimum living", "draft", "paper_attached", plans="b",
         without="minimum_living_certificate"),
    Line("R43", "no certificate of extreme poverty", "draft", "paper_attached", plans="b", **FIVE_GUARANTEES,
         without="extreme_poverty_certificate"),
    Line("R43", "no certificate of disability", "draft", "paper_attached", plans="b", **DISABLED,
         without="disability_certificate"),
    Line("R43", "only a copy of the certificate", "draft", "original_seen", {"originals_seen": []}, plans="b"),
    Line("R44", "no photograph of the house", "draft", "paper_attached", without="danger_photo"),
    Line("R44", "no fixed reference in the photograph", "draft", "danger_photo_complete",
         {"photo_shows_reference": False}),
    Line("R44", "the head is not in the photograph", "draft", "danger_photo_complete", {"photo_shows_head": False}),
    Line("R78", "entered years after it happened", "draft", "entered_in_time", effect="warn"),
    Line("R78", "entered years after it happened by one alone", "draft", "late_entry_agreed", {"agreed_by": None}),
    Line("R78", "entered years after it happened without a reason", "draft", "late_entry_agreed", {"reason": None}),
    # ------------------------------------------------------------ village
    Line("R45", "deliberated by the committee", "village_deliberation", "assembly_allowed", {"assembly": "committee"}),
    Line("R45", "no minutes", "village_deliberation", "paper_attached", without="deliberation_minutes"),
    Line("R45", "dated before the application", "village_deliberation", "in_order", days=-3),
    Line("R45", "a notice without a deliberation", "village_deliberation", "action_available", beside=("R46",),
         broken_act=Told("post_village_notice", "village", "village_notice_photo village_notice_photo",
                         {"places": ["village_board", "main_street"],
                          "discloses": ["policy", "beneficiaries", "standard"]})),
    Line("R45", "too few came", "village_deliberation", "quorum_reached", {"present": 29, "votes_for": 29},
         effect="warn"),  # it is entered years after it was held, by two persons
    Line("R47", "the assembly found the household not eligible", "village_deliberation", "deliberation_passed",
         {"approved": False}),
    Line("R77", "a relation is declared and nobody's word is left out", "village_deliberation",
         "relatives_stepped_aside", {"relation_declared": True}, effect="warn"),
    Line("R77", "reviewed by who stepped aside as a relative", "township_review", "not_own_case",
         broken_choices={"record_deliberation": {"relation_declared": True, "stepped_aside": ["p-township"]}}),
    Line("R77", "a relation of the reviewer", "township_review", "relation_declared", {"relation_declared": True},
         effect="warn"),
    Line("R7", "the notice hides the standard", "village_notice", "notice_discloses",
         {"discloses": ["policy", "beneficiaries"]}, effect="warn"),
    Line("R46", "not on the main street", "village_notice", "places_posted", {"places": ["village_board"]}),
    Line("R46", "a notice entered without a reason when its days are over", "village_notice", "shortening_agreed",
         {"agreed_by": None, "reason": None}, beside=("R78",)),
    Line("R46", "no photograph of the notice", "village_notice", "paper_attached",
         without="village_notice_photo village_notice_photo"),
    Line("R46", "one photograph for two places", "village_notice", "places_photographed", effect="warn",
         without="village_notice_photo"),
    Line("R46", "closed a day early", "village_publicity", "publicity_days_complete", days=-1),
    Line("R46", "torn down", "village_publicity", "hung_throughout", {"hung_throughout": False}),
    Line("R46", "down since the second day", "village_publicity", "publicity_days_complete",
         broken_before=(Told("take_down_notice", "village", "", {"level": "village", "place": "main_street", **LATE}, -4),)),
    Line("R46", "reported before the notice is closed", "village_publicity", "action_available", beside=("R47",),
         broken_act=Told("report_to_township", "village", "approval_form", {"form_on": "2019-06-16"})),
    Line("R47", "an objection is open", "village_publicity", "no_open_objection",
         broken_before=(Told("raise_objection", "village", "", {"level": "village", **OBJECTION}),)),
    Line("R47", "an objection was upheld", "village_publicity", "no_open_objection",
         broken_before=(
             Told("raise_objection", "village", "", {"level": "village", **OBJECTION}),
             Told("answer_objection", "village", "",
                  {"objection": Number("raise_objection"), "upheld": True, "outcome_reason": "属实"}))),
    Line("R47", "an objection answered by the county for the village", "village_publicity", "reviewed_by_its_level",
         before=(Told("raise_objection", "village", "", {"level": "village", **OBJECTION}),),
         act=Told("answer_objection", "village", "",
                  {"objection": Number("raise_objection"), "upheld": False, "outcome_reason": "不属实"}),
         office="county"),
    Line("R47", "the form was filled in before the notice's end", "application_form", "form_after_publicity",
         {"form_on": "2019-06-15"}),
    Line("R47", "no form", "application_form", "paper_attached", without="approval_form"),
    Line("R48", "not reported, and no reason given", "village_publicity", "data_complete", {"reason": None},
         act=Told("decline_to_report", "village", "reason_letter", REASON)),
    Line("R48", "not reported, and no letter to the applicant", "village_publicity", "paper_attached",
         act=Told("decline_to_report", "village", "reason_letter", REASON), without="reason_letter"),
    Line("R48", "taken up again by one person alone", "village_publicity", "second_person_agreed", {"agreed_by": None},
         before=(Told("decline_to_report", "village", "reason_letter", REASON),),
         act=Told("reopen", "township", "", {**REASON, **SECOND})),
    # ------------------------------------------------------------ township
    Line("R49", "nobody visited the household", "township_review", "household_visited", {"visited_on": None}),
    Line("R49", "the papers are not in order", "township_review", "papers_in_order", {"papers_in_order": False}),
    Line("R49", "no record of the visit", "township_review", "paper_attached", without="visit_record"),
    Line("R49", "a notice without a review", "township_review", "action_available", beside=("R50",),
         broken_act=Told("post_township_notice", "township", "township_notice_photo",
                         {"places": ["township_board"], "discloses": ["policy", "beneficiaries", "standard"]})),
    Line("R50", "not at the township's board", "township_notice", "places_posted", {"places": ["main_street"]}),
    Line("R50", "no photograph of the notice", "township_notice", "paper_attached", without="township_notice_photo"),
    Line("R50", "closed a day early", "township_publicity", "publicity_days_complete", days=-1),
    Line("R50", "torn down", "township_publicity", "hung_throughout", {"hung_throughout": False}),
    Line("R50", "an objection is open", "township_publicity", "no_open_objection",
         broken_before=(Told("raise_objection", "township", "", {"level": "township", **OBJECTION}),)),
    Line("R50", "a meeting while the notice hangs", "township_publicity", "action_available", beside=("R51",),
         broken_act=Told("record_township_meeting", "township", "township_minutes", {"approved": True})),
    Line("R51", "the meeting refused", "township_meeting", "meeting_decided", {"approved": False}),
    Line("R51", "the meeting was held before the notice's end", "township_meeting", "meeting_after_publicity",
         {"held_on": "2019-06-20"}),
    Line("R51", "no minutes", "township_meeting", "paper_attached", without="township_minutes"),
    Line("R53", "sent back without a reason", "township_review", "data_complete", {"reason": None},
         act=Told("return_to_village", "township", "", REASON)),
    Line("R53", "sent in again without the paper that was rejected", "township_review", "rejected_papers_resent",
         before=(Told("return_to_village", "township", "", REASON),), act=Told("resubmit", "village"),
         broken_before=(
             Told("check_document", "township", "", {"kind": "registration_proof", "accepted": False}),
             Told("return_to_village", "township", "", REASON))),
    Line("R53", "sent in again though the household no longer fits", "township_review", "earlier_steps_hold",
         before=(Told("return_to_village", "township", "", REASON),), act=Told("resubmit", "village"),
         broken_before=(Told("return_to_village", "township", "", REASON),
                        Told("correct", "township", "", WRONG_PLAN_NOW))),
    # ------------------------------------------------------------ identity
    Line("R25", "not confirmed by the poverty office", "identity_check", "identity_confirmed", plans="a",
         skipped=("confirm_identity",)),
    Line("R25", "denied by the poverty office", "identity_check", "identity_confirmed", plans="a",
         broken_before=(Told("deny_identity", "poverty_office", "", {"authority": "poverty_office"}),)),
    Line("R25", "confirmed in another authority's name", "identity_check", "authority_speaks",
         {"authority": "civil_affairs"}, plans="a",
         act=Told("confirm_identity", "poverty_office", "", {"authority": "poverty_office"})),
    Line("R26", "not confirmed by civil affairs", "identity_check", "identity_confirmed", plans="b",
         skipped=("confirm_identity",)),
    Line("R26", "confirmed by the poverty office only", "identity_check", "identity_confirmed", plans="b",
         skipped=("confirm_identity",),
         broken_before=(Told("confirm_identity", "poverty_office", "", {"authority": "poverty_office"}),)),
    Line("R26", "extreme poverty denied by civil affairs", "identity_check", "identity_confirmed", plans="b",
         **FIVE_GUARANTEES,
         broken_before=(Told("deny_identity", "civil_affairs", "", {"authority": "civil_affairs"}),)),
    Line("R27", "confirmed by the federation alone", "identity_check", "identity_confirmed", plans="b", **DISABLED,
         broken_choices={"authorities": ("disabled_federation",)}),
    Line("R27", "confirmed by civil affairs alone", "identity_check", "identity_confirmed", plans="b", **DISABLED,
         broken_choices={"authorities": ("civil_affairs",)}),
    Line("R61", "no results of the two notices", "identity_check", "paper_attached", effect="warn",
         without="publicity_results"),
    Line("R28", "appraised without the identity check", "identity_check", "identity_before_appraisal",
         beside=("R29b",),
         broken_act=Told("record_appraisal", "appraiser", "appraisal_report",
                         {"grade": "D", "body": "某鉴定所", "on_site_on": "2019-06-20", "engaged_by": "county",
                          "standard": "JGJ/T 363-2014"})),
    Line("R28", "on site before the identity check", "appraisal", "identity_before_appraisal",
         {"on_site_on": "2019-06-11"}),
    # ------------------------------------------------------------ appraisal
    Line("R29a", "rated B", "appraisal", "grade_eligible", {"grade": "B"}),
    Line("R29a", "found ineligible without a reason", "appraisal", "data_complete", {"reason": None},
         act=Told("find_ineligible", "county", "", REASON)),
    Line("R29b", "engaged by the township", "appraisal", "appraiser_engaged", {"engaged_by": "township"}),
    Line("R29b", "never on site", "appraisal", "data_complete", {"on_site_on": None}),
    Line("R29b", "no report", "appraisal", "paper_attached", without="appraisal_report"),
    Line("R29b", "an appraisal waived for a house", "appraisal", "waiver_allowed", plans="a",
         broken_act=Told("waive_appraisal", "county")),
    Line("R29b", "the body also builds", "appraisal", "appraiser_independent", {"body_is_builder": True}),
    Line("R29b", "the body is the applicant's", "appraisal", "appraiser_independent", {"body_is_applicant": True}),
    Line("R29b", "no standard named", "appraisal", "standard_named", {"standard": None}, effect="warn"),
    Line("R29e", "pulled down before, and nothing shows what it was", "appraisal", "appraised_before_demolition",
         broken_before=(Told("record_demolition", "township", days=-100),)),
    Line("R29e", "pulled down before, with photographs", "appraisal", "appraised_before_demolition", effect="warn",
         broken_before=(Told("record_demolition", "township", "", {"evidence": ["photographs"]}, -100),)),
    Line("R15", "rated C, though taken in as a suspected D", "appraisal", "grade_of_intake", {"grade": "C"}, plans="b",
         opened={"intake": "disaster"}),
    # ------------------------------------------------------------ approval
    Line("R3", "the mode is not the household's choice", "county_review", "mode_chosen_freely",
         {"chosen_by_household": False}),
    Line("R4", "not in the plans for the land", "county_review", "conforms_to_plans", {"conforms_to_plans": False},
         effect="warn"),
    Line("R5", "on a field", "county_review", "land_preferred", {"land": "field"}, effect="warn"),
    Line("R6", "beyond its means", "county_review", "within_means", {"beyond_means": True}, effect="warn"),
    quota("R8", "a", "the 29th house of grade D", 28, {"grade": "D"}),
    quota("R8", "a", "the 266th house of grade C", 265, {"grade": "C"}, choices=REPAIR),
    quota("R8", "a", "the 281st without a house", 280, {"no_house": 1}, **NO_HOUSE),
    budget("R9", "a", "a fen above 640.64 wan", 640_650_000 - 2_523_200),
    quota("R11", "b", "the 124th house", 123, {"grade": "C"}),
    budget("R11", "b", "a fen above 334.2 wan", 334_300_000 - 2_523_200),
    Line("R36d", "the tenth house of a village without a plan", "county_review", "village_planned", effect="warn",
         crowd=Crowd(8, {**APPROVED, "grade": "C"}), broken_crowd=Crowd(9, {**APPROVED, "grade": "C"})),
    Line("R30", "built by the township for the household", "county_review", "builder_allowed", {"builder": "township"}),
    Line("R30", "39.99 m2", "county_review", "area_above_floor", {"area": "39.99"}, effect="warn"),
    Line("R31", "built by neither household nor township", "county_review", "builder_allowed", {"builder": "village"},
         choices=GH),
    Line("R31", "no difficulty certified", "county_review", "difficulty_certified", {"difficulty_certified": False},
         choices=GH, effect="warn"),
    Line("R31", "the household pays 3,000 itself", "county_review", "nothing_to_pay_oneself", {"self_funding": "3000"},
         choices=GH, effect="warn"),
    Line("R32", "guaranteed housing for a household stably out of poverty", "county_review",
         "not_stably_out_of_poverty", plans="a", choices=GH, broken_opened={"stably_out_of_poverty": True}),
    Line("R33", "more than 20,000 for a rebuilt house of grade C", "payment", "amount_within_subsidy",
         {"amount": "20000.01"}, plans="a", choices=C_NEW),
    Line("R34", "a house of grade C built new without a reason", "county_review", "mode_offered", {"reason": None},
         plans="b", beside=("R78",), choices=REPAIR, broken_choices={"mode": "self_build", "area": "58.00"}),
    Line("R34", "a house of grade C built new for a reason", "county_review", "mode_offered", REASON, effect="warn",
         plans="b", choices=REPAIR, broken_choices={"mode": "self_build", "area": "58.00"}),
    Line("R34", "more than 20,000 for a rebuilt house of grade C", "payment", "amount_within_subsidy",
         {"amount": "20000.01"}, plans="b", choices={**C_NEW, "approve": {"reason": "地基下沉"}}),
    Line("R35", "a mutual-aid home built by the household", "county_review", "builder_allowed",
         {"builder": "household"}, choices=HOME),
    Line("R35", "a mutual-aid home of 40.01 m2", "county_review", "area_within_limit", {"area": "40.01"},
         choices=HOME),
    Line("R36", "a house of grade D repaired", "county_review", "mode_offered", {"mode": "repair"}, plans="b"),
    Line("R36", "a house of grade D repaired, under A", "county_review", "mode_offered", {"mode": "repair"}, plans="a"),
    Line("R36a", "a repair of no house", "county_review", "mode_offered", {"mode": "repair"}, plans="a", **NO_HOUSE),
    Line("R38", "a mutual-aid home has no amount", "county_review", "subsidy_determined", effect="warn",
         broken_choices=HOME),
    Line("R54", "approved without saying how", "county_review", "data_complete", {"mode": None}),
    Line("R54", "approved by the township", "county_review", "office_may_act", office="township",
         beside=("R77",)),
    Line("R54", "rejected without a reason", "county_review", "data_complete", {"reason": None},
         act=Told("reject_approval", "county", "", REASON)),
    Line("R74", "60.01 m2 without the papers of a larger family", "county_review", "area_within_limit",
         {"area": "60.01"}),
    Line("R74", "80.01 m2 with both papers", "county_review", "area_within_limit", {"area": "80.01"},
         act=Told("approve", "county", LARGE,
                  {"mode": "self_build", "builder": "household", "chosen_by_household": True, "area": "80",
                   "land": "old_homestead", "conforms_to_plans": True})),
    Line("R74", "70 m2 without the township's document", "county_review", "area_within_limit",
         act=Told("approve", "county", LARGE,
                  {"mode": "self_build", "builder": "household", "chosen_by_household": True, "area": "70",
                   "land": "old_homestead", "conforms_to_plans": True}), without="township_area_document"),
    Line("R74", "guaranteed housing of 40.01 m2", "county_review", "area_within_limit", {"area": "40.01"},
         choices=GH),
    Line("R54", "not at the village's board", "county_notice", "places_posted", {"places": ["main_street"]}),
    Line("R54", "no photograph of the notice", "county_notice", "paper_attached",
         without="county_notice_photo county_notice_photo"),
    Line("R54", "closed a day early", "county_publicity", "publicity_days_complete", days=-1),
    Line("R54", "an objection is open", "county_publicity", "no_open_objection",
         broken_before=(Told("raise_objection", "county", "", {"level": "county", **OBJECTION}),)),
    Line("R54", "entered in the system while the notice hangs", "county_publicity", "action_available",
         broken_act=Told("register", "county")),
    # ------------------------------------------------------------ refusals, from any step before the works
    Line("R13", "talked to on one day only", "county_review", "contacts_made", before=TALKS, act=REFUSAL,
         broken_before=TALKS[:1]),
    Line("R13", "no evidence of the township", "county_review", "paper_attached", before=TALKS, act=REFUSAL,
         without="township_refusal_record"),
    Line("R13", "no evidence of the village", "county_review", "paper_attached", before=TALKS, act=REFUSAL,
         without="village_refusal_record"),
    # ------------------------------------------------------------ works
    Line("R69", "the agreement says nothing of safety", "agreement", "agreement_complete",
         {"items": ["task", "quality", "progress", "completion"]}),
    Line("R69", "the agreement has no day of completion", "agreement", "data_complete", {"complete_by": None}),
    Line("R69", "no agreement on paper", "agreement", "paper_attached", without="agreement"),
    Line("R69", "works begun without an agreement", "agreement", "agreement_complete", beside=("R60",),
         broken_before=(Told("record_resettlement", "township", "", {"how": "rented"}),
                        Told("record_sealing", "township"),
                        Told("appoint_supervisor", "township", "", {"name": "王五", "kind": "technician", "trained": True})),
         broken_act=Told("start_works", "township")),
    Line("R16", "works begun in February", "site_preparation", "in_stage", effect="warn",
         broken_start=date(2019, 1, 7)),
    Line("R60", "the household still lives there", "site_preparation", "resettled", skipped=("record_resettlement",)),
    Line("R60", "neither sealed nor pulled down", "site_preparation", "sealed_or_demolished",
         skipped=("record_sealing",)),
    Line("R62", "no supervisor", "site_preparation", "supervisor_appointed", skipped=("appoint_supervisor",)),
    Line("R62", "a supervisor who was not trained", "site_preparation", "supervisor_appointed",
         skipped=("appoint_supervisor",),
         broken_before=(Told("appoint_supervisor", "township", "",
                             {"name": "赵六", "kind": "technician", "trained": False}),)),
    Line("R12", "completed on the first of September", "construction", "works_on_time", effect="warn",
         on=date(2019, 8, 31), broken_on=date(2019, 9, 1)),
    Line("R55", "completion told by the county", "construction", "office_may_act", office="county"),
    # ------------------------------------------------------------ acceptance
    Line("R36b", "not safe", "preliminary_acceptance", "checklist_complete", checked(safe=False)),
    Line("R36b", "a repaired house that is not safe", "final_acceptance", "checklist_complete", checked(safe=False),
         choices=REPAIR),
    Line("R36b", "not up to the local seismic standard", "final_acceptance", "checklist_complete",
         checked(seismic=False)),
    Line("R36b2", "a wall of 369 mm", "final_acceptance", "checklist_complete", checked(wall_thickness=369)),
    Line("R36b2", "no ring beams", "final_acceptance", "checklist_complete", checked(ring_beams=False)),
    Line("R36c", "guaranteed housing without a kang", "final_acceptance", "checklist_complete", checked(kang=False),
         choices=GH),
    Line("R36c", "a mutual-aid home with a facade of its own", "final_acceptance", "checklist_complete",
         checked(uniform_facade=False), choices=HOME),
    Line("R63", "skimped", "final_acceptance", "checklist_complete", checked(workmanship=False)),
    Line("R57", "no record of the preliminary acceptance", "preliminary_acceptance", "paper_attached",
         without="preliminary_acceptance_record"),
    Line("R57", "the final acceptance first", "preliminary_acceptance", "preliminary_passed",
         broken_act=Told("pass_final_acceptance", "county", "final_acceptance_record",
                         {"checklist": CHECKLIST, "area": "58.00", "departments": ["finance"], "technicians": 1,
                          "one_homestead": True})),
    Line("R57", "no technician on the panel", "final_acceptance", "panel_complete", {"technicians": 0}),
    Line("R57", "no department on the panel", "final_acceptance", "panel_complete", {"departments": []}),
    Line("R57", "no record of the final acceptance", "final_acceptance", "paper_attached",
         without="final_acceptance_record"),
    Line("R57", "failed without a day to mend by", "preliminary_acceptance", "data_complete",
         {"mend_by": None}, plans="b", act=Told("fail_preliminary_acceptance", "township", "", FAILED)),
    Line("R70", "accepted by a list", "preliminary_acceptance", "accepted_one_by_one", listed=True),
    Line("R70a", "failed without a day to mend by", "preliminary_acceptance", "data_complete", {"mend_by": None},
         plans="a", act=Told("fail_preliminary_acceptance", "township", "", FAILED)),
    Line("R70a", "failed finally without a day to mend by", "final_acceptance", "data_complete", {"mend_by": None},
         plans="a", act=Told("fail_final_acceptance", "county", "", FAILED)),
    Line("R70a", "accepted before it is mended", "final_acceptance", "action_available", plans="a", beside=("R57",),
         broken_before=(Told("fail_final_acceptance", "county", "", FAILED),)),
    Line("R70a", "paid before it is mended", "payment", "action_available", plans="a", beside=("R57", "R40a"),
         broken_state="final_acceptance", broken_before=(Told("fail_final_acceptance", "county", "", FAILED),),
         broken_act=Told("pay", "finance", "", PAYMENT)),
    Line("R4", "two homesteads", "final_acceptance", "one_homestead", {"one_homestead": False}),
    Line("R36", "the old house still stands", "final_acceptance", "old_house_demolished",
         skipped=("record_demolition",)),
    Line("R36", "the old house of grade C still stands beside the new one", "final_acceptance", "old_house_demolished",
         plans="a", choices=C_NEW, skipped=("record_demolition",)),
    Line("R56", "a severe problem is open", "final_acceptance", "inspections_closed",
         broken_before=(Told("record_inspection", "county", "", {**PROBLEM, "blocks_acceptance": True}),)),
    Line("R56", "a light problem is open", "final_acceptance", "inspections_closed", effect="warn",
         broken_before=(Told("record_inspection", "county", "", PROBLEM),)),
    Line("R74", "66 m2 built", "final_acceptance", "area_within_limit", {"area": "66"}),
    Line("R74", "a square metre more than approved", "final_acceptance", "built_as_approved", {"area": "59"},
         effect="warn"),
    # ------------------------------------------------------------ money
    Line("R37", "a fen too much", "payment", "amount_within_subsidy", {"amount": "25232.01"}),
    Line("R37", "a fen too much for guaranteed housing", "payment", "amount_within_subsidy", {"amount": "45232.01"},
         choices=GH),
    Line("R37", "a fen more than the repair cost", "payment", "amount_within_subsidy", {"amount": "15000.01"},
         choices={**REPAIR, "amount": "15000", "complete_works": {"actual_cost": "15000"}}),
    Line("R37", "less than the fixed amount", "payment", "amount_is_whole", {"amount": "25000"}, effect="warn"),
    Line("R38", "a mutual-aid home is paid", "payment", "subsidy_determined", {"payee": "township"},
         broken_choices=HOME),
    Line("R39", "from local finance", "payment", "fund_matches_line", {"fund": "local_finance"}, plans="a"),
    Line("R39", "no house, from local finance", "payment", "fund_matches_line", {"fund": "local_finance"}, plans="a",
         **NO_HOUSE),
    Line("R39", "from poverty funds", "payment", "fund_matches_line", {"fund": "poverty_alleviation"}, plans="b"),
    Line("R39a", "a fen too much for a household without a house", "payment", "amount_within_subsidy",
         {"amount": "25232.01"}, plans="a", **NO_HOUSE),
    Line("R40", "more comes back than was paid", "archiving", "returned_within_paid", {"amount": "25232.01"},
         act=CAME_BACK[0]),
    Line("R40a", "before the final acceptance", "payment", "accepted_before_payment", beside=("R57",),
         broken_state="final_acceptance", broken_act=Told("pay", "finance", "", PAYMENT)),
    Line("R40a", "to the township", "payment", "payee_matches", {"payee": "township"}),
    Line("R40a", "to a household that the township built for", "payment", "payee_matches", {"payee": "household"},
         choices=GH),
    Line("R40a", "in cash", "payment", "channel_allowed", {"channel": "cash"}),
    Line("R40a", "paid by the county", "payment", "office_may_act", office="county", beside=("R77",)),
    Line("R40a", "paid again, more than came back", "archiving", "reissue_within_due", {"amount": "25232.01"},
         beside=("R37",), before=CAME_BACK, act=Told("reissue_payment", "finance", "", PAYMENT)),
    Line("R40a", "paid after the disqualification", "payment", "action_available", beside=("R37", "R76"),
         broken_before=(Told("disqualify", "county", "", REASON),)),
    Line("R74", "61 m2 came to light after the acceptance", "payment", "built_within_limit", beside=("R77",),
         broken_before=(Told("correct", "county", "",
                             {"correction": {"acts": {"pass_final_acceptance": {"area": "61"}}}, "cause": "error",
                              **REASON, **SECOND}),)),
    Line("R74", "enlarged to 61 m2 after the acceptance", "payment", "built_within_limit", beside=("R37",),
         broken_before=(Told("record_alteration", "county", "", {"area": "61"}),)),
    Line("R76", "disqualified without a reason", "payment", "data_complete", {"reason": None},
         act=Told("disqualify", "county", "", REASON)),
    Line("R76", "more recovered than was paid", "archiving", "recovery_within_due", {"amount": "25232.01"},
         before=(Told("disqualify", "county", "", REASON),),
         act=Told("record_recovery", "finance", "", {"amount": "25232"})),
    # ------------------------------------------------------------ archive
    Line("R29c", "no copy of the report at the village", "archiving", "report_copies_kept",
         {"copies": ["county", "township", "household_file"]}, plans="a"),
    Line("R66", "no form of the subsidy's approval", "archiving", "paper_attached", without="subsidy_approval_form"),
    Line("R78", "no facts of the family", "archiving", "paper_attached", without="family_basics"),
    Line("R78", "no proof of identity", "archiving", "paper_attached", without="identity_proof"),
    Line("R78", "no photograph after the works", "archiving", "paper_attached", without="after_photo"),
    Line("R78", "nothing was paid", "archiving", "paid_or_closed", broken_state="payment", beside=("R40a",),
         broken_act=Told("archive", "county", FILE, COPIES)),
    # ------------------------------------------------------------ afterwards
    Line("R72", "guaranteed housing sold in the fifth year", "archived", "resale_allowed", choices=GH, before=(REFUND,),
         act=SALE, on=LATER, broken_on=date(2024, 7, 1)),
    Line("R72", "guaranteed housing sold and nothing refunded", "archived", "refund_recorded", choices=GH,
         before=(REFUND,), act=SALE, on=LATER, broken_before=()),
    Line("R72", "refunded past the township", "archived", "refund_recorded", plans="b", choices=GH, before=(REFUND,),
         act=SALE, on=LATER,
         broken_before=(Told("record_refund", "finance", "", {"amount": "20000", "through": ["village", "treasury"]}),)),
    Line("R35", "a mutual-aid home sold", "archived", "resale_allowed", act=SALE, on=LATER,
         broken_choices=HOME, broken_state="payment",
         broken_before=(ended("close_without_payment"), Told("archive", "county", FILE, COPIES))),
    Line("R75", "70 m2 after the acceptance", "archived", "no_later_change", {"area": "70"}, effect="warn",
         act=Told("record_alteration", "county", "", {"area": "58.00"})),
    Line("R75", "the layout changed after the acceptance", "archived", "no_later_change", {"layout_changed": True},
         effect="warn", act=Told("record_alteration", "county", "", {"area": "58.00"})),
    Line("R75", "a later change before the acceptance", "archived", "action_available",
         act=Told("record_alteration", "county", "", {"area": "58.00"}), broken_state="final_acceptance"),
    Line("R71", "upkeep told by finance", "archived", "office_may_act", plans="b", choices=GH,
         act=Told("record_upkeep", "village", "", {"note": "换瓦"}), office="finance"),
    # ------------------------------------------------------------ discipline, and records with an office
    Line("R77", "corrected by one person alone", "village_publicity", "second_person_agreed", {"agreed_by": None},
         act=Told("correct", "county", "", {**WRONG_PLAN_NOW, "correction": {"household": {"dwellings": 0}}})),
    Line("R77", "exempt from a rule that nobody is exempt from", "county_review", "rule_exemptible", {"rule": "R74"},
         act=Told("exempt", "county", "",
                  {"rule": "R36c", "granted_by": "p-x", "until": "2019-12-31", **REASON, **SECOND})),
    Line("R77", "another office's step taken back", "township_review", "own_step",
         act=Told("step_back", "village", "", REASON), office="township"),
    Line("R77", "a step taken back on which another office built", "township_review", "nobody_built_on",
         act=Told("step_back", "village", "", REASON),
         broken_before=(Told("record_household_visit", "township", "", {"visitor": "李"}),)),
    Line("R77", "goes on although the facts changed", "township_review", "corrected_facts_hold", effect="warn",
         broken_before=(Told("correct", "county", "", WRONG_PLAN_NOW),)),
    Line("R77", "approved although the facts changed", "county_review", "corrected_facts_hold",
         broken_before=(Told("correct", "county", "", WRONG_PLAN_NOW),)),
    Line("R77", "paid although the facts changed", "payment", "corrected_facts_hold",
         broken_before=(Told("correct", "county", "", WRONG_PLAN_NOW),)),
    Line("R55", "suspended without a reason", "township_review", "data_complete", {"reason": None},
         act=Told("suspend", "township", "", REASON)),
    Line("R59", "a survey told by finance", "draft", "office_may_act", act=Told("record_survey", "township"),
         office="finance"),
    Line("R64", "progress told by finance", "construction", "office_may_act",
         act=Told("report_progress", "township"), office="finance"),
    Line("R68", "a pairing told by finance", "draft", "office_may_act", act=Told("record_pairing", "township"),
         office="finance"),
    Line("R36e", "energy guidance told by finance", "construction", "office_may_act",
         act=Told("record_energy_guidance", "township"), office="finance"),
)  # fmt: skip
