"""`weigai unit merge`: a unit that goes over into another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ..commands import command, option
from ..desk import Desk
from ..language import Both, t
from ..options import ONCE, Day, EntryOptions, with_entry
from ..output import note, out, out_json

if TYPE_CHECKING:
    from ... import UnitMerged


@command(
    "merge",
    help=Both(
        "单位并入另一单位，或改用新代码、划归另一乡镇（新单位以 --name 命名）。户档保留原代码，由新单位的人员办理。正式县须由另一名管理员确认（unit confirm）。\n\n例：weigai unit merge 150783101202 --into 150783101201 --on 2020-05-01",
        "Let a unit go over into another; with --name into a new one: recoded, or put under another township. Cases keep their code and are the successor's. In a founded county a second administrator confirms it (unit confirm).\n\nExample: weigai unit merge 150783101202 --into 150783101201 --on 2020-05-01",
    ),
)
@click.argument("code")
@option("--into", required=True, metavar="CODE", help=Both("并入的单位", "The successor"))
@option("--name", metavar="NAME", help=Both("新单位的名称", "Name of a successor that is new"))
@option("--on", type=Day(), metavar="DATE", help=Both("自哪天起，默认今天", "From which day on; default today"))
@with_entry(*ONCE)
@click.pass_context
def merge(ctx: click.Context, code: str, into: str, name: str | None, entry: EntryOptions) -> None:
    """Let a unit go over into another."""
    desk = Desk(ctx)
    done = desk.write(
        lambda a: a.register.merge_unit(
            code, into, actor=desk.admin(a), name=name, on=entry.on, request_id=entry.request_id
        ),
        dry_run=entry.dry_run,
    )
    if desk.json:
        out_json(done.as_json())
        return
    print_merged(done)
    if done.pending:
        note(
            t(
                f"须由另一名管理员确认后生效：weigai unit confirm {done.no}",
                f"another administrator has to confirm it: weigai unit confirm {done.no}",
            )
        )


def print_merged(done: UnitMerged) -> None:
    """Print a merger, and whose offices reach nothing any more."""
    code, into = done.code, done.into
    out(t(f"{code} 自 {done.since} 起并入 {into}。", f"{code} is {into} from {done.since} on."))
    if done.holders:
        named = ", ".join(f"{holder.person} ({holder.office})" for holder in done.holders)
        note(
            t(
                f"以下人员在 {code} 的职务此后没有辖区，请另行授予：{named}",
                f"offices held for {code} then reach nothing any more; grant others: {named}",
            )
        )
