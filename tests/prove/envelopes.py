"""Exports whose lines were changed, told to the package and to the auditor's program: both must give the same answer.

The package has no reader of exports. Its answer is what it does with one: it keeps the events, leaves and heads in a
database, exports them again, and verifies them. An export is sound where that gives the same bytes and no fault.
"""

from __future__ import annotations

import copy
import io
import json
import random
from collections import Counter
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError
from weigai.db.audit import chain as audit_chain
from weigai.db.log.export import lines
from weigai.db.log.heads import HEAD, LEAF, Head, Leaf, make_head, root_of
from weigai.db.log.streams import append
from weigai.db.statements import EVENT
from weigai.states.errors import WeigaiError
from weigai.workflow.exchange import verify_export

from tests.prove import hostile_exports, logs, tampering
from tests.prove.result import Result, proof
from tests.support import KEYS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection, Engine

MADE_AT = "2019-06-10T05:00:00.000000Z"
TRIAL = "450981"  # the second county of the record, a trial county


# ---------------------------------------------------------------------- an honest record, and its export


@contextmanager
def record(engine: Engine, rng: random.Random) -> Iterator[Connection]:
    """Give a connection to an honest record of two counties, the second on trial; it is gone afterwards."""
    with tampering.trial(engine, rng, tampering.plan()) as world:
        connection = world.connection
        told = {"persons/p-1": {"name": "甲", "account": "a", "trial": True}}
        for stream, action, changes in (
            ("person/p-1", "add_person", told),
            ("county", "note_it", {"notes/1": "é\u2028"}),
        ):
            entry = world._entry(action, None, changes)
            append(connection, TRIAL, stream, entry, keys=KEYS, salts=rng.randbytes, alg=rng.choice(world.algs))
        row = "INSERT INTO weigai_person (county, id, account, trial) VALUES ('450981', 'p-1', 'a', 1)"
        connection.execute(text(row))
        make_head(connection, TRIAL, at=world._now(), alg=rng.choice(world.algs))
        yield connection


def export(connection: Connection) -> list[bytes]:
    """Return the lines of the export of both counties."""
    return [line.encode() for line in lines(connection, [tampering.COUNTY, TRIAL], at=MADE_AT)]


# ---------------------------------------------------------------------- both answers


def theirs(path: Path, data: bytes, *held: str) -> tuple[int, str]:
    """Return the exit code of the auditor's program over an export, and what it says."""
    path.write_bytes(data)
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        code = verify_export.run([str(path), *held])
    return code, said.getvalue()


def ours(connection: Connection, data: bytes) -> bool:
    """Tell whether the package exports what the lines say as the same bytes again, and verifies it."""
    try:
        found = [json.loads(line) for line in data.splitlines()]
        header = {**found[0], "made_at": str(found[0]["made_at"])}
        values = {kind: [one[kind] for one in found if kind in one] for kind in ("head", "leaf", "event")}
        rows = [dict(zip(("county", "stream", "seq", "hash", "body"), one, strict=True)) for one in values["event"]]
        leaves = [dict(zip(("county", "stream", "no", "seq", "hash"), one, strict=True)) for one in values["leaf"]]
        heads = [{name: one[name] for name in Head._fields} for one in values["head"]]
        with connection.begin_nested() as undone:
            for table, all_of in ((EVENT, [_whole(row) for row in rows]), (LEAF, leaves), (HEAD, heads)):
                connection.execute(text(f"DELETE FROM {table.name}"))
                if all_of:
                    connection.execute(insert(table), all_of)
            _register(connection, rows)
            again = "".join(lines(connection, header["counties"], at=header["made_at"])).encode()
            if "trial" not in header:  # as earlier programs wrote it
                again = again.replace(b',"trial":["450981"]}', b"}", 1).replace(b',"trial":[]}', b"}", 1)
            sound = again == data and not _faults(connection, rows, leaves)
            undone.rollback()
    except (
        ValueError,
        KeyError,
        TypeError,
        IndexError,
        AttributeError,
        OverflowError,
        DBAPIError,
        WeigaiError,
        RecursionError,
    ):
        return False
    return sound


def _register(connection: Connection, rows: list[dict[str, Any]]) -> None:
    """Register the people whom the events register: the package compares the two."""
    connection.execute(text("DELETE FROM weigai_person"))
    for row in rows:
        if row["stream"].startswith("person/"):
            for told in json.loads(row["body"])["changes"].values():
                made = {
                    "county": row["county"],
                    "id": row["stream"][7:],
                    "account": told["account"],
                    "trial": int(told["trial"]),
                }
                connection.execute(text("INSERT INTO weigai_person VALUES (:county, :id, :account, :trial)"), made)


def _whole(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with the columns that an export does not have."""
    more = dict.fromkeys(("acted_by", "office", "recorded_by", "occurred_on", "recorded_at", "action"), "x")
    return {**row, "request_id": f"r-{row['county']}-{row['stream']}-{row['seq']}", **more}


def _faults(connection: Connection, rows: list[dict[str, Any]], leaves: list[dict[str, Any]]) -> bool:
    if any(p.stream.endswith(":head") for p in audit_chain.verify(connection, most=10_000).problems):
        return True
    for county in {one["county"] for one in [*rows, *leaves]}:
        streams = {one["stream"] for one in [*rows, *leaves] if one["county"] == county}
        log = {name: [r for r in rows if (r["county"], r["stream"]) == (county, name)] for name in streams}
        led = {
            name: [(x["seq"], x["no"], x["hash"]) for x in leaves if (x["county"], x["stream"]) == (county, name)]
            for name in streams
        }
        if logs.ours(log, led, county):
            return True
    return False


# ---------------------------------------------------------------------- mutations

Mutation = "Callable[[random.Random, list[bytes]], bytes]"
_VALUES = (None, True, False, 0, 1, -1, 2, 1.0, 10**30, "", "1", "x", "150783", "150784", "sha256", [], {}, ["150783"])


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Return every place in a JSON value: the object or array, and the key."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    found = [(value, key) for key in keys]
    return found + [place for key in keys for place in _places(value[key])]


def _written(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


def _bytes(rng: random.Random, made: list[bytes]) -> bytes:
    """Change, put in or take away a byte."""
    data = bytearray(b"".join(made))
    at = rng.randrange(len(data))
    data[at : at + rng.choice((0, 1, 1, 2))] = rng.choice(
        (b"", b" ", b"0", b"1", b'"', b"\\", b"\n", b"\0", b"\xff", b"a", b"}")
    )
    return bytes(data)


def _lines(rng: random.Random, made: list[bytes]) -> bytes:
    """Take a line away, put it elsewhere, repeat it, or take one of another kind."""
    at, to, found = rng.randrange(len(made)), rng.randrange(len(made)), list(made)
    line = found.pop(at)
    how = rng.randrange(4)
    if how:
        found.insert(to, line)
    if how == 2:
        found.insert(at, line)
    if how == 3:
        del found[rng.randrange(len(found)) :]
    return b"".join(found)


def _value(rng: random.Random, made: list[bytes]) -> bytes:
    """Give a place in a line another value, a further member, or none."""
    found = [json.loads(line) for line in made]
    at = rng.randrange(len(found)) if rng.random() < 0.7 else 0
    inside, key = rng.choice(_places(found[at]))
    how = rng.randrange(5)
    if how == 0:
        del inside[key]
    elif how == 1 and isinstance(inside, dict):
        inside[rng.choice(("trial", "event", "Event", "x", "end"))] = rng.choice(_VALUES)
    elif how == 2 and isinstance(inside, list):
        inside.insert(rng.randrange(len(inside) + 1), rng.choice((*_VALUES, copy.deepcopy(inside[key]))))
    elif how == 3 and type(inside[key]) is int:
        inside[key] = rng.choice(
            (str(inside[key]), float(inside[key]), bool(inside[key]), inside[key] + 1, -inside[key])
        )
    else:
        inside[key] = rng.choice(_VALUES)
    return b"".join(_written(one) for one in found)


def _form(rng: random.Random, made: list[bytes]) -> bytes:
    """Write a line in another form of the same value."""
    found = list(made)
    at = rng.randrange(len(found))
    name = rng.choice(sorted(hostile_exports.FORMS))
    found[at] = hostile_exports.FORMS[name](found[at])
    return b"".join(found)


def _hostile(rng: random.Random, made: list[bytes]) -> bytes:
    """Take one of the hostile exports."""
    return hostile_exports.HOSTILE[rng.choice(sorted(hostile_exports.HOSTILE))](list(made))


def _of_county(line: bytes) -> Any:
    value = json.loads(line)
    own = value.get("head") or value.get("leaf") or value.get("event") or [None]
    return own["county"] if isinstance(own, dict) else own[0]


def _shorter(rng: random.Random, made: list[bytes]) -> bytes:
    """Take a county away, or events behind the heads, or every head, and make header and end fit: it is another sound log."""
    how = rng.randrange(3)
    found = [json.loads(line) for line in made]
    if how == 0:
        gone = rng.choice((tampering.COUNTY, TRIAL))
        found = [json.loads(line) for line in made if _of_county(line) != gone]
        found[0] = {**found[0], "counties": [c for c in found[0]["counties"] if c != gone]}
        found[0]["trial"] = [c for c in found[0]["trial"] if c != gone]
    elif how == 1:
        found = [one for one in found if "head" not in one and "leaf" not in one]
    if how == 2 or rng.random() < 0.3:
        ends = [
            i
            for i in range(1, len(found) - 1)
            if "event" in found[i] and found[i + 1].get("event", "--")[1] != found[i]["event"][1]
        ]
        del found[rng.choice(ends)]
    if rng.random() < 0.3:
        del found[0]["trial"]
    count = sum("event" in one for one in found)
    return b"".join(_written(one) for one in [*found[:-1], {"end": count + rng.choice((0, 0, 0, 1))}])


def _head_again(rng: random.Random, made: list[bytes]) -> bytes:
    """Change what the last head of a county says, or its leaves, with its root made anew."""
    found = [json.loads(line) for line in made]
    heads = [one["head"] for one in found if "head" in one]
    head = rng.choice([h for h in heads if all(o["no"] <= h["no"] for o in heads if o["county"] == h["county"])])
    own = [
        one["leaf"] for one in found if one.get("leaf", [0, 0, 0])[0] == head["county"] and one["leaf"][2] == head["no"]
    ]
    name = rng.choice(("no", "alg", "made_at", "events", "leaves", "prev", "leaf", "none"))
    if name == "leaf":
        leaf = rng.choice(own)
        leaf[3] += rng.choice((-1, 1))
    elif name == "none":
        found = [one for one in found if one.get("leaf") not in own]
        head["leaves"], head["events"], own = 0, head["events"] - rng.choice((0, 1, 2)), []
    else:
        head[name] = {"no": head["no"] + 1, "alg": rng.choice(("sm3", "md5")), "made_at": "x\ny", "prev": None}.get(
            name, 99
        )
    try:
        leaves = [Leaf(stream, seq, hashed) for _, stream, _, seq, hashed in own]
        head["root"] = root_of(Head(*(head[field] for field in Head._fields)), leaves)
    except WeigaiError:
        pass
    return b"".join(_written(one) for one in found)


def _header(rng: random.Random, made: list[bytes]) -> bytes:
    """Name other counties, or other trial counties, in the first line."""
    header = json.loads(made[0])
    for name in ("counties", "trial"):
        if rng.random() < 0.6:
            header[name] = sorted(rng.sample((tampering.COUNTY, TRIAL, "659001"), rng.randint(0, 2)))
    return b"".join([_written(header), *made[1:]])


def _order(rng: random.Random, made: list[bytes]) -> bytes:
    """Put counties, heads or streams in another order; what belongs together stays together."""
    by = rng.choice((_of_county, lambda line: line[:7], lambda line: json.loads(line).get("event", line)[1]))
    found = sorted(made[1:-1], key=lambda line: str(by(line)), reverse=rng.random() < 0.5)
    return b"".join([made[0], *found, made[-1]])


MUTATIONS = (_bytes, _lines, _value, _value, _value, _form, _hostile, _shorter, _shorter, _head_again, _header, _order)


def run(engine: Engine, folder: Path, seed: int, count: int) -> Result:
    """Tell so many mutated exports to both, of a new record every hundred."""
    tampering.schema.upgrade(engine)
    told: Counter[bool] = Counter()
    with proof(f"envelopes {engine.dialect.name}") as result:
        for first in range(0, count, 100):
            with record(engine, random.Random(f"{seed}/record/{first}")) as connection:
                made = export(connection)
                for n in range(first, min(first + 100, count)):
                    rng = random.Random(f"{seed}/envelope/{n}")
                    mutation = rng.choice(MUTATIONS)
                    data = mutation(rng, made)
                    mine, (code, said) = ours(connection, data), theirs(folder / "export.jsonl", data)
                    told[mine] += 1
                    result.n += 1
                    if code not in (0, 7) or mine != (code == 0):
                        result.broke(
                            f"{seed}/envelope/{n} {mutation.__name__}: package {mine}, program {code} {said[:200]}"
                        )
        result.note(f"{told[True]} sound and {told[False]} faulty exports by both")
    return result
