"""`weigai case list`: the cases of the user's area."""

from __future__ import annotations

import click

from ..commands import command, option
from ..desk import Desk
from ..language import Both, lang, t
from ..output import out_json, table, told_damaged, told_lost


@command(
    "list",
    help=Both(
        "列出户档。\n\n例：weigai case list --state payment", "List cases.\n\nExample: weigai case list --state payment"
    ),
)
@option("--state", "states", multiple=True, metavar="STATE", help=Both("环节", "State"))
@option("--unit", metavar="CODE", help=Both("单位代码", "Unit code"))
@option("--policy", metavar="POLICY", help=Both("方案", "Policy"))
@option("--limit", type=click.IntRange(1, 10000), default=50, show_default=True, help=Both("最多条数", "At most"))
@option("--after", metavar="CASE", help=Both("从该户之后", "From after this case"))
@click.pass_context
def list_(
    ctx: click.Context, states: tuple[str, ...], unit: str | None, policy: str | None, limit: int, after: str | None
) -> None:
    """List cases of the user's area."""
    desk = Desk(ctx)
    found = desk.read(
        lambda approvals: approvals.list(
            actor=desk.reader(approvals), states=states, unit=unit, policy=policy, limit=limit, after=after
        )
    )
    rows = [
        {
            "case": c.id,
            "state": c.state,
            "version": c.version,
            "policy": c.policy_id,
            "unit": c.unit,
            "archive_no": c.record.get("archive_no"),
            "opens_on": c.record.get("opens_on"),
            "key_lost": c.key_lost,
            "damaged": c.damaged,
        }
        for c in found
    ]
    if desk.json:
        out_json(rows)
        return
    from ...words import label

    table(
        [
            t("户档", "case"),
            t("环节", "state"),
            t("版本", "version"),
            t("村", "village"),
            t("档案号", "archive no."),
            t("可办日", "opens on"),
        ],
        [
            [r["case"], label(str(r["state"]), lang()), r["version"], r["unit"], r["archive_no"], r["opens_on"]]
            for r in rows
        ],
    )
    told_lost(case.id for case in found if case.key_lost)
    told_damaged(case.id for case in found if case.damaged)
