"""A released program and a later one on one database, each a folder of its own, run as real processes.

Of each schema one released program is kept, a wheel in tests/migration/programs/<schema>; `scripts/keep-program` builds
that of this tree's schema anew.
"""

from __future__ import annotations

import ast
import json
import zipfile
from typing import TYPE_CHECKING

import pytest
from weigai.db import open_engine
from weigai.db.tables import LOWEST, SCHEMA

from tests.migration.program import APPLICATION, ITS_OWN, PAPERS, WHEELS, Program, copied, later, unpacked
from tests.migration.test_later_schema import rows
from tests.support import household

if TYPE_CHECKING:
    from pathlib import Path

WHEEL = WHEELS[max(WHEELS)]
NEXT = f"{int(SCHEMA) + 1:04}"
heavy = pytest.mark.heavy


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folders of four programs: the released one, this tree's, a later one, and a later one that raises the lowest."""
    folder = tmp_path_factory.mktemp("homes")
    return {
        "released": unpacked(WHEEL, folder / "released"),
        "tree": copied(folder / "tree"),
        "later": later(folder / "later", SCHEMA, LOWEST, raised=False),
        "raised": later(folder / "raised", SCHEMA, LOWEST, raised=True),
    }


@pytest.fixture(params=["sqlite", "walled"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database; on PostgreSQL the command line puts row-level security up."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'weigai.db'}"
    return request.getfixturevalue("postgres").fresh().replace("+psycopg", "")


def schema_of(wheel: Path) -> str:
    """Return the schema that a program was made for."""
    with zipfile.ZipFile(wheel) as packed:
        lines = ast.parse(packed.read("weigai/db/tables.py")).body
    said = {line.targets[0].id: line.value for line in lines if isinstance(line, ast.Assign)}
    return str(ast.literal_eval(said["SCHEMA"]))


@pytest.mark.parametrize("schema", WHEELS)
def test_the_kept_program_is_of_the_schema_that_its_folder_says(schema: str) -> None:
    assert schema_of(WHEELS[schema]) == schema <= SCHEMA


def _sound(program: Program) -> dict[str, bool]:
    """Return what `doctor` finds well; it ends with 6 where the address is an owner's."""
    return {check["check"]: check["ok"] for check in program.json("doctor", code=None)}


@heavy
def test_a_released_program_works_on_after_a_later_one_upgraded(homes, url: str, tmp_path: Path) -> None:
    old, new = Program(homes["released"], tmp_path, url), Program(homes["later"], tmp_path, url)
    old("init")
    first = old.open()
    sound = _sound(old)
    assert new.json("db", "upgrade") == {"before": schema_of(WHEEL), "after": NEXT}
    theirs = new.open()
    second = old.open()
    assert old.submit(first) == old.submit(theirs) == "village_deliberation"
    assert new.submit(second) == "village_deliberation"
    assert {case["case"] for case in old.json("case", "list")} == {first, second, theirs}
    assert [event["action"] for event in old.json("case", "history", second)] == ["open_case", "submit_application"]
    assert old.json("db", "upgrade") == {"before": NEXT, "after": NEXT}
    assert old.json("db", "check") == {"schema": NEXT, "ok": True, "problems": []}
    assert _sound(old) == sound
    for program in (old, new):
        program("audit", "verify")
    before = rows_of(url)
    for words in (("db", "backup", "--to", "b.db"), ("db", "rotate-key"), ("doctor", "--sweep")):
        old(*words, code=6)
    if not url.startswith("sqlite"):
        old("db", "protect", code=6)
    assert rows_of(url) == before
    new("db", "backup", "--to", "b.db")


@heavy
def test_a_released_program_is_refused_where_it_would_write_wrongly(homes, url: str, tmp_path: Path) -> None:
    old, new = Program(homes["released"], tmp_path, url), Program(homes["raised"], tmp_path, url)
    old("init")
    case = old.open()
    new("db", "upgrade")
    before = rows_of(url)
    old.open(code=6)
    old.submit(case, code=6)
    for words in (("case", "list"), ("audit", "verify"), ("db", "upgrade"), ("db", "check"), ("init",)):
        old(*words, code=6)
    assert rows_of(url) == before
    assert new.submit(case) == "village_deliberation"
    new("audit", "verify")


@heavy
def test_this_program_takes_a_database_of_the_released_one(homes, url: str, tmp_path: Path) -> None:
    old, tree = Program(homes["released"], tmp_path, url), Program(homes["tree"], tmp_path, url)
    old("init")
    case = old.open()
    assert tree.json("db", "upgrade") == {"before": schema_of(WHEEL), "after": SCHEMA}
    assert tree.submit(case) == "village_deliberation"
    other = tree.open()
    assert {row["case"] for row in tree.json("case", "list")} == {case, other}
    assert tree.json("db", "check")["ok"]
    tree("audit", "verify")
    old("audit", "verify")


def rows_of(url: str) -> dict[str, list[str]]:
    engine = open_engine(url)
    found = rows(engine)
    engine.dispose()
    return found


# A host's own program, on a PostgreSQL without row-level security: open, advance, list, verify.
HOST = f"""{ITS_OWN}
import json, sys
from datetime import UTC, date, datetime
from pathlib import Path
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from weigai.db import schema
from weigai.workflow import Actor, Approvals, Attachment, FileStore, Keys, WeigaiError, prepare_engine

url, household, data, papers = json.loads(sys.argv[1])
engine, day = prepare_engine(create_engine(url)), date(2019, 6, 10)
clerk = Actor("p-7", "village", ("150783101201",))
try:
    if sys.argv[2] == "upgrade":
        print(json.dumps(schema.upgrade(engine)))
        sys.exit()
    with engine.connect() as connection:
        schema.check(connection)
    with Session(engine.execution_options(weigai_write=True)) as session, session.begin():
        noon = datetime(2019, 6, 10, 4, tzinfo=UTC)
        api = Approvals(session, files=FileStore(Path("files")), keys=Keys.from_file(Path("key")), now=lambda: noon)
        case = api.open_case(policy="zhalantun-2019-a", unit=clerk.units[0], household=household, actor=clerk, on=day)
        given = [Attachment(kind, content=kind.encode()) for kind in papers]
        case = api.advance(case.id, "submit_application", actor=clerk, on=day, data=data, documents=given)
        found = [problem.what for problem in api.records.verify().problems]
        print(json.dumps([case.state, len(list(api.list(actor=clerk))), found]))
except WeigaiError as error:
    print(json.dumps(type(error).__name__))
"""


@heavy
@pytest.mark.parametrize("raised", [False, True])
def test_hosts_of_two_releases_share_a_postgresql_without_row_level_security(
    homes, postgres, tmp_path: Path, raised: bool
) -> None:
    url = postgres.fresh()
    told = json.dumps([url, household(), APPLICATION, PAPERS])
    old, new = (Program(homes[name], tmp_path, url) for name in ("released", "raised" if raised else "later"))

    def work(program: Program, what: str = "work"):
        return json.loads(program.python(HOST, told, what))

    assert work(old, "upgrade") == [None, schema_of(WHEEL)]
    assert work(old) == ["village_deliberation", 1, []]
    assert work(new, "upgrade") == [schema_of(WHEEL), NEXT]
    before = rows_of(url)
    if raised:
        assert work(old) == work(old, "upgrade") == "SchemaTooNew"
        assert rows_of(url) == before
        assert work(new) == ["village_deliberation", 2, []]
    else:
        assert work(old) == ["village_deliberation", 2, []]
        assert work(new) == ["village_deliberation", 3, []]
        assert work(old) == ["village_deliberation", 4, []]
