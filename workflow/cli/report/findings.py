"""`weigai report findings`: what looks wrong over all cases."""

from __future__ import annotations

import click

from ..commands import command, option
from ..desk import Desk
from ..language import Both, lang, t
from ..output import note, out, out_json, table
from ..trial_mark import title


@command(
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
        out_json([{**s.as_json(lang()), "trial": desk.trial} for s in found])
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
