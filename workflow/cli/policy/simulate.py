"""`weigai policy simulate`: try out another policy or calendar on the cases in the database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .... import workflow
from ...words import label
from ..commands import command, option
from ..desk import Desk
from ..language import Both, lang, t
from ..output import note, out, out_json, table_of, yuan

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ... import Outcome, Simulation

_FEW = 20


@command(
    "simulate",
    help=Both(
        "试算：按另一方案（--to）或另一工作日历（--calendar）重新核查已有户档的每一步。结果列出哪些会被拒绝、推迟几天、"
        "补助相差多少。命令只读，不改任何户档。"
        "\n\n例：weigai policy simulate --policy zhalantun-2019-a --to 我县.toml",
        "Try out another policy (--to) or another working-day calendar (--calendar) on the cases in the database. The "
        "command checks every step again and lists what would be refused, by how many days it would be delayed, and "
        "how the subsidy would differ. It writes nothing."
        "\n\nExample: weigai policy simulate --policy zhalantun-2019-a --to our-county.toml",
    ),
)
@option("--to", metavar="POLICY", help=Both("要试算的方案：编号或文件", "The policy to try: an id or a file"))
@option("--calendar", metavar="FILE", help=Both("要试算的工作日历（文件）", "The working-day calendar to try (a file)"))
@option("--policy", metavar="ID", help=Both("只试算该方案的户档", "Try cases under this policy only"))
@option("--unit", metavar="CODE", help=Both("只试算该单位的户档", "Try cases of this unit only"))
@option(
    "--limit",
    type=click.IntRange(0),
    default=_FEW,
    show_default=True,
    help=Both("最多列出几户", "List at most this many cases"),
)
@click.pass_context
def simulate(
    ctx: click.Context, to: str | None, calendar: str | None, policy: str | None, unit: str | None, limit: int
) -> None:
    """Say what would have been refused, delayed and paid otherwise."""
    if to is None and calendar is None:
        raise click.UsageError(t("请给出 --to 或 --calendar。", "give --to or --calendar."))
    desk = Desk(ctx)
    other = workflow.Calendar.from_file(Path(calendar)) if calendar else None
    found = desk.read(
        lambda a: a.records.simulate(actor=desk.reader(a), to=to, calendar=other, policy=policy, unit=unit)
    )
    if desk.json:
        out_json(found.as_json(lang()))
    else:
        _print(found, limit)


def _print(found: Simulation, limit: int) -> None:
    _print_townships(found)
    for case in found.unusable:
        note(
            t(
                f"{case}：其方案或数据行不可用，未计入。",
                f"{case}: its policy or its row cannot be used, so it is left out.",
            )
        )
    for case in found.lost:
        note(t(f"{case}：其密钥缺失或损坏，未计入。", f"{case}: its key is lost or damaged, so it is left out."))
    of = found.outcomes
    _print_cases(t("会被拒绝", "refused"), [o for o in of if o.found.barred], _refused, limit)
    _print_cases(t("会推迟", "delayed"), [o for o in of if o.found.moved], _delayed, limit)
    _print_cases(t("补助不同", "paid otherwise"), [o for o in of if o.found.was_fen != o.found.fen], _paid, limit)
    note(
        t(
            f"未核查的规则（需要经办人、其他户档或保密内容）：{'、'.join(found.unjudged)}",
            "rules not checked (they need the person who acts, other cases or sealed values): "
            f"{', '.join(found.unjudged)}",
        )
    )


def _print_townships(found: Simulation) -> None:
    named = [(found.names.get(code, code), sums) for code, sums in found.townships.items()]
    table_of(
        [
            {**sums, "name": name, "more_fen": yuan(sums["more_fen"]), "less_fen": yuan(sums["less_fen"])}
            for name, sums in [*named, (t("合计", "total"), found.total)]
        ],
        ("name", t("乡镇", "township")),
        ("cases", t("户", "cases")),
        ("same", t("不变", "same")),
        ("refused", t("会被拒绝", "refused")),
        ("delayed", t("会推迟", "delayed")),
        ("days", t("推迟天数合计", "days")),
        ("end_days", t("其中末步", "at the end")),
        ("paid_otherwise", t("补助不同", "paid otherwise")),
        ("more_fen", t("多发（元）", "more (yuan)")),
        ("less_fen", t("少发（元）", "less (yuan)")),
    )


def _print_cases(title: str, listed: Sequence[Outcome], lines: Callable[[Outcome], Sequence[str]], limit: int) -> None:
    """Print the first cases of which one thing would be otherwise."""
    if not (listed and limit):
        return
    out()
    out(t(f"{title}：{len(listed)} 户", f"{title}: {len(listed)}"))
    for one in listed[:limit]:
        for line in lines(one):
            out(line)
    if len(listed) > limit:
        note(
            t(
                f"只列出 {limit} 户；要看全部，请用 --limit 或 --json。",
                f"only {limit} are listed here; for all of them use --limit or --json.",
            )
        )


def _refused(one: Outcome) -> list[str]:
    colon = t("：", ": ")
    return [
        f"  {one.case}  {b.on}  {label(b.action, lang())}{colon}{f.reason(lang())}"
        for b in one.found.barred
        for f in b.findings
    ]


def _delayed(one: Outcome) -> list[str]:
    w, first = one.found, one.found.moved[0]
    return [
        t(
            f"  {one.case}  {label(first.action, lang())} {first.was} → {first.on}，最多推迟 {w.days} 天，末步推迟 {w.end_days} 天",
            f"  {one.case}  {label(first.action, lang())} {first.was} -> {first.on}; at most {w.days} days, the last step {w.end_days}",
        )
    ]


def _paid(one: Outcome) -> list[str]:
    return [f"  {one.case}  {yuan(one.found.was_fen)} {t('→', '->')} {yuan(one.found.fen)}"]
