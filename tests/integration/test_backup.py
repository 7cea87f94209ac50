"""Backups: whole while others write, from either database into either, without the keys, and erasures hold after them."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import stat
import threading
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import or_, select, text, update
from sqlalchemy.orm import Session
from weigai.db import FileStore, open_engine, schema
from weigai.db.audit.verify import verify
from weigai.db.backup.backup import TABLES, backup
from weigai.db.backup.restore import restore
from weigai.db.row_security.census import census
from weigai.db.statements import DOCUMENT, INDEX, KEY, PRIVATE
from weigai.db.vault.erasure import destroy
from weigai.workflow import Approvals, Attachment, Document, InputRefused, NotADatabase, SchemaTooOld, StoreUnavailable

from tests.support import KEYS, Desk, household, person

OTHER = {"head": {"name": "李四", "id_number": "150799196103030027", "registered_poor": True}}


@pytest.fixture
def kept(store_desk: Desk) -> Desk:
    """A desk with two cases on the road, papers, index tokens, a list and a person."""
    register, admin = store_desk.api.register, person("admin")
    register.import_units([("150783", "县"), ("150783101", "镇"), ("150783101201", "村")], actor=admin)
    register.add_person("150783", "p-9", "孙七", offices=[("village", "150783101201")], actor=admin)
    first, second = store_desk.open(), store_desk.open(**OTHER)
    store_desk.walk(first, "village_publicity")
    store_desk.api.lists.new("notice", unit="150783101201", cases=[first, second], actor=person("village"))
    store_desk.session.commit()
    return store_desk


def digests(url: str, *, without: tuple[str, ...] = ("weigai_key",)) -> dict[str, tuple[int, str]]:
    """Return how many rows each table has, and their digest."""
    engine = open_engine(url)
    found = {}
    with engine.connect() as connection:
        for made in (*TABLES, KEY):
            if made.name not in without:
                rows = [_shown(row) for row in connection.execute(select(made).order_by(*made.primary_key.columns))]
                found[made.name] = (len(rows), hashlib.sha256(json.dumps(sorted(rows)).encode()).hexdigest())
    engine.dispose()
    return found


def _shown(row: Any) -> list[str]:
    """Return a row to be compared: what stands in the place of an emptied token differs by chance."""
    return [json.dumps("-" if str(value).startswith("-") else value) for value in row]


@pytest.fixture
def other_url(request: pytest.FixtureRequest, ready_url: str, tmp_path: Path) -> str:
    """The address of an empty database of the other kind."""
    if ready_url.startswith("sqlite"):
        return str(request.getfixturevalue("postgres").fresh())
    return f"sqlite:///{tmp_path / 'other.db'}"


def test_a_backup_is_the_whole_record_and_a_database_itself(kept: Desk, ready_url: str, tmp_path: Path) -> None:
    to, keys = tmp_path / "b.db", tmp_path / "b.keys"
    saved = backup(kept.engine, to, keys=keys)
    own = digests(ready_url)
    assert digests(f"sqlite:///{to}") == own
    assert saved.rows == sum(count for count, _ in own.values())
    assert {name for name, (count, _) in own.items() if count} >= {
        "weigai_event",
        "weigai_case",
        "weigai_private",
        "weigai_document",
        "weigai_index",
        "weigai_list",
        "weigai_grant",
    }
    alone = shutil.copy(to, tmp_path / "alone.db")  # one file is all of it
    opened = open_engine(f"sqlite:///{alone}")
    with Session(opened) as session:
        found = Approvals(session).records.verify()
        assert (found.events, found.problems) == (own["weigai_event"][0], ())
    opened.dispose()
    assert sqlite3.connect(to).execute("SELECT count(*) FROM weigai_key").fetchone() == (0,)
    assert saved.keys == len(keys.read_text(encoding="utf-8").splitlines()) - 1 > 3
    for path in (to, keys):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not [p.name for p in tmp_path.iterdir() if p.name.startswith(".b")]


def test_one_lost_file_key_stops_no_backup_of_the_files(kept: Desk, tmp_path: Path) -> None:
    with kept.engine.begin() as connection:
        one = connection.execute(
            select(KEY).where(KEY.c.stream.startswith("file/"), KEY.c.wrapped.is_not(None))
        ).first()
        own = [KEY.c[name] == getattr(one, name) for name in ("county", "stream", "person")]
        connection.execute(update(KEY).where(*own).values(master="0" * 12))
    there = FileStore(tmp_path / "b.files")
    saved = backup(
        kept.engine, tmp_path / "b.db", keys=tmp_path / "b.keys", files=(kept.files, there.root), master=KEYS
    )
    assert (saved.missing, saved.unchecked) == ((), 1)  # its bytes are copied as they are: the key may be found again
    assert saved.files == len(there.names("150783")) >= 4


def test_a_backup_is_restored_into_the_other_kind(kept: Desk, ready_url: str, other_url: str, tmp_path: Path) -> None:
    to, keys = tmp_path / "b.db", tmp_path / "b.keys"
    there, back = FileStore(tmp_path / "b.files"), FileStore(tmp_path / "back.files")
    saved = backup(kept.engine, to, keys=keys, files=(kept.files, there.root), master=KEYS)
    before = to.read_bytes()
    engine = open_engine(other_url)
    moved, erased, found = restore(engine, to, keys=keys, files=(there, back), master=KEYS)
    assert (moved, erased, found.problems) == (saved, 0, ())
    assert saved.files > 3
    assert digests(other_url, without=()) == digests(ready_url, without=())
    with engine.connect() as connection:
        assert verify(connection, keys=KEYS, files=back).problems == ()
    assert to.read_bytes() == before
    with pytest.raises(InputRefused, match="not empty"):
        restore(engine, to, keys=keys)
    engine.dispose()


def test_what_was_erased_after_a_backup_is_erased_again(
    kept: Desk, ready_url: str, other_url: str, tmp_path: Path
) -> None:
    to, early, late = tmp_path / "b.db", tmp_path / "early.keys", tmp_path / "late.keys"
    backup(kept.engine, to, keys=early)
    partly, wholly = (case.id for case in kept.api.list(actor=person("county")))
    connection = kept.session.connection()
    destroy(connection, partly, "head", "2019-07-01T00:00:00.000000Z")
    destroy(connection, wholly, "all", "2019-07-01T00:00:00.000000Z")
    kept.session.commit()
    backup(kept.engine, tmp_path / "later.db", keys=late)
    engine = open_engine(other_url)
    _, count, _ = restore(engine, to, keys=late)
    assert count > 3
    live = digests(ready_url, without=())
    assert digests(other_url, without=()) == live  # as if the erasures had been made here
    with engine.connect() as connection:
        people = select(PRIVATE.c.person).where(PRIVATE.c.stream == f"case/{partly}", PRIVATE.c.value != "")
        assert "head" not in set(connection.execute(people).scalars())
        values = (PRIVATE.c.stream == f"case/{wholly}", or_(PRIVATE.c.value != "", PRIVATE.c.salt != ""))
        assert not connection.execute(select(PRIVATE).where(*values)).first()
        assert verify(connection, keys=KEYS).problems == ()
    engine.dispose()


def test_a_restore_takes_what_an_erasure_took_and_no_more(store_desk: Desk, other_url: str, tmp_path: Path) -> None:
    """The same bytes on two cases; a reason in the erased one that still has a key; an official's numbers."""
    paper = [Attachment("danger_photo", content=b"shared")]
    register, admin = store_desk.api.register, person("admin")
    register.import_units([("150783", "县"), ("150783101", "镇"), ("150783101201", "村")], actor=admin)
    register.add_person("150783", "p-9", "孙七", offices=[("village", "150783101201")], actor=admin)
    register.declare("p-9", {"id_number": "150799198802290038", "card": "6217000000000009"}, actor=admin)
    first, second = store_desk.open(), store_desk.open(**OTHER)
    for case in (first, second):
        store_desk.api.attach(case, paper, actor=person("village"), on=store_desk.today)
    own = [Document("danger_photo", "a" * 64, 1)]  # a host's, in a store of its own
    store_desk.api.attach(second, own, actor=person("village"), on=store_desk.today)
    store_desk.api.unmask(first, actor=person("county"), reason="核对")
    store_desk.take(first, "withdraw", "village", reason="不改了")
    register.add_person("150783", "p-8", "周八", offices=[("county", "150783")], actor=admin)
    store_desk.session.commit()
    backup(store_desk.engine, tmp_path / "b.db")
    store_desk.today = date(2025, 1, 1)
    store_desk.api.erase(first, actor=person("county"), agreed_by="p-8", reason="期满")
    store_desk.session.commit()
    backup(store_desk.engine, tmp_path / "later.db", keys=tmp_path / "late.keys")
    engine = open_engine(other_url)
    restore(engine, tmp_path / "b.db", keys=tmp_path / "late.keys", master=KEYS)
    sides = (PRIVATE, DOCUMENT, INDEX)
    with engine.connect() as there, store_desk.engine.connect() as here:
        for side in sides:
            gone = side.c.stream.in_((f"case/{first}", f"unmasked/{first}"))
            emptied = [one.name for one in side.columns if one.name in ("salt", "value", "sha256", "token", "same")]
            for row in there.execute(select(*(side.c[name] for name in emptied)).where(gone)).all():
                assert not any(value for value in row if not str(value).startswith("-"))
            query = select(side).where(~gone).order_by(*side.primary_key.columns)
            assert there.execute(query).all() == here.execute(query).all()
        assert here.execute(select(INDEX).where(INDEX.c.stream == "person/p-9")).all()
        assert verify(there, keys=KEYS).problems == ()
    engine.dispose()


def test_a_backup_made_while_others_write_is_of_one_moment(kept: Desk, ready_url: str, tmp_path: Path) -> None:
    case = kept.api.list(actor=person("county"))[0].id
    kept.session.commit()
    done, stop = [], threading.Event()

    def write() -> None:
        engine = open_engine(ready_url)
        while not stop.is_set():
            with Session(engine.execution_options(weigai_write=True)) as session, session.begin():
                Approvals(session, now=kept.now, keys=KEYS).record(
                    case, "record_complaint", actor=person("county"), data={"note": "意见"}
                )
            done.append(1)
        engine.dispose()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(3):
            backup(kept.engine, tmp_path / f"{number}.db")
    finally:
        stop.set()
        writer.join(30)
    assert len(done) > 3
    counts = []
    for number in range(3):
        engine = open_engine(f"sqlite:///{tmp_path / f'{number}.db'}")
        with engine.connect() as connection:
            found = verify(connection)
            assert found.problems == ()
            counts.append(found.events)
        engine.dispose()
    assert counts == sorted(counts)


def test_what_stands_in_the_write_ahead_log_is_in_the_backup(tmp_path: Path) -> None:
    """A copy of the database file alone lacks it."""
    engine = open_engine(f"sqlite:///{tmp_path / 'x.db'}")
    schema.upgrade(engine)
    with Desk(engine, tmp_path / "files") as desk:
        desk.open()
        desk.session.commit()
        assert (tmp_path / "x.db-wal").stat().st_size > 0
        backup(engine, tmp_path / "b.db")
    assert digests(f"sqlite:///{tmp_path / 'b.db'}")["weigai_event"][0] == 1
    engine.dispose()


def test_a_wall_that_stood_stands_after_a_restore(kept: Desk, postgres, tmp_path: Path) -> None:
    """An owner who is no superuser restores behind it, and sees nothing without a scope afterwards."""
    to, keys = tmp_path / "b.db", tmp_path / "b.keys"
    backup(kept.engine, to, keys=keys)
    url = postgres.fresh()
    engine = open_engine(url)
    owner = f"o_{engine.url.database}"
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE ROLE {owner} LOGIN CREATEROLE")
        connection.exec_driver_sql(f"ALTER DATABASE {engine.url.database} OWNER TO {owner}")
        connection.exec_driver_sql(f"GRANT ALL ON SCHEMA public TO {owner}")
    engine.dispose()
    own = open_engine(url.replace("postgres@", f"{owner}@"))
    app = f"a_{own.url.database}"
    schema.upgrade(own, role=app)
    saved, _, found = restore(own, to, keys=keys, master=KEYS, role=app)
    assert (found.problems, found.events > 3) == ((), True)
    with own.connect() as connection:
        assert census(connection, app) == []
        assert connection.execute(text("SELECT count(*) FROM weigai_event")).scalar() == 0
    own.dispose()
    again = open_engine(url)
    assert backup(again, tmp_path / "again.db").rows == saved.rows
    again.dispose()


def test_a_backup_writes_over_nothing_and_leaves_nothing_half(kept: Desk, tmp_path: Path) -> None:
    there = tmp_path / "there.db"
    there.write_bytes(b"mine")
    for to, keys in ((there, None), (tmp_path / "new.db", there)):
        with pytest.raises(InputRefused, match="exists"):
            backup(kept.engine, to, keys=keys)
    assert there.read_bytes() == b"mine"
    with pytest.raises(StoreUnavailable):
        backup(kept.engine, tmp_path / "no" / "folder.db")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("weigai.db.backup.backup.copy_rows", lambda *a: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            backup(kept.engine, tmp_path / "half.db")
    assert not [p.name for p in tmp_path.iterdir() if "half" in p.name or "new.db" in p.name]


def test_a_restore_is_all_or_nothing(kept: Desk, other_url: str, tmp_path: Path) -> None:
    to, keys = tmp_path / "b.db", tmp_path / "b.keys"
    backup(kept.engine, to, keys=keys)
    engine = open_engine(other_url)
    lines = keys.read_text(encoding="utf-8").splitlines()
    for bad in ("", "{}", f'{lines[0]}\n{{"county": "x"}}', f"{lines[0]}\n{lines[1]}\nnot json"):
        (tmp_path / "bad.keys").write_text(bad, encoding="utf-8")
        with pytest.raises(InputRefused):
            restore(engine, to, keys=tmp_path / "bad.keys")
        with engine.connect() as connection:
            assert schema.current(connection) is None
    with pytest.raises(InputRefused):
        restore(engine, tmp_path / "none.db", keys=keys)
    letter = tmp_path / "letter.db"
    letter.write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    with pytest.raises(NotADatabase):
        restore(engine, letter, keys=keys)
    sqlite3.connect(tmp_path / "foreign.db").execute("CREATE TABLE letter (words TEXT)")
    with pytest.raises(NotADatabase):
        restore(engine, tmp_path / "foreign.db", keys=keys)
    old = sqlite3.connect(to)
    old.execute("UPDATE weigai_version SET version_num = '0002'")
    old.commit()
    old.close()
    with pytest.raises(SchemaTooOld):
        restore(engine, to, keys=keys)
    engine.dispose()


def test_a_missing_or_damaged_file_is_named(kept: Desk, tmp_path: Path) -> None:
    gone, changed = sorted(path.name for path in kept.files.lying("150783", before=float("inf")))[:2]
    kept.files._path("150783", gone).unlink()
    kept.files._path("150783", changed).write_bytes(b"other")
    kept.session.commit()
    saved = backup(kept.engine, tmp_path / "b.db", files=(kept.files, tmp_path / "b.files"), master=KEYS)
    assert set(saved.missing) == {gone, changed}
    assert saved.files > 1


def test_a_role_that_does_not_see_every_row_makes_no_backup(postgres, tmp_path: Path) -> None:
    """Row-level security would leave rows out silently."""
    url = postgres.fresh()
    engine = open_engine(url)
    schema.upgrade(engine)
    role = f"r_{engine.url.database}"
    with engine.begin() as connection:
        for statement in (
            f"CREATE ROLE {role} LOGIN",
            f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}",
            "ALTER TABLE weigai_tally ENABLE ROW LEVEL SECURITY",
        ):
            connection.exec_driver_sql(statement)
    engine.dispose()
    bare = open_engine(url.replace("postgres@", f"{role}@"))
    with pytest.raises(StoreUnavailable, match="BYPASSRLS"):
        backup(bare, tmp_path / "b.db")
    bare.dispose()
    assert list(tmp_path.iterdir()) == []


def test_a_family_is_not_readable_in_a_keys_file(kept: Desk, tmp_path: Path) -> None:
    backup(kept.engine, tmp_path / "b.db", keys=tmp_path / "b.keys")
    words = (tmp_path / "b.keys").read_text(encoding="utf-8")
    assert household()["head"]["id_number"] not in words
    assert "张三" not in words


def test_a_policy_whose_bytes_are_no_text_any_more_is_found(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'x.db'}")
    schema.upgrade(engine)
    with Desk(engine, tmp_path / "f") as desk:
        desk.open()
        desk.session.execute(text("UPDATE weigai_policy SET content = CAST(x'ff' || substr(content, 2) AS TEXT)"))
        desk.session.commit()
        found = verify(desk.session.connection(), keys=KEYS)
    assert any("policy" in problem.what for problem in found.problems)
    engine.dispose()
