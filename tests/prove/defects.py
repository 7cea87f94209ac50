"""Defects planted on purpose, each in this process only: the piece of the harness that must notice it has to.

A defect that is not noticed is a violation here: then a promise is proved by something that would not see it broken.
A new wall or rule brings its own entry: how it is taken away, and which piece notices.
"""

from __future__ import annotations

from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.prove import plants
from tests.prove.result import Result, proof

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.postgres import Server


class Ground:
    """Where defects are planted: a seed, fresh databases, and a PostgreSQL server."""

    def __init__(self, seed: int, server: Server | None, folder: Path) -> None:
        self.seed, self.server, self.folder = seed, server, folder
        self._numbers = count(1)

    def sqlite(self) -> str:
        """Return the address of a fresh SQLite database."""
        return f"sqlite:///{self.folder / f'{next(self._numbers)}.db'}"

    def postgres(self) -> str:
        """Return the address of a fresh PostgreSQL database."""
        assert self.server is not None
        return self.server.fresh()


class Defect(NamedTuple):
    """A defect: its name, how it is planted, the piece of the harness that must notice, and what that needs."""

    name: str
    plant: Callable[[Ground], Any]
    look: Callable[[Ground], Sequence[str]]
    needs: str = "sqlite"  # or "postgresql", "strace"


def run(seed: int, server: Server | None, *, names: Sequence[str] = (), sober: bool = False) -> Result:
    """Plant each defect, or those named, and let the harness look; those that need what is not here are told of.

    With `sober` every piece looks first without a defect: one that complains then notices nothing.
    """
    from tests.prove.planted import DEFECTS, PIECES

    with proof("defects") as result, TemporaryDirectory(prefix="weigai-prove-") as folder:
        ground = Ground(seed, server, Path(folder))
        for name, look in PIECES.items() if sober and plants.can("postgresql", server) else ():
            if told := look(ground):
                result.broke(f"{name} complains where nothing is planted: {told[0][:300]}")
        for defect in DEFECTS:
            if names and defect.name not in names:
                continue
            if not plants.can(defect.needs, server):
                result.note(f"not here ({defect.needs}): {defect.name}")
                continue
            result.n += 1
            try:
                with planted(defect, ground):
                    told = defect.look(ground)
            except (KeyError, AttributeError, ImportError) as error:  # what it replaces has another name by now
                result.broke(f"cannot be planted any more: {defect.name} ({error!r})")
                continue
            if told:
                result.note(f"noticed: {defect.name} ({told[0][:110].splitlines()[0]})")
            else:
                result.broke(f"NOT noticed: {defect.name}")
    return result


@contextmanager
def planted(defect: Defect, ground: Ground) -> Iterator[None]:
    """Have a defect in place for a while."""
    with defect.plant(ground):
        yield
