"""The matrix of office, area, act and relation at a small size; `scripts/prove` runs it whole.

A failing run prints its seed: `matrix.run(seed, url, sample=...)` asks the same again.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from weigai.states import actor, decide

from tests.prove import matrix, orders
from tests.prove.reading import read

if TYPE_CHECKING:
    from pathlib import Path


SMALL = next(path for path in matrix.POLICIES if path.stem == "template-county")
OWN = [path for path in matrix.POLICIES if path.stem.startswith("zhalantun")]


@pytest.mark.heavy
def test_a_sample_of_the_matrix_is_as_the_policies_read(ready_url: str) -> None:
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    others = [path for path in matrix.POLICIES if path not in OWN]
    found = matrix.run(seed, ready_url, [chance.choice(OWN), *chance.sample(others, 2)], sample=30)
    assert not found.escapes, (str(found), found.escapes[:5])
    assert found.n > 2000
    assert found.allowed > 100


def test_every_office_state_and_act_is_in_the_matrix() -> None:
    for path in matrix.POLICIES:
        reading = read(path.read_text(encoding="utf-8"))
        state = reading.states[0]
        every = list(matrix.cells(reading, state, reading.acts, "150783101201"))
        assert {cell.act for cell in every} == set(reading.acts)
        assert {cell.office for cell in every} >= {*reading.offices, "auditor", "discipline", "admin", "stranger"}
        assert {cell.recorder for cell in every} >= {*reading.offices, None, "auditor"}


@pytest.mark.parametrize("defect", ["any office", "a digit is enough", "no area", "auditors act"])
def test_a_defect_is_seen(defect: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if defect == "any office":
        monkeypatch.setattr(decide, "_office", lambda q, old=decide._office: old(q)._replace(ok=True))
    elif defect == "a digit is enough":
        prefix = lambda unit, within: any(code and unit.startswith(code) for code in within)  # noqa: E731
        for room in ("weigai.db.cases.reader.inside", "weigai.states.actor.inside"):
            monkeypatch.setattr(room, prefix)
    elif defect == "no area":
        monkeypatch.setattr("weigai.db.cases.reader.inside", lambda unit, within: True)
        monkeypatch.setattr(actor.Actor, "covers", lambda self, unit: True)
    else:
        monkeypatch.setattr(actor.Actor, "may_act_as", lambda self, offices: self.office in (*offices, "auditor"))
    found = matrix.run(1, f"sqlite:///{tmp_path / 'defect.db'}", [SMALL], sample=120)
    assert found.escapes, str(found)


def test_six_steps_are_taken_in_their_order_and_in_no_other(tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    found = orders.run(seed, f"sqlite:///{tmp_path / 'orders.db'}", sample=30)
    assert not found.escapes, (str(found), found.escapes[:3])
    assert found.n == 3 * 31
    assert found.allowed >= 3 * orders.STEPS


def test_an_order_that_is_not_kept_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decide, "_order", lambda q, to: [])
    found = orders.run(1, f"sqlite:///{tmp_path / 'orders.db'}", sample=5)
    assert found.escapes
