"""Thirteen kinds of tampering that must always be found, honest records that never raise an alarm, and two verifiers.

Each trial writes a small record of its own inside a transaction that is rolled back, tampers with it as somebody with
the owner's rights on the database would, and asks: the package's `audit.verify`, its chain alone, and the program that an auditor
runs on an export. Heads are held outside. The mutated logs of `agreement` are told to both without a database.
"""

from __future__ import annotations

import json
import random
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, text
from weigai.db import schema
from weigai.db.audit import chain as audit_chain
from weigai.db.audit import verify as audit
from weigai.db.cases.cases import Cases
from weigai.db.cases.policies import keep
from weigai.db.log import event as events
from weigai.db.log import heads
from weigai.db.log.entry import Entry, dumps
from weigai.db.log.export import lines
from weigai.db.log.streams import append
from weigai.states.actor import Actor, Document
from weigai.states.case import Case, summary
from weigai.states.policy.tables import policy_hash
from weigai.states.proofs.load import load_policy
from weigai.states.record import CaseRecord, folded
from weigai.workflow.exchange.verify_export import Verifier

from tests.prove import logs
from tests.support import KEYS

COUNTY, UNIT = "150783", "150783101201"
ACTOR = Actor("p-1", "village", (UNIT,))
WORDS = ("张三", "li", "é", "行", '"', "\\", "\n", "{}", "a/b", "\x7f", "ß", "1", "true", "null", "😀")


class Result(NamedTuple):
    """What a run came to: per kind how many were tried and how many each verifier found, false alarms, disagreements.

    `found_by_chain` counts what the chain alone shows: every kind of `OF_EVENTS`.
    """

    seed: int
    tried: Counter[str]
    found: Counter[str]
    found_on_export: Counter[str]
    found_by_chain: Counter[str]
    honest: int
    false_alarms: int
    logs: int
    disagreements: int
    missed: list[str]

    @property
    def ok(self) -> bool:
        """Tell whether every tampering was found, no honest record raised an alarm, and both verifiers agree."""
        return self.found == self.tried and not self.missed and not self.false_alarms and not self.disagreements


class World:
    """A small honest record: cases and other streams in turn, two heads held outside, and events behind them."""

    def __init__(self, connection: Connection, rng: random.Random, policy: tuple[str, str, Any]) -> None:
        self.connection, self.rng = connection, rng
        self.clock, self.outside = 0, []
        self.algs = rng.choice((["sha256"], ["sm3"], ["sha256", "sm3"]))
        keep(connection, policy[0], policy[1], *policy[2], self._now())
        self.policy = policy
        self.cases = [self._opened(f"150783-2019-{letters}") for letters in rng.sample(("2AA", "3BB", "4CC"), 2)]
        self.others = rng.sample((f"unit/{UNIT}", "county", f"unmasked/{self.cases[0].id}", "refused/p-1"), 2)
        self._written(rng.randint(4, 9))
        self.publish()
        connection.execute(text("SAVEPOINT older"))
        self._written(rng.randint(3, 8))
        self.moved = self._moved()
        self.publish()
        self._written(rng.randint(0, 4))

    def publish(self) -> None:
        """Make a head and hold it outside."""
        made = heads.make_head(self.connection, COUNTY, at=self._now(), alg=self.rng.choice(self.algs))
        assert made is not None
        self.outside.append(made)

    def _moved(self) -> list[str]:
        last = {leaf.stream: leaf.seq for one in self.outside for leaf in one.leaves}
        query = text("SELECT stream, max(seq) FROM weigai_event GROUP BY stream")
        return sorted(s for s, seq in self.connection.execute(query) if seq > last.get(s, 0))

    def _now(self) -> str:
        self.clock += self.rng.choice((1, 1, 1, 1, 30, -5))  # a clock may go back: the order is that of the numbers
        return f"2019-06-10T04:{self.clock // 60 % 60:02d}:{self.clock % 60:02d}.000000Z"

    def _entry(self, action: str, to: str | None, changes: dict[str, Any]) -> Entry:
        papers = [Document("photo", f"{self.rng.getrandbits(256):064x}", 9, "image/jpeg")] * self.rng.choice((0, 0, 1))
        return Entry(
            action=action,
            to=to,
            actor=ACTOR,
            recorded_by="12" if action == "open_case" else "p-2",
            on=date(2019, 6, 10),
            recorded_at=self._now(),
            request_id=f"r-{self.rng.getrandbits(64):x}",
            changes=changes,
            documents=papers,
            policy=self.policy[1],
            findings=[{"guard": "g", "rule": "R1", "ok": True, "values": {"n": self.rng.randint(0, 9)}}],
        )

    def _said(self) -> str:
        return unicodedata.normalize("NFC", "".join(self.rng.choices(WORDS, k=self.rng.randint(0, 6))))

    def _opened(self, case_id: str) -> Case:
        rng, name = self.rng, self._said()
        draft = Case(
            id=case_id,
            county=COUNTY,
            unit=UNIT,
            policy_id=self.policy[0],
            policy_hash=self.policy[1],
            state="",
            version=0,
            head="",
            classes=frozenset(["registered_poor"]),
            record=CaseRecord(),
        )
        changes = {
            "unit": UNIT,
            "household": {"head": {"name": name, "registered_poor": True}, "classes": ["registered_poor"]},
        }
        return self._writer(rng).open(draft, self._entry("open_case", "draft", changes), [case_id])[0]

    def _writer(self, rng: random.Random) -> Cases:
        return Cases(self.connection, keys=KEYS, salts=rng.randbytes, alg=rng.choice(self.algs))

    def _written(self, count: int) -> None:
        for _ in range(count):
            if self.rng.random() < 0.3:
                note = {f"notes/{self.rng.randint(1, 9)}": {"text": self._said(), "n": self.rng.randint(-9, 9)}}
                entry = self._entry("note_it", None, note)
                alg = self.rng.choice(self.algs)
                append(
                    self.connection,
                    COUNTY,
                    self.rng.choice(self.others),
                    entry,
                    keys=KEYS,
                    salts=self.rng.randbytes,
                    alg=alg,
                )
                continue
            at = self.rng.randrange(len(self.cases))
            case = self.cases[at]
            told = {"seq": case.version + 1, "on": "2019-06-10", "by": "p-1", "office": "village"}
            data = {"reason": self._said(), "votes": self.rng.randint(0, 99), "agreed": self.rng.random() < 0.5}
            name = self.rng.choice(("approve", "record_appraisal", "note"))
            to = self.rng.choice((None, "county_review", "payment"))
            entry = self._entry(name, to, {f"acts/{name}": {**told, "data": data}})
            self.cases[at] = self._writer(self.rng).record(case, entry)[0]


# ---------------------------------------------------------------------- tampering with the database

Row = dict[str, Any]
Log = dict[str, list[Row]]
Kind = Callable[[World], None]


def read_log(connection: Connection) -> Log:
    """Return all events by stream."""
    found: Log = {}
    for row in connection.execute(text("SELECT * FROM weigai_event ORDER BY stream, seq")).mappings():
        found.setdefault(row["stream"], []).append(dict(row))
    return found


def store(connection: Connection, log: Log) -> None:
    """Put a log in the place of the one that there is."""
    connection.execute(text("DELETE FROM weigai_event"))
    rows = [row for own in log.values() for row in own]
    columns = list(rows[0])
    marks = ", ".join(f":{name}" for name in columns)
    connection.execute(text(f"INSERT INTO weigai_event ({', '.join(columns)}) VALUES ({marks})"), rows)


def rechained(rows: list[Row]) -> None:
    """Make prev and hash of a stream's events anew, as somebody who knows the format can."""
    prev = None
    for row in rows:
        body = json.loads(row["body"])
        row["body"] = events.canonical({**body, "prev": prev})
        row["hash"] = prev = events.event_hash(body["alg"], row["body"])


def rows_made_to_fit(world: World, log: Log) -> None:
    """Bring case rows, heads of streams and the rows beside events to what a tampered log replays to."""
    run = world.connection.execute
    for stream, rows in log.items():
        run(text("DELETE FROM weigai_private WHERE stream = :s AND seq > :n"), {"s": stream, "n": rows[-1]["seq"]})
        run(text("DELETE FROM weigai_document WHERE stream = :s AND seq > :n"), {"s": stream, "n": rows[-1]["seq"]})
        last = {"seq": rows[-1]["seq"], "head": rows[-1]["hash"], "s": stream}
        if not stream.startswith("case/"):
            run(text("UPDATE weigai_stream SET seq = :seq, head = :head WHERE stream = :s"), last)
            continue
        record: dict[str, Any] = {}
        for row in rows:
            record = folded(record, json.loads(row["body"])["changes"])
        state = next(row["to_state"] for row in reversed(rows) if row["to_state"])
        columns = {
            **summary(record),
            "record": dumps(record),
            "state": state,
            "version": last["seq"],
            "head": last["head"],
        }
        sets = ", ".join(f"{name} = :{name}" for name in columns)
        run(text(f"UPDATE weigai_case SET {sets} WHERE id = :id"), {**columns, "id": stream.removeprefix("case/")})


def _one(world: World, *, led: bool = False) -> tuple[Log, list[Row], int]:
    """Return the log, a stream of it, and the place of an event in it; `led`: one that a head held outside covers."""
    log = read_log(world.connection)
    streams = sorted(log)
    rows = log[world.rng.choice(streams)]
    last = {leaf.stream: leaf.seq for one in world.outside for leaf in one.leaves}
    led_up_to = last.get(rows[0]["stream"], 0)
    if led and not led_up_to:
        return _one(world, led=led)
    return log, rows, world.rng.randrange(led_up_to if led else len(rows))


def _altered(world: World, row: Row) -> None:
    """Change what a body says, and the columns that copy it."""
    body = json.loads(row["body"])
    name = world.rng.choice(("acted_by", "recorded_by", "occurred_on", "action", "office"))
    body[name] = row[name] = body[name] + "x" if name != "occurred_on" else "2019-01-01"
    row["body"] = events.canonical(body)


def body_changed(world: World) -> None:
    """Change a body; its hash stays."""
    log, rows, i = _one(world)
    _altered(world, rows[i])
    store(world.connection, log)


def body_and_hash_changed(world: World) -> None:
    """Change a body that a head covers, with its own hash; those after it stay."""
    log, rows, i = _one(world, led=True)
    _altered(world, rows[i])
    rows[i]["hash"] = events.event_hash(json.loads(rows[i]["body"])["alg"], rows[i]["body"])
    store(world.connection, log)


def other_form(world: World) -> None:
    """Write a body in a form that another reader may read otherwise, with all hashes made anew; nothing is outside."""
    log, rows, i = _one(world)
    rows[i]["body"] = logs.strange_form(world.rng, rows[i]["body"])
    logs.chained(rows, i)
    store(world.connection, log)
    world.connection.execute(text("DELETE FROM weigai_leaf"))
    world.connection.execute(text("DELETE FROM weigai_head"))
    world.outside.clear()


def event_deleted(world: World) -> None:
    """Delete an event that is not the last one."""
    log, rows, i = _one(world)
    while len(rows) < 2:
        log, rows, i = _one(world)
    del rows[min(i, len(rows) - 2)]
    store(world.connection, log)


def tail_cut(world: World) -> None:
    """Cut a stream off inside what a head covers, and make every row beside it fit."""
    log, rows, i = _one(world, led=True)
    while i == 0:
        log, rows, i = _one(world, led=True)
    del rows[i:]
    store(world.connection, log)
    rows_made_to_fit(world, log)


def events_swapped(world: World) -> None:
    """Exchange two events of a stream, with their numbers."""
    log, rows, i = _one(world)
    while len(rows) < 2:
        log, rows, i = _one(world)
    i = min(i, len(rows) - 2)
    for name in ("body", "hash", "request_id", "action", "from_state", "to_state", "recorded_at"):
        rows[i][name], rows[i + 1][name] = rows[i + 1][name], rows[i][name]
    store(world.connection, log)


def event_inserted(world: World) -> None:
    """Put an event in; the later ones move up, their columns too."""
    log, rows, i = _one(world)
    rows.insert(i + 1, {**rows[i], "request_id": rows[i]["request_id"] + "x"})
    for n, row in enumerate(rows, 1):
        row["seq"] = n
    store(world.connection, log)


def stream_rewritten(world: World) -> None:
    """Change an event that a head covers, make the whole chain of its stream anew and every row beside it fit."""
    log, rows, i = _one(world, led=True)
    _altered(world, rows[i])
    rechained(rows)
    store(world.connection, log)
    rows_made_to_fit(world, log)


def record_rewritten(world: World) -> None:
    """Rewrite a stream as above, and every head that the database keeps as well: only what is outside tells."""
    stream_rewritten(world)
    run = world.connection.execute
    log = read_log(world.connection)
    prev = None
    for one in world.outside:
        made = [leaf._replace(hash=log[leaf.stream][leaf.seq - 1]["hash"]) for leaf in one.leaves]
        head = one.head._replace(prev=prev, root="")
        prev = heads.root_of(head, made)
        run(
            text("UPDATE weigai_head SET prev = :p, root = :r WHERE no = :n"), {"p": head.prev, "r": prev, "n": head.no}
        )
        for leaf in made:
            where = {"h": leaf.hash, "n": head.no, "s": leaf.stream}
            run(text("UPDATE weigai_leaf SET hash = :h WHERE no = :n AND stream = :s"), where)


def rolled_back(world: World) -> None:
    """Put an older copy of the whole database in its place."""
    world.connection.execute(text("ROLLBACK TO SAVEPOINT older"))


def stream_removed(world: World) -> None:
    """Take a whole stream away that a head covers, with every row and leaf of it."""
    _, rows, _ = _one(world, led=True)
    stream = rows[0]["stream"]
    for name in ("event", "private", "document", "stream", "leaf"):
        world.connection.execute(text(f"DELETE FROM weigai_{name} WHERE stream = :s"), {"s": stream})
    where = {"id": stream.removeprefix("case/")}
    world.connection.execute(text("DELETE FROM weigai_case WHERE id = :id"), where)


def id_made_a_number(world: World) -> None:
    """Make an id in a body the number that its text says: the hash stays, is made anew, or the whole stream's is."""
    log, rows, i = _one(world, led=True)
    while rows[i]["recorded_by"] != "12":
        log, rows, i = _one(world, led=True)
    rows[i]["body"] = rows[i]["body"].replace('"recorded_by":"12"', '"recorded_by":12')
    how = world.rng.randrange(3)
    if how == 1:
        rows[i]["hash"] = events.event_hash(json.loads(rows[i]["body"])["alg"], rows[i]["body"])
    elif how == 2:
        rechained(rows)
    store(world.connection, log)
    if how == 2:
        rows_made_to_fit(world, log)


_BESIDE = (
    "UPDATE weigai_case SET state = state || 'x' WHERE id = '{case}'",
    "UPDATE weigai_case SET version = version + 1 WHERE id = '{case}'",
    "UPDATE weigai_case SET approved_fen = 1 WHERE id = '{case}'",
    "UPDATE weigai_case SET record = replace(record, '\"by\":\"p-1\"', '\"by\":\"p-3\"') || ' ' WHERE id = '{case}'",
    "UPDATE weigai_event SET acted_by = 'p-9' WHERE stream = 'case/{case}' AND seq = 1",
    "UPDATE weigai_event SET policy_hash = NULL WHERE stream = 'case/{case}' AND seq = 1",
    "UPDATE weigai_private SET value = '\"x\"' WHERE stream = 'case/{case}' AND field = 'household/head/name'",
    "UPDATE weigai_private SET salt = '00000000000000000000000000000000' WHERE stream = 'case/{case}' AND seq = 1",
    "UPDATE weigai_policy SET content = content || '# x'",
    "INSERT INTO weigai_document VALUES ('150783', 'case/{case}', 1, 7, 'k', 'x', 1, 'm', '00', NULL, NULL)",
)


def rows_beside_changed(world: World) -> None:
    """Change a row that is only a copy of the log, or a personal value: an export does not show it."""
    sql = world.rng.choice(_BESIDE).format(case=world.rng.choice(world.cases).id)
    if "record = replace" in sql:  # a change of form only would be none
        sql = f"UPDATE weigai_case SET record = '{{}}' WHERE id = '{world.cases[0].id}'"
    world.connection.execute(text(sql.replace(":", "\\:")))


KINDS: dict[str, Kind] = {
    kind.__name__: kind
    for kind in (
        body_changed,
        body_and_hash_changed,
        other_form,
        event_deleted,
        tail_cut,
        events_swapped,
        event_inserted,
        stream_rewritten,
        record_rewritten,
        rolled_back,
        stream_removed,
        rows_beside_changed,
        id_made_a_number,
    )
}


# what the chain with its heads has to show without a look at what the events say
OF_EVENTS = frozenset(KINDS) - {other_form.__name__, rows_beside_changed.__name__}


# ---------------------------------------------------------------------- asking all


def on_database(world: World) -> list[Any]:
    """Return what the package finds, with the heads held outside."""
    return list(audit.verify(world.connection, keys=KEYS, held=logs.Outside(world.outside)).problems)


def on_chain(world: World) -> list[Any]:
    """Return what the package finds when it verifies the chain alone, with the heads held outside."""
    return list(audit_chain.verify(world.connection, held=logs.Outside(world.outside)).problems)


def on_export(world: World) -> list[str]:
    """Return what the auditor's program finds in an export, with the heads held outside."""
    told: list[str] = []
    verifier = Verifier(told.append)
    for number, line in enumerate(lines(world.connection, [COUNTY], at="2019-06-10"), 1):
        verifier.line(number, line.encode())
    outside = [(h.county, h.no, h.alg, h.root) for h in (one.head for one in world.outside)]
    assert not verifier.finish(outside) or verifier.bad
    return [line for line in told if line.startswith("x ")]


@contextmanager
def trial(engine: Engine, rng: random.Random, policy: tuple[str, str, Any]) -> Iterator[World]:
    """Give a world that is gone afterwards; what guards the events against updates is taken away for it."""
    with engine.connect() as connection, connection.begin() as transaction:
        unguarded(connection)
        yield World(connection, rng, policy)
        transaction.rollback()


def unguarded(connection: Connection) -> None:
    """Take away the triggers that forbid changes, as somebody with the owner's rights can."""
    if connection.dialect.name == "sqlite":
        named = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
        for name in named:
            connection.execute(text(f'DROP TRIGGER "{name}"'))
    else:
        for name in ("event", "head", "leaf"):
            connection.execute(text(f"ALTER TABLE weigai_{name} DISABLE TRIGGER USER"))


def plan() -> tuple[str, str, Any]:
    """Return a policy as the database keeps it: id, hash, and its content with its moves."""
    from importlib.resources import files

    content = files("weigai.states.policies").joinpath("zhalantun-2019-a.toml").read_text(encoding="utf-8")
    return "zhalantun-2019-a", policy_hash(content), (content, load_policy(content).moves())


def run(engine: Engine, *, seed: int, per_kind: int, honest: int, logs_: int | None = None) -> Result:
    """Try every kind so many times, so many honest records, and so many mutated logs (default: per kind and kind)."""
    schema.upgrade(engine)
    policy = plan()
    made = Result(seed, Counter(), Counter(), Counter(), Counter(), honest, 0, 0, 0, [])
    alarms = disagreements = 0
    for n in range(honest):
        with trial(engine, random.Random(f"{seed}/honest/{n}"), policy) as world:
            said = [*on_database(world), *on_chain(world), *on_export(world)]
            alarms += bool(said)
            made.missed.extend([f"{seed}/honest/{n}: {said[0]}"] if said else [])
    for name, kind in KINDS.items():
        for n in range(per_kind):
            with trial(engine, random.Random(f"{seed}/{name}/{n}"), policy) as world:
                kind(world)
                ours, theirs = bool(on_database(world)), bool(on_export(world))
                chain = bool(on_chain(world))
            made.tried[name] += 1
            made.found[name] += ours
            made.found_on_export[name] += theirs
            made.found_by_chain[name] += chain
            wanted = kind is not rows_beside_changed
            if not ours or theirs != wanted or (name in OF_EVENTS and not chain):
                made.missed.append(f"{seed}/{name}/{n}")
    count = per_kind * len(KINDS) if logs_ is None else logs_
    if count:
        with trial(engine, random.Random(f"{seed}/logs"), policy) as world:
            bad = logs.agreement(world, seed, count) + logs.chain_agreement(world, seed, max(count // 10, 1))
        disagreements += len(bad)
        made.missed.extend(bad)
    return made._replace(false_alarms=alarms, logs=count, disagreements=disagreements)
