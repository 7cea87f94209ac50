"""Refused attempts through the API: what is kept, who reads it, and that its stream is verified like any other."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import text
from weigai.workflow import Actor, GuardsNotMet

from tests.support import COUNTY, TOWNSHIP, VILLAGE, Desk, person
from tests.support import tampering as unguarded

NUMBER = "150799195406120017"


def test_a_host_records_what_it_wants_and_nothing_personal_comes_along(store_desk: Desk) -> None:
    desk = store_desk
    case = desk.open()
    desk.session.commit()
    with pytest.raises(GuardsNotMet) as refused:
        desk.take(case, "pay", "finance", amount="1")
    desk.session.rollback()
    rules = [f.rule or f.guard for f in refused.value.unmet]
    desk.api.records.refused_attempt(actor=person("finance"), action="pay", case_id=case, rules=rules)
    desk.api.records.refused_attempt(
        actor=person("finance"),
        action="付 款",
        case_id=NUMBER,
        rules=["R1", "张三", "a b"],
        exit_code=4,
        command="../x",
    )
    desk.session.commit()
    last, first = desk.api.records.attempts(actor=person("county"))
    assert (first.case, first.action, first.rules, first.exit) == (case, "pay", tuple(sorted(set(rules))), 3)
    assert (last.case, last.action, last.rules, last.exit, last.command) == (None, None, ("R1",), 4, None)
    assert NUMBER not in json.dumps(
        [*desk.session.execute(text("SELECT body FROM weigai_event WHERE stream LIKE 'refused/%'")).scalars()]
    )
    assert [e.action for e in desk.api.history(case)] == ["open_case"]
    assert desk.api.records.verify().problems == ()


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE weigai_event SET body = replace(body, '\"pay\"', '\"approve\"') WHERE stream LIKE 'refused/%'",
        "UPDATE weigai_event SET acted_by = 'p-other' WHERE stream LIKE 'refused/%'",
        "DELETE FROM weigai_event WHERE stream LIKE 'refused/%' AND seq = 2",
        "DELETE FROM weigai_event WHERE stream LIKE 'refused/%' AND seq = 1",
        "DELETE FROM weigai_event WHERE stream LIKE 'refused/%'",
        "DELETE FROM weigai_stream WHERE stream LIKE 'refused/%'",
    ],
)
def test_its_stream_is_verified(desk: Desk, tampering: str) -> None:
    for _ in range(2):
        desk.api.records.refused_attempt(actor=person("finance"), action="pay", rules=["R40a"])
    assert desk.api.records.verify().problems == ()
    with unguarded(desk.session):
        desk.session.execute(text(tampering))
    assert {p.stream for p in desk.api.records.verify().problems} == {f"{COUNTY}:refused/p-finance"}


def test_each_area_keeps_its_own(store_desk: Desk) -> None:
    desk = store_desk
    here, there = person("finance"), Actor("p-finance", "finance", ("150784",))
    for actor in (here, there, Actor("p-v", "village", (VILLAGE,))):
        desk.api.records.refused_attempt(actor=actor, action="pay", exit_code=4)

    def seen(office: str, *units: str, who: str = "p-reader") -> set[tuple[str, str]]:
        found = desk.api.records.attempts(actor=Actor(who, office, units))
        return {(a.county, a.person) for a in found}

    mine = {(COUNTY, "p-finance"), (COUNTY, "p-v")}
    for office in ("county", "auditor", "discipline", "admin"):
        assert seen(office, COUNTY) == mine
        assert seen(office, COUNTY, "150784") == {*mine, ("150784", "p-finance")}
        assert seen(office, TOWNSHIP) == set()  # who has no whole county sees but their own
    assert seen("finance", COUNTY) == seen("village", VILLAGE) == set()
    assert seen("finance", COUNTY, who="p-finance") == {(COUNTY, "p-finance")}
    logged = {e.stream for e in desk.api.records.log(actor=Actor("p-r", "finance", (COUNTY,)))}
    assert not {stream for stream in logged if stream.startswith("refused/")}
