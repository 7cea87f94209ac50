"""Compare the search tokens with the personal values from which they were computed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ..register.declarations import numbers_of
from ..vault.index import KINDS, values_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..vault.keys import Keys

Token = tuple[str, str, str]  # kind, token, whose


def is_indexed(field: str) -> bool:
    """Tell whether a personal value of this path may stand in the index."""
    return field.rsplit("/", 1)[-1] in KINDS


def fits(
    keys: Keys, stream: str, record: Mapping[str, Any], opened: Mapping[str, tuple[str, str]], tokens: set[Token]
) -> bool:
    """Tell whether a stream's tokens are those of a case's household as it now is, or of all that an official ever declared.

    Each value has one at least, today's or that of an earlier release, and nothing else has any. `opened` holds the values by their
    commitments, each as (path, canonical text).
    """
    own = [
        {(kind, token, who) for token in keys.tokens(kind, value)}
        for kind, who, value in _found(stream, record, opened)
    ]
    return all(mine & tokens for mine in own) and tokens <= set().union(*own)


def _found(stream: str, record: Mapping[str, Any], opened: Mapping[str, tuple[str, str]]) -> list[tuple[str, str, str]]:
    """Return the numbers and names of a stream as (kind, whose, value)."""
    kind = stream.partition(":")[2].partition("/")[0]
    if kind == "person":
        return [entry for path, text in opened.values() for entry in numbers_of(path, json.loads(text))]
    return values_of(_revealed(record.get("household") or {}, opened)) if kind == "case" else []


def _revealed(value: Any, opened: Mapping[str, tuple[str, str]]) -> Any:
    """Put the values that could be opened where their commitments stand, nothing in place of the others."""
    if isinstance(value, dict):
        if set(value) == {"$commit"}:
            return json.loads(opened[value["$commit"]][1]) if value["$commit"] in opened else None
        return {name: _revealed(item, opened) for name, item in value.items()}
    return [_revealed(item, opened) for item in value] if isinstance(value, list) else value
