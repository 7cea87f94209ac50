"""The verification of the record: every chain, every copy, every commitment, and every case against its replay."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import select

from ..states.case import folded, summary
from . import events
from .entries import dumps
from .statements import CASE, DOCUMENT, EVENT, PRIVATE
from .streams import STREAM

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import Connection

    from .files import FileStore

# body field -> column that copies it
_COPIES = {
    "county": "county", "stream": "stream", "seq": "seq", "request_id": "request_id", "action": "action",
    "from": "from_state", "to": "to_state", "acted_by": "acted_by", "office": "office", "recorded_by": "recorded_by",
    "occurred_on": "occurred_on", "recorded_at": "recorded_at", "policy": "policy_hash",
}  # fmt: skip


class Problem(NamedTuple):
    """A place where the record does not verify."""

    stream: str
    seq: int
    what: str


class Verified(NamedTuple):
    """What a verification read, and every problem that it found."""

    events: int
    streams: int
    problems: tuple[Problem, ...]


def verify(
    connection: Connection, *, files: FileStore | None = None, only: str | None = None, most: int = 100
) -> Verified:
    """Verify every stream in bounded memory, or one case's; at most `most` problems are told."""
    heads = _heads(connection, only)
    problems: list[Problem] = []
    count, seen = 0, set()
    for stream, rows in _streams(connection, only):
        seen.add(stream)
        replay = Replay(stream)
        private, papers = _side(connection, stream)
        for row in rows:
            count += 1
            problems += replay.take(row, private, papers, files)
        problems += replay.close(heads.get(stream), private, papers)
        if len(problems) >= most:
            break
    else:
        problems += [Problem(s, 0, "a head or case row without events") for s in heads if s not in seen]
        problems += _orphans(connection, seen, only)
    return Verified(count, len(seen), tuple(problems[:most]))


def _streams(connection: Connection, only: str | None) -> Iterator[tuple[str, list[Any]]]:
    """Yield each stream with its events in order; one stream at a time is in memory."""
    query = select(EVENT).order_by(EVENT.c.county, EVENT.c.stream, EVENT.c.seq)
    if only:
        query = query.where(EVENT.c.county == only[:6], EVENT.c.stream == f"case/{only}")
    rows: list[Any] = []
    for row in connection.execute(query.execution_options(yield_per=500)).mappings():
        if rows and (rows[0]["county"], rows[0]["stream"]) != (row["county"], row["stream"]):
            yield f"{rows[0]['county']}:{rows[0]['stream']}", rows
            rows = []
        rows.append(row)
    if rows:
        yield f"{rows[0]['county']}:{rows[0]['stream']}", rows


def _heads(connection: Connection, only: str | None) -> dict[str, Mapping[str, Any]]:
    """Return the head of every stream: a case's own row, or the stream's."""
    cases = select(CASE)
    if only:
        cases = cases.where(CASE.c.county == only[:6], CASE.c.id == only)
    found: dict[str, Mapping[str, Any]] = {
        f"{row['county']}:case/{row['id']}": dict(row) for row in connection.execute(cases).mappings()
    }
    if not only:
        for row in connection.execute(select(STREAM)).mappings():
            found[f"{row['county']}:{row['stream']}"] = dict(row)
    return found


def _side(connection: Connection, stream: str) -> tuple[dict[tuple[int, str], Any], dict[tuple[int, int], Any]]:
    county, name = stream.split(":", 1)
    private = connection.execute(select(PRIVATE).where(PRIVATE.c.county == county, PRIVATE.c.stream == name))
    papers = connection.execute(select(DOCUMENT).where(DOCUMENT.c.county == county, DOCUMENT.c.stream == name))
    return (
        {(row["seq"], row["field"]): row for row in private.mappings()},
        {(row["seq"], row["no"]): row for row in papers.mappings()},
    )


def _orphans(connection: Connection, seen: set[str], only: str | None) -> Iterator[Problem]:
    if only:
        return
    for side, what in ((PRIVATE, "personal values"), (DOCUMENT, "papers")):
        for row in connection.execute(select(side.c.county, side.c.stream).distinct()):
            if f"{row.county}:{row.stream}" not in seen:
                yield Problem(f"{row.county}:{row.stream}", 0, f"{what} without events")


class Replay:
    """The replay of one stream: it merges the recorded changes and never runs a rule again."""

    def __init__(self, stream: str) -> None:
        self.stream = stream
        self.seq = 0
        self.prev: str | None = None
        self.state: str | None = None
        self.record: dict[str, Any] = {}
        self.policy: str | None = None
        self.used: set[tuple[int, str]] = set()
        self.used_papers: set[tuple[int, int]] = set()

    def take(self, row: Any, private: Any, papers: Any, files: FileStore | None) -> list[Problem]:
        """Check one event and fold it; return what does not verify."""
        seq = row["seq"]
        try:
            body = events.parse_body(row["body"])
            true_hash = events.event_hash(body["alg"], row["body"])
        except (ValueError, KeyError, TypeError):
            self.seq, self.prev = seq, row["hash"]
            return [Problem(self.stream, seq, "the body is not an event of v1")]
        wrong = self._links(row, body, true_hash)
        wrong += [
            f"column {column} differs from the body" for field, column in _COPIES.items() if body[field] != row[column]
        ]
        wrong += self._private(body, private)
        wrong += self._papers(body, papers, files)
        self.seq, self.prev, self.policy = seq, row["hash"], body["policy"]
        self.state = body["to"] or self.state
        self.record = folded(self.record, body["changes"])
        return [Problem(self.stream, seq, what) for what in wrong]

    def _links(self, row: Any, body: Mapping[str, Any], true_hash: str) -> list[str]:
        wrong = []
        if row["hash"] != true_hash:
            wrong.append("the hash does not fit the body")
        if row["seq"] != self.seq + 1:
            wrong.append(f"a gap: {self.seq} is followed by {row['seq']}")
        if body["prev"] != self.prev:
            wrong.append("the chain is broken: prev is not the hash before")
        if body["to"] is not None and self.seq and body["from"] != self.state:
            wrong.append("it moves from a state that the case was not in")
        return wrong

    def _private(self, body: Mapping[str, Any], private: Any) -> list[str]:
        wrong = []
        for field, commit in events.commitments_of(body["changes"]):
            kept = private.get((body["seq"], field))
            self.used.add((body["seq"], field))
            if kept is None:
                continue  # erased: the commitment alone remains
            place = (body["county"], body["stream"], body["seq"], field)
            if events.commitment(body["alg"], kept["salt"], *place, kept["value"]) != commit:
                wrong.append(f"a personal value does not fit its commitment ({field})")
        return wrong

    def _papers(self, body: Mapping[str, Any], papers: Any, files: FileStore | None) -> list[str]:
        wrong = []
        for no, paper in enumerate(body["documents"], 1):
            kept = papers.get((body["seq"], no))
            self.used_papers.add((body["seq"], no))
            if kept is None:
                continue  # erased
            place = (body["county"], body["stream"], body["seq"], f"documents/{no}")
            fits = events.commitment(body["alg"], kept["salt"], *place, events.canonical(kept["sha256"]))
            same = all(kept[name] == paper[name] for name in ("kind", "size", "media_type"))
            if fits != paper["commit"] or not same:
                wrong.append(f"paper {no} does not fit its commitment")
            elif files is not None and not files.sound(kept["sha256"]):
                wrong.append(f"paper {no}: its file is missing or changed")
        return wrong

    def close(self, head: Mapping[str, Any] | None, private: Any, papers: Any) -> list[Problem]:
        """Compare the replay with the head of the stream, and the case row with the folded record."""
        wrong = []
        if set(private) - self.used or set(papers) - self.used_papers:
            wrong.append("personal values or papers that no event names")
        if head is None:
            wrong.append("events without a head or case row")
        elif "record" in head:
            wrong += self._case(head, private)
        elif (head["seq"], head["head"]) != (self.seq, self.prev):
            wrong.append("the head of the stream is not its last event")
        return [Problem(self.stream, self.seq, what) for what in wrong]

    def _case(self, head: Mapping[str, Any], private: Any) -> list[str]:
        expected: dict[str, Any] = {
            "version": self.seq, "head": self.prev, "state": self.state, "policy_hash": self.policy,
            "township": head["unit"][:9], **summary(self.record),
        }  # fmt: skip
        wrong = [f"case row: {name} differs from the replay" for name, value in expected.items() if head[name] != value]
        if json.loads(head["record"]) != self.record:
            wrong.append("case row: the record differs from the replay")
        classes = [
            json.loads(row["value"]) for key, row in sorted(private.items()) if key[1].endswith("household/classes")
        ]
        if head["classes"] is not None and classes and head["classes"] != dumps(sorted(classes[-1])):
            wrong.append("case row: the classes differ from the personal value")
        return wrong
