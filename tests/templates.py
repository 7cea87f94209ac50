"""A database file that was upgraded once in this process, to be copied: a test that needs a schema does not migrate."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from weigai.db import open_engine, schema


def sqlite(path: Path) -> str:
    """Write a database with the schema to a new file that only its owner reads; return its URL."""
    path.touch(mode=0o600, exist_ok=False)
    path.write_bytes(_upgraded())
    return f"sqlite:///{path}"


@cache
def _upgraded() -> bytes:
    with tempfile.TemporaryDirectory(prefix="weigai-template-") as folder:
        path = Path(folder) / "weigai.db"
        engine = open_engine(f"sqlite:///{path}")
        schema.upgrade(engine)
        engine.dispose()  # the last connection moves the write-ahead log into the file
        return path.read_bytes()
