#!/usr/bin/env python3
"""Verify an export of a weigai log with nothing but Python 3.8 or later; written from docs/events.md alone.

    python3 verify.py EXPORT.jsonl [HEADS ...]

HEADS are what was kept outside the database: head files, witness files, or lines copied from paper such as
"150783 #12 sha256:0123456789abcdef0123456789abcdef". Exit 0: everything verifies; 7: something does not; 2: a file
cannot be read. Without HEADS it can only say that the log hangs together.

What it checks: every event is the canonical JSON of v1 and has its hash; the numbers of a stream have no gap and each
event names the hash before; states follow each other; every published head has its root, follows the one before, holds
the events that its leaves say and counts them; and the heads kept outside are among them. Beside that it remarks times
that cannot be true, by which a clock stood wrong, and marks trial counties.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Any, Callable, Iterable, Iterator

TEXT = (
    "alg",
    "county",
    "stream",
    "request_id",
    "action",
    "acted_by",
    "office",
    "recorded_by",
    "occurred_on",
    "recorded_at",
)
NUMBERED = ("request_id", "acted_by", "office", "recorded_by")  # earlier programs wrote numbers there too
TEXT_OR_NULL = ("from", "to", "policy", "prev")
FIELDS = {"v", "seq", "changes", "documents", "findings", *TEXT, *TEXT_OR_NULL}
HEAD = ("v", "county", "no", "alg", "made_at", "events", "leaves", "prev")
APART = timedelta(minutes=5)  # by which the times of two clocks may differ
SHORT = re.compile(r"([0-9]{6}) #([0-9]{1,9}) (sha256|sm3):([0-9a-f]{32,64})\b")
BAD = (ValueError, KeyError, TypeError, AttributeError, RecursionError)


class Sm3:
    """SM3 (GB/T 32905) in plain Python, for machines whose hashlib lacks it."""

    def __init__(self) -> None:
        self.state = [0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600, 0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E]
        self.rest, self.size = b"", 0

    def update(self, data: bytes) -> None:
        """Take more bytes in."""
        self.size += len(data)
        data = self.rest + data
        whole = len(data) - len(data) % 64
        for i in range(0, whole, 64):
            self._block(data[i : i + 64])
        self.rest = data[whole:]

    def hexdigest(self) -> str:
        """Return the hash in hex; once."""
        self.update(b"\x80" + b"\0" * ((55 - self.size) % 64) + (self.size * 8).to_bytes(8, "big"))
        return "".join(f"{word:08x}" for word in self.state)

    def _block(self, block: bytes) -> None:
        w = [int.from_bytes(block[i : i + 4], "big") for i in range(0, 64, 4)]
        for j in range(16, 68):
            x = w[j - 16] ^ w[j - 9] ^ turn(w[j - 3], 15)
            w.append(x ^ turn(x, 15) ^ turn(x, 23) ^ turn(w[j - 13], 7) ^ w[j - 6])
        a, b, c, d, e, f, g, h = self.state
        for j in range(64):
            one = turn((turn(a, 12) + e + turn(0x79CC4519 if j < 16 else 0x7A879D8A, j)) & 0xFFFFFFFF, 7)
            ff = a ^ b ^ c if j < 16 else (a & b) | (a & c) | (b & c)
            gg = e ^ f ^ g if j < 16 else (e & f) | (~e & 0xFFFFFFFF & g)
            left = (ff + d + (one ^ turn(a, 12)) + (w[j] ^ w[j + 4])) & 0xFFFFFFFF
            right = (gg + h + one + w[j]) & 0xFFFFFFFF
            a, b, c, d = left, a, turn(b, 9), c
            e, f, g, h = right ^ turn(right, 9) ^ turn(right, 17), e, turn(f, 19), g
        self.state = [x ^ y for x, y in zip(self.state, (a, b, c, d, e, f, g, h))]


def turn(word: int, by: int) -> int:
    """Return a word of 32 bits turned left."""
    by %= 32
    return ((word << by) | (word >> (32 - by))) & 0xFFFFFFFF


def new_hash(alg: Any) -> Any:
    """Return a fresh hash."""
    if alg == "sha256":
        return hashlib.sha256()
    if alg != "sm3":
        raise ValueError(f"hash algorithm {str(alg)[:20]}")
    try:
        return hashlib.new("sm3")
    except ValueError:
        return Sm3()


def canonical(value: Any) -> str:
    """Return the one text of a JSON value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def strict(text: str) -> Any:
    """Read JSON that has to be canonical: sorted keys, none twice, no float, no blank, NFC, no NUL."""
    value = json.loads(text, object_pairs_hook=in_order, parse_float=refuse, parse_constant=refuse, parse_int=whole)
    if canonical(value) != text or unicodedata.normalize("NFC", text) != text or "\\u0000" in text:
        raise ValueError("not the canonical text of its value")
    return value


def in_order(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object of names that come in order, none of them twice."""
    names = [name for name, _ in pairs]
    if any(names[i] >= names[i + 1] for i in range(len(names) - 1)):
        raise ValueError("names out of order, or one of them twice")
    return dict(pairs)


def refuse(word: str) -> Any:
    """Refuse what is no whole number."""
    raise ValueError(f"a float or constant: {word[:20]}")


def whole(word: str) -> int:
    """Read a whole number."""
    if len(word.lstrip("-")) > 4300:
        raise ValueError("a number without end")
    return int(word)


def read_event(text: str) -> dict[str, Any]:
    """Read the body of an event of v1."""
    event: dict[str, Any] = strict(text)
    if not isinstance(event, dict) or set(event) != FIELDS:
        raise ValueError("not the fields of v1")
    good = all(isinstance(event[name], str) or is_number(event, name) for name in TEXT)
    good = good and all(event[name] is None or (isinstance(event[name], str) and event[name]) for name in TEXT_OR_NULL)
    good = good and type(event["v"]) is int and event["v"] == 1 and type(event["seq"]) is int
    good = good and isinstance(event["changes"], dict)
    if not good or not isinstance(event["documents"], list) or not isinstance(event["findings"], list):
        raise ValueError("a field is not of its kind")
    return event


def is_number(event: dict[str, Any], name: str) -> bool:
    """Tell whether a field of an event is an id that an earlier program wrote as a whole number."""
    return name in NUMBERED and type(event[name]) is int


def head_start(head: dict[str, Any]) -> Any:
    """Return the hash of a head into which its leaves are still to go."""
    root = new_hash(head["alg"])
    root.update(b"weigai.head.v1\0" + canonical({name: head[name] for name in HEAD}).encode() + b"\n")
    return root


def moment(text: str) -> datetime:
    """Read a time of the log, e.g. 2019-06-16T01:30:00.000000Z."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


def before(one: str, other: str) -> bool:
    """Tell whether one time is earlier than another by more than minutes; what is no time is not."""
    try:
        return one < other and moment(other) - moment(one) > APART
    except ValueError:
        return False


class Verifier:
    """Reads the lines of an export in order; it keeps the heads and what it needs of one stream."""

    def __init__(self, told: Callable[[str], Any] = print, now: datetime | None = None) -> None:
        self.told, self.bad, self.events, self.streams = told, 0, 0, 0
        self.now = (now or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        self.trial: set[str] = set()
        self.end: Any = None
        self.heads: dict[tuple[str, int], dict[str, Any]] = {}
        self.roots: dict[tuple[str, int], Any] = {}  # each still open for its leaves
        self.moved: dict[tuple[str, int], list[int]] = {}  # leaves, and events that the head before did not hold
        self.last: dict[str, int] = {}
        self.counted: dict[str, int] = {}
        self.place: tuple[str, str] | None = None
        self._fresh()

    def _fresh(self) -> None:
        self.seq, self.led = 0, 0
        self.hash: str | None = None
        self.state: str | None = None
        self.leaves: dict[int, str] = {}
        self.held: dict[int, int] = {}  # the number of the head that holds this event as the last of the stream
        self.at = ""  # when the event before was recorded
        self.times: dict[str, tuple[int, str, str, int]] = {}  # by what they disagree with
        self.numbers: list[int] = []  # the event of each field that an earlier program wrote as a number

    def wrong(self, place: str, seq: Any, what: str) -> None:
        """Tell a place that does not verify."""
        self.bad += 1
        self.told(f"x {place} #{seq}: {what}")

    def line(self, number: int, raw: bytes) -> None:
        """Take the next line."""
        try:
            found = json.loads(raw.decode("utf-8"))
            kind, value = next(iter(found.items()))
            if self.end is not None or (number == 1) != ("weigai" in found) or (number > 1 and len(found) != 1):
                raise ValueError("a line that does not belong here")
            if number == 1 and (found["weigai"], found["v"]) != ("export", 1):
                raise ValueError("not an export of v1")
            if kind == "head":
                self.head(value)
            elif kind == "leaf":
                self.leaf(*value)
            elif kind == "event":
                self.event(*value)
            elif kind == "end":
                self.close()
                self.end = value
        except (*BAD, StopIteration) as error:
            self.wrong("line", number, f"{error.__class__.__name__} {str(error)[:80]}")

    def head(self, head: dict[str, Any]) -> None:
        """Take a head; its leaves come with their streams."""
        county, no = head["county"], head["no"]
        before = self.heads.get((county, self.last.get(county, 0)))
        if no != self.last.get(county, 0) + 1 or head["prev"] != (before["root"] if before else None):
            self.wrong(f"{county}:head", no, "does not follow the head before")
        self.head_clock(county, no, head["made_at"], before["made_at"] if before else "")
        self.heads[county, no], self.roots[county, no], self.moved[county, no] = head, head_start(head), [0, 0]
        self.last[county] = no

    def head_clock(self, county: str, no: int, at: str, last: str) -> None:
        """Look at the time of a head: against now, and the head before."""
        if before(self.now, at):
            self.told(f"- {county}:head #{no}: made at {at}, later than it is now ({self.now})")
        if before(at, last):
            self.told(f"- {county}:head #{no}: made at {at}, earlier than the head before ({last})")

    def start(self, place: tuple[str, str]) -> str:
        """Go over to a stream, where it is another one; streams come in order, each once."""
        if place != self.place:
            self.close()
            if self.place is not None and place < self.place:
                self.wrong(":".join(place), 0, "streams out of order, or one of them twice")
            self.place, self.streams = place, self.streams + 1
            self._fresh()
        return ":".join(place)

    def close(self) -> None:
        """End a stream: no leaf may wait for an event that did not come; remark once what was written as a number."""
        name = ":".join(self.place or ())
        for seq in sorted(self.leaves):
            self.wrong(name, min(seq, self.seq + 1), f"a published head holds event {seq}: missing")
        if self.numbers:
            told = f"fields: {len(self.numbers)}, events: {len(set(self.numbers))}"
            self.told(f"- {name} #{self.numbers[0]}: numbers, as an earlier program wrote them ({told})")
        for what, (seq, at, other, count) in sorted(self.times.items(), key=lambda item: item[1]):
            self.told(f"- {name} #{seq}: recorded at {at}, {what} ({other}; events: {count})")
        self.leaves, self.numbers, self.times = {}, [], {}

    def leaf(self, county: str, stream: str, no: int, seq: int, own: str) -> None:
        """Take what a head holds of a stream; leaves come before the events of their stream."""
        name, before = self.start((county, stream)), max(self.leaves, default=0)
        self.roots[county, no].update((canonical([stream, seq, own]) + "\n").encode())
        if self.seq or type(seq) is not int or seq <= before:
            self.wrong(name, seq, f"the leaves of head #{no} go back")
            return
        self.moved[county, no][0] += 1
        self.moved[county, no][1] += seq - before
        self.leaves[seq], self.held[seq] = own, no

    def event(self, county: str, stream: str, seq: int, own: str, text: str) -> None:
        """Take an event: against its own text, the event before, and the heads that hold it."""
        name = self.start((county, stream))
        self.events += 1
        self.counted[county] = self.counted.get(county, 0) + 1
        if type(seq) is not int or seq != self.seq + 1:
            self.wrong(name, seq, f"a gap: it follows {self.seq}")
        try:
            event = read_event(text)
            for what in self.unfit(event, (county, stream, seq), own, text.encode("utf-8")):
                self.wrong(name, seq, what)
            self.numbers += [seq for field in NUMBERED if is_number(event, field)]
            self.clock(county, seq, event)
            self.trials(county, event)
        except BAD as error:
            self.wrong(name, seq, f"not an event of v1: {str(error)[:80]}")
        led = self.leaves.pop(seq, None)
        if led is not None and led != own:
            self.wrong(name, seq, f"a published head holds another event: changed between {self.led + 1} and here")
        self.led = seq if led == own else self.led
        self.seq, self.hash = seq if type(seq) is int else self.seq, own

    def unfit(self, event: dict[str, Any], place: tuple[str, str, int], own: str, data: bytes) -> Iterator[str]:
        """Yield what does not fit in an event that can be read."""
        true = new_hash(event["alg"])
        true.update(b"weigai.event.v1\0" + len(data).to_bytes(8, "big") + data)
        if true.hexdigest() != own:
            yield "the hash does not fit the body"
        if (event["county"], event["stream"], event["seq"]) != place:
            yield "the body belongs to another place"
        if event["prev"] != self.hash:
            yield "prev is not the hash before"
        if event["from"] != (self.state if event["to"] is not None and self.seq else None):
            yield "it moves from a state that the case was not in"
        self.state = event["to"] or self.state

    def clock(self, county: str, seq: int, event: dict[str, Any]) -> None:
        """Look at the time of an event: against the one before, the heads, the newest of its county, and now."""
        at, how = event["recorded_at"], event["changes"].get(f"entered/{seq}")
        newest = how.get("newest") if isinstance(how, dict) else None
        no = next((self.held[last] for last in sorted(self.held) if last >= seq), self.last.get(county, 0) + 1)
        earlier, own = self.heads.get((county, no - 1)), self.heads.get((county, no))
        if at < self.at:
            self.late(seq, at, "earlier than the event before", self.at)
        if isinstance(newest, str):
            self.late(seq, at, "earlier than the newest event of the county then", newest)
        if before(self.now, at):
            self.late(seq, at, "later than it is now", self.now)
        if earlier is not None and before(at, earlier["made_at"]):
            self.late(seq, at, "earlier than a head that does not hold it", earlier["made_at"])
        if own is not None and before(own["made_at"], at):
            self.late(seq, at, "later than a head that holds it", own["made_at"])
        self.at = at

    def late(self, seq: int, at: str, what: str, other: str) -> None:
        """Keep the first event of a stream whose time disagrees with something, and count the others."""
        first = self.times.get(what, (seq, at, other, 0))
        self.times[what] = (*first[:3], first[3] + 1)

    def trials(self, county: str, event: dict[str, Any]) -> None:
        """Mark a county in which somebody was registered for a trial."""
        people = (value for path, value in event["changes"].items() if path.startswith("persons/"))
        if event["action"] == "add_person" and any(isinstance(p, dict) and p.get("trial") is True for p in people):
            self.trial.add(county)

    def finish(self, outside: Iterable[tuple[str, int, str, str]]) -> int:
        """Compare every head with its leaves and with those kept outside, and say how far the log is proved."""
        if self.end is None or self.end != self.events:
            self.wrong("end", self.end, "the export was cut off, or lines were put in")
        held: dict[str, int] = {}
        for (county, no), head in sorted(self.heads.items()):
            leaves, moved = self.moved[county, no]
            held[county] = held.get(county, 0) + moved
            if leaves != head["leaves"] or held[county] != head["events"]:
                self.wrong(f"{county}:head", no, "its counts are not those of its leaves")
            if self.roots[county, no].hexdigest() != head["root"]:
                self.wrong(f"{county}:head", no, "its root does not fit its leaves")
        newest: dict[str, int] = {}
        for county, no, alg, root in outside:
            own = self.heads.get((county, no))
            if own is None or own["alg"] != alg or not own["root"].startswith(root):
                self.wrong(f"{county}:head", no, "kept outside, and not in this log: rolled back or rewritten")
            else:
                newest[county] = max(no, newest.get(county, 0))
        for county, count in sorted(self.counted.items()):
            mark = " (试用县/trial county)" if county in self.trial else ""
            self.told(f"{county}{mark}: {self.proved(count, self.heads.get((county, newest.get(county, 0))))}")
        return 7 if self.bad else 0

    def proved(self, count: int, head: dict[str, Any] | None) -> str:
        """Say how far a county's log is proved."""
        if self.bad:
            return f"{count} events; from the first place that does not verify on, nothing is proved"
        if head is None:
            return f"{count} events hang together; no head was kept outside: a log replaced as a whole would not show"
        later = count - head["events"]
        said = f"proved up to head #{head['no']} of {head['made_at']}, {head['events']} events"
        return f"{said}; {later} later events are only chained"


def kept_outside(source: str, told: Callable[[str], Any] = print) -> Iterator[tuple[str, int, str, str]]:
    """Yield county, number, algorithm and root of the heads in a file, or of the one in a line copied from paper."""
    paper = SHORT.search(source)
    if paper:
        yield paper.group(1), int(paper.group(2)), paper.group(3), paper.group(4)
        return
    with open(source, "rb") as file:
        for number, raw in enumerate(file, 1):
            try:
                head = json.loads(raw.decode("utf-8"))
                root = head_start(dict(head, leaves=len(head["leaves"])))
                for leaf in head["leaves"]:
                    root.update((canonical(leaf) + "\n").encode())
                if root.hexdigest() != head["root"]:
                    raise ValueError("its root does not fit")
                yield head["county"], head["no"], head["alg"], head["root"]
            except BAD as error:
                told(f"- {source}:{number} is no head and was passed over: {str(error)[:60]}")


def main(arguments: list[str]) -> int:
    """Verify the export that is named first against the heads that are named behind it."""
    if not arguments or arguments[0] in ("-h", "--help"):
        print(__doc__)
        return 0 if arguments else 2
    verifier = Verifier()
    try:
        outside = [head for source in arguments[1:] for head in kept_outside(source)]
        if arguments[1:] and not outside:
            raise OSError(f"no head in {', '.join(arguments[1:])}")
        with open(arguments[0], "rb") as file:
            for number, raw in enumerate(file, 1):
                verifier.line(number, raw)
    except OSError as error:
        print(f"cannot be read: {error}", file=sys.stderr)
        return 2
    code = verifier.finish(outside)
    said = "all verify" if code == 0 else f"{verifier.bad} places do not verify"
    print(f"{verifier.streams} streams, {verifier.events} events, {len(verifier.heads)} heads: {said}")
    print(
        "not in an export, and not verified here: contents of policies, personal values, papers, rows of the database"
    )
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
