"""A backup from outside writes nowhere but into its folder, and what was left by one that was killed is taken away."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from weigai.db import open_engine
from weigai.db.backup.backup import backup
from weigai.db.backup.new_files import new_files
from weigai.db.backup.restore import restore
from weigai.db.vault.files import FileStore
from weigai.states.errors import InputRefused, IntegrityBroken, NotADatabase

from tests.support import KEYS, Desk


@pytest.fixture
def made(desk: Desk, tmp_path: Path) -> Path:
    """A backup of a record with papers, beside its keys and files."""
    case = desk.open()
    desk.walk(case, "village_notice")
    desk.session.commit()
    keys, files = tmp_path / "b.keys", (desk.files, tmp_path / "b.files")
    backup(desk.engine, tmp_path / "b.db", keys=keys, files=files, master=KEYS)
    return tmp_path / "b.db"


def rewrite(path: Path, *statements: str) -> None:
    """Change rows of a backup, and leave its schema as it was."""
    with closing(sqlite3.connect(path)) as file:
        triggers = file.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            file.execute(f"DROP TRIGGER {name}")
        for statement in (*statements, *(sql for _, sql in triggers)):
            file.execute(statement)
        file.commit()


def brought_back(made: Path) -> None:
    engine = open_engine(f"sqlite:///{made.with_name('new.db')}")
    stores = FileStore(made.with_name("b.files")), FileStore(made.with_name("in") / "the" / "files")
    try:
        restore(engine, made, keys=made.with_name("b.keys"), files=stores)
    finally:
        engine.dispose()


@pytest.mark.parametrize("where", ["../..", "/tmp", "..", "1507/3", "150783\n"])
def test_a_county_that_is_a_path_is_refused_and_nothing_is_written(made: Path, where: str) -> None:
    keys = made.with_name("b.keys")
    keys.write_text(keys.read_text().replace('"county": "150783"', f'"county": "{where}"'.replace("\n", "\\n")))
    with closing(sqlite3.connect(made)) as file:
        tables = "SELECT m.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name = 'county'"
        named = [name for (name,) in file.execute(tables)]
    rewrite(made, *(f"UPDATE {name} SET county = '{where}'" for name in named))
    before = sorted(made.parent.rglob("*"))
    with pytest.raises(IntegrityBroken):
        brought_back(made)
    apart = {made.with_name("new.db"), *made.parent.glob("new.db*"), *made.parent.glob("in/**/*"), made.with_name("in")}
    assert sorted(set(made.parent.rglob("*")) - apart) == before
    assert not [path for path in made.parent.glob("in/**/*") if path.is_file() and "databases.json" not in path.name]


def test_an_honest_one_comes_back_and_one_with_a_view_does_not(made: Path) -> None:
    brought_back(made)
    made.with_name("new.db").unlink()
    rewrite(made, "CREATE VIEW x AS SELECT 1")
    with pytest.raises(NotADatabase):
        brought_back(made)


def test_what_a_killed_one_left_is_taken_away_by_the_next_to_that_name(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from weigai.db.backup.new_files import new_files\n"
        "with new_files(Path(sys.argv[1])) as (made,):\n"
        "    made.write_text('half'); Path(f'{made}-journal').write_text('half'); print('made', flush=True); time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "b.db")], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"made\n"
        with new_files(tmp_path / "b.db") as (mine,):  # another is at work: its file is not touched
            assert len(list(tmp_path.iterdir())) == 3
            mine.write_text("whole")
        process.send_signal(signal.SIGKILL)
    assert len(list(tmp_path.iterdir())) == 3
    (tmp_path / "b.db").unlink()
    (tmp_path / ".b.db-of another").write_text("stays")
    with new_files(tmp_path / "b.db") as (mine,):
        mine.write_text("whole")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".b.db-of another", "b.db"]


def refused_for_its_keys(made: Path, *lines: str) -> str:
    made.with_name("b.keys").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    with pytest.raises(InputRefused) as refused:
        brought_back(made)
    with closing(sqlite3.connect(made.with_name("new.db"))) as file:
        assert file.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    return str(refused.value)


HEAD = '{"weigai": "keys", "v": 1}'


@pytest.mark.parametrize(
    "head", ['{"weigai": "keys", "v": true}', '{"weigai": "keys", "v": 1.0}', "[]", '{"v": 1, "v": 1}']
)
def test_a_file_of_keys_of_another_version_is_none(made: Path, head: str) -> None:
    rows = made.with_name("b.keys").read_text(encoding="utf-8").splitlines()[1:]
    assert "is not a file of keys" in refused_for_its_keys(made, head, *rows)


@pytest.mark.parametrize("value", [[], {}, 1, True, None, "\ud800", "a\0b"])
@pytest.mark.parametrize("name", ["county", "stream", "person"])
def test_a_key_whose_fields_are_not_texts_is_none(made: Path, name: str, value: object) -> None:
    row = json.loads(made.with_name("b.keys").read_text(encoding="utf-8").splitlines()[1])
    assert "is not a file of keys" in refused_for_its_keys(made, HEAD, json.dumps({**row, name: value}))


def test_a_key_twice_is_none(made: Path) -> None:
    row = made.with_name("b.keys").read_text(encoding="utf-8").splitlines()[1]
    assert "is not a file of keys" in refused_for_its_keys(made, HEAD, row, row)


def test_nothing_is_erased_on_the_strength_of_a_file_that_holds_no_keys(made: Path) -> None:
    assert "contains no keys" in refused_for_its_keys(made, HEAD)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE weigai_event SET body = CAST(x'fffefd' AS TEXT)",
        "UPDATE weigai_event SET action = printf('%.*c', 100000, 'x')",
        "UPDATE weigai_event SET body = printf('%.*c', 3000000, 'x')",
        """UPDATE weigai_event SET body = '{"acted_by":' || replace(hex(zeroblob(300000)), '0', '{"":')""",
    ],
)
def test_a_backup_whose_rows_cannot_be_read_is_called_a_damaged_one(made: Path, statement: str) -> None:
    rewrite(made, statement)
    with pytest.raises(NotADatabase, match="is damaged"):
        brought_back(made)
