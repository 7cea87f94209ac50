"""Find suspicions over the whole database, for inspectors and auditors."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any

from ...db.audit.times import of_area
from ...db.cases import kin
from ...db.cases.histories import histories
from ...db.reports import suspicions as found
from ...db.vault.erasure import EVERYBODY
from ...states import arguments as given
from ...states.calendar import shanghai_date, utc_text
from ...states.case import FORGED
from ...states.errors import IntegrityBroken
from ...states.procedure.graph import CLOSED
from ...states.replay.decisions import differing
from ...states.replay.suspicions import (
    WORDS,
    Suspicion,
    days_of,
    delay,
    of_case,
    photo_after_demolition,
    pictures_before,
    vouchers,
)
from ..policies.plans import plans_of, usable
from .offices_not_held import seconds, without_office
from .photos import MOST_BITS, like_photos, same_photos

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from sqlalchemy import Connection

    from ...states.actor import Actor
    from ...states.case import Case
    from ...states.values import Event
    from ..context import Context

KINDS = tuple(WORDS)
_ENDED = tuple(state for state in CLOSED if state != "archived")
_OF_CASE = {
    "photo_after_demolition",
    "publicity_short",
    "paid_before_acceptance",
    "area_over_limit",
    "paid_too_much",
    "same_voucher",
    "account_changed",
    "doubt",
    "key_lost",
    "policy_lost",
    "row_damaged",
}
_EVER = 365_000  # days, or minutes: more is no limit


class Limits:
    """The limits of suspicions: bits between pictures, approvals in a short time, days without an act."""

    def __init__(self, *, bits: int = 6, burst: int = 30, minutes: int = 10, sleep: int = 60) -> None:
        told = {"bits": bits, "burst": burst, "minutes": minutes, "sleep": sleep}
        bits, self.burst, self.minutes, self.sleep = (given.whole(n, f"limits.{name}") for name, n in told.items())
        self.bits = min(bits, MOST_BITS)
        self.minutes, self.sleep = min(self.minutes, _EVER), min(self.sleep, _EVER)


def suspicions(
    context: Context, actor: Actor, policy: str | None, kinds: Sequence[str], limits: Limits
) -> list[Suspicion]:
    """Return everything that looks wrong in the actor's area, by kind and case; `kinds` narrows to some."""
    wanted = set(kinds or KINDS)
    every: list[Suspicion] = []
    for told in _told(context, actor, limits, wanted):
        try:
            every += told()
        except FORGED:  # a row that no program of ours wrote, and that nothing further in leaves out
            every.append(Suspicion("row_damaged", None, (), {}))
    if policy is not None:  # what stands in cases of two plans is told for both
        named = sorted({case for s in every for case in s.cases})
        mine = found.under(context.connection, named, policy)
        every = [s for s in every if mine & set(s.cases)]
    return sorted(every, key=lambda s: (KINDS.index(s.kind), s.cases))


def _told(
    context: Context, actor: Actor, limits: Limits, wanted: set[str]
) -> Iterator[Callable[[], Iterable[Suspicion]]]:
    """Yield what tells each kind that is wanted."""
    connection, units = context.connection, actor.units
    across: dict[str, Callable[[], Iterable[Suspicion]]] = {
        "same_person": lambda: _persons(found.same_numbers(connection, units, "id_number")),
        "same_card": lambda: _cards(connection, units),
        "own_case": lambda: _own(kin.officials(connection, units)),
        "same_photo": lambda: same_photos(found.same_photos(found.pictures(connection, units, context.keys))),
        "like_photo": lambda: like_photos(found.pictures(connection, units, context.keys), limits.bits),
        "entered_late": lambda: _late(context, actor),
        "clock": lambda: _clocks(context, actor),
        "burst": lambda: _bursts(found.taken_singly(connection, units, "approve"), limits),
        "asleep": lambda: _asleep(context, actor, limits),
        "no_office": lambda: without_office(context, actor.units),
        "decided_otherwise": lambda: _decided_otherwise(context, actor),
    }
    yield from (across[kind] for kind in KINDS if kind in wanted & across.keys())
    if wanted & _OF_CASE:
        yield lambda: (s for s in _by_case(context, actor) if s.kind in wanted)


def _standing(group: Iterable[dict[str, Any]]) -> tuple[str, ...]:
    """Return the cases of a group that stand: not ended beside the road, and not gone on from one another (R2)."""
    known = {g["case"]: g for g in group if g["state"] not in _ENDED}
    before = {g["follows"] for g in known.values()}
    return tuple(sorted(case for case in known if case not in before))


def _persons(groups: Iterable[list[dict[str, Any]]]) -> Iterator[Suspicion]:
    """Tell of a person in several cases; several persons of the same cases are told of once (R77)."""
    shared: dict[tuple[str, ...], int] = defaultdict(int)
    for group in groups:
        if len(cases := _standing(group)) > 1:
            shared[cases] += 1
    for cases, count in sorted(shared.items()):
        yield Suspicion("same_person", "R77", cases, {"persons": count})


def _own(rows: Iterable[tuple[str, str, str]]) -> Iterator[Suspicion]:
    """Tell of officials who stand in a household: themselves, a relative whom they declared, or their card (R77)."""
    shared: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for case, person, how in rows:
        shared[case].add((person, how))
    for case, pairs in shared.items():
        told = {"persons": sorted({person for person, _ in pairs}), "how": sorted({how for _, how in pairs})}
        yield Suspicion("own_case", "R77", (case,), told)


def _cards(connection: Connection, units: Sequence[str]) -> Iterator[Suspicion]:
    """Tell of one card for two households; cases that have a person in common are one household's (R40a, R77)."""
    families = [{g["case"] for g in group} for group in found.same_numbers(connection, units, "id_number")]
    for group in found.same_numbers(connection, units, "card"):
        cases = _standing(group)
        if len(cases) > 1 and not set(cases) <= _household(cases[0], families):
            yield Suspicion("same_card", "R77", cases, {})


def _household(case: str, families: Sequence[set[str]]) -> set[str]:
    """Return the cases that a case has persons in common with, directly or through another."""
    own, before = {case}, 0
    while len(own) > before:
        before = len(own)
        own = own.union(*(family for family in families if family & own))
    return own


def _late(context: Context, actor: Actor) -> Iterator[Suspicion]:
    """Tell of cases whose acts were entered later than the plan's days (R78)."""
    worst: dict[str, list[int]] = defaultdict(list)
    plans = plans_of(context, actor.units)
    for case, policy_hash, occurred_on, recorded_at in found.entered_later(context.connection, actor.units):
        plan = plans.get(policy_hash)
        days = plan.policy.guards.entered_in_time.days if plan else None
        late = delay(occurred_on, shanghai_date(_moment(recorded_at)))
        if days is not None and late > days:
            worst[case].append(late)
    for case, delays in worst.items():
        yield Suspicion("entered_late", "R78", (case,), {"count": len(delays), "days": max(delays)})


def _clocks(context: Context, actor: Actor) -> Iterator[Suspicion]:
    """Tell of events whose time cannot be true: by a clock that stood wrong a period may have ended too early."""
    for county, stream, wrong in of_area(context.connection, actor.units, context.recorded_at()):
        told = {**wrong._asdict(), "stream": f"{county}:{stream}", "how": [wrong.how]}
        cases = (stream.removeprefix("case/"),) if stream.startswith("case/") else ()
        yield Suspicion("clock", None, cases, told)


def _bursts(approvals: Iterable[tuple[str, str, str]], limits: Limits) -> Iterator[Suspicion]:
    """Tell of somebody who approved more households in a short while than can be looked at, one by one (R77)."""
    for by, own in groupby(approvals, key=lambda entry: entry[1]):
        window: list[tuple[datetime, str]] = []
        burst: set[str] = set()
        most = 0
        for case, _, recorded_at in own:
            moment = _moment(recorded_at)
            window = [(at, c) for at, c in window if moment - at <= timedelta(minutes=limits.minutes)]
            window.append((moment, case))
            if len(window) > limits.burst:
                burst |= {c for _, c in window}
                most = max(most, len(window))
            elif burst:
                yield _burst(by, burst, most, limits)
                burst, most = set(), 0
        if burst:
            yield _burst(by, burst, most, limits)


def _burst(by: str, cases: set[str], most: int, limits: Limits) -> Suspicion:
    return Suspicion("burst", "R77", tuple(sorted(cases)), {"by": by, "count": most, "minutes": limits.minutes})


def _asleep(context: Context, actor: Actor, limits: Limits) -> Iterator[Suspicion]:
    """Tell of open cases in which nothing was entered for long (R53)."""
    now = context.now()
    since = utc_text(now - timedelta(days=limits.sleep))
    for case, last in found.asleep(context.connection, actor.units, CLOSED, since):
        told = {"since": last[:10], "days": (now - _moment(last)).days}
        yield Suspicion("asleep", "R53", (case,), told)


def _by_case(context: Context, actor: Actor) -> Iterator[Suspicion]:
    """Judge every case's own record, and tell of a voucher that stands in several (R40)."""
    used: dict[str, list[str]] = defaultdict(list)
    plans = plans_of(context, actor.units)
    for case in found.cases(context.connection, actor.units, context.keys):
        if plans.get(case.policy_hash) is None:
            yield _policy_lost(case, case.policy_hash)
            continue
        try:
            told = [*of_case(case, context.road(case), context.calendar)]
            told += photo_after_demolition(case, _picture_days(context, case))
            named = vouchers(case)
        except (*FORGED, IntegrityBroken):  # deep inside its record
            told, named = [_row_damaged(case)], set()
        yield from told
        for voucher in named:
            used[voucher].append(case.id)
    for voucher, cases in used.items():
        if len(cases) > 1:
            yield Suspicion("same_voucher", "R40", tuple(sorted(cases)), {"voucher": voucher})


def _policy_lost(case: Case, policy_hash: str) -> Suspicion:
    return Suspicion("policy_lost", None, (case.id,), {"policy": policy_hash[:19]})


def _row_damaged(case: Case) -> Suspicion:
    return Suspicion("row_damaged", None, (case.id,), {})


def _decided_otherwise(context: Context, actor: Actor) -> Iterator[Suspicion]:
    """Tell of acts whose events say other than the policies that they name; what an erasure took cannot be asked again."""
    plans = plans_of(context, actor.units)
    asked = seconds(context, actor.units)
    for case, events in histories(context.connection, actor.units, context.keys):
        if case.damaged or not events:
            yield from () if case.damaged else (_row_damaged(case),)  # told already, or one of its events is damaged
            continue
        named = {event.policy_hash for event in events if event.policy_hash}
        plans |= {one: usable(context, one) for one in named - plans.keys()}
        lost = sorted(one for one in named if plans[one] is None)
        yield from (_policy_lost(case, one) for one in lost if one != case.policy_hash)
        if lost:
            continue
        gone = any(told["person"] == EVERYBODY for told in case.record.get("erased", {}).values())
        if gone or case.key_lost:
            continue
        classes, agreed = _classes(context, case, events), asked.get(case.county)
        of_case = None if agreed is None else agreed(case)
        try:
            found_here = list(differing(case, events, context.procedure, context.calendar, classes, of_case))
        except FORGED:  # deep inside an event
            yield _row_damaged(case)
            continue
        for one in found_here:
            told = {"action": one.action, "seq": one.seq, "guards": list(one.guards)}
            yield Suspicion("decided_otherwise", None, (case.id,), told)


def _classes(context: Context, case: Case, events: Sequence[Event]) -> Callable[[int], frozenset[str]]:
    """Return what tells the household's classes before an event; where a correction changed them, they are opened."""
    if not any("household/classes" in event.changes for event in events):
        return lambda _: case.classes
    opened = context.cases().private(case)
    by = sorted((seq, frozenset(value)) for (seq, field), value in opened.items() if field == "household/classes")
    return lambda seq: next((value for at, value in reversed(by) if at < seq), case.classes)


def _picture_days(context: Context, case: Case) -> dict[int, str]:
    """Return the days of the events that brought a picture from before; those of undone steps stand in the log alone."""
    wanted, days = pictures_before(case), days_of(case)
    missing = wanted - days.keys()
    return days | found.days(context.connection, case.id, missing) if missing else days


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
