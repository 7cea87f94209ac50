"""Check the classes of a household against those that its policy has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...states.errors import InputRefused

if TYPE_CHECKING:
    from collections.abc import Collection

    from ...states.procedure.graph import Procedure


def classes_known(classes: Collection[str], procedure: Procedure) -> None:
    """Refuse classes that the policy does not know.

    Raises:
        InputRefused: with the classes that it knows.
    """
    known = (*procedure.classes, *procedure.elsewhere, *procedure.policy.other_classes)
    unknown = [name for name in classes if name not in known]
    if unknown:
        listed, all_known = ", ".join(unknown), ", ".join(known)
        raise InputRefused(
            f"classes：方案 {procedure.policy.id} 没有 {listed} 这一类别；请用其中之一：{all_known}。",
            f"classes: policy {procedure.policy.id} has no class {listed}; use one of: {all_known}.",
        )
