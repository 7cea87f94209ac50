"""`weigai case list`: list the cases of the user's area."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ...words import label
from ..commands import command, option
from ..desk import Desk
from ..language import Both, lang, t
from ..output import out_json, table_of, told_damaged, told_lost

if TYPE_CHECKING:
    from ... import Case


@command(
    "list",
    help=Both(
        "列出辖区内的户档。\n\n例：weigai case list --state payment",
        "List the cases of your area.\n\nExample: weigai case list --state payment",
    ),
)
@option(
    "--state", "states", multiple=True, metavar="STATE", help=Both("只列处于该环节的", "List cases in this state only")
)
@option("--unit", metavar="CODE", help=Both("只列该单位的", "List cases of this unit only"))
@option("--policy", metavar="POLICY", help=Both("只列该方案的", "List cases under this policy only"))
@option(
    "--limit",
    type=click.IntRange(1, 10000),
    default=50,
    show_default=True,
    help=Both("最多列出几户", "List at most this many"),
)
@option("--after", metavar="CASE", help=Both("从该户之后开始列", "Begin after this case"))
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
    if desk.json:
        out_json([_row(case) for case in found])
        return
    table_of(
        [{**_row(case), "state": label(case.state, lang())} for case in found],
        ("case", t("户档", "case")),
        ("state", t("环节", "state")),
        ("version", t("版本", "version")),
        ("unit", t("村", "village")),
        ("archive_no", t("档案号", "archive no.")),
        ("opens_on", t("可办日", "opens on")),
    )
    told_lost(case.id for case in found if case.key_lost)
    told_damaged(case.id for case in found if case.damaged)


def _row(case: Case) -> dict[str, Any]:
    return {
        "case": case.id,
        "state": case.state,
        "version": case.version,
        "policy": case.policy_id,
        "unit": case.unit,
        "archive_no": case.record.get("archive_no"),
        "opens_on": case.record.get("opens_on"),
        "key_lost": case.key_lost,
        "damaged": case.damaged,
    }
