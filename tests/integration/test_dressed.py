"""A register that was dressed for one command and put back: what was done by it is told, and honest work never is."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from weigai.db.log.entry import dumps
from weigai.workflow import Actor, Approvals, Seat

from tests.machines import hired
from tests.prove.dressed import ATTACKS, attacked, opened, place, sitting, told
from tests.prove.one_alone import planted
from tests.support import COUNTY, FIRST, KEYS, TOWNSHIP, VILLAGE, Desk, founded, holds, household, merged, person

if TYPE_CHECKING:
    from pathlib import Path

    from tests.forks import Machine

OTHER, FAR = "150783101202", "150783102201"
GRANT = f"INSERT INTO weigai_grant VALUES ('{COUNTY}', 'p-9', 7, 'village', '{FAR}', '2019-01-01', NULL, 'p-0001', 'p-0002')"


def seated(desk: Desk, login: str) -> Approvals:
    """Return the API as a command line has it at which a user of the system sits."""
    return Approvals(desk.session, now=desk.now, keys=KEYS, seat=Seat(login))


def entered(desk: Desk, login: str, actor: Actor, unit: str) -> str:
    """Open a case as a command line does; return its id."""
    own = household(head={"name": "王五", "id_number": "150799196103030027"}, account=None)
    return (
        seated(desk, login)
        .open_case(policy="zhalantun-2019-a", unit=unit, household=own, actor=actor, on=desk.today)
        .id
    )


def found(desk: Desk) -> list[tuple[tuple[str, ...], str, list[str]]]:
    rows = desk.api.records.findings(actor=person("county"), kinds=["no_office"])
    return [(one.cases, one.evidence["by"], one.evidence["how"]) for one in rows]


@pytest.mark.parametrize("name", ATTACKS)
def test_what_was_done_by_a_dressed_register_is_told(tmp_path: Path, name: str) -> None:
    machine, attack = place(tmp_path), ATTACKS[name]
    assert told(machine) == []
    attacked(machine, attack)
    assert [how for _, _, how in told(machine)] == [attack.how]


def test_honest_work_is_not_told(tmp_path: Path) -> None:
    machine = place(tmp_path)
    clerk = sitting(machine, "a-p-0007")
    clerk(*opened(VILLAGE))
    sitting(machine, "a-p-0009")(*opened(VILLAGE, "--as", "p-0007", on="2019-06-05"))
    machine.ahead += 3600
    machine("user", "revoke", "p-0007", f"village@{VILLAGE}", "--on", "2019-06-01")
    machine.ahead += 3600
    hired(machine, "p-0010", f"township@{TOWNSHIP}", "--since", "2019-01-01")
    assert told(machine) == []


def test_areas_and_days_are_those_of_the_events(store_desk: Desk) -> None:
    desk = store_desk
    register = founded(desk)
    clerk = holds(register, "p-9", "village", VILLAGE, since=date(2019, 1, 1))
    case = entered(desk, "p-8", holds(register, "p-8", "village", OTHER), OTHER)
    merged(register, OTHER, VILLAGE)
    wider = replace(clerk, units=(VILLAGE, OTHER))
    seated(desk, "p-9").take(case, "record_contact", actor=wider, on=desk.today, data={"note": "谈话"})
    assert found(desk) == []
    wide = replace(clerk, units=(FAR,))
    desk.session.execute(text(GRANT))
    one, other = entered(desk, "p-9", wide, FAR), entered(desk, "moon", clerk, VILLAGE)
    desk.session.execute(text("DELETE FROM weigai_grant WHERE no = 7"))
    assert sorted(found(desk)) == sorted([((one,), "p-9", ["office"]), ((other,), "p-9", ["login"])])


def test_what_a_host_enters_is_its_own_affair(store_desk: Desk) -> None:
    desk = store_desk
    founded(desk)
    desk.walk(desk.open(), "village_publicity")
    assert found(desk) == []


def test_in_a_trial_county_nothing_is_told(store_desk: Desk) -> None:
    desk = store_desk
    desk.api.register.add_person(COUNTY, "p-9", "某", offices=[("village", VILLAGE)], actor=FIRST)
    entered(desk, "p-9", Actor("p-404", "village", (COUNTY,)), VILLAGE)
    assert found(desk) == []


def test_who_sees_a_part_of_a_county_is_told_nothing(store_desk: Desk) -> None:
    desk = store_desk
    founded(desk)
    entered(desk, "moon", person("village"), VILLAGE)
    assert len(found(desk)) == 1
    assert desk.api.records.findings(actor=person("township"), kinds=["no_office"]) == []


ON_TRIAL = {"persons/p-9": {"account": "p-9", "trial": True}}


@pytest.mark.parametrize("kind", ["a person's own stream", "a new person", "an event of another place"])
def test_no_planted_event_makes_a_founded_county_a_trial_county(store_desk: Desk, kind: str) -> None:
    desk = store_desk
    clerk = holds(founded(desk), "p-9", "village", VILLAGE)
    case = entered(desk, "moon", clerk, VILLAGE)
    if kind == "a new person":
        new = {"persons/p-10": {"account": "x", "trial": True}}
        planted(desk, "person/p-10", "add_person", replace(FIRST, person="p-9"), new)
    else:
        planted(desk, "person/p-9", "add_person", replace(FIRST, person="p-9"), ON_TRIAL)
    if kind == "an event of another place":
        misplaced(desk)
    assert ((case,), "p-9", ["login"]) in found(desk)
    entered(desk, "p-9", clerk, VILLAGE)
    assert [cases for cases, _, how in found(desk) if how == ["login"] and cases] == [(case,)]


def misplaced(desk: Desk) -> None:
    """Plant an event in the stream of p-9 that says it is the first one of an administrator, from before all time."""
    query = "SELECT * FROM weigai_event WHERE stream = 'person/p-9' ORDER BY seq DESC LIMIT 1"
    row = dict(desk.session.execute(text(query)).mappings().one())
    body = json.loads(row["body"]) | {"seq": 1, "stream": "person/p-0001", "recorded_at": "0"}
    row |= {"seq": 98, "request_id": "misplaced", "hash": "h", "body": dumps(body)}
    values = ", ".join(f":{name}" for name in row)
    desk.session.execute(text(f"INSERT INTO weigai_event ({', '.join(row)}) VALUES ({values})"), row)


def test_a_unit_that_goes_over_on_an_earlier_day_takes_back_nothing(tmp_path: Path) -> None:
    """Neither an act on what had gone over into the unit before, nor the agreement of a second person to one."""
    machine = place(tmp_path)
    hired(machine, "p-0010", f"village@{OTHER}", "--since", "2019-01-01")
    hired(machine, "p-0011", f"village@{FAR}", "--since", "2019-01-01")
    hired(machine, "p-0012", f"township@{TOWNSHIP}", "--since", "2019-01-01")
    case = sitting(machine, "a-p-0007").json(*opened(VILLAGE))["case"]
    machine.file("p.jpg", "picture")
    machine.ahead += 2 * 86_400
    gone_over(machine, VILLAGE, OTHER, "2019-06-11")
    machine.ahead += 60 * 86_400
    clerk, paper = sitting(machine, "a-p-0010"), ("case", "attach", case, "--document")
    late = ("--reason", "补录")
    clerk(*paper, "village_plan=p.jpg", "--on", "2019-06-13", "--agreed-by", "p-0012", *late)
    other = sitting(machine, "a-p-0012")
    other(*paper, "danger_photo=p.jpg", "--on", "2019-06-13", "--agreed-by", "p-0010", *late)
    machine.ahead += 3600
    gone_over(machine, OTHER, FAR, "2019-06-12")
    assert told(machine) == []
    found = machine.run(["--json", "report", "findings"], env=machine.env, stdin=b"")
    assert "decided_otherwise" not in [one["kind"] for one in json.loads(found.out)]


def gone_over(machine: Machine, code: str, into: str, on: str) -> None:
    """Let a unit go over into another, by the two administrators."""
    sitting(machine, "zhang")("unit", "merge", code, "--into", into, "--on", on)
    sitting(machine, "li")("unit", "confirm")
