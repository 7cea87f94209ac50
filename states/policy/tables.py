"""A policy: one plan as a data file, read strictly.

Every table has its `source` (plan and clause), the `rule` of the catalogue where there is one, and says where
the plan is silent (`silent`: the names of the values that are a reading) or ambiguous (`reading`: its name).
"""

from __future__ import annotations

import hashlib
import tomllib
from datetime import date  # noqa: TC003 - pydantic reads it when the models are built
from typing import Literal, Self

from pydantic import Field, ValidationError, model_validator

from ..calendar import Period
from ..errors import PolicyRefused, Unfit
from ..forms.fields import RULE, Code, Id, Value
from .draft import unfilled
from .guards import Grades, Guards, Never, Of, Quorum, Resale, Upto
from .sourced import Effect, Level, Number, Sourced, When, Words
from .toml_lines import located, misread, no_toml, oversized

__all__ = [
    "Area",
    "Effect",
    "Grades",
    "Guards",
    "Level",
    "Never",
    "Of",
    "Policy",
    "Quorum",
    "Resale",
    "Sourced",
    "Upto",
    "When",
    "Words",
    "policy_hash",
    "read_policy",
]


class ClassRule(Sourced):
    """A class of households that the plan serves, and who confirms it: every group, by any one of the group."""

    id: Id
    name: Words
    confirmed_by: tuple[tuple[Id, ...], ...] = Field(min_length=1)
    identity_rule: str | None = Field(default=None, pattern=RULE)
    identity_source: str


class Elsewhere(Sourced):
    """A class that another plan serves."""

    id: Id
    see: str


class Office(Value):
    """An office that may enter acts of others who work on paper."""

    id: Id
    name: Words | None = Field(default=None, description="how it is called, where weigai has no name for it")
    records_for: tuple[Id, ...] = ()


_NAMED = ("deliberation", "publicity", "report", "review", "meeting", "acceptance")


class Step(Sourced):
    """One step of the procedure; its kind contributes the states, the actions and their guards."""

    kind: Literal[
        "application",
        "deliberation",
        "publicity",
        "report",
        "review",
        "meeting",
        "identity_check",
        "appraisal",
        "approval",
        "registration",
        "agreement",
        "start",
        "works",
        "acceptance",
        "payment",
        "archive",
    ]
    level: Level
    name: Id | None = Field(
        default=None, description="tells two steps of one kind and level apart; it stands in their states and actions"
    )
    title: Words | None = Field(default=None, description="how a step with a name is called")
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
    shows: tuple[Id, ...] = Field(default=(), description="what this notice shows, where it differs from the others")
    interruption: Literal["restart", "extend"] = Field(
        default="restart", description="a notice that came down: count from its return, or leave the days out"
    )
    suspension: Literal["stops", "runs"] = Field(
        default="stops", description="whether the days of a suspended case count"
    )

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        if self.kind == "publicity" and self.days is None and "days" not in self.silent:
            raise Unfit(
                "公示环节须写明 days，或在 silent 中列出 days",
                "a publicity step says its days, or names days under silent",
            )
        if self.kind != "publicity" and (self.places or self.shows):
            raise Unfit("places 和 shows 只用于公示环节", "places and shows belong to a publicity step")
        if self.kind not in ("publicity", "payment") and self.days is not None:
            raise Unfit(
                "days 只用于公示环节，或作为拨付环节的期限",
                "days belong to a publicity step, or to a payment as its deadline",
            )
        if self.name is not None and (self.kind not in _NAMED or self.part == "final"):
            raise Unfit(
                f"name 只用于 {', '.join(_NAMED)} 环节，最终验收不用",
                f"a name belongs to a step of kind {', '.join(_NAMED)}, and not to the final acceptance",
            )
        if self.title is not None and self.name is None:
            raise Unfit("title 只用于有 name 的环节", "a title belongs to a step with a name")
        if (self.kind == "acceptance") != (self.part is not None):
            raise Unfit(
                "验收环节（仅此环节）须写明 part：preliminary 或 final",
                "an acceptance step, and no other, says its part: preliminary or final",
            )
        if self.waived_when is not None and self.kind != "appraisal":
            raise Unfit("waived_when 只用于鉴定环节", "waived_when belongs to an appraisal step")
        return self

    @property
    def at(self) -> str:
        """Return what its states and actions are named after: its name, else its part or level."""
        return self.name or self.part or self.level

    @property
    def key(self) -> str:
        """Return its kind, with the name, level or part where a plan commonly has several of the kind."""
        several = self.kind in ("publicity", "acceptance") or self.name is not None
        return f"{self.at}_{self.kind}" if several else self.kind

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


class FourEyes(Sourced):
    """Steps of a case of which one person takes no more than one; one table without steps: the plan wants none."""

    steps: tuple[Id, ...] = Field(
        default=(), description="actions, facts, or whole steps by the names under which an intake orders them"
    )


class Hearing(Sourced):
    """What becomes of an objection to a level's notice: who reviews it, and what either outcome does."""

    level: Id = Field(description="of which notice: its level, or its name")
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
            raise Unfit(f"没有名为 {self.taken} 的读法", f"no reading of that name: {self.taken}")
        return self


class Paper(Sourced):
    """A paper that must be on the file when `at` is taken."""

    kind: Id
    at: Id
    name: Words
    when: When = When()
    original: bool = Field(default=False, description="the original must have been seen")
    or_kinds: tuple[Id, ...] = Field(default=(), description="papers that serve instead")


class Band(Value):
    """The area of households of some size, in m2: fixed, per head, or both, of which the narrower holds."""

    persons_from: int = Field(ge=1)
    persons_to: int | None = Field(default=None, ge=1, description="absent: and more")
    floor: Number | None = None
    cap: Number | None = None
    floor_per_head: Number | None = None
    cap_per_head: Number | None = None


class Area(Sourced):
    """Floor area of a mode, in m2: floor (warns), cap, and the cap with papers for larger families.

    `bands` give floors and caps by the size of the household; with a cap beside them the narrower holds.
    """

    floor: Number | None = None
    cap: Number | None = None
    relaxed_cap: Number | None = None
    relaxed_papers: tuple[Id, ...] = ()
    bands: tuple[Band, ...] = ()
    excluded_rooms: tuple[Id, ...] = Field(default=(), description="rooms that are left out of the count")

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.cap is None and self.floor is None and not self.bands:
            raise Unfit(
                "面积表须写 cap、floor 或 bands；方案都没有的，不写面积表",
                "an area says a cap, a floor or bands; a plan without any has no area table",
            )
        if self.relaxed_cap is not None and self.cap is None:
            raise Unfit("relaxed_cap 须与 cap 同写", "relaxed_cap stands beside a cap")
        wanted = 1
        for number, band in enumerate(self.bands, start=1):
            if band.persons_from != wanted:
                raise Unfit(
                    f"bands：第 {number} 档应从 {wanted} 人起，不得漏档",
                    f"bands: number {number} begins with {wanted} persons, so that none is left out",
                )
            if band.persons_to is None and number < len(self.bands):
                raise Unfit(
                    f"bands：第 {number} 档没有 persons_to，其后不得再有档",
                    f"bands: number {number} has no persons_to, so none comes after it",
                )
            if band.persons_to is not None and band.persons_to < band.persons_from:
                raise Unfit(f"bands：第 {number} 档的止数小于起数", f"bands: number {number} ends before it begins")
            wanted = (band.persons_to or 0) + 1
        if self.bands and self.bands[-1].persons_to is not None:
            raise Unfit(
                "bands：最后一档不写 persons_to，不得漏档",
                "bands: the last has no persons_to, so that none is left out",
            )
        return self


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
    """An amount; the first table whose `when` fits holds.

    fixed: this amount. ceiling: no more than this, nor than the cost. floor: at least this. average: what households
    get on average at the most, each by its own decision. per_m2: this for every m2, up to `area_cap` and `most`.
    """

    kind: Literal["fixed", "ceiling", "floor", "average", "per_m2", "undetermined"]
    yuan: Number | None = None
    area_cap: Number | None = Field(default=None, description="per_m2: m2 beyond which nothing more is paid")
    most: Number | None = Field(default=None, description="floor, average, per_m2: yuan that no household goes beyond")
    when: When = When()

    @model_validator(mode="after")
    def _amount_given(self) -> Self:
        if (self.kind == "undetermined") != (self.yuan is None):
            raise Unfit(
                "除 undetermined 外都须写 yuan，undetermined 不写", "yuan stands with every kind but undetermined"
            )
        if self.area_cap is not None and self.kind != "per_m2":
            raise Unfit("area_cap 只与 per_m2 同用", "area_cap stands with per_m2")
        if self.most is not None and self.kind not in ("floor", "average", "per_m2"):
            raise Unfit("most 只与 floor、average、per_m2 同用", "most stands with floor, average and per_m2")
        return self


class Instalment(Sourced):
    """One of the parts in which a subsidy is paid, in order; the last of them takes what the others leave."""

    id: Id
    name: Words
    share: str = Field(
        pattern=r"^[0-9]{1,3}/[1-9][0-9]{0,2}$", description="of what the household is entitled to, e.g. 5/10"
    )
    after: Id = Field(default="pass_final_acceptance", description="the act that must have been taken")
    days: int = Field(default=0, ge=0, description="that must have gone by since, in calendar days")


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
    by_unit: dict[str, int] = Field(default_factory=dict, description="households for each unit, by its code")
    reserve: int = Field(default=0, ge=0, description="households that no unit has yet")
    when: When = When()

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if self.by_unit and sum(self.by_unit.values()) + self.reserve != self.planned:
            raise Unfit("by_unit 与 reserve 之和应等于 planned", "by_unit and reserve add up to planned")
        if not all(code.isascii() and code.isdigit() and len(code) in (9, 12) for code in self.by_unit):
            raise Unfit("by_unit 用 9 位或 12 位单位代码", "by_unit names units by their codes of 9 or 12 digits")
        return self

    @property
    def each(self) -> tuple[Quota, ...]:
        """Return it, and one for each unit that has a number of its own."""
        return (self, *(self._of(code, planned) for code, planned in self.by_unit.items()))

    def _of(self, code: str, planned: int) -> Quota:
        name = Words(zh=f"{self.name.zh} {code}", en=f"{self.name.en} {code}")
        when = self.when.model_copy(update={"units": (code,)})
        own = {"id": f"{self.id}_{code}", "name": name, "planned": planned, "when": when}
        return self.model_copy(update={**own, "by_unit": {}, "reserve": 0})


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
    """How archive numbers are made: {year}, {county}, {township}, {village}, {township_name}, {village_name}, {number}.

    Given with the registration; by a plan without one with the approval.
    """

    pattern: str
    per: Literal["county", "township", "village"] = "county"
    digits: int = Field(default=4, ge=1, le=9)

    @model_validator(mode="after")
    def _counts(self) -> Self:
        if "{number}" not in self.pattern:
            raise Unfit(
                "pattern 须含 {number}：否则几份档案同号",
                "a pattern holds {number}: else several files have one number",
            )
        return self


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
            raise Unfit(
                "单位的职责须写 action、level 和 offices，其他职责都不写",
                "a duty of units says its action, level and offices, any other none of them",
            )
        if bool(self.due_days) != (self.first_due is not None and self.last_due is not None):
            raise Unfit("due_days 须与 first_due、last_due 同写", "due_days stand with first_due and last_due")
        if self.due and self.due_days:
            raise Unfit("到期日只写一种：due_days 或 due", "due dates are given once: due_days, or due")
        if not all(1 <= day <= 28 for day in self.due_days):
            raise Unfit("due_days 应在 1 至 28 之间，各月都有", "due_days lie between 1 and 28: every month has them")
        if (self.due or self.due_days) and self.action is None:
            raise Unfit("有 action 的职责才写到期日", "due dates belong to a duty with an action")
        return self


class Change(Sourced):
    """Values that change within the plan from a day on, for the cases that are opened since.

    `set` names each by its path: steps by their kind (or "township_publicity"), entries by their id or, where they
    have none, by their number from 1: "steps.township_publicity.days", "modes.self_build.area.cap", "subsidies.2.yuan".
    """

    first: date
    set: dict[str, int | str | date | bool | tuple[int | str, ...]] = Field(min_length=1)


class Privacy(Sourced):
    """Who may see personal values in the clear, with a reason, and who may erase them, with a second person."""

    unmask: tuple[Id, ...] = Field(min_length=1, description="offices that may see them, each time with a reason")
    erase: tuple[Id, ...] = Field(default=(), description="offices that may erase a household's after its time")


class Retention(Sourced):
    """How long the file of a case that ended in one of these states is kept; without a table it is not erased."""

    id: Id
    states: tuple[Id, ...] = Field(min_length=1)
    years: int = Field(ge=0, description="whole years after the last step")


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
    first_day: date | None = Field(default=None, description="the first day on which a case is opened under it")
    last_day: date | None = Field(default=None, description="the last")
    source: str
    units: tuple[str, ...] = Field(default=(), description="the plan's own list of townships")
    classes: tuple[ClassRule, ...] = Field(min_length=1)
    elsewhere: tuple[Elsewhere, ...] = ()
    other_classes: tuple[Id, ...] = Field(default=(), description="classes that a household may hold besides")
    offices: tuple[Office, ...] = Field(min_length=1)
    steps: tuple[Step, ...] = Field(min_length=1)
    ways: tuple[Way, ...] = ()
    facts: tuple[Fact, ...] = ()
    four_eyes: tuple[FourEyes, ...] = Field(default=(), description="absent: what follows from the kinds of the steps")
    hearings: tuple[Hearing, ...] = ()
    reruns: tuple[Rerun, ...] = ()
    intakes: tuple[Intake, ...] = ()
    papers: tuple[Paper, ...] = ()
    modes: tuple[Mode, ...] = Field(min_length=1)
    subsidies: tuple[Subsidy, ...] = Field(min_length=1)
    instalments: tuple[Instalment, ...] = ()
    lines: tuple[Line, ...] = Field(min_length=1)
    quotas: tuple[Quota, ...] = ()
    checklist: tuple[Item, ...] = ()
    stages: tuple[Stage, ...] = ()
    numbering: Numbering
    guards: Guards
    duties: tuple[Duty, ...] = ()
    silences: tuple[Silence, ...] = ()
    changes: tuple[Change, ...] = ()
    privacy: Privacy | None = None
    retention: tuple[Retention, ...] = ()

    @property
    def keyed(self) -> dict[str, Step]:
        """Return the steps by the names under which an intake orders them; the level tells those of one kind apart."""
        keys = [step.key for step in self.steps]
        return {k if keys.count(k) == 1 else f"{s.level}_{k}": s for k, s in zip(keys, self.steps, strict=True)}


def policy_hash(content: str) -> str:
    """Return the identity of a policy's content: "sha256:" and the hash of its text with LF line ends."""
    return "sha256:" + hashlib.sha256(content.replace("\r\n", "\n").encode()).hexdigest()


def read_policy(content: str, name: str = "(text)") -> Policy:
    """Read a policy file's text strictly.

    Raises:
        PolicyRefused: the text is not TOML, a key is unknown, or a value is missing or not of its form.
    """
    if large := list(oversized(content)):
        raise PolicyRefused(name, large)
    try:
        data = tomllib.loads(content)
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, and arrays nested too deep, too
        raise PolicyRefused(name, [no_toml(error)]) from None
    open_ = list(unfilled(data))
    try:
        policy = Policy.model_validate(data)
    except ValidationError as error:
        places = {problem.path for problem in open_}
        wrong = [problem for problem in misread(error, content, Policy) if problem.path not in places]
        raise PolicyRefused(name, located([*open_, *wrong], content)) from None
    if open_:
        raise PolicyRefused(name, located(open_, content))
    return policy
