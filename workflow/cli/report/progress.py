"""`weigai report progress`: cases by township and state."""

from __future__ import annotations

from typing import Any

import click

from ..commands import command, option
from ..desk import Desk
from ..language import Both, lang, t
from ..output import out, out_json, table, yuan
from ..trial_mark import marked, title


@command(
    "progress",
    help=Both(
        "进度：各乡镇各环节户数。\n\n例：weigai report progress",
        "Progress: cases by township and state.\n\nExample: weigai report progress",
    ),
)
@option("--policy", metavar="POLICY", help=Both("方案", "Policy"))
@click.pass_context
def progress(ctx: click.Context, policy: str | None) -> None:
    """Print the progress by township."""
    desk = Desk(ctx)
    rows = desk.read(lambda a: a.records.progress(actor=desk.reader(a), policy=policy))
    if desk.json:
        out_json(marked(desk, rows))
    else:
        title(desk)
        print_progress(rows)


def print_progress(rows: Any) -> None:
    """Print progress rows for people."""
    from ...words import label

    head = [
        t("方案", "policy"),
        t("单位", "unit"),
        t("户", "cases"),
        t("已批", "approved"),
        t("归档", "archived"),
        t("豁免", "exempted"),
        t("批准（元）", "approved (yuan)"),
        t("发放（元）", "paid (yuan)"),
        t("在办环节", "open states"),
    ]
    table(
        head,
        [
            [
                r["policy"],
                r["name"],
                r["cases"],
                r["approved"],
                r["states"].get("archived", 0),
                r["exempted"] or None,
                yuan(r["approved_fen"]),
                yuan(r["paid_fen"]),
                ", ".join(f"{label(s, lang())} {n}" for s, n in r["states"].items() if s != "archived"),
            ]
            for r in rows
        ],
    )
    if not rows:
        out(t("没有户档。", "No cases."))
