"""The kinds of columns that the tables use, and the registry of the tables."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import BigInteger, Integer, MetaData, Text
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
METADATA = MetaData(naming_convention=_NAMES)
STRICT: dict[str, Any] = {"sqlite_strict": True}
# Small rows found by their key alone: one b-tree less to write at every commit. Large rows would only overflow there.
SMALL: dict[str, Any] = {**STRICT, "sqlite_with_rowid": False}


class Base(SQLModel, registry=registry(metadata=METADATA)):
    """Base of weigai's tables."""

    # The rows are written by prepared statements and never validated as models: their validators are not built.
    model_config = {"defer_build": True}
    metadata: ClassVar[MetaData] = METADATA


def text(*, key: bool = False, null: bool = False) -> Any:
    """Return a text column."""
    return Field(default=None, sa_type=Text, primary_key=key, nullable=null)


def whole(*, key: bool = False, null: bool = False) -> Any:
    """Return a whole-number column (64 bit)."""
    kind = BigInteger().with_variant(Integer, "sqlite")
    return Field(default=None, sa_type=kind, primary_key=key, nullable=null)
