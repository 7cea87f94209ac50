"""`weigai report budget --by`, `refusals` and `exemptions`: how the programme is shared out, and who is off the road."""

from __future__ import annotations

from typing import Any

import click

from ..commands import command, option
from ..desk import Desk
from ..language import Both, lang, t
from ..output import out_json, table, yuan
from ..trial_mark import marked, title


def print_shares(desk: Desk, by: str, policy: str | None) -> None:
    """Print spending by unit, class, grade or mode, or the quotas."""
    if by == "quota":
        rows = desk.read(lambda a: a.records.quotas(actor=desk.reader(a), policy=policy))
    else:
        rows = desk.read(lambda a: a.records.spending(by, actor=desk.reader(a), policy=policy))
    if desk.json:
        out_json(marked(desk, rows))
        return
    title(desk)
    if by == "quota":
        _print_quotas(rows)
    else:
        _print_spending(rows)


def _print_quotas(rows: Any) -> None:
    head = [
        t("方案", "policy"),
        t("指标", "quota"),
        t("计划户数", "planned"),
        t("已批", "approved"),
        t("剩余", "left"),
        t("超出", "over"),
        t("上限", "cap"),
    ]
    table(
        head,
        [
            [
                r["policy"],
                r["name"][lang()],
                r["planned"],
                r["approved"],
                r["left"],
                r["over"] or None,
                t("是", "yes") if r["cap"] else None,
            ]
            for r in rows
        ],
    )


def _print_spending(rows: Any) -> None:
    from ...words import label

    head = [
        t("方案", "policy"),
        t("项目", "by"),
        t("户", "households"),
        t("批准（元）", "approved (yuan)"),
        t("发放（元）", "paid (yuan)"),
        t("待发（元）", "left (yuan)"),
    ]
    table(
        head,
        [
            [
                r["policy"],
                r["name"] or (label(r["value"], lang()) if r["value"] else t("无房户", "no house")),
                r["households"],
                yuan(r["approved_fen"]),
                yuan(r["paid_fen"]),
                yuan(r["left_fen"]),
            ]
            for r in rows
        ],
    )


@command(
    "refusals",
    help=Both(
        "拒绝改造名单（报扶贫部门）。\n\n例：weigai report refusals",
        "The households that refused, for the poverty office.\n\nExample: weigai report refusals",
    ),
)
@option("--policy", metavar="POLICY", help=Both("方案", "Policy"))
@click.pass_context
def refusals(ctx: click.Context, policy: str | None) -> None:
    """Print the list of refusals."""
    desk = Desk(ctx)
    rows = desk.read(lambda a: a.records.refusals(actor=desk.reader(a), policy=policy))
    if desk.json:
        out_json(marked(desk, rows))
        return
    title(desk)
    head = [t("户档", "case"), t("村", "village"), t("登记日", "refused on"), t("劝导", "talks"), t("材料", "papers")]
    table(
        head,
        [[r["case"], r["unit"], r["refused_on"], ", ".join(r["talks"]), ", ".join(r["papers"])] for r in rows],
    )


@command(
    "exemptions",
    help=Both("豁免清单。\n\n例：weigai report exemptions", "Exemptions granted.\n\nExample: weigai report exemptions"),
)
@option("--policy", metavar="POLICY", help=Both("方案", "Policy"))
@click.pass_context
def exemptions(ctx: click.Context, policy: str | None) -> None:
    """Print the exemptions."""
    desk = Desk(ctx)
    rows = desk.read(lambda a: a.records.exemptions(actor=desk.reader(a), policy=policy))
    if desk.json:
        out_json(marked(desk, rows))
        return
    title(desk)
    head = [
        t("户档", "case"),
        t("规则", "rule"),
        t("批准人", "granted by"),
        t("同意人", "agreed by"),
        t("自", "from"),
        t("至", "until"),
    ]
    table(head, [[r["case"], r["rule"], r["granted_by"], r["agreed_by"], r["on"], r["until"]] for r in rows])
