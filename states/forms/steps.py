"""The forms of the steps of the main procedure, from the application to the archive."""

from __future__ import annotations

from pydantic import Field

from .fields import Area, Code, Day, Flag, Id, Ids, Name, PersonIds, Text, Whole, Yuan
from .form import Form, Number, may, needed


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
