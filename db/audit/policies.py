"""Compare the stored contents of policies with their hashes and with the events that name them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from ...states.errors import PolicyRefused
from ...states.proofs.load import load_kept
from ..cases.policies import POLICY, is_content
from ..log.entry import dumps
from .problem import RecordProblem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from ...states.procedure.graph import Procedure
    from ..statements import DbRow

_A_DAY = timedelta(days=1)


class AuditedPolicy(NamedTuple):
    """What is kept of a policy: its id and when it was kept, whether the content is that of its hash, and what it says."""

    hash: str
    id: str
    stored_at: str
    sound: bool
    moves: str
    procedure: Procedure | None  # None for a content that is no policy

    def number_key(self, unit: str, opened_on: str) -> str | None:
        """Return the running number of the archive numbers of a village's cases that were opened on a day."""
        if self.procedure is None:
            return None
        try:
            opened = date.fromisoformat(opened_on)
        except ValueError:  # told of the event itself
            return None
        policy = self.procedure.of(None, opened).policy
        length = {"county": 6, "township": 9, "village": 12}[policy.numbering.per]
        return f"archive/{policy.id}/{unit[:length]}"


def policies_by_hash(connection: Connection) -> dict[str, AuditedPolicy]:
    """Return every policy that is kept, by hash, each content read once."""
    return {row.hash: _read(row) for row in connection.execute(select(POLICY))}


def _read(row: DbRow) -> AuditedPolicy:
    sound = is_content(row.content, row.hash)
    return AuditedPolicy(row.hash, row.id, row.stored_at, sound, row.moves, _compiled(row.content) if sound else None)


@lru_cache(maxsize=64)
def _compiled(content: str) -> Procedure | None:
    try:
        return load_kept(content)
    except PolicyRefused:
        return None


def wrong(
    policies: Mapping[str, AuditedPolicy], named: Mapping[str, str], within: Sequence[str] | None
) -> list[RecordProblem]:
    """Return what does not verify of the rows of policies; `named` are those that events name, by hash."""
    counties = None if within is None else {code[:6] for code in within}
    found = []
    for one in policies.values():
        county = one.procedure.policy.county if one.procedure else None
        if counties is None or county in counties or one.hash in named:
            found += [RecordProblem(f"policy/{one.id}", 0, what) for what in _wrong(one)]
    return found


def _wrong(one: AuditedPolicy) -> Iterator[str]:
    short = one.hash[:23]
    if not one.sound:
        yield f"its content is not that of its hash {short}"
    elif one.procedure is None:
        yield f"its content is no policy ({short})"
    else:
        if one.procedure.policy.id != one.id:
            yield f"its content has another id ({short})"
        if dumps(one.procedure.moves()) != one.moves:
            yield f"the moves kept beside it are not those of its content ({short})"


def remarks(
    policies: Mapping[str, AuditedPolicy], named: Mapping[str, str], whole: set[str] | None
) -> list[RecordProblem]:
    """Return what is worth a look in the policies of these counties, of which every event was read.

    A content that no event names may be left of an opening that was refused; but the newest of an id is taken where
    there is no file of it, so when each was kept is compared with the first event that names it.
    """
    found = []
    for one in policies.values():
        if one.procedure is None or (whole is not None and one.procedure.policy.county not in whole):
            continue
        first = named.get(one.hash)
        if first is None:
            found.append(RecordProblem(f"policy/{one.id}", 0, f"no event names this content ({one.hash[:23]})"))
        elif not _beside(one.stored_at, first):
            what = f"it was not kept when it was first named, at {first} ({one.hash[:23]})"
            found.append(RecordProblem(f"policy/{one.id}", 0, what))
    return found


def _beside(stored_at: str, first: str) -> bool:
    try:
        return abs(datetime.fromisoformat(stored_at) - datetime.fromisoformat(first)) <= _A_DAY
    except (ValueError, TypeError):
        return False
