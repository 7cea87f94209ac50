"""One case in the hands of colluding officials: right acts, forbidden ones tried before them, and the model that judges."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from weigai.states.counting.money import payable_fen
from weigai.states.values import Decision

from tests.prove.adversary_counts import kind_of
from tests.prove.floor_case import Line
from tests.prove.floor_model import Judge
from tests.prove.floor_stages import Wish
from tests.walker import Next, Walker

if TYPE_CHECKING:
    from random import Random

    from weigai.states.case import Case
    from weigai.states.procedure.graph import Part, Procedure

    from tests.prove.adversary_counts import Counts, Setting
    from tests.prove.adversary_plans import Plans
    from tests.prove.floor_kept import Kept
    from tests.prove.floor_stages import Bare
    from tests.walker import Household

OFFICES = (
    "village",
    "township",
    "county",
    "poverty_office",
    "civil_affairs",
    "disabled_federation",
    "appraiser",
    "finance",
)
NO_WAY = (
    StopIteration,
    AssertionError,
    KeyError,
    TypeError,
    AttributeError,
    ValueError,
    IndexError,
)  # of the walk's own making


class Crashed(Exception):
    """The program raised what is no refusal."""


class Valid(Walker):
    """The right acts of the case at hand, as `tests/walker.py` knows them for every plan."""

    def __init__(self, game: Game, household: Household) -> None:
        self.game, self.drawn, self.desk = game, household, game  # type: ignore[assignment]
        self.village = game.setting.cast.village

    @property
    def household(self) -> Household:  # type: ignore[override]
        """Return the household as it was drawn and corrected since."""
        return replace(self.drawn, no_house=self.case.no_house)

    @property
    def procedure(self) -> Procedure:  # type: ignore[override]
        """Return the procedure that the case goes by."""
        return self.game.stage.road

    @property
    def case(self) -> Case:
        """Return the case as it stands."""
        return self.game.stage.case

    def check(self, act: Next) -> Decision:
        """Ask about an act today."""
        decision = self.game.stage.ask(self.game.wish(act, self.game.honest(act.office, act.action)))
        return decision or Decision(act.action, None, False, ())

    def take(self, act: Next) -> Any:
        """Take an act today."""
        return self.game.right(act)

    def own_data(self, part: Part) -> Next:
        """Return the valid act of a place, with nothing recorded before it."""
        if part.kind != "payment":
            return self._valid(part)
        return self._next(self.procedure.acts[part.action], self._paying(payable_fen(self.case) or 100_000, "P-early"))


class Game:
    """One case from its opening until nothing more is to be done, or the walk is tired of it."""

    def __init__(self, rng: Random, plans: Plans, setting: Setting, stage: Bare | Kept, counts: Counts) -> None:
        self.rng, self.plans, self.setting, self.stage, self.counts = rng, plans, setting, stage, counts
        self.today = setting.on
        self.wishes: list[Wish] = []
        self.valid = Valid(self, setting.household)
        self.judge: Judge = None  # type: ignore[assignment]

    def open(self) -> bool:
        """Open the case; tell whether it was."""
        road = self.plans.roads[self.setting.plan].of(self.setting.intake, self.today)
        office = road.beside.opening.offices[0]
        papers = tuple(p.paper.kind for p in road.beside.opening.papers)
        person = self.honest(office, "open_case")
        return self.opened(
            Wish("open_case", office, person, self.today, self.today, self.setting.household.told(), papers)
        )

    def opened(self, wish: Wish) -> bool:
        """Open the case as somebody wishes; tell whether it was."""
        self.counts.acts += 1
        if not self.stage.open(wish, self.setting.intake):
            return False
        self.wishes.append(wish)
        line = Line(
            1, "open_case", "", self.stage.case.state, wish.person, wish.office, wish.on, wish.data, wish.papers
        )
        self.judge = Judge(self.plans.read, self.setting.plan, self.setting.intake, line, self.setting.cast.kin)
        return True

    # ------------------------------------------------------------------ one act

    def do(self, wish: Wish) -> bool:
        """Take an act, and let the model judge where it was taken; tell whether it was."""
        self.counts.acts += 1
        start = self.stage.case.state
        try:
            done = self._taken(wish)
        except Exception as error:
            self.counts.broke(f"crash: {type(error).__name__} at {wish.action}", self.setting, [*self.wishes, wish])
            raise Crashed from error
        if done is None:
            self.counts.taken[f"no: {wish.action}"] += 1
            return False
        self.wishes.append(wish)
        self.counts.taken[wish.action] += 1
        case = self.stage.case
        line = Line(
            case.version, done.action, start, case.state, done.person, done.office, done.on, done.data, done.papers
        )
        for told in self.judge.judged(line):
            self.counts.broke(f"{done.action}: {kind_of(told)}", self.setting, self.wishes)
        return True

    def _taken(self, wish: Wish) -> Wish | None:
        """Take an act and return what took effect: of a confirmation, what waited for it."""
        if wish.action == "confirm_request":
            return self.stage.confirm(wish) if wish.data["request"] in self.stage.asked else None
        known = set(self.stage.asked)
        take = self.stage.move if wish.action == "move_policy" else self.stage.take
        if take(wish):
            return wish
        for number in set(self.stage.asked) - known:
            self.wishes.append(wish)
            self.counts.taken[f"waits: {wish.action}"] += 1
            if self.rng.random() < 0.8:
                self.confirm(number)
        return None

    def confirm(self, number: int) -> bool:
        """Let another of the group confirm what waits; tell whether it took effect."""
        office = self.rng.choice(("county", "township", "county", "finance", "village"))
        names = [*self.setting.group, "h-county-agreeing"]
        return self.do(
            Wish("confirm_request", office, self.rng.choice(names), self.today, self.today, {"request": number})
        )

    def wish(self, act: Next, person: str, **more: Any) -> Wish:
        """Return an act as somebody would take it today."""
        return Wish(
            act.action, act.office, person, self.today, self.today, {**act.data, **more}, tuple(act.papers.split())
        )

    def honest(self, office: str, action: str) -> str:
        """Return the official of an office who takes only this act, and never what is not right."""
        name = f"h-{office.replace('_', '-')}-{action.replace('_', '-')}"
        self.setting.cast.offices.setdefault(name, (office,))  # type: ignore[attr-defined]
        return name

    def colluder(self, office: str) -> str | None:
        """Return one of the group who holds an office, None where none does."""
        able = [name for name in self.setting.group if office in self.setting.cast.offices[name]]
        return self.rng.choice(able) if able else None

    def second(self, person: str) -> str:
        """Return who else agrees: another of the group, else somebody who is nobody else."""
        others = [name for name in self.setting.group if name != person]
        return self.rng.choice(others) if others else self.rng.choice((person, person.upper(), "p-nobody"))

    def right(self, act: Next) -> bool:
        """Take a right act: by one of the group where that is allowed, else by an honest official."""
        person = self.colluder(act.office) if self.rng.random() < 0.6 else None
        if person and self.do(self.wish(act, person)):
            return True
        return self.do(self.wish(act, self.honest(act.office, act.action)))

    # ------------------------------------------------------------------ going on

    def part(self) -> Part | None:
        """Return the place of the road where the case stands."""
        return next((part for part in self.stage.road.road if part.state == self.stage.case.state), None)

    def forward(self) -> bool:
        """Take the case on by a right act; tell whether it moved."""
        if self.part() is None:
            return self.stage.case.state != "archived" and self._beside()
        try:
            if self.right(self.valid.next()):
                return True
        except NO_WAY:
            pass
        return self._mend()

    def _beside(self) -> bool:
        """Bring a case back onto the road."""
        onward = {
            "returned_to_village": "resubmit",
            "returned_to_township": "resubmit",
            "rectification": "complete_rectification",
        }
        action = onward.get(self.stage.case.state, "reopen")
        act = self.stage.act(action)
        if act is None or (action == "reopen" and self.rng.random() < 0.5):
            return False
        person = self.honest(act.offices[0], action)
        more = {"reason": "重新办理", "agreed_by": self.honest("county", "agreeing")} if action == "reopen" else {}
        return self.do(self.wish(Next(action, act.offices[0], "", more), person))

    def _mend(self) -> bool:
        """Do what the refusals of the next act ask for; tell whether anything was done."""
        part = self.part()
        if part is None:
            return False
        try:
            act = self.valid.own_data(part)
        except NO_WAY:
            return False
        decision = self.stage.ask(self.wish(act, self.honest(act.office, act.action)))
        unmet = {f.guard: f for f in decision.unmet} if decision else {}
        for guard, finding in unmet.items():
            mending = getattr(self, f"_{guard}", None)
            if mending is not None and mending(finding):
                return True
            if finding.opens_on is not None and finding.opens_on > self.today:
                self.today = finding.opens_on
                return True
        return False

    def _not_suspended(self, finding: Any) -> bool:
        return self._simply("resume")

    def _no_open_objection(self, finding: Any) -> bool:
        open_ = [n for n, o in self.stage.case.record.objections.items() if "answer" not in o]
        told = {"objection": int(open_[0]), "upheld": False, "outcome_reason": "经查不实"} if open_ else {}
        if open_:
            return self._simply("answer_objection", **told)
        return self._simply("return_to_village", reason="异议成立") or self._simply("withdraw", reason="异议成立")

    def _rejected_papers_resent(self, finding: Any) -> bool:
        return self._simply("attach", " ".join(self.stage.case.rejected))

    def _paper_attached(self, finding: Any) -> bool:
        return self._simply("attach", str(finding.values["paper"]))

    def _publicity_days_complete(self, finding: Any) -> bool:
        part = self.part()
        level = part.step.at if part is not None else ""
        return bool(finding.values.get("down")) and self._simply("repost_notice", level=level)

    def _simply(self, action: str, papers: str = "", **data: Any) -> bool:
        act = self.stage.act(action)
        offices = act.offices if act else ()
        return any(self.do(self.wish(Next(action, o, papers, data), self.honest(o, action))) for o in offices)

    def wait(self, days: int) -> None:
        """Let time pass."""
        self.today += timedelta(days=days)
