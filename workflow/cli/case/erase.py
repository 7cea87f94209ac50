"""`weigai case erase`: erase personal values for good."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from .... import workflow
from ... import GuardsNotMet
from ..commands import command, option
from ..desk import Desk
from ..language import Both, t
from ..options import EVERY, EntryOptions, with_entry
from ..output import note, out, out_json
from .act import print_check

if TYPE_CHECKING:
    from ... import Approvals


@command(
    "erase",
    help=Both(
        "永久删除一户（或一人）的个人信息：销毁其密钥，日志仍可核验。该户须已办结、保存期已满，并由两人同意。"
        "\n\n例：weigai case erase 150783-2019-7K3 --agreed-by p-0009 --reason 保存期满",
        "Erase the personal values of a household or of one person for good. weigai destroys their keys; the log "
        "still verifies. The case must have ended, its retention period must be over, and two persons must agree."
        "\n\nExample: weigai case erase 150783-2019-7K3 --agreed-by p-0009 --reason 'kept long enough'",
    ),
)
@click.argument("case_id", metavar="CASE")
@option(
    "--person",
    default="all",
    show_default=True,
    metavar="WHO",
    help=Both("head、member-0 …，或 all（全户及材料）", "head, member-0 ..., or all (the household and its papers)"),
)
@with_entry(*EVERY)
@click.pass_context
def erase(ctx: click.Context, case_id: str, person: str, entry: EntryOptions) -> int:
    """Erase personal values; files that no row names any more are dropped behind the commit."""
    desk = Desk(ctx)

    def work(approvals: Approvals) -> Any:
        found = approvals.find(case_id, actor=desk.reader(approvals))
        desk.about = found.id
        offices = approvals.offices.to_erase(found)
        actor, recorder = desk.acting(approvals, offices, entry.for_, found.unit, entry.on)
        return approvals.erase(
            found.id,
            actor=actor,
            recorder=recorder,
            reason=entry.reason or "",
            agreed_by=entry.agreed_by,
            person=person,
            on=entry.on,
            expect_version=entry.expect_version,
            request_id=entry.request_id,
        )

    try:
        done = desk.write(work, dry_run=entry.dry_run)
    except GuardsNotMet as refused:
        return _refused(desk, case_id, refused)
    if not entry.dry_run:
        _forget(desk, done)
    _print(desk, done, person, dry_run=entry.dry_run)
    return 0


def _forget(desk: Desk, done: Any) -> None:
    """Take away what an erasure that is committed leaves behind; say so where that has to be done later."""
    gone = False
    with suppress(workflow.StoreError):
        gone = desk.forget(done)
    if not gone:
        note(
            t(
                "个人信息已删除。文件或数据库日志中的残留尚未清除：请以后运行 weigai doctor --sweep；weigai doctor 说"
                "明是什么妨碍清除。",
                "The personal values are erased. Some traces are still in files or in the database's own log: run "
                "weigai doctor --sweep later. weigai doctor shows why they cannot be cleared now.",
            )
        )


def _print(desk: Desk, done: Any, person: str, *, dry_run: bool) -> None:
    if desk.json:
        out_json(
            {
                "case": done.case.id,
                "person": person,
                "version": done.case.version,
                "event": done.event.hash,
                "request_id": done.event.request_id,
                "files": len(done.files),
                "dry_run": dry_run,
            }
        )
    else:
        out(
            t(
                f"{'（未写入）' if dry_run else '已删除'} {done.case.id}：{person}",
                f"{'(not written)' if dry_run else 'erased'} {done.case.id}: {person}",
            )
        )


def _refused(desk: Desk, case_id: str, refused: GuardsNotMet) -> int:
    found = desk.read(lambda approvals: approvals.find(case_id, actor=desk.reader(approvals)))
    return print_check(desk, found, workflow.Decision(refused.action, None, False, refused.findings))
