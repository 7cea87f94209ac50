"""Play the programme year 2019 of both plans, day by day, with made-up people."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from ...states.actor import Actor
from ...states.calendar import Calendar
from ..approvals import Approvals
from .acts import TrialYear
from .county import TRIAL_COUNTY, People, read, set_up
from .detours import Detours
from .households import Households, Player
from .owing import plan_duties

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Engine

    from ...db.vault.files import FileStore
    from ...db.vault.keys import Keys

_FIRST = date(2019, 1, 7)


@dataclass(slots=True)
class Year:
    """The diary of the year: what is to be done on which day, in the order in which it was planned."""

    diary: dict[date, list[Callable[[], object]]] = field(default_factory=lambda: defaultdict(list))
    calendar: Calendar = field(default_factory=Calendar.official)

    def plan(self, day: date, work: Callable[[], object]) -> date:
        """Plan a piece of work for a day, or the next working day; return the day taken."""
        while not self.calendar.is_working(day):
            day += timedelta(days=1)
        self.diary[day].append(work)
        return day

    def days(self) -> Iterator[tuple[date, list[Callable[[], object]]]]:
        """Yield the days with their work, in order; work may plan more for later days."""
        while self.diary:
            day = min(self.diary)
            yield day, self.diary.pop(day)


class Programme:
    """Plays the year; see `run`."""

    def __init__(self, engine: Engine, files: FileStore, keys: Keys | None) -> None:
        self._engine, self._files, self._keys = engine, files, keys
        self._entered = 0
        self._plan = read("programme.json")
        self._year = Year()
        self.acts = TrialYear(People(self._plan["persons"]), _FIRST)
        self._random = Random(self._plan["seed"])  # noqa: S311 - made-up households, the same every time
        self._households = Households(self._random, self._plan["id_county"])
        random = Random(self._plan["seed"] + 1)  # noqa: S311 - made-up detours, the same every time
        self.detours = Detours(self.acts, self._year.plan, self._plan["detours"]["shares"], random)

    def run(self, person: str, name: str, account: str, tick: Callable[[date, int, int], None]) -> None:
        """Set the county up and play the year; one transaction a day, `tick(day, done, all)` after each."""
        players = self._players()
        for number, batch in enumerate(self._batches(players)):
            self._plan_batch(batch, torn=number % self._plan["detours"]["torn_down_every"] == 1)
        for number, player in enumerate(self._ending()):
            self.detours.ending(player, date(2019, 1, 14) + timedelta(days=number % 20))
        plan_duties(self.acts, self._year.plan, self._plan["plans"][0]["policy"], self._plan["late_every"])
        writing = self._engine.execution_options(weigai_write=True)
        with Session(writing) as session, session.begin():
            self._open(session)
            set_up(self.acts.approvals, person, name, account)
            keeper = Actor(person, "admin", (TRIAL_COUNTY,))
            for official in self.acts.people.everybody():
                self.acts.approvals.register.add_person(
                    TRIAL_COUNTY,
                    official.person,
                    official.person,
                    offices=[(official.office, official.units[0])],
                    actor=keeper,
                )
        for day, work in self._year.days():
            self._play(writing, day, work)
            tick(day, self.acts.events, len(players))
        self._play(writing, self.acts.day + timedelta(days=1), [self._latecomers])

    def _play(self, writing: Engine, day: date, work: list[Callable[[], object]]) -> None:
        self.acts.day, self._entered = day, self.acts.events
        with Session(writing) as session, session.begin():
            self._open(session)
            for piece in work:
                piece()

    def _latecomers(self) -> None:
        """Leave three households on their way after the year, so that a visitor finds something waiting."""
        plan = self._plan["plans"][-1]
        policy, fund, group = plan["policy"], plan["fund"], plan["groups"][0]
        late = [Player(policy, fund, group, "150783101201", -n - 1, self._households.make(group), 0) for n in range(3)]
        self.acts.apply(late)
        self.acts.deliberate(late[1:])
        self.acts.post(late[2:], "village", "village_board,main_street")

    def _open(self, session: Any) -> None:
        self.acts.approvals = Approvals(
            session, now=self._now, keys=self._keys, files=self._files, calendar=self._year.calendar
        )

    def _now(self) -> datetime:
        """Return a moment of the day's office hours; each entry takes a while."""
        morning = datetime(self.acts.day.year, self.acts.day.month, self.acts.day.day, tzinfo=UTC)
        return morning + timedelta(seconds=20 * (self.acts.events - self._entered))

    # ------------------------------------------------------------------ who takes part

    def _players(self) -> list[Player]:
        random = self._random
        villages = [u["code"] for u in read("units.json") if len(u["code"]) == 12]
        players: list[Player] = []
        for plan in self._plan["plans"]:
            for group in plan["groups"]:
                for _ in range(group["households"]):
                    turn = len(players)
                    players.append(
                        Player(
                            plan["policy"],
                            plan["fund"],
                            group,
                            villages[turn % len(villages)],
                            turn,
                            self._households.make(group),
                            random.randrange(40),
                            detour=self.detours.draw(),
                        )
                    )
        return players

    def _ending(self) -> list[Player]:
        """Return the households that end beside the road; they are beyond the plans' numbers."""
        villages = [u["code"] for u in read("units.json") if len(u["code"]) == 12]
        players: list[Player] = []
        for ending in self._plan["detours"]["endings"]:
            plan = self._plan["plans"][ending["plan"]]
            for _ in range(ending["households"]):
                turn = 100_000 + len(players)
                group = plan["groups"][ending["group"]]
                players.append(
                    Player(
                        plan["policy"],
                        plan["fund"],
                        group,
                        villages[(7 * turn) % len(villages)],
                        turn,
                        self._households.make(group),
                        0,
                        detour=ending["end"],
                    )
                )
        return players

    @staticmethod
    def _batches(players: list[Player]) -> list[list[Player]]:
        batches: dict[tuple[str, str], list[Player]] = defaultdict(list)
        for player in players:
            batches[player.policy, player.village].append(player)
        return list(batches.values())

    # ------------------------------------------------------------------ what happens when

    def _plan_batch(self, batch: list[Player], *, torn: bool) -> None:
        """Plan the common road of a village's households under one plan, up to the agreement."""
        after = self.detours.after
        start = _FIRST + timedelta(days=(batch[0].turn % 48) // 2)
        plan = self._year.plan
        day = plan(start, lambda: self.acts.apply(batch))
        day = plan(day + timedelta(days=3), lambda: self.acts.deliberate(batch))
        day = plan(day + timedelta(days=1), lambda: self.acts.post(batch, "village", "village_board,main_street"))
        if torn:
            day = self.detours.torn_down(batch, day)
        after("posted", batch, day)
        day = plan(day + timedelta(days=6), lambda: self.acts.report(batch))
        after("reported", batch, day)
        day = plan(day + timedelta(days=4), lambda: self.acts.review(batch))
        day = plan(day + timedelta(days=1), lambda: self.acts.post(batch, "township", "township_board"))
        day = plan(day + timedelta(days=6), lambda: self.acts.meet(batch))
        day = plan(day + timedelta(days=2), lambda: self.acts.identify(batch))
        day = plan(day + timedelta(days=5), lambda: self.acts.appraise(batch))
        day = plan(day + timedelta(days=6), lambda: self.acts.approve(batch))
        after("approved", batch, day)
        day = plan(day + timedelta(days=1), lambda: self.acts.post(batch, "county", "village_board,main_street"))
        day = plan(day + timedelta(days=6), lambda: self.acts.register(batch))
        day = plan(day + timedelta(days=3), lambda: self.acts.agree(batch))
        after("agreed", batch, day)
        for player in batch:
            self._plan_works(player, max(day, date(2019, 4, 1)))

    def _plan_works(self, p: Player, agreed: date) -> None:
        """Plan a household's own road from the start of works to the archive: house by house."""
        plan = self._year.plan
        after = self.detours.after
        day = plan(agreed + timedelta(days=5 + p.pace % 9), lambda: self.acts.start(p))
        after("started", [p], day)
        day = plan(day + timedelta(days=55 + p.pace), lambda: self._finish(p))
        after("finished", [p], day)
        mending = 14 if p.detour == "failed" else 0
        day = plan(day + timedelta(days=5 + mending), lambda: self.acts.accept(p, "preliminary", "township"))
        day = plan(day + timedelta(days=7), lambda: self.acts.accept(p, "final", "county"))
        day = plan(day + timedelta(days=10), lambda: self.acts.pay(p))
        after("paid", [p], day)
        day = plan(max(day + timedelta(days=10), date(2019, 9, 2)), lambda: self.acts.archive(p))
        after("archived", [p], day)

    def _finish(self, p: Player) -> None:
        cost = {"actual_cost": "21800"} if p.group["mode"] == "repair" else {}
        self.acts.take(p, "complete_works", "township", **cost)
