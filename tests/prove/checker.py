"""Whether a concurrent history is one that could have happened one act after another: judged from the event log.

The log is the witness, so nothing is searched for. Everything here is a pure function over what the clients noted and
what the database holds afterwards; `tests/unit/test_checker.py` plants each kind of violation.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.model import Ask, Model

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

NEVER = 2**63


class Op(NamedTuple):
    """What one client noted of one call: when it began and ended, and what it was told.

    `outcome` is "done" (with the event's seq and hash), "refused" (nothing may have been written), "unknown" (the
    answer never came), or "read" (`seq` is the version that was seen, `state` the state).
    """

    stream: str
    request: str
    action: str
    office: str
    on: str
    outcome: str
    began: int
    ended: int = NEVER
    seq: int | None = None
    hash: str | None = None
    state: str | None = None
    expect: int | None = None  # the version that the caller insisted on
    group: str | None = None  # calls of one transaction
    why: str = ""


class Line(NamedTuple):
    """One event as the database has it."""

    stream: str
    seq: int
    request: str
    action: str
    office: str
    on: str
    source: str | None
    to: str | None
    prev: str | None
    hash: str
    data: Mapping[str, Any] = MappingProxyType({})
    papers: tuple[str, ...] = ()


class Head(NamedTuple):
    """What stands beside the events: the case row, or the head of another stream (its state is None)."""

    state: str | None
    seq: int
    hash: str


def check(ops: Sequence[Op], lines: Iterable[Line], heads: Mapping[str, Head]) -> list[str]:
    """Return every way in which the log, the heads and what the clients were told do not fit one order of acts."""
    by_stream: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        by_stream[line.stream].append(line)
    told: dict[str, list[Op]] = defaultdict(list)
    for op in ops:
        told[op.stream].append(op)
    broken: list[str] = []
    for stream in sorted({*by_stream, *told, *heads}):
        events = sorted(by_stream.get(stream, ()), key=lambda line: line.seq)
        own = told.get(stream, [])
        broken += chained(stream, events) + answered(stream, events, own) + in_time(stream, events, own)
        broken += headed(stream, events, heads.get(stream))
    return broken + whole(ops, by_stream)


def chained(stream: str, events: Sequence[Line]) -> list[str]:
    """Rules 1 and 2: no gap, no two events of one number, each from where the one before led, each naming its hash."""
    broken = []
    state: str | None = None
    for number, line in enumerate(events, 1):
        if line.seq != number:
            broken.append(f"{stream}: event {number} is missing or there twice (found {line.seq})")
            break
        if line.prev != (events[number - 2].hash if number > 1 else None):
            broken.append(f"{stream} #{line.seq}: it does not name the event before")
        if line.to is not None:
            if number > 1 and line.source != state:
                broken.append(f"{stream} #{line.seq}: from {line.source}, but the case stood in {state}")
            state = line.to
    return broken


def answered(stream: str, events: Sequence[Line], ops: Sequence[Op]) -> list[str]:
    """Rules 3 and 5: done is there exactly once with what was asked, refused never, unknown at most once."""
    broken = []
    by_request: dict[str, list[Line]] = defaultdict(list)
    for line in events:
        by_request[line.request].append(line)
    calls: dict[str, list[Op]] = defaultdict(list)
    for op in ops:
        if op.outcome != "read":
            calls[op.request].append(op)
    for request, found in by_request.items():
        if len(found) > 1:
            broken.append(f"{stream}: request {request} wrote {len(found)} events")
        asked = [op for op in calls.get(request, ()) if op.outcome in ("done", "unknown")]
        if not any(_content(op) == _content(found[0]) for op in asked):
            broken.append(f"{stream} #{found[0].seq}: nobody was told of it ({request}), or it was refused")
    for op in (op for own in calls.values() for op in own if op.outcome == "done"):
        line = next((line for line in by_request.get(op.request, ()) if line.seq == op.seq), None)
        if line is None:
            broken.append(f"{stream}: {op.request} was acknowledged as #{op.seq} and is not there")
        elif line.hash != op.hash or _content(line) != _content(op):
            broken.append(f"{stream} #{op.seq}: {op.request} was acknowledged with other content")
        if op.expect is not None and op.seq is not None and op.seq > op.expect + 1 and not _again(op, ops):
            broken.append(f"{stream} #{op.seq}: done on a form of version {op.expect}")
    return broken


def _content(what: Op | Line) -> tuple[str, str, str]:
    return what.action, what.office, what.on


def _again(op: Op, ops: Sequence[Op]) -> bool:
    """Tell whether the same request was also made without insisting on a version, or before this one."""
    return any(o.request == op.request and o is not op and o.outcome in ("done", "unknown") for o in ops)


def in_time(stream: str, events: Sequence[Line], ops: Sequence[Op]) -> list[str]:
    """Rule 4: what ended before another began comes before it; and a read sees what had been acknowledged."""
    began: dict[str, int] = {}
    ended: dict[str, int] = {}
    for op in ops:
        if op.outcome in ("done", "unknown"):
            began[op.request] = min(op.began, began.get(op.request, NEVER))
        if op.outcome == "done":
            ended[op.request] = min(op.ended, ended.get(op.request, NEVER))
    broken = []
    latest = 0
    for line in events:
        if ended.get(line.request, NEVER) < latest:
            broken.append(f"{stream} #{line.seq}: it had ended before an event of a smaller number began")
        latest = max(latest, began.get(line.request, 0))
    states = _states(events)
    for op in ops:
        if op.outcome != "read" or op.seq is None:
            continue
        due = max((e.seq for e in events if ended.get(e.request, NEVER) < op.began), default=0)
        last = events[op.seq - 1] if 0 < op.seq <= len(events) else None
        if op.seq < due:
            broken.append(f"{stream}: version {op.seq} was read after #{due} had been acknowledged")
        if last is None or began.get(last.request, 0) > op.ended or states[op.seq - 1] != op.state:
            broken.append(f"{stream}: version {op.seq} ({op.state}) was read and never was")
    return broken


def _states(events: Sequence[Line]) -> list[str | None]:
    found: list[str | None] = []
    for line in events:
        found.append(line.to or (found[-1] if found else None))
    return found


def headed(stream: str, events: Sequence[Line], head: Head | None) -> list[str]:
    """Rule 6: what stands beside the events is what a replay of them gives."""
    if not events:
        return [f"{stream}: a row without events"] if head else []
    if head is None:
        return [f"{stream}: events without a row"]
    state = _states(events)[-1] if head.state is not None else None
    true = Head(state, events[-1].seq, events[-1].hash)
    return [] if head == true else [f"{stream}: the row says {head[:2]}, the events {true[:2]}"]


def whole(ops: Sequence[Op], by_stream: Mapping[str, Sequence[Line]]) -> list[str]:
    """Tell of transactions over several streams of which only a part is there."""
    groups: dict[str, list[Op]] = defaultdict(list)
    for op in ops:
        if op.group is not None and op.outcome in ("done", "unknown"):
            groups[op.group].append(op)
    broken = []
    for name, own in groups.items():
        there = {any(line.request == op.request for line in by_stream.get(op.stream, ())) for op in own}
        if len(there) > 1:
            broken.append(f"{name}: only a part of a transaction is there")
    return broken


def within_cap(ops: Iterable[Op], cap: int, *, takes: str = "approve", frees: str = "withdraw") -> list[str]:
    """Rule 7: at no moment do more cases surely hold a place than there are.

    A place is surely held from the answer that gave it to the call that gave it up; so clocks that differ by what a
    call takes raise no false alarm.
    """
    turns: list[tuple[int, int, str]] = []
    held = {op.stream: op for op in ops if op.outcome == "done" and op.action == takes}
    turns += [(op.ended, 1, stream) for stream, op in held.items()]
    for op in ops:
        if op.action == frees and op.outcome in ("done", "unknown") and op.stream in held:
            turns.append((op.began, -1, op.stream))
    count, broken = 0, []
    for _, step, stream in sorted(turns):
        count += step
        if count > cap:
            broken.append(f"{stream}: place {count} of {cap} was given")
    return broken


ASKED = ("request_confirmation", "confirm_request", "deny_request")


def lawful(stream: str, events: Sequence[Line], plan: str, household: Mapping[str, Any]) -> list[str]:
    """Rule 2, the guards: every event of a case may be taken, one after another, in the small model of the rules."""
    opened = date.fromisoformat(events[0].on)
    model = Model(plan, opened, frozenset(household["classes"]), household=dict(household))
    for line in events[1:]:
        if line.action in ASKED:  # what it comes to is an act of its own
            continue
        on = date.fromisoformat(line.on)
        ask = Ask(line.action, line.office, on, dict(line.data), line.papers)
        against = model.judge(ask, on)  # entered on its day: the clients are of a trial county, where late is no bar
        if against:
            return [f"{stream} #{line.seq}: {line.action} stands against {', '.join(sorted(against))}"]
        model.take(ask, on)
        if line.to is not None and model.state != line.to:
            return [f"{stream} #{line.seq}: it leads to {line.to}, by the rules to {model.state}"]
    return []
