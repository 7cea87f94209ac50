"""What holds where a policy is silent on what protects the clock: safe defaults of the mechanism, not of a plan.

They hold for every policy that says what it lacks of the floor, or lacks nothing of it. Every new one does, and so does
one that was kept before and has both steps. Under such a kept policy further acts go by the defaults. What was entered
before stays good. A kept policy that neither has nor declares a step of the floor is read as it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .guards import BY_ITSELF, Upto

if TYPE_CHECKING:
    from .tables import Policy

SAFE: dict[str, Upto] = {
    "late_entry_agreed": Upto(source=BY_ITSELF, rule="R78", days=30, silent=("days",)),
    "shortening_agreed": Upto(source=BY_ITSELF, rule="R46", days=3, silent=("days",)),
}


def silent_on(policy: Policy) -> tuple[str, ...]:
    """Return the guards of the clock that a policy does not switch on, or switches on without days."""
    return tuple(name for name in SAFE if (table := getattr(policy.guards, name)) is None or table.days is None)


def completed(policy: Policy) -> Policy:
    """Return the policy with the safe default of each guard of the clock that it gives no days."""
    absent = {name: _filled(getattr(policy.guards, name), SAFE[name]) for name in silent_on(policy)}
    return policy.model_copy(update={"guards": policy.guards.model_copy(update=absent)}) if absent else policy


def _filled(table: Upto | None, safe: Upto) -> Upto:
    """Return the default; it cites weigai, since the days are not the plan's. A table's own effect stays."""
    return safe if table is None else safe.model_copy(update={"effect": table.effect})
