"""Check that a plan says which step of the floor it does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..values import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..policy.step_tables import Step
    from ..policy.tables import Policy


def lacks(policy: Policy) -> Iterator[Problem]:
    """A plan has a village publicity and an identity step, or says openly that it lacks them; never both."""
    for name, (zh, en, mend, has) in _OPENLY.items():
        said = [at for at, lack in enumerate(policy.lacks) if lack.step == name]
        there = has(policy)
        if not there and not said:
            yield Problem(
                "steps",
                f'steps：没有{zh}：补上该步骤（{mend}）；方案确实没有的，写 [[lacks]] step = "{name}"，注明出处',
                f"steps: there is no {en}: add the step ({mend}), or, if the plan has none, write "
                f'[[lacks]] step = "{name}" with its source',
            )
        for at in said if there else said[1:]:
            yield Problem(
                f"lacks.{at}.step",
                f"lacks：写明没有{zh}，但{'方案有这一步骤' if there else '已写过'}；请删去其一",
                f"lacks: {en} is named as lacking, but {'the plan has the step' if there else 'it is named before'}; "
                "take one out",
            )


def _village_publicity(policy: Policy) -> bool:
    return any(step.kind == "publicity" and step.level == "village" for step in _before_payment(policy))


def _identity(policy: Policy) -> bool:
    return any(step.kind == "identity_check" for step in _before_payment(policy))


def _before_payment(policy: Policy) -> tuple[Step, ...]:
    """Return the steps that come before money is paid: a notice of the results comes too late for objections."""
    kinds = [step.kind for step in policy.steps]
    return policy.steps[: kinds.index("payment")] if "payment" in kinds else policy.steps


# What a plan may lack openly: its words, how to add it, and whether a plan has it.
_OPENLY: dict[str, tuple[str, str, str, Callable[[Policy], bool]]] = {
    "village_publicity": ("村级公示", "village publicity", 'kind = "publicity", level = "village"', _village_publicity),
    "identity": ("身份确认环节", "identity step", 'kind = "identity_check"', _identity),
}
