"""A plan in words: nothing that its file says is left out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from weigai.states.policy.tables import read_policy
from weigai.states.reading.describe import described, parts_of
from weigai.states.reading.phrases import given, is_list, is_table, period_of, plain
from weigai.workflow.library import bundled

if TYPE_CHECKING:
    from collections.abc import Iterator

FILES = sorted((Path(__file__).parent.parent / "counties" / "policies").glob("*.toml"))
TEXTS = {**bundled(), **{path.stem: path.read_text(encoding="utf-8") for path in FILES}}
NAMES = {"steps": {"kind", "level", "part", "name"}}  # a step is called by these


def leaves(table: Any, inside: str = "") -> Iterator[tuple[str, str, Any, Any]]:
    """Yield every value that a table says: where, its name, itself, and the table."""
    for name, value in given(table):
        if is_list(value, value):
            for entry in value:
                yield from leaves(entry, name)
        elif is_table(value):
            yield from leaves(value, name)
        else:
            yield inside, name, value, table


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", TEXTS)
def test_every_value_of_a_plan_is_said(name: str, lang: str) -> None:
    policy = read_policy(TEXTS[name])
    told = "\n".join(
        " ".join((line.text, *line.remarks)) for part in described(policy, lang) for line in part.lines
    ) + next(part.title for part in described(policy, lang) if not part.name)
    absent = []
    for inside, field, value, table in leaves(policy):
        period = period_of(table) if field in ("days", "unit") else None
        said = period[lang == "en"] if period else plain(field, value, lang)
        if field in ("grades", "kind") and inside in ("open_to", "closed_to", "papers"):
            said = "/".join(value) if isinstance(value, tuple) else f"[{value}]"
        if field == "silent" or field in NAMES.get(inside, ()) or said in told:
            continue
        if not (field == "reading" and value == "undetermined") and value not in ((), {}):
            absent.append((inside, field, said))
    assert absent == []


def test_a_silence_says_what_is_taken() -> None:
    policy = read_policy(TEXTS["zhalantun-2019-a"])
    steps = next(part for part in described(policy, "en") if part.name == "steps")
    county = next(line for line in steps.lines if "county publicity" in line.text)
    assert "5 calendar days" in county.text
    assert "the plan is silent; taken as: days 5 days" in county.remarks[1]


def test_only_tables_that_a_plan_has_are_parts() -> None:
    assert "instalments" not in parts_of(read_policy(TEXTS["zhalantun-2019-a"]))
    assert {"steps", "guards", "numbering"} <= set(parts_of(read_policy(TEXTS["zhalantun-2019-a"])))
