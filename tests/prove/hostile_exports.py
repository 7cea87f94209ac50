"""Hostile exports, made of the lines of an honest one: each is another text, and none may verify."""

from __future__ import annotations

import gzip
import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

Lines = list[bytes]
FORGED = "150783: head #9 of 2030-01-01 proves 9 events; the 0 later events are only linked to each other"


def _written(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


def _first(made: Lines, kind: str) -> int:
    return next(i for i, line in enumerate(made) if line.startswith(f'{{"{kind}"'.encode()))


def _on(kind: str, change: Callable[[bytes], bytes]) -> Callable[[Lines], bytes]:
    """Return what changes the first line of a kind as text."""

    def made_of(made: Lines) -> bytes:
        at = _first(made, kind)
        return b"".join([*made[:at], change(made[at]), *made[at + 1 :]])

    return made_of


def _in(kind: str, change: Callable[[Any], Any]) -> Callable[[Lines], bytes]:
    """Return what changes the value of the first line of a kind; the whole object of the header."""

    def changed(line: bytes) -> bytes:
        value = json.loads(line)
        return _written(change(value) if kind == "weigai" else {kind: change(value[kind])})

    return _on(kind, changed)


def _put(line: bytes, kind: str = "end") -> Callable[[Lines], bytes]:
    """Return what puts a line in before the first of a kind."""
    return lambda made: b"".join([*made[: _first(made, kind)], line, *made[_first(made, kind) :]])


def _with(**more: Any) -> Callable[[Any], Any]:
    return lambda value: {**value, **more}


def _item(at: int, value: Any) -> Callable[[Any], Any]:
    return lambda found: [*found[:at], value(found[at]) if callable(value) else value, *found[at + 1 :]]


def _other_order(line: bytes) -> bytes:
    value = json.loads(line)
    inner = {kind: dict(reversed(own.items())) if isinstance(own, dict) else own for kind, own in value.items()}
    return _written(inner if inner != value or len(value) == 1 else dict(reversed(value.items())))


# the same value in another form: a line in, a line out
FORMS: dict[str, Callable[[bytes], bytes]] = {
    "a blank before": lambda line: b" " + line,
    "a blank behind": lambda line: line[:-1] + b" \n",
    "a blank inside": lambda line: line.replace(b":", b": ", 1),
    "a tab inside": lambda line: line.replace(b",", b",\t", 1) if b"," in line else b"\t" + line,
    "CR and LF": lambda line: line[:-1] + b"\r\n",
    "CR alone": lambda line: line[:-1] + b"\r",
    "a blank line": lambda line: line + b"\n",
    "a line end inside": lambda line: line.replace(b":", b":\n", 1),
    "an escaped name": lambda line: re.sub(rb"e", rb"\\u0065", line, count=1),
    "an escaped slash": lambda line: line.replace(b"/", b"\\/", 1) if b"/" in line else b" " + line,
    "a byte order mark": lambda line: b"\xef\xbb\xbf" + line,
    "UTF-16": lambda line: line.decode().encode("utf-16"),
    "UTF-8 in the place of an escape": lambda line: line.replace(b"\n", b" \n") if b"\\u" not in line else _as_utf8(line),
    "capital hex": lambda line: re.sub(rb"\\u(00e9|5f20|884c)", lambda m: b"\\u" + m[1].upper(), line)
    if re.search(rb"\\u00e9", line) else line[:-1] + b"\t\n",
    "a nought byte": lambda line: line[:-1] + b"\0\n",
    "something behind": lambda line: line[:-1] + b"{}\n",
    "a comment": lambda line: line[:-1] + b"//\n",
    "the same name twice": lambda line: line[:1] + line[1:-2] + b"," + line[1:],
    "a name twice, the first another": lambda line: b'{"' + line.split(b'"')[1] + b'":0,' + line[1:],
    "members in another order": lambda line: _other_order(line) if line.startswith((b'{"weigai', b'{"head')) else line + b"\n",
    "a number with a point": lambda line: re.sub(rb"([:,])(\d+)(?=[,}\]])", rb"\1\2.0", line, count=1),
    "an exponent": lambda line: re.sub(rb"([:,])(\d+)(?=[,}\]])", rb"\1\2e0", line, count=1),
    "a leading nought": lambda line: re.sub(rb"([:,])(\d+)(?=[,}\]])", rb"\g<1>0\2", line, count=1),
    "a sign": lambda line: re.sub(rb"([:,])(\d+)(?=[,}\]])", rb"\1+\2", line, count=1),
    "minus nothing": lambda line: re.sub(rb"([:,])(\d+)(?=[,}\]])", rb"\1-0", line, count=1),
    "a number as text": lambda line: re.sub(rb"([:,])(\d+)(?=[,}\]])", rb'\1"\2"', line, count=1),
    "true for a number": lambda line: re.sub(rb"([:,])(\d+)(?=[,}\]])", rb"\1true", line, count=1),
    "NaN for a number": lambda line: re.sub(rb"([:,])(\d+)(?=[,}\]])", rb"\1NaN", line, count=1),
    "a number without end": lambda line: re.sub(rb"([:,])(\d+)(?=[,}\]])", rb"\g<1>" + b"9" * 5000, line, count=1),
}  # fmt: skip


def _as_utf8(line: bytes) -> bytes:
    return (
        json.dumps(json.loads(line), separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"
    )


def _end(value: Any) -> Callable[[Lines], bytes]:
    return lambda made: b"".join([*made[:-1], _written({"end": value})])


def _count(made: Lines) -> int:
    return int(json.loads(made[-1])["end"])


def _trial_of(value: Any) -> Any:
    return {**value, "trial": [c for c in value["counties"] if c not in value["trial"]]}


def _only(made: Lines, *kinds: str) -> bytes:
    kept = [line for line in made if line.startswith(tuple(f'{{"{kind}"'.encode() for kind in kinds))]
    return b"".join(kept) + _written({"end": 0})


def _one_event(made: Lines) -> bytes:
    """Write the end as `true` behind one event: it equals 1."""
    at = next(
        i
        for i, line in enumerate(made)
        if line.startswith(b'{"event"') and b'"seq\\":1}' not in line and b'\\"seq\\":1,' in line
    )
    county = json.loads(made[at])["event"][0]
    header = {**json.loads(made[0]), "counties": [county]}
    header["trial"] = [c for c in header["trial"] if c == county]
    return _written(header) + made[at] + b'{"end":true}\n'


NAMES: dict[str, Any] = {
    "a line break": f"150783\n{FORGED}",
    "CR": f"\r{FORGED}",
    "an escape of a terminal": f"\x1b[2K\x1b[1A{FORGED}",
    "a bidirectional mark": "\u202e" + FORGED,
    "a line separator": "\u2028" + FORGED,
    "a next line": "\x85" + FORGED,
    "a tag": "\U000e0041" + FORGED,
    "half of a character": "\ud800" + FORGED,
    "a nought": "\0" + FORGED,
    "a number": 150783,
    "nothing": None,
    "a list": ["150783"],
    "an object": {"150783": 1},
    "true": True,
    "wide digits": "１５０７８３",
    "no text": "",
    "a unit": "150783101",
}

HOSTILE: dict[str, Callable[[Lines], bytes]] = {
    "nothing": lambda made: b"",
    "a line end": lambda made: b"\n",
    "the header alone": lambda made: made[0],
    "the header and an end": lambda made: made[0] + _written({"end": 0}),
    "an empty export": lambda made: (
        _written({**json.loads(made[0]), "counties": [], "trial": []}) + _written({"end": 0})
    ),
    "heads without events": lambda made: _only(made, "weigai", "head"),
    "two headers": lambda made: made[0] + b"".join(made),
    "the header behind a line": lambda made: made[1] + made[0] + b"".join(made[2:]),
    "two exports": lambda made: b"".join(made) * 2,
    "two exports, one end": lambda made: (
        b"".join(made[:-1]) + b"".join(made[1:-1]) + _written({"end": 2 * _count(made)})
    ),
    "an end in the middle": _put(_written({"end": 0}), "event"),
    "two ends": lambda made: b"".join(made) + made[-1],
    "no end": lambda made: b"".join(made[:-1]),
    "no last line end": lambda made: b"".join(made)[:-1],
    "something behind": lambda made: b"".join(made) + b"x",
    "a blank line behind": lambda made: b"".join(made) + b"\n",
    "noughts behind": lambda made: b"".join(made) + b"\0" * 512,
    "packed": lambda made: gzip.compress(b"".join(made), mtime=0),
    "UTF-16 throughout": lambda made: b"".join(made).decode().encode("utf-16"),
    "no UTF-8": lambda made: b"".join(made).replace(b"village", b"vill\xffge", 1),
    "a line without end": lambda made: b"".join(made[:-1]) + b'{"end":' + b" " * (9 * 1024**2) + made[-1][7:],
    "depth without end": _put(b"[" * 100_000 + b"\n"),
    "depth in an event": _on("event", lambda line: b'{"event":' + b"[" * 100_000 + b"\n"),
    "the end is true": _one_event,
    "the end is text": lambda made: b"".join(made[:-1]) + _written({"end": str(_count(made))}),
    "the end is a float": lambda made: b"".join(made[:-1]) + _written({"end": float(_count(made))}),
    "the end is null": _end(None),
    "the end is a list": _end([]),
    "an unknown kind": _put(_written({"note": "x"})),
    "an unknown kind of a head": _put(_written({"Head": {}}), "event"),
    "an event in capitals": _on("event", lambda line: line.replace(b'"event"', b'"Event"', 1)),
    "an event more, in capitals": lambda made: _put(made[_first(made, "event")].replace(b'"event"', b'"Event"', 1))(
        made
    ),
    "an event more, with a Cyrillic letter": lambda made: _put(
        made[_first(made, "event")].replace(b'"event"', b'"\\u0435vent"', 1)
    )(made),
    "a blank object": _put(b"{}\n"),
    "an array": _put(b"[]\n"),
    "a number": _put(b"1\n"),
    "a member more beside an event": _on("event", lambda line: line[:-2] + b',"x":1}\n'),
    "an event as text": _in("event", lambda value: "abcde"),
    "an event as an object": _in("event", lambda value: dict(zip("abcde", value, strict=True))),
    "an item more in an event": _in("event", lambda value: [*value, 1]),
    "an item less in an event": _in("event", lambda value: value[:-1]),
    "an item more in a leaf": _in("leaf", lambda value: [*value, 1]),
    "a leaf as text": _in("leaf", lambda value: "abcde"),
    "a body that is no text": _in("event", _item(4, json.loads)),
    "true for the number of an event": _in("event", _item(2, True)),
    "true for the number of a head in a leaf": _in("leaf", _item(2, True)),
    "a float for the number of a leaf": _in("leaf", _item(3, float)),
    "a number for a hash": _in("event", _item(3, 1)),
    "a head with a member more": _in("head", _with(x=1)),
    "a head with a member less": _in("head", lambda value: {k: v for k, v in value.items() if k != "made_at"}),
    "a head of another version": _in("head", _with(v=2)),
    "a head with true for its number": _in("head", _with(no=True)),
    "a head with true for its version": _in("head", _with(v=True)),
    "a head with a float": _in("head", lambda value: {**value, "events": float(value["events"])}),
    "a head with a text for nothing": _in("head", _with(prev="")),
    "a head that is an array": _in("head", lambda value: list(value.values())),
    "a header with a member more": _in("weigai", _with(x=1)),
    "a header without counties": _in("weigai", lambda value: {k: v for k, v in value.items() if k != "counties"}),
    "a header without a time": _in("weigai", lambda value: {k: v for k, v in value.items() if k != "made_at"}),
    "a header with true for its version": _in("weigai", _with(v=True)),
    "a header of version 2": _in("weigai", _with(v=2)),
    "a header of another file": _in("weigai", _with(weigai="backup")),
    "a header with a number for its time": _in("weigai", _with(made_at=1)),
    "a header of no county": _in("weigai", _with(counties=[])),
    "a header of a county that is absent": _in(
        "weigai", lambda value: {**value, "counties": [*value["counties"], "659001"]}
    ),
    "a header that leaves a county out": _in("weigai", lambda value: {**value, "counties": value["counties"][1:]}),
    "a header with a county twice": _in(
        "weigai", lambda value: {**value, "counties": [*value["counties"], value["counties"][-1]]}
    ),
    "a header in another order": _in("weigai", lambda value: {**value, "counties": value["counties"][::-1]}),
    "a header with counties as text": _in("weigai", lambda value: {**value, "counties": value["counties"][0]}),
    "a header with numbers for counties": _in(
        "weigai", lambda value: {**value, "counties": [int(c) for c in value["counties"]]}
    ),
    "a header with other trial counties": _in("weigai", _trial_of),
    "a header without its trial county": _in("weigai", _with(trial=[])),
    "a header with an absent trial county": _in("weigai", lambda value: {**value, "trial": ["659001"]}),
    "a header with true for its trial counties": _in("weigai", _with(trial=True)),
    **{f"an event of {name} as county": _in("event", _item(0, value)) for name, value in NAMES.items()},
    **{f"an event of {name} as stream": _in("event", _item(1, value)) for name, value in NAMES.items()},
    **{f"a leaf of {name} as county": _in("leaf", _item(0, value)) for name, value in NAMES.items()},
    **{f"a leaf of {name} as stream": _in("leaf", _item(1, value)) for name, value in NAMES.items()},
    **{f"a head of {name} as county": _in("head", _with(county=value)) for name, value in NAMES.items()},
    **{f"a header of {name} as county": _in("weigai", _with(counties=[value])) for name, value in NAMES.items()},
    **{f"a header with {name} for its counties": _in("weigai", _with(counties=value)) for name, value in NAMES.items()},
    **{f"a head whose time is {name}": _in("head", _with(made_at=value)) for name, value in NAMES.items()},
    **{f"a head whose hash is {name}": _in("head", _with(alg=value)) for name, value in NAMES.items()},
    **{
        f"{form}, of {kind}": _on(kind, FORMS[form])
        for form in FORMS
        for kind in ("weigai", "head", "leaf", "event", "end")
    },
}
