"""A desk of one's own: where the small proofs sit."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from weigai.db import open_engine
from weigai.workflow import Keys

from tests import templates
from tests.support import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def sitting() -> Iterator[Desk]:
    """Give a desk over a fresh SQLite database."""
    with TemporaryDirectory(prefix="weigai-prove-") as folder:
        engine = open_engine(templates.sqlite(Path(folder) / "weigai.db"))
        with Desk(engine, Path(folder) / "files") as desk:
            desk.api.context.keys = Keys.from_file(Path(folder) / "weigai.key")
            yield desk
        engine.dispose()
