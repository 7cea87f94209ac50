"""A problem that a verification found: its stream, its number, and what is wrong."""

from __future__ import annotations

from typing import NamedTuple

from ...states.errors import IntegrityBroken

# what reading a body or value raises that weigai did not write: text that is no JSON, other types, too deep, no such hash
FORGED = (ValueError, KeyError, TypeError, AttributeError, RecursionError, IntegrityBroken)


class Problem(NamedTuple):
    """A place where the record does not verify."""

    stream: str
    seq: int
    what: str
