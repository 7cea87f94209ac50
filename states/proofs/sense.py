"""Check that what a new policy says makes sense; a policy that a database keeps is not asked again.

Each check is given a policy and yields what it found: the list of them is `CHECKS`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..values import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..policy.tables import Policy


def senseless(policy: Policy) -> Iterator[Problem]:
    """Yield what a policy says that cannot be meant."""
    for check in CHECKS:
        yield from check(policy)


def posted_somewhere(policy: Policy) -> Iterator[Problem]:
    """A notice hangs somewhere."""
    for at, step in enumerate(policy.steps):
        if step.kind == "publicity" and not step.places:
            yield Problem(
                f"steps.{at}.places",
                f"steps：{step.at} 公示没有张贴地点；请写 places，方案未写明的同时列入 silent",
                f"steps: the {step.at} publicity hangs nowhere; write places, and name it under silent if the plan does "
                "not say",
            )


CHECKS: tuple[Callable[[Policy], Iterator[Problem]], ...] = (posted_somewhere,)
