"""The verification of the record: every chain, every copy, every commitment, and every case against its replay."""

from __future__ import annotations

import json
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, exists, func, or_, select

from ..states.case import folded, summary
from ..states.checks import load_policy
from ..states.errors import IntegrityBroken, PolicyRefused
from ..states.policy import policy_hash
from . import events
from .audit_rows import kept_rows, without_events
from .entries import dumps
from .policies import POLICY
from .statements import CASE, DOCUMENT, EVENT, PRIVATE, area, whole
from .streams import STREAM

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from .files import FileStore

# body field -> column that copies it
_COPIES = {
    "county": "county", "stream": "stream", "seq": "seq", "request_id": "request_id", "action": "action",
    "from": "from_state", "to": "to_state", "acted_by": "acted_by", "office": "office", "recorded_by": "recorded_by",
    "occurred_on": "occurred_on", "recorded_at": "recorded_at", "policy": "policy_hash",
}  # fmt: skip

# what reading a body or value raises that weigai did not write: text that is no JSON, other types, too deep, no such hash
_FORGED = (ValueError, KeyError, TypeError, AttributeError, RecursionError, IntegrityBroken)


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
    connection: Connection, *, files: FileStore | None = None, only: str | None = None, most: int = 100,
    within: Sequence[str] | None = None,
) -> Verified:  # fmt: skip
    """Verify every stream in bounded memory, or one case's; at most `most` problems are told.

    With `within`, only what lies in these units: every stream of a county, else the streams of the cases.
    """
    problems: list[Problem] = []
    count = streams = 0
    for stream, rows in _streams(connection, only, within):
        streams += 1
        replay = Replay(stream)
        private, papers = _side(connection, stream)
        for row in rows:
            count += 1
            problems += replay.take(row, private, papers, files)
        problems += replay.close(_head(connection, stream), private, papers)
        problems += [Problem(stream, replay.seq, what) for what in kept_rows(connection, stream, replay.record)]
        if len(problems) >= most:
            break
    else:
        bare = islice(without_events(connection, only, within), most)
        problems += [Problem(stream, 0, what) for stream, what in bare]
    return Verified(count, streams, tuple(problems[:most]))


def _streams(connection: Connection, only: str | None, within: Sequence[str] | None) -> Iterator[tuple[str, list[Any]]]:
    """Yield each stream with its events in order; one stream at a time is in memory."""
    query = select(EVENT).order_by(EVENT.c.county, EVENT.c.stream, EVENT.c.seq)
    if only:
        query = query.where(EVENT.c.county == only[:6], EVENT.c.stream == f"case/{only}")
    if within is not None:
        theirs = CASE.c.county == EVENT.c.county, CASE.c.id == func.substr(EVENT.c.stream, 6), area(CASE.c.unit, within)
        of_case = and_(EVENT.c.stream.startswith("case/"), exists().where(*theirs))
        query = query.where(or_(EVENT.c.county.in_(whole(within)), of_case))
    rows: list[Any] = []
    for row in connection.execute(query.execution_options(yield_per=500)).mappings():
        if rows and (rows[0]["county"], rows[0]["stream"]) != (row["county"], row["stream"]):
            yield f"{rows[0]['county']}:{rows[0]['stream']}", rows
            rows = []
        rows.append(row)
    if rows:
        yield f"{rows[0]['county']}:{rows[0]['stream']}", rows


def _head(connection: Connection, stream: str) -> Mapping[str, Any] | None:
    """Return the head of a stream: a case's own row with its policy's kept id and content, or the stream's."""
    county, name = stream.split(":", 1)
    if not name.startswith("case/"):
        query = select(STREAM).where(STREAM.c.county == county, STREAM.c.stream == name)
    else:
        kept = (
            POLICY.c.id.label("kept_id"),
            POLICY.c.content.label("kept_content"),
            POLICY.c.moves.label("kept_moves"),
        )
        query = (
            select(CASE, *kept)
            .select_from(CASE.outerjoin(POLICY, POLICY.c.hash == CASE.c.policy_hash))
            .where(CASE.c.county == county, CASE.c.id == name.removeprefix("case/"))
        )
    row = connection.execute(query).mappings().first()
    return None if row is None else dict(row)


def _side(connection: Connection, stream: str) -> tuple[dict[tuple[int, str], Any], dict[tuple[int, int], Any]]:
    county, name = stream.split(":", 1)
    private = connection.execute(select(PRIVATE).where(PRIVATE.c.county == county, PRIVATE.c.stream == name))
    papers = connection.execute(select(DOCUMENT).where(DOCUMENT.c.county == county, DOCUMENT.c.stream == name))
    return (
        {(row["seq"], row["field"]): row for row in private.mappings()},
        {(row["seq"], row["no"]): row for row in papers.mappings()},
    )


class Replay:
    """The replay of one stream: it merges the recorded changes and never runs a rule again."""

    def __init__(self, stream: str) -> None:
        self.stream = stream
        self.seq = 0
        self.prev: str | None = None
        self.state: str | None = None
        self.record: dict[str, Any] = {}
        self.policy: str | None = None
        self.opened: tuple[str, str] | None = None
        self.used: set[tuple[int, str]] = set()
        self.used_papers: set[tuple[int, int]] = set()

    def take(self, row: Any, private: Any, papers: Any, files: FileStore | None) -> list[Problem]:
        """Check one event and fold it; return what does not verify."""
        try:
            body = events.parse_body(row["body"])
            wrong = self._links(row, body, events.event_hash(body["alg"], row["body"]))
            wrong += [
                f"column {copy} differs from the body" for name, copy in _COPIES.items() if body[name] != row[copy]
            ]
            wrong += self._private(body, private)
            wrong += self._papers(body, papers, files)
            self.record = folded(self.record, body["changes"])
            summary(self.record)  # a record that has not the form of one fails here, at its event
        except _FORGED:
            wrong, body = ["the body is not an event of v1"], {}
        self.seq, self.prev = row["seq"], row["hash"]
        self.policy, self.state = body.get("policy", self.policy), body.get("to") or self.state
        self.opened = self.opened or (row["occurred_on"], row["recorded_at"])
        return [Problem(self.stream, self.seq, what) for what in wrong]

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
            if not _fits(commit, body["alg"], kept["salt"], *place, kept["value"]):
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
            fits = _fits(paper["commit"], body["alg"], kept["salt"], *place, events.canonical(kept["sha256"]))
            same = all(kept[name] == paper[name] for name in ("kind", "size", "media_type"))
            if not fits or not same:
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
            "unit": self.record.get("unit"), "township": head["unit"][:9], "policy_id": head["kept_id"],
        }  # fmt: skip
        expected |= dict(zip(("opened_on", "opened_at"), self.opened or (), strict=False))
        try:
            expected |= summary(self.record)
            true = json.loads(head["record"]) == self.record
            classes = [sorted(json.loads(kept["value"])) for key, kept in sorted(private.items()) if _classes(key)]
        except _FORGED:
            true, classes = False, []
        wrong = [f"case row: {name} differs from the replay" for name, value in expected.items() if head[name] != value]
        if not true:
            wrong.append("case row: the record differs from the replay")
        if head["classes"] is not None and classes and head["classes"] != dumps(classes[-1]):
            wrong.append("case row: the classes differ from the personal value")
        if head["kept_moves"] is not None and head["kept_moves"] != _moves(head["kept_content"]):
            wrong.append("the moves kept beside the policy are not those of its content")
        if head["kept_content"] is None or policy_hash(head["kept_content"]) != self.policy:
            wrong.append("the policy that the case is pinned to is missing, or its content was changed")
        return wrong


@lru_cache(maxsize=64)
def _moves(content: str) -> str | None:
    """Return the moves of a policy's content as they are kept; None for a content that is no policy."""
    try:
        return dumps(load_policy(content).moves())
    except PolicyRefused:
        return None


def _classes(key: tuple[int, str]) -> bool:
    return key[1].endswith("household/classes")


def _fits(commit: str, alg: str, salt: str, *place: Any) -> bool:
    """Tell whether a kept value is the one committed to; a salt that is none fits nothing."""
    try:
        return events.commitment(alg, salt, *place) == commit
    except ValueError:
        return False
