"""The values that weigai returns: findings, decisions, events, entries of a record, rows of reports, problems of files."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple, NotRequired, TypeAlias, TypedDict

from .words.render import sentence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Problem(NamedTuple):
    """A problem in a file: the dotted path of its place (None for the whole), its words, and the line from 1 if known."""

    path: str | None
    zh: str
    en: str
    line: int | None = None

    def words(self, lang: str = "zh") -> str:
        """Return the sentence in `lang` ("zh" or "en"), its line first."""
        if self.line is None:
            return self.en if lang == "en" else self.zh
        return f"line {self.line}: {self.en}" if lang == "en" else f"第 {self.line} 行：{self.zh}"

    def within(self, zh: str, en: str, path: str | None = None) -> Problem:
        """Return the problem as one of a larger whole, which the words given name, placed where `path` says."""
        return Problem(path or self.path, f"{zh}：{self.zh}", f"{en}: {self.en}")


class Finding(NamedTuple):
    """The answer of one guard. `reason(lang)` makes its sentence."""

    guard: str
    rule: str | None
    ok: bool
    effect: str  # "block", "warn", or "wait" for the second person
    source: str
    values: Mapping[str, Any] = {}
    opens_on: date | None = None
    who: tuple[str, ...] = ()
    silent: bool = False

    def reason(self, lang: str = "zh") -> str:
        """Return in `lang` ("zh" or "en") what holds, or what does not hold and how to mend it."""
        return sentence(self.guard, self.values, ok=self.ok, silent=self.silent, lang=lang)

    def as_json(self, lang: str = "zh") -> dict[str, Any]:
        """Return the finding as the JSON object of the contract."""
        return {
            "guard": self.guard,
            "rule": self.rule,
            "ok": self.ok,
            "effect": self.effect,
            "reason": self.reason(lang),
            "source": self.source,
            "silent": self.silent,
            "opens_on": self.opens_on.isoformat() if self.opens_on else None,
            "who": list(self.who),
        }


class Decision(NamedTuple):
    """The answer whether an action may be taken, with every finding."""

    action: str
    to: str | None
    allowed: bool
    findings: tuple[Finding, ...]
    who: tuple[str, ...] = ()

    @property
    def unmet(self) -> tuple[Finding, ...]:
        """Return the findings that block."""
        return tuple(f for f in self.findings if not f.ok and f.effect == "block")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """Return the findings that do not hold but only warn."""
        return tuple(f for f in self.findings if not f.ok and f.effect == "warn")

    @property
    def waiting(self) -> tuple[Finding, ...]:
        """Return the findings that let the act wait for a second person."""
        return tuple(f for f in self.findings if not f.ok and f.effect == "wait")

    @property
    def opens_on(self) -> date | None:
        """Return the first day on which the action opens, if only the day is missing; else None."""
        unmet = self.unmet
        if not unmet or any(f.opens_on is None for f in unmet):
            return None
        return max(f.opens_on for f in unmet if f.opens_on)

    def as_json(self, lang: str = "zh") -> dict[str, Any]:
        """Return the decision as the JSON object of the contract."""
        return {
            "action": self.action,
            "to": self.to,
            "allowed": self.allowed,
            "who": list(self.who),
            "opens_on": self.opens_on.isoformat() if self.opens_on else None,
            "findings": [f.as_json(lang) for f in self.findings],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of a stream, as written. `data` and `changes` hold personal leaves as {"$commit": hex}.

    `findings` are those that warned; of a decision on the household all of them, what it rested on ("ok": true).
    `entered` says how it was entered at a command line: {"user": of the system}, None where a host wrote it; `newest` in
    it is when an event of the county was recorded that is there already and later.
    """

    county: str
    stream: str
    seq: int
    request_id: str
    action: str
    from_state: str | None
    to_state: str | None
    acted_by: str
    office: str
    recorded_by: str
    occurred_on: str
    recorded_at: str
    policy_hash: str | None
    changes: Mapping[str, Any]
    documents: Sequence[Mapping[str, Any]]
    findings: Sequence[Mapping[str, Any]]
    prev_hash: str | None
    hash: str
    alg: str = "sha256"
    entered: Mapping[str, Any] | None = None

    @property
    def warnings(self) -> tuple[Mapping[str, Any], ...]:
        """Return the findings that warned."""
        return tuple(f for f in self.findings if not f.get("ok"))


Data: TypeAlias = "Mapping[str, Any]"  # what an act was told, as its form stores it


class FactEntry(TypedDict):
    """A fact as the record has it; one that was recorded for a list names the list and the event that made it."""

    on: str
    by: str
    office: str
    data: Data
    list: NotRequired[str]
    list_event: NotRequired[str]


# An act as the record has it: `from` is the state it was taken in, `resumes` the one that it leads back to.
StepEntry = TypedDict(
    "StepEntry",
    {
        "seq": int,
        "from": str,
        "on": str,
        "by": str,
        "office": str,
        "data": "Data",
        "resumes": NotRequired[str],
        "list": NotRequired[str],
        "list_event": NotRequired[str],
    },
)


class Notice(TypedDict):
    """A notice that was posted: see `counting.publicity`."""

    posted_on: str
    counted_from: str
    places: Mapping[str, list[list[str | None]]]
    opens_on: str | None
    calendar: str | None
    least: NotRequired[str | None]


class Clock(TypedDict):
    """A deadline that runs."""

    due: str
    rule: str | None
    who: list[str]


class ObjectionEntry(TypedDict):
    """An objection to a notice: `answer` is the number of the event that answered it."""

    level: str
    late: bool
    answer: NotRequired[int]
    upheld: NotRequired[bool]


class Doubt(TypedDict):
    """A guard that no longer holds: `by` names the authority that denied what it had confirmed."""

    guard: str
    rule: str | None
    source: str
    since: NotRequired[int]
    by: NotRequired[str]


class Mark(TypedDict):
    """The last mark that a paper got."""

    seq: int
    accepted: bool


class Suspended(TypedDict):
    """Since when a case is suspended, and by which event."""

    on: str
    seq: int


class PendingEntry(TypedDict):
    """An act that waits for its second person: by whom and for which day it was asked, and who may confirm it."""

    action: str
    on: str
    by: str
    office: str
    recorded_by: str
    recorder_office: str
    data: Data
    waits_for: list[str]
    list: NotRequired[str]
    list_event: NotRequired[str]


class ErasureEntry(TypedDict):
    """Whose personal values were erased."""

    on: str
    by: str
    office: str
    person: str
    reason: str | None
    agreed_by: str | None
    confirmed: NotRequired[bool]


class SubsidyTerms(TypedDict):
    """What every m2 brings, up to which area."""

    rate_fen: int
    area_cap: NotRequired[str]


Json: TypeAlias = "bool | int | str | list[Json] | dict[str, Json] | None"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of a report, a list, a duty or the register. A subclass names its fields in the order in which its JSON object has them."""

    def as_json(self) -> dict[str, Json]:
        """Return the row as the JSON object of the contract: days as YYYY-MM-DD, decimals as text, rows within it as objects."""
        return {each.name: plain(getattr(self, each.name)) for each in fields(self)}


def plain(value: object) -> Json:
    """Return a value of a row as JSON.

    Raises:
        TypeError: it has no form in JSON.
    """
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, Row):
        return value.as_json()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return _object(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def _object(value: Mapping[object, object]) -> dict[str, Json]:
    return {str(name): plain(each) for name, each in value.items()}
