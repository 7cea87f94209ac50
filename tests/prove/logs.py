"""Logs mutated in memory and told to both verifiers, which must agree on each: bodies in strange forms, broken chains."""

from __future__ import annotations

import copy
import json
import random
import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from weigai.db.audit import chain as audit_chain
from weigai.db.audit import verify as audit
from weigai.db.audit.policies import AuditedPolicy
from weigai.db.audit.replay import COPIES, Replay
from weigai.db.log import event as events
from weigai.db.log.export import lines
from weigai.db.log.heads import Published
from weigai.states.errors import InputRefused
from weigai.workflow.exchange.verify_export import Verifier

Row = dict[str, Any]
Log = dict[str, list[Row]]


class Outside:
    """Heads held outside, without a file."""

    every = True

    def __init__(self, published: list[Published]) -> None:
        self.published, self.strange = published, []
        self.heads = [one.head for one in published]

    def __iter__(self) -> Iterator[Published]:
        return iter(self.published)


def _decomposed(body: str) -> str:
    made = unicodedata.normalize("NFD", body)
    return made if made != body else body.replace('"request_id":"', '"request_id":"e\u0301')


STRANGE: dict[str, Callable[[str], str]] = {
    "a key twice": lambda b: b.replace('"v":1', '"v":1,"v":1'),
    "a key twice inside": lambda b: b.replace('"guard":"g"', '"guard":"f","guard":"g"'),
    "another value first": lambda b: b.replace('"office":"village"', '"office":"county","office":"village"'),
    "a float": lambda b: re.sub(r'"seq":(\d+)', r'"seq":\1.0', b),
    "a float inside": lambda b: re.sub(r'"n":(-?\d+)', r'"n":\1.0', b),
    "an exponent": lambda b: re.sub(r'"v":1', '"v":1e0', b),
    "not a number": lambda b: re.sub(r'"n":-?\d+', '"n":NaN', b),
    "without end": lambda b: re.sub(r'"n":-?\d+', '"n":-Infinity', b),
    "minus nothing": lambda b: re.sub(r'"n":-?\d+', '"n":-0', b),
    "a leading nought": lambda b: re.sub(r'"n":(\d+)', r'"n":0\1', b),
    "decomposed text": _decomposed,
    "a blank": lambda b: b.replace("{", "{ ", 1),
    "a blank inside": lambda b: b.replace('":', '": ', 1),
    "a line end": lambda b: b + "\n",
    "a byte order mark": lambda b: "\ufeff" + b,
    "something behind": lambda b: b + "{}",
    "keys in another order": lambda b: re.sub(r'^\{("acted_by":"[^"]*"),("action":"[^"]*"),', r"{\2,\1,", b),
    "an escaped letter": lambda b: b.replace('"action"', '"\\u0061ction"'),
    "an escaped slash": lambda b: b.replace("/", "\\/"),
    "capital hex": lambda b: b.replace('"village"', '"village\\u001F"'),
    "a nought byte": lambda b: b.replace('"village"', '"village\\u0000"'),
    "half a character": lambda b: b.replace('"village"', '"\\ud800"'),
    "true for one": lambda b: b.replace('"v":1', '"v":true'),
    "true for the number": lambda b: re.sub(r'"seq":1\b', '"seq":true', b),
    "a huge number": lambda b: re.sub(r'"seq":(\d+)', r'"seq":10000000000000000000000000\1', b),
    "a number without end": lambda b: re.sub(r'"n":-?\d+', '"n":' + "9" * 5000, b),
    "a number in quotes": lambda b: re.sub(r'"seq":(\d+)', r'"seq":"\1"', b),
    "a field more": lambda b: b[:-1] + ',"w":1}',
    "a field less": lambda b: b.replace('"findings":', '"finding":'),
    "changes in a row": lambda b: re.sub(r'"changes":\{.*?\},"county"', '"changes":[],"county"', b),
    "papers by name": lambda b: re.sub(r'"documents":\[.*?\],"findings"', '"documents":{},"findings"', b),
    "a word for nothing": lambda b: b.replace('"to":null', '"to":""').replace('"prev":null', '"prev":""'),
    "no text": lambda b: "",
    "another value": lambda b: "null",
    "depth without end": lambda b: "[" * 50_000,
    "another algorithm": lambda b: re.sub(r'"alg":"\w+"', '"alg":"md5"', b),
}


def strange_form(rng: random.Random, body: str) -> str:
    """Return a body in a form that is not canonical, or not of v1."""
    while True:
        made = STRANGE[rng.choice(sorted(STRANGE))](body)
        if made != body:
            return made


def _alg(body: str) -> str:
    found = re.search(r'"alg":"(sha256|sm3)"', body)
    return found.group(1) if found else "sha256"


def chained(rows: list[Row], start: int) -> None:
    """Make the hashes anew from an event on, whatever form its body has, and every prev behind it."""
    for i in range(start, len(rows)):
        if i > start:
            found = re.sub(r'"prev":(null|"[^"]*")', f'"prev":"{rows[i - 1]["hash"]}"', rows[i]["body"])
            rows[i]["body"] = found
        rows[i]["hash"] = events.event_hash(_alg(rows[i]["body"]), rows[i]["body"])


# ---------------------------------------------------------------------- mutations of a log


def _shifted(rng: random.Random, row: Row) -> None:
    """Move the border between two fields: the texts put together stay the same."""
    body = json.loads(row["body"])
    a, b = rng.sample(["acted_by", "recorded_by", "office", "action", "request_id"], 2)
    both, cut = body[a] + body[b], rng.randint(0, len(body[a] + body[b]))
    body[a], body[b] = both[:cut], both[cut:]
    row["body"] = events.canonical(body)


def _field(rng: random.Random, row: Row) -> None:
    """Give a field another value, of its kind or not."""
    body = json.loads(row["body"])
    name = rng.choice(sorted(body))
    body[name] = rng.choice([None, "", "x", 0, 1, True, [], {}, -1, 10**30, body[name], "draft", [[]], {"a": None}])
    row["body"] = events.canonical(body)


def mutated(rng: random.Random, log: Log) -> None:
    """Do one thing to a log, with or without its hashes made anew."""
    rows = log[rng.choice(sorted(log))]
    i = rng.randrange(len(rows))
    what = rng.randrange(12)
    if what < 3:
        rows[i]["body"] = strange_form(rng, rows[i]["body"])
    elif what < 5:
        with_json(rows[i], lambda: _field(rng, rows[i]))
    elif what == 5:
        with_json(rows[i], lambda: _shifted(rng, rows[i]))
    elif what == 6:
        rows[i]["hash"] = rng.choice(["", "f" * 64, rows[i]["hash"].upper(), rows[0]["hash"]])
    elif what == 7 and len(rows) > 1:
        del rows[rng.randrange(len(rows))]
    elif what == 8 and len(rows) > 1:
        j = rng.randrange(len(rows))
        rows[i]["body"], rows[j]["body"] = rows[j]["body"], rows[i]["body"]
        rows[i]["hash"], rows[j]["hash"] = rows[j]["hash"], rows[i]["hash"]
    elif what == 9:
        rows[i]["seq"] = min(rows[i]["seq"] + rng.choice([1, -1, 2**62]), 2**63 - 1)  # a database holds no larger one
    elif what == 10:
        del rows[max(i, 1) :]
    elif what == 11:
        rows[i]["body"] = rows[i]["body"].replace(rng.choice('"1ae}'), rng.choice("x0é}"), 1)
    if rng.random() < 0.6:
        chained(rows, min(i, len(rows) - 1))


def with_json(row: Row, work: Callable[[], None]) -> None:
    """Do what needs a body that can be read, where it can be."""
    try:
        work()
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, InputRefused):
        row["body"] += " "


# ---------------------------------------------------------------------- both verdicts


class _Kept(dict[str, AuditedPolicy]):
    """Every policy, sound: an export has none."""

    def get(self, key: str, default: Any = None) -> Any:
        return AuditedPolicy(key, "", "", True, "", None)


class _Bare:
    """An opener for logs without values and papers beside them: whatever is gone was destroyed."""

    def destroyed(self, stream: str, person: str) -> bool:
        return True

    keyed = False
    keys = None

    def of_erased(self, stream: str) -> bool:
        return False

    def classes(self, head: Any) -> None:
        return None


def ours(log: Log, leaves: dict[str, list[tuple[int, int, str]]], county: str = "150783") -> set[str]:
    """Return the streams that the package's replay finds something in."""
    bad = set()
    for stream, rows in log.items():
        replay = Replay(f"{county}:{stream}", _Bare(), leaves.get(stream, ()))
        found: list[Any] = []
        for row in rows:
            try:
                body = json.loads(row["body"])
                copies = [_stored(name, body.get(name)) for name in COPIES]
            except (ValueError, RecursionError, AttributeError):
                copies = ["?"] * len(COPIES)
            copies[:3] = [county, stream, row["seq"]]
            made = (*copies, row["hash"], row["body"])
            found += replay.take(made, (), ())
        found += replay.close({"seq": replay.seq, "head": replay.prev}, _Kept())
        if found:
            bad.add(stream)
    return bad


def _stored(name: str, value: Any) -> Any:
    """Return what the column of a field can hold: text, also of a number that is an id, and nothing only where it may be."""
    if name in events.NUMBERED and type(value) is int:
        return str(value)
    return value if isinstance(value, str) or (value is None and name in ("from", "to", "policy")) else "?"


def theirs(head_lines: list[str], log: Log, leaves: dict[str, list[tuple[int, int, str]]]) -> set[str]:
    """Return the streams that the auditor's program finds something in."""
    told: list[str] = []
    verifier = Verifier(told.append)
    for number, line in enumerate(head_lines, 1):
        verifier.line(number, line.encode())
    for stream in sorted(log):
        for seq, no, own in leaves.get(stream, ()):
            verifier.leaf("150783", stream, no, seq, own)
        for row in log[stream]:
            verifier.event("150783", stream, row["seq"], row["hash"], row["body"])
    verifier.close()
    return {line.split(" ")[1].partition(":")[2] for line in told if line.startswith("x ")}


def log_of(world: Any) -> Log:
    """Return the events of a record by stream."""
    rows = world.connection.execute(text("SELECT stream, seq, hash, body FROM weigai_event ORDER BY stream, seq"))
    log: Log = {}
    for row in rows.mappings():
        log.setdefault(row["stream"], []).append(dict(row))
    return log


def head_lines_of(world: Any) -> list[str]:
    """Return the lines of an export that hold no event: its beginning, and its heads."""
    return [one for one in lines(world.connection, ["150783"], at="x") if one.startswith(('{"weigai', '{"head'))]


def agreement(world: Any, seed: int, count: int) -> list[str]:
    """Tell so many mutated logs to both; return those on which they do not agree."""
    log, head_lines = log_of(world), head_lines_of(world)
    leaves: dict[str, list[tuple[int, int, str]]] = {}
    for one in world.outside:
        for leaf in one.leaves:
            leaves.setdefault(leaf.stream, []).append((leaf.seq, one.head.no, leaf.hash))
    differ = []
    for n in range(count):
        rng, made = random.Random(f"{seed}/logs/{n}"), copy.deepcopy(log)
        for _ in range(rng.choice((0, 1, 1, 1, 2, 3))):
            mutated(rng, made)
        led = leaves if rng.random() < 0.3 else {}  # without heads only the form and the chain are left to tell
        a, b = ours(made, led), theirs(head_lines, made, led)
        if a != b:
            differ.append(f"{seed}/logs/{n}: package {sorted(a)}, auditor's program {sorted(b)}")
    return differ


ODD: tuple[Any, ...] = ([], {}, 7, None, "x", True, [[]], {"a": []})
_PAPER = {"kind": "a", "size": 1, "media_type": "x", "commit": "f" * 64}


def odd_items() -> Iterator[tuple[str, Any]]:
    """Yield a field of an event and what stands in it where a paper, a finding, a change or a commitment should."""
    for odd in ODD:
        yield from (
            ("documents", value) for value in ([odd], [_PAPER, odd], *([{**_PAPER, key: odd}] for key in _PAPER))
        )
        yield from (("findings", value) for value in ([odd], [{"guard": odd, "ok": odd, "values": odd}]))
        entered = {"entered/1": {"user": odd, "newest": odd}}
        yield from (("changes", value) for value in ({"a": odd}, {"": odd}, entered, {"a": {"$commit": odd}}))


def odd_disagreements(world: Any) -> tuple[int, list[str]]:
    """Tell every odd item, in the first and the last event of each stream, to both verifiers; return on which they differ."""
    log, heads = log_of(world), head_lines_of(world)
    count, differ = 0, []
    for (field, value), stream in ((item, stream) for item in odd_items() for stream in log):
        for i in {0, len(log[stream]) - 1}:
            made = copy.deepcopy(log)
            body = {**json.loads(made[stream][i]["body"]), field: value}
            made[stream][i]["body"] = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
            chained(made[stream], i)
            a, b = ours(made, {}), theirs(heads, made, {})
            count += 1
            differ += [] if a == b else [f"{field} {value}: package {sorted(a)}, auditor's program {sorted(b)}"]
    return count, differ


# ---------------------------------------------------------------------- the chain alone, against the full strength

_OF_THE_CHAIN = re.compile(
    r"the hash does not fit|a gap: |the chain is broken|column (county|stream|seq) |head #|between \d+ and|event \d+ "
    r"|the head of the stream|case row: (version|head) |events without a head|a (case row|head) without events"
)


def _first(problems: Any) -> dict[str, int]:
    """Return by stream the first place of those problems that concern the chain, or the published heads."""
    found: dict[str, int] = {}
    for p in problems:
        if p.stream.endswith(":head") or _OF_THE_CHAIN.match(p.what):
            found[p.stream] = min(p.seq, found.get(p.stream, p.seq))
    return found


def chain_agreement(world: Any, seed: int, count: int) -> list[str]:
    """Put so many mutated logs into the database; return those in which the chain alone overlooks what concerns it.

    Of each stream the first place counts: behind it the full strength follows from what it found there.
    """
    connection, missed = world.connection, []
    rows = connection.execute(text("SELECT * FROM weigai_event ORDER BY stream, seq")).mappings().all()
    log: Log = {}
    for row in rows:
        log.setdefault(row["stream"], []).append(dict(row))
    columns = list(rows[0])
    insert = f"INSERT INTO weigai_event ({', '.join(columns)}) VALUES ({', '.join(f':{name}' for name in columns)})"
    for n in range(count):
        rng, made = random.Random(f"{seed}/chain/{n}"), copy.deepcopy(log)
        for _ in range(rng.choice((0, 1, 1, 1, 2, 3))):
            mutated(rng, made)
        held = Outside(world.outside if rng.random() < 0.5 else [])
        try:
            with connection.begin_nested() as undone:
                connection.execute(text("DELETE FROM weigai_event"))
                connection.execute(text(insert), [row for own in made.values() for row in own])
                full = _first(audit.verify(connection, held=held).problems)
                chain = _first(audit_chain.verify(connection, held=held).problems)
                undone.rollback()
        except DBAPIError:  # two events of one number: a database does not hold them
            continue
        missed += [
            f"{seed}/chain/{n}: full {stream} #{seq}, the chain alone {chain.get(stream)}"
            for stream, seq in full.items()
            if chain.get(stream, seq + 1) > seq
        ]
    return missed
