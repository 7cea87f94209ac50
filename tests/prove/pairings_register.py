"""The pairs of entries in one register, of marks on one list, and of what officials declare beside what they decide."""

from __future__ import annotations

from datetime import date
from itertools import count
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from weigai.db.register.grants import admins
from weigai.workflow import Actor

from tests.prove.clients import family
from tests.prove.pairings import opened, stepping, taking, walked
from tests.prove.pairs import Met, Pair
from tests.support import COUNTY, TOWNSHIP, VILLAGE, Desk, person

if TYPE_CHECKING:
    from collections.abc import Callable

    from weigai.workflow import Approvals

    from tests.prove.pairs import Act, Stage

TODAY = date(2019, 6, 10)
_CODES = count(160_000)


def new_county() -> str:
    """Return the code of a county that no pair was given before."""
    return f"{next(_CODES)}"


class Place:
    """A county that was just founded, with a third administrator who waits to be confirmed, or is."""

    def __init__(self, stage: Stage, third: bool = True) -> None:
        desk = stage.fresh()
        self.code = new_county()
        self.first, self.second, self.third = (Actor(f"p-000{n}", "admin", (self.code,)) for n in (1, 2, 3))
        units = [(self.code, "县"), *((f"{self.code}10{n}", f"镇{n}") for n in (1, 2, 3))]
        found(self.code, units)(desk.api)
        register = desk.api.register
        register.add_person(self.code, "p-0003", "王三", offices=[("admin", self.code)], actor=self.first)
        if third:
            register.confirm("p-0003", actor=self.second)
        desk.session.commit()

    def left(self, api: Approvals) -> list[str]:
        """Return who administers the county."""
        return sorted(admins(api.context.connection, self.code, TODAY.isoformat()))

    def ended(self, api: Approvals) -> list[str]:
        """Return which of its units went over into another."""
        units = api.register.units(actor=self.first)
        return [unit.code.removeprefix(self.code) for unit in units if unit.until]

    def revoking(self, who: str, by: Actor) -> Act:
        """Return the end of an administrator."""
        request = uuid4().hex
        return lambda api: api.register.revoke(who, "admin", self.code, actor=by, request_id=request)


def found(code: str, units: list[tuple[str, str]]) -> Act:
    """Return the founding of a county."""
    request, names = uuid4().hex, [(f"zhang{uuid4().hex[:6]}", "张一"), (f"li{uuid4().hex[:6]}", "李二")]
    return lambda api: api.register.found(code, units, names, request_id=request)


def _entry(work: Callable[[Any, str], Any]) -> Act:
    request = uuid4().hex
    return lambda api: work(api.register, request)


def _revoking_each_other(stage: Stage) -> Met:
    place = Place(stage)
    return Met(place.revoking("p-0002", place.first), place.revoking("p-0001", place.third), look=place.left)


def _revoking_twice(stage: Stage) -> Met:
    place = Place(stage)
    return Met(place.revoking("p-0003", place.first), place.revoking("p-0003", place.second), look=place.left)


def _revoking_who_confirms(stage: Stage) -> Met:
    place = Place(stage, third=False)
    confirm = _entry(lambda r, request: r.confirm("p-0003", actor=place.second, request_id=request))
    return Met(place.revoking("p-0002", place.first), confirm, look=place.left)


def _confirming_twice(stage: Stage) -> Met:
    place = Place(stage)
    stage.desk.api.register.grant("p-0003", "county", place.code, actor=place.first)
    stage.desk.session.commit()
    return Met(
        _entry(lambda r, request: r.confirm("p-0003", actor=place.second, request_id=request)),
        _entry(lambda r, request: r.confirm("p-0003", actor=place.second, request_id=request)),
        look=place.left,
    )


def _granting_beside_revoking(stage: Stage) -> Met:
    place = Place(stage)
    grant = _entry(lambda r, request: r.grant("p-0002", "county", place.code, actor=place.third, request_id=request))
    return Met(grant, place.revoking("p-0003", place.first), look=place.left)


def _names_crosswise(stage: Stage) -> Met:
    """One gets the other's id for an account, the other that id."""
    place = Place(stage)
    add = lambda who, account: _entry(  # noqa: E731
        lambda r, request: r.add_person(
            place.code,
            who,
            "某",
            offices=[("county", place.code)],
            actor=place.first,
            account=account,
            request_id=request,
        )
    )
    return Met(add("p-0005", "p-0006"), add("p-0006", None))


def _founding_twice(stage: Stage) -> Met:
    stage.fresh()
    code = new_county()
    acts = [found(code, [(code, "县")]) for _ in range(2)]
    return Met(acts[0], acts[1], look=lambda api: sorted(admins(api.context.connection, code, TODAY.isoformat())))


def _founding_beside_a_trial(stage: Stage) -> Met:
    stage.fresh()
    code = new_county()
    trial = _entry(
        lambda r, request: r.add_person(
            code, "p-0009", "某", offices=[("admin", code)], actor=Actor("p-0009", "admin", (code,)), request_id=request
        )
    )
    return Met(found(code, [(code, "县")]), trial)


def _merging_crosswise(stage: Stage) -> Met:
    place = Place(stage)
    one, other = f"{place.code}101", f"{place.code}102"
    register = stage.desk.api.register
    numbers = [register.merge_unit(a, b, actor=place.first).no for a, b in ((one, other), (other, one))]
    stage.desk.session.commit()
    acts = [
        _entry(lambda r, request, no=no: r.confirm_unit(no, actor=place.second, request_id=request)) for no in numbers
    ]
    return Met(acts[0], acts[1], look=place.ended)


def _merging_beside_a_grant(stage: Stage) -> Met:
    place = Place(stage)
    town = f"{place.code}101"
    register = stage.desk.api.register
    no = register.merge_unit(town, f"{place.code}102", actor=place.first).no
    stage.desk.session.commit()
    return Met(
        _entry(lambda r, request: r.confirm_unit(no, actor=place.second, request_id=request)),
        _entry(lambda r, request: r.grant("p-0003", "township", town, actor=place.first, request_id=request)),
    )


def _merging_beside_an_opening(stage: Stage) -> Met:
    """In the trial county of the plans: a village goes over into its neighbour."""
    desk, admin = stage.fresh(), Actor("p-admin", "admin", (COUNTY,))
    town = f"{COUNTY}{200 + uuid4().int % 800}"
    village, neighbour = f"{town}{300 + uuid4().int % 600}", f"{town}201"
    names = [(COUNTY, "县"), (town, "镇"), (village, "小村"), (neighbour, "大村")]
    desk.api.register.import_units(names, actor=admin)
    desk.session.commit()
    told, request, day = family(uuid4().int % 300_000), uuid4().hex, desk.today
    clerk = Actor("p-v", "village", (village,))
    open_ = lambda api: api.open_case(  # noqa: E731
        policy="zhalantun-2019-a", unit=village, household=told, actor=clerk, on=day, request_id=request
    )
    merge = _entry(lambda r, request: r.merge_unit(village, neighbour, actor=admin, on=day, request_id=request))
    return Met(merge, open_)


# ------------------------------------------------------------------ what officials declare


def _registered(desk: Desk) -> str:
    who = f"p-{uuid4().hex[:8]}"
    offices = [("county", COUNTY), ("admin", COUNTY)]
    desk.api.register.add_person(COUNTY, who, "某人", offices=offices, actor=Actor("p-admin", "admin", (COUNTY,)))
    desk.session.commit()
    return who


def _declaring(who: str, number: str) -> Act:
    own, data = Actor(who, "county", (COUNTY,)), {"id_number": number}
    return _entry(lambda r, request: r.declare(who, data, actor=own, county=COUNTY, request_id=request))


def _declaring_the_same(stage: Stage) -> Met:
    desk = stage.fresh()
    number = family(uuid4().int % 300_000)["head"]["id_number"]
    return Met(_declaring(_registered(desk), number), _declaring(_registered(desk), number))


def _declaring_beside_a_decision(stage: Stage) -> Met:
    case = walked(stage, "county_review")
    number = stage.desk.api.context.cases().revealed_household(stage.desk.api.get(case, actor=person("county")))
    who, on, request = _registered(stage.desk), stage.desk.today, uuid4().hex
    data = {
        "mode": "self_build",
        "builder": "household",
        "chosen_by_household": True,
        "area": "58.00",
        "land": "old_homestead",
        "conforms_to_plans": True,
    }
    approve = lambda api: api.take(  # noqa: E731
        case, "approve", actor=Actor(who, "county", (COUNTY,)), on=on, data=data, request_id=request
    )
    return Met(_declaring(who, number["head"]["id_number"]), approve, (case,))


# ------------------------------------------------------------------ lists, and an objection of the last day


def _list(stage: Stage) -> str:
    desk = stage.fresh()
    made = desk.api.lists.new("hand_over", unit=VILLAGE, cases=[opened(stage)], actor=person("village"), on=desk.today)
    desk.session.commit()
    return made.id


def _mark(how: str, name: str, who: Actor) -> Act:
    request = uuid4().hex
    return lambda api: getattr(api.lists, how)(name, actor=who, request_id=request)


def _marking(first: tuple[str, Actor], second: tuple[str, Actor], *, sent: bool = False) -> Callable[[Stage], Met]:
    def make(stage: Stage) -> Met:
        name = _list(stage)
        if sent:
            _mark("send", name, person("village"))(stage.desk.api)
            stage.desk.session.commit()
        look = lambda api: api.lists.get(name, actor=person("county")).state  # noqa: E731
        return Met(_mark(first[0], name, first[1]), _mark(second[0], name, second[1]), look=look)

    return make


def _listing_twice(stage: Stage) -> Met:
    desk = stage.fresh()
    case, day = opened(stage), desk.today
    desk.session.commit()

    def made() -> Act:
        request = uuid4().hex
        return lambda api: api.lists.new(
            "notice", unit=VILLAGE, cases=[case], actor=person("village"), on=day, request_id=request
        )

    return Met(made(), made())


def _objecting_on_the_last_day(stage: Stage) -> Met:
    case = walked(stage, "village_publicity")
    close = stepping(stage, case)
    objection = taking(stage, case, "raise_objection", "village", level="village", grounds="不符合条件")
    return Met(objection, close, (case,))


VILLAGER, OTHER_OFFICE = person("village"), Actor("p-village", "township", (TOWNSHIP,))
PAIRS = (
    Pair("two administrators revoke each other", _revoking_each_other),
    Pair("two revoke the same one", _revoking_twice),
    Pair("who confirms is revoked", _revoking_who_confirms),
    Pair("two confirm one grant", _confirming_twice),
    Pair("who grants is revoked", _granting_beside_revoking),
    Pair("an account is another's id", _names_crosswise),
    Pair("two foundings", _founding_twice),
    Pair("a founding beside a trial", _founding_beside_a_trial),
    Pair("two units go over into each other", _merging_crosswise),
    Pair("a unit goes over beside a grant for it", _merging_beside_a_grant),
    Pair("a village goes over beside an opening in it", _merging_beside_an_opening),
    Pair("two declare one number", _declaring_the_same),
    Pair("a declaration beside a decision", _declaring_beside_a_decision),
    Pair("a list is sent twice", _marking(("send", VILLAGER), ("send", VILLAGER))),
    Pair(
        "a list is received twice", _marking(("receive", person("township")), ("receive", person("county")), sent=True)
    ),
    Pair("who sends a list receives it", _marking(("send", VILLAGER), ("receive", OTHER_OFFICE))),
    Pair("two lists of one unit", _listing_twice),
    Pair("an objection beside the closing", _objecting_on_the_last_day),
)
