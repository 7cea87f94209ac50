"""The guards that a plan switches on, each with its clause and numbers."""

from __future__ import annotations

from datetime import date

from pydantic import Field, field_validator

from ..errors import Unfit
from ..forms.fields import Code, Id, Value
from .sourced import Number, Sourced


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


class Average(Sourced):
    """A guard with what the households of the whole plan have on average at the most, in m2."""

    most: Number


class Quorum(Sourced):
    """How many must be present, by assembly, and how many of those must agree, as fractions such as "1/2".

    A quorum is reached by its share exactly; a majority wants more than its share.
    """

    present: dict[Id, str] = Field(default_factory=dict)
    agree: str | None = None

    @field_validator("present", "agree")
    @classmethod
    def _are_fractions(cls, value: dict[str, str] | str | None) -> dict[str, str] | str | None:
        for text in value.values() if isinstance(value, dict) else [value]:
            part, slash, whole = (text or "1/1").partition("/")
            if not (slash and part.isdigit() and whole.isdigit() and 0 < int(part) <= int(whole)):
                raise Unfit(f"应为分数，如 1/2：{text}", f"not a fraction such as 1/2: {text}")
        return value


class Resale(Sourced):
    """When a house of these modes may be sold: whole years after an act, and which modes never."""

    years: int = Field(ge=0)
    counted_from: Id
    modes: tuple[Id, ...] = Field(min_length=1)
    never: tuple[Id, ...] = ()


class Confirmed(Sourced):
    """Whether the second person confirms from their own login, and which offices may; without it being named alone is enough."""

    confirmed: bool = Field(default=True, description="false: it is enough that the first person names the second")
    offices: tuple[Id, ...] = Field(default=(), description="absent: every office that takes acts")


class Never(Sourced):
    """Rules that nobody is exempted from: how earlier policies said it; a new one names what may be (`Exemptible`)."""

    never: tuple[str, ...] = ()


BY_ITSELF = "weigai"  # the source of what weigai asks where a file has no table for it
# Asked without a table too: of the floor, whatever a file is silent on.
OWN_CASE = Sourced(source=BY_ITSELF, rule="R77", silent=("effect",))
CONSENT = Sourced(source=BY_ITSELF, rule="R3", silent=("effect",))
INDEPENDENT = Sourced(source=BY_ITSELF, rule="R29b", silent=("effect",))

DOUBTED = Sourced(
    source=BY_ITSELF, rule="R77", effect="warn", silent=("effect",)
)  # approval and payment wait all the same


class Guards(Value):
    """The guards that a plan switches on, each with its clause and numbers; an absent one is not asked."""

    entered_in_time: Upto
    late_entry_agreed: Upto | None = None
    shortening_agreed: Upto | None = None
    second_person_confirmed: Confirmed | None = None
    not_own_case: Sourced = Field(default=OWN_CASE, description="asked without a table too")
    lives_in_countryside: Sourced | None = None
    rural_registration: Sourced | None = None
    one_dwelling_at_most: Sourced | None = None
    has_dwelling: Sourced | None = None
    no_dwelling_owned: Sourced | None = None
    no_house_marked: Sourced | None = None
    not_in_relocation_plan: Sourced | None = None
    not_in_institutional_care: Sourced | None = None
    not_in_excluded_zone: Of | None = None
    consent_given: Sourced = Field(default=CONSENT, description="asked without a table too")
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
    appraiser_independent: Sourced = Field(default=INDEPENDENT, description="asked without a table too")
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
    area_average_kept: Average | None = None
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
    corrected_facts_hold: Sourced = Field(default=DOUBTED, description="asked without a table too")
    rule_exemptible: Never | None = None
    resale_allowed: Resale | None = None
    refund_recorded: Of | None = None
    no_later_change: Sourced | None = None
