"""Everybody reads and changes one's own area only: what lies outside is not there, in the same words (I1, I2, I10)."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy.orm import Session
from weigai.db import open_engine, schema
from weigai.workflow import Actor, Approvals, CaseNotFound, FileStore, GuardsNotMet, Keys, NotFound

from tests.prove.matrix import tries
from tests.prove.reads import OF_CASE, OF_LIST, OF_UNIT, WHOLE, foreign, ghosts, in_area, leaks, levels, outcome, shown
from tests.prove.world import COUNTY, OTHER, SISTER, TOWNSHIP, VILLAGE, VILLAGES, Place, Planted, plant
from tests.support import forged

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    World = dict[str, Planted]

LEVELS = levels()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def planted(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One world on each back end for all the tests, each in a transaction that is rolled back."""
    folder = tmp_path_factory.mktemp("world")
    on_file = request.param == "sqlite"
    engine = open_engine(f"sqlite:///{folder / 'world.db'}" if on_file else request.getfixturevalue("postgres").fresh())
    schema.upgrade(engine)
    yield engine, folder, plant(engine, folder)
    engine.dispose()


@pytest.fixture
def place(planted: Any) -> Iterator[tuple[Approvals, World]]:
    """The API over a session that is rolled back, and what was planted."""
    engine, folder, world = planted
    with Session(engine.execution_options(weigai_write=True)) as session:
        yield api_of(session, folder), world
        session.rollback()


def api_of(session: Session, folder: Path) -> Approvals:
    return Approvals(session, files=FileStore(folder / "files"), keys=Keys(b"k" * 32), policies=folder / "policies")


def reader(units: tuple[str, ...], office: str = "auditor") -> Actor:
    return forged("p-reader", office, units)


@pytest.mark.parametrize(("level", "units"), LEVELS, ids=[name for name, _ in LEVELS])
def test_what_is_read_tells_of_the_own_area_only(place: tuple[Approvals, World], level: str, units: Any) -> None:
    api, world = place
    codes = all(len(code) in (6, 9, 12) for code in units)
    for office in ("auditor", "village", "county") if codes else ("county",):
        for name, read in WHOLE.items():
            text = shown(read(api, reader(units, office)))
            assert not leaks(text, world, reader(units)), (level, office, name)
    own = {c.id for c in api.list(actor=reader(units), limit=1000)}
    assert own == {case for unit in VILLAGES if in_area(unit, units) for case in world[unit].cases}


def test_who_has_an_area_reads_all_of_it(place: tuple[Approvals, World]) -> None:
    api, world = place
    text = {name: shown(read(api, reader((COUNTY,)))) for name, read in WHOLE.items()}
    for unit in (VILLAGE, SISTER, OTHER):
        first, second, third = world[unit].cases
        for name in ("list", "history", "log"):
            assert first in text[name], name
        assert second in text["refusals"]
        assert third in text["overdue"]
        assert first in text["reconcile"]
        assert "鸟***" in text["household"]  # masked, for whoever has it in the area too
        assert all(case in text["findings"] for case in (first, third))  # one card and one person in every village
        assert f"p-clerk-{unit}" in text["persons"]
        assert f"村名{unit[5:]}" in text["units"]
    assert api.records.verify(actor=reader((COUNTY,))).problems == ()


def test_a_pair_of_which_one_lies_outside_is_not_told(place: tuple[Approvals, World]) -> None:
    api, world = place
    found = api.records.findings(actor=reader((VILLAGE,)), kinds=["same_person"])
    assert not found
    pairs = api.records.findings(actor=reader((TOWNSHIP,)), kinds=["same_person"])
    assert {case for one in pairs for case in one.cases} == {world[VILLAGE].cases[2], world[SISTER].cases[2]}


@pytest.mark.parametrize("office", ["village", "township", "county", "auditor"])
def test_none_and_not_yours_are_the_same(place: tuple[Approvals, World], office: str) -> None:
    api, world = place
    actor = Actor("p-reader", office, (VILLAGE,))
    for other in foreign(world, actor):
        ids = ghosts(other)
        for kind, asked in ((OF_CASE, other.cases), (OF_LIST, [other.list_id])):
            for name, ask in kind.items():
                for one in asked:
                    told = outcome(lambda a=ask, x=one: a(api, actor, x), one)
                    ghost = ids[one]
                    assert told == outcome(lambda a=ask, x=ghost: a(api, actor, x), ghost), (name, one)
                    reads = ("GuardsNotMet 3",) if office == "auditor" and name == "list with it" else ()
                    assert told[0] in ("CaseNotFound 4", "NotFound 4", "told", *reads), (name, one, told)
        found = outcome(lambda x=other.archive_no: api.find(x, actor=actor), other.archive_no)
        assert found == outcome(lambda x=ids[other.archive_no]: api.find(x, actor=actor), ids[other.archive_no])
        if other.unit[:6] == COUNTY:
            ghost = f"{other.unit[:9]}299"
            for name, ask in OF_UNIT.items():
                told = outcome(lambda a=ask, x=other.unit: a(api, actor, x), other.unit)
                assert told == outcome(lambda a=ask, x=ghost: a(api, actor, x), ghost), name
                assert told[0] in ("NotFound 4", "GuardsNotMet 3", "told"), told


def test_none_and_not_yours_run_the_same_statements(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'world.db'}")
    schema.upgrade(engine)
    world = plant(engine, tmp_path)
    actor = Actor("p-reader", "village", (VILLAGE,))
    with Session(engine.execution_options(weigai_write=True)) as session:
        api = api_of(session, tmp_path)
        for other in foreign(world, actor):
            ids = ghosts(other)
            for kind, asked in ((OF_CASE, other.cases[0]), (OF_LIST, other.list_id)):
                for name, ask in kind.items():
                    counts = [
                        statements(session, lambda x=x, a=ask: outcome(lambda: a(api, actor, x), x))
                        for x in (asked, ids[asked])
                    ]
                    assert counts[0] == counts[1], (name, counts)
                    assert counts[0] or name == "list with it", name
    engine.dispose()


def statements(session: Session, work: Any) -> list[str]:
    """Return the statements that a piece of work sends to SQLite, without their values."""
    sent: list[str] = []
    driver = session.connection().connection.driver_connection
    driver.set_trace_callback(lambda text: sent.append(text.split("WHERE")[0]))
    try:
        work()
    finally:
        driver.set_trace_callback(None)
    return sent


def test_random_tries_at_foreign_ids_find_nothing(place: tuple[Approvals, World]) -> None:
    api, world = place
    seed = random.randrange(2**32)
    assert tries(api, world, seed, 500) == []


# ---------------------------------------------------------------------- each way out that was found and closed


def test_an_inbox_s_page_does_not_begin_at_a_foreign_case(place: tuple[Approvals, World]) -> None:
    api, world = place
    village = Actor("p-1", "village", (VILLAGE,))
    assert api.inbox(actor=village)
    assert not api.inbox(actor=village, after=world[OTHER].cases[2])


def test_a_list_names_the_reader_s_cases_only(place: tuple[Approvals, World]) -> None:
    api, world = place
    township = Actor("p-t", "township", (TOWNSHIP,))
    both = [world[VILLAGE].cases[2], world[SISTER].cases[2]]
    made = api.lists.new("meeting", unit=VILLAGE, cases=both, actor=township)
    assert made.cases == tuple(sorted(both))
    village = Actor("p-v", "village", (VILLAGE,))
    assert api.lists.get(made.id, actor=village).cases == tuple(both[:1])
    sent = api.lists.send(made.id, actor=village)
    assert (sent.state, sent.cases) == ("sent", tuple(both[:1]))
    taken = api.lists.advance(made.id, "resubmit", actor=village)
    assert [one.case_id for one in taken] == both[:1]
    only = api.lists.new("meeting", unit=VILLAGE, cases=both[1:], actor=township)
    with pytest.raises(NotFound):
        api.lists.advance(only.id, "resubmit", actor=village)


def test_a_list_is_made_and_marked_inside_one_s_own_area(place: tuple[Approvals, World]) -> None:
    api, world = place
    village, case = Actor("p-v", "village", (VILLAGE,)), world[VILLAGE].cases[2]
    for unit in (SISTER, TOWNSHIP, COUNTY):
        with pytest.raises(NotFound) as refused:
            api.lists.new("meeting", unit=unit, cases=[case], actor=village)
        assert refused.value.exit_code == 4
    foreign_actor, recorder = Actor("p-s", "village", (SISTER,)), Actor("p-t", "township", (TOWNSHIP,))
    with pytest.raises(NotFound):  # who acts has to be of there as well, not only who enters it
        api.lists.send(world[VILLAGE].list_id, actor=foreign_actor, recorder=recorder)
    assert api.lists.send(world[VILLAGE].list_id, actor=village, recorder=recorder).state == "sent"


@pytest.mark.parametrize("office", ["auditor", "discipline", "admin"])
def test_who_only_reads_changes_nothing(place: tuple[Approvals, World], office: str) -> None:
    api, world = place
    actor, case = Actor("p-a", office, (COUNTY,)), world[VILLAGE].cases[2]
    assert api.get(case, actor=actor).id == case
    attempts = [
        lambda: api.advance(case, "resubmit", actor=actor),
        lambda: api.record(case, "record_contact", actor=actor),
        lambda: api.lists.new("meeting", unit=VILLAGE, cases=[case], actor=actor),
        lambda: api.lists.send(world[VILLAGE].list_id, actor=actor),
        lambda: api.lists.send(world[VILLAGE].list_id, actor=Actor("p-v", "village", (VILLAGE,)), recorder=actor),
        lambda: api.units.record(TOWNSHIP, "submit_progress", actor=actor),
        lambda: OF_UNIT["open a case"](api, actor, VILLAGE),
        lambda: api.move_policy(case, "zhalantun-2019-b", actor=actor, reason="换"),
    ]
    if office != "admin":
        attempts += [
            lambda: api.register.import_units([(COUNTY, "县")], actor=actor),
            lambda: api.register.add_person(COUNTY, "p-new", "某", offices=[("village", VILLAGE)], actor=actor),
        ]
    for number, attempt in enumerate(attempts):
        with pytest.raises(GuardsNotMet) as refused:
            attempt()
        assert any(f.guard in ("office_may_act", "recorder_may_enter") for f in refused.value.unmet), number


def test_a_duty_outside_says_nothing_of_the_register(place: tuple[Approvals, World]) -> None:
    api, _ = place
    village = Actor("p-v", "village", (VILLAGE,))
    said = []
    for unit in (SISTER, "150783101299"):
        with pytest.raises(GuardsNotMet) as refused:
            api.units.record(unit, "adopt_village_plan", actor=village)
        said.append([f.guard for f in refused.value.findings])
    assert said[0] == said[1]
    assert "unit_owes_duty" not in said[0]


def test_verification_keeps_to_the_area(planted: Any) -> None:
    from sqlalchemy import text

    engine, folder, world = planted
    with Session(engine.execution_options(weigai_write=True)) as session:
        api = api_of(session, folder)
        whole, county = api.records.verify(), api.records.verify(actor=reader((COUNTY,)))
        own = api.records.verify(actor=reader((VILLAGE,)))
        assert (own.streams, own.events) == (3, sum(len(api.history(case)) for case in world[VILLAGE].cases))
        assert own.streams < county.streams < whole.streams
        session.execute(text("UPDATE weigai_case SET state = 'payment' WHERE id = :id"), {"id": world[OTHER].cases[0]})
        assert api.records.verify(actor=reader((COUNTY,))).problems
        assert not api.records.verify(actor=reader((VILLAGE,))).problems
        with pytest.raises(CaseNotFound):
            api.records.verify(case_id=world[OTHER].cases[0], actor=reader((VILLAGE,)))
        assert api.records.verify(case_id=world[OTHER].cases[0], actor=reader((OTHER[:9],))).problems
        session.rollback()


def test_a_quota_s_rest_is_for_who_has_the_county(place: tuple[Approvals, World]) -> None:
    api, _ = place
    whole = api.records.quotas(actor=reader((COUNTY,)))
    part = api.records.quotas(actor=reader((VILLAGE,)))
    assert sum(row.approved for row in whole) == 3 * sum(row.approved for row in part) > 0
    assert all(row.left is None and row.over is None for row in part)
    assert all(row.left is not None for row in whole)


def test_what_a_county_counted_is_told_to_who_has_the_county(planted: Any) -> None:
    engine, folder, _ = planted
    with Place(engine, folder / "files", VILLAGE, folder / "policies") as place:
        case = place.open()
        place.walk_here(case, "county_review")
        county = place.api.check(case, "approve", actor=place.person("county"), data=APPROVAL)
        village = place.api.check(case, "approve", actor=place.person("village"), data=APPROVAL)
        said = [next(f for f in d.findings if f.guard == "budget_not_exceeded") for d in (county, village)]
        assert said[0].ok == said[1].ok
        assert isinstance(said[0].values["total_fen"], int)
        assert not isinstance(said[1].values["total_fen"], int)
        unmet = said[1]._replace(ok=False)
        assert "只有县级可见" in unmet.reason("zh")
        assert "only the county sees" in unmet.reason("en")


APPROVAL = {
    "mode": "self_build",
    "builder": "household",
    "chosen_by_household": True,
    "area": "58.00",
    "land": "old_homestead",
    "conforms_to_plans": True,
}


def test_a_second_person_is_one_who_has_the_place(place: tuple[Approvals, World]) -> None:
    api, world = place
    case = world[VILLAGE].cases[2]
    told = {"correction": {"household": {"dwellings": 1}}, "cause": "error", "reason": "录入有误"}

    def agreed(person: str) -> bool:
        township = Actor("p-t", "township", (TOWNSHIP,))
        decision = api.check(case, "correct", actor=township, data={**told, "agreed_by": person})
        return next(f.ok for f in decision.findings if f.guard == "second_person_agreed")

    assert agreed(f"p-clerk-{VILLAGE}")
    assert not agreed(f"p-clerk-{SISTER}")
    assert not agreed("p-nobody")


def test_an_id_of_two_counties_is_nobody_until_the_county_is_named(place: tuple[Approvals, World]) -> None:
    from weigai.workflow import InputRefused

    api, _ = place
    admin = Actor("p-admin", "admin", ("150784",))
    api.register.add_person("150784", f"p-clerk-{VILLAGE}", "某", offices=[("county", "150784")], actor=admin)
    with pytest.raises(InputRefused):
        api.register.actors(f"p-clerk-{VILLAGE}")
    for county in (COUNTY, "150784"):
        (actor,) = api.register.actors(f"{county}/p-clerk-{VILLAGE}")
        assert {unit[:6] for unit in actor.units} == {county}
