"""What a case's history comes to for the model of the floor: which steps stand, what hung, what was said and paid.

It reads lines: who did what on which day with which data and papers, and the state before and after. A step stands from
when it was taken until the case comes back to its place or before it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tests.prove.floor_days import Hung
from tests.prove.floor_plan import CLOSED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.prove.floor_plan import Place, Plan


@dataclass
class Line:
    """A line of a history as it was told."""

    n: int
    act: str
    start: str
    end: str
    by: str
    office: str
    on: date
    data: dict[str, Any] = field(default_factory=dict)
    papers: tuple[str, ...] = ()


def day_of(value: Any) -> date:
    """Return a day that may be written as text."""
    return value if isinstance(value, date) else date.fromisoformat(str(value))


def fen(value: Any) -> int:
    """Return yuan as whole fen."""
    return int(Decimal(str(value)) * 100)


class CaseOfFloor:
    """One household's case, folded by the model itself."""

    def __init__(
        self, plans: Mapping[str, Plan], plan: str, intake: str | None, opened: Line, kin: frozenset[str]
    ) -> None:
        self.plans, self.intake, self.kin = plans, intake, kin
        self.household: dict[str, Any] = dict(opened.data)
        self.stands: dict[str, Line] = {}
        self.facts: dict[str, list[Line]] = {}
        self.papers: dict[str, int] = {}
        self.rejected: dict[str, int] = {}
        self.notices: dict[str, Hung] = {}
        self.posted: dict[str, int] = {}  # number of the line that last posted a level's notice
        self.pauses: list[tuple[date, date | None]] = []
        self.ended: date | None = None
        self.identity_of = 0  # the line since which the household is who it is
        self.aside: dict[str, int] = {}  # who ever stepped aside, since which line
        self.paid = 0
        self.under(plan)
        self._papers(opened)

    def under(self, plan: str) -> None:
        """Let the case go by a plan."""
        self.plan = self.plans[plan]
        self.road = self.plan.road(self.intake)
        self.place: dict[str, int] = {part.state: n for n, part in enumerate(self.road)}
        self.of: dict[str, int] = {part.action: n for n, part in enumerate(self.road)}

    def part(self, kind: str) -> Place | None:
        """Return the plan's last place of a kind, whether or not an intake passes it."""
        return next((part for part in reversed(self.plan.road(None)) if part.kind == kind), None)

    def step(self, kind: str) -> Line | None:
        """Return the step of a kind, if it stands."""
        part = self.part(kind)
        return self.stands.get(part.action) if part else None

    def on_file(self) -> set[str]:
        """Return the kinds of papers on the file; a rejected one is not, until it comes again."""
        return {kind for kind, n in self.papers.items() if n >= self.rejected.get(kind, 0)}

    @property
    def persons(self) -> int:
        """Return how many persons the household has."""
        return 1 + len(self.household.get("members") or ())

    def take(self, line: Line) -> None:
        """Fold a line in."""
        self._steps_aside(line.data.get("stepped_aside"), line.n)
        self._papers(line)
        if line.act in self.of or line.act == "waive_appraisal":
            self.stands[line.act] = line
        else:
            self.facts.setdefault(line.act, []).append(line)
        special = getattr(self, f"_{line.act}", None)
        if special is not None:
            special(line)
        elif line.act.startswith("post_") and line.act.endswith("_notice"):
            self._post(line)
        self._arrive(line)

    def _steps_aside(self, persons: Any, n: int) -> None:
        for person in persons or ():
            self.aside.setdefault(person.casefold(), n)

    def _papers(self, line: Line) -> None:
        if line.act != "file_late_paper":
            self.papers |= dict.fromkeys(line.papers, line.n)

    def _arrive(self, line: Line) -> None:
        """Forget the steps that have to be taken anew where the case went back, and note its ends."""
        if line.end in CLOSED and line.start not in CLOSED:
            self.ended = line.on
        elif self.ended is not None and line.end not in CLOSED:
            self.pauses.append((self.ended, line.on))
            self.ended = None
        if line.end in CLOSED and self.pauses and self.pauses[-1][1] is None:
            self.pauses[-1] = (self.pauses[-1][0], line.on)
        at = self.place.get(line.end)
        if line.start == line.end or at is None or line.act in self.of or line.act == "waive_appraisal":
            return
        for action in [name for name in self.stands if self._place_of(name) >= at]:
            del self.stands[action]

    def _place_of(self, action: str) -> int:
        name = "record_appraisal" if action == "waive_appraisal" else action
        return self.of.get(name, len(self.road))

    # ------------------------------------------------------------------ notices

    def _post(self, line: Line) -> None:
        level = line.act.removeprefix("post_").removesuffix("_notice")
        days = {place: day_of(day) for place, day in (line.data.get("posted") or {}).items()}
        places = {place: [[days.get(place, line.on), None]] for place in line.data.get("places") or ()}
        self.notices[level] = Hung(max([line.on, *(days[p] for p in days if p in places)]), places)  # type: ignore[arg-type]
        self.posted[level] = line.n

    def _take_down_notice(self, line: Line) -> None:
        if line.data["level"] in self.notices:
            self.notices[line.data["level"]].down(line.data["place"], line.on)

    def _repost_notice(self, line: Line) -> None:
        level = line.data["level"]
        if level not in self.notices:
            return
        notice, anew = self.notices[level], bool(line.data.get("corrected"))
        where = line.data.get("places") or list(notice.places)
        for place in where:
            if anew:
                notice.down(place, line.on)
            notice.up(place, line.on)
        if anew:
            notice.start = line.on
            self.posted[level] = line.n

    def _suspend(self, line: Line) -> None:
        self.pauses.append((line.on, None))

    def _resume(self, line: Line) -> None:
        if self.pauses and self.pauses[-1][1] is None:
            self.pauses[-1] = (self.pauses[-1][0], line.on)

    # ------------------------------------------------------------------ marks, money, corrections, moves

    def _check_document(self, line: Line) -> None:
        kind = line.data["kind"]
        self.rejected.pop(kind, None)
        if not line.data["accepted"]:
            self.rejected[kind] = line.n

    def _pay(self, line: Line) -> None:
        self.paid += fen(line.data["amount"])

    _pay_instalment = _reissue_payment = _pay

    def _payment_returned(self, line: Line) -> None:
        self.paid -= fen(line.data["amount"])

    _record_recovery = _payment_returned

    def _move_policy(self, line: Line) -> None:
        self.under(line.data["policy"])

    def _correct(self, line: Line) -> None:
        asked = line.data["correction"]
        patch = asked.get("household") or {}
        who = ("classes", "head", "members", "no_house")
        if any((patch[name] or None) != (self.household.get(name) or None) for name in who if name in patch):
            self.identity_of = line.n
        self.household |= patch
        for action, fields in (asked.get("acts") or {}).items():
            was = self.stands.get(action)
            if was is None:  # it has to be taken anew, whatever is put right in it
                continue
            data = {**was.data, **{name: value for name, value in fields.items() if name != "on"}}
            on = day_of(fields["on"]) if "on" in fields else was.on
            self.stands[action] = Line(was.n, was.act, was.start, was.end, was.by, was.office, on, data, was.papers)
            self._steps_aside(fields.get("stepped_aside"), line.n)
            if action.startswith("post_") and on != was.on:
                self.notices[action.removeprefix("post_").removesuffix("_notice")].moved(was.on, on)
