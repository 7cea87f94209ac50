"""Pairs of acts at once: the one stops before each of its writes, the other is done meanwhile, whole or up to a lock.

Whatever comes of it could have come of the one act after the other: the same answers, the same cases. Who is told that the
race is lost, or the store is busy, does it once more, as a host does. What may never come out is an error of the driver's.
"""

from __future__ import annotations

import re
import threading
import time
import traceback
from collections import Counter
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import create_engine, event, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool
from weigai.db import open_engine, prepare_engine, store_errors
from weigai.states.errors import CaseMovedOn, GuardsNotMet, WeigaiError
from weigai.workflow import Approvals

from tests.prove.plants import replaced
from tests.prove.result import Result, proof
from tests.support import KEYS, Desk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Act = Callable[[Approvals], Any]

LEVELS = {
    "sqlite": ("writing", "reading"),  # a transaction that begins with the lock, and one that finds out when it writes
    "postgresql": ("READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"),
}
AGAIN = 5
_WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE)|\bFOR (UPDATE|SHARE)")
_HERE = threading.local()


class Met(NamedTuple):
    """Two acts that meet, the cases that they are about, and what else is looked at afterwards."""

    first: Act
    second: Act
    cases: Sequence[str] = ()
    look: Act | None = None
    after: Callable[[], Any] | None = None  # frees the places that were taken


class Pair(NamedTuple):
    """A pair of acts by name, and what makes everything ready for it."""

    name: str
    make: Callable[[Stage], Met]


class Answer(NamedTuple):
    """What an act came to: "done", the class of weigai's error, or what came out raw."""

    kind: str
    raw: str = ""


class Gate:
    """Stops a thread before one of its writes, or before its commit."""

    def __init__(self, stop_at: int) -> None:
        self.stop_at, self.writes = stop_at, 0
        self.reached, self.go = threading.Event(), threading.Event()

    def write(self, *, last: bool = False) -> None:
        """Count a write, and wait before the one that was named."""
        self.writes += 1
        if self.stop_at and not self.reached.is_set() and (last or self.writes == self.stop_at):
            self.reached.set()
            self.go.wait(30)


def _seen(statement: str) -> None:
    gate = getattr(_HERE, "gate", None)
    if gate is not None and _WRITES.search(statement):
        gate.write()


@contextmanager
def _watched() -> Iterator[None]:
    """Let the gates see every statement that weigai runs on a driver's own cursor."""

    def on_cursor(was: Any) -> Any:
        def seen(connection: Any, statement: str, work: Any) -> Any:
            _seen(statement)
            return was(connection, statement, work)

        return seen

    with replaced("weigai.db.prepared:_on_cursor", on_cursor):
        yield


class Stage:
    """A database at one isolation level: a desk that makes things ready, and acts that meet."""

    def __init__(self, url: str, login: str, level: str, folder: Path) -> None:
        self.level, self.folder = level, folder
        self.numbers = count(1)
        self.owner = open_engine(url)
        self.files = folder / f"files-{url.rpartition('/')[2]}"
        made = prepare_engine(create_engine(login, poolclass=NullPool, hide_parameters=True))
        event.listen(made, "before_cursor_execute", lambda c, cur, statement, *rest: _seen(statement))
        event.listen(made, "commit", _committing)
        self.setting = made.execution_options(weigai_write=True)
        own = {"isolation_level": level} if self.postgresql else {}
        self.engine = made.execution_options(weigai_write=level != "reading", **own)
        self.desk = Desk(self.setting, self.files)

    @property
    def postgresql(self) -> bool:
        """Tell whether it is a PostgreSQL."""
        return self.owner.dialect.name == "postgresql"

    def fresh(self) -> Desk:
        """Keep what was made ready, and return a desk that begins at the first day."""
        self.desk.session.commit()
        self.desk.session.close()
        self.desk = Desk(self.setting, self.files)
        return self.desk

    def plan(self, name: str) -> str:
        """Return the id of a plan at this level: what is counted under it is counted here alone."""
        return f"{name}-{self.level.lower().replace(' ', '-')}"

    @contextmanager
    def looking(self) -> Iterator[Approvals]:
        """Give the API of who sees everything, wall or not."""
        with Desk(self.owner, self.files) as desk:
            desk.today = self.desk.today
            yield desk.api

    def ready(self, pair: Pair) -> Met:
        """Make everything ready for a pair."""
        met = pair.make(self)
        self.desk.session.commit()
        return met

    def api(self, session: Session) -> Approvals:
        """Return the API over a session, at the desk's time."""
        return Approvals(session, now=self.desk.now, files=self.desk.files, keys=KEYS)

    def do(
        self,
        act: Act,
        gate: Gate | None = None,
        begun: list[int] | None = None,
        meanwhile: Callable[[], Any] | None = None,
    ) -> Answer:
        """Do an act in a transaction of its own; `meanwhile` is done when it has begun and has read something."""
        _HERE.gate = gate
        try:
            with store_errors(), Session(self.engine) as session, session.begin():
                if meanwhile:
                    session.execute(text("SELECT count(*) FROM weigai_tally")).scalar()
                    meanwhile()
                if begun is not None and self.postgresql:
                    begun.append(session.execute(text("SELECT pg_backend_pid()")).scalar_one())
                act(self.api(session))
        except GuardsNotMet as error:
            return Answer("GuardsNotMet " + " ".join(sorted({f.guard for f in error.unmet})))
        except CaseMovedOn as error:
            return Answer("CaseMovedOn" if error.current_version is None else "CaseMovedOn version")
        except WeigaiError as error:
            return Answer(type(error).__name__)
        except Exception as error:  # noqa: BLE001 - what is not weigai's own is what is looked for
            return Answer(f"RAW {type(error).__name__}", traceback.format_exc(limit=-6))
        finally:
            _HERE.gate = None
            if gate is not None:
                gate.reached.set()
        return Answer("done")

    def again(self, act: Act, answer: Answer) -> Answer:
        """Do an act once more where it was told to be repeated; what it comes to in the end."""
        for _ in range(AGAIN):
            if answer.kind not in ("StoreBusy", "CaseMovedOn", "CaseMovedOn version"):
                break
            answer = self.do(act)
        return answer

    def meet(self, first: Act, second: Act, stop_at: int) -> tuple[Answer, Answer]:
        """Stop the first act before a write, do the second as far as it comes, and let both end."""
        gate, pids = Gate(stop_at), []
        answers: dict[str, Answer] = {}

        def one() -> None:
            answers["first"] = self.do(first, gate)

        def other() -> None:
            answers["second"] = self.do(second, begun=pids)

        threads = [threading.Thread(target=one), threading.Thread(target=other)]
        threads[0].start()
        gate.reached.wait(30)
        threads[1].start()
        self._until_blocked(threads[1], pids)
        gate.go.set()
        for thread in threads:
            thread.join(60)
        hung = Answer("RAW hangs")
        return answers.get("first", hung), answers.get("second", hung)

    def late(self, first: Act, second: Act) -> tuple[Answer, Answer]:
        """Let the second transaction begin, then do the first act whole, and only then the second."""
        answers: list[Answer] = []
        other = self.do(second, meanwhile=lambda: answers.append(self.do(first)))
        return answers[0], other

    def _until_blocked(self, thread: threading.Thread, pids: list[int]) -> None:
        """Wait until a thread is done, or waits for a lock: of SQLite that is told by the time it takes."""
        began, waits = time.monotonic(), "SELECT 1 FROM pg_stat_activity WHERE pid = :pid AND wait_event_type = 'Lock'"
        while thread.is_alive() and time.monotonic() - began < 20:
            thread.join(0.004)
            if not self.postgresql and time.monotonic() - began > 0.06:
                return
            if self.postgresql and pids:
                with self.owner.connect() as connection:
                    if connection.execute(text(waits), {"pid": pids[0]}).first():
                        return

    def close(self) -> None:
        """Close the connections."""
        self.desk.session.close()
        self.owner.dispose()
        self.engine.dispose()


def _committing(_connection: Any) -> None:
    gate = getattr(_HERE, "gate", None)
    if gate is not None:
        gate.write(last=True)


# ------------------------------------------------------------------ one pair


class Trial(NamedTuple):
    """A pair in one order, with the write before which its first act stops; 0: the second one's transaction is older."""

    pair: Pair
    swapped: bool
    stop_at: int


def _ended(stage: Stage, met: Met, answers: tuple[Answer, Answer]) -> tuple[Any, list[str]]:
    """Return what there is to compare after both acts, and what is wrong with the record."""
    wrong = [f"{a.kind}: {a.raw[-600:]}" for a in answers if a.kind.startswith("RAW")]
    with stage.looking() as api:
        seen = [api.context.cases().row(case)[3:5] for case in met.cases]
        looked = met.look(api) if met.look else None
        for case in met.cases:
            wrong += [f"{p.stream} #{p.seq}: {p.what}" for p in api.records.verify(case_id=case).problems]
    if met.after:
        met.after()
    return (answers[0].kind, answers[1].kind, [tuple(row) for row in seen], looked), wrong


def _loosely(came: Any) -> Any:
    """Return what came of a pair without why something was refused: an older transaction refuses by what it sees."""
    first, second, *rest = came
    return ("done" if first == "done" else "refused", "done" if second == "done" else "refused", *rest)


def serially(stage: Stage, pair: Pair) -> tuple[list[Any], list[int]]:
    """Return what the pair comes to in either order, one after the other, and how often each act writes."""
    comes, writes = [], []
    for swapped in (False, True):
        met, gate = stage.ready(pair), Gate(0)
        acts = (met.second, met.first) if swapped else (met.first, met.second)
        one = stage.again(acts[0], stage.do(acts[0], gate))
        other = stage.again(acts[1], stage.do(acts[1]))
        comes.append(_ended(stage, met, (other, one) if swapped else (one, other))[0])
        writes.append(gate.writes)
    return comes, writes


def tried(stage: Stage, trial: Trial, serial: list[Any]) -> tuple[list[str], list[str]]:
    """Let a pair meet; return what broke, and what the two were told at first."""
    met = stage.ready(trial.pair)
    acts = (met.second, met.first) if trial.swapped else (met.first, met.second)
    told = stage.meet(*acts, trial.stop_at) if trial.stop_at else stage.late(*acts)
    ends = [stage.again(act, answer) for act, answer in zip(acts, told, strict=True)]
    came, wrong = _ended(stage, met, tuple(reversed(ends)) if trial.swapped else tuple(ends))  # type: ignore[arg-type]
    lawful = serial if trial.stop_at else [serial[trial.swapped]]
    if not wrong and came not in lawful and (trial.stop_at or _loosely(came) not in map(_loosely, lawful)):
        wrong.append(f"came to {came}, one after the other it is {lawful}")
    place = f"{stage.level}, {trial.pair.name}{' swapped' if trial.swapped else ''}, before write {trial.stop_at}"
    return [f"{place}: {words}" for words in wrong], [answer.kind for answer in told]


# ------------------------------------------------------------------ the proof


def run(
    seed: int,
    places: Sequence[tuple[str, str]],
    *,
    names: Sequence[str] = (),
    share: float = 1.0,
    levels: Sequence[str] = (),
) -> Result:
    """Let every pair, or those named, meet at every level in both orders, stopping before each write; or a share of both.

    Args:
        places: databases with the schema, each as (address, address that the acts use).
    """
    from tests.prove import pairings, pairings_register

    every = (*pairings.PAIRS, *pairings_register.PAIRS)
    rng, told = Random(seed), Counter[str]()
    some = every if names or share >= 1 else rng.sample(every, max(4, round(len(every) * share)))
    chosen = [pair for pair in some if not names or pair.name in names]
    with proof("pairs") as result, TemporaryDirectory(prefix="weigai-prove-") as folder, ExitStack() as stack:
        stack.enter_context(_watched())
        for url, login in places:
            for level in LEVELS[url.partition(":")[0].partition("+")[0]]:
                if levels and level not in levels:
                    continue
                stage = Stage(url, login, level, Path(folder))
                stack.callback(stage.close)
                pairings.ready(stage)
                for pair in chosen:
                    _all_of(stage, pair, rng, share, result, told)
                if not names:
                    result.n += pairings.roads(stage, rng, share, result, told)
                with stage.looking() as api:
                    whole = api.records.verify().problems
                result.broke(*(f"{level}: {p.stream} #{p.seq}: {p.what}" for p in whole[:20]))
        result.note(", ".join(f"{n} {kind}" for kind, n in told.most_common()))
    return result


def _all_of(stage: Stage, pair: Pair, rng: Random, share: float, result: Result, told: Counter[str]) -> None:
    serial, writes = serially(stage, pair)
    first = int(stage.level == "writing")  # there a second transaction begins only when the first has ended
    every = [Trial(pair, swapped, stop) for swapped in (False, True) for stop in range(first, writes[swapped] + 1)]
    some = every if share >= 1 else [*every[: 1 - first], *rng.sample(every, max(2, round(len(every) * share)))]
    for trial in some:
        wrong, kinds = tried(stage, trial, serial)
        result.broke(*wrong)
        result.n += 1
        told.update(kinds)
