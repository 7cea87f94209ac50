"""Found a county: its units, and two administrators who confirm each other."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...db.log.streams import request_done
from ...db.prepared import savepoint
from ...db.register.grants import Held
from ...db.register.register import add_person, check_units, import_units, persons
from ...db.scope import enter
from ...states.actor import Actor
from ...states.errors import InputRefused
from ...states.replay.entries import FIRST, FOUNDERS
from .grants import account_sound, entering

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..context import Context


def found(
    context: Context,
    county: str,
    units: Sequence[tuple[str, str]],
    admins: Sequence[tuple[str, str]],
    request_id: str,
) -> None:
    """Found a county; the same request again writes nothing. See `Register.found`."""
    _sound(county, units, admins)
    enter(context.connection, (county,), FIRST)  # there is nobody yet in whose area it could be done
    today = context.today()
    by = entering(context, Actor(FIRST, "admin", (county,)), today, request_id)  # who else founds it waits
    again = request_done(context.connection, county, f"person/{FIRST}", request_id) is not None
    if not again and any(person["county"] == county for person in persons(context.connection, context.keys)):
        raise InputRefused(
            f"县 {county} 已有人员登记，不能再次建立。",
            f"persons of county {county} are registered already, so it cannot be founded again.",
        )
    check_units(context.connection, dict(units))
    held = [Held("admin", county, today.isoformat())]
    with savepoint(context.writing):
        import_units(by, dict(units))
        for person, other, (account, name) in zip(FOUNDERS, FOUNDERS.values(), admins, strict=True):
            own = replace(by, actor=Actor(person, "admin", (county,)))
            add_person(own, county, person, name, account, held, confirmed_by=other, trial=False)


def _sound(county: str, units: Sequence[tuple[str, str]], admins: Sequence[tuple[str, str]]) -> None:
    if len(county) != 6 or not county.isascii() or not county.isdigit() or county not in dict(units):
        raise InputRefused(
            "县代码应为 6 位数字，并在单位表中。", "a county's code must have 6 digits and be in the sheet of units."
        )
    if any(not code.startswith(county) for code, _ in units):
        raise InputRefused(
            f"单位表中有不属于 {county} 的单位；请删去。",
            f"some units in the sheet do not belong to county {county}; take them out.",
        )
    for account, _ in admins:
        account_sound(account)
    if (
        len(admins) != 2
        or len({account.casefold() for account, _ in admins}) != 2
        or not all(n.strip() for _, n in admins)
    ):
        raise InputRefused(
            "建立县须有两名管理员，各有姓名和账号。",
            "two administrators found a county; give each a name and an account.",
        )
