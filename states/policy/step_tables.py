"""The tables of a policy about the procedure: steps, ways off the main procedure, facts, intakes."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from ..calendar import Period
from ..errors import Unfit
from ..forms.fields import Code, Id, Value
from .sourced import Level, Sourced, When, Words

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
                "a publicity step needs days, or days listed under silent",
            )
        if self.kind != "publicity" and (self.places or self.shows):
            raise Unfit("places 和 shows 只用于公示环节", "write places and shows only in a publicity step")
        if self.kind not in ("publicity", "payment") and self.days is not None:
            raise Unfit(
                "days 只用于公示环节，或作为拨付环节的期限",
                "write days only in a publicity step, or in a payment step as its deadline",
            )
        if self.name is not None and (self.kind not in _NAMED or self.part == "final"):
            raise Unfit(
                f"name 只用于 {', '.join(_NAMED)} 环节，最终验收不用",
                f"write name only in a step of kind {', '.join(_NAMED)}, and not in the final acceptance",
            )
        if self.title is not None and self.name is None:
            raise Unfit("title 只用于有 name 的环节", "write title only in a step with a name")
        if (self.kind == "acceptance") != (self.part is not None):
            raise Unfit(
                "验收环节（仅此环节）须写明 part：preliminary 或 final",
                "an acceptance step, and no other, needs part: preliminary or final",
            )
        if self.waived_when is not None and self.kind != "appraisal":
            raise Unfit("waived_when 只用于鉴定环节", "write waived_when only in an appraisal step")
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


class Lack(Sourced):
    """A step that protects the household or the public and that the plan does not have: said openly, by its source."""

    step: Literal["village_publicity", "identity"] = Field(
        description="the plan has no notice in the village before money is paid, or no check of the household's identity"
    )


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

    @property
    def second_person(self) -> bool:
        """Tell whether a case is opened with a second person, who is of another of the offices."""
        return self.joint

    @model_validator(mode="after")
    def _reading_is_there(self) -> Self:
        if self.taken not in [reading.id for reading in self.readings]:
            raise Unfit(f"没有名为 {self.taken} 的读法", f"no reading of that name: {self.taken}")
        return self
