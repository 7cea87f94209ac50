"""Every column of every table is held by something, and a small run of what `scripts/prove` does with each."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from weigai.db.audit import columns as audit_columns
from weigai.db.tables import METADATA

from tests.prove import columns

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine


def test_every_column_of_every_table_stands_in_a_class() -> None:
    there = {f"{table.name}.{column.name}" for table in METADATA.sorted_tables for column in table.columns}
    assert set(audit_columns.classes()) == there
    assert all(len(kinds) == 1 for kinds in audit_columns.classes().values())


def test_a_column_that_is_changed_is_found(engine: Engine, tmp_path: Path) -> None:
    seed = random.randrange(10**9)
    tried, missed = columns.run(engine, tmp_path / "files", seed=seed, rows=1, part=0.1)
    assert tried > 20
    assert not missed, f"seed {seed}: {missed}"


@pytest.mark.heavy
def test_every_column_that_is_changed_is_found(engine: Engine, tmp_path: Path) -> None:
    tried, missed = columns.run(engine, tmp_path / "files", seed=1, rows=1)
    assert tried > 300
    assert not missed, "\n".join(missed)
