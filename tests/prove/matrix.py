"""Who may do what, where: every office, area, act and relation in every state of every policy, against a second reading.

`run` asks the program about every cell and takes the act where it says yes, in a savepoint that is rolled back;
`run_reads` reads as everybody everywhere and looks for planted values. `bare.py` does without the program at all.
"""

from __future__ import annotations

import random
import tempfile
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import text as sql
from sqlalchemy.orm import Session
from weigai.db import open_engine, schema
from weigai.states.errors import CaseNotFound, GuardsNotMet, InputRefused, NotFound, WeigaiError
from weigai.states.proofs.load import load_policy
from weigai.workflow import Actor, Approvals, Attachment, Document, FileStore, Keys

from tests.prove import reads
from tests.prove.reading import Reading, read
from tests.prove.world import VILLAGE, plant
from tests.support import Desk, documents, forged
from tests.walker import Household, Walker

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from weigai.workflow import Decision

    from tests.prove.world import Planted
    from tests.walker import Next

ROOT = Path(__file__).parent.parent.parent
POLICIES = (
    *sorted((ROOT / "states/policies").glob("*.toml")),
    *sorted((ROOT / "tests/counties/policies").glob("*.toml")),
)
OFFICES = (
    "village", "township", "county", "poverty_office", "civil_affairs", "disabled_federation", "appraiser", "finance",
    "auditor", "discipline", "admin", "stranger",
)  # fmt: skip
PAPER = Document("photo", "0" * 64, 1)


@dataclass
class Matrix:
    """What a run came to: how many cells, of which so many were allowed, and every cell that was not as the plan says."""

    seed: int
    n: int = 0
    allowed: int = 0
    escapes: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"seed {self.seed}: {self.n} cells, {self.allowed} allowed, {len(self.escapes)} escapes"


class Cell(NamedTuple):
    """Somebody in an office over an area takes an act, entered by somebody in an office over an area."""

    act: str
    office: str
    area: tuple[str, ...]
    recorder: str | None = None  # None: who acts enters it
    recorder_area: tuple[str, ...] = ()
    same_person: bool = False

    def who(self) -> tuple[Actor, Actor | None]:
        """Return who acts and who enters it; no two offices have a person in common unless the cell says so."""
        actor = forged(f"m-{self.office}", self.office, self.area)
        if self.recorder is None:
            return actor, None
        person = actor.person if self.same_person else f"e-{self.recorder}"
        return actor, forged(person, self.recorder, self.recorder_area)


def areas(village: str) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    """Return the areas that have a village, and those that have not: near it, like it, of other lengths, none."""
    town, county = village[:9], village[:6]
    next_door = str(int(county) + 1)
    inside = [(village,), (town,), (county,), (f"{county}102", village)]
    codes = [
        f"{town}202", f"{county}102", f"{county}102201", f"{county}110", next_door, f"{next_door}101", next_door + village[6:],
        county[:5], county[:4], f"{county}1", town[:8], village[:10], village[:11], f"{village}0", "", f"{town} ", "%",
    ]  # fmt: skip
    return inside, [*((code,) for code in codes), (), (f"{town}202", next_door)]


def cells(reading: Reading, state: str, acts: Iterable[str], village: str) -> Iterator[Cell]:
    """Yield every cell of a state."""
    offices = tuple(dict.fromkeys((*OFFICES, *sorted(reading.offices))))
    inside, outside = areas(village)
    for act in acts:
        there = (state, act) in reading.table
        for office in offices:
            yield from (Cell(act, office, area) for area in (*inside, *(outside if there else outside[:3])))
        if not there:
            continue
        for office in offices:
            for recorder in offices:
                yield Cell(act, office, inside[0], recorder, inside[1])
                yield Cell(act, office, inside[0], recorder, inside[1], same_person=True)
            for area in outside:  # the act is of elsewhere, or who enters it is
                yield Cell(act, office, area, "county", inside[2])
                yield Cell(act, office, inside[0], "county", area)


class Asker:
    """Asks about the cells of one case, and says which are not as the plan reads."""

    def __init__(self, walk: Walker, reading: Reading, found: Matrix, chance: random.Random) -> None:
        self.walk, self.reading, self.found, self.chance = walk, reading, found, chance
        self.api, self.session = walk.desk.api, walk.desk.session

    def ask(self, state: str, wanted: Iterable[Cell]) -> None:
        """Ask about cells with nothing told but who acts."""
        for cell in wanted:
            self.found.n += 1
            wrong = self._wrong(state, cell)
            if wrong:
                self.found.escapes.append(f"{self.walk.procedure.policy.id} {state} {cell}: {wrong}")

    def _wrong(self, state: str, cell: Cell) -> str | None:
        actor, recorder = cell.who()
        papers = [PAPER] if cell.recorder else []
        try:
            decision = self.api.check(
                self.walk.id, cell.act, actor=actor, recorder=recorder, on=self.walk.desk.today, documents=papers
            )
        except WeigaiError as error:
            return self._refused(cell, error)
        if not self._covered(cell):
            return "it was answered outside the area"
        wrong = self._decided(state, cell, decision)
        if wrong is None and (decision.allowed or self.chance.random() < 0.02):
            wrong = self._taken(cell, decision, papers)
        self.found.allowed += decision.allowed
        return wrong

    def _covered(self, cell: Cell) -> bool:
        here = reads.in_area(self.walk.village, cell.area)
        return here and (cell.recorder is None or reads.in_area(self.walk.village, cell.recorder_area))

    def _refused(self, cell: Cell, error: WeigaiError) -> str | None:
        if type(error) is CaseNotFound and not self._covered(cell):
            return None
        return f"{type(error).__name__} instead of {'an answer' if self._covered(cell) else 'CaseNotFound'}"

    def _decided(self, state: str, cell: Cell, decision: Decision) -> str | None:
        said = {finding.guard: finding.ok for finding in decision.findings if finding.guard != "action_available"}
        there = (state, cell.act) in self.reading.table
        may = self.reading.may_act(state, cell.act, cell.office)
        enters = cell.recorder is None or self.reading.may_enter(
            cell.recorder, cell.office, same_person=cell.same_person, paper=True
        )
        if there and said["office_may_act"] is not may:
            return f"office_may_act is {said['office_may_act']}, the plan says {may}"
        if said.get("recorder_may_enter", True) is not enters:
            return f"recorder_may_enter is {said.get('recorder_may_enter')}, the plan says {enters}"
        if decision.allowed and not (there and may and enters):
            return "it is allowed, and the plan does not allow it"
        return None

    def _taken(self, cell: Cell, decision: Decision, papers: Sequence[Any]) -> str | None:
        """Take the act, and undo it: it is done if the answer was yes, and else refused."""
        actor, recorder = cell.who()
        savepoint = self.session.begin_nested()
        try:
            self.api.take(
                self.walk.id, cell.act, actor=actor, recorder=recorder, on=self.walk.desk.today, documents=papers
            )
            done = True
        except GuardsNotMet:
            done = False
        finally:
            savepoint.rollback()
        return None if done is decision.allowed else f"asked, it was {decision.allowed}; taken, {done}"

    def honest(self, state: str, act: Next, wanted: Iterable[Cell]) -> None:
        """Take the valid act of a state as everybody: done for whom the plan names, and for nobody else."""
        done_by_right = False
        for cell in wanted:
            self.found.n += 1
            outcome = self._attempt(cell, act)
            may = self.reading.may_act(state, act.action, cell.office)
            may = may and (
                cell.recorder is None
                or self.reading.may_enter(cell.recorder, cell.office, same_person=cell.same_person, paper=True)
            )
            right = "CaseNotFound" if not self._covered(cell) else "done" if may else "GuardsNotMet"
            self.found.allowed += outcome == "done"
            done_by_right = done_by_right or outcome == right == "done"
            if outcome != right:
                said = f"{outcome}, the plan says {right}"
                self.found.escapes.append(f"{self.walk.procedure.policy.id} {state} {cell} (valid): {said}")
        if not done_by_right:
            self.found.escapes.append(f"{self.walk.procedure.policy.id} {state}: nobody could take {act.action}")

    def _attempt(self, cell: Cell, act: Next) -> str:
        actor, recorder = cell.who()
        papers = documents(act.papers, self.walk.id)
        papers += [Attachment("photo", content=b"entered from paper")] if cell.recorder else []
        savepoint = self.session.begin_nested()
        try:
            self.api.take(
                self.walk.id,
                act.action,
                actor=actor,
                recorder=recorder,
                on=self.walk.desk.today,
                data=act.data,
                documents=papers,
            )
            return "done"
        except WeigaiError as error:
            return type(error).__name__
        finally:
            savepoint.rollback()


def run(seed: int, store_url: str, policies: Sequence[Path] = POLICIES, sample: int | None = None) -> Matrix:
    """Ask about every cell of these policies, or `sample` of the blank ones and of the valid ones in each state."""
    chance, found = random.Random(seed), Matrix(seed)
    engine = open_engine(store_url)
    schema.upgrade(engine)
    with tempfile.TemporaryDirectory() as folder:
        for policy in policies:
            with Desk(engine, Path(folder)) as desk:
                _policy(desk, policy, found, chance, sample)
                desk.session.rollback()
    engine.dispose()
    return found


def _policy(desk: Desk, path: Path, found: Matrix, chance: random.Random, sample: int | None) -> None:
    """Walk a case along a policy's whole road, and ask in every state; those off the road are set by hand."""
    text = path.read_text(encoding="utf-8")
    plan, reading = load_policy(text).policy, read(text)
    walk = Walker(
        desk, str(path), text, Household((plan.classes[0].id,), 3), date(plan.year, 3 if plan.year != 2019 else 6, 10)
    )
    asker = Asker(walk, reading, found, chance)
    visited = set()
    while (state := walk.case.state) != "archived":
        visited.add(state)
        asker.ask(state, _some(cells(reading, state, reading.acts, walk.village), chance, sample))
        act = walk.next()
        every = list(cells(reading, state, [act.action], walk.village))
        right = [Cell(act.action, act.office, area) for area in areas(walk.village)[0]]
        asker.honest(state, act, [*right, *_some(every, chance, sample and max(sample // 4, 20))])
        walk.take(act)
    for state in reading.states:
        if state in visited:
            continue
        savepoint = desk.session.begin_nested()
        desk.session.execute(sql("UPDATE weigai_case SET state = :s WHERE id = :id"), {"s": state, "id": walk.id})
        asker.ask(state, _some(cells(reading, state, reading.acts, walk.village), chance, sample))
        savepoint.rollback()


def _some(every: Iterable[Cell], chance: random.Random, sample: int | None) -> list[Cell]:
    found = list(every)
    return found if sample is None or sample >= len(found) else chance.sample(found, sample)


# ---------------------------------------------------------------------- reading


def run_reads(seed: int, store_url: str, tries_: int = 10_000, levels: Sequence[Any] | None = None) -> Matrix:
    """Read in every way as everybody, everywhere; ask for what is foreign and what is not; guess ids."""
    chance, found = random.Random(seed), Matrix(seed)
    engine = open_engine(store_url)
    schema.upgrade(engine)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        world = plant(engine, folder)
        with Session(engine.execution_options(weigai_write=True)) as session:
            api = Approvals(
                session, files=FileStore(folder / "files"), keys=Keys(b"k" * 32), policies=folder / "policies"
            )
            for level, units in levels or reads.levels():
                for office in OFFICES:
                    _read(api, world, forged(f"m-{office}", office, units), level, found)
            _asked_by_id(api, world, found)
            found.n += tries_
            found.escapes += tries(api, world, chance.randrange(2**32), tries_)
            session.rollback()
    engine.dispose()
    return found


def _read(api: Approvals, world: Mapping[str, Planted], actor: Actor, level: str, found: Matrix) -> None:
    for name, ask in reads.WHOLE.items():
        found.n += 1
        leaked = reads.leaks(reads.shown(ask(api, actor)), world, actor)
        if leaked:
            found.escapes.append(f"{name} as {actor.office} of {level} told of {leaked[:3]}")


def _asked_by_id(api: Approvals, world: Mapping[str, Planted], found: Matrix) -> None:
    """Ask for foreign things and for such as do not exist: what comes back is the same, to the word."""
    for office in OFFICES:
        actor = Actor(f"m-{office}", office, (VILLAGE,))
        for planted in reads.foreign(world, actor):
            for one, ghost in reads.ghosts(planted).items():
                kind = reads.OF_LIST if one == planted.list_id else reads.OF_CASE
                for name, ask in kind.items():
                    found.n += 1
                    pair = [reads.outcome(lambda x=x, a=ask, w=actor: a(api, w, x), x) for x in (one, ghost)]
                    if pair[0] != pair[1]:
                        found.escapes.append(f"{name} of {one} as {office}: {pair[0]}, of none: {pair[1]}")


def tries(api: Approvals, world: Mapping[str, Planted], seed: int, count: int) -> list[str]:
    """Guess at foreign ids, whole, cut, changed: return each guess that found something outside one's area."""
    chance, found = random.Random(seed), []
    actor = Actor("m-reader", "village", (VILLAGE,))
    known = [x for other in reads.foreign(world, actor) for x in (*other.cases, other.archive_no)]
    for _ in range(count):
        one = chance.choice(known)
        text = chance.choice(
            [one, one[: chance.randint(1, len(one))], one.lower(), f"{one}%", f"_{one[1:]}", one + " "]
        )
        ask = chance.choice(("find", "get", "household", "history", "basis"))
        try:
            case = api.find(text, actor=actor).id if ask == "find" else None
            if case is None:
                told = (
                    api.basis(text, "approve", actor=actor) if ask == "basis" else getattr(api, ask)(text, actor=actor)
                )
                found.append(f"seed {seed}: {ask} {text!r} told {str(told)[:60]}")
            elif not reads.in_area(api.get(case, actor=actor).unit, actor.units):
                found.append(f"seed {seed}: {ask} {text!r} found {case}")
        except (NotFound, InputRefused):
            continue
    return found
