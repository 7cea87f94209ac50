"""What each act and fact must be told: one frozen form per kind of act.

Every field may be absent in a question ("what would be needed?"); the fields marked `needed` are then named by
the guard `data_complete`. Field names that are personal stand in `personal.py`.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, StringConstraints, ValidationError, field_validator

from ..errors import InputRefused, Unfit
from .fields import RULE, Area, Code, Day, Flag, Id, Ids, Name, PersonId, PersonIds, Text, Value, Whole, Yuan, listed

if TYPE_CHECKING:
    from collections.abc import Mapping


PolicyId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{1,62}$")]
ContentHash = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]
RuleId = Annotated[str, StringConstraints(pattern=RULE)]


# A number of a voucher or register: it stands open in the record, so that the same one is found again.
Number = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z字第号记付转银现财支年〔〕（）()._/-]{1,64}$")]


def needed(description: str) -> Any:
    """Mark a field that the act cannot be taken without."""
    return Field(default=None, description=description, json_schema_extra={"needed": True})


def may(description: str) -> Any:
    """Mark a field that the act can be taken without."""
    return Field(default=None, description=description)


class Form(Value):
    """What every act may be told: why, or remarks (personal, like all free text), and who else agreed to it."""

    reason: Text | None = may("why, or remarks")
    agreed_by: PersonId | None = may("id of the second person who agreed")


class Nothing(Form):
    """An act that needs no data."""


class Application(Form):
    """The household's written application (R41-R44)."""

    contents: Ids | None = needed("what the application states: registration, income, danger, wish")
    signed_by_head: Flag | None = needed("signed by the head of household")
    consents: Flag | None = needed("the household wishes the renovation")
    originals_seen: Ids | None = may("kinds of the papers whose originals were seen")
    photo_shows_reference: Flag | None = may("the photograph shows a fixed reference object")
    photo_shows_head: Flag | None = may("the photograph shows the head's frontal portrait")
    wanted_mode: Id | None = may("the mode that the household asks for")


class Deliberation(Form):
    """A village assembly on the application (R45, R77)."""

    assembly: Id | None = needed("which assembly: villagers_meeting or villagers_representatives")
    approved: Flag | None = needed("found eligible by the assembly")
    eligible: Whole | None = may("members entitled to attend")
    present: Whole | None = may("members present")
    votes_for: Whole | None = may("votes for")
    votes_against: Whole | None = may("votes against")
    abstained: Whole | None = may("abstentions")
    stepped_aside: PersonIds | None = may("ids of those who stepped aside as relatives")
    relation_declared: Flag | None = may("an official's relation to the household was declared")


class Posting(Form):
    """A notice put up (R46, R50, R54); it hangs at every place from the act's day on, or from the day given."""

    places: Ids | None = needed("where it hangs")
    posted: dict[Id, Day] | None = may("the day at each place, where they differ; the period starts with the last")
    discloses: Ids | None = may("what it makes public: policy, beneficiaries, standard")


class Closing(Form):
    """A publicity period at its end (R46, R50, R54)."""

    hung_throughout: Flag | None = needed("the notice hung at every place through the whole period")


class Report(Form):
    """The approval form filled in and the file sent upward (R47)."""

    form_on: Day | None = needed("the day on which the approval form was filled in")


class Review(Form):
    """A township's review of the papers with a visit to the household (R49)."""

    papers_in_order: Flag | None = needed("the papers were reviewed and found in order")
    visited_on: Day | None = may("the day of the visit to the household, if not recorded before")
    visitor: Name | None = may("who visited")
    relation_declared: Flag | None = may("an official's relation to the household was declared")


class Meeting(Form):
    """A government meeting that decides on the names (R51)."""

    approved: Flag | None = needed("decided in favour")
    held_on: Day | None = may("the day of the meeting, if not the act's own day")


class Appraisal(Form):
    """A third-party appraisal of the house (R29a, R29b, R29e)."""

    grade: Code | None = needed("the grade, as the appraisal standard names it (A, B, C or D)")
    body: Text | None = needed("the appraising body")
    on_site_on: Day | None = needed("the day of the visit on site")
    standard: Text | None = may("the appraisal standard applied, with its date")
    engaged_by: Id | None = may("the office that engaged the body")
    body_is_builder: Flag | None = may("the body also builds")
    body_is_applicant: Flag | None = may("the body is tied to the applicant")


class Approval(Form):
    """The county's approval: mode, builder, area, money (R30-R39a, R74)."""

    mode: Id | None = needed("the mode: self_build, guaranteed_housing, mutual_aid_home, repair")
    builder: Id | None = needed("who builds: household or township")
    area: Area | None = may("floor area in m2 that counts (needed for a new build)")
    excluded: dict[Id, Area] | None = may("m2 of the rooms that the plan leaves out of it, by kind")
    persons: Whole | None = may("persons who will live there")
    planned_cost: Yuan | None = Field(
        default=None, description="planned cost in yuan", serialization_alias="planned_cost_fen"
    )
    self_funding: Yuan | None = Field(
        default=None, description="the household's own share in yuan", serialization_alias="self_funding_fen"
    )
    subsidy: Yuan | None = Field(
        default=None, description="subsidy in yuan, where the plan leaves it open", serialization_alias="subsidy_fen"
    )
    chosen_by_household: Flag | None = needed("the household chose the mode of its own will")
    difficulty_certified: Flag | None = may("real difficulty in building was certified")
    beyond_means: Flag | None = may("the household would have to over-indebt itself")
    land: Id | None = may("where it is built: idle_land, idle_homestead, old_homestead, other")
    conforms_to_plans: Flag | None = may("conforms to the land-use and township plans")
    one_homestead: Flag | None = may("the household keeps one homestead only")
    relation_declared: Flag | None = may("an official's relation to the household was declared")


class Registration(Form):
    """The entry in the renovation information system (R54)."""

    system_number: Number | None = may("the number given by the information system")


class Agreement(Form):
    """The agreement between village and household (R69)."""

    items: Ids | None = needed("what it settles: task, quality, progress, safety, completion")
    complete_by: Day | None = needed("the agreed day of completion")


class Start(Form):
    """The start of works (R60, R62, R69)."""

    builder_name: Name | None = may("the building team or craftsman")


class Completion(Form):
    """The end of works, before any acceptance (R12, R63)."""

    actual_cost: Yuan | None = Field(
        default=None, description="actual cost in yuan", serialization_alias="actual_cost_fen"
    )


class Acceptance(Form):
    """Preliminary or final acceptance (R36b, R36b2, R36c, R57, R74)."""

    area: Area | None = may("floor area as built that counts, in m2 (needed for a new build)")
    excluded: dict[Id, Area] | None = may("m2 of the rooms that the plan leaves out of it, by kind")
    checklist: dict[Id, Flag | Whole] | None = needed("each item of the plan's checklist: true, or the measure")
    departments: Ids | None = may("departments on the panel")
    technicians: Whole | None = may("professional technicians on the panel")
    one_homestead: Flag | None = may("the household keeps one homestead only")
    actual_cost: Yuan | None = Field(
        default=None, description="actual cost in yuan", serialization_alias="actual_cost_fen"
    )


class Payment(Form):
    """The subsidy paid (R37-R40a)."""

    amount: Yuan | None = Field(
        default=None,
        description="amount in yuan",
        serialization_alias="amount_fen",
        json_schema_extra={"needed": True},
    )
    fund: Id | None = needed("the fund that it is paid from")
    payee: Id | None = needed("who is paid: household or township")
    channel: Id | None = needed("how: one_card or transfer")
    voucher: Number | None = may("number of the payment voucher")


class Archiving(Form):
    """The file closed (R29c, R66, R78)."""

    copies: Ids | None = may("where copies of the appraisal report are kept")


class Reasoned(Form):
    """An act off the road: it needs a reason in words (R48, R53)."""

    reason: Text | None = needed("why, in words; it goes to the applicant")
    told_on: Day | None = may("the day on which the applicant was told")


class Failing(Form):
    """An acceptance that fails: why, and by when it must be mended (R70a)."""

    reason: Text | None = needed("what must be mended, in words")
    mend_by: Day | None = needed("the day by which it must be mended")


class Confirmation(Form):
    """One authority's word on the household's identity (R23, R25-R27)."""

    authority: Id | None = needed("which authority speaks")
    no_house_confirmed: Flag | None = may("confirms that the household has no dwelling")


class Objection(Form):
    """An objection to a notice (R47)."""

    level: Id | None = needed("which notice: village, township or county")
    grounds: Text | None = needed("what is objected")
    raised_by: Name | None = may("who objects, if named")
    anonymous: Flag | None = may("the objection is anonymous")


class Answer(Form):
    """The outcome of an objection's review (R47)."""

    objection: Whole | None = needed("the objection's number in the history")
    upheld: Flag | None = needed("the objection holds")
    outcome_reason: Text | None = needed("why, in words")


class Inspection(Form):
    """An inspection during the works (R56)."""

    problem: Flag | None = needed("a problem was found")
    blocks_acceptance: Flag | None = may("the problem blocks final acceptance until it is closed")
    note: Text | None = may("what was found")


class InspectionClosed(Form):
    """A problem of an inspection mended (R56)."""

    inspection: Whole | None = needed("the inspection's number in the history")
    note: Text | None = may("how it was mended")


class Supervisor(Form):
    """The on-site quality supervisor of a house (R62)."""

    person: PersonId | None = may("the supervisor's person id, if registered")
    name: Name | None = needed("the supervisor's name")
    kind: Id | None = needed("technician or village_committee")
    trained: Flag | None = needed("was trained")


class Noted(Form):
    """A plain fact with a remark."""

    note: Text | None = may("remarks")


class UnitRecord(Form):
    """A report, survey or plan of a unit (R29d, R36d, R59, R64, R65); the report itself is a paper."""

    surveyed: Whole | None = may("households surveyed")
    started: Whole | None = may("houses begun")
    completed: Whole | None = may("houses completed")
    accepted: Whole | None = may("houses accepted")
    note: Text | None = may("remarks")


class Visit(Form):
    """A visit to the household (R49)."""

    visitor: Name | None = needed("who visited")
    note: Text | None = may("what was seen")


class Resettlement(Form):
    """Where the household lives meanwhile (R60)."""

    how: Id | None = needed("rented or borrowed")
    note: Text | None = may("remarks")


class Demolition(Form):
    """The old house pulled down or sealed (R36, R60)."""

    evidence: Ids | None = may("what shows the former state: earlier_survey, photographs, village_certificate")
    note: Text | None = may("remarks")


class Contact(Form):
    """A talk with a household that declines (R13)."""

    spoken_to: Name | None = may("who was spoken to")
    note: Text | None = may("what was said")


class Returning(Reasoned):
    """A file sent back to be mended (R53)."""

    to_mend: Ids | None = may("kinds of the papers that have to be sent again")


class Reopening(Reasoned):
    """An end taken back: why, and who else agreed."""

    appeal: Whole | None = may("number of the appeal that it follows")


class Appealing(Form):
    """An applicant's appeal against an end or a return."""

    grounds: Text | None = needed("what the applicant says")
    raised_by: Name | None = may("who appeals, if not the head")


class AppealAnswer(Form):
    """The next level's answer to an appeal."""

    appeal: Whole | None = needed("the appeal's number in the history")
    upheld: Flag | None = needed("the appeal is granted")
    outcome_reason: Text | None = needed("why, in words")


class TakingDown(Form):
    """A notice that came down at a place (R46)."""

    level: Id | None = needed("which notice: village, township or county")
    place: Id | None = needed("where it came down")
    note: Text | None = may("how it came about")


class Reposting(Form):
    """A notice put back, or a corrected one put up instead, which starts the period again (R46)."""

    level: Id | None = needed("which notice: village, township or county")
    places: Ids | None = may("where; default every place at which it is down")
    corrected: Flag | None = may("a corrected notice: the period starts again")
    note: Text | None = may("what was corrected")


class Check(Form):
    """A mark on a paper: accepted, or rejected with a comment."""

    kind: Id | None = needed("the kind of the paper")
    accepted: Flag | None = needed("accepted as it is")
    note: Text | None = may("what has to be mended")


class Suspending(Form):
    """A case put to rest: nothing goes on and its deadlines wait."""

    reason: Text | None = needed("why, in words")


class Correction(Form):
    """Recorded values put right: of the household, or of steps taken; every guard that used them is asked again."""

    correction: dict[str, Any] | None = needed(
        'the right values: {"household": {field: value}, "acts": {action: {field: value, "on": date}}}'
    )
    cause: Id | None = needed("error, death, head_changed, members_changed, class_changed or other")
    reason: Text | None = needed("why, in words")
    changed: tuple[str, ...] | None = may("filled in by the program: the paths that were changed")
    values: dict[str, Any] | None = may("filled in by the program: open values before and after, by path")

    @field_validator("correction", mode="before")
    @classmethod
    def _exact(cls, value: Any) -> Any:
        return _texts(value)


def _texts(value: Any) -> Any:
    """Return JSON data with decimals as text and nothing that is no JSON."""
    if isinstance(value, dict):
        return {str(k): _texts(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_texts(v) for v in value]
    if isinstance(value, (Decimal, date)):
        return str(value)
    if isinstance(value, float):
        raise Unfit("应为数字，最多两位小数", "a number is written with digits and at most two decimals")
    return value


class Exemption(Form):
    """A household exempted from a named rule, by somebody, for a reason, until a day."""

    rule: RuleId | None = needed("the rule, e.g. R5")
    granted_by: PersonId | None = needed("id of the person who granted it")
    reason: Text | None = needed("why, in words")
    until: Day | None = needed("the last day on which it holds")


class Moving(Form):
    """A case put under another policy; the program adds which content it left and which it has."""

    reason: Text | None = needed("why, in words")
    states: dict[Id, Id] = Field(default_factory=dict, description="states of the old policy by those of the new")
    policy: PolicyId | None = may("id of the new policy")
    left: ContentHash | None = may("hash of the content that it was under")
    entered: ContentHash | None = may("hash of the content that it is under now")


class Money(Form):
    """An amount of money that came or went."""

    amount: Yuan | None = Field(
        default=None,
        description="amount in yuan",
        serialization_alias="amount_fen",
        json_schema_extra={"needed": True},
    )
    voucher: Number | None = may("number of the voucher")


class ReturnedPayment(Money):
    """A payment that the bank sent back."""

    reason: Text | None = needed("why it came back")


class Refund(Money):
    """Subsidy given back before a sale, on its way to the treasury (R72)."""

    through: Ids | None = needed("through whom it went: village, township, treasury")


class Resale(Form):
    """The sale of a guaranteed house (R72)."""

    note: Text | None = may("to whom, for how much")


class Alteration(Form):
    """A layout changed or an area added after the acceptance (R75)."""

    area: Area | None = may("floor area now, in m2")
    layout_changed: Flag | None = may("the layout was changed")
    note: Text | None = may("what was found")


FORMS: dict[str, type[Form]] = {
    "application": Application,
    "deliberation": Deliberation,
    "posting": Posting,
    "closing": Closing,
    "unpaid": Reasoned,
    "unit_record": UnitRecord,
    "report": Report,
    "review": Review,
    "meeting": Meeting,
    "identity": Nothing,
    "appraisal": Appraisal,
    "waiver": Nothing,
    "approval": Approval,
    "registration": Registration,
    "agreement": Agreement,
    "start": Start,
    "completion": Completion,
    "acceptance": Acceptance,
    "payment": Payment,
    "archiving": Archiving,
    "reasoned": Reasoned,
    "failing": Failing,
    "confirmation": Confirmation,
    "objection": Objection,
    "answer": Answer,
    "inspection": Inspection,
    "inspection_closed": InspectionClosed,
    "supervisor": Supervisor,
    "noted": Noted,
    "visit": Visit,
    "resettlement": Resettlement,
    "demolition": Demolition,
    "contact": Contact,
    "returning": Returning,
    "resubmission": Noted,
    "mending": Noted,
    "reopening": Reopening,
    "stepping": Reasoned,
    "appealing": Appealing,
    "appeal_answer": AppealAnswer,
    "taking_down": TakingDown,
    "reposting": Reposting,
    "check": Check,
    "suspending": Suspending,
    "resuming": Noted,
    "correction": Correction,
    "exemption": Exemption,
    "moving": Moving,
    "instalment": Payment,
    "returned_payment": ReturnedPayment,
    "reissue": Payment,
    "recovery": Money,
    "refund": Refund,
    "resale": Resale,
    "alteration": Alteration,
    "upkeep": Noted,
    "late_paper": Noted,
}


def read(form: str, data: dict[str, Any] | None) -> Form:
    """Read an act's data with the form of that name.

    Raises:
        InputRefused: an unknown field, or a value that is not of its form. Absent fields are not refused here.
    """
    try:
        return FORMS[form].model_validate(data or {})
    except ValidationError as error:
        zh, en = listed(error)
        raise InputRefused(f"所填内容不符合要求：{zh}", f"the data is not of its form: {en}") from None


def missing(value: Form) -> tuple[str, ...]:
    """Return the names of the needed fields that are absent."""
    return tuple(name for name in _needed(type(value)) if getattr(value, name) is None)


def recorded(value: Form) -> dict[str, Any]:
    """Return the data as it enters an event: JSON types, areas as strings, money as whole fen."""
    return value.model_dump(mode="json", by_alias=True, exclude_none=True)


def readable(fen: int) -> str:
    """Return recorded fen as the yuan that a form reads."""
    return str(Decimal(int(fen)) / 100)


def restored(form: str, data: Mapping[str, Any]) -> Form:
    """Return the form of data as it stands in a record; a sealed value is there, but not readable.

    Raises:
        InputRefused: it is not of its form.
    """
    plain: dict[str, Any] = {}
    for name, field in FORMS[form].model_fields.items():
        stored = data.get(field.serialization_alias or name)
        if stored is None:
            continue
        if isinstance(stored, dict) and set(stored) == {"$commit"}:
            stored = "***"
        elif field.serialization_alias:
            stored = readable(stored)
        plain[name] = stored
    return read(form, plain)


def schema(form: str) -> dict[str, Any]:
    """Return the JSON Schema of a form, with the needed fields as required."""
    model = FORMS[form]
    out = model.model_json_schema(by_alias=False)
    out["required"] = list(_needed(model))
    return out


_NEEDED: dict[type[Form], tuple[str, ...]] = {}


def _needed(model: type[Form]) -> tuple[str, ...]:
    if model not in _NEEDED:
        _NEEDED[model] = tuple(
            name
            for name, field in model.model_fields.items()
            if isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("needed")
        )
    return _NEEDED[model]
