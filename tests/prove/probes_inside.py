"""What the program's own role writes from the scope of one village, committed: everybody else goes on as before."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from weigai.db import open_engine
from weigai.db.row_security.protect import ROLE
from weigai.states.errors import WeigaiError
from weigai.states.policy.tables import policy_hash
from weigai.workflow.library import bundled

from tests.postgres import Server
from tests.support import COUNTY, TOWNSHIP, VILLAGE, Desk, household, person

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

OTHER = "150783102201"
ELSEWHERE = "p-elsewhere"  # an official of the other village
MINE = f'id = "zhalantun-2019-a"\ncounty = "{COUNTY}"\n'
POLICY = "INSERT INTO weigai_policy VALUES (:hash, :id, :content, :moves, '2999-01-01T00:00:00Z')"
GRANT = f"INSERT INTO weigai_grant VALUES ('{COUNTY}', '{ELSEWHERE}', 99, 'village', '{VILLAGE}', '2019-01-01', NULL, 'a', 'b')"
REFUSED = {
    "a false check of the county's keys": f"INSERT INTO weigai_key VALUES ('{COUNTY}', 'check', 'index', 'no', NULL, NULL)",
    "a newest master key of no form": "INSERT INTO weigai_master (one, master) VALUES (1, 'none')",
    "the county's archive number at its end": (
        f"INSERT INTO weigai_tally VALUES ('{COUNTY}', 'archive/zhalantun-2019-a/{COUNTY}', 999999999)"),
    "a village that went over into itself": (
        f"INSERT INTO weigai_succession VALUES ('{COUNTY}', '{VILLAGE}', '{VILLAGE}', '2019-01-01')"),
    "another name of the village": f"UPDATE weigai_unit SET name = 'x' WHERE code = '{VILLAGE}'",
    "the account of an official of elsewhere": (
        f"{GRANT}; UPDATE weigai_person SET account = 'mine' WHERE id = '{ELSEWHERE}'"),
    "somebody of no trial in a trial county": (
        f"{GRANT.replace(ELSEWHERE, 'p-new')}; INSERT INTO weigai_person VALUES ('{COUNTY}', 'p-new', 'new', 0)"),
    "an account that is the id of an official of elsewhere": (
        f"{GRANT.replace(ELSEWHERE, 'p-new')}; INSERT INTO weigai_person VALUES ('{COUNTY}', 'p-new', '{ELSEWHERE}', 1)"),
    "an office of no name": GRANT.replace("'village'", "''"),
    "a list by another village's number": (
        f"INSERT INTO weigai_list VALUES ('{COUNTY}', '{OTHER}-M-2026-0002', 'meeting', '{VILLAGE}', '2026-11-27', 'new', 1, '{{}}')"),
    "a case by no county's number": (
        "INSERT INTO weigai_case (county, id, unit, township, policy_id, policy_hash, state, version, head, opened_on, opened_at,"
        f" no_house, record) VALUES ('{COUNTY}', '999999-2019-AAAAAAA', '{VILLAGE}', '{TOWNSHIP}', 'a', 'b', 'new', 1, 'h',"
        " '2019-01-01', '2019-01-01', 0, '{}')"),
    "the numbers of an official of elsewhere": (
        f"{GRANT}; SELECT * FROM weigai_private WHERE stream = 'person/{ELSEWHERE}' AND field LIKE 'declared/%%'"),
}  # fmt: skip
CONTENTS = {
    "a text that is no plan": ("zhalantun-2019-a", "no plan", "{}"),
    "a plan of this id that is none": ("zhalantun-2019-a", f"{MINE}steps = 7\n", "{}"),
    "arrays without end": ("zhalantun-2019-a", f"{MINE}x = {'[' * 5000}", "{}"),
    "a true plan under another id": ("zhalantun-2019-a", bundled()["zhalantun-2019-b"], '{"county": 7}'),
}


def planted_rows() -> list[str]:
    """Return what a village could do to others by rows of its own: refused by the wall, or without effect."""
    with Server() as server, TemporaryDirectory(prefix="weigai-prove-") as folder:
        engine = open_engine(server.login(server.ready(ROLE)))
        try:
            return [*attacked(engine, Path(folder))]
        finally:
            engine.dispose()


def attacked(engine: Engine, folder: Path) -> Iterator[str]:
    """Yield what went wrong: the register first, then the rows, then the work of everybody else."""
    with Desk(engine, folder / "files") as desk:
        root = person("admin")
        names = [(COUNTY, "县"), (TOWNSHIP, "镇"), (VILLAGE, "村"), (OTHER[:9], "乡"), (OTHER, "庄")]
        desk.api.register.import_units(names, actor=root)
        desk.session.commit()
    first = {name: sql for name, sql in REFUSED.items() if "elsewhere" not in name}  # before anybody wrote a key
    yield from (f"{name} was taken" for name, sql in first.items() if _does(engine, sql))
    with Desk(engine, folder / "files") as desk:
        desk.api.register.add_person(COUNTY, ELSEWHERE, "张三", offices=[("village", OTHER)], actor=person("admin"))
        desk.api.register.declare(ELSEWHERE, {"id_number": "150799196103030027"}, actor=person("admin"))
        desk.session.commit()
    yield from (f"{name} was taken" for name, sql in REFUSED.items() if name not in first and _does(engine, sql))
    with Desk(engine, folder / "files") as desk:
        desk.api.open_case(policy="zhalantun-2019-a", unit=OTHER, household=household("o"), actor=_of(OTHER))
        desk.session.commit()
        before = _told(desk)
        for name, (own_id, content, moves) in CONTENTS.items():
            if not _does(engine, POLICY, hash=policy_hash(content), id=own_id, content=content, moves=moves):
                yield f"{name} was not kept: the probe shows nothing"
        try:
            after = _told(desk)
            yield from (f"the {name} changed" for name in before if after[name] != before[name])
            desk.api.open_case(policy="zhalantun-2019-b", unit=OTHER, household=household("p"), actor=_of(OTHER))
            desk.api.inbox(actor=_of(OTHER))
        except WeigaiError as error:
            yield f"others are stopped by a village's row: {type(error).__name__} {error}"


def _does(engine: Engine, sql: str, **values: str) -> bool:
    """Let the bare role do something in the village's scope and commit it; tell whether it reached anything."""
    try:
        with engine.connect() as connection, connection.begin() as transaction:
            connection.exec_driver_sql(f'SET LOCAL ROLE "{ROLE}"')
            said = "SELECT set_config('weigai.units', :unit, true), set_config('weigai.person', 'p-mine', true)"
            connection.execute(text(said), {"unit": VILLAGE})
            for one in sql.split("; "):
                done = connection.execute(text(one.replace("%%", "%")), values)
            reached = len(done.all()) if done.returns_rows else done.rowcount
            if not reached or not values:  # what is refused or reaches nothing leaves nothing for the next
                transaction.rollback()
            return bool(reached)
    except DBAPIError:
        return False


def _of(unit: str) -> Any:
    from weigai.workflow import Actor

    return Actor(f"p-{unit}", "village", (unit,))


def _told(desk: Desk) -> dict[str, Any]:
    """Return what the county and the other village read."""
    api, reader = desk.api, person("county")
    found = {
        "inbox": list(api.inbox(actor=_of(OTHER))),
        "findings": list(api.records.findings(actor=reader)),
        "budget": list(api.records.budget(actor=reader, policy="zhalantun-2019-a")),
        "overdue": list(api.records.overdue(actor=reader)),
        "unusable": dict(api.records.unusable(actor=reader)),
    }
    desk.session.commit()
    return found


INSIDE = {planted_rows.__name__: planted_rows}
