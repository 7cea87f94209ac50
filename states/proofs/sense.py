"""Check that what a new policy says makes sense; a policy that a database keeps is not asked again.

Each check is given a policy and yields what it found: the list of them is `CHECKS`.
"""

from __future__ import annotations

import tomllib
from contextlib import suppress
from typing import TYPE_CHECKING

from pydantic import ValidationError

from ..policy.changes import drafts
from ..values import Problem
from . import amounts, bound_forms, entries, notices, persons
from .coverage import unreached
from .second import agreed_soon, nobodys, unconfirmed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from ..policy.tables import Policy


def senseless(policy: Policy, content: str) -> Iterator[Problem]:
    """Yield what a policy says that cannot be meant, also as its dated changes leave it."""
    written = tomllib.loads(content)
    found = [*entries.mistyped(written, policy.model_dump(exclude_unset=True)), *entries.empty(written)]
    found += [*entries.marked(content), *_twice(policy), *_of(policy)]
    yield from found
    said = {problem.en for problem in found}
    for problem in _changed(policy):
        if problem.en not in said:
            first = policy.changes[int(str(problem.path).split(".")[1])].first
            yield problem.within(f"changes：自 {first} 起", f"changes: from {first}")
            said.add(problem.en)


def _of(policy: Policy) -> Iterator[Problem]:
    for check in CHECKS:
        yield from check(policy)


def _changed(policy: Policy) -> Iterator[Problem]:
    """Yield what is wrong after each dated change, at the change; one that leads nowhere is told elsewhere."""
    with suppress(LookupError, ValidationError):
        for draft in drafts(policy):
            made = draft.policy.model_dump(exclude_unset=True)
            for problem in (*entries.mistyped(draft.written, made), *_of(draft.policy)):
                yield problem._replace(path=f"changes.{draft.at}")


def _twice(policy: Policy) -> Iterator[Problem]:
    """A value changes to one value on one day."""
    there: dict[tuple[date, str], tuple[int, object]] = {}
    for at, change in enumerate(policy.changes):
        for path, value in change.set.items():
            first, other = there.setdefault((change.first, path), (at, value))
            if first != at:
                zh = f"changes：{path} 自 {change.first} 起有两个值：{other} 和 {value}；请只留一个"
                en = f"changes: {path} has two values from {change.first}: {other} and {value}; keep one"
                yield Problem(f"changes.{at}.set.{path}", zh, en)


CHECKS: tuple[Callable[[Policy], Iterator[Problem]], ...] = (
    entries.years,
    entries.spans,
    entries.numbering,
    entries.planned_sums,
    entries.numbers_as_texts,
    notices.places,
    notices.days,
    bound_forms.forms,
    bound_forms.names,
    bound_forms.off_the_road,
    bound_forms.money,
    bound_forms.in_parts,
    notices.ends,
    notices.heard,
    notices.answered,
    notices.quorum,
    persons.confirmed,
    persons.two,
    unconfirmed,
    nobodys,
    agreed_soon,
    persons.apart,
    persons.upwards,
    amounts.payees,
    amounts.areas,
    amounts.limits,
    amounts.units,
    amounts.shares,
    amounts.waits,
    unreached,
)
