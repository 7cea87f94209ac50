"""The blind index against the personal values that its tokens stand for: who is kin, and who is found, rests on it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from .declared import numbers_of
from .index import KINDS, values_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .keys import Keys

Token = tuple[str, str, str]  # kind, token, whose


def is_indexed(field: str) -> bool:
    """Tell whether a personal value of this path may stand in the index."""
    return field.rsplit("/", 1)[-1] in KINDS


def expected(keys: Keys, stream: str, record: Mapping[str, Any], opened: Mapping[str, tuple[str, str]]) -> set[Token]:
    """Return the tokens that a stream has: of a case's household as it now is, of all that an official ever declared.

    `opened` holds the values by their commitments, each as (path, canonical text).
    """
    kind = stream.partition(":")[2].partition("/")[0]
    if kind == "person":
        found = [entry for path, text in opened.values() for entry in numbers_of(path, json.loads(text))]
    elif kind == "case":
        found = values_of(_revealed(record.get("household") or {}, opened))
    else:
        found = []
    return {(kind, keys.token(kind, value), who) for kind, who, value in found}


def _revealed(value: Any, opened: Mapping[str, tuple[str, str]]) -> Any:
    """Put the values that could be opened where their commitments stand, nothing in place of the others."""
    if isinstance(value, dict):
        if set(value) == {"$commit"}:
            return json.loads(opened[value["$commit"]][1]) if value["$commit"] in opened else None
        return {name: _revealed(item, opened) for name, item in value.items()}
    return [_revealed(item, opened) for item in value] if isinstance(value, list) else value
