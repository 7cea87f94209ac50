"""What an exemption under a policy lifts: the liftable guards of the rules that it names, and papers that others replace."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from ..policy.tables import Policy
    from .acts import Act, Bound


class Exempting(NamedTuple):
    """What a policy lets a household be exempted from."""

    lifts: frozenset[str]  # the rules whose liftable guards an exemption lifts
    instead: Mapping[tuple[str, str], tuple[str, ...]]  # by rule and missing paper, the papers that replace it

    @property
    def rules(self) -> frozenset[str]:
        """Return the rules that a household may be exempted from."""
        return self.lifts | {rule for rule, _ in self.instead}


def exempting(policy: Policy, known: Collection[str]) -> Exempting:
    """Return what a policy's tables let a household be exempted from, among the rules known.

    A policy that an earlier program kept lists what nobody is exempted from instead: then it is every rule but these.
    """
    old = policy.guards.rule_exemptible
    if old is not None and not policy.exemptible:
        return Exempting(frozenset(known) - set(old.never), {})
    whole = frozenset(entry.rule for entry in policy.exemptible if entry.replaces is None)
    instead = {(entry.rule, entry.replaces): entry.papers for entry in policy.exemptible if entry.replaces}
    return Exempting(whole, instead)


def liftable(policy: Policy, acts: Iterable[Act]) -> dict[str, frozenset[str]]:
    """Return by rule the acts at which an exemption can lift a guard of it."""
    found: dict[str, set[str]] = {}
    for act in acts:
        for asked in act.guards:
            for rule in _cited(policy, asked):
                found.setdefault(rule, set()).add(act.name)
    return {rule: frozenset(names) for rule, names in found.items()}


def _cited(policy: Policy, asked: Bound) -> Iterator[str]:
    """Yield the rules that an exemption names to lift this guard: those of the tables that its findings cite."""
    if asked.guard.liftable:
        tables = getattr(policy, asked.guard.cites) if asked.guard.cites else (asked.table,)
        yield from (table.rule for table in tables if table.rule is not None)
