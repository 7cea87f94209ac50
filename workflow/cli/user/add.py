"""`weigai user add`: register a person with offices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ... import InputRefused
from ..commands import command, option
from ..desk import Desk
from ..inputs import read_line
from ..language import Both, t
from ..options import ONCE, Day, Entry, pair, with_entry
from ..output import out, out_json
from .grants import said

if TYPE_CHECKING:
    from datetime import date


@command(
    "add",
    help=Both(
        "登记一个人。姓名从提示、标准输入或文件读入。在正式县，其职务须由另一名管理员确认（user confirm）。"
        "\n\n例：weigai user add p-0007 --office village@150783101201 --account zhang",
        "Register a person. The command asks for the name, or reads it from standard input. In a real county a second "
        "administrator confirms the offices (user confirm)."
        "\n\nExample: weigai user add p-0007 --office village@150783101201 --account zhang",
    ),
)
@click.argument("person")
@option(
    "--office",
    "offices",
    multiple=True,
    required=True,
    metavar="OFFICE@UNIT",
    help=Both("任职：职务@单位代码", "The office held and the code of its unit"),
)
@option("--account", metavar="NAME", help=Both("登录所用的账号", "Name of the account to log in with"))
@option("--since", type=Day(), metavar="DATE", help=Both("任职起始日", "First day in office"))
@with_entry("on", *ONCE)
@click.pass_context
def add(
    ctx: click.Context,
    person: str,
    offices: tuple[str, ...],
    account: str | None,
    since: date | None,
    entry: Entry,
) -> None:
    """Register a person with offices held."""
    desk = Desk(ctx)
    held = [pair(office) for office in offices]
    name = read_name()
    done = desk.write(
        lambda a: a.register.add_person(
            held[0][1][:6],
            person,
            name,
            offices=held,
            actor=desk.admin(a),
            account=account,
            since=since or entry.on,
            request_id=entry.request_id,
        ),
        dry_run=entry.dry_run,
    )
    if desk.json:
        out_json({**done, "account": account})
    else:
        out(t(f"已登记 {person}。", f"{person} is registered."))
        said(done)


def read_name(zh: str = "姓名", en: str = "Name") -> str:
    """Ask for a name on a terminal, else read it from standard input: never from an argument."""
    if not (name := read_line(zh, en)):
        raise InputRefused(
            "没有给出姓名；请输入，或从标准输入给出。", "there is no name: type it, or give it on standard input."
        )
    return name[:100]
