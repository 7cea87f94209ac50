"""A sheet of persons taken into the register, all or none."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..db.prepared import savepoint
from ..db.register import known_person
from ..db.streams import request_done
from ..states.errors import InputRefused, NotFound
from .granting import add, grant, may_grant, offices_held

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ..db.grants import Held
    from ..states.case import Actor
    from .context import Context
    from .exchange.persons import Enrolled


def enrol(context: Context, rows: Sequence[Enrolled], actor: Actor, request_id: str) -> Sequence[Mapping[str, Any]]:
    """Register the persons of a sheet. See `Register.import_persons`."""
    if not rows:
        raise InputRefused("人员表是空的。", "the sheet of persons is empty.")
    people: dict[tuple[str, str], list[Enrolled]] = {}
    for row in rows:
        theirs = people.setdefault((row.unit[:6], row.id), [])
        if theirs and (row.name, row.account) != (theirs[0].name, theirs[0].account):
            raise InputRefused(
                f"第 {row.row} 行：同一编号的姓名或账号前后不一。",
                f"row {row.row}: the same id with another name or account.",
            )
        theirs.append(row)
    with savepoint(context.writing):
        return [_taken(context, theirs, actor, request_id) for theirs in people.values()]


def _taken(context: Context, rows: Sequence[Enrolled], actor: Actor, request_id: str) -> Mapping[str, Any]:
    held: list[Held] = []
    first, county = rows[0], rows[0].unit[:6]
    for row in rows:
        with _placed(row):
            own = offices_held(context, county, [(row.office, row.unit)], row.since, row.until)
            may_grant(context, county, own, actor, "import_persons")
            held += own
    with _placed(first):
        before = request_done(context.connection, county, f"person/{first.id}", request_id)
        known = known_person(context.connection, county, first.id)
        if known and not (before is not None and before.action == "add_person"):
            return grant(context, first.id, held, actor, request_id)
        return add(context, county, first.id, first.name[:100], first.account, held, actor, request_id)


@contextmanager
def _placed(row: Enrolled) -> Iterator[None]:
    """Let what is wrong say in which row it stands."""
    try:
        yield
    except InputRefused as error:
        where = (f"第 {row.row} 行：{error.message('zh')}", f"row {row.row}: {error.message('en')}")
        raise InputRefused(*where) from None
    except NotFound as error:
        raise NotFound(f"[{row.row}] {error.what}") from None
