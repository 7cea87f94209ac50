"""Keys that are old or lost: it is told which master key is missing, and nothing that it opens is called altered."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session
from weigai.db import FileStore, Keys
from weigai.db.rekey import rotate
from weigai.workflow import Approvals, Attachment, KeysMissing, KeysOutdated

from tests.integration.test_rotation import NOON, key, opened
from tests.prove.clients import family
from tests.support import VILLAGE, person

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Engine

__all__ = ["key"]
CLERK = person("village")
READER = person("county")

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
        "meeting", unit=VILLAGE, actor=CLERK, cases=[case], data={"reason": "x"}, on=date(2019, 6, 10)
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
