"""A policy: one plan as a data file, read strictly.

Every table has its `source` (plan and clause), the `rule` of the catalogue where there is one, and says where
the plan is silent (`silent`: the names of the values that are a reading) or ambiguous (`reading`: its name).
"""

from __future__ import annotations

import hashlib
import tomllib
from datetime import date
from typing import Literal, Self

from pydantic import Field, ValidationError, model_validator

from ..errors import PolicyRefused, Unfit
from ..forms.fields import RULE, Id, Value
from .draft import unfilled
from .exemptible import Exemptible
from .guards import Guards
from .house_tables import Mode
from .money_tables import Instalment, Line, Quota, Subsidy
from .sourced import Level, Sourced, When, Words
from .step_tables import Fact, FourEyes, Hearing, Intake, Lack, Rerun, Step, Way
from .toml_lines import located, misread, oversized
from .toml_slips import slips


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


class Paper(Sourced):
    """A paper that must be on the file when `at` is taken."""

    kind: Id
    at: Id
    name: Words
    when: When = When()
    original: bool = Field(default=False, description="the original must have been seen")
    or_kinds: tuple[Id, ...] = Field(default=(), description="papers that serve instead")


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
                "pattern 须含 {number}，否则几份档案会同号",
                "pattern must contain {number}, or several files get the same number",
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
                "单位的职责须写 action、level 和 offices；其他职责都不写",
                "a duty of units needs action, level and offices; any other duty has none of them",
            )
        if bool(self.due_days) != (self.first_due is not None and self.last_due is not None):
            raise Unfit("due_days 须与 first_due、last_due 同写", "write due_days together with first_due and last_due")
        if self.due and self.due_days:
            raise Unfit("到期日只写一种：due_days 或 due", "write due dates in one way only: due_days or due")
        if not all(1 <= day <= 28 for day in self.due_days):
            raise Unfit(
                "due_days 应在 1 至 28 之间，各月都有",
                "due_days must lie between 1 and 28, because every month has these days",
            )
        if (self.due or self.due_days) and self.action is None:
            raise Unfit("有 action 的职责才写到期日", "write due dates only for a duty with an action")
        return self


class DatedChange(Sourced):
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
    lacks: tuple[Lack, ...] = Field(default=(), description="steps that the plan does not have, and says so")
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
    exemptible: tuple[Exemptible, ...] = Field(
        default=(), description="what a household may be exempted from; absent: nothing"
    )
    duties: tuple[Duty, ...] = ()
    silences: tuple[Silence, ...] = ()
    changes: tuple[DatedChange, ...] = ()
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
        raise PolicyRefused(name, slips(error, content)) from None
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
