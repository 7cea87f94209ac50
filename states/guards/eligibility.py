"""Guards on who may apply, and on the application (R2-R24, R41-R44)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .base import Answer, Question, firm, guard, liftable

if TYPE_CHECKING:
    from ..policy.guards import Of
    from ..policy.sourced import Sourced


@guard("application", of_step=True)
def no_other_plan(q: Question, p: Sourced) -> Answer | None:
    """A household that another plan serves belongs there (R2)."""
    if not q.procedure.elsewhere:
        return None
    for name, entry in q.procedure.elsewhere.items():
        if name in q.case.classes:
            return Answer(False, {"class": name, "see": entry.see}, by=entry)
    return Answer(True, {}, by=next(iter(q.procedure.elsewhere.values())))


@guard("application", of_step=True)
def class_served(q: Question, p: Sourced) -> Answer:
    """The household is of a class that the plan serves (R19, R20)."""
    served = q.procedure.classes
    own = [name for name in served if name in q.case.classes]
    by = served[own[0]] if own else next(iter(served.values()))
    return Answer(bool(own), {"classes": tuple(sorted(q.case.classes)), "served": tuple(served)}, by=by)


def _attested(q: Question, name: str, wanted: bool = True) -> bool:
    return bool(q.case.household.get(name)) is wanted


@liftable()
@guard("application")
def lives_in_countryside(q: Question, p: Sourced) -> bool:
    """The household lives in the countryside long-term, as attested (R17)."""
    return _attested(q, "lives_in_countryside")


@liftable()
@guard("application")
def rural_registration(q: Question, p: Sourced) -> bool:
    """The household has a rural registration, as attested (R18)."""
    return _attested(q, "rural_registration")


@guard("application")
def one_dwelling_at_most(q: Question, p: Sourced) -> Answer:
    """The household has one dwelling at the most (R21, R22)."""
    count = q.case.household.get("dwellings", 0)
    return Answer(count <= 1, {"dwellings": count})


@guard("application")
def has_dwelling(q: Question, p: Sourced) -> bool:
    """The household has a dwelling, where the plan serves no other (R22)."""
    return not q.case.no_house and q.case.household.get("dwellings", 0) >= 1


@guard("application")
def no_dwelling_owned(q: Question, p: Sourced) -> Answer | None:
    """No registered poor member of a no-house household owns a dwelling (R23)."""
    if not q.case.no_house:
        return None
    household = q.case.household
    people = (household.get("head", {}), *household.get("members", ()))
    owners = sum(bool(m.get("registered_poor") and m.get("owns_dwelling")) for m in people)
    return Answer(not owners, {"owners": owners})


@liftable()
@guard("application")
def no_house_marked(q: Question, p: Sourced) -> bool | None:
    """A no-house household is marked so in the poverty file (R10)."""
    return _attested(q, "no_house_marked") if q.case.no_house else None


@guard("application")
def not_in_relocation_plan(q: Question, p: Sourced) -> bool:
    """The household is not in the relocation plan (R24)."""
    return _attested(q, "in_relocation_plan", False)


@guard("application")
def not_in_institutional_care(q: Question, p: Sourced) -> bool:
    """The household is not cared for in an institution (R20)."""
    return _attested(q, "in_institutional_care", False)


@guard("application")
def not_in_excluded_zone(q: Question, p: Of) -> Answer:
    """The house lies in no zone that the plan leaves out, e.g. the built-up area of the county town."""
    zone = q.case.household.get("zone")
    return Answer(zone not in p.any, {"zone": zone, "zones": p.any})


@firm
@guard("application")
def consent_given(q: Question, p: Sourced) -> bool | None:
    """The household wishes the renovation (R3)."""
    return None if q.data.consents is None else bool(q.data.consents)


@firm
@guard("application")
def application_complete(q: Question, p: Of) -> Answer | None:
    """The application states all that it must, with the head's signature (R41)."""
    if q.data.contents is None or q.data.signed_by_head is None:
        return None
    absent = tuple(item for item in p.all if item not in q.data.contents)
    return Answer(not absent and q.data.signed_by_head, {"missing": absent, "signed": q.data.signed_by_head})


@guard("application")
def danger_photo_complete(q: Question, p: Sourced) -> Answer | None:
    """The photograph shows a fixed reference object and the head's frontal portrait (R44)."""
    if q.case.no_house:
        return None
    values = {"reference": bool(q.data.photo_shows_reference), "head": bool(q.data.photo_shows_head)}
    return Answer(all(values.values()), values)
