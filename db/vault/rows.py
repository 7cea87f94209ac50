"""The rows of personal values and of data keys, as the vault takes and gives them."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias, TypedDict

Wrapped: TypeAlias = "tuple[str, str | None]"  # the id of a master key, and a data key by it; None once destroyed


class PrivateValue(TypedDict):
    """A row of `weigai_private`: its value in the clear, or sealed."""

    county: str
    stream: str
    seq: int
    field: str
    person: str
    salt: str
    value: str


class DataKey(TypedDict):
    """A row of `weigai_key`."""

    county: str
    stream: str
    person: str
    master: str
    wrapped: str | None
    erased_at: str | None


class StoredValue(NamedTuple):
    """A sealed value as `KEPT_VALUES` gives it: its place in the stream, whose it is, and the data key that opens it."""

    seq: int
    field: str
    person: str
    value: str
    master: str
    wrapped: str | None


class Sealing(NamedTuple):
    """Rows of personal values ready to be written, and the rows of the data keys that are new."""

    rows: list[PrivateValue]
    keys: list[DataKey]
