"""The lower bounds that are promised are the versions that `scripts/lowest` runs on."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_each_lower_bound_is_what_is_tested_and_none_has_an_upper_one() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    bounds = [
        re.fullmatch(r"([a-z]+)(?:\[[a-z]+\])?>=([0-9.]+)", needed)
        for needed in (*project["dependencies"], *extras["postgresql"], *extras["excel"])
    ]
    pins = (ROOT / "tests/lowest.txt").read_text(encoding="utf-8").splitlines()
    assert pins == sorted(f"{bound[1]}=={bound[2]}" if bound else "no lower bound alone" for bound in bounds)
