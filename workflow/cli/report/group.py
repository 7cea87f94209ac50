"""`weigai report`: budget and progress over the user's area."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ..commands import group, option
from ..desk import Desk
from ..language import Both, lang, t
from ..options import Day
from ..output import note, out, out_json, table, told_unusable, yuan
from ..trial_mark import marked, title
from .reconcile import reconcile
from .shares import exemptions, refusals

if TYPE_CHECKING:
    from datetime import date


@group(
    help=Both(
        "报表：资金、进度、逾期、对账。\n\n例：weigai report budget",
        "Reports: budget, progress, what is overdue, reconciliation.\n\nExample: weigai report budget",
    )
)
def report() -> None:
    """Hold the reports."""


@report.result_callback()
@click.pass_context
def _signed(ctx: click.Context, code: Any) -> Any:
    """Let every report that people print end with the last head of its county."""
    desk = Desk(ctx)
    if not desk.json:
        from ..audit.heads import print_last_heads

        print_last_heads(desk)
    return code


for _command in (reconcile, refusals, exemptions):
    report.add_command(_command)


@report.command(
    "budget",
    help=Both(
        "资金：计划、批准、发放、结余。\n\n例：weigai report budget",
        "Money: planned, approved, paid, left.\n\nExample: weigai report budget",
    ),
)
@option("--policy", metavar="POLICY", help=Both("方案", "Policy"))
@option(
    "--by",
    type=click.Choice(["unit", "class", "grade", "mode", "quota"]),
    help=Both("按何分列", "Share it out by this"),
)
@click.pass_context
def budget(ctx: click.Context, policy: str | None, by: str | None) -> None:
    """Print the budget lines, or what was spent by unit, class, grade or mode, or the quotas."""
    desk = Desk(ctx)
    if by is not None:
        from .shares import print_shares

        print_shares(desk, by, policy)
        return
    lines, unusable = desk.read(
        lambda a: (a.records.budget(actor=desk.reader(a), policy=policy), a.records.unusable(actor=desk.reader(a)))
    )
    told_unusable(unusable)
    if desk.json:
        out_json(marked(desk, lines))
    else:
        title(desk)
        print_budget(lines)


def print_budget(lines: Any) -> None:
    """Print budget lines for people."""
    head = [
        t("方案", "policy"),
        t("资金", "line"),
        t("户", "households"),
        t("计划（万元）", "planned (wan)"),
        t("批准（元）", "approved (yuan)"),
        t("批准（万元）", "approved (wan)"),
        t("发放（元）", "paid (yuan)"),
        t("超出", "over plan"),
    ]
    rows = [
        [
            x["policy"],
            x["name"][lang()],
            x["households"],
            x["planned_wan"],
            yuan(x["approved_fen"]),
            x["approved_wan"],
            yuan(x["paid_fen"]),
            "" if x["within_plan"] else t("是", "yes"),
        ]
        for x in lines
    ]
    table(head, rows)


@report.command(
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


@report.command(
    "overdue",
    help=Both(
        "逾期：各单位应报未报、名单移交后未接收、户档超过期限。\n\n例：weigai report overdue --on 2019-05-16",
        "What is overdue: duties of units, lists sent and not received, cases past a day.\n\nExample: weigai report overdue --on 2019-05-16",
    ),
)
@option("--policy", metavar="POLICY", help=Both("方案", "Policy"))
@option("--on", type=Day(), metavar="DATE", help=Both("截至哪一天，默认今天", "As of which day; default today"))
@click.pass_context
def overdue(ctx: click.Context, policy: str | None, on: date | None) -> None:
    """Print what is overdue."""
    desk = Desk(ctx)
    found, unusable = desk.read(
        lambda a: (
            a.records.overdue(actor=desk.reader(a), policy=policy, today=on),
            a.records.unusable(actor=desk.reader(a)),
        )
    )
    told_unusable(unusable)
    if desk.json:
        out_json(marked(desk, found))
    else:
        title(desk)
        print_overdue(found)


def print_overdue(found: Any) -> None:
    """Print overdue entries for people."""
    if not found:
        out(t("没有逾期事项。", "Nothing is overdue."))
        return
    from ...words import label

    head = [
        t("应于（移交日）", "due (or sent)"),
        t("逾期（天）", "days late"),
        t("事项", "what"),
        t("单位", "unit"),
        t("户档或名单", "case or list"),
        t("承办", "who"),
        t("依据", "rule"),
        t("方案", "policy"),
        t("补办", "came"),
    ]
    rows = [
        [
            x["due"],
            x["days"],
            label(x["what"], lang()),
            x["name"] or x["unit"],
            x["case"] or x["list"],
            ", ".join(label(who, lang()) for who in x["who"]),
            x["rule"],
            ", ".join(x["policies"]),
            x["came"],
        ]
        for x in found
    ]
    table(head, rows)


@report.command(
    "findings",
    help=Both(
        "全库核查：重复、公示不足、提前或多发等；无发现时退出码为 0。\n\n例：weigai report findings --kind same_person",
        "Look over all cases: doubles, short publicities, early or double payment ...; exit 0 when clean.\n\n"
        "Example: weigai report findings --kind same_person",
    ),
)
@option("--kind", "kinds", multiple=True, metavar="KIND", help=Both("只查某类", "Only this kind"))
@option("--policy", metavar="POLICY", help=Both("方案", "Policy"))
@option(
    "--burst", type=click.IntRange(1), default=30, show_default=True, help=Both("集中审批户数", "Approvals in a burst")
)
@option("--sleep", type=click.IntRange(1), default=60, show_default=True, help=Both("停滞天数", "Days of sleep"))
@option("--limit", type=click.IntRange(1), help=Both("最多条数", "At most"))
@click.pass_context
def findings(
    ctx: click.Context, kinds: tuple[str, ...], policy: str | None, burst: int, sleep: int, limit: int | None
) -> int:
    """Print what looks wrong over all cases."""
    from ... import Limits

    desk = Desk(ctx)
    limits = Limits(burst=burst, sleep=sleep)
    found = desk.read(lambda a: a.records.findings(actor=desk.reader(a), kinds=kinds, policy=policy, limits=limits))
    if limit is not None and len(found) > limit:
        note(t(f"共 {len(found)} 条，只列 {limit} 条。", f"{len(found)} in all, {limit} of them here."))
        found = found[:limit]
    if desk.json:
        rows = [{**s._asdict(), "cases": list(s.cases), "reason": s.reason(lang())} for s in found]
        out_json(marked(desk, rows))
        return 3 if found else 0
    title(desk)
    head = [t("类别", "kind"), t("规则", "rule"), t("发现", "finding"), t("户档", "cases")]
    lines = [
        [s.kind, s.rule, s.reason(lang()), ", ".join(s.cases[:4]) + ("…" if len(s.cases) > 4 else "")] for s in found
    ]
    table(head, lines)
    if not found:
        out(t("没有发现。", "Nothing was found."))
    return 3 if found else 0
