"""Find who held which office and account by the events of the register, not by its rows.

What the program asks of the register before an act, asked again afterwards: an office that stood in the rows for one act
alone is in no event. In doubt nobody is told of: an entry of the register counts from well before its moment to well after
the one that changed it, and where a host's own clock wrote it, always.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from ..actor import PROXY
from ..calendar import utc_text
from ..case import FORGED
from ..units import Succession, area, inside
from .entries import LEEWAY, Body, days_of, founds, login_of, moment, units_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

ADMIN, OFFICE, LOGIN = "admin", "office", "login"
_OF_ONESELF = ("declare", "change_account", "propose_account")  # what anybody enters of themselves
_BY_ADMINS = (
    "add_person",
    "propose_grant",
    "confirm_grant",
    "revoke_grant",
    "confirm_account",
    *_OF_ONESELF,
    "import_units",
    "rename_unit",
    "propose_merge",
    "merge_unit",
)


class Said(NamedTuple):
    """What the register says of somebody, and between which moments; None where no clock tells."""

    what: Any
    since: datetime | None
    ended: datetime | None = None

    def known(self, at: datetime | None) -> bool:
        """Tell whether the register may have said so at a moment."""
        if at is None:
            return True
        begun = self.since is None or self.since - LEEWAY <= at
        return begun and (self.ended is None or at <= self.ended + LEEWAY)


class Held(NamedTuple):
    """An office for a unit, from a day on, until its last day if that is known."""

    office: str
    unit: str
    since: str
    until: str | None

    def on(self, day: str) -> bool:
        """Tell whether it is held on a day."""
        return self.since <= day and (self.until is None or day <= self.until)


@dataclass(slots=True)
class _Person:
    grants: dict[tuple[str, str], list[Said]] = field(default_factory=dict)
    proposed: dict[tuple[str, str], Held] = field(default_factory=dict)
    accounts: list[Said] = field(default_factory=list)


class Register:
    """The register of one county, event by event: first those of its persons and units, then what is asked."""

    def __init__(self, bodies: Sequence[Body]) -> None:
        """`bodies` are the events of its persons' and the county's streams, each in order."""
        self._people: dict[str, _Person] = {}
        self._units: set[str] = set()
        self._successions: list[Said] = []
        self._founded: int | None = None  # the event of the county's stream by which it was founded
        founded = [body for body in bodies if founds(body)]
        self._request = founded[0]["request_id"] if founded else None
        self._begun = ""  # from when on somebody was surely registered
        with suppress(*FORGED):
            first = min(body["recorded_at"] for body in founded)
            self._begun = utc_text(datetime.fromisoformat(first) + LEEWAY)
        for body in bodies:
            with suppress(*FORGED):  # the verification tells of it, and the others count
                self._take(body)

    @property
    def real(self) -> bool:
        """Tell whether the county was founded: a trial county, and one without a register, are told of nothing.

        No later event takes a founding back, whoever it says is of a trial.
        """
        return self._request is not None

    def before(self, recorded_at: str) -> bool:
        """Tell whether something may have been recorded before anybody was registered: then nobody could be asked."""
        return not self._begun or recorded_at <= self._begun

    def _take(self, body: Body) -> None:
        kind, _, who = body["stream"].partition("/")
        if kind == "county":
            self._of_units(body)
        elif kind == "person":
            self._of_person(who, body)

    def _of_units(self, body: Body) -> None:
        if self._founded is None and body["request_id"] == self._request:
            self._founded = body["seq"]
        for path, told in body["changes"].items():
            first, _, of = path.partition("/")
            code, *rest = of.split("/")
            if first == "units":
                self._units.add(code)
                if rest[:1] == ["into"]:
                    self._successions.append(Said(Succession(code, rest[1], told), moment(body)))

    def _of_person(self, who: str, body: Body) -> None:
        changes, at = body["changes"], moment(body)
        if body["seq"] == 1:  # nothing that is written later says anew who somebody is
            told = changes[f"persons/{who}"]
            own = self._people[who] = _Person()
            own.accounts.append(Said(told.get("account"), at))
            for held in told.get("offices", ()):  # as it was written before grants had numbers
                key = ("1", f"{held['office']}@{held['unit']}")
                own.grants[key] = [Said(_held(key[1], held), at)]
        for path, told in changes.items():
            first, _, of = path.partition("/")
            no, *rest = of.split("/")
            if first == "persons" and rest == ["account"]:
                _changed(self._people[who].accounts, told, at)
            elif first == "grants":
                self._of_grant(self._people[who], (no, rest[0]), rest[1:], told, at)

    def _of_grant(self, own: _Person, key: tuple[str, str], name: list[str], told: Any, at: datetime | None) -> None:
        if not name:
            own.proposed[key] = _held(key[1], told)
            if told["confirmed_by"] is not None:
                own.grants[key] = [Said(own.proposed[key], at)]
        elif name == ["confirmed_by"]:
            own.grants[key] = [Said(own.proposed[key], at)]
        elif name == ["until"] and key in own.grants:
            _changed(own.grants[key], own.grants[key][-1].what._replace(until=told), at)
        elif name == ["until"]:
            own.proposed[key] = own.proposed[key]._replace(until=told)

    # ------------------------------------------------------------------ what is asked

    def holds(
        self,
        who: str,
        unit: str,
        days: Iterable[str],
        at: datetime | None,
        office: str | None = None,
        beside: str | None = None,
    ) -> bool:
        """Tell whether somebody may have held an office (of any name, or any `beside` one) over a unit on one of these days."""
        own = self._people.get(who)
        said = [one for many in own.grants.values() for one in many] if own else []
        held = [one.what for one in said if one.known(at) and one.what.office != beside]
        held = [one for one in held if (one.office == office if office else one.office != PROXY)]
        return any(self._reaches([one.unit for one in held if one.on(day)], unit, day, at) for day in days)

    def offices(
        self, who: str, unit: str, days: Iterable[str], at: datetime | None
    ) -> tuple[tuple[str, tuple[str]], ...]:
        """Return the offices that somebody may have held over a unit on one of these days."""
        own = self._people.get(who)
        names = {one.what.office for many in own.grants.values() for one in many} - {PROXY} if own else set()
        return tuple((name, (unit,)) for name in sorted(names) if self.holds(who, unit, days, at, name))

    def _reaches(self, codes: list[str], unit: str, day: str, at: datetime | None) -> bool:
        """Tell whether units reach another on a day, as the register may have stood at a moment or at any before it.

        A unit that went over on an earlier day than it was entered counts from its entry on.
        """
        if inside(unit, codes) or not codes:
            return inside(unit, codes)
        known = [one.what for one in self._successions if one.known(at) and one.what.since <= day]
        until = date.fromisoformat(day)
        return any(inside(unit, area(codes, self._units, known[:n], until)) for n in range(len(known), 0, -1))

    def seats(self, login: str, who: str, unit: str | None, days: Iterable[str], at: datetime | None) -> bool:
        """Tell whether a user of the system may have worked as somebody, over a unit with a leave; without one as themselves."""
        if self._has(who, login, at):
            return True
        with_leave = (one for one in self._people if self._has(one, login, at))
        lent = unit is not None and any(self.holds(one, unit, days, at, PROXY) for one in with_leave)
        return lent and self.holds(who, str(unit), days, at, beside=ADMIN)

    def _has(self, who: str, login: str, at: datetime | None) -> bool:
        own = self._people.get(who)
        return own is not None and any(one.what == login and one.known(at) for one in own.accounts)

    def unheld(self, body: Body, unit: str) -> Iterator[str]:
        """Yield what the register did not say at an act on a household or of a unit that was entered at a command line.

        Who acts held the office over the unit on the day of the act, who records holds one today, and may sit there.
        """
        at, login = moment(body), login_of(body)
        if at is None or login is None:
            return
        today, recorder = days_of(body["recorded_at"]), str(body["recorded_by"])
        acted = self.holds(str(body["acted_by"]), unit, (body["occurred_on"],), at, str(body["office"]))
        if not (acted and self.holds(recorder, unit, today, at)):
            yield OFFICE
        if not self.seats(login, recorder, unit, today, at):
            yield LOGIN

    def unlicensed(self, body: Body) -> Iterator[str]:
        """Yield what the register did not say at an entry in itself: it is an administrator's, but for what is one's own."""
        who, own = str(body["acted_by"]), body["stream"].removeprefix("person/")
        if body["action"] not in _BY_ADMINS or self._founds(body):
            return
        at, login, today = moment(body), login_of(body), days_of(body["recorded_at"])
        alone = body["action"] in _OF_ONESELF and who == own
        units: list[str | None] = [*sorted(units_of(body))] or [None]
        if not alone and not all(self._keeps(who, unit, today, at) for unit in units):
            yield OFFICE
        if login is not None and not self.seats(login, who, None, today, at):
            yield LOGIN

    def _founds(self, body: Body) -> bool:
        """Tell whether an event belongs to the founding, or lies before it, where nobody was registered who could be asked."""
        if body["stream"] == "county":
            return self._founded is None or body["seq"] <= self._founded
        return founds(body)

    def _keeps(self, who: str, unit: str | None, today: Iterable[str], at: datetime | None) -> bool:
        """Tell whether somebody may have been an administrator, over a unit or anywhere."""
        own = self._people.get(who)
        if unit is not None or own is None:
            return unit is not None and self.holds(who, unit, today, at, ADMIN)
        said = (one for many in own.grants.values() for one in many if one.known(at) and one.what.office == ADMIN)
        return any(one.what.on(day) for one in said for day in today)


def _held(key: str, told: Mapping[str, Any]) -> Held:
    office, _, unit = key.partition("@")
    return Held(office, unit, told["since"], told.get("until"))


def _changed(said: list[Said], what: Any, at: datetime | None) -> None:
    said[-1] = said[-1]._replace(ended=at)
    said.append(Said(what, at))
