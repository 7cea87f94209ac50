"""`weigai inbox`: what waits for the user."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from .commands import command, option
from .desk import Desk
from .language import Both, lang, t
from .output import out, out_json, table, told_unusable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .. import Approvals


@command(
    help=Both(
        "待我办理的户档。\n\n例：weigai inbox --limit 20",
        "The cases that wait for me.\n\nExample: weigai inbox --limit 20",
    )
)
@option("--limit", type=click.IntRange(1, 10000), default=50, show_default=True, help=Both("最多条数", "At most"))
@click.pass_context
def inbox(ctx: click.Context, limit: int) -> None:
    """Print what waits for the user, over every office held."""
    desk = Desk(ctx)

    unusable: dict[str, Sequence[str]] = {}

    def work(approvals: Approvals) -> list[dict[str, Any]]:
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for actor in desk.held(approvals):
            unusable.update(approvals.records.unusable(actor=actor))
            for row in approvals.inbox(actor=actor, limit=limit):
                found.setdefault((row["id"], row["action"]), {**row, "office": actor.office})
        return sorted(found.values(), key=lambda row: (row["opened_at"], row["id"]))[:limit]

    rows = desk.read(work)
    told_unusable(unusable)
    if desk.json:
        out_json(
            [
                {
                    "case": r["id"],
                    "state": r["state"],
                    "action": r["action"],
                    "office": r["office"],
                    "opens_on": r["opens_on"],
                    "unit": r["unit"],
                    "policy": r["policy"],
                    "opened_at": r["opened_at"],
                    "version": r["version"],
                    "archive_no": r["archive_no"],
                    "due_on": r["due_on"],
                    "marks": (r["held"] or "").split(",") if r["held"] else [],
                }
                for r in rows
            ]
        )
        return
    if not rows:
        out(t("没有待办事项。", "Nothing waits for you."))
        return
    from ..words import label

    head = [
        t("户档", "case"),
        t("环节", "state"),
        t("可办动作", "next action"),
        t("职务", "as"),
        t("可办日", "opens on"),
        t("期限", "due"),
        t("标记", "marks"),
        t("村", "village"),
    ]
    table(
        head,
        [
            [
                r["id"],
                label(r["state"], lang()),
                r["action"],
                label(r["office"], lang()),
                r["opens_on"],
                r["due_on"],
                _marks(r["held"]),
                r["unit"],
            ]
            for r in rows
        ],
    )


def _marks(held: str | None) -> str | None:
    from ..words import label

    return ", ".join(label(mark, lang()) for mark in held.split(",")) if held else None
