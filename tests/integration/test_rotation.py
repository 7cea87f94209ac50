"""The master key rotated and retired: nobody wraps by an old one, and one lost key stops no report."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session
from weigai.db import Keys, open_engine
from weigai.db.vault import key_file
from weigai.db.vault import rotation as rekey
from weigai.db.vault.held_keys import newest_held
from weigai.db.vault.master_keys import lost, masters, needed
from weigai.db.vault.rotation import retire, rotate
from weigai.states.errors import KeysNeeded
from weigai.workflow import Approvals, KeysMissing, KeysOutdated, StoreBusy

from tests.prove.clients import family
from tests.support import KEYS, VILLAGE, Desk, person

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection, Engine

    from tests.postgres import Server

NOON = datetime(2019, 6, 10, 4, tzinfo=UTC)


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """A key file with the keys of the tests."""
    path = tmp_path / "weigai.key"
    KEYS.to_file(path)
    return path


def opened(engine: Engine, keys: Keys, number: int) -> str:
    """Open a case in a transaction of its own, as a host with these keys does."""
    with Session(engine.execution_options(weigai_write=True)) as session, session.begin():
        api = Approvals(session, keys=keys, now=lambda: NOON)
        made = api.open_case(
            policy="zhalantun-2019-a",
            unit=VILLAGE,
            household=family(number),
            actor=person("village"),
            request_id=f"r-{number}",
        )
        return made.id


def anything(_connection: Connection, _file: key_file.KeyFile) -> None:
    """Let every key file be retired from."""


def test_a_host_that_took_its_keys_once_goes_on_after_a_rotation(engine: Engine, key: Path) -> None:
    once = Keys.from_file(key)
    opened(engine, once, 1)
    rotate(engine, key)
    retire(engine, key, allowed=anything)
    assert len(Keys.from_file(key).masters) == 1
    opened(engine, once, 2)
    with engine.connect() as connection:
        assert list(masters(connection)) == [Keys.from_file(key).master[0]]


def test_keys_that_cannot_be_read_again_are_told_that_they_are_old(engine: Engine, key: Path) -> None:
    once = Keys.from_text(key.read_text())
    opened(engine, once, 1)
    rotate(engine, key)
    with pytest.raises(KeysOutdated):
        opened(engine, once, 2)
    opened(engine, Keys.from_text(key.read_text()), 2)


def test_an_interrupted_rotation_is_ended_with_the_key_that_it_left(engine: Engine, key: Path) -> None:
    opened(engine, Keys.from_file(key), 1)
    with key_file.locked(key) as file:
        file.write(keys=file.keys.rotated())
    left = Keys.from_file(key)
    opened(engine, left, 2)
    with engine.connect() as connection:
        assert list(masters(connection)) == [KEYS.master[0]]
    done = rotate(engine, key)
    assert (done.keys, list(done.masters)) == (left, [left.master[0]])


def test_a_key_file_that_lacks_what_the_database_needs_is_left_alone(engine: Engine, key: Path) -> None:
    opened(engine, Keys.from_file(key), 1)
    other = replace(Keys.fresh(), secret=KEYS.secret)
    key.unlink()
    other.to_file(key)
    with pytest.raises(KeysMissing):
        rotate(engine, key)
    with pytest.raises(KeysMissing):
        retire(engine, key, allowed=anything)
    assert Keys.from_file(key) == other


def test_no_master_key_is_retired_that_wraps_a_data_key_whatever_its_row_says(engine: Engine, key: Path) -> None:
    opened(engine, Keys.from_file(key), 1)
    with key_file.locked(key) as file:
        file.write(keys=file.keys.rotated())
    new = Keys.from_file(key).master[0]
    with engine.connect().execution_options(weigai_write=True) as connection, connection.begin():
        connection.execute(text("UPDATE weigai_master SET master = :new"), {"new": new})
    with pytest.raises(KeysNeeded):
        retire(engine, key, allowed=anything)
    with engine.connect().execution_options(weigai_write=True) as connection, connection.begin():
        connection.execute(text("UPDATE weigai_key SET master = :new WHERE stream <> 'check'"), {"new": new})
        assert set(needed(connection)) <= {new, KEYS.token("check", "weigai")}
    with pytest.raises(KeysNeeded) as refused:
        retire(engine, key, allowed=anything)
    assert refused.value.count > 0
    assert len(Keys.from_file(key).masters) == 2


def test_a_key_file_that_another_rotation_changed_is_not_taken_for_this_one(engine: Engine, key: Path) -> None:
    opened(engine, Keys.from_file(key), 1)
    other = key.with_name("other.key")
    KEYS.to_file(other)
    rotate(engine, key)
    with pytest.raises(KeysMissing):
        rotate(engine, other)
    assert Keys.from_file(other) == KEYS


def test_a_rotation_waits_for_who_wraps_and_those_who_wrap_wait_for_nobody(postgres: Server, key: Path) -> None:
    engine = open_engine(postgres.ready())
    opened(engine, Keys.from_file(key), 1)
    with engine.begin() as wraps, engine.begin() as also:
        assert newest_held(wraps, lambda: "-") == newest_held(also, lambda: "-") == KEYS.master[0]
        with pytest.raises(StoreBusy):
            rotate(engine, key)
    rotate(engine, key)
    with engine.begin() as wraps:
        assert newest_held(wraps, lambda: "-") == Keys.from_file(key).master[0] != KEYS.master[0]
    engine.dispose()


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
@pytest.mark.parametrize("before", [True, False])
def test_who_cannot_see_that_a_master_key_came_between_wraps_nothing(
    postgres: Server, key: Path, level: str, *, before: bool
) -> None:
    engine = open_engine(postgres.ready())
    if before:
        opened(engine, Keys.from_file(key), 1)
    with engine.execution_options(isolation_level=level).connect() as old, old.begin():
        old.execute(text("SELECT count(*) FROM weigai_case"))  # what it sees is fixed from here on
        rotate(engine, key)
        with pytest.raises(StoreBusy):
            newest_held(old, lambda: KEYS.master[0])
    engine.dispose()


@pytest.fixture
def one_lost(store_desk: Desk) -> tuple[Desk, str, str]:
    """A desk with two cases, the key of one of which is damaged, and their ids."""
    lost, whole = store_desk.open(), store_desk.open()
    damaged = "UPDATE weigai_key SET wrapped = 'AAAA' || substr(wrapped, 5) WHERE stream = :stream"
    store_desk.session.execute(text(damaged), {"stream": f"case/{lost}"})
    return store_desk, lost, whole


def test_one_lost_key_is_told_by_its_case_and_stops_no_page(one_lost: tuple[Desk, str, str]) -> None:
    desk, lost, whole = one_lost
    reader = person("county")
    assert {case.id: case.key_lost for case in desk.api.list(actor=reader)} == {lost: True, whole: False}
    told = desk.api.records.findings(actor=reader)
    assert [s.cases for s in told if s.kind == "key_lost"] == [(lost,)]
    desk.api.records.simulate(to="zhalantun-2019-a", actor=reader)
    desk.api.records.overdue(actor=reader)
    desk.api.inbox(actor=reader)
    with pytest.raises(Exception) as refused:
        desk.take(lost, "submit_application", "village", "application")
    assert type(refused.value).__name__ in ("KeysMissing", "IntegrityBroken")


def test_a_master_key_that_is_gone_is_told_by_each_of_its_cases(engine: Engine, key: Path) -> None:
    lost = opened(engine, Keys.from_file(key), 1)
    rotate(engine, key)
    with key_file.locked(key) as file:
        file.write(keys=replace(file.keys, masters=(Keys.fresh().masters[0],)))
    with Session(engine) as session:
        api = Approvals(session, keys=Keys.from_file(key), now=lambda: NOON)
        assert [(case.id, case.key_lost) for case in api.list(actor=person("county"))] == [(lost, True)]


def test_keys_know_their_file_and_nothing_else_of_it(tmp_path: Path, key: Path) -> None:
    keys = Keys.from_file(key)
    assert keys == KEYS
    assert keys.again() == keys
    with key_file.locked(key) as file:
        file.write(keys=file.keys.rotated())
    assert keys.again() == Keys.from_file(key) != keys
    with pytest.raises(FileExistsError):
        Keys.fresh().to_file(key)
    key.unlink()
    Keys.fresh().to_file(key)  # another database's
    assert keys.again() == keys
    key.unlink()
    assert keys.again() == keys


def test_one_process_at_a_time_changes_a_key_file(key: Path) -> None:
    with key_file.locked(key), pytest.raises(StoreBusy), key_file.locked(key):
        pass


def changed(engine: Engine, statement: str, **values: str) -> None:
    """Change the database as no program of ours does."""
    with engine.connect().execution_options(weigai_write=True) as connection, connection.begin():
        connection.execute(text(statement), values)


DAMAGED = "UPDATE weigai_key SET wrapped = 'AAAA' || substr(wrapped, 5) WHERE stream = :stream"
OF_NOBODY = "UPDATE weigai_key SET master = 'deadbeef0000' WHERE stream = :stream"
NO_ROW = "DELETE FROM weigai_master"  # as a restore leaves it


@pytest.mark.parametrize("spoil", [DAMAGED, OF_NOBODY])
def test_a_rotation_passes_over_a_key_that_does_not_open(engine: Engine, key: Path, spoil: str) -> None:
    bad, good = opened(engine, Keys.from_file(key), 1), opened(engine, Keys.from_file(key), 2)
    changed(engine, spoil, stream=f"case/{bad}")
    done = rotate(engine, key)
    assert done.lost == (f"case/{bad}",)
    assert done.masters[done.keys.master[0]] == done.wrapped > 0
    with engine.connect() as connection:
        assert lost(connection, Keys.from_file(key)) == (f"case/{bad}",)
        streams = connection.execute(
            text("SELECT stream FROM weigai_key WHERE master = :new"), {"new": done.keys.master[0]}
        )
        assert f"case/{good}" in set(streams.scalars())
    with pytest.raises(KeysNeeded) as refused:  # the old one is what it names, or what opens it
        retire(engine, key, allowed=anything)
    damaged = spoil == DAMAGED
    assert refused.value.lost == ((f"case/{bad}",) if damaged else ())
    if damaged:  # no rotation mends it: it is put back, or given up
        assert retire(engine, key, allowed=anything, without_lost=True) == (KEYS.master[0],)
    else:
        with pytest.raises(KeysNeeded):
            retire(engine, key, allowed=anything, without_lost=True)


def test_a_key_that_nothing_in_the_file_opens_keeps_no_master_key_from_being_retired(engine: Engine, key: Path) -> None:
    bad = opened(engine, Keys.from_file(key), 1)
    changed(engine, OF_NOBODY, stream=f"case/{bad}")
    changed(engine, DAMAGED, stream=f"case/{bad}")
    opened(engine, Keys.from_file(key), 2)
    rotate(engine, key)
    assert retire(engine, key, allowed=anything) == (KEYS.master[0],)


def test_the_first_data_key_of_a_restored_database_is_wrapped_by_the_newest_of_the_file(
    engine: Engine, key: Path
) -> None:
    once = Keys.from_file(key)
    opened(engine, once, 1)
    new = rotate(engine, key).keys.master[0]
    retire(engine, key, allowed=anything)
    changed(engine, NO_ROW)
    opened(engine, once, 2)
    with engine.connect() as connection:
        assert list(masters(connection)) == [new]


def test_a_database_without_a_newest_master_key_is_rotated_before_one_is_retired(engine: Engine, key: Path) -> None:
    opened(engine, Keys.from_file(key), 1)
    changed(engine, NO_ROW)
    with key_file.locked(key) as file:
        file.write(keys=file.keys.rotated())
    with pytest.raises(KeysNeeded):
        retire(engine, key, allowed=anything)
    rotate(engine, key)
    assert retire(engine, key, allowed=anything)[0] == KEYS.master[0]


def test_cases_are_opened_while_a_retirement_looks(engine: Engine, key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(engine, Keys.from_file(key), 1)
    rotate(engine, key)
    was, numbers = rekey._needs_old, iter(range(2, 100))

    def beside(*asked: object) -> bool:
        opened(engine, Keys.from_file(key), next(numbers))
        return was(*asked)  # type: ignore[arg-type]

    monkeypatch.setattr(rekey, "_needs_old", beside)
    assert retire(engine, key, allowed=anything) == (KEYS.master[0],)
    with engine.connect() as connection:
        assert lost(connection, Keys.from_file(key)) == ()


@pytest.mark.parametrize("level", ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"])
@pytest.mark.parametrize("row", ["there", "absent"])
def test_a_transaction_that_is_older_than_a_rotation_is_told_to_repeat(
    engine: Engine, key: Path, level: str, row: str
) -> None:
    if engine.dialect.name == "sqlite":
        level = "SERIALIZABLE"
    once = Keys.from_file(key)
    opened(engine, once, 1)
    if row == "absent":
        changed(engine, NO_ROW)
    with Session(engine.execution_options(isolation_level=level)) as session:
        session.execute(text("SELECT count(*) FROM weigai_case")).scalar()
        new = rotate(engine, key).keys.master[0]
        api = Approvals(session, keys=once, now=lambda: NOON)
        told = None
        try:
            api.open_case(
                policy="zhalantun-2019-a", unit=VILLAGE, household=family(2), actor=person("village"), request_id="r-2"
            )
            session.commit()
        except StoreBusy as error:
            told = error
            session.rollback()
    assert (told is None) == (level == "READ COMMITTED")
    opened(engine, once, 2)
    with engine.connect() as connection:
        assert list(masters(connection)) == [new]
        assert lost(connection, Keys.from_file(key)) == ()


def test_an_act_for_a_list_is_refused_for_the_case_whose_key_is_lost_alone(one_lost: tuple[Desk, str, str]) -> None:
    desk, gone, whole = one_lost
    made = desk.api.lists.new("meeting", unit=VILLAGE, cases=[gone, whole], actor=person("village"))
    assert made.cases == tuple(sorted([gone, whole]))
    taken = desk.api.lists.advance(made.id, "submit_application", actor=person("village"))
    errors = {one.case_id: type(one.error).__name__ for one in taken}
    assert errors[gone] in ("KeysMissing", "IntegrityBroken")
    assert errors[whole] not in ("KeysMissing", "IntegrityBroken")


def test_what_is_not_personal_of_a_case_whose_key_is_lost_is_shown(one_lost: tuple[Desk, str, str]) -> None:
    desk, gone, _ = one_lost
    assert desk.api.find(gone, actor=person("county")).key_lost
    assert [event.action for event in desk.api.history(gone, actor=person("county"))] == ["open_case"]


def test_keys_read_again_keep_the_master_keys_that_were_retired_meanwhile(key: Path) -> None:
    once = Keys.from_file(key)
    with key_file.locked(key) as file:
        file.write(keys=file.keys.rotated())
        new = file.keys.master[0]
        file.write(keys=file.keys.retired({new}))
    again = once.again()
    assert (again.has(KEYS.master[0]), again.master[0]) == (True, new)


BOGUS = "INSERT INTO weigai_master (one, master) VALUES (1, '0123456789ab')"
ANOTHER = "UPDATE weigai_master SET master = :new"
ALL_DAMAGED = "UPDATE weigai_key SET wrapped = 'AAAA' || substr(wrapped, 5) WHERE wrapped IS NOT NULL"


@pytest.mark.parametrize("first", [True, False])
def test_a_newest_master_key_that_never_was_one_is_replaced_by_a_rotation(
    engine: Engine, key: Path, *, first: bool
) -> None:
    once = Keys.from_file(key)
    if not first:  # after a restore
        opened(engine, once, 1)
        changed(engine, NO_ROW)
    changed(engine, BOGUS)
    with pytest.raises(KeysMissing):
        opened(engine, once, 2)
    done = rotate(engine, key)
    assert done.lost == ()
    opened(engine, once, 2)
    with engine.connect() as connection:
        assert list(masters(connection)) == [done.keys.master[0]]
        assert lost(connection, Keys.from_file(key)) == ()


def under_two(engine: Engine, key: Path) -> tuple[str, str]:
    """Open one case under the first master key and one under a second, which the file then loses."""
    under_first = opened(engine, Keys.from_file(key), 1)
    with key_file.locked(key) as file:
        before = file.keys
        file.write(keys=before.rotated())
        changed(engine, ANOTHER, new=file.keys.master[0])
        under_second = opened(engine, file.keys, 2)
        file.write(keys=before)
    return under_first, under_second


def test_a_newest_master_key_that_is_lost_takes_its_data_keys_with_it_and_no_more(engine: Engine, key: Path) -> None:
    there, gone = under_two(engine, key)
    with pytest.raises(KeysMissing):
        opened(engine, Keys.from_file(key), 3)
    before = Keys.from_file(key)
    with pytest.raises(KeysMissing) as refused:  # it may be an older copy of the file
        rotate(engine, key)
    with pytest.raises(KeysMissing):
        rotate(engine, key, given_up=before.master[0])
    assert Keys.from_file(key) == before
    done = rotate(engine, key, given_up=refused.value.master)
    assert done.lost == (f"case/{gone}",)
    opened(engine, Keys.from_file(key), 3)
    with Session(engine) as session:
        api = Approvals(session, keys=Keys.from_file(key), now=lambda: NOON)
        told = {case.id: case.key_lost for case in api.list(actor=person("county"))}
    assert (told[there], told[gone], len(told)) == (False, True, 3)


def test_a_file_that_lacks_the_newest_master_key_and_opens_nothing_is_refused(engine: Engine, key: Path) -> None:
    under_two(engine, key)
    changed(engine, ALL_DAMAGED)
    before = Keys.from_file(key)
    with pytest.raises(KeysMissing) as refused:
        rotate(engine, key)
    with pytest.raises(KeysMissing):
        rotate(engine, key, given_up=refused.value.master)
    assert Keys.from_file(key) == before


def test_a_rotation_that_the_database_never_took_adds_one_master_key_however_often(
    engine: Engine, key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(engine, Keys.from_file(key), 1)
    changed(engine, NO_ROW)

    def busy(*_asked: object) -> None:
        raise StoreBusy

    with monkeypatch.context() as patch:
        patch.setattr(rekey, "_take", busy)
        for _ in range(3):
            with pytest.raises(StoreBusy):
                rotate(engine, key)
    assert len(Keys.from_file(key).masters) == 2
    assert list(rotate(engine, key).masters) == [Keys.from_file(key).master[0]]
    assert len(Keys.from_file(key).masters) == 2
