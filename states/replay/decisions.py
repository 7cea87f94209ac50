"""Ask every act of a case again, as of its own moment and policy, and compare the answer with its event.

A policy's content that was changed, used and put back, or a case row that was, leaves an act that its own policy would not
have allowed, or not with these findings. Not judged: guards that ask other cases, persons or open personal values. Who
agreed is asked of the register's events.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from ..actor import Actor, Document
from ..calendar import shanghai_date
from ..decide import decide, traits_of
from ..effects import changes_of
from ..entry import entry_in
from ..errors import InputRefused, YearUndetermined
from ..forms.acts import restored
from ..guards.base import REGISTRY, Around, Before, Question, Tally
from ..procedure.beside import BESIDE
from ..record import APPROVED_FEN, LINE, SUBSIDY_KIND, SUBSIDY_TERMS, CaseRecord

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..calendar import Calendar
    from ..case import Case
    from ..procedure.graph import Act, Procedure
    from ..values import Decision, Event, Finding

_SINCE = frozenset({"exemption_lifts"})  # an earlier program granted what lifts nothing now
Agreed = Callable[["Event", str | None], Mapping[str, Any]]  # what `Around` says of who agreed
_MONEY = (LINE, SUBSIDY_KIND, APPROVED_FEN, SUBSIDY_TERMS)


class Differs(NamedTuple):
    """An act whose event says other than its policy: its number and name, and the guards or values that differ."""

    seq: int
    action: str
    guards: tuple[str, ...]


def differing(
    case: Case,
    events: Sequence[Event],
    procedure: Callable[[str], Procedure],
    calendar: Calendar,
    classes: Callable[[int], frozenset[str]],
    agreed: Agreed | None = None,
) -> Iterator[Differs]:
    """Yield the acts of a case whose events say other than their policies do.

    Args:
        events: the case's own, oldest first.
        procedure: the procedure of a policy's hash.
        classes: the household's classes before the event of a number.
        agreed: which offices whoever agreed to an event held, by the events of the register; else it is not asked.
    """
    record = CaseRecord()
    state, opened, before = "", date.fromisoformat(events[0].occurred_on), dict[int, Before]()
    for event in events:
        there = replace(
            case,
            state=state,
            version=event.seq - 1,
            record=record,
            classes=classes(event.seq),
            policy_hash=event.policy_hash or case.policy_hash,
        )
        if event.action not in BESIDE and event.policy_hash is not None:
            own = procedure(event.policy_hash)
            intake = record.intake
            guards = _differs(
                there, event, own.of(intake if intake in own.variants else None, opened), calendar, before, agreed
            )
            if guards:
                yield Differs(event.seq, event.action, guards)
        if event.to_state is not None and event.to_state != state:
            before[event.seq] = Before(record, event.changes, "", ())
        record, state = record.folded(event.changes), event.to_state or state


def _differs(
    case: Case,
    event: Event,
    procedure: Procedure,
    calendar: Calendar,
    before: Mapping[int, Before],
    agreed: Agreed | None,
) -> tuple[str, ...]:
    """Return what an event says other than its policy."""
    entry = entry_in(event.changes, event.action, event.seq)
    if event.action not in procedure.acts or entry is None:
        return ("action_available",)
    act = procedure.act(case.state, event.action)
    if act.form == "correction":  # what it comes to is asked of the open values alone
        return ()
    last = case.last_step
    around = Around(
        quotas={quota.id: Tally() for quota, _ in procedure.quotas},
        lines={line.id: Tally() for line, _ in procedure.lines},
        before=before.get(last[1]["seq"]) if last else None,
        **(agreed(event, entry["data"].get("agreed_by")) if agreed else {}),
    )
    try:
        q = _question(case, event, procedure, act, entry, calendar)
        q = replace(q, around=around)
        decision = decide(q)
    except (InputRefused, YearUndetermined):  # an earlier program took another form, or counted with other days
        return ()
    judged = frozenset(("second",)) if agreed else frozenset[str]()
    return (*_otherwise(event, decision, act, judged), *_moved(event, decision, act), *_paid(q, event, act))


def _question(
    case: Case, event: Event, procedure: Procedure, act: Act, entry: Mapping[str, Any], calendar: Calendar
) -> Question:
    """Return the question of an act at its own moment."""
    data = restored(act.form, entry["data"])
    actor = Actor.recorded(event.acted_by, event.office, case.unit)
    return Question(
        case=case,
        procedure=procedure,
        act=act,
        actor=actor,
        recorder=actor,
        on=date.fromisoformat(event.occurred_on),
        today=shanghai_date(datetime.fromisoformat(event.recorded_at)),
        data=data,
        documents=tuple(Document(paper["kind"], "", 0) for paper in event.documents),
        calendar=calendar,
        traits=traits_of(case, procedure, act, data),
        listed="list" in entry,
    )


def _otherwise(event: Event, decision: Decision, act: Act, known: frozenset[str]) -> tuple[str, ...]:
    """Return the guards that bar the act and not in its event, and those whose answer was another one."""
    told: dict[tuple[Any, ...], set[bool]] = {}
    for one in event.findings:
        told.setdefault(_key(one["guard"], one["rule"], one.get("values", {})), set()).add(bool(one.get("ok")))
    found = []
    for finding in decision.findings:
        kept = told.get(_key(finding.guard, finding.rule, finding.values))
        if not _judged(finding, known):
            continue
        barred = not finding.ok and finding.effect != "warn" and (kept is None or False not in kept)
        if barred or (act.decides and kept is not None and finding.ok not in kept):
            found.append(finding.guard)
    return tuple(dict.fromkeys(found))


def _key(guard: str, rule: Any, values: Mapping[str, Any]) -> tuple[Any, ...]:
    return guard, rule, values.get("paper")


def _judged(finding: Finding, known: frozenset[str]) -> bool:
    own = REGISTRY.get(finding.guard)
    return own is None or (finding.guard not in _SINCE and known.issuperset(own.needs))


def _moved(event: Event, decision: Decision, act: Act) -> tuple[str, ...]:
    """Tell of an act that led elsewhere."""
    led = act.moves and decision.to is not None and str(decision.to) != event.to_state
    return ("state",) if led else ()


def _paid(q: Question, event: Event, act: Act) -> tuple[str, ...]:
    """Return what an approval fixed otherwise than the policy does."""
    if act.kind != "approval":
        return ()
    own = changes_of(q, event.seq)
    return tuple(name for name in _MONEY if event.changes.get(name) != own.get(name))
