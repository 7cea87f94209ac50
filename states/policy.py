"""A policy: one plan as a data file, read strictly.

Every table has its `source` (plan and clause), the `rule` of the catalogue where there is one, and says where
the plan is silent (`silent`: the names of the values that are a reading) or ambiguous (`reading`: its name).
"""

from __future__ import annotations

import hashlib
import tomllib
from datetime import date  # noqa: TC003 - pydantic reads it when the models are built
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, ValidationError, field_validator, model_validator

from .calendar import Period
from .errors import PolicyRefused
from .fields import Code, Id, Value
from .lines import misread

Effect = Literal["block", "warn"]
Level = Literal["village", "township", "county"]


def _exact(value: Any) -> Any:
    if isinstance(value, (float, bool)):
        raise ValueError("write a whole number, or a decimal in quotes")
    return value


Number = Annotated[Decimal, BeforeValidator(_exact), Field(ge=0)]


class Words(Value):
    """A name or sentence in the two languages."""

    zh: str
    en: str


class Sourced(Value):
    """What every table of a policy says of itself."""

    source: str = Field(min_length=1, description="plan and clause, e.g. 'A 七(二)'")
    rule: str | None = Field(default=None, pattern=r"^R[0-9]+[a-z]?[0-9]?$")
    effect: Effect = Field(default="block", description="block: refused; warn: done and flagged")
    silent: tuple[str, ...] = Field(default=(), description="values of this table on which the plan is silent")
    reading: str | None = Field(default=None, description="the reading taken where the text allows several")
    note: str | None = None

    @model_validator(mode="after")
    def _silences_name_values(self) -> Self:
        unknown = [name for name in self.silent if name not in type(self).model_fields]
        if unknown:
            raise ValueError(f"silent names no value of this table: {', '.join(unknown)}")
        return self


class When(Value):
    """To whom a table applies; every condition given must hold, an absent one always holds."""

    classes: tuple[Id, ...] | None = None
    no_house: bool | None = None
    grades: tuple[Code, ...] | None = None
    modes: tuple[Id, ...] | None = None
    builders: tuple[Id, ...] | None = None
    new_build: bool | None = None
    relaxed_area: bool | None = Field(default=None, description="the area lies above the cap without papers")
    intakes: tuple[Id, ...] | None = Field(default=None, description="how it came in; 'application' is the road's own")
    demolished_first: bool | None = Field(default=None, description="the old house went before its appraisal")


class ClassRule(Sourced):
    """A class of households that the plan serves, and who confirms it: every group, by any one of the group."""

    id: Id
    name: Words
    confirmed_by: tuple[tuple[Id, ...], ...] = Field(min_length=1)
    identity_rule: str
    identity_source: str


class Elsewhere(Sourced):
    """A class that another plan serves."""

    id: Id
    see: str


class Office(Value):
    """An office that may enter acts of others who work on paper."""

    id: Id
    records_for: tuple[Id, ...] = ()


class Step(Sourced):
    """One step of the procedure; its kind contributes the states, the actions and their guards."""

    kind: Literal[
        "application", "deliberation", "publicity", "report", "review", "meeting", "identity_check",
        "appraisal", "approval", "registration", "agreement", "start", "works", "acceptance", "payment", "archive",
    ]  # fmt: skip
    level: Level
    offices: tuple[Id, ...] = Field(min_length=1)
    part: Literal["preliminary", "final"] | None = None
    waived_when: When | None = Field(default=None, description="an appraisal is waived for these")
    waived_by: tuple[Id, ...] = Field(default=(), description="the offices that may waive the appraisal")
    classes_confirmed: Literal["any", "every"] = Field(
        default="any", description="of several classes of one household, how many must be confirmed"
    )
    days: int | None = Field(default=None, ge=0, le=366)
    unit: Literal["calendar", "working"] = "calendar"
    count_posting_day: bool = False
    roll: bool = False
    places: tuple[Id, ...] = ()
    interruption: Literal["restart", "extend"] = Field(
        default="restart", description="a notice that came down: count from its return, or leave the days out"
    )
    suspension: Literal["stops", "runs"] = Field(
        default="stops", description="whether the days of a suspended case count"
    )

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        if self.kind == "publicity" and self.days is None:
            raise ValueError("a publicity step says its days")
        if self.kind != "publicity" and (self.days is not None or self.places):
            raise ValueError("days and places belong to a publicity step")
        if (self.kind == "acceptance") != (self.part is not None):
            raise ValueError("an acceptance step, and no other, says its part: preliminary or final")
        if self.waived_when is not None and self.kind != "appraisal":
            raise ValueError("waived_when belongs to an appraisal step")
        return self

    @property
    def key(self) -> str:
        """Return the name by which an intake orders the step: its kind, with level or part where it has several."""
        return {"publicity": f"{self.level}_publicity", "acceptance": f"{self.part}_acceptance"}.get(
            self.kind, self.kind
        )

    @property
    def period(self) -> Period:
        """Return how the days of this publicity are counted."""
        return Period(days=self.days or 0, unit=self.unit, count_posting_day=self.count_posting_day, roll=self.roll)


class Deed(Sourced):
    """What an act off the road and a fact have in common: who takes it, told in which form, and with whom."""

    offices: tuple[Id, ...] = Field(min_length=1)
    second_person: bool = Field(default=False, description="somebody else has to agree, by name")
    days: int | None = Field(default=None, ge=1, description="a clock that it starts, in calendar days")


class Way(Deed):
    """A way off the road, or back to it: by an office, with a reason.

    `to` is a state, or "back" (the state that the case came from, as its history has it), "step" (the one before
    its last step), "same" (it stays where it is).
    """

    action: Id
    start: tuple[Id, ...] = Field(min_length=1, description="states, or 'open' for every open one")
    to: Id
    form: Id = "reasoned"
    contacts: int | None = Field(default=None, description="dated contacts that must be on record first")
    resumes: Id | None = Field(default=None, description="where a resubmission enters; else the state it left")
    never: tuple[Id, ...] = Field(default=(), description="actions that are not stepped back over")
    cancels: bool = Field(default=False, description="the subsidy is cancelled; what was paid is to be recovered")


class Fact(Deed):
    """A fact that may be recorded without moving the case; in a closed state only where it is named."""

    id: Id
    form: Id = "noted"
    states: tuple[Id, ...] = Field(default=("open",), description="in which states; 'open' for every open one")


class Hearing(Sourced):
    """What becomes of an objection to a level's notice: who reviews it, and what either outcome does."""

    level: Level
    offices: tuple[Id, ...] = Field(min_length=1)
    cleared: Literal["continue", "post_again"] = "continue"
    upheld: Literal["end", "return", "post_again"] = "end"
    late: Literal["counts", "recorded"] = Field(default="counts", description="one that came after the period")
    days: int | None = Field(default=None, ge=1, description="within which it is to be reviewed")


class Rerun(Sourced):
    """What a correction during a return makes the case pass again: from `state` on."""

    fields: tuple[str, ...] = Field(min_length=1, description="e.g. 'household/classes', 'acts/approve'")
    state: Id


class Reading(Value):
    """One reading of an intake: the steps that come first, and those that fall away."""

    id: Id
    first: tuple[Id, ...] = ()
    without: tuple[Id, ...] = ()


class Intake(Sourced):
    """Another way in: who opens such a case, and in which order it passes the steps."""

    id: Id
    name: Words
    offices: tuple[Id, ...] = Field(min_length=1)
    joint: bool = Field(default=False, description="opened by one of the offices with somebody of another")
    grades: tuple[Code, ...] = Field(default=(), description="only houses of these grades go on")
    taken: Id = Field(description="the reading that holds")
    readings: tuple[Reading, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _reading_is_there(self) -> Self:
        if self.taken not in [reading.id for reading in self.readings]:
            raise ValueError(f"no reading of that name: {self.taken}")
        return self


class Paper(Sourced):
    """A paper that must be on the file when `at` is taken."""

    kind: Id
    at: Id
    name: Words
    when: When = When()
    original: bool = Field(default=False, description="the original must have been seen")
    or_kinds: tuple[Id, ...] = Field(default=(), description="papers that serve instead")


class Area(Sourced):
    """Floor area of a mode, in m2: floor (warns), cap, and the cap with papers for larger families."""

    floor: Number | None = None
    cap: Number
    relaxed_cap: Number | None = None
    relaxed_papers: tuple[Id, ...] = ()


class Grading(Sourced):
    """Whether a mode is open to a grade (or to no-house households) and how strongly."""

    grades: tuple[Code, ...] = ()
    no_house: bool = False


class Payee(Sourced):
    """Who is paid where this builder builds."""

    builder: Id
    payee: Id


class Mode(Sourced):
    """A mode of renovation."""

    id: Id
    name: Words
    new_build: bool
    builders: tuple[Id, ...] = Field(min_length=1)
    open_to: tuple[Grading, ...] = Field(min_length=1)
    closed_to: tuple[Grading, ...] = Field(default=(), description="to whom it is closed, where a rule says so")
    area: Area | None = None
    payees: tuple[Payee, ...] = Field(min_length=1)


class Subsidy(Sourced):
    """An amount; the first table whose `when` fits holds."""

    kind: Literal["fixed", "ceiling", "undetermined"]
    yuan: Number | None = None
    when: When = When()

    @model_validator(mode="after")
    def _amount_given(self) -> Self:
        if (self.kind == "undetermined") != (self.yuan is None):
            raise ValueError("yuan stands with fixed and ceiling, and is absent with undetermined")
        return self


class Line(Sourced):
    """A budget line: which households are charged to it, from which fund, and what was planned."""

    id: Id
    name: Words
    fund: Id
    fund_name: Words
    when: When = When()
    planned_wan: str | None = Field(default=None, pattern=r"^[0-9]+(\.[0-9]+)?$", description="as printed, 万元")
    rounding: Literal["truncate", "half_up"] = "truncate"


class Quota(Sourced):
    """How many households are planned for those that fit; a plan, never a cap, unless `effect` blocks."""

    id: Id
    name: Words
    planned: int
    when: When = When()


class Item(Sourced):
    """An item of the acceptance checklist: true, or at least `minimum` of `unit`."""

    id: Id
    name: Words
    at: tuple[Literal["preliminary", "final"], ...] = ("final",)
    when: When = When()
    minimum: int | None = None
    unit: str | None = None


class Stage(Sourced):
    """A stage of the programme year; the steps named are expected within it."""

    id: Id
    name: Words
    first: date
    last: date
    actions: tuple[Id, ...] = ()


class Numbering(Sourced):
    """How archive numbers are made: {year}, {county}, {township}, {village}, {number} in a pattern."""

    pattern: str
    per: Literal["county", "township", "village"] = "county"
    digits: int = Field(default=4, ge=1, le=9)


class Silence(Value):
    """What the plan does not say and the policy does not decide either."""

    about: Words
    reading: str = "undetermined"


class Duty(Sourced):
    """A rule that is computed, reported or recorded and holds no case back; its numbers as plain values.

    With an `action` it is a duty of units: each unit of the level records it, once for each due date.
    """

    id: Id
    name: Words
    values: dict[str, int | str | date | tuple[int | str, ...]] = Field(default_factory=dict)
    action: Id | None = Field(default=None, description="the record by which a unit meets it")
    level: Level | None = Field(default=None, description="the units that owe it")
    offices: tuple[Id, ...] = Field(default=(), description="the offices that may record it")
    due_days: tuple[int, ...] = Field(default=(), description="days of every month from first_due to last_due")
    first_due: date | None = None
    last_due: date | None = None
    due: tuple[date, ...] = Field(default=(), description="the due dates, where they are no days of every month")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.action is None) != (self.level is None) or (self.action is None) != (not self.offices):
            raise ValueError("a duty of units says its action, level and offices, any other none of them")
        if bool(self.due_days) != (self.first_due is not None and self.last_due is not None):
            raise ValueError("due_days stand with first_due and last_due")
        if self.due and self.due_days:
            raise ValueError("due dates are given once: due_days, or due")
        if not all(1 <= day <= 28 for day in self.due_days):
            raise ValueError("due_days lie between 1 and 28: every month has them")
        if (self.due or self.due_days) and self.action is None:
            raise ValueError("due dates belong to a duty with an action")
        return self


class Of(Sourced):
    """A guard that wants some of a list: every one of `all`, or at least one of `any`."""

    all: tuple[Id, ...] = ()
    any: tuple[Id, ...] = ()


class Grades(Sourced):
    """The grades that make a house an object of the plan."""

    grades: tuple[Code, ...] = Field(min_length=1)


class Upto(Sourced):
    """A guard with a number of days, a count or a day as its limit."""

    days: int | None = None
    at_least: int | None = None
    by: date | None = None


class Quorum(Sourced):
    """How many must be present, by assembly, and how many of those must agree, as fractions such as "1/2".

    A quorum is reached by its share exactly; a majority wants more than its share.
    """

    present: dict[Id, str] = Field(default_factory=dict)
    agree: str | None = None

    @field_validator("present", "agree")
    @classmethod
    def _are_fractions(cls, value: Any) -> Any:
        for text in value.values() if isinstance(value, dict) else [value]:
            part, slash, whole = (text or "1/1").partition("/")
            if not (slash and part.isdigit() and whole.isdigit() and 0 < int(part) <= int(whole)):
                raise ValueError(f"not a fraction such as 1/2: {text}")
        return value


class Resale(Sourced):
    """When a house of these modes may be sold: whole years after an act, and which modes never."""

    years: int = Field(ge=0)
    counted_from: Id
    modes: tuple[Id, ...] = Field(min_length=1)
    never: tuple[Id, ...] = ()


class Never(Sourced):
    """Rules that nobody is exempted from."""

    never: tuple[str, ...] = ()


class Guards(Value):
    """The guards that a plan switches on, each with its clause and numbers; an absent one is not asked."""

    entered_in_time: Upto
    lives_in_countryside: Sourced | None = None
    rural_registration: Sourced | None = None
    one_dwelling_at_most: Sourced | None = None
    has_dwelling: Sourced | None = None
    no_dwelling_owned: Sourced | None = None
    no_house_marked: Sourced | None = None
    not_in_relocation_plan: Sourced | None = None
    not_in_institutional_care: Sourced | None = None
    consent_given: Sourced | None = None
    application_complete: Of | None = None
    danger_photo_complete: Sourced | None = None
    assembly_allowed: Of | None = None
    deliberation_passed: Sourced | None = None
    quorum_reached: Quorum | None = None
    relatives_stepped_aside: Sourced | None = None
    relation_declared: Sourced | None = None
    notice_discloses: Of | None = None
    places_photographed: Sourced | None = None
    form_after_publicity: Sourced | None = None
    household_visited: Sourced | None = None
    no_house_confirmed: Of | None = None
    grade_eligible: Grades | None = None
    appraiser_engaged: Of | None = None
    appraiser_independent: Sourced | None = None
    standard_named: Sourced | None = None
    appraised_before_demolition: Of | None = None
    mode_chosen_freely: Sourced | None = None
    not_stably_out_of_poverty: Of | None = None
    difficulty_certified: Of | None = None
    nothing_to_pay_oneself: Of | None = None
    within_means: Sourced | None = None
    land_preferred: Of | None = None
    conforms_to_plans: Sourced | None = None
    quota_not_exceeded: Sourced | None = None
    budget_not_exceeded: Sourced | None = None
    village_planned: Upto | None = None
    agreement_complete: Of | None = None
    resettled: Grades | None = None
    sealed_or_demolished: Grades | None = None
    supervisor_appointed: Of | None = None
    works_on_time: Upto | None = None
    accepted_one_by_one: Sourced | None = None
    panel_complete: Upto | None = None
    old_house_demolished: Sourced | None = None
    one_homestead: Sourced | None = None
    inspections_closed: Sourced | None = None
    channel_allowed: Of | None = None
    report_copies_kept: Of | None = None
    rejected_papers_resent: Sourced | None = None
    corrected_facts_hold: Sourced | None = None
    rule_exemptible: Never | None = None
    resale_allowed: Resale | None = None
    refund_recorded: Of | None = None
    no_later_change: Sourced | None = None


class Policy(Value):
    """One plan as data. Read one with `read_policy`."""

    format: Literal[1]
    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{1,62}$")
    label: str = Field(description="how sources cite the plan, e.g. 'A'")
    title: Words
    county: str = Field(pattern=r"^[0-9]{6}$")
    county_name: Words
    year: int
    issued: date
    source: str
    units: tuple[str, ...] = Field(default=(), description="the plan's own list of townships")
    classes: tuple[ClassRule, ...] = Field(min_length=1)
    elsewhere: tuple[Elsewhere, ...] = ()
    other_classes: tuple[Id, ...] = Field(default=(), description="classes that a household may hold besides")
    offices: tuple[Office, ...] = Field(min_length=1)
    steps: tuple[Step, ...] = Field(min_length=1)
    ways: tuple[Way, ...] = ()
    facts: tuple[Fact, ...] = ()
    hearings: tuple[Hearing, ...] = ()
    reruns: tuple[Rerun, ...] = ()
    intakes: tuple[Intake, ...] = ()
    papers: tuple[Paper, ...] = ()
    modes: tuple[Mode, ...] = Field(min_length=1)
    subsidies: tuple[Subsidy, ...] = Field(min_length=1)
    lines: tuple[Line, ...] = Field(min_length=1)
    quotas: tuple[Quota, ...] = ()
    checklist: tuple[Item, ...] = ()
    stages: tuple[Stage, ...] = ()
    numbering: Numbering
    guards: Guards
    duties: tuple[Duty, ...] = ()
    silences: tuple[Silence, ...] = ()


def policy_hash(content: str) -> str:
    """Return the identity of a policy's content: "sha256:" and the hash of its text with LF line ends."""
    return "sha256:" + hashlib.sha256(content.replace("\r\n", "\n").encode()).hexdigest()


def read_policy(content: str, name: str = "(text)") -> Policy:
    """Read a policy file's text strictly.

    Raises:
        PolicyRefused: the text is not TOML, a key is unknown, or a value is missing or not of its form.
    """
    try:
        return Policy.model_validate(tomllib.loads(content))
    except tomllib.TOMLDecodeError as error:
        raise PolicyRefused(name, [f"not TOML: {error}"]) from None
    except ValidationError as error:
        raise PolicyRefused(name, misread(error, content, Policy)) from None
