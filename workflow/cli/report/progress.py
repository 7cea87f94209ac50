"""`weigai report progress`: count the cases by township and state."""

from __future__ import annotations

from typing import Any

import click

from ...words import label
from ..commands import command, option
from ..desk import Desk
from ..language import Both, lang, t
from ..output import out, out_json, table_of, yuan
from ..trial_mark import marked, title


@command(
    "progress",
    help=Both(
        "列出各乡镇各环节的户数。\n\n例：weigai report progress",
        "Count the cases by township and state.\n\nExample: weigai report progress",
    ),
)
@option("--policy", metavar="POLICY", help=Both("只计该方案", "This policy only"))
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
    table_of(
        [
            {
                **r,
                "archived": r["states"].get("archived", 0),
                "exempted": r["exempted"] or None,
                "approved_fen": yuan(r["approved_fen"]),
                "paid_fen": yuan(r["paid_fen"]),
                "open": ", ".join(f"{label(s, lang())} {n}" for s, n in r["states"].items() if s != "archived"),
            }
            for r in rows
        ],
        ("policy", t("方案", "policy")),
        ("name", t("单位", "unit")),
        ("cases", t("户", "cases")),
        ("approved", t("已批", "approved")),
        ("archived", t("归档", "archived")),
        ("exempted", t("例外批准", "exempted")),
        ("approved_fen", t("批准（元）", "approved (yuan)")),
        ("paid_fen", t("发放（元）", "paid (yuan)")),
        ("open", t("在办环节", "open states")),
    )
    if not rows:
        out(t("没有户档。", "There are no cases."))
