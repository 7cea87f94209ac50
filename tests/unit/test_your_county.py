"""The page for a new county: what it shows to copy is sound, in both languages."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from weigai.states.policy.tables import read_policy
from weigai.states.proofs.load import load_policy
from weigai.workflow.cli.main import COMMANDS
from weigai.workflow.library import bundled

from tests.unit.safety import toml

DOCS = Path(__file__).parents[2] / "docs"
PAGES = [DOCS / "your-county.md", DOCS / "your-county.zh.md"]


def shown(page: Path) -> dict[str, Any]:
    [block] = re.findall(r"```toml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    return tomllib.loads(block)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_the_page_shows_to_copy_is_sound(page: Path) -> None:
    plan, told = tomllib.loads(bundled()["zhalantun-2019-a"]), shown(page)
    named = next(step for step in told["steps"] if "name" in step)
    [other] = [step for step in told["steps"] if "name" not in step]
    steps = [other if (s["kind"], s["level"]) == ("publicity", "township") else s for s in plan["steps"]]
    place = next(number for number, step in enumerate(steps) if step["kind"] == "approval")
    plan["steps"] = [*steps[:place], named, *steps[place:]]
    plan["hearings"].append({**plan["hearings"][0], "level": "results"})
    plan["modes"][0]["area"] = told["modes"]["area"]
    plan["subsidies"] = [*told["subsidies"], *plan["subsidies"]]
    plan["instalments"] = told["instalments"]
    plan["facts"] += told["facts"]
    plan["changes"] = told["changes"]
    plan["four_eyes"] = told["four_eyes"]
    policy = load_policy(toml(plan)).policy
    assert policy.steps[place].title is not None


def test_both_pages_show_the_same() -> None:
    def bare(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: bare(each) for key, each in value.items() if key != "source"}
        return [bare(each) for each in value] if isinstance(value, list) else value

    assert bare(shown(PAGES[0])) == bare(shown(PAGES[1]))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_its_commands_are_there(page: Path) -> None:
    words = re.findall(r"^weigai (\w+)", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert words
    assert set(words) <= set(COMMANDS)
    assert read_policy(bundled()["zhalantun-2019-b"])
