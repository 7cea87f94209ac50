"""`weigai user list`: list the persons of the user's area with their offices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ...words import label, masked_name
from ..commands import command
from ..desk import Desk
from ..language import Both, lang, t
from ..output import out_json, table, told_lost

if TYPE_CHECKING:
    from collections.abc import Mapping


@command(
    "list",
    help=Both(
        "列出辖区内的人员、职务及任期。待确认的职务另行注明。\n\n例：weigai user list",
        "List the persons of your area with their offices and dates. Offices that wait for confirmation are marked."
        "\n\nExample: weigai user list",
    ),
)
@click.pass_context
def list_users(ctx: click.Context) -> None:
    """List the registered persons of the user's area; names are masked."""
    desk = Desk(ctx)
    people = desk.read(lambda a: a.register.persons(actor=desk.reader(a)))
    found = [{**p, "name": masked_name(p["name"]) if p["name"] else None} for p in people]
    if desk.json:
        out_json(found)
        return
    rows = [
        [
            p["id"],
            p["name"],
            p["account"],
            "; ".join(_office(o) for o in p["offices"]),
            t("试用", "trial") if p["trial"] else "",
        ]
        for p in found
    ]
    table([t("编号", "id"), t("姓名", "name"), t("账号", "account"), t("职务", "offices"), ""], rows)
    told_lost(p["id"] for p in found if p["key_lost"])


def _office(held: Mapping[str, Any]) -> str:
    dates = f"{held['since']}–{held['until'] or ''}"
    waits = t("，待确认", ", waits for confirmation") if "pending" in held else ""
    return f"{label(held['office'], lang())}@{held['unit']} ({dates}{waits})"
