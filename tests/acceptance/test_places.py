"""Two databases of one user, a copy, a restored one: none takes away the keys or files of another."""

from __future__ import annotations

import json
import shutil
import sqlite3
import stat
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from tests.forks import RealTerminal, Terminal
from tests.machines import aged, terminal, whole, with_paper

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.postgres import Server


def check(term: Terminal, name: str) -> dict[str, Any]:
    said = term("--lang", "en", "--json", "doctor", code=None)
    return next(c for c in json.loads(said) if c["check"] == name)


@pytest.fixture
def two(postgres: Server, tmp_path: Path) -> tuple[Terminal, Terminal]:
    """Two PostgreSQL databases of one user who gave no place for keys and files, each with a case and a paper."""
    made = [terminal(tmp_path, postgres.fresh().replace("+psycopg", ""), RealTerminal) for _ in range(2)]
    for n, term in enumerate(made):
        term("init")
        with_paper(term, f"picture {n}")
    return made[0], made[1]


def test_keys_that_one_database_retires_are_no_other_databases(two: tuple[Terminal, Terminal]) -> None:
    first, second = two
    second("db", "rotate-key")
    second("db", "retire-key")
    assert whole(first)
    assert whole(second)
    assert len(list(first.folder.glob("data/weigai/*/weigai.key"))) == 2


def test_a_sweep_of_one_database_leaves_the_files_of_another(two: tuple[Terminal, Terminal]) -> None:
    first, second = two
    files = aged(first.folder / "data")
    assert len(files) == 2
    second("doctor", "--sweep", code=None)
    assert all(path.exists() for path in files)
    assert whole(first)
    assert whole(second)


def test_databases_that_share_their_places_are_told_and_take_nothing_away(postgres: Server, tmp_path: Path) -> None:
    """As an earlier release put them: one key file and one folder for every server database of the user."""
    first, second = (terminal(tmp_path, postgres.fresh().replace("+psycopg", "")) for _ in range(2))
    shared = {"WEIGAI_KEYS": str(tmp_path / "weigai.key"), "WEIGAI_FILES": str(tmp_path / "weigai.files")}
    for term in (first, second):
        term.env |= shared
        term("init")
        with_paper(term, "the same bytes")
    files = aged(tmp_path / "weigai.files")
    assert len(files) == 2
    for act in (("db", "retire-key"), ("doctor", "--sweep")):
        second(*act, code=6)
        assert "weigai db adopt" in second.err
    assert not check(second, "places of keys and files")["ok"]
    second("db", "adopt")
    second("doctor", "--sweep", code=6)  # the first one is listed still
    assert all(path.exists() for path in files)
    assert whole(first)
    assert whole(second)
    second("db", "adopt", "--alone")
    assert check(second, "places of keys and files")["ok"]
    first("doctor", "--sweep", code=6)


def test_the_former_place_is_found_and_told(postgres: Server, tmp_path: Path) -> None:
    term = terminal(tmp_path, postgres.fresh().replace("+psycopg", ""))
    term("init")
    with_paper(term)
    (own,) = tmp_path.glob("data/weigai/*/weigai.key")
    for name in ("weigai.key", "weigai.files"):
        (own.parent / name).rename(own.parent.parent / name)
    assert whole(term)
    told = check(term, "places of keys and files")
    assert told["ok"]
    assert str(own.parent.parent / "weigai.key") in told["found"]
    other = terminal(tmp_path, postgres.fresh().replace("+psycopg", ""))
    other("init")  # a new database never shares them
    with_paper(other)
    assert len(list(tmp_path.glob("data/weigai/*/weigai.key"))) == 1
    assert whole(term)
    assert whole(other)
    (own.parent.parent / "weigai.key").unlink()
    term("init", code=6)  # never a fresh key for a database that has data keys
    assert not own.exists()


def copied(source: Path, target: Path) -> None:
    shutil.copy(source, target)


def vacuumed(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as connection:
        connection.execute("VACUUM INTO ?", (str(target),))


def backed_up(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as connection, closing(sqlite3.connect(target)) as other:
        connection.backup(other)


def copy_of(folder: Path, how: Callable[[Path, Path], None]) -> Terminal:
    """Copy a database beside itself; whoever works in the copy has the original's key file and files folder."""
    with closing(sqlite3.connect(folder / "weigai.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    how(folder / "weigai.db", folder / "copy.db")
    copy = Terminal(folder)
    copy.env |= {
        "WEIGAI_DB": f"sqlite:///{folder / 'copy.db'}",
        "WEIGAI_KEYS": str(folder / "weigai.db.key"),
        "WEIGAI_FILES": str(folder / "weigai.db.files"),
    }
    return copy


@pytest.mark.parametrize("how", [copied, vacuumed, backed_up])
def test_a_copy_takes_nothing_away_until_it_is_adopted(tmp_path: Path, how: Callable[[Path, Path], None]) -> None:
    term = Terminal(tmp_path)
    term("init")
    case = with_paper(term)
    copy = copy_of(tmp_path, how)
    for act in (("db", "retire-key"), ("doctor", "--sweep")):
        copy(*act, code=6)
    for both in (term, copy):  # the same bytes, by both, under one name each
        (tmp_path / "new.jpg").write_bytes(b"new")
        both("case", "attach", case, "--document", "danger_photo=new.jpg", "--on", "2019-06-10")
    assert whole(term)
    assert whole(copy)
    copy("db", "adopt")
    copy("doctor", "--sweep", code=6)
    (tmp_path / "weigai.db").unlink()
    copy("db", "adopt", "--alone")
    copy("doctor", "--sweep", code=None)
    assert whole(copy)


def test_an_original_takes_nothing_away_from_a_copy_that_works(tmp_path: Path) -> None:
    term = Terminal(tmp_path)
    term("init")
    case = with_paper(term)
    copy = copy_of(tmp_path, copied)
    (tmp_path / "new.jpg").write_bytes(b"only the copy has it")
    copy("case", "attach", case, "--document", "danger_photo=new.jpg", "--on", "2019-06-10")
    assert not check(term, "places of keys and files")["ok"]
    aged(tmp_path)
    term("db", "rotate-key")
    for act in (("db", "retire-key"), ("doctor", "--sweep")):
        term(*act, code=6)
    assert whole(term)
    assert whole(copy)
    for act in (("db", "retire-key"), ("doctor", "--sweep")):
        copy(*act, code=6)  # it works there, and was not adopted
    (tmp_path / "copy.db").unlink()
    term("db", "adopt", "--alone")
    term("db", "retire-key")
    assert whole(term)


def test_a_key_file_behind_a_link_stays_there(tmp_path: Path) -> None:
    term = Terminal(tmp_path)
    term("init")
    with_paper(term)
    link, kept = tmp_path / "weigai.db.key", tmp_path / "elsewhere" / "own.key"
    kept.parent.mkdir()
    link.rename(kept)
    link.symlink_to(kept)
    term("db", "rotate-key")
    term("db", "retire-key")
    assert link.readlink() == kept
    assert whole(term)


def test_a_file_that_was_moved_is_still_the_same_database(tmp_path: Path) -> None:
    term = Terminal(tmp_path)
    term("init")
    with_paper(term)
    with closing(sqlite3.connect(tmp_path / "weigai.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (tmp_path / "moved").mkdir()
    for name in ("weigai.db", "weigai.db.key", "weigai.db.files"):
        (tmp_path / name).rename(tmp_path / "moved" / name)
    term.env["WEIGAI_DB"] = f"sqlite:///{tmp_path / 'moved' / 'weigai.db'}"
    assert check(term, "places of keys and files")["ok"]
    term("doctor", "--sweep", code=None)
    assert whole(term)


def test_a_restored_database_takes_nothing_away_until_it_is_adopted(postgres: Server, tmp_path: Path) -> None:
    term = terminal(tmp_path, postgres.fresh().replace("+psycopg", ""))
    term("init")
    case = with_paper(term)
    backup = ("--to", "b.db", "--keys", "b.keys", "--files", "b.files")
    term("db", "backup", *backup)
    again = terminal(tmp_path, postgres.fresh().replace("+psycopg", ""))
    again("db", "restore", "b.db", "--keys", "b.keys", "--files", "b.files")
    assert len(list(tmp_path.glob("data/weigai/*/weigai.files"))) == 1  # it has the id of the first: its places too
    assert not check(again, "places of keys and files")["ok"]
    for act in (("db", "retire-key"), ("doctor", "--sweep")):
        again(*act, code=6)
    for both in (term, again):
        (tmp_path / "new.jpg").write_bytes(b"new")
        both("case", "attach", case, "--document", "danger_photo=new.jpg", "--on", "2019-06-10")
    assert whole(term)
    assert whole(again)


def test_a_rotation_keeps_the_group_and_its_rights(tmp_path: Path) -> None:
    term = Terminal(tmp_path)
    term("init")
    with_paper(term)
    key = tmp_path / "weigai.db.key"
    key.chmod(0o660)
    before = key.stat()
    term("db", "rotate-key")
    for path in (key, tmp_path / "weigai.db.key.lock"):
        found = path.stat()
        assert (stat.S_IMODE(found.st_mode), found.st_gid) == (0o660, before.st_gid)
    key.chmod(0o600)
    term("db", "rotate-key")
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
