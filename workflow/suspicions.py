"""Findings over the whole database: what single decisions cannot see, for inspectors and auditors.

An official's own card is not looked for: the register of persons holds no card numbers.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ..db import suspicions as found
from ..states.calendar import shanghai_date, utc_text
from ..states.procedure import CLOSED
from ..states.suspicions import WORDS, Suspicion, delay, of_case, vouchers
from .looks import apart

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ..states.case import Actor
    from .context import Context

KINDS = tuple(WORDS)
_ENDED = tuple(state for state in CLOSED if state != "archived")
_BANDS = 8  # looks that differ in fewer bits than there are bands share at least one band


class Limits:
    """From where on something is told: bits between like pictures, approvals in a burst, days of sleep."""

    def __init__(self, *, bits: int = 6, burst: int = 30, minutes: int = 10, sleep: int = 60) -> None:
        self.bits, self.burst, self.minutes, self.sleep = min(bits, _BANDS - 1), burst, minutes, sleep


def suspicions(
    context: Context, actor: Actor, policy: str | None, kinds: Sequence[str], limits: Limits
) -> list[Suspicion]:
    """Return everything that looks wrong in the actor's area, by kind and case; `kinds` narrows to some."""
    wanted = set(kinds or KINDS)
    every = [*_across(context, actor, limits, wanted), *_by_case(context, actor, policy)]
    return sorted((s for s in every if s.kind in wanted), key=lambda s: (KINDS.index(s.kind), s.cases))


def _across(context: Context, actor: Actor, limits: Limits, wanted: set[str]) -> Iterator[Suspicion]:
    connection, units = context.connection, actor.units
    if "same_person" in wanted:
        yield from _persons(found.same_numbers(connection, units, "id_number"))
    if "same_card" in wanted:
        for group in found.same_numbers(connection, units, "card"):
            cases = _standing(group)
            if len(cases) > 1:
                yield Suspicion("same_card", "R77", cases, {})
    if "same_photo" in wanted:
        for group in found.same_photos(connection, units):
            told = {"kinds": sorted({g["kind"] for g in group})}
            if len({g["case"] for g in group}) > 1:
                yield Suspicion("same_photo", "R78", tuple(sorted({g["case"] for g in group})), told)
    if "like_photo" in wanted:
        yield from _alike(found.looks(connection, units), limits.bits)
    if "entered_late" in wanted:
        yield from _late(context, actor)
    if "burst" in wanted:
        yield from _bursts(found.entries(connection, units, "approve"), limits)
    if "asleep" in wanted:
        yield from _asleep(context, actor, limits)


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


def _alike(pictures: Iterable[tuple[str, str, str, str]], bits: int) -> Iterator[Suspicion]:
    """Tell of pictures of two cases that look alike; only those that share a band of their looks are compared (R78)."""
    bands: dict[tuple[int, str], list[tuple[str, str, str, str]]] = defaultdict(list)
    told: set[tuple[str, str]] = set()
    for picture in pictures:
        case, kind, sha256, look = picture
        for place in range(_BANDS):
            band = (place, look[place * 2 : place * 2 + 2])
            for other in bands[band]:
                pair = (min(case, other[0]), max(case, other[0]))
                if other[0] == case or other[2] == sha256 or pair in told or apart(look, other[3]) > bits:
                    continue
                told.add(pair)
                shown = {"kinds": sorted({kind, other[1]}), "bits": apart(look, other[3])}
                yield Suspicion("like_photo", "R78", pair, shown)
            bands[band].append(picture)


def _late(context: Context, actor: Actor) -> Iterator[Suspicion]:
    """Tell of cases whose acts were entered later than the plan's days (R78)."""
    worst: dict[str, list[int]] = defaultdict(list)
    for case, policy_hash, _, occurred_on, recorded_at in found.entries(context.connection, actor.units):
        days = context.procedure(policy_hash).policy.guards.entered_in_time.days
        late = delay(occurred_on, shanghai_date(_moment(recorded_at)))
        if days is not None and late > days:
            worst[case].append(late)
    for case, delays in worst.items():
        yield Suspicion("entered_late", "R78", (case,), {"count": len(delays), "days": max(delays)})


def _bursts(approvals: Iterable[tuple[str, str, str, str, str]], limits: Limits) -> Iterator[Suspicion]:
    """Tell of somebody who approved more households in a short while than can be looked at (R77)."""
    window: list[tuple[datetime, str]] = []
    last, reported = "", False
    for case, _, by, _, recorded_at in approvals:
        moment = _moment(recorded_at)
        if by != last:
            window, last, reported = [], by, False
        window = [(at, c) for at, c in window if moment - at <= timedelta(minutes=limits.minutes)]
        window.append((moment, case))
        if len(window) <= limits.burst:
            reported = False
        elif not reported:
            reported = True
            told = {"by": by, "count": len(window), "minutes": limits.minutes}
            yield Suspicion("burst", "R77", tuple(sorted({c for _, c in window})), told)


def _asleep(context: Context, actor: Actor, limits: Limits) -> Iterator[Suspicion]:
    """Tell of open cases in which nothing was entered for long (R53)."""
    now = context.now()
    since = utc_text(now - timedelta(days=limits.sleep))
    for case, last in found.asleep(context.connection, actor.units, CLOSED, since):
        told = {"since": last[:10], "days": (now - _moment(last)).days}
        yield Suspicion("asleep", "R53", (case,), told)


def _by_case(context: Context, actor: Actor, policy: str | None) -> Iterator[Suspicion]:
    """Judge every case's own record, and tell of a voucher that stands in several (R40)."""
    used: dict[str, list[str]] = defaultdict(list)
    for case in found.cases(context.connection, actor.units, policy):
        yield from of_case(case, context.road(case))
        for voucher in vouchers(case):
            used[voucher].append(case.id)
    for voucher, cases in used.items():
        if len(cases) > 1:
            yield Suspicion("same_voucher", "R40", tuple(sorted(cases)), {"voucher": voucher})


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
