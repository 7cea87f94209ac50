"""What a proof comes to."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Result:
    """A promise put to the proof: how many trials, how long, what broke it, and what else is worth a line."""

    name: str
    n: int = 0
    seconds: float = 0.0
    violations: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def note(self, words: str) -> None:
        """Add a line that is no violation."""
        self.notes.append(words)

    def broke(self, *words: str) -> None:
        """Add violations."""
        self.violations += words


@contextmanager
def proof(name: str) -> Iterator[Result]:
    """Return a result whose seconds are taken; whatever the harness itself raises is a violation too."""
    result, began = Result(name), time.perf_counter()
    try:
        yield result
    finally:
        result.seconds = round(time.perf_counter() - began, 1)
