"""Store how units are renamed, merged, recoded or put under another township, with dates."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, or_, select, update

from ...states.errors import InputRefused, NotFound
from ..log.streams import record_of
from ..statements import EVENT, UNIT, changed
from .areas import SUCCESSION
from .register import insert_unit
from .rows import ProposedMerger, RegisteredUnit, UnitChange

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from ...states.values import Json
    from .entry import Entering


def unit_of_today(connection: Connection, code: str) -> RegisteredUnit | None:
    """Return a unit that did not go over into another, None where there is none."""
    query = select(UNIT.c.code, UNIT.c.name, UNIT.c.level, UNIT.c.since, UNIT.c.until)
    mine = (UNIT.c.county == code[:6], UNIT.c.code == code, UNIT.c.until.is_(None))
    row = connection.execute(query.where(*mine)).mappings().first()
    return None if row is None else RegisteredUnit(**row)


def stands(connection: Connection, code: str, day: str) -> bool:
    """Tell whether a unit is registered and did not go over into another before a day."""
    query = select(UNIT.c.code).where(UNIT.c.county == code[:6], UNIT.c.code == code)
    return connection.execute(query.where(or_(UNIT.c.until.is_(None), UNIT.c.until >= day))).first() is not None


def ended(connection: Connection, code: str, day: str) -> str | None:
    """Return the last day of a unit that went over into another before a day, else None."""
    query = select(UNIT.c.until).where(UNIT.c.county == code[:6], UNIT.c.code == code, UNIT.c.until < day)
    last: str | None = connection.execute(query).scalar()
    return last


def rename_unit(entering: Entering, code: str, title: str) -> None:
    """Give a unit another name from a day on.

    Raises:
        NotFound: it is not registered, or went over into another.
        InputRefused: it was changed on a later day already.
    """
    county = code[:6]
    changes: dict[str, Json] = {f"units/{code}/title": title}
    entering.next_no(county, "county")
    if done := entering.done(county, "county", "rename_unit"):
        entering.unchanged(done, changes)
        return
    if unit_of_today(entering.connection, code) is None:
        raise NotFound(code)
    _in_order(entering, code)
    changed(entering.connection, update(UNIT).where(UNIT.c.county == county, UNIT.c.code == code).values(name=title))
    entering.write(county, "county", "rename_unit", changes)


def propose_merge(entering: Entering, code: str, into: str, title: str | None) -> int:
    """Propose what `merge_unit` does; return the number of the proposal, which counts for nothing until it is confirmed."""
    county, day = code[:6], entering.on.isoformat()
    no = entering.next_no(county, "county")
    done = entering.done(county, "county", "propose_merge")
    proposal: dict[str, Json] = {"code": code, "into": into, "title": title, "since": day}
    proposal |= {"proposed_by": entering.actor.person, "confirmed_by": None}
    changes: dict[str, Json] = {f"proposals/{done.seq if done else no}": proposal}
    if done:
        return entering.unchanged(done, changes).seq
    _fitting(entering.connection, code, into, title, day)
    _in_order(entering, code)
    return entering.write(county, "county", "propose_merge", changes).seq


def proposed_mergers(connection: Connection, county: str) -> list[ProposedMerger]:
    """Return the mergers proposed in a county and not confirmed: for each unit of today the last proposal."""
    proposals = record_of(connection, county, "county").get("proposals", {})
    last = {proposals[no]["code"]: no for no in sorted(proposals, key=int)}
    waiting = {no: proposals[no] for no in last.values() if proposals[no]["confirmed_by"] is None}
    named = ("code", "into", "proposed_by", "since", "title")
    return [
        ProposedMerger(county=county, no=int(no), **{name: proposal[name] for name in named})
        for no, proposal in waiting.items()
        if unit_of_today(connection, proposal["code"]) is not None
    ]


def merge_unit(entering: Entering, code: str, into: str, title: str | None, no: int | None = None) -> None:
    """Let a unit go over into another one from a day on; `title` names a successor that is new, `no` what is confirmed.

    Raises:
        NotFound: one of them is not registered, or went over into another itself.
        InputRefused: they are not of one county and level, or something stands against the day.
    """
    county, connection, day = code[:6], entering.connection, entering.on.isoformat()
    entering.next_no(county, "county")
    last = (entering.on - timedelta(days=1)).isoformat()
    changes: dict[str, Json] = {f"units/{into}": {"title": title, "since": day}} if title else {}
    changes |= {f"units/{code}/until": last, f"units/{code}/into/{into}": day}
    changes |= {f"proposals/{no}/confirmed_by": entering.actor.person} if no else {}
    if done := entering.done(county, "county", "merge_unit"):
        entering.unchanged(done, changes)
        return
    _fitting(connection, code, into, title, day)
    _in_order(entering, code)
    if title:
        insert_unit(connection, into, title, day)
    changed(connection, update(UNIT).where(UNIT.c.county == county, UNIT.c.code == code).values(until=last))
    connection.execute(insert(SUCCESSION), {"county": county, "code": code, "successor": into, "since": day})
    entering.write(county, "county", "merge_unit", changes)


def _fitting(connection: Connection, code: str, into: str, title: str | None, day: str) -> None:
    if len(code) != len(into) or len(code) not in (9, 12) or code[:6] != into[:6] or not into.isdigit() or code == into:
        raise InputRefused(
            "只有同一县内同级的乡镇或村，才可以并入另一个。",
            "a township or village can only be merged into another one of the same level in the same county.",
        )
    there = unit_of_today(connection, into)
    above = unit_of_today(connection, into[:-3])
    taken = connection.execute(select(UNIT.c.code).where(UNIT.c.county == into[:6], UNIT.c.code == into)).first()
    for known, missing in ((unit_of_today(connection, code), code), (above, into[:-3]), (there or title, into)):
        if not known:
            raise NotFound(missing)
    if title and taken is not None:
        raise InputRefused(f"{into} 已登记；请去掉 --name。", f"{into} is registered already; leave out --name.")
    if there is not None and there.since is not None and there.since > day:
        raise InputRefused(
            f"{into} 自 {there.since} 才设立；日期不得更早。",
            f"{into} exists only since {there.since}; the date cannot be earlier.",
        )


def _in_order(entering: Entering, code: str) -> None:
    """Refuse a change that lies before one that the unit has already."""
    connection, day = entering.connection, entering.on.isoformat()
    into = select(func.max(SUCCESSION.c.since)).where(SUCCESSION.c.county == code[:6], SUCCESSION.c.successor == code)
    days = [
        connection.execute(into).scalar(),
        *(change.on for change in history(connection, code) if change.action != "import_units"),
    ]
    latest = max((d for d in days if d), default=None)
    if latest is not None and latest > day:
        raise InputRefused(
            f"{code} 在 {latest} 已有变更；日期不得更早。",
            f"{code} was changed on {latest}; the date cannot be earlier.",
        )


def history(connection: Connection, code: str) -> list[UnitChange]:
    """Return what happened to a unit, in the order in which it was entered: name, day, who went over into whom."""
    query = select(EVENT.c.body).where(EVENT.c.county == code[:6], EVENT.c.stream == "county")
    found = []
    for (body,) in connection.execute(query.order_by(EVENT.c.seq)):
        event = json.loads(body)
        if about := _about(code, event["changes"]):
            entered = {"action": event["action"], "on": event["occurred_on"], "by": event["acted_by"]}
            found.append(UnitChange(**entered, seq=event["seq"], **about))
    return found


def _about(code: str, changes: Mapping[str, str | Mapping[str, str]]) -> dict[str, str]:
    """Return the members of a unit's history that one event's changes give."""
    about: dict[str, str] = {}
    for path, value in changes.items():
        kind, unit, *rest = path.split("/")
        if kind != "units":
            continue
        if unit == code and rest in ([], ["title"]):
            about["name"] = value if isinstance(value, str) else value["title"]
        elif unit == code and rest[0] == "into":
            about["into"] = rest[1]
        elif rest[:1] == ["into"] and rest[1] == code:
            about["took_in"] = unit
    return about
