"""`weigai report budget --by`, `refusals` and `exemptions`: divide the figures, and list refusals and exemptions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ...words import label
from ..commands import command, option
from ..desk import Desk
from ..language import Both, lang, t
from ..output import table_of, yuan
from ..trial_mark import print_report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ... import GrantedExemption, QuotaUse, Refusal, Spending


def print_shares(desk: Desk, by: str, policy: str | None) -> None:
    """Print spending by unit, class, grade or mode, or the quotas."""
    if by == "quota":
        quotas = desk.read(lambda a: a.records.quotas(actor=desk.reader(a), policy=policy))
        print_report(desk, quotas, _print_quotas)
    else:
        shares = desk.read(lambda a: a.records.spending(by, actor=desk.reader(a), policy=policy))
        print_report(desk, shares, _print_spending)


def _print_quotas(rows: Sequence[QuotaUse]) -> None:
    table_of(
        [
            {
                **row.as_json(),
                "name": row.name[lang()],
                "over": row.over or None,
                "cap": t("是", "yes") if row.cap else None,
            }
            for row in rows
        ],
        ("policy", t("方案", "policy")),
        ("name", t("指标", "quota")),
        ("planned", t("计划户数", "planned")),
        ("approved", t("已批", "approved")),
        ("left", t("剩余", "left")),
        ("over", t("超出", "over")),
        ("cap", t("上限", "cap")),
    )


def _print_spending(rows: Sequence[Spending]) -> None:
    table_of(
        [
            {
                **row.as_json(),
                "name": row.name or (label(row.value, lang()) if row.value else t("无房户", "no house")),
                "approved_fen": yuan(row.approved_fen),
                "paid_fen": yuan(row.paid_fen),
                "left_fen": yuan(row.left_fen),
            }
            for row in rows
        ],
        ("policy", t("方案", "policy")),
        ("name", t("项目", "by")),
        ("households", t("户", "households")),
        ("approved_fen", t("批准（元）", "approved (yuan)")),
        ("paid_fen", t("发放（元）", "paid (yuan)")),
        ("left_fen", t("待发（元）", "left (yuan)")),
    )


@command(
    "refusals",
    help=Both(
        "列出拒绝改造的农户，供报送扶贫部门。\n\n例：weigai report refusals",
        "List the households that refused the renovation, for the poverty office.\n\nExample: weigai report refusals",
    ),
)
@option("--policy", metavar="POLICY", help=Both("只列该方案的", "This policy only"))
@click.pass_context
def refusals(ctx: click.Context, policy: str | None) -> None:
    """Print the list of refusals."""
    desk = Desk(ctx)
    rows = desk.read(lambda a: a.records.refusals(actor=desk.reader(a), policy=policy))
    print_report(desk, rows, _print_refusals)


def _print_refusals(rows: Sequence[Refusal]) -> None:
    table_of(
        [{**row.as_json(), "talks": ", ".join(row.talks), "papers": ", ".join(row.papers)} for row in rows],
        ("case", t("户档", "case")),
        ("unit", t("村", "village")),
        ("refused_on", t("登记日", "refused on")),
        ("talks", t("劝导", "talks")),
        ("papers", t("材料", "papers")),
    )


@command(
    "exemptions",
    help=Both(
        "列出例外批准。\n\n例：weigai report exemptions",
        "List the exemptions that were granted.\n\nExample: weigai report exemptions",
    ),
)
@option("--policy", metavar="POLICY", help=Both("只列该方案的", "This policy only"))
@click.pass_context
def exemptions(ctx: click.Context, policy: str | None) -> None:
    """Print the exemptions."""
    desk = Desk(ctx)
    rows = desk.read(lambda a: a.records.exemptions(actor=desk.reader(a), policy=policy))
    print_report(desk, rows, _print_exemptions)


def _print_exemptions(rows: Sequence[GrantedExemption]) -> None:
    table_of(
        [row.as_json() for row in rows],
        ("case", t("户档", "case")),
        ("rule", t("规则", "rule")),
        ("act", t("环节", "act")),
        ("granted_by", t("批准人", "granted by")),
        ("agreed_by", t("复核人", "second person")),
        ("on", t("自", "from")),
        ("until", t("至", "until")),
    )
