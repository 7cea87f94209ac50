"""One village's rows, committed by the program's own role: a sample is what `scripts/prove probes` runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from weigai.db import open_engine

from tests.prove import probes_inside
from tests.prove.probes_inside import ELSEWHERE, OTHER, REFUSED
from tests.support import COUNTY, VILLAGE, Desk, person

if TYPE_CHECKING:
    from pathlib import Path

    from tests.postgres import Server

HOLES = {
    "a false check of the county's keys": "ALTER POLICY weigai_write ON weigai_key WITH CHECK (true)",
    "a newest master key of no form": "ALTER POLICY weigai_write ON weigai_master WITH CHECK (true)",
    "the county's archive number at its end": "ALTER POLICY weigai_write ON weigai_tally WITH CHECK (true)",
    "a village that went over into itself": "ALTER POLICY weigai_write ON weigai_succession WITH CHECK (true)",
    "another name of the village": "ALTER POLICY weigai_change ON weigai_unit USING (true) WITH CHECK (true)",
    "the account of an official of elsewhere": (
        "ALTER POLICY weigai_change ON weigai_person USING (true) WITH CHECK (true)"),
    "somebody of no trial in a trial county": "ALTER POLICY weigai_write ON weigai_person WITH CHECK (true)",
    "an account that is the id of an official of elsewhere": "ALTER POLICY weigai_write ON weigai_person WITH CHECK (true)",
    "an office of no name": "ALTER POLICY weigai_write ON weigai_grant WITH CHECK (true)",
    "a list by another village's number": "ALTER POLICY weigai_write ON weigai_list WITH CHECK (true)",
    "a case by no county's number": "ALTER POLICY weigai_write ON weigai_case WITH CHECK (true)",
    "the numbers of an official of elsewhere": "ALTER POLICY weigai_read ON weigai_private USING (true)",
}  # fmt: skip


def test_what_a_village_writes_spoils_nothing_for_others(postgres: Server, walled_url: str, tmp_path: Path) -> None:
    engine = open_engine(postgres.login(walled_url))
    assert list(probes_inside.attacked(engine, tmp_path)) == []
    engine.dispose()


@pytest.mark.parametrize("hole", HOLES)
def test_each_rule_is_what_holds_it(postgres: Server, walled_url: str, tmp_path: Path, hole: str) -> None:
    owner, engine = open_engine(walled_url), open_engine(postgres.login(walled_url))
    with owner.begin() as connection:
        connection.exec_driver_sql(HOLES[hole])
    found = list(probes_inside.attacked(engine, tmp_path))
    assert f"{hole} was taken" in found
    assert set(HOLES) == set(REFUSED)
    owner.dispose()
    engine.dispose()


def test_an_official_of_two_villages_is_verified_from_one(walled_desk: Desk) -> None:
    root = person("admin")
    offices = [("village", VILLAGE), ("village", OTHER)]
    walled_desk.api.register.import_units([(COUNTY, "县"), (VILLAGE[:9], "镇"), (VILLAGE, "村")], actor=root)
    walled_desk.api.register.import_units([(OTHER[:9], "乡"), (OTHER, "庄")], actor=root)
    walled_desk.api.register.add_person(COUNTY, ELSEWHERE, "张三", offices=offices, actor=root)
    walled_desk.api.register.declare(ELSEWHERE, {"id_number": "150799196103030027"}, actor=root)
    clerk = person("village")
    assert [p.name for p in walled_desk.api.register.persons(actor=clerk) if p.id == ELSEWHERE] == ["张三"]
    found = walled_desk.api.records.verify(actor=clerk)
    assert not found.problems
    from weigai.db.scope import enter

    enter(walled_desk.session.connection(), (VILLAGE,), clerk.person)
    fields = walled_desk.session.execute(
        text("SELECT field FROM weigai_private WHERE stream = :stream"), {"stream": f"person/{ELSEWHERE}"}
    )
    assert list(fields.scalars()) == [f"persons/{ELSEWHERE}/name"]
