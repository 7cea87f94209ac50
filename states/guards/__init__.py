"""The guards: one short function per rule, named after the fact that must hold.

A guard is asked at the kinds of act named in its `@guard(...)`. Where the plan switches a guard on (`[guards.NAME]`
of the policy file) it gets that table as `p`; a guard `of_step` always asks, with the step's own table.
Guards touch no database: what lies beyond the case comes in `q.around`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from .base import REGISTRY, Answer, Around, Question

if TYPE_CHECKING:
    from ..procedure.guard import Guard

_THEMES = (
    "units",
    "general",
    "eligibility",
    "publicity",
    "identity",
    "appraisal",
    "approval",
    "money",
    "works",
    "acceptance",
    "offroad",
    "after",
    "opening",
    "privacy",
    "lists",
    "register",
    "persons",
    "confirming",
)

__all__ = ["REGISTRY", "Answer", "Around", "Question", "load"]


def load() -> dict[str, Guard]:
    """Return every guard by name, in the order in which findings are listed."""
    for theme in _THEMES:
        import_module(f".{theme}", __name__)

    return dict(sorted(REGISTRY.items(), key=lambda item: _THEMES.index(_theme(item[1]))))


def _theme(guard: Guard) -> str:
    return str(guard.check.__module__.rpartition(".")[2])
