"""Apply the changes within a plan: give the policy as it holds for cases opened from a day on."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
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
        "lacks",
    }
)


class Draft(NamedTuple):
    """The policy as a dated change leaves it: the number of the change in the file, its values as written, the policy."""

    at: int
    written: dict[str, object]
    policy: Policy


def versions(policy: Policy) -> tuple[tuple[date, Policy], ...]:
    """Return the policy as it holds from the day of each change on, earlier changes included.

    Raises:
        LookupError: a path leads nowhere, or to what may not change; it is the error's argument.
        ValidationError: a new value is not of its form.
    """
    return tuple((policy.changes[draft.at].first, draft.policy) for draft in drafts(policy))


def drafts(policy: Policy) -> Iterator[Draft]:
    """Yield what each change leaves, oldest first. It raises what `versions` raises."""
    plain = policy.model_dump(exclude_unset=True, exclude={"changes"})
    for at, change in sorted(enumerate(policy.changes), key=lambda numbered: numbered[1].first):
        for path, value in change.set.items():
            _set(policy, plain, path, value)
        made = type(policy).model_validate(plain)
        yield Draft(at, plain, made)
        plain = made.model_dump(exclude_unset=True)


def _set(policy: Policy, plain: dict[str, object], path: str, value: object) -> None:
    *parents, last = path.split(".")
    node: object = plain
    for number, key in enumerate(parents):
        node = _step_in(policy, node, key, parents[:number])
    if set(path.split(".")) & FIXED or not isinstance(node, dict) or last not in node:
        raise LookupError(path)
    node[last] = value


def _step_in(policy: Policy, node: object, key: str, before: list[str]) -> object:
    """Return the table of that name: of a list the step of that key, the entry of that id, or that number from 1."""
    if isinstance(node, dict):
        return node.get(key)
    if not isinstance(node, (list, tuple)):
        return None
    names = list(policy.keyed) if before == ["steps"] else [entry.get("id") for entry in node]
    if key in names:
        return node[names.index(key)]
    return node[int(key) - 1] if key.isdigit() and 0 < int(key) <= len(node) else None
