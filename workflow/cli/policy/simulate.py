"""`weigai policy simulate`: what another policy or calendar would have made of the cases that there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ...words import label
from ..commands import command, option
from ..desk import Desk
from ..language import Both, lang, t
from ..output import note, out, out_json, table, yuan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ... import Outcome, Simulation

_FEW = 20


@command(
    "simulate",
    help=Both(
        "试算：把已有户档的每一步按另一方案（--to）或另一工作日历（--calendar）重新核查，"
        "看哪些会被拒绝、推迟几天、补助差多少。只读，不改任何户档。"
        "\n\n例：weigai policy simulate --policy zhalantun-2019-a --to 我县.toml",
        "Try out: every step of the cases that there are is asked again by another policy (--to) or another calendar "
        "(--calendar): which would be refused, delayed by how many days, paid how much more or less. Nothing is written."
        "\n\nExample: weigai policy simulate --policy zhalantun-2019-a --to our-county.toml",
    ),
)
@option("--to", metavar="POLICY", help=Both("另一方案：编号或文件", "The other policy: an id or a file"))
@option("--calendar", metavar="FILE", help=Both("另一工作日历（文件）", "The other calendar of working days (a file)"))
@option("--policy", metavar="ID", help=Both("只看该方案的户档", "Only cases under this policy"))
@option("--unit", metavar="CODE", help=Both("只看该单位的户档", "Only cases of this unit"))
@option(
    "--limit",
    type=click.IntRange(0),
    default=_FEW,
    show_default=True,
    help=Both("最多列几户", "List at most so many cases"),
)
@click.pass_context
def simulate(
    ctx: click.Context, to: str | None, calendar: str | None, policy: str | None, unit: str | None, limit: int
) -> None:
    """Say what would have been refused, delayed and paid otherwise."""
    from pathlib import Path

    from ... import Calendar

    if to is None and calendar is None:
        raise click.UsageError(t("请给出 --to 或 --calendar。", "give --to or --calendar."))
    desk = Desk(ctx)
    other = Calendar.from_file(Path(calendar)) if calendar else None
    found = desk.read(
        lambda a: a.records.simulate(actor=desk.reader(a), to=to, calendar=other, policy=policy, unit=unit)
    )
    if desk.json:
        out_json(_as_json(found))
    else:
        _print(found, limit)


def _as_json(found: Simulation) -> dict[str, Any]:
    townships = [{"unit": c, "name": found.names.get(c, c), **sums} for c, sums in found.townships.items()]
    return {
        "policy": found.policy,
        "hash": found.hash,
        "total": found.total,
        "units": townships,
        "cases": [_outcome(one) for one in found.outcomes],
        "unjudged": list(found.unjudged),
        "key_lost": list(found.lost),
        "policy_lost": list(found.unusable),
    }


def _outcome(one: Outcome) -> dict[str, Any]:
    w = one.found
    return {
        "case": one.case,
        "unit": one.unit,
        "policy": one.policy,
        "state": one.state,
        "would_be": w.state,
        "refused": [
            {"action": b.action, "on": b.on.isoformat(), "findings": [f.as_json(lang()) for f in b.findings]}
            for b in w.barred
        ],
        "delayed": [
            {"action": m.action, "was": m.was.isoformat(), "on": m.on.isoformat(), "days": (m.on - m.was).days}
            for m in w.moved
        ],
        "days": w.days,
        "end_days": w.end_days,
        "was_fen": w.was_fen,
        "fen": w.fen,
        "more_fen": w.more_fen,
    }


def _print(found: Simulation, limit: int) -> None:
    head = [
        t("乡镇", "township"),
        t("户", "cases"),
        t("不变", "same"),
        t("会被拒绝", "refused"),
        t("会推迟", "delayed"),
        t("推迟天数合计", "days"),
        t("其中末步", "at the end"),
        t("补助不同", "paid otherwise"),
        t("多发（元）", "more (yuan)"),
        t("少发（元）", "less (yuan)"),
    ]
    rows = [_row(found.names.get(code, code), sums) for code, sums in found.townships.items()]
    table(head, [*rows, _row(t("合计", "total"), found.total)])
    for case in found.unusable:
        note(
            t(
                f"{case}：所依政策或数据行不能用，未计入。",
                f"{case}: its policy or its row cannot be used, so it is left out.",
            )
        )
    for case in found.lost:
        note(t(f"{case}：密钥缺失或损坏，未计入。", f"{case}: its key is lost or damaged, so it is left out."))
    for title, listed in (
        (t("会被拒绝", "refused"), [o for o in found.outcomes if o.found.barred]),
        (t("会推迟", "delayed"), [o for o in found.outcomes if o.found.moved]),
        (t("补助不同", "paid otherwise"), [o for o in found.outcomes if o.found.was_fen != o.found.fen]),
    ):
        if listed and limit:
            out()
            out(t(f"{title}：{len(listed)} 户", f"{title}: {len(listed)}"))
        for one in listed[:limit]:
            for line in _lines(one, title):
                out(line)
        if limit and len(listed) > limit:
            note(
                t(
                    f"只列 {limit} 户；全部请加 --limit 或用 --json。",
                    f"{limit} of them here; --limit or --json has all.",
                )
            )
    note(
        t(
            f"未核查（涉及经办人、其他户档或保密内容）：{'、'.join(found.unjudged)}",
            f"not asked (they need who acts, other cases or sealed values): {', '.join(found.unjudged)}",
        )
    )


def _row(name: str, sums: Mapping[str, int]) -> list[Any]:
    return [
        name,
        sums["cases"],
        sums["same"],
        sums["refused"],
        sums["delayed"],
        sums["days"],
        sums["end_days"],
        sums["paid_otherwise"],
        yuan(sums["more_fen"]),
        yuan(sums["less_fen"]),
    ]


def _lines(one: Outcome, title: str) -> list[str]:
    w = one.found
    if title == t("会被拒绝", "refused"):
        return [
            f"  {one.case}  {b.on}  {label(b.action, lang())}：{f.reason(lang())}"
            if lang() == "zh"
            else f"  {one.case}  {b.on}  {label(b.action, lang())}: {f.reason(lang())}"
            for b in w.barred
            for f in b.findings
        ]
    if title == t("会推迟", "delayed"):
        first = w.moved[0]
        return [
            t(
                f"  {one.case}  {label(first.action, lang())} {first.was} → {first.on}，最多推迟 {w.days} 天，末步推迟 {w.end_days} 天",
                f"  {one.case}  {label(first.action, lang())} {first.was} -> {first.on}; at most {w.days} days, the last step {w.end_days}",
            )
        ]
    return [
        f"  {one.case}  {yuan(w.was_fen)} → {yuan(w.fen)}"
        if lang() == "zh"
        else f"  {one.case}  {yuan(w.was_fen)} -> {yuan(w.fen)}"
    ]
