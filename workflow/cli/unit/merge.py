"""`weigai unit merge`: merge a unit into another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ..commands import command, option
from ..desk import Desk
from ..language import Both, t
from ..options import ONCE, Day, Entry, with_entry
from ..output import note, out, out_json

if TYPE_CHECKING:
    from collections.abc import Mapping


@command(
    "merge",
    help=Both(
        "把一个单位并入另一单位。改用新代码或划归另一乡镇的，用 --name 给新单位命名。户档保留原代码，由新单位的人员办"
        "理。正式县须由另一名管理员确认（unit confirm）。"
        "\n\n例：weigai unit merge 150783101202 --into 150783101201 --on 2020-05-01",
        "Merge a unit into another. With --name you merge it into a new unit: to give it a new code, or to put it "
        "under another township. Its cases keep their code; officials of the successor work on them. In a real county "
        "a second administrator confirms it (unit confirm)."
        "\n\nExample: weigai unit merge 150783101202 --into 150783101201 --on 2020-05-01",
    ),
)
@click.argument("code")
@option("--into", required=True, metavar="CODE", help=Both("并入哪个单位", "The unit that takes its place"))
@option(
    "--name",
    metavar="NAME",
    help=Both("新单位的名称（该代码尚未登记时）", "Name of the new unit, if its code is not registered yet"),
)
@option("--on", type=Day(), metavar="DATE", help=Both("自哪天起生效，默认今天", "From this day on; default today"))
@with_entry(*ONCE)
@click.pass_context
def merge(ctx: click.Context, code: str, into: str, name: str | None, entry: Entry) -> None:
    """Let a unit go over into another."""
    desk = Desk(ctx)
    done = desk.write(
        lambda a: a.register.merge_unit(
            code, into, actor=desk.admin(a), name=name, on=entry.on, request_id=entry.request_id
        ),
        dry_run=entry.dry_run,
    )
    if desk.json:
        out_json(done)
        return
    print_merged(done)
    if done["pending"]:
        note(
            t(
                f"尚未生效，须由另一名管理员确认：weigai unit confirm {done['no']}",
                f"it does not hold yet: another administrator must confirm it with weigai unit confirm {done['no']}",
            )
        )


def print_merged(done: Mapping[str, Any]) -> None:
    """Print a merger, and whose offices reach nothing any more."""
    code, into = done["code"], done["into"]
    out(t(f"{code} 自 {done['since']} 起并入 {into}。", f"{code} is merged into {into} from {done['since']} on."))
    if done["holders"]:
        named = ", ".join(f"{h['person']} ({h['office']})" for h in done["holders"])
        note(
            t(
                f"以下人员在 {code} 的职务此后没有辖区，请另行授予职务：{named}",
                f"the following offices for {code} will then cover no unit; grant these persons other offices: {named}",
            )
        )
