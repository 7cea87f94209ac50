"""Keys that are old or lost: it is told which master key is missing, and nothing that it opens is called altered."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session
from weigai.db import FileStore, Keys
from weigai.db.vault.rotation import retire, rotate
from weigai.workflow import Approvals, Attachment, InputRefused, KeysMissing, KeysOutdated

from tests.integration.test_rotation import NOON, anything, key, opened
from tests.prove.clients import family
from tests.support import KEYS, VILLAGE, person

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Engine

__all__ = ["key"]
CLERK = person("village")
READER = person("county")
DAY = date(2019, 6, 10)

USES: dict[str, Callable[[Approvals, str], object]] = {
    "get": lambda api, case: api.get(case, actor=CLERK),
    "list": lambda api, case: api.list(actor=READER),
    "available": lambda api, case: api.available(case, actor=CLERK),
    "household": lambda api, case: api.household(case, actor=CLERK),
    "unmask": lambda api, case: api.unmask(case, actor=READER, reason="x"),
    "attach": lambda api, case: api.attach(case, [Attachment("danger_photo", content=b"p")], actor=CLERK),
    "withdraw": lambda api, case: api.advance(case, "withdraw", actor=CLERK, data={"reason": "x"}),
    "findings": lambda api, case: api.records.findings(actor=READER),
    "simulate": lambda api, case: api.records.simulate(to="zhalantun-2019-a", actor=READER),
    "list of many": lambda api, case: api.lists.new(
        "meeting", unit=VILLAGE, actor=CLERK, cases=[case], data={"reason": "x"}, on=DAY
    ),
}


@pytest.mark.parametrize("use", USES)
def test_keys_from_a_text_that_are_old_are_told_so_whatever_they_are_used_for(
    engine: Engine, key: Path, use: str
) -> None:
    old = Keys.from_text(key.read_text())
    case = opened(engine, old, 1)
    new = rotate(engine, key).keys.master[0]
    with Session(engine.execution_options(weigai_write=True)) as session:
        api = Approvals(session, keys=old, now=lambda: NOON, files=FileStore(key.with_name("files")))
        with pytest.raises(KeysOutdated) as refused:
            USES[use](api, case)
    assert refused.value.master == new


def test_without_keys_it_is_told_which_master_key_is_missing(engine: Engine, key: Path) -> None:
    keys = Keys.from_file(key)
    opened(engine, keys, 1)
    with Session(engine.execution_options(weigai_write=True)) as session, pytest.raises(KeysMissing) as refused:
        api = Approvals(session, now=lambda: NOON)
        api.open_case(policy="zhalantun-2019-a", unit=VILLAGE, household=family(2), actor=CLERK)
    assert refused.value.master == keys.master[0]


@pytest.mark.parametrize("source", [True, False])
def test_a_verification_names_the_missing_master_key_and_calls_nothing_altered(
    engine: Engine, key: Path, *, source: bool
) -> None:
    old, files = Keys.from_text(key.read_text()), FileStore(key.with_name("files"))
    case = opened(engine, old, 1)
    with Session(engine.execution_options(weigai_write=True)) as session, session.begin():
        paper = Attachment("danger_photo", content=b"p")
        Approvals(session, keys=old, now=lambda: NOON, files=files).attach(case, [paper], actor=CLERK)
    new = rotate(engine, key).keys.master[0]
    if source:  # an older copy of the key file
        key.unlink()
        old.to_file(key)
        old = Keys.from_file(key)
    with Session(engine) as session:
        found = Approvals(session, keys=old, files=files).records.verify().problems
    assert {problem.stream for problem in found} >= {f"150783:case/{case}"}
    assert [problem for problem in found if new not in problem.what] == []


@pytest.mark.parametrize("whole", [True, False])
def test_a_file_that_does_not_open_is_told_by_its_case(engine: Engine, key: Path, *, whole: bool) -> None:
    case, keys = with_paper(engine, key, 1), Keys.from_file(key)
    with engine.connect().execution_options(weigai_write=True) as connection, connection.begin():
        connection.execute(text("UPDATE weigai_key SET master = 'deadbeef0000' WHERE stream LIKE 'file/%'"))
    with Session(engine) as session:
        api = Approvals(session, keys=keys, files=FileStore(key.with_name("files")))
        found = api.records.verify(case_id=None if whole else case).problems
    assert [problem.stream for problem in found if "paper 1" in problem.what] == [f"150783:case/{case}"]


def test_only_a_master_key_of_the_database_is_given_up(engine: Engine, key: Path) -> None:
    other = key.with_name("other.key")
    with pytest.raises(InputRefused, match="0123456789ab"):
        rotate(engine, other, given_up="0123456789ab")  # nothing was encrypted yet
    assert not other.exists()
    opened(engine, Keys.from_file(key), 1)
    with pytest.raises(InputRefused, match="0123456789ab"):
        rotate(engine, key, given_up="0123456789ab")


def test_a_value_that_was_altered_is_told_beside_a_missing_master_key(engine: Engine, key: Path) -> None:
    keys = Keys.from_file(key)
    lost, altered = opened(engine, keys, 1), opened(engine, keys, 2)
    with engine.connect().execution_options(weigai_write=True) as connection, connection.begin():
        gone = "UPDATE weigai_key SET master = 'deadbeef0000' WHERE stream = :stream"
        connection.execute(text(gone), {"stream": f"case/{lost}"})
        other = "UPDATE weigai_private SET value = 'AAAA' || substr(value, 5) WHERE stream = :stream"
        connection.execute(text(other), {"stream": f"case/{altered}"})
    with Session(engine) as session:
        found = Approvals(session, keys=keys).records.verify().problems
    assert {p.stream for p in found if "deadbeef0000" in p.what} == {f"150783:case/{lost}"}
    assert {p.stream for p in found if "deadbeef0000" not in p.what} == {f"150783:case/{altered}"}


def no_file(key: Path) -> None:
    """Lose the key file."""
    key.unlink()


def fresh(key: Path) -> None:
    """Have new keys in its place."""
    key.unlink()
    Keys.fresh().to_file(key)


def another_databases(key: Path) -> None:
    """Have the keys of another database in its place, which were rotated."""
    key.unlink()
    Keys.fresh().rotated().to_file(key)


def same_index(key: Path) -> None:
    """Have a copy of the file in its place that has lost every master key."""
    key.unlink()
    replace(Keys.fresh(), secret=KEYS.secret).to_file(key)


def with_paper(engine: Engine, key: Path, number: int) -> str:
    """Open a case with a paper, the same for each; return its id."""
    case = opened(engine, Keys.from_file(key), number)
    with Session(engine.execution_options(weigai_write=True)) as session, session.begin():
        api = Approvals(session, keys=Keys.from_file(key), now=lambda: NOON, files=FileStore(key.with_name("files")))
        api.attach(case, [Attachment("danger_photo", content=b"p")], actor=CLERK)
    return case


@pytest.mark.parametrize("left", [no_file, fresh, another_databases, same_index])
def test_a_database_whose_master_keys_are_all_lost_goes_on_under_a_new_one(
    engine: Engine, key: Path, left: Callable[[Path], None]
) -> None:
    old, master = with_paper(engine, key, 1), Keys.from_file(key).master[0]
    left(key)
    before = key.read_bytes() if key.exists() else None
    for given_up in (None, "0123456789ab"):
        with pytest.raises(KeysMissing) as refused:
            rotate(engine, key, given_up=given_up)
        assert refused.value.master == master
    with pytest.raises(KeysMissing) as refused:
        retire(engine, key, allowed=anything)
    assert refused.value.master == master
    assert (key.read_bytes() if key.exists() else None) == before
    done = rotate(engine, key, given_up=master)
    assert f"case/{old}" in done.lost
    new = with_paper(engine, key, 2)
    assert rotate(engine, key).wrapped > 0
    retire(engine, key, allowed=anything, without_lost=True)
    assert len(Keys.from_file(key).masters) == 1
    with Session(engine.execution_options(weigai_write=True)) as session:
        api = Approvals(session, keys=Keys.from_file(key), now=lambda: NOON, files=FileStore(key.with_name("files")))
        assert {case.id: case.key_lost for case in api.list(actor=READER)} == {old: True, new: False}
        assert api.paper(new, 2, 1, actor=READER, reason="x") == b"p"
        found = [case.id for case in api.search("id_number", family(2)["head"]["id_number"], actor=READER)]
        assert found == [new]
        with pytest.raises(KeysMissing) as refused:
            api.get(old, actor=CLERK)
        assert refused.value.master == master
        assert [problem for problem in api.records.verify().problems if master not in problem.what] == []


def test_a_key_file_that_was_given_up_and_is_found_again_takes_the_database_back(engine: Engine, key: Path) -> None:
    old, copy = with_paper(engine, key, 1), key.read_bytes()
    fresh(key)
    new = rotate(engine, key, given_up=KEYS.master[0]).keys.master[0]
    key.write_bytes(copy)
    rotate(engine, key)  # no data key stands under the new one
    assert new not in Keys.from_file(key).names
    opened(engine, Keys.from_file(key), 2)
    with Session(engine) as session:
        api = Approvals(session, keys=Keys.from_file(key), now=lambda: NOON)
        assert api.get(old, actor=CLERK).id == old
        assert api.records.verify().problems == ()


def test_keys_by_which_nothing_is_found_are_refused_where_something_is_searched(engine: Engine, key: Path) -> None:
    opened(engine, Keys.from_file(key), 1)
    with Session(engine) as session, pytest.raises(KeysMissing) as refused:
        Approvals(session, keys=Keys.fresh()).search("id_number", family(1)["head"]["id_number"], actor=READER)
    assert refused.value.master == KEYS.master[0]


def test_what_goes_on_in_a_stream_whose_key_is_lost_goes_under_a_new_key(engine: Engine, key: Path) -> None:
    case = opened(engine, Keys.from_file(key), 1)

    def listed(words: str) -> None:
        with Session(engine.execution_options(weigai_write=True)) as session, session.begin():
            api = Approvals(session, keys=Keys.from_file(key), now=lambda: NOON)
            api.lists.new("meeting", unit=VILLAGE, actor=CLERK, cases=[case], data={"reason": words}, on=DAY)

    listed("before")
    fresh(key)
    rotate(engine, key, given_up=KEYS.master[0])
    listed("after")
    with Session(engine) as session:
        problems = Approvals(session, keys=Keys.from_file(key)).records.verify().problems
    assert {problem.stream for problem in problems} == {f"150783:unit/{VILLAGE}", f"150783:case/{case}"}
    assert [problem for problem in problems if KEYS.master[0] not in problem.what] == []
