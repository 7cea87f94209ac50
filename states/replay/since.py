"""What a later program asks by itself, though the content has no table for it: an earlier one did not ask.

An event that says nothing of such a guard may be an earlier program's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..policy.defaults import SAFE
from ..policy.guards import BY_ITSELF

if TYPE_CHECKING:
    from ..guards.base import Question
    from ..policy.tables import Policy
    from ..values import Finding

_ABSENT = frozenset({"consent_given", "appraiser_independent", "corrected_facts_hold", *SAFE})
_EXEMPTING = frozenset({"exemption_lifts", "exemption_bounded"})


def unasked(q: Question, finding: Finding) -> bool:
    """Tell whether an earlier program may have let pass, under the same content, what a guard bars now."""
    name, policy = finding.guard, q.procedure.policy
    if name in _ABSENT and finding.source == BY_ITSELF:
        return True
    if name == "rule_exemptible":
        return not _listed_what_never(policy)
    if name in _EXEMPTING:
        return not policy.exemptible
    if name == "corrected_facts_hold":  # an exemption covered what is of the floor
        return not policy.exemptible and bool(q.case.exemptions(q.on))
    return name == "no_open_objection" and q.act.kind == "fact"  # it did not hold back a part


def _listed_what_never(policy: Policy) -> bool:
    """Tell whether a policy says what may be exempted, or what never may be, so that an earlier program refused the rest."""
    never = policy.guards.rule_exemptible
    return bool(policy.exemptible) or (never is not None and never.effect == "block")
