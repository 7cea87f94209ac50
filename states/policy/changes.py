"""Apply the changes within a plan: give the policy as it holds for cases opened from a day on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import date

    from .tables import Policy

# what makes the graph, or names things: a plan that changes these is another plan
FIXED = frozenset(
    {
        "format",
        "id",
        "label",
        "county",
        "year",
        "kind",
        "level",
        "name",
        "part",
        "offices",
        "action",
        "start",
        "to",
        "form",
        "resumes",
        "states",
        "intakes",
        "changes",
        "confirmed_by",
        "records_for",
    }
)


def versions(policy: Policy) -> tuple[tuple[date, Policy], ...]:
    """Return the policy as it holds from the day of each change on, earlier changes included.

    Raises:
        LookupError: a path leads nowhere, or to what may not change; it is the error's argument.
        ValidationError: a new value is not of its form.
    """
    found: list[tuple[date, Policy]] = []
    plain = policy.model_dump(exclude_unset=True, exclude={"changes"})
    for change in sorted(policy.changes, key=lambda change: change.first):
        for path, value in change.set.items():
            _set(policy, plain, path, value)
        found.append((change.first, type(policy).model_validate(plain)))
        plain = found[-1][1].model_dump(exclude_unset=True)
    return tuple(found)


def _set(policy: Policy, plain: dict[str, Any], path: str, value: Any) -> None:
    *parents, last = path.split(".")
    node: Any = plain
    for number, key in enumerate(parents):
        node = _step_in(policy, node, key, parents[:number])
    if set(path.split(".")) & FIXED or not isinstance(node, dict) or last not in node:
        raise LookupError(path)
    node[last] = value


def _step_in(policy: Policy, node: Any, key: str, before: list[str]) -> Any:
    """Return the table of that name: of a list the step of that key, the entry of that id, or that number from 1."""
    if isinstance(node, dict):
        return node.get(key)
    if not isinstance(node, (list, tuple)):
        return None
    names = list(policy.keyed) if before == ["steps"] else [entry.get("id") for entry in node]
    if key in names:
        return node[names.index(key)]
    return node[int(key) - 1] if key.isdigit() and 0 < int(key) <= len(node) else None
