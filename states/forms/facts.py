"""The forms of facts, of actions outside the main procedure, and of money that came back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field, StringConstraints, field_validator

from ..errors import Unfit
from .fields import RULE, Area, Day, Flag, Id, Ids, Name, PersonId, Text, Whole, Yuan
from .form import Form, Number, may, needed

PolicyId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{1,62}$")]
ContentHash = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]
RuleId = Annotated[str, StringConstraints(pattern=RULE)]


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


class ReviewOutcome(Form):
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


class Remark(Form):
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


class PaperMark(Form):
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
        raise Unfit("应为数字，最多两位小数", "write a number with digits and at most two decimals")
    return value


class Confirming(Form):
    """The second person's answer to an act that waits for it."""

    request: Whole | None = needed("the number in the history of what waits")


class Exemption(Form):
    """A household exempted from a named rule, by somebody, for a reason, for one act or until a day."""

    rule: RuleId | None = needed("the rule, e.g. R5")
    granted_by: PersonId | None = needed("id of the person who granted it")
    reason: Text | None = needed("why, in words")
    act: Id | None = may("the one act that it is for, where it has no last day")
    until: Day | None = may("the last day on which it holds, where it is not for one act")


class MovedPolicy(Form):
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


class HouseSale(Form):
    """The sale of a guaranteed house (R72)."""

    note: Text | None = may("to whom, for how much")


class Alteration(Form):
    """A layout changed or an area added after the acceptance (R75)."""

    area: Area | None = may("floor area now, in m2")
    layout_changed: Flag | None = may("the layout was changed")
    note: Text | None = may("what was found")
