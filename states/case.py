"""A case: one household's application, computed from its events."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from .record import (
    ACTS,
    CLOCKS,
    DOUBTS,
    ERASED,
    FACTS,
    HOUSEHOLD,
    KEPT_CLOCKS,
    OBJECTIONS,
    PAPERS,
    PENDING,
    PUBLICITY,
    CaseRecord,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .values import Data, FactEntry, StepEntry


# what reading an event or a row raises that no program of ours wrote
FORGED = (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError)
_TABLES = (ACTS, CLOCKS, DOUBTS, ERASED, FACTS, HOUSEHOLD, KEPT_CLOCKS, OBJECTIONS, PAPERS, PENDING, PUBLICITY)
_OF_ACT = {"seq": int, "on": str, "data": dict}


def is_record(told: object) -> bool:
    """Tell whether a value has the form of a case's record, down to its acts and facts."""
    if not (isinstance(told, dict) and all(isinstance(told.get(table.name, {}), dict) for table in _TABLES)):
        return False
    record = CaseRecord(told)
    facts = record.all_facts.values()
    if not all(isinstance(entries, dict) and all(map(str.isdecimal, entries)) for entries in (*facts, record.pending)):
        return False
    entries: list[Mapping[str, object]] = [*record.acts.values(), *(entry for each in facts for entry in each.values())]
    entries += record.pending.values()
    if not all(isinstance(entry, dict) for entry in entries):
        return False
    return all(isinstance(entry[name], kind) for entry in entries for name, kind in _OF_ACT.items() if name in entry)


CLOSED = ("not_reported", "ineligible", "withdrawn", "refused", "disqualified", "archived")  # states that end a case


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One household's application in its present state, computed from its events.

    `record` is the folded record: acts, facts, papers, publicity and computed values.
    `key_lost` says that its classes cannot be opened, `damaged` that its row has not the form of one: only in lists and
    reports, no act is taken on such a case.
    """

    id: str
    county: str
    unit: str
    policy_id: str
    policy_hash: str
    state: str
    version: int
    head: str
    classes: frozenset[str] = frozenset()
    record: CaseRecord = field(default_factory=CaseRecord)
    key_lost: bool = False
    damaged: bool = False

    @property
    def household(self) -> Data:
        """Return the household as opened and corrected; personal leaves are commitments."""
        return self.record.household

    def act(self, action: str) -> Data:
        """Return the data of the last `action` taken, or an empty mapping."""
        entry = self.record.acts.get(action)
        return entry["data"] if entry else {}

    def act_on(self, action: str) -> date | None:
        """Return the day on which `action` was last taken."""
        entry = self.record.acts.get(action)
        return date.fromisoformat(entry["on"]) if entry else None

    def facts(self, name: str) -> list[FactEntry]:
        """Return the entries of the fact `name`, oldest entry first: {"on", "by", "office", "data"}."""
        entries = self.record.facts(name)
        return [entries[seq] for seq in sorted(entries, key=int)]

    def fact_on(self, name: str) -> date | None:
        """Return the earliest day of the fact `name`."""
        days = [entry["on"] for entry in self.facts(name)]
        return date.fromisoformat(min(days)) if days else None

    @property
    def closed(self) -> bool:
        """Tell whether the case has ended: it was archived, or left the road."""
        return self.state in CLOSED

    @property
    def last_step(self) -> tuple[str, StepEntry] | None:
        """Return the name and entry of the last step that moved the case, None for one that never moved."""
        taken = self.record.acts
        acts = [(entry["seq"], name) for name, entry in taken.items() if name != "open_case"]
        if not acts:
            return None
        _, name = max(acts)
        return name, taken[name]

    @property
    def papers(self) -> frozenset[str]:
        """Return the kinds of the papers that are on the file; a rejected one is not, until it is sent again."""
        return frozenset(self.record.papers) - frozenset(self.rejected)

    @property
    def rejected(self) -> tuple[str, ...]:
        """Return the kinds of papers whose last mark rejects them and that were not sent again since."""
        papers = self.record.papers
        return tuple(
            kind
            for kind, mark in sorted(self.record.marks.items())
            if not mark["accepted"] and max((int(seq) for seq in papers.get(kind, ())), default=0) < mark["seq"]
        )

    def exemptions(self, on: date, act: str | None = None, *, taken: bool = False) -> list[tuple[int, Data]]:
        """Return the exemptions in force on a day: (number, what was granted).

        Args:
            on: the day.
            act: those that hold for this act only.
            taken: the act was taken already; else an exemption for one act that was taken since is used up.
        """
        day = on.isoformat()
        found = self.record.facts("exempt")
        return [
            (int(seq), entry["data"])
            for seq, entry in sorted(found.items(), key=lambda item: int(item[0]))
            if entry["on"] <= day <= (entry["data"].get("until") or "9999-12-31")
            and self._still_for(entry["data"].get("act"), int(seq), act, taken)
        ]

    def _still_for(self, named: str | None, number: int, act: str | None, taken: bool) -> bool:
        """Tell whether an exemption that names an act, or none, holds for an act (None: for any)."""
        if named is None:
            return True
        return act in (None, named) and (taken or self._last_taken(named) < number)

    def _last_taken(self, act: str) -> int:
        """Return the number of the last event by which an act was taken, 0 where there is none."""
        return max([self.record.act_seq(act), *map(int, self.record.facts(act))])

    @property
    def no_house(self) -> bool:
        """Tell whether the household was opened as one without a dwelling (无房户)."""
        return bool(self.household.get("no_house"))

    @property
    def persons(self) -> int:
        """Return how many persons the household has, the head among them."""
        return 1 + len(self.household.get("members") or ())

    @property
    def grade(self) -> str | None:
        """Return the appraised grade, None before the appraisal or without one."""
        return self.act("record_appraisal").get("grade")

    @property
    def mode(self) -> str | None:
        """Return the approved mode (改造方式)."""
        return self.act("approve").get("mode")

    @property
    def builder(self) -> str | None:
        """Return who builds: "household" or "township"."""
        return self.act("approve").get("builder")

    @property
    def approved_area(self) -> Decimal | None:
        """Return the approved area in m2."""
        area = self.act("approve").get("area")
        return Decimal(area) if area is not None else None

    @property
    def last_move_on(self) -> date | None:
        """Return the day of the latest moving act, None for a draft that never moved."""
        days = [entry["on"] for entry in self.record.acts.values()]
        return date.fromisoformat(max(days)) if days else None

    def fen(self, name: str) -> int:
        """Return an amount of the record in fen, 0 where it has none."""
        return self.record.fen(name)


def _marks(record: CaseRecord) -> list[str]:
    """Return what marks a case beside its state: suspended, an open objection, a doubt, an exemption, money, what waits."""
    marks = {
        "suspended": record.suspended,
        "objection": any("answer" not in o for o in record.objections.values()),
        "doubt": record.doubts,
        "exempt": record.facts("exempt"),
        "recover": record.recover_fen,
        "returned_payment": record.returned_fen,
        "pending": record.pending,
    }
    return [name for name, value in marks.items() if value]


def summary(folded: Mapping[str, object]) -> dict[str, object]:
    """Return what a case row copies out of the record, so that reports are plain columns."""
    record = CaseRecord(folded)
    acts = record.acts

    def data(action: str, name: str) -> object:
        entry = acts.get(action)
        return entry["data"].get(name) if entry else None

    def day(action: str) -> str | None:
        entry = acts.get(action)
        return entry["on"] if entry else None

    return {
        "opens_on": record.opens_on,
        "archive_no": record.archive_no,
        "no_house": int(bool(record.household.get("no_house"))),
        "grade": data("record_appraisal", "grade"),
        "mode": data("approve", "mode"),
        "line": record.line,
        "approved_fen": record.approved_fen,
        "paid_fen": record.paid_fen,
        "approved_on": day("approve"),
        "final_on": day("pass_final_acceptance"),
        "due_on": min((clock["due"] for clock in record.clocks.values()), default=None),
        "held": ",".join(_marks(record)) or None,
        "intake": record.intake,
    }
