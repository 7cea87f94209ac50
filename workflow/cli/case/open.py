"""`weigai case open`: open a case for a household."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ...words import label
from ..commands import command, option
from ..desk import Desk
from ..inputs import read_json, read_papers
from ..language import Both, lang, t
from ..options import ONCE, Entry, with_entry
from ..output import out, out_json

if TYPE_CHECKING:
    from ... import Approvals, Case


@command(
    "open",
    help=Both(
        "为一户农户立户。\n\n例：weigai case open --policy zhalantun-2019-a --unit 150783101201 --household 户.json",
        "Open a case for a household."
        "\n\nExample: weigai case open --policy zhalantun-2019-a --unit 150783101201 --household household.json",
    ),
)
@option("--policy", required=True, metavar="POLICY", help=Both("方案编号或文件", "Policy id or file"))
@option("--unit", required=True, metavar="CODE", help=Both("村代码，12 位", "Village code, 12 digits"))
@option(
    "--household",
    required=True,
    metavar="FILE",
    help=Both(
        "农户文件（JSON；- 表示标准输入），格式见 case schema",
        "Household file (JSON; - for standard input); case schema prints its form",
    ),
)
@option(
    "--document",
    "papers",
    multiple=True,
    metavar="KIND=PATH",
    help=Both("附件：种类和文件", "Attach this paper: its kind and its file"),
)
@option(
    "--intake",
    metavar="INTAKE",
    help=Both(
        "受理方式，普通申请不写；如 disaster",
        "A special way of intake, e.g. disaster; leave it out for an ordinary application",
    ),
)
@option(
    "--agreed-by",
    metavar="PERSON",
    help=Both("共同受理的另一单位的人员", "The person of the other office who takes the application jointly"),
)
@option("--follows", metavar="CASE", help=Both("本户接续的、已结束的户档", "The ended case that this case continues"))
@with_entry("on", "for", "reason", *ONCE)
@click.pass_context
def open_(
    ctx: click.Context,
    policy: str,
    unit: str,
    household: str,
    papers: tuple[str, ...],
    intake: str | None,
    follows: str | None,
    entry: Entry,
) -> None:
    """Open a case."""
    desk = Desk(ctx)
    data = read_json(household)
    if entry.reason is not None and isinstance(data, dict):
        data = {**data, "note": entry.reason}
    attached = read_papers(papers, dry_run=entry.dry_run)

    def work(approvals: Approvals) -> Case:
        offices = approvals.offices.to_open(policy, intake=intake)
        actor, recorder = desk.acting(approvals, offices, entry.for_, unit, entry.on)
        ended = approvals.find(follows, actor=desk.reader(approvals)).id if follows else None
        return approvals.open_case(
            policy=policy,
            unit=unit,
            household=data,
            actor=actor,
            recorder=recorder,
            on=entry.on,
            documents=attached,
            request_id=entry.request_id,
            intake=intake,
            agreed_by=entry.agreed_by,
            follows=ended,
        )

    made = desk.write(work, dry_run=entry.dry_run, action="open_case")
    _print(desk, made, entry)


def _print(desk: Desk, made: Case, entry: Entry) -> None:
    if desk.json:
        out_json(
            {
                "case": made.id,
                "state": made.state,
                "version": made.version,
                "policy": made.policy_id,
                "policy_hash": made.policy_hash,
                "request_id": entry.request_id,
                "dry_run": entry.dry_run,
            }
        )
        return
    state = label(made.state, lang())
    out(
        t(
            f"{'（未写入）' if entry.dry_run else '已立户'} {made.id}：{state}",
            f"{'(not written)' if entry.dry_run else 'opened'} {made.id}: {state}",
        )
    )
