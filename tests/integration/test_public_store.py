"""`Store` as a host uses it: over its own engine or an address, on a file of SQLite and on a real PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import create_engine, text
from weigai.db import open_engine, prepare_engine
from weigai.db.tables import METADATA, SCHEMA
from weigai.db.vault.key_file import databases
from weigai.workflow import (
    Approvals,
    InputRefused,
    Keys,
    KeysMissing,
    KeysNeeded,
    NotAdopted,
    NotFound,
    SchemaTooOld,
    Store,
    StoreError,
    StoreUnavailable,
    WallMissing,
    Witness,
    set_up_trial,
)

from tests.support import VILLAGE, household, person

if TYPE_CHECKING:
    from pathlib import Path

    from tests.postgres import Server

PLAN = "zhalantun-2019-a"
INDEX = min(METADATA.tables["weigai_case"].indexes, key=lambda index: str(index.name))
NOON = datetime(2019, 6, 10, 4, tzinfo=UTC)


@pytest.fixture
def store(store_url: str, tmp_path: Path) -> Store:
    """A store that was just set up, with a key file and a files folder of its own."""
    made = Store(store_url, key_file=tmp_path / "own.key", files=tmp_path / "own.files")
    made.set_up()
    return made


LI = {"name": "李四", "id_number": "150799196103030027"}


def opened(store: Store, **changes: Any) -> str:
    """Open a case as a host does, and return its id."""
    with store.session(write=True) as session:
        api = Approvals(session, keys=store.keys, files=store.file_store, now=lambda: NOON)
        case = api.open_case(policy=PLAN, unit=VILLAGE, household=household(**changes), actor=person("village"))
        session.commit()
        return case.id


def count(store: Store) -> int:
    with store.direct() as connection:
        return int(connection.execute(text("SELECT count(*) FROM weigai_case")).scalar_one())


def test_a_new_database_is_set_up_with_keys_that_serve_it(store: Store) -> None:
    keys = store.keys
    assert keys is not None
    assert len(databases(store.key_file)) == 1
    store.set_up()
    assert store.keys == keys
    assert store.check() == (SCHEMA, ())
    assert store.upgrade() == (SCHEMA, SCHEMA, False)


def test_a_database_that_lost_its_key_file_gets_no_new_one(store: Store) -> None:
    opened(store)
    store.key_file.unlink()
    with pytest.raises(KeysMissing):
        store.set_up()
    assert not store.key_file.exists()


def test_what_is_written_in_a_session_is_the_callers_to_commit(store: Store) -> None:
    opened(store)
    with store.session(write=True) as session:
        api = Approvals(session, keys=store.keys, now=lambda: NOON)
        api.open_case(policy=PLAN, unit=VILLAGE, household=household(head=LI), actor=person("village"))
    assert count(store) == 1


def test_a_file_that_is_not_there_is_not_made_by_looking(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'none.db'}")
    for look in (store.check, store.sweep, store.adopt, store.retire_key):
        with pytest.raises(NotFound):
            look()
    assert list(tmp_path.iterdir()) == []


def test_an_empty_database_is_no_store_yet(store_url: str) -> None:
    engine = open_engine(store_url)
    store = Store(engine)
    with pytest.raises(SchemaTooOld):
        store.check()
    assert store.upgrade().before is None
    assert store.check().problems == ()
    engine.dispose()


def test_the_places_of_an_sqlite_file_are_beside_it(tmp_path: Path) -> None:
    by_address = Store(f"sqlite:///{tmp_path / 'a.db'}")
    engine = open_engine(f"sqlite:///{tmp_path / 'a.db'}")
    for store in (by_address, Store(engine)):
        assert (store.key_file, store.files) == (tmp_path / "a.db.key", tmp_path / "a.db.files")
    engine.dispose()


def test_the_places_of_a_servers_database_are_its_own(
    postgres: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    places = set()
    for _ in range(2):
        store = Store(postgres.fresh())
        store.set_up()
        places |= {store.key_file, store.files}
        assert store.key_file.exists()
    assert len(places) == 4


def test_a_backup_comes_back_elsewhere(store: Store, tmp_path: Path) -> None:
    opened(store)
    to, keys = tmp_path / "backup.db", tmp_path / "backup.keys"
    assert store.backup(to, keys=keys, files=tmp_path / "backup.files").keys == 3
    with pytest.raises(InputRefused):
        store.backup(to)
    other = Store(f"sqlite:///{tmp_path / 'other.db'}", key_file=store.key_file)
    done = other.restore(to, keys=keys)
    assert (done.verified.problems, done.erased, count(other)) == ((), 0, 1)
    with pytest.raises(InputRefused):
        other.restore(to, keys=keys)


def test_a_key_is_rotated_and_the_old_one_retired(store: Store) -> None:
    opened(store)
    old = store.keys
    assert old is not None
    with pytest.raises(NotAdopted):
        Store(store.url, key_file=_copied(store, old), files=store.files).retire_key()
    assert store.rotate_key().lost == ()
    assert store.retire_key() == (old.master[0],)
    assert store.keys is not None
    assert not store.keys.has(old.master[0])


def _copied(store: Store, keys: Keys) -> Path:
    path = store.key_file.with_name("copy.key")
    keys.to_file(path)
    return path


def test_a_data_key_that_does_not_open_is_told_and_given_up_only_by_name(store: Store) -> None:
    case = opened(store)
    with store.engine() as engine, engine.begin() as connection:
        spoil = "UPDATE weigai_key SET wrapped = 'AAAA' || substr(wrapped, 5) WHERE stream = :stream"
        connection.execute(text(spoil), {"stream": f"case/{case}"})
    assert store.rotate_key().lost == (f"case/{case}",)
    with pytest.raises(KeysNeeded):
        store.retire_key()
    assert len(store.retire_key(without_lost=True)) == 1


def test_keys_that_are_given_are_used_and_never_changed(store: Store) -> None:
    opened(store)
    keys = store.keys
    assert keys is not None
    for given in (keys, keys.text()):
        other = Store(store.url, keys=given, files=store.files)
        assert other.keys is not None
        assert other.keys.master == keys.master
        assert other.served_key_file is None
        for change in (other.rotate_key, other.retire_key):
            with pytest.raises(StoreUnavailable):
                change()
        assert other.adopt().key_file is None
    with pytest.raises(StoreUnavailable):
        _ = Store(store.url, keys="no keys").keys


def test_the_doctor_of_a_host_finds_what_is_wrong(store: Store) -> None:
    opened(store)
    found = {check.name.en: check for check in store.doctor()}
    assert "user" not in found
    assert "published heads" not in found
    bad = {name for name, check in found.items() if not check.ok}
    assert bad <= {"file modes", "the address's own role"}  # a test's server is reached as its superuser
    store.key_file.unlink()
    with store.direct() as connection:
        connection.execute(text(f"DROP INDEX {INDEX.name}"))
        connection.commit()
    ill = {check.name.en for check in store.doctor() if not check.ok}
    assert {"census", "master keys"} <= ill
    assert all(check.name.zh and check.found.zh and check.found.en for check in store.doctor())


def test_the_doctor_looks_at_a_user_and_the_witness_where_they_are_named(store: Store, tmp_path: Path) -> None:
    with store.session(write=True) as session:
        api = Approvals(session, keys=store.keys)
        assert set_up_trial(api, "zhang").new
        assert not set_up_trial(api, "zhang").new
        session.commit()
    with store.session(write=True) as session:
        api = Approvals(session, keys=store.keys)
        api.evidence.head(actor=api.register.actors("zhang")[0])
        session.commit()
    checks = store.doctor(user="zhang", login="zhang", witness=tmp_path / "none.heads")
    found = {check.name.en: check for check in checks}
    assert found["user"].ok
    assert not found["published heads"].ok
    assert not {c.name.en: c for c in store.doctor(user="nobody")}["user"].ok


def test_nothing_is_swept_that_a_row_names_and_a_log_is_cleared(store: Store) -> None:
    opened(store)
    store.files.mkdir()
    store.adopt()
    assert store.sweep() == 0
    assert store.clear_log()


@pytest.mark.parametrize("address", ["sqlite", "sqlite+pysqlite"])
def test_the_log_of_a_file_is_cleared_however_its_address_is_written(address: str, tmp_path: Path) -> None:
    store = Store(f"{address}:///{tmp_path / 'a.db'}", key_file=tmp_path / "a.key", files=tmp_path / "a.files")
    store.set_up()
    with store.direct() as reader:  # it keeps the log open
        opened(store)
        assert (tmp_path / "a.db-wal").stat().st_size > 0
        assert not store.clear_log()
        reader.rollback()
        assert store.clear_log()
        assert (tmp_path / "a.db-wal").stat().st_size == 0


def test_a_refused_restore_leaves_the_store_at_its_own_places(
    postgres: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    one, other = Store(postgres.fresh()), Store(postgres.fresh())
    for store in (one, other):
        store.set_up()
        opened(store)
    one.backup(tmp_path / "one.db", keys=tmp_path / "one.keys")
    own = other.key_file
    with pytest.raises(InputRefused):
        other.restore(tmp_path / "one.db", keys=tmp_path / "one.keys")
    assert other.key_file == own != one.key_file


def test_a_hosts_pool_of_one_connection_is_enough(
    postgres: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    url = postgres.fresh()
    Store(url).set_up()
    engine = prepare_engine(create_engine(url, pool_size=1, max_overflow=0, pool_timeout=1))
    with Store(engine).session(write=True, tested=False) as session:
        assert session.execute(text("SELECT 1")).scalar() == 1
    assert Store(engine).adopt().key_file is not None
    engine.dispose()


def test_two_stores_over_one_engine_work_each_in_its_own_role(walled_url: str, tmp_path: Path) -> None:
    engine = open_engine(walled_url)
    first = Store(engine, keys=Keys(b"k" * 32), files=tmp_path / "files")
    with first.session() as session:
        with pytest.raises(WallMissing), Store(engine, role="weigai_none").session():
            pass
        session.rollback()
        assert session.execute(text("SELECT current_user")).scalar() == first.role
    engine.dispose()


def test_a_shared_folder_is_not_swept(store: Store, tmp_path: Path) -> None:
    store.files.mkdir()
    store.adopt()
    other = Store(f"sqlite:///{tmp_path / 'other.db'}", files=store.files)
    other.set_up()
    with pytest.raises(NotAdopted):
        other.sweep()
    other.adopt()
    with pytest.raises(NotAdopted):
        other.sweep()
    assert other.adopt(alone=True).files is not None
    assert other.sweep() == 0


def test_row_security_is_put_up_for_the_stores_own_role(postgres: Server, tmp_path: Path) -> None:
    store = Store(postgres.fresh(), role="weigai_other", keys=Keys(b"k" * 32), files=tmp_path / "files")
    store.set_up()
    assert store.check().problems == ()
    done = store.protect()
    assert (done.role, done.changed) == ("weigai_other", False)
    with store.session() as session:
        assert session.execute(text("SELECT current_user")).scalar() == "weigai_other"
    file = Store(f"sqlite:///{tmp_path / 'x.db'}")
    file.upgrade()
    with pytest.raises(StoreError):
        file.protect()


def test_a_hosts_own_engine_stays_as_it_was(walled_url: str, tmp_path: Path) -> None:
    engine = open_engine(walled_url)
    store = Store(engine, keys=Keys(b"k" * 32), files=tmp_path / "files")
    with store.session() as session:
        assert session.execute(text("SELECT current_user")).scalar() == store.role
    for _ in range(2):
        with engine.connect() as connection, connection.begin():
            assert connection.execute(text("SELECT current_user")).scalar() != store.role
    engine.dispose()


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ("database", {"database": 7}),
        ("key_file", {"key_file": 7}),
        ("keys", {"keys": b"k"}),
        ("files", {"files": ""}),
        ("role", {"role": "app\udcff"}),
    ],
)
def test_a_wrong_argument_is_refused_by_its_name(field: str, told: dict[str, Any], store: Store) -> None:
    with pytest.raises(InputRefused) as refused:
        Store(**told)
    assert refused.value.field == field
    for name in ("to", "keys", "files"):
        with pytest.raises(InputRefused) as refused:
            store.backup(**{"to": store.files, name: 7})
        assert refused.value.field == name
    for work, name in ((lambda: store.rotate_key(cipher="des"), "cipher"), (lambda: Witness(7), "path")):
        with pytest.raises(InputRefused) as refused:
            work()
        assert refused.value.field == name
