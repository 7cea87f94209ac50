"""The two 2019 plans once more, small and by themselves: what a case may do next, by which rule not, and where it goes.

Written from the catalogue of rules and the list of names; it knows nothing of the program's rooms. It judges one act
at a time, remembers the steps as a pile, counts days one by one, and keeps money in fen.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any, NamedTuple

VILLAGE, TOWNSHIP, COUNTY, FINANCE = "village", "township", "county", "finance"
POVERTY, CIVIL, DISABLED, APPRAISER = "poverty_office", "civil_affairs", "disabled_federation", "appraiser"
OFFICES = (VILLAGE, TOWNSHIP, COUNTY, POVERTY, CIVIL, DISABLED, APPRAISER, FINANCE, "auditor", "discipline", "admin")
WORKING = OFFICES[:8]
IDENTITY = {"a": (POVERTY,), "b": (CIVIL, DISABLED, POVERTY)}
DAY = timedelta(days=1)

# state, the act out of it, who takes it
ROAD: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("draft", "submit_application", (VILLAGE,)),
    ("village_deliberation", "record_deliberation", (VILLAGE,)),
    ("village_notice", "post_village_notice", (VILLAGE,)),
    ("village_publicity", "close_village_publicity", (VILLAGE,)),
    ("application_form", "report_to_township", (VILLAGE,)),
    ("township_review", "accept_township_review", (TOWNSHIP,)),
    ("township_notice", "post_township_notice", (TOWNSHIP,)),
    ("township_publicity", "close_township_publicity", (TOWNSHIP,)),
    ("township_meeting", "record_township_meeting", (TOWNSHIP,)),
    ("identity_check", "accept_identity", ()),  # by plan
    ("appraisal", "record_appraisal", (APPRAISER,)),
    ("county_review", "approve", (COUNTY,)),
    ("county_notice", "post_county_notice", (COUNTY,)),
    ("county_publicity", "close_county_publicity", (COUNTY,)),
    ("registration", "register", (COUNTY,)),
    ("agreement", "sign_agreement", (VILLAGE,)),
    ("site_preparation", "start_works", (TOWNSHIP,)),
    ("construction", "complete_works", (TOWNSHIP,)),
    ("preliminary_acceptance", "pass_preliminary_acceptance", (TOWNSHIP,)),
    ("final_acceptance", "pass_final_acceptance", (COUNTY,)),
    ("payment", "pay", (FINANCE,)),
    ("archiving", "archive", (COUNTY, TOWNSHIP)),
)
STATES = tuple(state for state, _, _ in ROAD)
ROAD_ACTS = tuple(action for _, action, _ in ROAD)
CLOSED = ("not_reported", "ineligible", "withdrawn", "refused", "disqualified", "archived")
OPEN = (*STATES, "returned_to_village", "rectification")
REPORTING = (*STATES[1:5], "returned_to_village")
DECIDING = (*STATES[9:21], "returned_to_village", "rectification")
BUILDING = (*STATES[17:], "rectification")


class Way(NamedTuple):
    """A way off the road or back: from where, to where (None: what the history says), by whom."""

    starts: tuple[str, ...]
    to: str | None
    offices: tuple[str, ...]


def ways(plan: str) -> dict[str, list[Way]]:
    """Return the ways of a plan by name; one name may have several."""
    identity, back = IDENTITY[plan], "returned_to_village"
    return {
        "decline_to_report": [Way(REPORTING, "not_reported", (VILLAGE,))],
        "find_ineligible": [Way(DECIDING, "ineligible", (*identity, COUNTY))],
        "withdraw": [Way(tuple(state for state in OPEN if state != "archiving"), "withdrawn", (VILLAGE,))],
        "refuse": [Way((*STATES[:17], back), "refused", (VILLAGE, TOWNSHIP))],
        "fail_preliminary_acceptance": [Way(("preliminary_acceptance",), "rectification", (TOWNSHIP,))],
        "fail_final_acceptance": [Way(("final_acceptance",), "rectification", (COUNTY,))],
        "complete_rectification": [Way(("rectification",), "preliminary_acceptance", (TOWNSHIP,))],
        "disqualify": [Way(BUILDING, "disqualified", (COUNTY,))],
        "close_without_payment": [Way(("payment", "archiving"), "archiving", (COUNTY,))],
        "return_to_village": [
            Way(STATES[5:9], back, (TOWNSHIP,)),
            Way(STATES[9:11], back, (*identity, TOWNSHIP, COUNTY)),
        ],
        "reject_approval": [Way(STATES[11:17], back, (COUNTY,))],
        "resubmit": [Way((back,), None, (VILLAGE,))],
        "step_back": [Way(OPEN, None, WORKING)],
        "reopen": [
            Way(("not_reported", "withdrawn", "refused"), None, (TOWNSHIP,)),
            Way(("ineligible", "disqualified"), None, (COUNTY,)),
        ],
        "appeal": [
            Way(("not_reported",), "same", (TOWNSHIP,)),
            Way(("ineligible", "disqualified", back), "same", (COUNTY,)),
        ],
    }


_LEVELS = (VILLAGE, TOWNSHIP, COUNTY)
_PAID = ("payment", "archiving", "archived")


def facts(plan: str) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Return the facts of a plan: where each may be recorded, and by whom."""
    known: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
        "attach": (OPEN, WORKING),
        "record_survey": (OPEN, (VILLAGE, TOWNSHIP)),
        "record_resettlement": (OPEN, (TOWNSHIP,)),
        "record_sealing": (OPEN, (TOWNSHIP,)),
        "record_demolition": (OPEN, (TOWNSHIP,)),
        "appoint_supervisor": (OPEN, (TOWNSHIP,)),
        "record_household_visit": (OPEN, (TOWNSHIP,)),
        "confirm_identity": (OPEN, IDENTITY[plan]),
        "deny_identity": (OPEN, IDENTITY[plan]),
        "raise_objection": (OPEN, _LEVELS),
        "answer_objection": (OPEN, _LEVELS),
        "take_down_notice": (OPEN, _LEVELS),
        "repost_notice": (OPEN, _LEVELS),
        "record_inspection": (OPEN, (COUNTY,)),
        "close_inspection": (OPEN, (COUNTY,)),
        "record_complaint": (OPEN, (COUNTY, TOWNSHIP)),
        "report_progress": (OPEN, (TOWNSHIP,)),
        "record_pairing": (OPEN, (COUNTY, TOWNSHIP)),
        "record_energy_guidance": (OPEN, (COUNTY, TOWNSHIP)),
        "record_contact": (OPEN, (VILLAGE, TOWNSHIP)),
        "record_hand_over": (("payment", "archiving"), (TOWNSHIP,)),
        "check_document": (OPEN, (TOWNSHIP, COUNTY, POVERTY, CIVIL, DISABLED)),
        "suspend": (OPEN, (TOWNSHIP, COUNTY)),
        "resume": (OPEN, (TOWNSHIP, COUNTY)),
        "exempt": (OPEN, (COUNTY,)),
        "correct": ((*OPEN, "archived"), (TOWNSHIP, COUNTY)),
        "answer_appeal": (
            (*OPEN, "not_reported", "ineligible", "disqualified"), (TOWNSHIP, COUNTY)),
        "payment_returned": (_PAID, (FINANCE,)),
        "reissue_payment": (_PAID, (FINANCE,)),
        "record_recovery": (("disqualified", "withdrawn", "archived", "archiving"), (FINANCE,)),
        "record_alteration": (_PAID, (TOWNSHIP, COUNTY)),
        "record_refund": (("archived",), (VILLAGE, TOWNSHIP, FINANCE)),
        "record_resale": (("archived",), (VILLAGE, TOWNSHIP)),
        "file_late_paper": (("archived",), (TOWNSHIP, COUNTY)),
        "archive_ended_file": (CLOSED[:5], (TOWNSHIP, COUNTY)),
    }  # fmt: skip
    return known | ({"record_upkeep": (("archived",), (VILLAGE, TOWNSHIP))} if plan == "b" else {})


# What one person does not take both of: pairs of groups of acts.
_PAYING, _IDENTITY = {"pay", "reissue_payment"}, {"accept_identity", "confirm_identity", "deny_identity"}
APART: tuple[tuple[set[str], set[str]], ...] = (
    ({"record_appraisal"}, {"approve"}), ({"record_appraisal"}, _PAYING), ({"approve"}, _PAYING),
    ({"pass_preliminary_acceptance"}, {"pass_final_acceptance"}), ({"accept_township_review"}, {"approve"}),
    (_IDENTITY, {"approve"}), ({"pass_final_acceptance"}, _PAYING),
)  # fmt: skip
MOVES_A_PERIOD = (
    "post_village_notice", "post_township_notice", "post_county_notice", "take_down_notice", "repost_notice", "suspend",
    "resume", "answer_objection",
)  # fmt: skip
NEEDED: dict[str, tuple[str, ...]] = {
    "submit_application": ("contents", "signed_by_head", "consents"),
    "record_deliberation": ("assembly", "approved"),
    "report_to_township": ("form_on",),
    "accept_township_review": ("papers_in_order",),
    "record_township_meeting": ("approved",),
    "record_appraisal": ("grade", "body", "on_site_on"),
    "approve": ("mode", "builder", "chosen_by_household"),
    "sign_agreement": ("items", "complete_by"),
    "pass_preliminary_acceptance": ("checklist",),
    "pass_final_acceptance": ("checklist",),
    "fail_preliminary_acceptance": ("reason", "mend_by"),
    "fail_final_acceptance": ("reason", "mend_by"),
    "appeal": ("grounds",),
    "answer_appeal": ("appeal", "upheld", "outcome_reason"),
    "confirm_identity": ("authority",),
    "deny_identity": ("authority",),
    "raise_objection": ("level", "grounds"),
    "answer_objection": ("objection", "upheld", "outcome_reason"),
    "take_down_notice": ("level", "place"),
    "repost_notice": ("level",),
    "record_inspection": ("problem",),
    "close_inspection": ("inspection",),
    "appoint_supervisor": ("name", "kind", "trained"),
    "record_household_visit": ("visitor",),
    "record_resettlement": ("how",),
    "check_document": ("kind", "accepted"),
    "suspend": ("reason",),
    "exempt": ("rule", "granted_by", "reason"),
    "correct": ("correction", "cause", "reason"),
    "payment_returned": ("amount", "reason"),
    "record_recovery": ("amount",),
    "record_refund": ("amount", "through"),
    **{f"post_{level}_notice": ("places",) for level in _LEVELS},
    **{f"close_{level}_publicity": ("hung_throughout",) for level in _LEVELS},
    **dict.fromkeys(("pay", "reissue_payment"), ("amount", "fund", "payee", "channel")),
    **dict.fromkeys(
        ("decline_to_report", "find_ineligible", "withdraw", "refuse", "disqualify", "close_without_payment",
         "return_to_village", "reject_approval", "step_back", "reopen"),
        ("reason",)),
}  # fmt: skip
SECOND_PERSON = ("reopen", "exempt", "correct")
UPWARD = (*ROAD_ACTS, "waive_appraisal", "complete_rectification", "close_without_payment", "resubmit")
NEVER_TAKEN_BACK = ("pay", "resubmit", "reopen")

# ------------------------------------------------------------------ what the plans give as numbers and words

PLACES = {
    VILLAGE: ("village_board", "main_street"),
    TOWNSHIP: ("township_board",),
    COUNTY: ("village_board", "main_street"),
}
PUBLICITY_RULE = {VILLAGE: "R46", TOWNSHIP: "R50", COUNTY: "R54"}
HEARING_RULE = {VILLAGE: "R47", TOWNSHIP: "R50", COUNTY: "R54"}
PUBLICITY_DAYS = 5
CERTIFICATES = {
    "extreme_poverty": "extreme_poverty_certificate", "minimum_living": "minimum_living_certificate",
    "disabled_poor": "disability_certificate",
}  # fmt: skip
CONFIRMED_BY = {
    "registered_poor": ("R25", [{POVERTY}]), "extreme_poverty": ("R26", [{CIVIL}]), "minimum_living": ("R26", [{CIVIL}]),
    "disabled_poor": ("R27", [{DISABLED}, {POVERTY, CIVIL}]),
}  # fmt: skip
NEW_BUILDS = ("self_build", "guaranteed_housing", "mutual_aid_home")
BUILDERS = {
    "self_build": ("household",), "guaranteed_housing": ("household", "township"), "mutual_aid_home": ("township",),
    "repair": ("household",),
}  # fmt: skip
AREA_PAPERS = {"large_family_application", "township_area_document"}
FUND = {"a": "poverty_alleviation", "b": "local_finance"}
ALWAYS_BUILT = {"basic_functions": "R36b", "safe": "R36b", "seismic": "R36b", "workmanship": "R63"}
NEW_BUILT = dict.fromkeys(
    (
        "ring_beams",
        "tie_bars",
        "cement_mortar",
        "wall_thickness",
        "cold_proof_openings",
        "insulated_roof",
        "materials_to_standard",
    ),
    "R36b2",
)
FURNISHED = dict.fromkeys(("uniform_facade", "stove", "kang", "whitewash", "heating"), "R36c")
COPIES = {"county", "township", "village", "household_file"}
AGREED = {"task", "quality", "progress", "safety", "completion"}
TOLD = {"registration", "income", "danger", "wish"}
EVIDENCE = {"earlier_survey", "photographs", "village_certificate"}
EXEMPTIBLE = {"R36c"}  # the plans give no ground for another exemption; nobody is exempted from the floor


class Ask(NamedTuple):
    """One act that somebody would take."""

    action: str
    office: str
    on: date
    data: dict[str, Any]
    papers: tuple[str, ...] = ()
    by: str | None = None  # who acts, where it is not the office's own person

    @property
    def who(self) -> str:
        """Return who acts."""
        return self.by or f"p-{self.office.replace('_', '-')}"


@dataclass
class Notice:
    """A notice: since when it counts, and from when to when it hung at each place."""

    posted: date
    start: date
    hung: dict[str, list[list[date | None]]]

    def down(self, required: tuple[str, ...]) -> list[str]:
        """Return where it has to hang and does not."""
        return [p for p in required if not self.hung.get(p) or self.hung[p][-1][1] is not None]

    def last_change(self) -> date:
        """Return the day on which it was last put up or came down."""
        return max(day for spans in self.hung.values() for span in spans for day in span if day)


class Step(NamedTuple):
    """A step taken, with what it needs to be taken back."""

    number: int
    action: str
    office: str
    source: str
    on: date
    acts: dict[str, tuple[int, date, dict[str, Any]]]
    notices: dict[str, Notice | None]


@dataclass
class Model:
    """A household's case as the rules see it."""

    plan: str
    opened: date
    classes: frozenset[str]
    no_house: bool = False
    disaster: bool = False
    household: dict[str, Any] = field(default_factory=dict)
    state: str = ""
    version: int = 1
    steps: list[Step] = field(default_factory=list)
    acts: dict[str, tuple[int, date, dict[str, Any]]] = field(default_factory=dict)
    noted: list[tuple[int, str, str, date, dict[str, Any]]] = field(default_factory=list)  # facts: number, name, office
    papers: dict[str, int] = field(default_factory=dict)  # kind: when it last came
    rejected: dict[str, int] = field(default_factory=dict)
    notices: dict[str, Notice] = field(default_factory=dict)
    objections: dict[int, dict[str, Any]] = field(default_factory=dict)
    appeals: dict[int, bool] = field(default_factory=dict)
    enlarged: bool = False  # over the limit, after the acceptance
    ended_on: date = date.min
    denied: set[str] = field(default_factory=set)  # authorities that denied an identity after it was accepted
    suspended: date | None = None
    rests: list[tuple[date, date]] = field(default_factory=list)
    resubmitted: int = 0
    approved: int = 0
    paid: int = 0
    returned: int = 0
    due_back: int = 0
    recovered: int = 0
    ever_paid: int = 0
    refunded: int = 0
    vouchers: set[str] = field(default_factory=set)
    hands: set[tuple[str, str]] = field(default_factory=set)  # who ever took what, whether or not it stands

    def __post_init__(self) -> None:
        first = ["identity_check", "appraisal"] if self.disaster else []
        self.road = [*first, *(s for s in STATES if s not in first)]
        self.state = self.road[0]
        self.ways, self.facts = ways(self.plan), facts(self.plan)
        if self.disaster:
            self.papers = {"village_disaster_report": 1, "township_disaster_report": 1}

    # -------------------------------------------------------------- what is known of the case

    def told(self, action: str, name: str) -> Any:
        """Return what a step that stands was told."""
        return self.acts[action][2].get(name) if action in self.acts else None

    def day(self, action: str) -> date | None:
        """Return the day of a step that stands."""
        return self.acts[action][1] if action in self.acts else None

    def known(self, name: str) -> list[tuple[int, str, str, date, dict[str, Any]]]:
        """Return the facts of a name."""
        return [fact for fact in self.noted if fact[1] == name]

    def since(self, name: str) -> date | None:
        """Return since when a fact is so."""
        return min((fact[3] for fact in self.known(name)), default=None)

    @property
    def last_day(self) -> date:
        """Return the day of the last step that stands."""
        return self.steps[-1].on if self.steps else self.opened

    @property
    def grade(self) -> str | None:
        return self.told("record_appraisal", "grade")

    @property
    def mode(self) -> str | None:
        return self.told("approve", "mode")

    @property
    def on_file(self) -> set[str]:
        """Return the papers on the file; one that was rejected is not until it comes again."""
        return {kind for kind in self.papers if not self.is_rejected(kind)}

    def is_rejected(self, kind: str) -> bool:
        """Tell whether a paper is rejected and did not come again since."""
        return kind in self.rejected and self.papers.get(kind, 0) < self.rejected[kind]

    def exempt(self, on: date) -> set[str]:
        """Return the rules from which the household is exempted on a day."""
        found = [f for f in self.known("exempt") if f[3] <= on <= date.fromisoformat(f[4]["until"])]
        return {f[4]["rule"] for f in found} & EXEMPTIBLE

    def subsidy(self) -> tuple[int | None, bool]:
        """Return the household's subsidy in fen, None where the plan has none, and whether it is a ceiling."""
        if self.mode == "guaranteed_housing":
            return 4_523_200, False
        if self.mode == "mutual_aid_home" or self.mode is None:
            return None, False
        if self.mode == "repair" or self.grade == "C":
            return 2_000_000, True
        return 2_523_200, False

    def payable(self) -> int:
        """Return what may be paid in all: what was approved, a ceiling never more than the actual cost."""
        amount, ceiling = self.subsidy()
        costs = [
            self.told(a, "actual_cost")
            for a in ("pass_final_acceptance", "pass_preliminary_acceptance", "complete_works")
        ]
        cost = next((fen(c) for c in costs if c is not None), None)
        if amount is None or self.enlarged:
            return 0
        return min(self.approved, cost) if ceiling and cost is not None else self.approved

    def complete(self, level: str, on: date) -> bool:
        """Tell whether a notice hung for its days before `on`: day by day, whole days at every place."""
        return (first := self.opens(level, on)) is not None and first <= on

    def opens(self, level: str, until: date) -> date | None:
        """Return the first day after the period, None where it did not end before `until`."""
        notice = self.notices.get(level)
        if notice is None:
            return None
        count, day = 0, notice.start + DAY
        while day < until:
            if not all(self._shown(notice, place, day) for place in PLACES[level]):
                count = 0
            elif not self._rested(day):
                count += 1
            if count == PUBLICITY_DAYS:
                return day + DAY
            day += DAY
        return None

    def _shown(self, notice: Notice, place: str, day: date) -> bool:
        return any(a < day and (b is None or b > day) for a, b in notice.hung.get(place, ()))

    def _rested(self, day: date) -> bool:
        running = self.suspended is not None and day >= self.suspended
        return running or any(begin <= day < end for begin, end in self.rests)

    def held(self, action: str) -> bool:
        """Tell whether an objection holds the case: open, or upheld without what follows from it."""
        for objection in self.objections.values():
            answered = objection["answered"]
            if answered is None:
                return True
            if not objection["upheld"]:
                continue
            if objection["level"] == VILLAGE:
                return True
            if action != "resubmit" and self.resubmitted < answered:
                return True
        return False

    def confirmed(self, on: date, *, no_house: bool = False) -> bool:
        """Tell whether everybody who has to has confirmed one of the household's classes; the last word counts."""
        said: set[str] = set()
        for _, name, _, day, data in sorted(self.noted, key=lambda fact: (fact[3], fact[0])):
            if name == "deny_identity" and day <= on:
                said.discard(data["authority"])
            if name == "confirm_identity" and day <= on and (not no_house or data.get("no_house_confirmed")):
                said.add(data["authority"])
        return any(all(said & group for group in CONFIRMED_BY[c][1]) for c in self.served())

    def served(self) -> list[str]:
        """Return the household's classes that the plan serves."""
        own = ("registered_poor",) if self.plan == "a" else tuple(CERTIFICATES)
        return [c for c in own if c in self.classes]

    # -------------------------------------------------------------- where an act leads

    def target(self, action: str) -> str | None:
        """Return where an act leads from here, None where it does not start here."""
        if self.state in self.road and action in self._here():
            place = self.road.index(self.state) + 1
            return self.road[place] if place < len(self.road) else "archived"
        way = self.way(action)
        if way is None:
            return None
        if action == "step_back":
            return self.steps[-1].source if self.steps and self.steps[-1].action not in NEVER_TAKEN_BACK else None
        if action == "reopen":
            return self.steps[-1].source
        if action == "resubmit":
            asked = next(s for s in reversed(self.steps) if s.action in ("return_to_village", "reject_approval"))
            return "county_review" if asked.action == "reject_approval" else asked.source
        return self.state if way.to == "same" else way.to

    def _here(self) -> tuple[str, ...]:
        own = ROAD_ACTS[STATES.index(self.state)]
        return (own, "waive_appraisal") if self.state == "appraisal" and self.plan == "a" else (own,)

    def way(self, action: str) -> Way | None:
        """Return the way of that name that starts here."""
        return next((way for way in self.ways.get(action, ()) if self.state in way.starts), None)

    def offices(self, action: str) -> tuple[str, ...]:
        """Return who may take an act here."""
        if action in self.facts:
            return self.facts[action][1]
        if (way := self.way(action)) is not None:
            return way.offices
        if action == "waive_appraisal":
            return (COUNTY,)
        if action == "accept_identity":
            return IDENTITY[self.plan]
        return next((offices for _, name, offices in ROAD if name == action), ())

    # -------------------------------------------------------------- the judgement

    def judge(self, ask: Ask, today: date) -> frozenset[str]:
        """Return what stands against an act, by rule id or by the name of the fact that must hold; none: it may be."""
        moves = ask.action not in self.facts
        if (self.target(ask.action) is None) if moves else (self.state not in self.facts[ask.action][0]):
            return frozenset({"action_available"})
        found = set(self._always(ask, today, moves))
        lasting = set(self._papers(ask))
        check = getattr(self, f"_{_KIND.get(ask.action, ask.action)}", None)
        if check is not None:
            for problem in check(ask):
                (lasting if problem[0] == "R" and problem[1:2].isdigit() else found).add(problem)
        return frozenset(found | (lasting - self.exempt(ask.on)))

    def _always(self, ask: Ask, today: date, moves: bool) -> Any:
        if ask.office not in self.offices(ask.action):
            yield "office_may_act"
        if any(ask.data.get(name) is None for name in NEEDED.get(ask.action, ())):
            yield "data_complete"
        if ask.on > today:
            yield "not_in_future"
        if moves and ask.on < self.last_day:
            yield "in_order"
        named = ask.data.get("agreed_by") or not self.waits(ask, today)  # else whoever confirms it agrees
        if ask.action in SECOND_PERSON and self._alone(ask) and named:
            yield "second_person_agreed"
        yield from self._late(ask, today)
        mine = {action for action, who in self.hands if who == ask.who}
        if any(ask.action in group and mine & other for pair in APART for group, other in permutations(pair, 2)):
            yield "different_person"
        if ask.action in ("approve", "pay", "reissue_payment", "record_resale") and (self.denied or self._undone()):
            yield "R77"
        if ask.action in UPWARD:
            if self.suspended:
                yield "not_suspended"
            if self.held(ask.action):
                yield "no_open_objection"
            if any(self.is_rejected(kind) and kind not in ask.papers for kind in self.papers):
                yield "rejected_papers_resent"

    @staticmethod
    def waits(ask: Ask, today: date) -> bool:
        """Tell whether an act waits for the second person to confirm it: an exemption, and what shortens a period."""
        return ask.action == "exempt" or (ask.action in MOVES_A_PERIOD and (today - ask.on).days > 3)

    @staticmethod
    def _alone(ask: Ask) -> bool:
        """Tell whether nobody else agreed."""
        return ask.data.get("agreed_by") in (None, ask.who)

    def _late(self, ask: Ask, today: date) -> Any:
        """What is entered late is entered by two, with a reason; a missing one that is needed anyway is told once."""
        lacks = "reason" not in ask.data and "reason" not in NEEDED.get(ask.action, ())
        second = not self._alone(ask) or (ask.data.get("agreed_by") is None and self.waits(ask, today))
        if not lacks and (ask.action in SECOND_PERSON or second):
            return
        if (today - max(ask.on, self.opened)).days > 30:
            yield "late_entry_agreed"
        if ask.action in MOVES_A_PERIOD and (today - ask.on).days > 3:
            yield "shortening_agreed"

    def _papers(self, ask: Ask) -> Any:
        have = self.on_file | set(ask.papers)
        for kind, rule in self.wanted(ask.action):
            if kind not in have:
                yield rule
            if (
                rule in ("R42", "R43")
                and kind != "registration_proof"
                and kind not in (ask.data.get("originals_seen") or ())
            ):
                yield rule

    def wanted(self, action: str) -> list[tuple[str, str]]:
        """Return the papers that an act wants, each with its rule."""
        photo = [] if self.no_house else [("danger_photo", "R44")]
        proof = "R42" if self.plan == "a" else "R43"
        own = ["income_proof"] if self.plan == "a" else [CERTIFICATES[c] for c in self.classes if c in CERTIFICATES]
        kept = (
            "family_basics",
            "identity_proof",
            "approval_form",
            "after_photo",
            "agreement",
            *(f"{level}_notice_photo" for level in _LEVELS),
            *(kind for kind, _ in photo),
        )
        return {
            "submit_application": [
                ("application", "R41"),
                ("registration_proof", proof),
                *((k, proof) for k in own),
                *photo,
            ],
            "record_deliberation": [("deliberation_minutes", "R45")],
            **{f"post_{level}_notice": [(f"{level}_notice_photo", PUBLICITY_RULE[level])] for level in _LEVELS},
            "report_to_township": [("approval_form", "R47")],
            "accept_township_review": [("visit_record", "R49")],
            "record_township_meeting": [("township_minutes", "R51")],
            "record_appraisal": [("appraisal_report", "R29b")],
            "sign_agreement": [("agreement", "R69")],
            "pass_preliminary_acceptance": [("preliminary_acceptance_record", "R57")],
            "pass_final_acceptance": [("final_acceptance_record", "R57")],
            "decline_to_report": [("reason_letter", "R48")],
            "refuse": [("village_refusal_record", "R13"), ("township_refusal_record", "R13")],
            "archive": [*((k, "R78") for k in kept), ("application", "R66"), ("subsidy_approval_form", "R66")],
        }.get(action, [])

    # the road

    def _submit_application(self, ask: Ask) -> Any:
        if self.plan == "b" and "registered_poor" in self.classes:
            yield "R2"
        if not self.served():
            yield "R19" if self.plan == "a" else "R20"
        if self.household.get("dwellings", 1) > 1:
            yield "R21" if self.plan == "a" else "R22"
        if self.household.get("in_relocation_plan") and self.plan == "a":
            yield "R24"
        if ask.data.get("consents") is False:
            yield "R3"
        said = ask.data.get("contents") is not None and ask.data.get("signed_by_head") is not None
        if said and (not ask.data["signed_by_head"] or TOLD - set(ask.data["contents"])):
            yield "R41"
        if not self.no_house and not (ask.data.get("photo_shows_reference") and ask.data.get("photo_shows_head")):
            yield "R44"

    def _record_deliberation(self, ask: Ask) -> Any:
        if ask.data.get("assembly") not in (None, "villagers_meeting", "villagers_representatives"):
            yield "R45"
        if ask.data.get("approved") is False:
            yield "R47"
        present, votes, eligible = (ask.data.get(name) for name in ("present", "votes_for", "eligible"))
        if (present is not None and votes is not None and votes > present) or (
            present is not None and eligible is not None and present > eligible
        ):
            yield "R45"

    def _post(self, ask: Ask) -> Any:
        level = ask.action.split("_")[1]
        if ask.data.get("places") is not None and set(PLACES[level]) - set(ask.data["places"]):
            yield PUBLICITY_RULE[level]

    def _close(self, ask: Ask) -> Any:
        level = ask.action.split("_")[1]
        if not self.complete(level, ask.on) or ask.data.get("hung_throughout") is False:
            yield PUBLICITY_RULE[level]

    def _report_to_township(self, ask: Ask) -> Any:
        yield from self._after_publicity(VILLAGE, ask.data.get("form_on"), ask.on, "R47")

    def _accept_township_review(self, ask: Ask) -> Any:
        visited = ask.data.get("visited_on")
        visited = date.fromisoformat(visited) if visited else self.since("record_household_visit")
        if visited is None or visited > ask.on or ask.data.get("papers_in_order") is False:
            yield "R49"

    def _record_township_meeting(self, ask: Ask) -> Any:
        if ask.data.get("approved") is False:
            yield "R51"
        yield from self._after_publicity(TOWNSHIP, ask.data.get("held_on") or ask.on.isoformat(), ask.on, "R51")

    def _after_publicity(self, level: str, day: str | None, on: date, rule: str) -> Any:
        if day is not None and not (self.complete(level, date.fromisoformat(day)) and date.fromisoformat(day) <= on):
            yield rule

    def _accept_identity(self, ask: Ask) -> Any:
        if not self.confirmed(ask.on):
            yield CONFIRMED_BY[self.served()[0]][0] if self.served() else "identity_confirmed"
        if self.no_house:
            survey = any(f[2] == TOWNSHIP and f[3] <= ask.on for f in self.known("record_survey"))
            if not survey or not self.confirmed(ask.on, no_house=True):
                yield "R23"

    def _record_appraisal(self, ask: Ask) -> Any:
        grade, seen = ask.data.get("grade"), ask.data.get("on_site_on")
        seen = date.fromisoformat(seen) if seen else None
        if self.no_house:
            yield "R29b"
        if grade in ("A", "B"):
            yield "R29a"
        if self.disaster and grade in ("A", "B", "C"):
            yield "R15"
        if not ask.data.get("body") or seen is None or seen > ask.on or ask.data.get("engaged_by") != COUNTY:
            yield "R29b"
        accepted = self.day("accept_identity")
        if seen and (accepted is None or seen < accepted):
            yield "R28"
        if self._gone_unseen(seen, set(ask.papers)):
            yield "R29e"

    def _gone_unseen(self, seen: date | None, papers: set[str]) -> bool:
        gone = self.since("record_demolition")
        if gone is None or (seen is not None and gone >= seen):
            return False
        shown = {kind for f in self.known("record_demolition") for kind in f[4].get("evidence") or ()}
        return not EVIDENCE & (shown | papers | self.on_file)

    def _waive_appraisal(self, ask: Ask) -> Any:
        if not self.no_house:
            yield "R29b"

    def _approve(self, ask: Ask) -> Any:
        mode, builder = ask.data.get("mode"), ask.data.get("builder")
        if ask.data.get("chosen_by_household") is False:
            yield "R3"
        if mode is None:
            return
        if mode not in BUILDERS:
            yield "mode_offered"
            return
        if mode == "repair" and (self.no_house or self.grade == "D"):
            yield "R36a" if self.no_house else "R36"
        if mode != "repair" and self.plan == "b" and self.grade == "C" and not ask.data.get("reason"):
            yield "R34"
        if mode == "guaranteed_housing" and self.plan == "a" and self.household.get("stably_out_of_poverty"):
            yield "R32"
        if builder is not None and builder not in BUILDERS[mode]:
            yield "builder_allowed"
        yield from self._area(ask, mode)

    def _area(self, ask: Ask, mode: str | None) -> Any:
        """Above 60 m2 with both papers, above 80 never; guaranteed housing and mutual-aid homes have 40 (R74, R35)."""
        if mode not in NEW_BUILDS:
            return
        area = ask.data.get("area")
        papers = set(ask.papers) | self.on_file
        cap = 40 if mode != "self_build" else 80 if papers >= AREA_PAPERS else 60
        if area is None or Decimal(area) > cap:
            yield "R35" if mode == "mutual_aid_home" else "R74"

    def _sign_agreement(self, ask: Ask) -> Any:
        if ask.data.get("items") is not None and AGREED - set(ask.data["items"]):
            yield "R69"

    def _start_works(self, ask: Ask) -> Any:
        if self.grade == "D":
            living = self.since("record_resettlement")
            if living is None or living > ask.on:
                yield "R60"
            shut = [d for d in (self.since("record_sealing"), self.since("record_demolition")) if d and d <= ask.on]
            if not shut:
                yield "R60"
        if not any(
            f[3] <= ask.on and f[4]["trained"] and f[4]["kind"] in ("technician", "village_committee")
            for f in self.known("appoint_supervisor")
        ):
            yield "R62"

    def _accept(self, ask: Ask) -> Any:
        final = ask.action == "pass_final_acceptance"
        yield from self._built(ask, final=final)
        yield from self._area(ask, self.mode)
        if not final:
            return
        if not ask.data.get("departments") or not ask.data.get("technicians"):
            yield "R57"
        if self.mode in NEW_BUILDS:
            gone = self.since("record_demolition")
            if not self.no_house and (gone is None or gone > ask.on):
                yield "R36"
            if not ask.data.get("one_homestead"):
                yield "R4"
        mended = {f[4]["inspection"] for f in self.known("close_inspection")}
        if any(
            f[4]["problem"] and f[4].get("blocks_acceptance") and f[0] not in mended
            for f in self.known("record_inspection")
        ):
            yield "R56"

    def _built(self, ask: Ask, *, final: bool) -> Any:
        checklist = ask.data.get("checklist")
        if checklist is None:
            return
        wanted = dict(ALWAYS_BUILT)
        if final and self.mode in NEW_BUILDS:
            wanted |= NEW_BUILT
        if final and self.mode in ("guaranteed_housing", "mutual_aid_home"):
            wanted |= FURNISHED
        for item, rule in wanted.items():
            value = checklist.get(item)
            if not (value >= 370 if item == "wall_thickness" and value is not None else value):
                yield rule

    def _pay(self, ask: Ask) -> Any:
        again = ask.action == "reissue_payment"
        amount, data = fen(ask.data.get("amount")), ask.data
        accepted = self.day("pass_final_acceptance")
        if accepted is None or accepted > ask.on:
            yield "R40a"
        if again:
            left = self.payable() - self.paid if "pay" in self.acts and not self.due_back else 0
            if amount is not None and not 0 < amount <= left:
                yield "reissue_within_due"
        elif self.subsidy()[0] is None:
            yield "R38"
        elif amount is not None and not 0 < amount <= self.payable() - self.paid:
            yield "amount_within_subsidy"
        if data.get("fund") not in (None, FUND[self.plan]):
            yield "R39"
        if data.get("payee") not in (None, self.told("approve", "builder")) or data.get("channel") not in (
            None,
            "one_card",
        ):
            yield "R40a"
        if data.get("voucher") in self.vouchers:
            yield "voucher_new"

    def _archive(self, ask: Ask) -> Any:
        if not {"pay", "close_without_payment"} & set(self.acts) or self.returned:
            yield "R78"
        if self.plan == "a" and not self.no_house and COPIES - set(ask.data.get("copies") or ()):
            yield "R29c"

    # beside the road

    def _refuse(self, ask: Ask) -> Any:
        if len({f[3] for f in self.known("record_contact")}) < 2:
            yield "R13"

    def _close_without_payment(self, ask: Ask) -> Any:
        if self.paid or (self.state == "archiving" and not self.returned):
            yield "nothing_paid"

    def _resubmit(self, ask: Ask) -> Any:
        unseen = "record_appraisal" in self.acts and self._gone_unseen(
            date.fromisoformat(self.told("record_appraisal", "on_site_on")), set()
        )
        unnamed = "accept_identity" in self.acts and list(
            self._accept_identity(ask._replace(on=self.acts["accept_identity"][1]))
        )
        if unseen or unnamed or self._undone():
            yield "earlier_steps_hold"

    def _undone(self) -> list[str]:
        """Return the levels whose notice was closed, and did not hang long enough as is known now."""
        closed = {level: self.acts.get(f"close_{level}_publicity") for level in _LEVELS}
        return [level for level, act in closed.items() if act and not self.complete(level, act[1])]

    def _step_back(self, ask: Ask) -> Any:
        step = self.steps[-1]
        if step.office != ask.office:
            yield "own_step"
        if any(number > step.number and office != step.office for number, _, office, _, _ in self.noted):
            yield "nobody_built_on"

    # facts

    def _word(self, ask: Ask) -> Any:
        if ask.data.get("authority") not in (None, ask.office):
            yield "authority_speaks"

    def _raise_objection(self, ask: Ask) -> Any:
        level = ask.data.get("level")
        if level is not None and (level not in self.notices or self.notices[level].posted > ask.on):
            yield "notice_was_posted"

    def _answer_objection(self, ask: Ask) -> Any:
        number = ask.data.get("objection")
        objection = self.objections.get(number)
        if number is not None and (objection is None or objection["answered"] is not None):
            yield "objection_exists"
        if objection is not None and ask.office != objection["level"]:
            yield HEARING_RULE[objection["level"]]

    def _hang(self, ask: Ask) -> Any:
        level, place = ask.data.get("level"), ask.data.get("place")
        if level is None:
            return
        notice = self.notices.get(level)
        wanted, places = set(PLACES[level]), set(ask.data.get("places") or ())
        if (
            notice is None
            or ask.on < notice.last_change()
            or places - wanted
            or (places and ask.data.get("corrected") and places != wanted)
        ):
            yield "notice_stands"
        elif ask.action == "take_down_notice" and place is not None:
            spans = notice.hung.get(place)
            if not spans or spans[-1][1] is not None:
                yield "notice_stands"

    def _close_inspection(self, ask: Ask) -> Any:
        if ask.data.get("inspection") not in (None, *(f[0] for f in self.known("record_inspection"))):
            yield "inspection_exists"

    def _check_document(self, ask: Ask) -> Any:
        if ask.data.get("kind") not in (None, *self.papers, *ask.papers):
            yield "paper_on_file"

    def _suspend(self, ask: Ask) -> Any:
        if self.suspended or ask.on < max([self.last_day, *(end for _, end in self.rests)]):
            yield "runs_now"

    def _resume(self, ask: Ask) -> Any:
        if self.suspended is None or ask.on < self.suspended:
            yield "is_suspended"

    def _exempt(self, ask: Ask) -> Any:
        if ask.data.get("rule") not in (None, *EXEMPTIBLE):
            yield "rule_exemptible"
        if not ask.data.get("until") or date.fromisoformat(ask.data["until"]) < ask.on:
            yield "exemption_bounded"

    def _correct(self, ask: Ask) -> Any:
        wanted = (ask.data.get("correction") or {}).get("household")
        if wanted is not None and wanted.get("note") == self.household.get("note"):
            yield "correction_sound"

    def _answer_appeal(self, ask: Ask) -> Any:
        number = ask.data.get("appeal")
        if number is not None and self.appeals.get(number) is not False:
            yield "appeal_exists"

    def _payment_returned(self, ask: Ask) -> Any:
        amount = fen(ask.data.get("amount"))
        if amount is not None and not 0 < amount <= self.paid:
            yield "R40"

    def _record_recovery(self, ask: Ask) -> Any:
        amount = fen(ask.data.get("amount"))
        if amount is not None and not 0 < amount <= self.due_back:
            yield "R76"

    def _record_resale(self, ask: Ask) -> Any:
        if self.mode == "mutual_aid_home":
            yield "R35"
        if self.mode == "guaranteed_housing":
            accepted = self.day("pass_final_acceptance")
            assert accepted is not None
            gone = {hop for f in self.known("record_refund") for hop in f[4]["through"]}
            route = set() if self.plan == "a" else {"village", "township", "treasury"}
            if ask.on <= five_years(accepted) or route - gone or not self.refunded:
                yield "R72"

    # -------------------------------------------------------------- what an act changes

    def take(self, ask: Ask, today: date) -> None:
        """Take an act that stands against nothing."""
        self.version += 3 if self.waits(ask, today) else 1  # what waits, the second person's word, and the act
        self.hands.add((ask.action, ask.who))
        number, source, to = self.version, self.state, self.target(ask.action)
        if ask.action != "file_late_paper":
            self.papers.update(dict.fromkeys(ask.papers, number))
        if ask.action in self.facts or ask.action == "appeal":
            self.noted.append((number, ask.action, ask.office, ask.on, ask.data))
            self._note(ask, number)
            return
        assert to is not None
        self.state = to
        if ask.action == "step_back":
            step = self.steps.pop()
            self.acts = step.acts
            for level, notice in step.notices.items():
                self._hang_again(level, notice)
            return
        level = ask.action.split("_")[1] if ask.action.startswith("post_") else None
        touched = {level: self.notices.get(level)} if level else {}
        if ask.action == "reject_approval":
            touched = {COUNTY: self.notices.get(COUNTY)}
        self.steps.append(Step(number, ask.action, ask.office, source, ask.on, dict(self.acts), touched))
        self.acts = {**self.acts, ask.action: (number, ask.on, ask.data)}
        self._step(ask, number, level)

    def _hang_again(self, level: str, notice: Notice | None) -> None:
        if notice is None:
            self.notices.pop(level, None)
        else:
            self.notices[level] = notice

    def _step(self, ask: Ask, number: int, level: str | None) -> None:
        if level:
            self.notices[level] = Notice(ask.on, ask.on, {place: [[ask.on, None]] for place in ask.data["places"]})
        if ask.action == "reject_approval":
            self.notices.pop(COUNTY, None)
            gone = ROAD_ACTS[ROAD_ACTS.index("approve") :]
            self.acts = {name: act for name, act in self.acts.items() if name not in gone}
        if ask.action == "approve":
            amount, ceiling = self.subsidy()
            cost = fen(ask.data.get("planned_cost"))
            self.approved = (min(amount, cost) if ceiling and cost is not None else amount) if amount else 0
        if ask.action == "resubmit":
            self.resubmitted = number
        if ask.action == "pay":
            self._paid(ask)
        if ask.action in ("withdraw", "disqualify", "find_ineligible"):
            self.due_back = self.paid
        if ask.action == "reopen":
            self.due_back = 0
            self.rests.append((self.ended_on, ask.on))
        if self.state in CLOSED:
            self.ended_on = ask.on
        if self.state in CLOSED and self.suspended:
            self.rests.append((self.suspended, ask.on))
            self.suspended = None

    def _paid(self, ask: Ask) -> None:
        amount = fen(ask.data["amount"])
        assert amount is not None
        self.paid, self.ever_paid = self.paid + amount, self.ever_paid + amount
        if ask.data.get("voucher"):
            self.vouchers.add(ask.data["voucher"])

    def _note(self, ask: Ask, number: int) -> None:
        data, amount = ask.data, fen(ask.data.get("amount"))
        match ask.action:
            case "raise_objection":
                self.objections[number] = {"level": data["level"], "answered": None, "upheld": None}
            case "answer_objection":
                self.objections[data["objection"]] |= {"answered": number, "upheld": data["upheld"]}
            case "take_down_notice":
                self.notices[data["level"]].hung[data["place"]][-1][1] = ask.on
            case "repost_notice":
                self._repost(self.notices[data["level"]], data, ask.on)
            case "check_document":
                if data["accepted"]:
                    self.rejected.pop(data["kind"], None)
                else:
                    self.rejected[data["kind"]] = number
            case "deny_identity":
                self.denied |= {data["authority"]} if "accept_identity" in self.acts else set()
            case "confirm_identity":
                self.denied.discard(data["authority"])
            case "suspend":
                self.suspended = ask.on
            case "resume":
                assert self.suspended is not None
                self.rests.append((self.suspended, ask.on))
                self.suspended = None
            case "appeal":
                self.appeals[number] = False
            case "answer_appeal":
                self.appeals[data["appeal"]] = True
            case "correct":
                self.household |= data["correction"]["household"]
            case "payment_returned":
                self.paid, self.returned = self.paid - amount, self.returned + amount
                self.due_back = max(0, self.due_back - amount)
            case "reissue_payment":
                self.returned = max(self.returned - amount, 0)
                self._paid(ask)
            case "record_recovery":
                self.paid, self.recovered = self.paid - amount, self.recovered + amount
                self.due_back -= amount
            case "record_refund":
                self.refunded += amount
            case "record_alteration":
                cap = {"self_build": 80, "guaranteed_housing": 40, "mutual_aid_home": 40}.get(self.mode or "")
                if cap == 80 and not self.on_file >= AREA_PAPERS:
                    cap = 60
                if cap and data.get("area") is not None and Decimal(data["area"]) > cap:
                    self.enlarged = True
                    self.due_back = self.paid
            case _:
                pass

    def _repost(self, notice: Notice, data: dict[str, Any], on: date) -> None:
        anew = bool(data.get("corrected"))
        required = PLACES[data["level"]]
        for place in data.get("places") or (required if anew else notice.down(required)):
            spans = notice.hung.setdefault(place, [])
            if spans and spans[-1][1] is None:
                if not anew:
                    continue
                spans[-1][1] = on
            spans.append([on, None])
        if anew:
            notice.start = on


_KIND = {
    **{f"post_{level}_notice": "post" for level in _LEVELS},
    **{f"close_{level}_publicity": "close" for level in _LEVELS},
    **dict.fromkeys(("pass_preliminary_acceptance", "pass_final_acceptance"), "accept"),
    **dict.fromkeys(("confirm_identity", "deny_identity"), "word"),
    **dict.fromkeys(("take_down_notice", "repost_notice"), "hang"),
    "reissue_payment": "pay",
}


def fen(yuan: Any) -> int | None:
    """Return yuan as whole fen."""
    return None if yuan is None else int(Decimal(str(yuan)) * 100)


def five_years(day: date) -> date:
    """Return the last day of five full years after a day."""
    try:
        return day.replace(year=day.year + 5)
    except ValueError:
        return date(day.year + 5, 2, 28)
