"""A small run of what `scripts/prove` does with thousands: every tampering is found, and never an honest record."""

from __future__ import annotations

import ast
import hashlib
import random
from pathlib import Path

import pytest
from weigai.db.log.hashes import digest
from weigai.workflow.exchange.verify_export import Sm3

from tests.prove import logs, tampering
from tests.support import Desk

VERIFIER = Path(__file__).parent.parent.parent / "workflow/exchange/verify_export.py"


def test_every_kind_of_tampering_is_found_and_no_honest_record_raises_an_alarm(engine) -> None:
    size = 15 if engine.dialect.name == "sqlite" else 4
    seed = random.randrange(10**9)
    result = tampering.run(engine, seed=seed, per_kind=size, honest=size)
    assert len(result.tried) == 13
    assert set(result.tried.values()) == {size}
    assert result.ok, result.missed[:5]
    assert all(result.found_by_chain[kind] == size for kind in tampering.OF_EVENTS)
    assert len(tampering.OF_EVENTS) == 11


def test_every_strange_form_is_found_by_both(desk: Desk) -> None:
    engine = desk.engine  # the forms are read in memory: one database is enough
    tampering.run(engine, seed=1, per_kind=0, honest=0, logs_=0)
    with tampering.trial(engine, random.Random(5), tampering.plan()) as world:
        stream, rows = next(iter(tampering.read_log(world.connection).items()))
        for name, form in logs.STRANGE.items():
            tried = 0
            for i, row in enumerate(rows):
                body = form(row["body"])
                if body != row["body"]:
                    changed = [dict(r) for r in rows]
                    changed[i]["body"] = body
                    logs.chained(changed, i)
                    assert logs.ours({stream: changed}, {}), name
                    assert logs.theirs([], {stream: changed}, {}), name
                    tried += 1
            assert tried or name in ("not a number", "without end", "minus nothing", "a leading nought"), name
        assert not logs.ours({stream: rows}, {})
        assert not logs.theirs([], {stream: rows}, {})


def test_both_verifiers_say_the_same_of_every_odd_item(desk: Desk) -> None:
    engine = desk.engine
    tampering.run(engine, seed=1, per_kind=0, honest=0, logs_=0)
    with tampering.trial(engine, random.Random(1), tampering.plan()) as world:
        count, differ = logs.odd_disagreements(world)
    assert count > 300
    assert differ == []


def test_a_verifier_that_overlooks_something_is_told_of(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The harness itself can fail: a verifier that reads bodies leniently is found out."""
    import json

    from weigai.workflow.exchange import verify_export

    monkeypatch.setattr(verify_export, "strict", json.loads)
    result = tampering.run(desk.engine, seed=3, per_kind=6, honest=1, logs_=60)
    assert not result.ok
    assert result.disagreements or result.found_on_export["other_form"] < 6


def test_the_auditors_program_is_one_file_of_the_standard_library_for_an_old_python() -> None:
    source = VERIFIER.read_text(encoding="utf-8")
    tree = ast.parse(source, feature_version=(3, 8))
    imported = {a.name for node in ast.walk(tree) if isinstance(node, ast.Import) for a in node.names}
    imported |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    texts = {"codecs", "json", "re", "unicodedata"}
    assert imported == {"__future__", "datetime", "hashlib", "itertools", "os", "sys", "typing"} | texts
    names = {a.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for a in node.names}
    in_python_3_8 = {"annotations", "datetime", "timedelta", "timezone", "Any", "Callable", "Iterable", "Iterator"}
    in_python_3_8 |= {"BinaryIO", "Dict", "Mapping", "NoReturn"}
    assert names == in_python_3_8  # datetime.UTC came with 3.11
    assert not {node.__class__.__name__ for node in ast.walk(tree)} & {"Match", "TryStar"}


@pytest.mark.parametrize("size", [0, 1, 3, 55, 56, 63, 64, 65, 119, 120, 1000])
def test_its_own_sm3_is_the_standards(size: int) -> None:
    data = random.Random(size).randbytes(size)
    made = Sm3()
    made.update(data[: size // 3])
    made.update(data[size // 3 :])
    assert made.hexdigest() == digest("sm3", data)
    first = Sm3()
    first.update(b"abc")
    assert first.hexdigest() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert hashlib.sha256(data).hexdigest() == digest("sha256", data)
