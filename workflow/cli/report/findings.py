"""`weigai report findings`: list suspicions in all cases."""

from __future__ import annotations

import click

from .... import workflow
from ..commands import command, option
from ..desk import Desk
from ..language import Both, lang, t
from ..output import note, out, out_json, table
from ..trial_mark import title


@command(
    "findings",
    help=Both(
        "查看全部户档的疑点：重复、公示不足、提前或重复发放等。没有疑点时退出码为 0。"
        "\n\n例：weigai report findings --kind same_person",
        "Look for suspicions in all cases: doubles, short publicities, early or double payments and more. The exit "
        "code is 0 if there are none."
        "\n\nExample: weigai report findings --kind same_person",
    ),
)
@option("--kind", "kinds", multiple=True, metavar="KIND", help=Both("只查该类疑点", "Look for this kind only"))
@option("--policy", metavar="POLICY", help=Both("只查该方案的户档", "Look at cases under this policy only"))
@option(
    "--burst",
    type=click.IntRange(1),
    default=30,
    show_default=True,
    help=Both("短时间内审批多少户算集中审批", "How many approvals in a short time are suspicious"),
)
@option(
    "--sleep",
    type=click.IntRange(1),
    default=60,
    show_default=True,
    help=Both("多少天没有办理算停滞", "After how many days without any act a case is suspicious"),
)
@option("--limit", type=click.IntRange(1), help=Both("最多列出几条", "List at most this many"))
@click.pass_context
def findings(
    ctx: click.Context, kinds: tuple[str, ...], policy: str | None, burst: int, sleep: int, limit: int | None
) -> int:
    """Print what looks wrong over all cases."""
    desk = Desk(ctx)
    limits = workflow.Limits(burst=burst, sleep=sleep)
    found = desk.read(lambda a: a.records.findings(actor=desk.reader(a), kinds=kinds, policy=policy, limits=limits))
    if limit is not None and len(found) > limit:
        note(t(f"共 {len(found)} 条，只列出 {limit} 条。", f"{len(found)} in all; only {limit} are listed here."))
        found = found[:limit]
    if desk.json:
        out_json([{**s.as_json(lang()), "trial": desk.trial} for s in found])
        return 3 if found else 0
    title(desk)
    head = [t("类别", "kind"), t("规则", "rule"), t("疑点", "suspicion"), t("户档", "cases")]
    lines = [
        [s.kind, s.rule, s.reason(lang()), ", ".join(s.cases[:4]) + ("…" if len(s.cases) > 4 else "")] for s in found
    ]
    table(head, lines)
    if not found:
        out(t("没有发现疑点。", "No suspicion was found."))
    return 3 if found else 0
