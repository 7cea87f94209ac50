"""The register of a founded county: two persons for every grant, dates, areas, and rows that the events account for."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import date, timedelta
from threading import Barrier, BrokenBarrierError, Thread
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session
from weigai.db import Keys, open_engine
from weigai.states.errors import GuardsNotMet, InputRefused, IntegrityBroken, NotFound, RequestReused, StoreBusy
from weigai.workflow import Actor, Approvals

from tests.profiles import examples
from tests.support import COUNTY, FIRST, KEYS, SECOND, TOWNSHIP, UNITS, VILLAGE, Desk, founded, holds, merged

DAY = date(2019, 6, 10)
OTHER = "150783102201"
OWN = {"id_number": "150799195406120017", "card": "6217000000000001"}
WIFE = {"name": "李四", "id_number": "150799196103030027", "relation": "spouse"}


def guards(refused: pytest.ExceptionInfo[GuardsNotMet]) -> set[str]:
    return {finding.guard for finding in refused.value.unmet}


def told(register, who: str) -> list[tuple[str, str]]:
    return [(a.office, u) for a in register.actors(who) for u in a.units]


# ---------------------------------------------------------------------- founding


def test_a_county_is_founded_by_two_who_vouch_for_each_other(store_desk: Desk) -> None:
    register = founded(store_desk)
    assert [a.trial for who in ("zhang", "p-0002") for a in register.actors(who)] == [False, False]
    said = [
        json.loads(body)
        for (body,) in store_desk.session.execute(
            text("SELECT body FROM weigai_event WHERE stream LIKE 'person/%' ORDER BY stream")
        )
    ]
    made = [event["changes"][f"grants/1/admin@{COUNTY}"] for event in said]
    assert [(m["proposed_by"], m["confirmed_by"]) for m in made] == [("p-0001", "p-0002"), ("p-0002", "p-0001")]
    assert store_desk.api.records.verify().problems == ()
    with pytest.raises(InputRefused):
        register.found(COUNTY, UNITS, [("a", "甲"), ("b", "乙")])


@pytest.mark.parametrize(
    "bad",
    [
        ("15078", UNITS, [("a", "甲"), ("b", "乙")]), ("150784", UNITS, [("a", "甲"), ("b", "乙")]),
        (COUNTY, [], [("a", "甲"), ("b", "乙")]), (COUNTY, [*UNITS, ("150784", "他县")], [("a", "甲"), ("b", "乙")]),
        (COUNTY, UNITS, [("a", "甲")]), (COUNTY, UNITS, [("a", "甲"), ("A", "乙")]), (COUNTY, UNITS, [("a", "甲"), ("b", " ")]),
        (COUNTY, UNITS, [("a", "甲"), ("150783/p-0001", "乙")]), (COUNTY, UNITS, [("a", "甲"), ("p-0001", "乙")]),
        (COUNTY, [(COUNTY, "县"), (VILLAGE, "村")], [("a", "甲"), ("b", "乙")]),
    ],
)  # fmt: skip
def test_a_founding_that_is_not_of_two_or_not_of_its_county_is_refused(desk: Desk, bad) -> None:
    with pytest.raises(InputRefused):
        desk.api.register.found(*bad)
    assert desk.api.register.persons() == desk.api.register.units() == []


def test_the_same_request_founds_once_and_another_not_at_all(store_desk: Desk) -> None:
    admins = [("zhang", "张一"), ("li", "李二")]
    for _ in range(2):
        store_desk.api.register.found(COUNTY, UNITS, admins, request_id="r-1")
    with pytest.raises(InputRefused):
        store_desk.api.register.found(COUNTY, UNITS, admins, request_id="r-2")
    for other in ((UNITS, [("wang", "王一"), ("li", "李二")]), ([*UNITS, ("150783109", "新镇")], admins)):
        with pytest.raises(RequestReused):
            store_desk.api.register.found(COUNTY, *other, request_id="r-1")
    assert [p.id for p in store_desk.api.register.persons()] == ["p-0001", "p-0002"]
    assert store_desk.api.records.verify().problems == ()


def test_a_county_of_a_trial_cannot_be_made_a_real_one(desk: Desk) -> None:
    desk.api.register.add_person(COUNTY, "p-9", "某", offices=[("admin", COUNTY)], actor=FIRST)
    assert desk.api.register.actors("p-9")[0].trial
    with pytest.raises(InputRefused):
        founded(desk)


# ---------------------------------------------------------------------- grants


def test_an_office_counts_once_a_second_administrator_confirmed_it(store_desk: Desk) -> None:
    register = founded(store_desk)
    made = register.add_person(COUNTY, "p-9", "孙七", offices=[("village", VILLAGE)], actor=FIRST, account="sun")
    assert (made.pending, made.no) == (True, 1)
    assert told(register, "sun") == []
    assert [(p.person, p.no, p.office) for p in register.pending(actor=SECOND)] == [("p-9", 1, "village")]
    assert register.persons()[-1].offices[0].pending == 1
    with pytest.raises(GuardsNotMet) as refused:
        register.confirm("p-9", actor=FIRST)
    assert guards(refused) == {"confirmed_by_another"}
    register.confirm("p-9", actor=SECOND)
    assert told(register, "sun") == [("village", VILLAGE)]
    assert register.pending(actor=SECOND) == []
    with pytest.raises(NotFound):
        register.confirm("p-9", actor=SECOND)
    assert register.actors("sun")[0].trial is False
    assert store_desk.api.records.verify().problems == ()


def test_nobody_confirms_a_grant_for_themselves(store_desk: Desk) -> None:
    register = founded(store_desk)
    register.grant("p-0002", "county", COUNTY, actor=FIRST)
    for actor in (FIRST, SECOND):
        with pytest.raises(GuardsNotMet) as refused:
            register.confirm("p-0002", actor=actor)
        assert guards(refused) == {"confirmed_by_another"}
    register.grant("p-0001", "county", COUNTY, actor=FIRST)
    register.confirm("p-0001", actor=SECOND)
    assert ("county", COUNTY) in told(register, "p-0001")


def test_revoking_is_at_once_by_one_and_the_row_stays(store_desk: Desk) -> None:
    register = founded(store_desk)
    holds(register, "p-9", "village", VILLAGE, since=date(2019, 1, 1))
    assert register.revoke("p-9", "village", VILLAGE, actor=FIRST) == "2019-06-09"
    assert told(register, "p-9") == []
    assert [a.office for a in register.actors("p-9", on=date(2019, 6, 9))] == ["village"]
    assert register.persons()[-1].as_json()["offices"] == [
        {"office": "village", "unit": VILLAGE, "since": "2019-01-01", "until": "2019-06-09"}
    ]
    with pytest.raises(NotFound):
        register.revoke("p-9", "village", VILLAGE, actor=FIRST)
    with pytest.raises(NotFound):  # never longer than it was
        register.revoke("p-9", "village", VILLAGE, actor=FIRST, on=date(2020, 1, 1))
    assert store_desk.api.records.verify().problems == ()


def test_a_proposal_taken_back_cannot_be_confirmed(store_desk: Desk) -> None:
    register = founded(store_desk)
    register.add_person(
        COUNTY, "p-9", "某", offices=[("village", VILLAGE)], actor=FIRST, since=date(2019, 1, 1), until=date(2030, 1, 1)
    )
    register.revoke("p-9", "village", VILLAGE, actor=FIRST)
    assert register.pending(actor=SECOND) == []
    with pytest.raises(NotFound):
        register.confirm("p-9", actor=SECOND)
    assert register.persons()[-1].offices == ()
    assert store_desk.api.records.verify().problems == ()


def test_an_office_is_held_from_its_day_to_its_last(store_desk: Desk) -> None:
    register = founded(store_desk)
    register.add_person(
        COUNTY,
        "p-9",
        "某",
        offices=[("village", VILLAGE)],
        actor=FIRST,
        since=date(2019, 3, 1),
        until=date(2019, 7, 31),
    )
    register.confirm("p-9", actor=SECOND)
    held = {
        day: bool(register.actors("p-9", on=date.fromisoformat(day)))
        for day in ("2019-02-28", "2019-03-01", "2019-07-31", "2019-08-01")
    }
    assert list(held.values()) == [False, True, True, False]
    with pytest.raises(InputRefused):
        register.grant("p-9", "village", VILLAGE, actor=FIRST, until=date(2019, 6, 9))


def test_two_administrators_are_always_left(store_desk: Desk) -> None:
    register = founded(store_desk)
    with pytest.raises(GuardsNotMet) as refused:
        register.revoke("p-0002", "admin", COUNTY, actor=FIRST)
    assert guards(refused) == {"two_admins_left"}
    register.grant("p-0001", "admin", TOWNSHIP, actor=FIRST)
    register.confirm("p-0001", actor=SECOND)
    register.revoke("p-0001", "admin", TOWNSHIP, actor=SECOND)  # not of the county: it may go
    third = holds(register, "p-0003", "admin", COUNTY)
    register.revoke("p-0002", "admin", COUNTY, actor=third)
    with pytest.raises(GuardsNotMet):
        register.confirm("p-0003", actor=SECOND)
    assert store_desk.api.records.verify().problems == ()


def test_only_a_registered_administrator_changes_the_register_and_only_inside_the_area(store_desk: Desk) -> None:
    register = founded(store_desk)
    clerk = holds(register, "p-9", "village", VILLAGE)
    local = holds(register, "p-8", "admin", TOWNSHIP)
    stranger = Actor("p-77", "admin", (COUNTY,))
    pretender = Actor("p-9", "admin", (COUNTY,))
    person = {"offices": [("village", VILLAGE)]}
    for actor in (clerk, stranger, pretender, Actor("p-0001", "village", (COUNTY,))):
        for work in (
            lambda a: register.add_person(COUNTY, "p-7", "某", **person, actor=a),
            lambda a: register.grant("p-9", "village", VILLAGE, actor=a),
            lambda a: register.confirm("p-9", actor=a),
            lambda a: register.revoke("p-9", "village", VILLAGE, actor=a),
            lambda a: register.change_account("p-8", "x", actor=a),
            lambda a: register.declare("p-8", OWN, actor=a),
            lambda a: register.import_units([(VILLAGE, "x")], actor=a),
            lambda a: register.rename_unit(VILLAGE, "x", actor=a),
            lambda a: register.merge_unit(VILLAGE, "150783101202", actor=a),
            lambda a: register.confirm_unit(actor=a),
        ):
            with pytest.raises(GuardsNotMet) as refused:
                work(actor)
            assert guards(refused) == {"office_may_act"}
    far = holds(register, "p-6", "village", OTHER)
    for actor in (local, Actor("p-8", "admin", (COUNTY,))):  # a host that claims more than the register knows
        for work in (
            lambda a: register.add_person(COUNTY, "p-7", "某", offices=[("village", OTHER)], actor=a),
            lambda a: register.grant("p-9", "village", OTHER, actor=a),
            lambda a: register.revoke("p-6", "village", OTHER, actor=a),
            lambda a: register.rename_unit(OTHER, "x", actor=a),
            lambda a: register.import_units([(OTHER, "x")], actor=a),
            lambda a: register.merge_unit(VILLAGE, OTHER, actor=a),
        ):
            with pytest.raises(NotFound):
                work(actor)
    register.grant(far.person, "township", "150783102", actor=FIRST)
    with pytest.raises(NotFound):
        register.confirm(far.person, actor=local)
    with pytest.raises(NotFound):
        register.change_account(far.person, "x", actor=local)
    assert store_desk.api.records.verify().problems == ()


def test_an_office_is_granted_for_a_registered_unit_that_stands(store_desk: Desk) -> None:
    register = founded(store_desk)
    with pytest.raises(NotFound):
        register.grant("p-0001", "village", "150783101299", actor=FIRST)
    merged(register, VILLAGE, "150783101202")
    with pytest.raises(NotFound):
        register.grant("p-0001", "village", VILLAGE, actor=FIRST)
    with pytest.raises(NotFound):
        register.grant("p-0404", "village", "150783101202", actor=FIRST)


def test_an_account_of_another_waits_for_a_second_person_too(store_desk: Desk) -> None:
    register = founded(store_desk)
    assert register.change_account("p-0002", "li2", actor=FIRST).pending
    assert [(p.person, p.account) for p in register.pending(actor=FIRST)] == [("p-0002", "li2")]
    with pytest.raises(NotFound):
        register.actors("li2")
    with pytest.raises(GuardsNotMet) as refused:
        register.confirm("p-0002", actor=FIRST)
    assert guards(refused) == {"confirmed_by_another"}
    register.confirm("p-0002", actor=SECOND)
    assert register.actors("li2")[0].person == "p-0002"
    assert register.pending(actor=FIRST) == []
    assert not register.change_account("p-0001", "zhang2", actor=FIRST).pending
    for taken in ("p-0002", "li2"):
        with pytest.raises(InputRefused):
            register.change_account("p-0001", taken, actor=FIRST)
    register.change_account("p-0001", "a", actor=SECOND)
    register.change_account("p-0001", "b", actor=SECOND)
    with pytest.raises(NotFound):  # the later proposal takes the place of the earlier one
        register.confirm("p-0001", 3, actor=FIRST)
    assert store_desk.api.records.verify().problems == ()


def test_several_proposals_are_told_apart_by_their_number(store_desk: Desk) -> None:
    register = founded(store_desk)
    clerk = holds(register, "p-9", "village", VILLAGE)
    numbers = [register.grant("p-9", office, COUNTY, actor=FIRST).no for office in ("county", "finance")]
    with pytest.raises(InputRefused):
        register.confirm("p-9", actor=SECOND)
    register.confirm("p-9", numbers[1], actor=SECOND)
    assert told(register, clerk.person) == [("finance", COUNTY), ("village", VILLAGE)]


def test_the_same_request_is_done_once_and_never_something_else(store_desk: Desk) -> None:
    register = founded(store_desk)

    def add(**changes):
        how = {"offices": [("village", VILLAGE)], "actor": FIRST, "account": "sun", "request_id": "r-1", **changes}
        return register.add_person(COUNTY, "p-9", "某", **how)

    assert add() == add()
    for changes in ({"account": "moon"}, {"offices": [("township", TOWNSHIP)]}, {"actor": SECOND}):
        with pytest.raises(RequestReused):
            add(**changes)
    granted = [register.grant("p-9", "county", COUNTY, actor=FIRST, request_id="r-2") for _ in range(2)]
    assert granted[0] == granted[1]
    with pytest.raises(RequestReused):
        register.grant("p-9", "finance", COUNTY, actor=FIRST, request_id="r-2")
    for _ in range(2):
        assert register.confirm("p-9", 1, actor=SECOND, request_id="r-3").no == 1
    with pytest.raises(RequestReused):
        register.confirm("p-9", 2, actor=SECOND, request_id="r-3")
    for _ in range(2):
        assert register.revoke("p-9", "village", VILLAGE, actor=SECOND, request_id="r-4") == "2019-06-09"
    with pytest.raises(RequestReused):
        register.revoke("p-9", "county", COUNTY, actor=SECOND, request_id="r-4")
    for _ in range(2):
        register.change_account("p-9", "star", actor=FIRST, request_id="r-5")
    with pytest.raises(RequestReused):
        register.change_account("p-9", "mars", actor=FIRST, request_id="r-5")
    for _ in range(2):
        register.merge_unit(VILLAGE, "150783101202", actor=FIRST, request_id="r-6")
        register.rename_unit(TOWNSHIP, "新镇", actor=FIRST, request_id="r-7")
    with pytest.raises(RequestReused):
        register.rename_unit(TOWNSHIP, "另镇", actor=FIRST, request_id="r-7")
    assert store_desk.api.records.verify().problems == ()


def test_two_who_revoke_each_other_at_once_leave_two(store_desk: Desk) -> None:
    holds(founded(store_desk), "p-0003", "admin", COUNTY)
    store_desk.session.commit()
    refused: list[str] = []

    def revoke(actor: Actor, other: str) -> None:
        with Session(store_desk.engine.execution_options(weigai_write=True)) as session:
            try:
                Approvals(session, now=store_desk.now).register.revoke(other, "admin", COUNTY, actor=actor)
                barrier.wait(timeout=3)
            except BrokenBarrierError:
                pass
            except GuardsNotMet as error:
                refused.extend(finding.guard for finding in error.unmet)
            session.commit()

    barrier = Barrier(2)
    threads = [Thread(target=revoke, args=pair) for pair in ((FIRST, "p-0002"), (SECOND, "p-0001"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    left = [p.id for p in store_desk.api.register.persons() if told(store_desk.api.register, p.id)]
    assert len(left) == 2, left
    assert len(refused) == 1
    assert store_desk.api.records.verify().problems == ()


def test_in_a_trial_county_one_person_grants_but_only_an_administrator(store_desk: Desk) -> None:
    register = store_desk.api.register
    register.add_person(COUNTY, "p-9", "某", offices=[("village", VILLAGE), ("admin", COUNTY)], actor=FIRST)
    admin, clerk = (Actor("p-9", office, (COUNTY,), trial=True) for office in ("admin", "village"))
    assert register.grant("p-9", "county", COUNTY, actor=admin).pending is False
    assert ("county", COUNTY) in told(register, "p-9")
    register.add_person(COUNTY, "p-8", "某", offices=[("village", VILLAGE)], actor=admin)
    for actor in (clerk, Actor("p-8", "admin", (COUNTY,))):
        with pytest.raises(GuardsNotMet):
            register.grant("p-8", "county", COUNTY, actor=actor)
    register.revoke("p-9", "county", COUNTY, actor=admin)
    assert ("county", COUNTY) not in told(register, "p-9")
    assert store_desk.api.records.verify().problems == ()


# ---------------------------------------------------------------------- one administrator alone (H10)

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["add", "grant", "confirm", "revoke", "account", "merge", "unit"]),
        st.sampled_from(["p-0001", "p-0002", "p-5", "p-6"]),
        st.sampled_from(["admin", "county"]),
        st.sampled_from([COUNTY, TOWNSHIP]),
        st.integers(1, 4),
    ),
    max_size=12,
)


@settings(max_examples=examples(100), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_whatever_one_administrator_does_alone_nobody_gains_an_office(desk: Desk, steps) -> None:
    desk.session.rollback()
    register = founded(desk)
    before = {who: set(told(register, who)) for who in ("p-0001", "p-0002")}
    for number, (what, who, office, unit, no) in enumerate(steps):
        with suppress(GuardsNotMet, NotFound, InputRefused):
            if what == "add":
                register.add_person(COUNTY, who, "某", offices=[(office, unit)], actor=FIRST, account=f"a{number}")
            elif what == "grant":
                register.grant(who, office, unit, actor=FIRST, since=date(2019, 1, 1))
            elif what == "confirm":
                register.confirm(who, no, actor=FIRST)
            elif what == "revoke":
                register.revoke(who, office, unit, actor=FIRST)
            elif what == "account":
                register.change_account(who, f"b{number}", actor=FIRST)
            elif what == "merge":
                register.merge_unit("150783102", TOWNSHIP, actor=FIRST)
            else:
                register.confirm_unit(actor=FIRST)
    assert register.area([TOWNSHIP]) == (TOWNSHIP,)
    for person in register.persons():
        assert set(told(register, person.id)) <= before.get(person.id, set())
        assert person.id != "p-0002" or person.account == "li"
    assert desk.api.records.verify().problems == ()


# ---------------------------------------------------------------------- who sees whom


def test_persons_and_what_waits_are_seen_inside_the_area_only(store_desk: Desk) -> None:
    register = founded(store_desk)
    clerk, far = holds(register, "p-9", "village", VILLAGE), holds(register, "p-6", "village", OTHER)
    register.grant("p-9", "village", OTHER, actor=FIRST)
    assert {p.id for p in register.persons(actor=FIRST)} == {"p-0001", "p-0002", "p-6", "p-9"}
    assert [(p.id, [o.unit for o in p.offices]) for p in register.persons(actor=clerk)] == [("p-9", [VILLAGE])]
    assert {p.id for p in register.persons(actor=far)} == {"p-6", "p-9"}
    assert register.persons(actor=Actor("p-x", "village", ("150784",))) == []
    assert register.pending(actor=clerk) == []
    assert [p.person for p in register.pending(actor=far)] == ["p-9"]


def test_two_counties_do_not_mix(store_desk: Desk) -> None:
    register = founded(store_desk)
    register.found("150784", [("150784", "邻县")], [("wang", "王"), ("li", "李")])
    assert register.actors("wang")[0].units == ("150784",)
    assert register.actors("150784/p-0002")[0].units == ("150784",)
    assert register.actors("li", county=COUNTY)[0].units == (COUNTY,)
    for who in ("p-0001", "li"):
        with pytest.raises(InputRefused):
            register.actors(who)
    neighbour = Actor("p-0001", "admin", ("150784",))
    assert {p.county for p in register.persons(actor=neighbour)} == {"150784"}
    with pytest.raises(NotFound):
        register.grant("p-0002", "county", COUNTY, actor=neighbour)
    register.grant("p-0002", "county", "150784", actor=neighbour)
    with pytest.raises(InputRefused):
        register.confirm("p-0002", actor=Actor("p-0001", "admin", (COUNTY, "150784")))


# ---------------------------------------------------------------------- what an official declares


def keyed(desk: Desk) -> Approvals:
    return Approvals(desk.session, now=desk.now, keys=Keys(b"k" * 32), files=desk.files)


def tokens(desk: Desk) -> set[tuple[str, str, str, str]]:
    rows = desk.session.execute(text("SELECT kind, token, stream, person FROM weigai_index"))
    return {tuple(row) for row in rows}


def test_an_officials_numbers_are_sealed_and_found_by_their_tokens(store_desk: Desk) -> None:
    founded(store_desk)
    register, keys = keyed(store_desk).register, Keys(b"k" * 32)
    clerk = holds(register, "p-9", "village", VILLAGE)
    register.declare("p-9", {**OWN, "relatives": [WIFE]}, actor=clerk)
    own = ("id_number", keys.token("id_number", OWN["id_number"]), "person/p-9", "self")
    card = ("card", keys.token("card", OWN["card"]), "person/p-9", "self")
    wife = ("id_number", keys.token("id_number", WIFE["id_number"]), "person/p-9", "relative-0")
    assert tokens(store_desk) == {own, card, wife}
    for (body,) in store_desk.session.execute(text("SELECT body FROM weigai_event")):
        assert not [v for v in (*OWN.values(), *WIFE.values()) if v in body and v != "spouse"]
    register.declare("p-9", {"id_number": WIFE["id_number"]}, actor=FIRST)  # an administrator, in place of the former
    assert tokens(store_desk) == {own, card, wife, (*wife[:3], "self")}  # what was declared once goes on barring
    store_desk.api = keyed(store_desk)
    store_desk.open(head={"name": "李四", "id_number": WIFE["id_number"]})
    assert len(tokens(store_desk)) == 4 + 3  # the household's card, the head's name and number
    assert store_desk.api.records.findings(actor=FIRST, kinds=("same_person",)) == []
    assert store_desk.api.records.verify().problems == ()


@pytest.mark.parametrize(
    "bad",
    [
        {}, [], {**OWN, "colour": 1}, {"id_number": "150799195406120018"}, {**OWN, "card": "12"},
        {**OWN, "relatives": [{"name": "李四"}]}, {**OWN, "relatives": [{**WIFE, "id_number": OWN["id_number"]}]},
        {**OWN, "relatives": [{**WIFE, "id_number": "1"}]},
    ],
)  # fmt: skip
def test_a_declaration_that_is_not_of_its_form_is_refused_without_its_values(desk: Desk, bad) -> None:
    founded(desk)
    with pytest.raises(InputRefused) as refused:
        keyed(desk).register.declare("p-0001", bad, actor=FIRST)
    assert "1507991954" not in str(refused.value) + refused.value.message("zh")


def test_one_human_is_one_person_of_the_register(store_desk: Desk) -> None:
    register = founded(store_desk)
    first, second = holds(register, "p-8", "county", COUNTY), holds(register, "p-9", "finance", COUNTY)
    keyed(store_desk).register.declare("p-8", OWN, actor=first)
    with pytest.raises(InputRefused):
        keyed(store_desk).register.declare("p-9", OWN, actor=second)
    keyed(store_desk).register.declare("p-8", OWN, actor=first)  # one's own again
    assert store_desk.api.records.verify().problems == ()


def test_what_was_declared_once_goes_on_barring(store_desk: Desk) -> None:
    founded(store_desk)
    store_desk.api = keyed(store_desk)
    clerk = holds(store_desk.api.register, "p-9", "village", VILLAGE)
    case = store_desk.open()
    store_desk.walk(case, "village_deliberation")

    def bars() -> bool:
        decision = store_desk.api.check(case, "record_deliberation", actor=clerk, on=store_desk.today)
        return next(not f.ok for f in decision.findings if f.guard == "not_own_case")

    assert not bars()
    store_desk.api.register.declare("p-9", OWN, actor=clerk)
    assert bars()
    store_desk.api.register.declare("p-9", {"id_number": WIFE["id_number"]}, actor=clerk)
    assert bars()
    assert store_desk.api.records.verify().problems == ()


def test_two_foundings_at_once_found_it_once(postgres, tmp_path) -> None:
    engine = open_engine(postgres.ready())
    came: list[Any] = []

    def found(account: str, barrier: Barrier) -> None:
        with Desk(engine, tmp_path / "f") as desk:
            barrier.wait(10)
            try:
                desk.api.register.found(COUNTY, UNITS, [(account, "甲"), ("li", "乙")])
                desk.session.commit()
                came.append(account)
            except (InputRefused, StoreBusy) as error:
                came.append(type(error))

    for round_ in range(6):
        with engine.begin() as connection:
            for table in ("event", "stream", "grant", "person", "unit", "private", "key"):
                connection.exec_driver_sql(f"ALTER TABLE weigai_{table} DISABLE TRIGGER ALL")
                connection.exec_driver_sql(f"DELETE FROM weigai_{table}")
                connection.exec_driver_sql(f"ALTER TABLE weigai_{table} ENABLE TRIGGER ALL")
        came.clear()
        barrier = Barrier(2)
        threads = [Thread(target=found, args=(name, barrier)) for name in ("zhang", "wang")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert sum(isinstance(one, str) for one in came) == 1, (round_, came)
        assert len(came) == 2
    engine.dispose()


def test_nobody_declares_for_another_but_an_administrator_and_never_without_keys(desk: Desk) -> None:
    register = founded(desk)
    clerk = holds(register, "p-9", "village", VILLAGE)
    bare = Approvals(desk.session, now=desk.now, files=desk.files).register
    with pytest.raises(InputRefused):
        bare.declare("p-9", OWN, actor=clerk)
    with pytest.raises(GuardsNotMet):
        keyed(desk).register.declare("p-0001", OWN, actor=clerk)
    with pytest.raises(NotFound):
        keyed(desk).register.declare("p-0404", OWN, actor=FIRST)
    assert tokens(desk) == set()


# ---------------------------------------------------------------------- the rows and their events

COLUMNS = {
    "a grant's person": "UPDATE weigai_grant SET person = 'p-0002' WHERE person = 'p-9' AND no = 1",
    "a grant's number": "UPDATE weigai_grant SET no = 9 WHERE person = 'p-9' AND no = 1",
    "a grant's office": "UPDATE weigai_grant SET office = 'county' WHERE person = 'p-9' AND no = 1",
    "a grant's unit": "UPDATE weigai_grant SET unit = '150783' WHERE person = 'p-9' AND no = 1",
    "a grant's first day": "UPDATE weigai_grant SET since = '2000-01-01' WHERE person = 'p-9' AND no = 1",
    "a grant's last day": "UPDATE weigai_grant SET until = NULL WHERE person = 'p-9' AND no = 1",
    "who proposed it": "UPDATE weigai_grant SET proposed_by = 'p-x' WHERE person = 'p-9' AND no = 1",
    "who confirmed it": "UPDATE weigai_grant SET confirmed_by = 'p-x' WHERE person = 'p-9' AND no = 1",
    "a proposal confirmed": "UPDATE weigai_grant SET confirmed_by = 'p-0002' WHERE confirmed_by IS NULL",
    "a grant of no event": (
        "INSERT INTO weigai_grant VALUES ('150783', 'p-9', 1, 'admin', '150783', '2019-01-01', NULL, 'p-0001', 'p-0002')"
    ),
    "a grant deleted": "DELETE FROM weigai_grant WHERE person = 'p-9' AND no = 1",
    "a grant's county": "UPDATE weigai_grant SET county = '150784' WHERE person = 'p-9' AND no = 1",
    "an account": "UPDATE weigai_person SET account = 'x' WHERE id = 'p-9'",
    "a real person made one of a trial": "UPDATE weigai_person SET trial = 1 WHERE id = 'p-9'",
    "a person's id": "UPDATE weigai_person SET id = 'p-10' WHERE id = 'p-9'",
    "a unit's name": "UPDATE weigai_unit SET name = 'x' WHERE code = '150783101'",
    "a unit's level": "UPDATE weigai_unit SET level = 'village' WHERE code = '150783101'",
    "a unit's first day": "UPDATE weigai_unit SET since = '2000-01-01' WHERE code = '150783102209'",
    "a unit's last day": "UPDATE weigai_unit SET until = NULL WHERE code = '150783101202'",
    "a unit's code": "UPDATE weigai_unit SET code = '150783104' WHERE code = '150783102'",
    "a successor": "UPDATE weigai_succession SET successor = '150783102201'",
    "the day of a succession": "UPDATE weigai_succession SET since = '2000-01-01'",
    "who went over": "UPDATE weigai_succession SET code = '150783101201'",
    "a succession deleted": "DELETE FROM weigai_succession",
    "a succession put in": "INSERT INTO weigai_succession VALUES ('150783', '150783102', '150783101', '2019-01-01')",
    "a succession of another county": "INSERT INTO weigai_succession VALUES ('150784', '150784102', '150784101', '2019-01-01')",
}


def changed(desk: Desk) -> None:
    """Make rows of every kind: a grant that ended, a proposal, an account changed, a village put elsewhere."""
    register = founded(desk)
    holds(register, "p-9", "village", VILLAGE, since=date(2019, 1, 1))
    register.revoke("p-9", "village", VILLAGE, actor=SECOND)
    register.grant("p-9", "county", COUNTY, actor=FIRST)
    register.change_account("p-9", "sun", actor=FIRST)
    register.confirm("p-9", 5, actor=SECOND)
    register.rename_unit(TOWNSHIP, "新甲镇", actor=FIRST)
    merged(register, "150783101202", "150783102209", name="乙九村")
    register.import_units([("150783102", "新乙镇"), ("150783103", "丙镇")], actor=SECOND)


def test_what_happened_in_the_register_verifies(store_desk: Desk) -> None:
    changed(store_desk)
    assert store_desk.api.records.verify().problems == ()


@pytest.mark.parametrize("kind", COLUMNS)
def test_a_row_of_the_register_that_was_tampered_with_is_found(store_desk: Desk, kind: str) -> None:
    changed(store_desk)
    assert store_desk.session.execute(text(COLUMNS[kind])).rowcount >= 1
    assert store_desk.api.records.verify().problems


def test_offices_of_before_the_grants_verify_as_they_were_written(desk: Desk) -> None:
    from weigai.db.log.entry import Entry
    from weigai.db.log.streams import append

    held = [{"office": "village", "unit": VILLAGE, "since": "2019-01-01"}]
    entry = Entry(
        action="add_person",
        to=None,
        actor=FIRST,
        recorded_by="p-0001",
        on=DAY,
        recorded_at="2019-06-10T04:00:00Z",
        request_id="r",
        changes={"persons/p-9": {"name": "某", "account": None, "offices": held, "trial": True}},
    )
    append(desk.session.connection(), COUNTY, "person/p-9", entry, keys=KEYS)
    desk.session.execute(text("INSERT INTO weigai_person VALUES ('150783', 'p-9', NULL, 1)"))
    row = f"'150783', 'p-9', 1, 'village', '{VILLAGE}', '2019-01-01', NULL, 'p-0001', 'p-0001'"
    desk.session.execute(text(f"INSERT INTO weigai_grant VALUES ({row})"))
    assert desk.api.records.verify().problems == ()
    desk.session.execute(text("UPDATE weigai_grant SET confirmed_by = 'p-2'"))
    assert desk.api.records.verify().problems


def test_days_count_from_the_event(desk: Desk) -> None:
    register = founded(desk)
    desk.today = DAY + timedelta(days=30)
    holds(register, "p-9", "village", VILLAGE)
    assert register.persons()[-1].offices[0].since == desk.today.isoformat()


def test_a_person_whose_key_is_lost_is_marked_and_the_others_have_their_names(store_desk: Desk) -> None:
    store_desk.api.register.found(COUNTY, UNITS, [("zhang", "张一"), ("li", "李二")], request_id="r-1")
    damaged = "UPDATE weigai_key SET wrapped = 'AAAA' || substr(wrapped, 5) WHERE stream = 'person/p-0001'"
    store_desk.session.execute(text(damaged))
    told = {p.id: (p.name, p.key_lost) for p in store_desk.api.register.persons()}
    assert told == {"p-0001": (None, True), "p-0002": ("李二", False)}


def test_one_row_makes_no_trial_county_of_a_founded_one(desk: Desk) -> None:
    register = founded(desk)
    plant = "INSERT INTO weigai_person (county, id, account, trial) VALUES (:county, 'p-planted', 'x', 1)"
    desk.session.execute(text(plant), {"county": COUNTY})
    register.add_person(COUNTY, "p-7", "某人", offices=[("village", VILLAGE)], actor=FIRST, account="seven")
    assert "p-7" in {one.person for one in register.pending(actor=FIRST)}
    assert not register.actors("p-7")


def test_nobody_is_shut_out_by_another_persons_row(desk: Desk) -> None:
    register = founded(desk)
    holds(register, "p-7", "village", VILLAGE, since=date(2019, 1, 1))
    person = "INSERT INTO weigai_person (county, id, account, trial) VALUES (:county, 'li', NULL, 0)"
    account = "UPDATE weigai_person SET account = 'p-0001' WHERE county = :county AND id = 'p-7'"
    grant = "INSERT INTO weigai_grant VALUES (:county, 'p-0002', 77, '', :unit, '2000-01-01', NULL, 'a', 'b')"
    for one in (person, account, grant):
        desk.session.execute(text(one), {"county": COUNTY, "unit": VILLAGE} if "unit" in one else {"county": COUNTY})
    assert [(a.person, a.office) for a in register.actors("li", login="li")] == [("p-0002", "admin")]
    assert [(a.person, a.office) for a in register.actors("zhang", login="zhang")] == [("p-0001", "admin")]
    register.revoke("p-7", "village", VILLAGE, actor=FIRST)
    register.add_person(COUNTY, "p-8", "某人", offices=[("village", VILLAGE)], actor=SECOND, account="eight")


EVENT = (
    "INSERT INTO weigai_event SELECT county, stream, {}, 'zz', action, from_state, to_state, acted_by, office, recorded_by,"
    " occurred_on, recorded_at, policy_hash, hash, body FROM weigai_event WHERE stream = 'person/p-7' AND seq = 1"
)
HEAD = "UPDATE weigai_stream SET seq = {} WHERE stream = 'person/p-7'"


@pytest.mark.parametrize("planted", [EVENT.format(3), EVENT.format(97), HEAD.format(0), HEAD.format(2**63 - 1)])
def test_nobody_makes_an_office_irrevocable(desk: Desk, planted: str) -> None:
    register = founded(desk)
    holds(register, "p-7", "village", VILLAGE, since=date(2019, 1, 1))
    desk.session.execute(text(planted))
    register.grant("p-7", "township", TOWNSHIP, actor=FIRST)
    register.revoke("p-7", "village", VILLAGE, actor=FIRST, on=date(2019, 1, 2))
    assert not register.actors("p-7")
    found = desk.api.records.verify(actor=Actor("p-0001", "county", (COUNTY,)))
    assert bool(found.problems) == ("INSERT" in planted)


def test_an_event_with_the_last_number_is_told(desk: Desk) -> None:
    register = founded(desk)
    holds(register, "p-7", "village", VILLAGE)
    desk.session.execute(text(EVENT.format(2**63 - 1)))
    with pytest.raises(IntegrityBroken):
        register.revoke("p-7", "village", VILLAGE, actor=FIRST)
