"""The list of planted defects. What a later wall or rule is broken by is added at the end, with the piece that notices."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import false

from tests.prove import ends, fuzz, guessing, histories, kills, plants, probes, rotations, stops, upgrades
from tests.prove.defects import Defect, Ground
from tests.prove.fuzz import TOLD, TORN
from tests.prove.planted_floor import FLOOR, FLOORED
from tests.prove.planted_seats import SEATED, SEATS
from tests.prove.planted_walk import WALKED, looked
from tests.prove.plants import answers_well, everywhere, gone, swap, unsaid, without_guard

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def _histories(n: int, kind: str = "sqlite", **more: int) -> Callable[[Ground], Sequence[str]]:
    return lambda ground: histories.run(ground.seed, n, getattr(ground, kind)(), **more).violations


def _without_key(key: str, n: int, kind: str, **more: int) -> Callable[[Ground], Sequence[str]]:
    def look(ground: Ground) -> Sequence[str]:
        url = plants.without_key(getattr(ground, kind)(), key)
        return histories.run(ground.seed, n, url, **more).violations

    return look


def _census(kind: str) -> Callable[[Ground], Sequence[str]]:
    return lambda ground: upgrades.wrong_schema(plants.without_key(getattr(ground, kind)(), plants.REQUEST_KEY))


def _guessing(n: int) -> Callable[[Ground], Sequence[str]]:
    return lambda ground: [words for made in guessing.run(ground.seed, n, ground.sqlite()) for words in made.violations]


def _kills(n: int, *, ack_first: bool = False) -> Callable[[Ground], Sequence[str]]:
    return lambda ground: kills.run(ground.seed, n, ground.sqlite(), ack_first=ack_first).violations


def _probe(name: str) -> Callable[[Ground], Sequence[str]]:
    return lambda ground: probes.PROBES[name]()


def _stops(n: int) -> Callable[[Ground], Sequence[str]]:
    return lambda ground: stops.run(ground.seed, n, ground.server).violations  # type: ignore[arg-type]


def _rotations(n: int, kind: str) -> Callable[[Ground], Sequence[str]]:
    def look(ground: Ground) -> Sequence[str]:
        return [told for one in rotations.run(ground.seed, n, getattr(ground, kind)()) for told in one.violations]

    return look


def _fuzz(planted: str = "") -> Callable[[Ground], Sequence[str]]:
    return lambda ground: fuzz.run(ground.seed, 120, planted).violations


def _nothing(ground: Ground) -> object:
    return nullcontext()


def _move_without_version(ground: Ground) -> object:
    from sqlalchemy import bindparam, update
    from weigai.db.prepared import Prepared
    from weigai.db.statements import CASE, MOVED

    moves = update(CASE).where(CASE.c.county == bindparam("k_county"), CASE.c.id == bindparam("k_id"))
    made = Prepared(moves.values({name: bindparam(f"n_{name}") for name in MOVED}))
    return plants.replaced("weigai.db.cases.cases:MOVE", lambda was: made)


CONCURRENCY = (
    Defect("SQLite writers begin without IMMEDIATE",
           swap("weigai.db.engine:_on_begin", lambda was: lambda connection: connection.connection.cursor().execute("BEGIN")),
           _histories(16)),
    Defect("no unique key on the request (SQLite)", _nothing, _census("sqlite")),
    Defect("no unique key on the request (PostgreSQL)", _nothing, _census("postgres"), "postgresql"),
    Defect("the version is not looked at, and no key on the number", _move_without_version,
           _without_key("pk_weigai_event", 24, "postgres"), "postgresql"),
    Defect("the version that the caller insists on is ignored", swap("weigai.workflow.cases.acts:taken", plants.forgetful),
           _histories(100)),
    Defect("the request id is ignored, and no key on it", gone("weigai.db.cases.reader:CaseReader.find_request"),
           _without_key(plants.REQUEST_KEY, 40, "sqlite")),
    Defect("the same request may bring other content", gone("weigai.workflow.request:Request.same_as"),
           _histories(60)),
    Defect("the loser of a race is told that it won", swap("weigai.db.cases.cases:Cases._lost", plants.won_anyway),
           _histories(32, "postgres"), "postgresql"),
    Defect("approvals under a cap do not take turns", gone("weigai.workflow.cases.acts:take_turns"),
           _histories(40, "postgres", quota_every=1), "postgresql"),
    Defect("the event is written and the case is not moved", swap("weigai.db.cases.cases:MOVE", lambda was: plants.Unmoved()),
           _histories(8)),
    Defect("a column is another than the body", swap("weigai.db.cases.cases:written", plants.miscopied), _histories(8)),
)  # fmt: skip

CRASHES = (
    Defect("the answer is given before the commit", _nothing, _kills(3, ack_first=True)),
    Defect("the case is moved in one transaction, its event written in another",
           swap("weigai.db.cases.cases:Cases.record", plants.in_two), _kills(12)),
    Defect("a row names a file before it is stored", gone("weigai.db.vault.files:FileStore._write"), _kills(2)),
    Defect("SQLite's commits are not forced to the disk", _nothing,
           lambda ground: ends.durable(ground.seed, 4, relaxed="OFF").violations, "strace"),
    Defect("PostgreSQL answers before it has written", plants.loose_commits, _stops(4), "postgresql"),
    Defect("an upgrade commits each statement", gone("weigai.db.engine:_on_begin"),
           lambda ground: upgrades.cut_off(ground.seed, 12, ground.sqlite).violations),
    Defect("two upgrades do not wait for each other", swap("weigai.db.schema:ONE_BY_ONE", lambda was: "SELECT 1"),
           lambda ground: upgrades.twice(ground.seed, 4, ground.postgres).violations, "postgresql"),
    Defect("opening a database drops the locks on it",
           swap("weigai.db.engine:_is_database", lambda was: lambda path: Path(path).open("rb").close()), _probe("locks")),
    Defect("a backup is a copy of the database file", swap("weigai.db.backup.backup:backup", lambda was: plants.copied),
           _probe("backups")),
    Defect("a backup leaves a table out",
           swap("weigai.db.backup.backup:TABLES", lambda was: tuple(t for t in was if t.name != "weigai_document")),
           _probe("backups")),
    Defect("a restore brings back what was erased", gone("weigai.db.backup.restore:_erase_again", 0), _probe("backups")),
)  # fmt: skip

KEYS = (
    Defect("who wraps a data key goes by the key file alone", swap("weigai.db.vault.values:Vault._master", plants.unheld),
           _rotations(200, "postgres"), "postgresql"),
    Defect("who wraps a data key does not hold the master key to the commit",
           swap("weigai.db.vault.held_keys:HOLD_MASTER", plants.not_locked), _rotations(200, "postgres"), "postgresql"),
    Defect("keys read once are never read again", swap("weigai.db.vault.keys:Keys.again", lambda was: lambda keys: keys),
           _rotations(200, "sqlite")),
    Defect("a master key is retired without a look at the data keys", gone("weigai.db.vault.rotation:_needs_old", False),
           _rotations(200, "sqlite")),
    Defect("a rotation wants the newest master key, whatever it is", swap("weigai.db.vault.rotation:fits", plants.wants_newest),
           _rotations(40, "sqlite")),
)  # fmt: skip

RULES = (
    Defect("a publicity's days are not counted", without_guard("publicity_days_complete"), _probe("refusals")),
    Defect("an open objection holds nothing back", without_guard("no_open_objection"), _probe("refusals")),
    Defect("the office is not asked", answers_well("weigai.states.decide:_office"), _probe("refusals")),
    Defect("papers are not asked for", answers_well("weigai.states.decide:papers_of"), _probe("refusals")),
    Defect("the day may lie in the future", without_guard("not_in_future"), _probe("refusals")),
    Defect("an exemption lifts the floor", swap("weigai.states.decide:lifted", plants.lifts_all), _probe("exempted")),
    Defect("an exemption lets a paper be missing", swap("weigai.states.decide:_instead", plants.nothing_instead),
           _probe("exempted")),
)  # fmt: skip

SIGHT = (
    Defect("a case is got without its area", gone("weigai.db.cases.reader:inside", answer=True), _probe("areas")),
    Defect("cases are found and listed without the area", everywhere("weigai.db.cases.reader"), _probe("areas")),
    Defect("the log and the reports are without the area", everywhere("weigai.db.reports.counts"), _probe("areas")),
    Defect("lists are got without the area", everywhere("weigai.db.cases.lists"), _probe("areas")),
    Defect("a beginning of a code is an area",
           swap("weigai.db.cases.reader:inside", lambda was: lambda unit, within: unit.startswith(tuple(within))), _probe("areas")),
)  # fmt: skip

AUDIT = (
    Defect("hashes are not computed again", unsaid("hash does not fit"), _probe("tampered")),
    Defect("an event's prev is not compared", unsaid("chain is broken"), _probe("tampered")),
    Defect("heads are not compared", unsaid("version differs", "head differs", "state differs", "record differs"),
           _probe("tampered")),
    Defect("copies are not compared", unsaid("differs from the body"), _probe("tampered")),
    Defect("case rows are not replayed", unsaid("case row"), _probe("tampered")),
    Defect("personal values are not held against their commitments", unsaid("does not fit its commitment", "search tokens differ"),
           _probe("tampered")),
    Defect("papers are not held against their commitments", unsaid("paper 1"), _probe("tampered")),
    Defect("destroyed data keys are not missed", unsaid("data key of a personal value", "search tokens differ"), _probe("tampered")),
    Defect("destroyed data keys of papers are not missed", unsaid("data key of paper", "its file is missing"),
           _probe("tampered")),
    Defect("search tokens are not compared", unsaid("search tokens differ"), _probe("tampered")),
    Defect("heads are not computed again", gone("weigai.db.audit.heads:_wrong", ()), _probe("tampered")),
    Defect("leaves of heads are not held against the events", unsaid("holds another event"), _probe("tampered")),
    Defect("what is kept outside is not compared", gone("weigai.db.audit.verify:proofs", ((), [], [])), _probe("rolled_back")),
    Defect("the chain takes every body for the event of its place", gone("weigai.db.audit.chain:fits", answer=True),
           _probe("chained")),
    Defect("the chain does not look at where streams end",
           unsaid("the head of the stream", "it is missing", where="weigai.db.audit.chain:verify"), _probe("chained")),
)  # fmt: skip


def _behind_the_wall(*statements: str) -> Callable[[Ground], Sequence[str]]:
    """Return the look of the bare role and of the census at a protected database of which a part was taken away."""

    def look(ground: Ground) -> Sequence[str]:
        from weigai.db import open_engine
        from weigai.db.row_security.census import census
        from weigai.db.row_security.protect import ROLE

        from tests.prove import bare
        from tests.prove.walled import walled

        url = ground.postgres()
        walled(url)
        engine = open_engine(url)
        with engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
        with engine.connect() as connection:
            missing = census(connection, ROLE)
        engine.dispose()
        return [*bare.attacked(ground.seed, url, sample=12, only=("own village",)).escapes, *missing]

    return look


def _without_trigger(ground: Ground) -> Sequence[str]:
    from weigai.db import open_engine
    from weigai.db.row_security.census import census

    engine = plants.prepared(ground.sqlite())
    with open_engine(str(engine.url)).begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER weigai_event_no_update")
        return census(connection)


def _spared(table: str) -> Callable[[Ground], object]:
    """Return the plant under which an erasure finds no row of a table."""
    return swap(
        "weigai.db.vault.erasure:update",
        lambda was: lambda made: was(made).where(false()) if made.name == table else was(made),
    )


WALLS = (
    Defect("row-level security is off on a table", _nothing,
           _behind_the_wall("ALTER TABLE weigai_list DISABLE ROW LEVEL SECURITY"), "postgresql"),
    Defect("the application's role may change events again", _nothing,
           _behind_the_wall("GRANT UPDATE, DELETE ON weigai_event TO weigai_app"), "postgresql"),
    Defect("the application's role may lock a whole table", _nothing,
           _behind_the_wall("GRANT DELETE ON weigai_private TO weigai_app"), "postgresql"),
    Defect("a trigger of the events is gone", _nothing, _without_trigger),
    Defect("a text that is no plan stops whoever reads the plans",
           swap("weigai.workflow.policies.plans:suppress", lambda was: lambda *errors: nullcontext()),
           _probe("planted_rows")),
    Defect("one person may take two steps that are for two", without_guard("different_person"), _probe("refusals")),
    Defect("one may decide on one's own household", without_guard("not_own_case"), _probe("refusals")),
    Defect("officials' numbers are not looked for in the household", gone("weigai.db.cases.kin:in_household", ()),
           _probe("refusals")),
    Defect("a declaration takes back the one before", swap("weigai.db.register.declarations:declare", plants.forgets_declared),
           _probe("refusals")),
    Defect("an erasure may be dated in the future", without_guard("not_in_future"), _probe("refusals")),
    Defect("who sent a list receives it", without_guard("received_by_another"), _probe("refusals")),
    Defect("what was long ago is entered by one person", without_guard("late_entry_agreed"), _probe("refusals")),
    Defect("anybody enters for anybody", without_guard("recorder_may_enter"), _probe("refusals")),
    Defect("who proposed an office confirms it", without_guard("confirmed_by_another"), _probe("refusals")),
    Defect("an exemption needs no second person", without_guard("second_person_confirmed"), _probe("refusals")),
    Defect("who asked for an exemption confirms it", without_guard("not_own_request", "second_person_agreed"),
           _probe("refusals")),
    Defect("everybody may unmask", without_guard("reason_given"), _probe("refusals")),
    Defect("what is read is not masked", swap("weigai.states.personal:mask", lambda was: lambda value: value),
           _probe("masks")),
    Defect("an erasure keeps the data keys", _spared("weigai_key"), _probe("erasures")),
    Defect("an erasure keeps the name of an earlier paper's key",
           swap("weigai.db.vault.erasure:is_plain", lambda was: lambda name: False), _guessing(200)),
    Defect("an erasure keeps values and salts", _spared("weigai_private"), _probe("erasures")),
    Defect("a day that is none ends in a traceback", _nothing, _fuzz(TORN)),
    Defect("a refusal tells somebody's name", _nothing, _fuzz(TOLD)),
)  # fmt: skip

# each piece that the defects are looked at with, as it is without one
PIECES: dict[str, Callable[[Ground], Sequence[str]]] = {
    "histories on SQLite": _histories(16), "histories on PostgreSQL": _histories(16, "postgres", quota_every=2),
    "kills": _kills(3), "rotations": _rotations(40, "sqlite"), "rotations on PostgreSQL": _rotations(40, "postgres"),
    "stops": _stops(1), "areas": _probe("areas"), "refusals": _probe("refusals"),
    "tampered": _probe("tampered"), "chained": _probe("chained"), "rolled back": _probe("rolled_back"), "backups": _probe("backups"), "locks": _probe("locks"),
    "masks": _probe("masks"), "erasures": _probe("erasures"), "guessing": _guessing(200), "the wall": _behind_the_wall(),
    "planted rows": _probe("planted_rows"), "fuzz": _fuzz(),
    "durable": lambda ground: ends.durable(ground.seed, 3).violations,
    "the census": lambda ground: upgrades.twice(ground.seed, 1, ground.sqlite).violations,
    "upgrades cut off": lambda ground: upgrades.cut_off(ground.seed, 12, ground.sqlite).violations,
    "two upgrades": lambda ground: upgrades.twice(ground.seed, 2, ground.postgres).violations, **SEATED, **FLOORED,
    "adversary": looked,
}  # fmt: skip

DEFECTS: tuple[Defect, ...] = (*CONCURRENCY, *CRASHES, *KEYS, *RULES, *SIGHT, *AUDIT, *WALLS, *SEATS, *FLOOR, *WALKED)
