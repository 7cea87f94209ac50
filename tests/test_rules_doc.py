"""docs/rules.md is what the policies, the guards and the tests say, and no rule of the catalogue is without a line."""

from __future__ import annotations

import csv
import importlib.util
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
# rules that only say where something comes from, or what is done outside a case
UNTESTED = {"R1", "R52", "R55", "R58", "R67", "R70b", "R70c", "R79"}


def script() -> Any:
    spec = importlib.util.spec_from_file_location("rules_script", ROOT / "scripts" / "rules.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def catalogue() -> list[dict[str, str]]:
    with (ROOT / "docs" / "rules.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_page_is_up_to_date() -> None:
    assert (ROOT / "docs" / "rules.md").read_text(encoding="utf-8") == script().rendered(), "run scripts/rules"


@pytest.mark.parametrize("row", catalogue(), ids=lambda row: row["rule"])
def test_every_rule_is_carried_out_somewhere(row: dict[str, str]) -> None:
    line = next(x for x in script().rendered().splitlines() if x.startswith(f"| {row['rule']} |"))
    _, _, _, _, effect, where, tests, _ = (cell.strip() for cell in line.split("|"))
    assert effect
    assert where, "neither a table, a guard nor a reason"
    assert tests != "—" or row["rule"] in UNTESTED


def test_no_policy_names_a_rule_that_the_catalogue_has_not() -> None:
    assert set(script()._tables()) <= {row["rule"] for row in catalogue()}


def test_rules_are_numbered_once_and_none_is_left_out() -> None:
    rules = [row["rule"] for row in catalogue()]
    assert len(rules) == len(set(rules)) == 93
    assert {f"R{n}" for n in range(1, 80)} - set(rules) == {"R29", "R73"}  # R29 has parts only, R73 was never given
