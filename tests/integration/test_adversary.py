"""The adversarial walk at a small size, and some of the holes that are planted for it; `scripts/prove` has the whole of both."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.prove import adversary, planted_walk
from tests.prove.defects import Ground

SEED = 20190610
SOME = (
    "an exemption lifts every bar of the walk",
    "a notice need not hang for its days",
    "one person appraises, approves and pays",
    "it is paid before the final acceptance",
    "an identity is accepted that nobody confirmed",
)


@pytest.mark.parametrize("name", SOME)
def test_the_walk_finds_a_hole_in_the_floor(tmp_path: Path, name: str) -> None:
    ground = Ground(SEED, None, tmp_path)
    defect = next(one for one in planted_walk.WALKED if one.name == name)
    with defect.plant(ground):
        assert defect.look(ground)


def test_no_payment_and_no_archive_stands_below_the_floor() -> None:
    result = adversary.rules(SEED, 4_000, processes=1)
    assert result.violations == []
    assert result.n >= 4_000


def test_none_stands_in_a_database(ready_url: str, tmp_path: Path) -> None:
    result = adversary.database(SEED, 150, ready_url, tmp_path)
    assert result.violations == []
