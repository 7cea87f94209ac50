"""A case's record: read by names, written by paths, and both spelt in one file."""

from __future__ import annotations

import ast
import json
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import pytest
from weigai.states import record as module
from weigai.states.entry import data_of, entry_in
from weigai.states.record import ACTS, DOUBTS, FACTS, OPENS_ON, CaseRecord, Table, folded
from weigai.states.values import Event

ROOT = Path(__file__).parent.parent.parent
ELSEWHERE = {"states/record.py", "workflow/exchange/verify_export.py"}  # the second is printed and runs without weigai
FILES = [
    path
    for room in ("states", "db", "workflow")
    for path in sorted((ROOT / room).rglob("*.py"))
    if str(path.relative_to(ROOT)) not in ELSEWHERE and "migrations" not in path.parts
]
TABLES = [value.name for value in vars(module).values() if isinstance(value, Table)]
NAMES = {*TABLES, *(value for name, value in vars(module).items() if name.isupper() and isinstance(value, str))}
STORED = {
    "acts": {"approve": {"seq": 7, "on": "2019-06-10", "by": "p", "office": "county", "data": {"area": "60.00"}}},
    "facts": {"suspend": {"5": {"on": "2019-05-01", "by": "p", "office": "township", "data": {}}}},
    "approved_fen": 100,
}


def spelt(path: Path) -> list[tuple[int, str]]:
    """Return where a file writes a record's path as a string, or reads a record by one."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if node.value.split("/")[0] in TABLES and "/" in node.value:
                found.append((node.lineno, node.value))
            continue
        of, key = None, None
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "get"
            and node.args
        ):
            of, key = node.func.value, node.args[0]
        elif isinstance(node, ast.Subscript):
            of, key = node.value, node.slice
        read = isinstance(of, (ast.Name, ast.Attribute)) and getattr(of, "attr", getattr(of, "id", "")) == "record"
        if read and isinstance(key, ast.Constant) and key.value in NAMES:
            found.append((node.lineno, str(key.value)))
    return found


def test_no_other_file_spells_a_path_of_a_record() -> None:
    assert len(TABLES) > 10
    assert {str(path.relative_to(ROOT)): at for path in FILES if (at := spelt(path))} == {}


def test_a_record_is_read_by_names_and_nothing_in_it_is_copied() -> None:
    record = CaseRecord(STORED)
    assert record.acts is STORED["acts"]
    assert record.facts("suspend")["5"]["on"] == "2019-05-01"
    assert (record.act_seq("approve"), record.act_seq("pay")) == (7, 0)
    assert (record.fen("approved_fen"), record.fen("paid_fen"), record.paid_fen) == (100, 0, None)
    assert record.at("acts/approve/data/area") == "60.00"
    assert record.at("acts/pay/data") is None
    assert record == STORED
    assert json.dumps(record.plain) == json.dumps(STORED)


def test_what_a_record_has_not_is_empty_or_none() -> None:
    empty = CaseRecord()
    for name, found in vars(CaseRecord).items():
        if isinstance(found, property) and name != "subsidy_terms":
            assert getattr(empty, name) in ({}, None), name


def test_every_name_that_is_read_is_one_that_is_written() -> None:
    read = set(module._Fields.__annotations__)
    assert read <= NAMES, read - NAMES


def test_a_record_does_not_change_and_its_folding_is_another() -> None:
    record = CaseRecord(STORED)
    after = record.folded({ACTS.path("pay"): {"seq": 9}, OPENS_ON: None, "approved_fen": None})
    assert (set(after.acts), after.approved_fen) == ({"approve", "pay"}, None)
    assert after == folded(STORED, {"acts/pay": {"seq": 9}, "approved_fen": None})
    assert (set(record.acts), record.approved_fen) == ({"approve"}, 100)
    with pytest.raises((FrozenInstanceError, TypeError, AttributeError)):
        record._fields = {}  # type: ignore[misc]


def test_a_change_names_its_entry_by_a_path() -> None:
    assert FACTS.path("suspend", 5) == "facts/suspend/5"
    assert ACTS.path("approve", "data", "area") == "acts/approve/data/area"
    assert DOUBTS.named(["doubts/a:b", "doubtless", "acts/x"]) == {"a:b"}
    assert (DOUBTS.has("doubts/a:b"), DOUBTS.has("doubts")) == (True, False)


def test_an_event_says_what_its_act_was_told() -> None:
    told = {"on": "2019-06-10", "data": {"reason": "x"}}
    assert entry_in({"acts/refuse": told}, "refuse", 3) is told
    assert entry_in({"facts/suspend/3": told}, "suspend", 3) is told
    assert entry_in({"facts/suspend/2": told}, "suspend", 3) is None

    def event(changes: dict[str, Any]) -> Event:
        texts = dict.fromkeys(("county", "stream", "request_id", "acted_by", "office", "recorded_by"), "")
        more: dict[str, Any] = {**texts, "occurred_on": "", "recorded_at": "", "hash": "", "prev_hash": None}
        more |= {"from_state": None, "to_state": None, "policy_hash": None, "documents": (), "findings": ()}
        return Event(seq=3, action="suspend", changes=changes, **more)

    assert data_of(event({"facts/suspend/3": told})) == {"reason": "x"}
    assert data_of(event({"household": {"head": {}}})) == {"head": {}}
    assert data_of(event({})) == {}
