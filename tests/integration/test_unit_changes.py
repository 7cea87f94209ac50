"""Units merged, recoded, renamed and put elsewhere: who reaches which case, list and record on which day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from weigai.states.errors import CaseNotFound, GuardsNotMet, InputRefused, NotFound, RequestReused
from weigai.workflow import Actor, OfficeHolder

from tests.support import COUNTY, FIRST, SECOND, TOWNSHIP, VILLAGE, Desk, documents, founded, holds, merged, person

DAY = date(2019, 6, 10)
V2, T2, V3 = "150783101202", "150783102", "150783102201"
NEW = "150783102209"


def on(register, who: str, office: str, day: date | None = None) -> Actor:
    return next(a for a in register.actors(who, on=day) if a.office == office)


def sees(desk: Desk, actor: Actor) -> set[str]:
    """Return the cases that an actor lists; each of them, and no other, can be read."""
    found = {case.id for case in desk.api.list(actor=actor)}
    for case in {c.id for c in desk.api.list(actor=FIRST)}:
        if case in found:
            assert desk.api.get(case, actor=actor).id == case
        else:
            with pytest.raises(CaseNotFound):
                desk.api.get(case, actor=actor)
    return found


def test_a_merged_village_is_its_successors_from_the_day_on(store_desk: Desk) -> None:
    register, case = founded(store_desk), store_desk.open()
    holds(register, "p-v1", "village", VILLAGE, since=date(2019, 1, 1))
    holds(register, "p-v2", "village", V2, since=date(2019, 1, 1))
    proposed = register.merge_unit(VILLAGE, V2, actor=FIRST, on=date(2019, 7, 1))
    assert (proposed.pending, proposed.holders) == (True, (OfficeHolder(person="p-v1", office="village"),))
    assert register.confirm_unit(actor=SECOND) == replace(proposed, pending=False, no=None)
    assert sees(store_desk, on(register, "p-v1", "village")) == {case}
    assert sees(store_desk, on(register, "p-v2", "village")) == set()
    store_desk.today = date(2019, 7, 1)
    assert sees(store_desk, on(register, "p-v1", "village")) == set()
    successor = on(register, "p-v2", "village")
    assert successor.units == (VILLAGE, V2)
    assert sees(store_desk, successor) == {case}
    assert sees(store_desk, on(register, "p-v1", "village", date(2019, 6, 30))) == {case}
    store_desk.walk(case, "village_deliberation")
    done = store_desk.api.record(
        case, "attach", actor=successor, on=store_desk.today, documents=documents("village_plan")
    )
    assert (done.unit, done.id) == (VILLAGE, case)  # the case keeps the code that it was opened under
    with pytest.raises(InputRefused):
        store_desk.open()  # no new case under the old code
    assert store_desk.api.records.verify().problems == ()


def test_a_village_put_under_another_township(store_desk: Desk) -> None:
    register, case = founded(store_desk), store_desk.open()
    holds(register, "p-t1", "township", TOWNSHIP, since=date(2019, 1, 1))
    holds(register, "p-t2", "township", T2, since=date(2019, 1, 1))
    one, two = (on(register, who, "township") for who in ("p-t1", "p-t2"))
    assert (sees(store_desk, one), sees(store_desk, two)) == ({case}, set())
    made = store_desk.api.lists.new("notice", unit=TOWNSHIP, cases=[case], actor=one)
    merged(register, VILLAGE, NEW, name="乙九村", on=DAY)
    one, two = (on(register, who, "township") for who in ("p-t1", "p-t2"))
    assert one.units == (f"{TOWNSHIP}000", V2)
    assert (sees(store_desk, one), sees(store_desk, two)) == (set(), {case})
    assert store_desk.api.lists.get(made.id, actor=one).id == made.id  # the township's own list
    with pytest.raises(NotFound):
        store_desk.api.lists.get(made.id, actor=two)
    assert {u.code for u in register.units(actor=one)} == {TOWNSHIP, V2}
    assert {u.code for u in register.units(actor=two)} == {VILLAGE, T2, V3, NEW}
    assert register.area([T2], on=DAY) == two.units
    assert register.area([T2], on=date(2019, 6, 9)) == (T2,)
    assert store_desk.api.records.verify().problems == ()


def test_a_merged_township_brings_its_villages_lists_and_records_along(store_desk: Desk) -> None:
    register, case = founded(store_desk), store_desk.open()
    holds(register, "p-t2", "township", T2, since=date(2019, 1, 1))
    store_desk.api.lists.new("notice", unit=TOWNSHIP, cases=[case], actor=person("township"))
    store_desk.api.units.record(
        TOWNSHIP, "submit_progress", actor=person("township"), on=DAY, documents=documents("progress_report")
    )
    before = on(register, "p-t2", "township")
    assert store_desk.api.units.records(actor=before) == []
    merged(register, TOWNSHIP, T2)
    after = on(register, "p-t2", "township")
    assert set(after.units) == {TOWNSHIP, T2}
    assert sees(store_desk, after) == {case}
    assert [r.unit for r in store_desk.api.units.records(actor=after)] == [TOWNSHIP]
    store_desk.today = date(2019, 8, 1)
    late = {(r.unit, r.due.isoformat()) for r in store_desk.api.units.late(actor=FIRST)}
    assert (TOWNSHIP, "2019-07-01") not in late  # it stands no more
    assert {(TOWNSHIP, "2019-06-01"), (T2, "2019-07-01")} <= late


def test_today_s_name_is_shown_and_the_history_tells_the_former_ones(store_desk: Desk) -> None:
    register = founded(store_desk)
    register.rename_unit(TOWNSHIP, "新镇", actor=FIRST, on=date(2019, 5, 1))
    merged(register, VILLAGE, NEW, name="乙九村")
    names = {u.code: u for u in register.units(actor=FIRST)}
    assert names[TOWNSHIP].name == "新镇"
    assert (names[VILLAGE].until, names[NEW].since) == ("2019-06-09", "2019-06-10")
    told = [(e.action, e.on, e.name) for e in register.unit_history(TOWNSHIP, actor=FIRST)]
    assert told == [("import_units", "2019-06-10", "甲镇"), ("rename_unit", "2019-05-01", "新镇")]
    assert register.unit_history(VILLAGE, actor=FIRST)[-1].into == NEW
    last = register.unit_history(NEW, actor=FIRST)[-1]
    assert (last.name, last.took_in) == ("乙九村", VILLAGE)
    for code, actor in (("150783999", FIRST), (TOWNSHIP, Actor("p-1", "county", ("150784",)))):
        with pytest.raises(NotFound):
            register.unit_history(code, actor=actor)


BAD = {
    "into itself": (lambda r: r.merge_unit(VILLAGE, VILLAGE, actor=FIRST), InputRefused),
    "a village into a township": (lambda r: r.merge_unit(VILLAGE, T2, actor=FIRST), InputRefused),
    "the county": (lambda r: r.merge_unit(COUNTY, COUNTY, actor=FIRST), InputRefused),
    "another county": (lambda r: r.merge_unit(VILLAGE, "150784101201", actor=FIRST), NotFound),
    "a successor that is not there": (lambda r: r.merge_unit(VILLAGE, NEW, actor=FIRST), NotFound),
    "a name for one that is": (lambda r: r.merge_unit(VILLAGE, V2, name="x", actor=FIRST), InputRefused),
    "a successor under no township": (
        lambda r: r.merge_unit(VILLAGE, "150783109201", name="x", actor=FIRST), NotFound),
    "a unit that is not there": (lambda r: r.merge_unit("150783101299", V2, actor=FIRST), NotFound),
    "a name of nothing": (lambda r: r.rename_unit(VILLAGE, " ", actor=FIRST), InputRefused),
    "a unit renamed that is not there": (lambda r: r.rename_unit(NEW, "x", actor=FIRST), NotFound),
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD)
def test_a_change_that_cannot_be_is_refused(desk: Desk, kind: str) -> None:
    work, error = BAD[kind]
    register = founded(desk)
    with pytest.raises(error):
        work(register)


def test_changes_come_in_their_order_and_a_code_is_never_used_again(desk: Desk) -> None:
    register = founded(desk)
    merged(register, V2, VILLAGE, on=date(2019, 6, 1))
    for work in (
        lambda: register.merge_unit(V2, V3, actor=FIRST),
        lambda: register.merge_unit(V3, V2, actor=FIRST),
        lambda: register.rename_unit(V2, "x", actor=FIRST),
    ):
        with pytest.raises(NotFound):
            work()
    for work in (
        lambda: register.merge_unit(VILLAGE, V3, actor=FIRST, on=date(2019, 5, 31)),  # V2 came into it later
        lambda: register.import_units([(V2, "又")], actor=FIRST),
        lambda: register.merge_unit(V3, V2, name="又", actor=FIRST),
    ):
        with pytest.raises(InputRefused):
            work()
    register.rename_unit(VILLAGE, "a", actor=FIRST, on=date(2019, 6, 5))
    with pytest.raises(InputRefused):
        register.rename_unit(VILLAGE, "b", actor=FIRST, on=date(2019, 6, 4))


def test_a_merger_widens_nobodys_area_before_a_second_administrator_confirmed_it(store_desk: Desk) -> None:
    register, case = founded(store_desk), store_desk.open()
    register.grant("p-0001", "village", V2, actor=FIRST)
    register.confirm("p-0001", actor=SECOND)
    holds(register, "p-8", "admin", TOWNSHIP)
    local, none = Actor("p-8", "admin", (TOWNSHIP,)), Actor("p-0001", "village", (COUNTY,))
    first = register.merge_unit(VILLAGE, V2, actor=FIRST, request_id="m-1")
    assert register.merge_unit(VILLAGE, V2, actor=FIRST, request_id="m-1") == first
    other = register.merge_unit("150783102201", T2 + "208", name="x", actor=FIRST)
    assert sees(store_desk, on(register, "p-0001", "village")) == set()
    assert [p.no for p in register.pending(actor=local)] == [first.no]
    for actor in (FIRST, none):
        with pytest.raises(GuardsNotMet):
            register.confirm_unit(first.no, actor=actor)
    for no, actor in ((other.no, local), (99, SECOND)):
        with pytest.raises(NotFound):
            register.confirm_unit(no, actor=actor)
    with pytest.raises(InputRefused):
        register.confirm_unit(actor=SECOND)
    for _ in range(2):
        assert register.confirm_unit(actor=local, request_id="m-2").into == V2
    with pytest.raises(RequestReused):
        register.confirm_unit(other.no, actor=local, request_id="m-2")
    assert sees(store_desk, on(register, "p-0001", "village")) == {case}
    with pytest.raises(NotFound):
        register.confirm_unit(first.no, actor=SECOND)
    assert store_desk.api.records.verify().problems == ()


def test_in_a_trial_county_a_merger_is_at_once(desk: Desk) -> None:
    admin = person("admin")
    desk.api.register.import_units([(COUNTY, "县"), (TOWNSHIP, "镇"), (VILLAGE, "村"), (V2, "村")], actor=admin)
    assert desk.api.register.merge_unit(VILLAGE, V2, actor=admin).pending is False
    assert desk.api.register.area([V2]) == (VILLAGE, V2)
