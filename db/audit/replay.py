"""Replay one stream: check every event against the one before, its copies, its values and the published heads."""

from __future__ import annotations

import json
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from ...states.case import summary
from ..log import event as events
from ..log.entry import dumps
from .columns import DERIVED
from .committed import Committed
from .keys import wrong_keys
from .notes import Noted
from .problem import FORGED, Problem
from .register import refused, went_over
from .times import Times, newest_told

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .opened import Opener
    from .policies import Policy

# body field -> column that copies it, in the order of an event's row; the hash and the body come behind them
COPIES = {
    "county": "county",
    "stream": "stream",
    "seq": "seq",
    "request_id": "request_id",
    "action": "action",
    "from": "from_state",
    "to": "to_state",
    "acted_by": "acted_by",
    "office": "office",
    "recorded_by": "recorded_by",
    "occurred_on": "occurred_on",
    "recorded_at": "recorded_at",
    "policy": "policy_hash",
}
_copied = itemgetter(*COPIES)
_ROW = tuple(name for name in DERIVED["weigai_case"] if name not in ("county", "id", "record"))
_SEQ, _RECORDED_AT, _HASH, _BODY = 2, 11, 13, 14


class Replay:
    """The replay of one stream: it merges the recorded changes and never runs a rule again."""

    def __init__(
        self, stream: str, opener: Opener, leaves: Sequence[tuple[int, int, str]], times: Times | None = None
    ) -> None:
        """`stream` is named with its county; `leaves` are (seq, no, hash) of the heads that the database keeps."""
        self.stream = stream
        self.seq = 0
        self.prev: str | None = None
        self.record: dict[str, Any] = {}
        self.remarks: list[Problem] = []
        self.numbers: list[int] = []  # the event of each field that an earlier program wrote as a number
        self._times = times or Times({}, (), None)
        self._opener = opener
        self._state: str | None = None
        self._policy: str | None = None
        self._opened: tuple[str, str] | None = None
        self.noted = Noted()  # what its events say of rows beside other streams
        self.committed = Committed(stream, opener, self.noted, self.numbers)
        self._leaves = sorted(leaves, reverse=True)
        self._due = self._leaves[-1][0] if leaves else -1
        self._led = 0  # up to here a leaf agreed

    def take(self, row: Any, private: Sequence[Any], papers: Sequence[Any]) -> list[Problem]:
        """Check one event with the rows beside it and fold it; return what does not verify."""
        seq, text = row[_SEQ], row[_BODY]
        try:
            body = events.parse_body(text)
            wrong = self._links(row, body, events.event_hash(body["alg"], text))
            if _copied(body) != tuple(row[:_HASH]):
                wrong += self._columns(seq, body, row)
            if private or papers or '{"$commit":' in text or body["documents"]:
                wrong += self.committed.take(seq, body, private, papers)
            newest = newest_told(body) if '"newest":"' in text else None
            wrong += self._of_register(seq, body)
            _fold(self.record, body["changes"])
            self._policy, self._state = body["policy"] or self._policy, body["to"] or self._state
            self.noted.take(body, text, self.record, self._opened[0] if self._opened else body["occurred_on"])
        except FORGED:
            wrong, newest = ["the body is not an event of v1"], None
        self._times.take(seq, row[_RECORDED_AT], newest)
        if self._opened is None:
            self._opened = (row[_RECORDED_AT - 1], row[_RECORDED_AT])
        self.seq, self.prev = seq, row[_HASH]
        if seq == self._due:
            wrong += self._led_to(row[_HASH])
        return [Problem(self.stream, seq, what) for what in wrong]

    def _of_register(self, seq: int, body: Mapping[str, Any]) -> list[str]:
        """Return what is refused of an event of a person; what is, of the county's, in a founded one alone, is noted."""
        if body["stream"].startswith("person/"):
            return list(refused(body, self.record))
        if body["stream"] == "county":
            self.noted.alone += [(seq, what) for what in went_over(body, self.record)]
        return []

    def _links(self, row: Any, body: Mapping[str, Any], true_hash: str) -> list[str]:
        wrong = []
        if row[_HASH] != true_hash:
            wrong.append("the hash does not fit the body")
        if row[_SEQ] != self.seq + 1:
            wrong.append(f"a gap: {self.seq} is followed by {row[_SEQ]}")
        if body["prev"] != self.prev:
            wrong.append("the chain is broken: prev is not the hash before")
        moves = body["to"] is not None and self.seq > 0
        if body["from"] != (self._state if moves else None):
            wrong.append("it moves from a state that the case was not in")
        return wrong

    def _columns(self, seq: int, body: Mapping[str, Any], row: Any) -> list[str]:
        """Tell which columns are not copies of the body; a number that its column has as text is counted for a remark."""
        wrong = []
        for (field, name), kept in zip(COPIES.items(), row, strict=False):
            if body[field] == kept:
                continue
            if field in events.NUMBERED and events.is_number_of(body[field], kept):
                self.numbers.append(seq)
            else:
                wrong.append(f"column {name} differs from the body")
        return wrong

    # ------------------------------------------------------------------ heads

    def _led_to(self, own: str) -> list[str]:
        """Compare an event with the leaf of the head that was made when it was the last one."""
        wrong: list[str] = []
        while self._leaves and self._leaves[-1][0] == self.seq:
            _, no, leaf = self._leaves.pop()
            if leaf == own and not wrong:
                self._led = self.seq
            elif leaf != own:
                wrong.append(f"{between(self._led + 1, self.seq)} head #{no} holds another event")
        self._due = self._leaves[-1][0] if self._leaves else -1
        return wrong

    # ------------------------------------------------------------------ the end

    def close(self, head: Any, policies: Mapping[str, Policy], keys: Sequence[Any] = ()) -> list[Problem]:
        """Compare the replay with the head of the stream, its data keys, and the case row with the folded record."""
        wrong = []
        whose = self.committed.persons, self._erasures(keys)
        for what, remark in wrong_keys(self._opener, self.stream, keys, *whose):
            self.remarks.append(Problem(self.stream, self.seq, what)) if remark else wrong.append(what)
        self.remarks += [Problem(self.stream, told.seq, told.what) for told in self._times.found()]
        self.remarks += self.committed.without_look()
        if head is None:
            wrong.append("events without a head or case row")
        elif "record" in head:
            wrong += self._case(head, policies)
        elif (head["seq"], head["head"]) != (self.seq, self.prev):
            wrong.append("the head of the stream is not its last event")
        found = [Problem(self.stream, self.seq, what) for what in wrong]
        for policy_hash, (seq, _) in self.noted.policies.items():
            kept = policies.get(policy_hash)
            if kept is None or not kept.sound:
                what = f"the policy that it names is missing, or its content was changed ({policy_hash[:23]})"
                found.append(Problem(self.stream, seq, what))
        for problem, remark in self.committed.unaccounted(self.record, self.seq):
            (self.remarks if remark else found).append(problem)
        for seq, no, _ in reversed(self._leaves):
            found.append(Problem(self.stream, min(self.seq + 1, seq), f"head #{no} holds event {seq}: it is missing"))
        return found

    def _erasures(self, keys: Sequence[Any]) -> list[tuple[str, str]]:
        """Return (moment, person) of what was erased, where any of the data keys is destroyed."""
        if all(wrapped is not None for _, _, wrapped, _ in keys):
            return []
        return [*self.noted.erasures, *self._opener.erasures(self.stream)]

    def _case(self, head: Mapping[str, Any], policies: Mapping[str, Policy]) -> list[str]:
        kept = policies.get(head["policy_hash"])
        expected: dict[str, Any] = {
            "version": self.seq,
            "head": self.prev,
            "state": self._state,
            "policy_hash": self._policy,
            "unit": self.record.get("unit"),
            "township": head["unit"][:9],
            "policy_id": kept and kept.id,
        }
        expected |= dict(zip(("opened_on", "opened_at"), self._opened or (), strict=False))
        try:
            expected |= summary(self.record)
            own = dumps(self.record)
            true = head["record"] == own or dumps(json.loads(head["record"])) == own
            classes = dumps(sorted(json.loads(self.committed.classes))) if self.committed.classes is not None else None
        except FORGED:
            true, classes = False, None
        wrong = [f"case row: {name} differs from the replay" for name in _ROW if head[name] != expected.get(name)]
        if not true:
            wrong.append("case row: the record differs from the replay")
        if (head["classes"] is not None) != self.committed.classes_there:
            wrong.append("case row: the classes are there without the personal value, or are missing beside it")
        own_classes = self._opener.classes(head)
        if own_classes is not None and classes is not None and own_classes != classes:
            wrong.append("case row: the classes differ from the personal value")
        return wrong


def of_numbers(stream: str, seq: int, numbers: Sequence[int], rows: int) -> Problem:
    """Return the one remark on what an earlier program wrote as numbers in a stream; `seq` is its last event."""
    counts = {"fields": len(numbers), "events": len(set(numbers)), "rows": rows}
    told = ", ".join(f"{name}: {count}" for name, count in counts.items() if count)
    return Problem(stream, min(numbers, default=seq), f"numbers, as an earlier program wrote them ({told})")


def between(first: int, last: int) -> str:
    """Say between which events one was changed."""
    return f"event {last} is not the one:" if first == last else f"between {first} and {last} an event was changed:"


def _fold(record: dict[str, Any], changes: Mapping[str, Any]) -> None:
    """Fold one event's changes into the record itself; `states.case.folded` without the copies."""
    for path, value in changes.items():
        *parents, leaf = path.split("/")
        node = record
        for key in parents:
            child = node.get(key)
            if type(child) is not dict:
                child = node[key] = dict(child or {})
            node = child
        if value is None:
            node.pop(leaf, None)
        else:
            node[leaf] = value
