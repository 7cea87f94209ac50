"""`weigai inbox`: list the cases that wait for the user."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ..words import label
from .commands import command, option
from .desk import Desk
from .language import Both, lang, t
from .output import out, out_json, table_of, told_unusable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .. import Approvals


@command(
    help=Both(
        "列出等待您办理的户档。\n\n例：weigai inbox --limit 20",
        "List the cases that wait for you.\n\nExample: weigai inbox --limit 20",
    )
)
@option(
    "--limit",
    type=click.IntRange(1, 10000),
    default=50,
    show_default=True,
    help=Both("最多列出几户", "List at most this many"),
)
@click.pass_context
def inbox(ctx: click.Context, limit: int) -> None:
    """Print what waits for the user, over every office held."""
    desk = Desk(ctx)
    rows, unusable = desk.read(lambda a: _waiting(desk, a, limit))
    told_unusable(unusable)
    if desk.json:
        out_json([_as_json(row) for row in rows])
    elif rows:
        _print(rows)
    else:
        out(t("没有待办事项。", "No case waits for you."))


def _waiting(desk: Desk, approvals: Approvals, limit: int) -> tuple[list[dict[str, Any]], dict[str, Sequence[str]]]:
    """Return what waits, the oldest case first, and the cases whose policy cannot be used."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    unusable: dict[str, Sequence[str]] = {}
    for actor in desk.held(approvals):
        unusable.update(approvals.records.unusable(actor=actor))
        for row in approvals.inbox(actor=actor, limit=limit):
            found.setdefault((row["id"], row["action"]), {**row, "office": actor.office})
    return sorted(found.values(), key=lambda row: (row["opened_at"], row["id"]))[:limit], unusable


def _as_json(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "case": row["id"],
        "state": row["state"],
        "action": row["action"],
        "office": row["office"],
        "opens_on": row["opens_on"],
        "unit": row["unit"],
        "policy": row["policy"],
        "opened_at": row["opened_at"],
        "version": row["version"],
        "archive_no": row["archive_no"],
        "due_on": row["due_on"],
        "marks": (row["held"] or "").split(",") if row["held"] else [],
    }


def _print(rows: Sequence[Mapping[str, Any]]) -> None:
    table_of(
        [{**r, **{f: label(r[f], lang()) for f in ("state", "office")}, "held": _marks(r["held"])} for r in rows],
        ("id", t("户档", "case")),
        ("state", t("环节", "state")),
        ("action", t("可办动作", "next action")),
        ("office", t("职务", "as")),
        ("opens_on", t("可办日", "opens on")),
        ("due_on", t("期限", "due")),
        ("held", t("标记", "marks")),
        ("unit", t("村", "village")),
    )


def _marks(held: str | None) -> str | None:
    return ", ".join(label(mark, lang()) for mark in held.split(",")) if held else None
