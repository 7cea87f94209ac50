#!/usr/bin/env python3
"""Verify an export of a weigai log with nothing but Python 3.8 or later; written from docs/events.md alone.

    python3 verify.py EXPORT.jsonl [HEADS ...]

HEADS are what was kept outside the database: head files, witness files, or lines copied from paper such as
"150783 #12 sha256:0123456789abcdef0123456789abcdef". Exit 0: everything verifies; 7: something does not; 2: a file
cannot be read, or the answer cannot be printed; 130: interrupted. Without HEADS it can only say that the log hangs together.

What it checks: every line is of a known kind, has the members of v1 and no other, each of its type, and is written as v1
writes it, byte by byte; the lines come in their order, none twice; the first line names the counties, and the trial
counties, that the others hold; every event is the canonical JSON of v1 and has its hash; the numbers of a stream have no
gap and each event names the hash before; states follow each other; every published head has its root, follows the one
before, holds the events that its leaves say and counts them; and the heads kept outside are among them. Beside that it
remarks times that cannot be true, by which a clock stood wrong, and marks trial counties. A character that does not print
is told as an escape, so that no text from the file makes a line of its own.
"""

from __future__ import annotations

import codecs
import hashlib
import itertools
import json
import os
import re
import sys
import unicodedata
from datetime import datetime, timedelta, timezone
from typing import Any, Callable, Iterable, Iterator

NUMBERED = ("request_id", "acted_by", "office", "recorded_by")  # earlier programs wrote numbers there too
TEXT = ("alg", "county", "stream", "action", "occurred_on", "recorded_at", *NUMBERED)
TEXT_OR_NULL = ("from", "to", "policy", "prev")
FIELDS = {"v", "seq", "changes", "documents", "findings", *TEXT, *TEXT_OR_NULL}
PAPER = {"kind", "size", "media_type", "commit"}  # what an event says of each of its papers
HEAD = ("v", "county", "no", "alg", "made_at", "events", "leaves", "prev")
HEADER = ("weigai", "v", "made_at", "counties", "trial")  # earlier programs wrote no "trial"
TYPES = {  # of the items of a line, in their order; a head's are its members
    "head": ((int,), (str,), (int,), (str,), (str,), (int,), (int,), (str, type(None)), (str,)),
    "leaf": ((str,), (str,), (int,), (int,), (str,)),
    "event": ((str,), (str,), (int,), (str,), (str,)),
}
LONGEST, LONGEST_HEAD = 8 * 1024**2, 256 * 1024**2  # bytes of a line of an export, and of a file of heads
VALUES, PIECE = 500_000, 16 * 1024  # values in a line of an export, and bytes of a file of heads that are read at once
TOLD, WIDEST, MOST_LINES = 1000, 400, 250_000  # places told, characters of a line told, lines of a file of heads
COUNTY = re.compile(r"[0-9]{6}")
TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")
APART = timedelta(minutes=5)  # by which the times of two clocks may differ
SHORT = re.compile(r"([0-9]{6}) #([0-9]{1,9}) (sha256|sm3):([0-9a-f]{32,64})\b")
QUOTED = r'"[^"\\\x00-\x1f]*(?:\\(?:["\\bfnrt]|u00(?:0[1-7bef]|1[0-9a-f]))[^"\\\x00-\x1f]*)*"'
NUMBER, HASH = "(?:0|[1-9][0-9]{0,17})", "[0-9a-f]{64}"
FIRST = re.compile(rf'\{{"alg":"(sha256|sm3)","county":"([0-9]{{6}})","events":({NUMBER}),"leaves":\[')
WRITTEN_FACTS = ("alg", "county", "events", "made_at", "no", "prev", "root")  # of a head in a file, as they stand there
LEAF = re.compile(rf'(\[{QUOTED},{NUMBER},"{HASH}"\])(?=,\[|\],")')
LAST = re.compile(
    rf'\],"made_at":"({TIME.pattern})","no":({NUMBER}),"prev":(?:null|"({HASH})"),"root":"({HASH})"'
    r'(?:,"trial":true)?,"v":1\}[\r\n]*'
)
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
    return CANONICAL.encode(value)


def strict(text: str) -> Any:
    """Read JSON that has to be canonical: sorted keys, none twice, no float, no blank, NFC, no NUL."""
    value = BODIES.decode(text)
    if canonical(value) != text or not unicodedata.is_normalized("NFC", text) or "\\u0000" in text:
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


# Each is made once: to make one for every line takes longer than to read it.
LINES = json.JSONDecoder(parse_float=refuse, parse_constant=refuse, parse_int=whole)
BODIES = json.JSONDecoder(object_pairs_hook=in_order, parse_float=refuse, parse_constant=refuse, parse_int=whole)
WRITTEN = json.JSONEncoder(separators=(",", ":"))
CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def read_line(raw: bytes) -> tuple[str, Any]:
    """Read a line of an export: its kind and what it holds. A header's is the whole object.

    It has to be the bytes that v1 writes for what it holds: so no name stands twice and no member is out of order.
    """
    if len(raw) > LONGEST or sum(map(raw.count, (b",", b"[", b"{"))) > VALUES:
        raise ValueError(f"longer than {LONGEST} bytes, or of more than {VALUES} values")
    text = raw.decode("ascii")
    found = LINES.decode(text)
    if not isinstance(found, dict) or WRITTEN.encode(found) + "\n" != text:
        raise ValueError("not written as v1 writes a line")
    kind = next(iter(found), "")
    value = found if kind == "weigai" else found[kind] if len(found) == 1 else None
    if not is_kind(kind, value):
        raise ValueError("of no kind that v1 knows, or with other members")
    return kind, value


def is_kind(kind: str, value: Any) -> bool:
    """Tell whether a line's value is what v1 has in a line of its kind."""
    if kind == "weigai":
        texts = isinstance(value.get("made_at"), str) and are_counties(value.get("counties"))
        trial = tuple(value) == HEADER[:4] or (tuple(value) == HEADER and are_counties(value["trial"]))
        return texts and trial and value["weigai"] == "export" and is_one(value["v"])
    if kind == "head":
        good = isinstance(value, dict) and (*HEAD, "root") == tuple(value) and of_types(kind, list(value.values()))
        return good and is_one(value["v"]) and is_county(value["county"])
    if kind in TYPES:
        return isinstance(value, list) and of_types(kind, value) and is_county(value[0]) and bool(value[1])
    return kind == "end" and type(value) is int


def of_types(kind: str, values: list[Any]) -> bool:
    """Tell whether the items of a line are as many as they have to be, each of its own type."""
    wanted = TYPES[kind]
    return len(values) == len(wanted) and all(type(value) in own for value, own in zip(values, wanted))


def is_one(value: Any) -> bool:
    """Tell whether a value is the number 1, and not `true`."""
    return type(value) is int and value == 1


def is_county(value: Any) -> bool:
    """Tell whether a value is the code of a county."""
    return isinstance(value, str) and COUNTY.fullmatch(value) is not None


def are_counties(value: Any) -> bool:
    """Tell whether a value is an array of codes of counties that go up."""
    return isinstance(value, list) and all(is_county(one) for one in value) and value == sorted(set(value))


def read_event(text: str) -> dict[str, Any]:
    """Read the body of an event of v1."""
    event: dict[str, Any] = strict(text)
    if not isinstance(event, dict) or set(event) != FIELDS:
        raise ValueError("not the fields of v1")
    good = all(isinstance(event[name], str) or (name in NUMBERED and type(event[name]) is int) for name in TEXT)
    good = good and all(event[name] is None or (isinstance(event[name], str) and event[name]) for name in TEXT_OR_NULL)
    good = good and is_one(event["v"]) and type(event["seq"]) is int
    good = good and [type(event[name]) for name in ("changes", "documents", "findings")] == [dict, list, list]
    if not good or not all(isinstance(paper, dict) and set(paper) == PAPER for paper in event["documents"]):
        raise ValueError("a field is not of its kind")
    if text.count('{"$commit":') != text.count('{"$commit":"'):
        raise ValueError("a commitment is not text")
    return event


def head_start(head: dict[str, Any]) -> Any:
    """Return the hash of a head into which its leaves are still to go."""
    root = new_hash(head["alg"])
    root.update(b"weigai.head.v1\0" + canonical({name: head[name] for name in HEAD}).encode() + b"\n")
    return root


def moment(text: str) -> datetime:
    """Read a time of the log, e.g. 2019-06-16T01:30:00.000000Z."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)


def before(one: str, other: str) -> bool:
    """Tell whether one time is earlier than another by more than minutes; what is no time is not."""
    try:
        return one < other and moment(other) - moment(one) > APART
    except ValueError:
        return False


class Verifier:
    """Reads the lines of an export in order; it keeps the heads and what it needs of one stream."""

    def __init__(self, told: Callable[[str], Any] = print, now: datetime | None = None) -> None:
        self.bad, self.events, self.streams = 0, 0, 0
        self.told: Callable[[str], Any] = lambda line: told(plain(line))
        self.header: dict[str, Any] = {}
        self.at_line: tuple[Any, ...] = ()  # where the line before stands in the order of lines
        self.counties: set[str] = set()
        self.now = (now or datetime.now(timezone.utc)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
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
        if self.bad <= TOLD:
            self.told(f"x {place} #{seq}: {what}")

    def line(self, number: int, raw: bytes) -> None:
        """Take the next line."""
        try:
            kind, value = read_line(raw)
            if self.end is not None or (number == 1) != (kind == "weigai"):
                raise ValueError("a line that does not belong here")
            if kind == "weigai":
                self.header = value
            elif kind == "end":
                self.close()
                self.end = value
            else:
                self.ordered(kind, value)
                if kind == "head":
                    self.head(value)
                else:
                    self.leaf(*value) if kind == "leaf" else self.event(*value)
        except BAD as error:
            self.wrong("line", number, f"{error.__class__.__name__} {str(error)[:80]}")

    def ordered(self, kind: str, value: Any) -> None:
        """Hold lines in their order: by county its heads, then by stream its leaves and its events, each once."""
        if kind == "head":
            place: tuple[Any, ...] = (value["county"], "", 0, value["no"])
        else:
            place = (value[0], value[1], kind == "event", value[2])
        self.counties.add(place[0])
        if self.at_line and place <= self.at_line:
            raise ValueError("out of order, or there twice")
        self.at_line = place

    def head(self, head: dict[str, Any]) -> None:
        """Take a head; its leaves come with their streams."""
        county, no = head["county"], head["no"]
        last = self.heads.get((county, self.last.get(county, 0)))
        if no != self.last.get(county, 0) + 1 or head["prev"] != (last["root"] if last else None):
            self.wrong(f"{county}:head", no, "does not follow the head before")
        if before(self.now, head["made_at"]):
            self.told(f"- {county}:head #{no}: made at {head['made_at']}, later than it is now ({self.now})")
        at, was = head["made_at"], last["made_at"] if last else ""
        if before(at, was):
            self.told(f"- {county}:head #{no}: made at {at}, earlier than the head before ({was})")
        self.heads[county, no], self.roots[county, no], self.moved[county, no] = head, head_start(head), [0, 0]
        self.last[county] = no

    def start(self, place: tuple[str, str]) -> str:
        """Go over to a stream, where it is another one."""
        if place != self.place:
            self.close()
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
            self.numbers += [seq for field in NUMBERED if not isinstance(event[field], str)]
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
        if not self.events:
            self.wrong("end", self.end, "there is no event: nothing is proved")
        self.named()
        held: dict[str, int] = {}
        for (county, no), head in sorted(self.heads.items()):
            leaves, moved = self.moved[county, no]
            held[county] = held.get(county, 0) + moved
            if not leaves or leaves != head["leaves"] or held[county] != head["events"]:
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

    def named(self) -> None:
        """Hold the counties that the first line names against those that have lines, and its trial counties."""
        counties, trial = self.header.get("counties", []), self.header.get("trial", sorted(self.trial))
        for county in sorted(self.counties.symmetric_difference(counties)):
            self.wrong(county, 0, "the first line names it and nothing of it is here, or the other way round")
        for county in sorted(self.trial.symmetric_difference(trial)):
            self.wrong(county, 0, "the first line and its events do not both say that it is a trial county")

    def proved(self, count: int, head: dict[str, Any] | None) -> str:
        """Say how far a county's log is proved."""
        if self.bad:
            return f"{count} events; from the first problem on, no event is proved"
        if head is None:
            return f"{count} events are linked to each other; no head was given, so this does not show whether somebody replaced the whole log"
        later = count - head["events"]
        said = f"head #{head['no']} of {head['made_at']} proves {head['events']} events"
        return f"{said}; the {later} later events are only linked to each other"


class HeadLine:
    """A line of a file of heads, from where the file stands, read piece by piece, so that none fills the memory."""

    def __init__(self, file: Any) -> None:
        self.file, self.decoder = file, codecs.getincrementaldecoder("utf-8")()
        self.size, self.ended, self.blank = 0, False, True
        self.facts: dict[str, Any] = {}

    def leaves(self) -> Iterator[list[str]]:
        """Yield the leaves, some at a time, each as its canonical text; then `facts` holds the other members."""
        text = self.decoder.decode(self.piece(), self.ended)
        start: Any = FIRST.match(text)
        text = ("," if text.startswith("[", start.end()) else "") + text[start.end() :]
        while True:
            found = LEAF.findall(text)
            if found:
                told = "," + ",".join(found)
                if not text.startswith(told) or not unicodedata.is_normalized("NFC", told) or "\\u0000" in told:
                    raise ValueError("not the leaves of a head")
                yield found
                text = text[len(told) :]
            if self.ended or len(text) > PIECE:
                break
            text += self.decoder.decode(self.piece(), self.ended)
        end: Any = LAST.fullmatch(text)
        self.facts = dict(zip(WRITTEN_FACTS, start.groups() + end.groups()))

    def piece(self) -> bytes:
        """Return what stands next in the line."""
        found: bytes = self.file.readline(PIECE)
        self.size += len(found)
        if self.size > LONGEST_HEAD:
            raise OSError(f"{self.file.name}: a line is too long")
        self.ended, self.blank = len(found) < PIECE or found.endswith(b"\n"), self.blank and not found.strip()
        return found


def read_head(line: HeadLine) -> tuple[str, int, str, str]:
    """Return county, number, algorithm and root of a head. It is read twice: its facts are hashed before its leaves."""
    at = line.file.tell()
    leaves, head = sum(len(some) for some in line.leaves()), line.facts
    root = head_start({**head, "v": 1, "leaves": leaves, "events": int(head["events"]), "no": int(head["no"])})
    line.file.seek(at)
    for some in HeadLine(line.file).leaves():
        root.update("".join(f"{leaf}\n" for leaf in some).encode())
    if root.hexdigest() != head["root"]:
        raise ValueError("its root does not fit")
    return head["county"], int(head["no"]), head["alg"], head["root"]


def kept_outside(source: str) -> list[tuple[str, int, str, str]]:
    """Return county, number, algorithm and root of the heads in a file, or of the one in a line copied from paper."""
    paper = SHORT.search(source)
    if paper:
        return [(paper.group(1), int(paper.group(2)), paper.group(3), paper.group(4))]
    heads: list[tuple[str, int, str, str]] = []
    strange: list[str] = []
    with open(source, "rb") as file:
        for number in itertools.count(1):
            line = HeadLine(file)
            try:
                heads.append(read_head(line))
            except BAD:
                while not line.ended:
                    line.piece()
                if not line.size:
                    break
                if not line.blank and len(strange) < TOLD:
                    strange.append(f"- {source}:{number} is no head and was passed over")
            if number > min(TOLD + 2 * len(heads), MOST_LINES):
                raise OSError(f"{source}: most of its lines are no heads, or it has more than {MOST_LINES}")
    if not heads:
        raise OSError(f"no head in {source}")
    for told in strange:
        say(told)
    return heads


def plain(line: str) -> str:
    """Return a line that prints as one: a character that does not print is written as its escape."""
    told = line if len(line) <= WIDEST else f"{line[:WIDEST]} ..."
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in told)


def say(line: str) -> None:
    """Print a line. Where its reader has gone the verification goes on, for its exit code."""
    try:
        print(plain(line), flush=True)
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            raise


def main(arguments: list[str]) -> int:
    """Verify the export that is named first against the heads that are named behind it."""
    if not arguments or arguments[0] in ("-h", "--help"):
        for line in (__doc__ or "").splitlines():
            say(line)
        return 0 if arguments else 2
    verifier = Verifier(say)
    outside = [head for source in arguments[1:] for head in kept_outside(source)]
    with open(arguments[0], "rb") as file:
        for number, raw in enumerate(iter(lambda: file.readline(LONGEST + 1), b""), 1):
            verifier.line(number, raw)
            if not verifier.header or len(raw) > LONGEST:  # it is another file: what follows says nothing
                break
    code = verifier.finish(outside)
    said = "all verify" if code == 0 else f"{verifier.bad} places do not verify"
    say(f"{verifier.streams} streams, {verifier.events} events, {len(verifier.heads)} heads: {said}")
    say("not in an export, and not verified here: contents of policies, personal values, papers, rows of the database")
    return code


def run(arguments: list[str]) -> int:
    """Do what is asked and return the exit code; what cannot be read or printed is one sentence."""
    try:
        return main(arguments)
    except OSError as error:
        print(f"cannot be read, or the answer cannot be printed: {plain(str(error))}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    sys.exit(run(sys.argv[1:]))
