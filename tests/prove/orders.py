"""All orders of six steps against a model of one line: only the step whose turn it is may be taken (H5)."""

from __future__ import annotations

import random
import tempfile
from datetime import date
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from weigai.db import open_engine, schema
from weigai.states.errors import GuardsNotMet, WeigaiError

from tests.prove.matrix import Matrix
from tests.support import Desk, Road

if TYPE_CHECKING:
    from collections.abc import Sequence

# from where on, and the facts that the steps rest on: publicity skipped, appraisal late, works before the agreement ...
WINDOWS: dict[str, tuple[tuple[str, dict[str, Any]], ...]] = {
    "village_notice": (),
    "appraisal": (),
    "agreement": (
        ("record_resettlement", {"how": "rented"}), ("record_sealing", {}), ("record_demolition", {}),
        ("appoint_supervisor", {"name": "王五", "kind": "technician", "trained": True}),
    ),
}  # fmt: skip
STEPS = 6


class Step(NamedTuple):
    """A valid step: what, by whom, with what, on which day."""

    action: str
    office: str
    papers: str
    data: dict[str, Any]
    on: date


def run(seed: int, store_url: str, sample: int | None = None) -> Matrix:
    """Take six steps in every order from each of three places on the road, or in `sample` orders."""
    chance, found = random.Random(seed), Matrix(seed)
    engine = open_engine(store_url)
    schema.upgrade(engine)
    with tempfile.TemporaryDirectory() as folder:
        for start, facts in WINDOWS.items():
            with Desk(engine, Path(folder)) as desk:
                case = desk.open()
                desk.walk(case, start)
                for fact, data in facts:
                    desk.take(case, fact, "township", **data)
                steps = _steps(desk, case)
                orders = list(permutations(range(STEPS)))
                some = orders if sample is None else [orders[0], *chance.sample(orders[1:], sample)]
                for order in some:
                    found.n += 1
                    found.escapes += _ordered(desk, case, steps, order, found)
                desk.session.rollback()
    engine.dispose()
    return found


def _steps(desk: Desk, case: str) -> list[Step]:
    """Return the next six valid steps of a case, tried out and undone; the clock stays at the last one's day."""
    savepoint, road, steps = desk.session.begin_nested(), Road(desk, case), []
    for _ in range(STEPS):
        state = desk.api.get(case, actor=_county()).state
        action, office, papers, data = road.act(state)
        steps.append(Step(action, office, papers, data, desk.today))
        desk.take(case, action, office, papers, **data)
    savepoint.rollback()
    return steps


def _ordered(desk: Desk, case: str, steps: Sequence[Step], order: Sequence[int], found: Matrix) -> list[str]:
    """Take the steps in an order: each is done exactly when all before it are, else refused with a rule."""
    wrong, turn = [], 0
    savepoint = desk.session.begin_nested()
    for number in order:
        step = steps[number]
        try:
            late = {"reason": "补录", "agreed_by": "p-second"}  # the clock stands at the last one's day
            desk.take(case, step.action, step.office, step.papers, on=step.on, **step.data, **late)
            done, ruled = True, True
        except GuardsNotMet as error:
            done, ruled = False, any(f.rule for f in error.unmet)
        except WeigaiError as error:
            done, ruled = False, type(error).__name__ == "GuardsNotMet"
        if done is not (number == turn) or not ruled:
            wrong.append(f"{[steps[n].action for n in order]}: {step.action} {'done' if done else 'refused'}")
        turn += done
        found.allowed += done
    savepoint.rollback()
    return wrong


def _county() -> Any:
    from tests.support import person

    return person("county")
