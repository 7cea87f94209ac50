"""Say which acts on one case must be taken by different persons."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, NamedTuple

from ..policy.step_tables import FourEyes
from .road import parts

if TYPE_CHECKING:
    from ..policy.tables import Policy

# Under every policy nobody takes two of these: no file goes below it.
_FLOOR = (("appraisal", "approval", "payment"),)
# Without a table of the policy's own: of each row nobody takes two.
_KINDS = (
    *_FLOOR,
    ("preliminary", "final"),
    ("review", "approval"),
    ("identity", "approval"),
    ("final", "payment"),
)
_FORMS = {"payment": ("instalment", "reissue"), "identity_check": ("confirmation",)}  # facts that belong to a step


class Against(NamedTuple):
    """What a table holds against who takes an act: having taken one of the others."""

    table: FourEyes
    others: frozenset[str]


def tables(policy: Policy) -> tuple[FourEyes, ...]:
    """Return the policy's own tables, and those of the floor that these do not hold; without any, all that follow.

    What follows comes from the kinds of the policy's steps.
    """
    own = policy.four_eyes
    if not own:
        return tuple(_derived(policy, _KINDS))
    return (*own, *(table for table in _derived(policy, _FLOOR) if not any(_holds(one, table) for one in own)))


def _holds(own: FourEyes, table: FourEyes) -> bool:
    """Tell whether a table of the policy's own keeps apart all that another one does."""
    return own.effect == "block" and set(table.steps) <= set(own.steps)


def takes(policy: Policy, name: str) -> frozenset[str]:
    """Return the acts that a name in a table stands for: a step's actions and the facts that belong to it, or itself."""
    step = policy.keyed.get(name)
    if step is None:
        return frozenset((name,))
    forms = _FORMS.get(step.kind, ())
    return frozenset((*(part.action for part in parts(step)), *(f.id for f in policy.facts if f.form in forms)))


def names(policy: Policy) -> set[str]:
    """Return every name that a table may have: steps, their actions, ways, facts."""
    waived = {"waive_appraisal"} if any(step.waived_when is not None for step in policy.steps) else set()
    actions = {part.action for step in policy.steps for part in parts(step)}
    return {*policy.keyed, *actions, *waived, *(w.action for w in policy.ways), *(f.id for f in policy.facts)}


def pairs(policy: Policy) -> dict[str, tuple[Against, ...]]:
    """Return, by act, what each table holds against who takes it."""
    found: dict[str, tuple[Against, ...]] = {}
    for table in tables(policy):
        groups = [takes(policy, name) for name in table.steps]
        for group in groups:
            others = frozenset(act for other in groups for act in other) - group
            for act in group:
                found[act] = (*found.get(act, ()), Against(table, others))
    return found


def _derived(policy: Policy, rows: tuple[tuple[str, ...], ...]) -> list[FourEyes]:
    """Return the tables that follow from rows of kinds of steps; of several steps of a kind, one for each."""
    keys: dict[str, list[str]] = {}
    for key, step in policy.keyed.items():
        for part in parts(step):
            keys.setdefault(part.kind, []).append(key)
    found = []
    for kinds in rows:
        there = [keys[kind] for kind in kinds if kind in keys]
        if len(there) > 1:
            found += [
                FourEyes(steps=steps, source="weigai", rule="R77", silent=("steps",)) for steps in product(*there)
            ]
    return found
