"""The record of a case: what its events add up to. Only this file knows what a record holds, and at which paths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .values import (
        Clock,
        Data,
        Doubt,
        ErasureEntry,
        FactEntry,
        Mark,
        Notice,
        ObjectionEntry,
        PendingEntry,
        StepEntry,
        SubsidyTerms,
        Suspended,
    )


class _Fields(TypedDict, total=False):
    acts: Mapping[str, StepEntry]
    approved_fen: int | None
    archive_no: str
    clocks: Mapping[str, Clock]
    doubts: Mapping[str, Doubt]
    erased: Mapping[str, ErasureEntry]
    facts: Mapping[str, Mapping[str, FactEntry]]
    follows: str
    household: Data
    intake: str
    kept_clocks: Mapping[str, Clock]
    late_papers: Mapping[str, Mapping[str, int]]
    line: str | None
    marks: Mapping[str, Mark]
    objections: Mapping[str, ObjectionEntry]
    opens_on: str | None
    paid_fen: int
    papers: Mapping[str, Mapping[str, int]]
    pending: Mapping[str, PendingEntry]
    publicity: Mapping[str, Notice]
    recover_fen: int
    returned_fen: int
    subsidy_kind: str
    subsidy_terms: SubsidyTerms
    suspended: Suspended
    suspensions: Mapping[str, list[str]]


_EMPTY: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Table:
    """A part of the record with entries by name or number, and how a change names one of them."""

    name: str

    def path(self, *parts: str | int) -> str:
        """Return the path of an entry, or of a value within it."""
        return "/".join((self.name, *map(str, parts)))

    def has(self, path: str) -> bool:
        """Tell whether a path leads into this part."""
        return path.startswith(f"{self.name}/")

    def named(self, paths: Iterable[str]) -> set[str]:
        """Return what paths that lead into this part name in it."""
        return {path.removeprefix(f"{self.name}/") for path in paths if self.has(path)}


ACTS, FACTS, HOUSEHOLD = Table("acts"), Table("facts"), Table("household")
PAPERS, LATE_PAPERS, MARKS = Table("papers"), Table("late_papers"), Table("marks")
PUBLICITY, OBJECTIONS, DOUBTS = Table("publicity"), Table("objections"), Table("doubts")
CLOCKS, KEPT_CLOCKS, SUSPENSIONS = Table("clocks"), Table("kept_clocks"), Table("suspensions")
ERASED, PENDING = Table("erased"), Table("pending")
UNIT, INTAKE, FOLLOWS, ARCHIVE_NO = "unit", "intake", "follows", "archive_no"
OPENS_ON, SUSPENDED = "opens_on", "suspended"
LINE, SUBSIDY_KIND, SUBSIDY_TERMS, APPROVED_FEN = "line", "subsidy_kind", "subsidy_terms", "approved_fen"
CANCELLED_FEN, OVER_AREA = "cancelled_fen", "over_area"
PAID_FEN, RETURNED_FEN, RECOVER_FEN = "paid_fen", "returned_fen", "recover_fen"
RECOVERED_FEN, REFUNDED_FEN = "recovered_fen", "refunded_fen"


@dataclass(frozen=True, slots=True, init=False, eq=False)
class CaseRecord(Mapping[str, Any]):
    """The folded record of a case, read by the names of what it holds; nothing in it is copied or changed.

    Areas in it are strings in m2 with two decimals, money whole fen, dates ISO strings.
    """

    _fields: _Fields

    def __init__(self, record: Mapping[str, object] = _EMPTY) -> None:
        object.__setattr__(self, "_fields", record)

    def __getitem__(self, name: str) -> Any:
        return self.plain[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    @property
    def plain(self) -> Mapping[str, Any]:
        """Return the mapping itself, as it is stored."""
        return self._fields

    def folded(self, changes: Mapping[str, object]) -> CaseRecord:
        """Return the record with one event's changes folded in: see `folded`."""
        return CaseRecord(folded(self._fields, changes))

    def at(self, path: str) -> Any:
        """Return what stands at the path of a change, None where nothing does."""
        value: Any = self._fields
        for key in path.split("/"):
            value = value.get(key) if isinstance(value, dict) else None
        return value

    def fen(self, name: str) -> int:
        """Return an amount in fen by its path, 0 where there is none."""
        return int(self.plain.get(name) or 0)

    def facts(self, name: str) -> Mapping[str, FactEntry]:
        """Return the entries of a fact by the numbers of their events."""
        return self.all_facts.get(name, _EMPTY)

    def act_seq(self, action: str) -> int:
        """Return the number of the event that last took an action, 0 where none did."""
        return self.acts.get(action, _EMPTY).get("seq", 0)

    @property
    def acts(self) -> Mapping[str, StepEntry]:
        """Return the last entry of every act that moved the case, by action."""
        return self._fields.get("acts", _EMPTY)

    @property
    def all_facts(self) -> Mapping[str, Mapping[str, FactEntry]]:
        """Return the entries of every fact, by its name and the numbers of their events."""
        return self._fields.get("facts", _EMPTY)

    @property
    def household(self) -> Data:
        """Return the household as opened and corrected; personal leaves are commitments."""
        return self._fields.get("household", _EMPTY)

    @property
    def papers(self) -> Mapping[str, Mapping[str, int]]:
        """Return how many papers each event brought, by kind."""
        return self._fields.get("papers", _EMPTY)

    @property
    def late_papers(self) -> Mapping[str, Mapping[str, int]]:
        """Return how many papers each event brought after the file was sealed, by kind."""
        return self._fields.get("late_papers", _EMPTY)

    @property
    def marks(self) -> Mapping[str, Mark]:
        """Return the last mark of each kind of paper."""
        return self._fields.get("marks", _EMPTY)

    @property
    def publicity(self) -> Mapping[str, Notice]:
        """Return the notice of each level."""
        return self._fields.get("publicity", _EMPTY)

    @property
    def objections(self) -> Mapping[str, ObjectionEntry]:
        """Return the objections by number."""
        return self._fields.get("objections", _EMPTY)

    @property
    def doubts(self) -> Mapping[str, Doubt]:
        """Return the guards that no longer hold, by "action:guard"."""
        return self._fields.get("doubts", _EMPTY)

    @property
    def clocks(self) -> Mapping[str, Clock]:
        """Return the deadlines that run, by name."""
        return self._fields.get("clocks", _EMPTY)

    @property
    def kept_clocks(self) -> Mapping[str, Clock]:
        """Return the deadlines that wait for a reopening, by name."""
        return self._fields.get("kept_clocks", _EMPTY)

    @property
    def suspended(self) -> Suspended | None:
        """Return since when the case is suspended."""
        return self._fields.get("suspended")

    @property
    def suspensions(self) -> Mapping[str, list[str]]:
        """Return the first and the last day of every suspension that ended."""
        return self._fields.get("suspensions", _EMPTY)

    @property
    def erased(self) -> Mapping[str, ErasureEntry]:
        """Return the erasures by number."""
        return self._fields.get("erased", _EMPTY)

    @property
    def pending(self) -> Mapping[str, PendingEntry]:
        """Return the acts that wait for a second person, by the numbers of their events."""
        return self._fields.get("pending", _EMPTY)

    @property
    def opens_on(self) -> str | None:
        """Return the day on which the running publicity is over."""
        return self._fields.get("opens_on")

    @property
    def intake(self) -> str | None:
        """Return the way in that is not the usual one."""
        return self._fields.get("intake")

    @property
    def follows(self) -> str | None:
        """Return the case that this one goes on from."""
        return self._fields.get("follows")

    @property
    def archive_no(self) -> str | None:
        """Return the number of the file."""
        return self._fields.get("archive_no")

    @property
    def line(self) -> str | None:
        """Return the budget line that the approval fixed."""
        return self._fields.get("line")

    @property
    def subsidy_kind(self) -> str | None:
        """Return the kind of subsidy that the approval fixed."""
        return self._fields.get("subsidy_kind")

    @property
    def subsidy_terms(self) -> SubsidyTerms:
        """Return what every m2 brings; only a subsidy of the kind "per_m2" has it."""
        return self._fields["subsidy_terms"]

    @property
    def approved_fen(self) -> int | None:
        """Return the approved amount."""
        return self._fields.get("approved_fen")

    @property
    def paid_fen(self) -> int | None:
        """Return what was paid and not recovered."""
        return self._fields.get("paid_fen")

    @property
    def returned_fen(self) -> int | None:
        """Return what the bank sent back."""
        return self._fields.get("returned_fen")

    @property
    def recover_fen(self) -> int | None:
        """Return what is to be recovered."""
        return self._fields.get("recover_fen")


def folded(record: Mapping[str, object], changes: Mapping[str, object]) -> dict[str, Any]:
    """Return the record with one event's changes folded in: each path is set, or removed where the value is None.

    The record itself is left as it is; only what lies on a changed path is copied.
    """
    new: dict[str, Any] = dict(record)
    own: set[int] = set()
    for path, value in changes.items():
        *parents, leaf = path.split("/")
        node = new
        for key in parents:
            child = node.get(key)
            if child is None or id(child) not in own:
                child = dict(child or {})
                own.add(id(child))
                node[key] = child
            node = child
        if value is None:
            node.pop(leaf, None)
        else:
            node[leaf] = value
    return new
