"""What a game of the adversarial walk begins with, and what the games come to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from tests.prove.floor_stages import Cast, Wish
    from tests.walker import Household


@dataclass
class Setting:
    """What a game begins with: the plan, the household, the persons, and how the case is opened."""

    plan: str
    household: Household
    group: tuple[str, ...]
    cast: Cast
    intake: str | None
    on: date


@dataclass
class Counts:
    """What a walk came to: acts asked and taken, payments, archives, and what stands against the floor, by its kind."""

    acts: int = 0
    games: int = 0
    taken: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    wanted: str = ""  # a kind that is looked for: the walk ends where it is shown
    shown: dict[str, tuple[Setting, list[Wish], int]] = field(
        default_factory=dict
    )  # the shortest history of each kind, when

    @property
    def found(self) -> bool:
        """Tell whether what is looked for was shown."""
        return bool(self.wanted) and any(self.wanted in kind for kind in self.wrong)

    def add(self, other: Counts) -> None:
        """Add what another walk came to."""
        self.acts, self.games = self.acts + other.acts, self.games + other.games
        self.taken += other.taken
        self.wrong += other.wrong
        for kind, shown in other.shown.items():
            self._shortest(kind, shown)

    def broke(self, kind: str, setting: Setting, wishes: list[Wish]) -> None:
        """Note what stands against the floor, with the history that led there."""
        self.wrong[kind] += 1
        self._shortest(kind, (setting, list(wishes), self.acts))

    def _shortest(self, kind: str, shown: tuple[Setting, list[Wish], int]) -> None:
        known = self.shown.get(kind)
        if known is None or len(shown[1]) < len(known[1]):
            self.shown[kind] = shown


def kind_of(told: str) -> str:
    """Return what a sentence of the model is about, without its numbers and days."""
    told = "appraiser engaged by another office" if told.startswith("appraiser engaged") else told
    words = told.split(":", maxsplit=1)[0] if told.startswith(("publicity", "money")) else told
    return "area" if words.startswith("area") else "objection" if words.startswith("objection") else words
