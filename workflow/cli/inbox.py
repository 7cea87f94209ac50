"""`weigai inbox`: list the cases that wait for the user."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ..words import label
from .commands import command, option
from .desk import Desk
from .language import Both, lang, t
from .output import out, out_json, table_of, told_unusable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .. import Approvals, Waiting


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
        out_json([row.as_json() for row in rows])
    elif rows:
        _print(rows)
    else:
        out(t("没有待办事项。", "No case waits for you."))


def _waiting(desk: Desk, approvals: Approvals, limit: int) -> tuple[list[Waiting], dict[str, Sequence[str]]]:
    """Return what waits, the oldest case first, and the cases whose policy cannot be used."""
    waiting: dict[tuple[str, str], Waiting] = {}  # by case and action, or what waits for the user's word
    unusable: dict[str, Sequence[str]] = {}
    for actor in desk.held(approvals):
        unusable.update(approvals.records.unusable(actor=actor))
        for row in approvals.inbox(actor=actor, limit=limit):
            waiting.setdefault((row.case, row.pending or row.action), row)
    return sorted(waiting.values(), key=lambda row: (row.opened_at, row.case))[:limit], unusable


def _print(rows: Sequence[Waiting]) -> None:
    table_of(
        [
            {
                **row.as_json(),
                "state": label(row.state, lang()),
                "office": label(row.office, lang()),
                "case": row.pending or row.case,
                "marks": ", ".join(label(mark, lang()) for mark in row.marks) or None,
            }
            for row in rows
        ],
        ("case", t("户档", "case")),
        ("state", t("环节", "state")),
        ("action", t("可办动作", "next action")),
        ("office", t("职务", "as")),
        ("opens_on", t("可办日", "opens on")),
        ("due_on", t("期限", "due")),
        ("marks", t("标记", "marks")),
        ("unit", t("村", "village")),
    )
