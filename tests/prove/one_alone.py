"""Events planted in a founded county's register that no honest program writes, each in a county that is rolled back."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from weigai.db import schema
from weigai.db.log.entry import Entry
from weigai.db.log.streams import append

from tests.prove.result import Result, proof
from tests.support import COUNTY, FIRST, KEYS, SECOND, TOWNSHIP, VILLAGE, Desk, founded, holds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Engine
    from weigai.workflow import Actor

ADMIN, OTHER = f"admin@{COUNTY}", "150783101202"
Changes = dict[str, Any]


def planted(desk: Desk, stream: str, action: str, by: Actor, changes: Mapping[str, Any]) -> None:
    """Append an event to the register past the program's rules, as one who has the password and the format."""
    entry = Entry(
        action=action,
        to=None,
        actor=by,
        recorded_by=by.person,
        on=desk.today,
        recorded_at=desk.api.context.recorded_at(),
        request_id=f"planted-{stream}-{action}-{by.person}",
        changes=changes,
    )
    append(desk.session.connection(), COUNTY, stream, entry, keys=KEYS)


def granted(by: str, confirmed_by: str | None, until: str | None = None) -> Changes:
    return {"since": "2019-06-10", "until": until, "proposed_by": by, "confirmed_by": confirmed_by}


def county(desk: Desk) -> None:
    """Found the county: p-9 holds an office of a village, and another one waits; so do an account and a village."""
    register = founded(desk)
    holds(register, "p-9", "village", VILLAGE)
    register.grant("p-9", "county", COUNTY, actor=FIRST)
    register.change_account("p-9", "sun", actor=FIRST)
    register.merge_unit(OTHER, VILLAGE, actor=FIRST)


CLERK = replace(FIRST, person="p-9", office="county")
OFFICE = f"county@{COUNTY}"
PLANTED: dict[str, tuple[str, str, Actor, Changes]] = {
    "an office granted at once": ("person/p-9", "propose_grant", FIRST, {f"grants/5/{ADMIN}": granted("p-0001", "p-0002")}),
    "an office of one's own": ("person/p-0001", "propose_grant", FIRST, {f"grants/2/{OFFICE}": granted("p-0001", "p-0002")}),
    "a founding of a third": ("person/p-8", "add_person", CLERK, {
        "persons/p-8": {"account": "x", "trial": False}, f"grants/1/{ADMIN}": granted("p-8", "p-0002")}),
    "a founding long after": ("person/p-0001", "add_person", FIRST, {f"grants/2/{ADMIN}": granted("p-0001", "p-0002")}),
    "proposed in the name of another": ("person/p-9", "propose_grant", FIRST, {f"grants/5/{ADMIN}": granted("p-0002", None)}),
    "confirmed by who proposed it": ("person/p-9", "confirm_grant", FIRST, {f"grants/3/{OFFICE}/confirmed_by": "p-0001"}),
    "confirmed by whom it is for": ("person/p-9", "confirm_grant", CLERK, {f"grants/3/{OFFICE}/confirmed_by": "p-9"}),
    "confirmed in other letters": ("person/p-9", "confirm_grant", replace(FIRST, person="P-0001"), {
        f"grants/3/{OFFICE}/confirmed_by": "P-0001"}),
    "confirmed in the name of another": ("person/p-9", "confirm_grant", FIRST, {f"grants/3/{OFFICE}/confirmed_by": "p-0002"}),
    "confirmed anew": ("person/p-9", "confirm_grant", SECOND, {f"grants/1/village@{VILLAGE}/confirmed_by": "p-0002"}),
    "begun earlier": ("person/p-9", "revoke_grant", FIRST, {f"grants/1/village@{VILLAGE}/since": "2000-01-01"}),
    "another's account": ("person/p-9", "change_account", FIRST, {"persons/p-9/account": "moon"}),
    "another account than the one proposed": ("person/p-9", "confirm_account", SECOND, {
        "persons/p-9/account": "moon", "accounts/4/confirmed_by": "p-0002"}),
    "an account by who proposed it": ("person/p-9", "confirm_account", FIRST, {
        "persons/p-9/account": "sun", "accounts/4/confirmed_by": "p-0001"}),
    "somebody of a trial": ("person/p-8", "add_person", FIRST, {
        "persons/p-8": {"account": "x", "trial": True}, f"grants/1/{ADMIN}": granted("p-0001", "p-0001")}),
    "offices in the form of before": ("person/p-8", "add_person", FIRST, {"persons/p-8": {
        "account": "x", "trial": False, "offices": [{"office": "admin", "unit": COUNTY, "since": "2019-06-10"}]}}),
    "made one of a trial": ("person/p-9", "add_person", FIRST, {"persons/p-9/trial": True}),
    "one administrator left": ("person/p-0002", "revoke_grant", FIRST, {f"grants/1/{ADMIN}/until": "2019-06-09"}),
    "a village that one person moves": ("county", "merge_unit", FIRST, {
        f"units/{OTHER}/until": "2019-06-09", f"units/{OTHER}/into/{VILLAGE}": "2019-06-10"}),
    "a village by who proposed it": ("county", "merge_unit", FIRST, {
        f"units/{OTHER}/until": "2019-06-09", f"units/{OTHER}/into/{VILLAGE}": "2019-06-10",
        "proposals/2/confirmed_by": "p-0001"}),
    "another village than the one proposed": ("county", "merge_unit", SECOND, {
        f"units/{TOWNSHIP}/until": "2019-06-09", f"units/{TOWNSHIP}/into/150783102": "2019-06-10",
        "proposals/2/confirmed_by": "p-0002"}),
}  # fmt: skip


def told(desk: Desk) -> set[tuple[str, str]]:
    """Return what the verification says of the events; rows that differ from them are told in any case."""
    found = desk.api.records.verify(most=500).problems
    return {(p.stream, p.what) for p in found if " row " not in p.what and "a person" not in p.what}


def where(kind: str) -> str:
    """Return the stream in which a planted event is to be told; the administrators are counted over all of them."""
    return f"{COUNTY}:{'register' if kind == 'one administrator left' else PLANTED[kind][0]}"


def run(engine: Engine, seed: int, n: int) -> Result:
    """Plant `n` events, of each kind in turn."""
    schema.upgrade(engine)
    kinds = random.Random(seed).sample(sorted(PLANTED), len(PLANTED))
    with proof(f"one alone {engine.dialect.name}") as result, TemporaryDirectory(prefix="weigai-prove-") as folder:
        for number in range(n):
            kind = kinds[number % len(kinds)]
            with Desk(engine, Path(folder)) as desk:
                county(desk)
                honest = told(desk)
                planted(desk, *PLANTED[kind])
                streams = {stream for stream, _ in told(desk)}
                desk.session.rollback()
            if honest or streams != {where(kind)}:
                result.broke(f"{kind}: told of {sorted(streams)}, and before it {sorted(honest)}")
            result.n += 1
    return result
