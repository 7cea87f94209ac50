"""`weigai user`: who is registered, with which account, and what officials declare of themselves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ... import InputRefused
from ...words import masked_name
from ..commands import group, option
from ..desk import Desk
from ..inputs import read_json, read_line
from ..language import Both, lang, t
from ..options import ONCE, Day, Entry, pair, with_entry
from ..output import out, out_json, table, told_lost
from .grants import confirm, grant, pending, revoke, said

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date


@group(
    help=Both("人员与职务。\n\n例：weigai user list", "Persons and the offices they hold.\n\nExample: weigai user list")
)
def user() -> None:
    """Hold the commands on persons."""


for _command in (grant, confirm, revoke, pending):
    user.add_command(_command)


@user.command(
    "add",
    help=Both(
        "登记人员。姓名从文件、标准输入或提示读入。正式县的职务须由另一名管理员确认（user confirm）。\n\n例：weigai user add p-0007 --office village@150783101201 --account zhang",
        "Register a person; the name is asked for, or read from standard input. In a founded county a second administrator confirms the offices (user confirm).\n\nExample: weigai user add p-0007 --office village@150783101201 --account zhang",
    ),
)
@click.argument("person")
@option(
    "--office",
    "offices",
    multiple=True,
    required=True,
    metavar="OFFICE@UNIT",
    help=Both("职务@单位代码", "Office held @ unit code"),
)
@option("--account", metavar="NAME", help=Both("登录账号", "Account name"))
@option("--since", type=Day(), metavar="DATE", help=Both("任职起", "Held since"))
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
        out(t(f"已登记 {person}。", f"registered {person}."))
        said(done)


def read_name(zh: str = "姓名", en: str = "Name") -> str:
    """Ask for a name on a terminal, else read it from standard input: never from an argument."""
    if not (name := read_line(zh, en)):
        raise InputRefused("没有给出姓名。", "no name was given.")
    return name[:100]


@user.command(
    "import",
    help=Both(
        "导入人员表（CSV、XLSX 或 JSON）：编号、姓名、账号、职务、单位、任职起、任职止；全部登记或全部不登记。\n\n例：weigai user import 人员.csv",
        "Register the persons of a sheet (CSV, XLSX or JSON) with the columns id, name, account, office, unit, since, until; all or none.\n\nExample: weigai user import persons.csv",
    ),
)
@click.argument("file")
@with_entry(*ONCE)
@click.pass_context
def import_(ctx: click.Context, file: str, entry: Entry) -> None:
    """Register the persons of a sheet."""
    from ... import read_persons

    desk = Desk(ctx)
    rows = read_persons(Path(file))
    done = desk.write(
        lambda a: a.register.import_persons(rows, actor=desk.admin(a), request_id=entry.request_id),
        dry_run=entry.dry_run,
    )
    if desk.json:
        out_json(done)
        return
    out(t(f"已导入 {len(done)} 人，{len(rows)} 项职务。", f"imported {len(done)} persons with {len(rows)} offices."))
    said({"pending": any(one["pending"] for one in done)})


@user.command(
    "account",
    help=Both(
        "变更账号。正式县中变更他人的账号须由另一名管理员确认。\n\n例：weigai user account p-0007 zhangsan",
        "Change the account of a person; in a founded county another's account waits for a second administrator.\n\nExample: weigai user account p-0007 zhangsan",
    ),
)
@click.argument("person")
@click.argument("name")
@with_entry(*ONCE)
@click.pass_context
def account(ctx: click.Context, person: str, name: str, entry: Entry) -> None:
    """Change a person's account."""
    desk = Desk(ctx)
    done = desk.write(
        lambda a: a.register.change_account(person, name, actor=desk.admin(a), request_id=entry.request_id),
        dry_run=entry.dry_run,
    )
    if desk.json:
        out_json(done)
    else:
        out(t(f"{person} 的账号：{name}。", f"account of {person}: {name}."))
        said(done)


@user.command(
    "declare",
    help=Both(
        "申报本人的身份证号、卡号和亲属（JSON 文件，- 为标准输入），供回避核对；只存密封值和检索标记。本人申报，管理员可代为登记。\n\n例：weigai user declare p-0007 --data 申报.json",
        'Declare the own identity and card number and relatives (JSON file, - for stdin: {"id_number", "card", "relatives": [{"name", "id_number", "relation"}]}), so that nobody decides on their own household; kept sealed. For oneself, or by an administrator.\n\nExample: weigai user declare p-0007 --data declaration.json',
    ),
)
@click.argument("person")
@option(
    "--data",
    required=True,
    metavar="FILE",
    help=Both("申报内容（JSON 文件，- 为标准输入）", "The declaration (JSON, - for stdin)"),
)
@with_entry(*ONCE)
@click.pass_context
def declare(ctx: click.Context, person: str, data: str, entry: Entry) -> None:
    """Declare a person's own numbers and relatives."""
    desk = Desk(ctx)
    told = read_json(data)
    desk.write(
        lambda a: a.register.declare(person, told, actor=desk.admin(a), request_id=entry.request_id),
        dry_run=entry.dry_run,
    )
    if desk.json:
        out_json({"person": person, "declared": True})
    else:
        out(
            t(
                f"已登记 {person} 的申报，以前的申报由此替换。",
                f"declared for {person}, in place of what was declared before.",
            )
        )


@user.command(
    "list",
    help=Both(
        "列出辖区内的人员、职务及任期；待确认的另注。\n\n例：weigai user list",
        "List the persons of the user's area with their offices and dates; what waits is marked.\n\nExample: weigai user list",
    ),
)
@click.pass_context
def list_users(ctx: click.Context) -> None:
    """List the registered persons of the user's area; names are masked."""
    desk = Desk(ctx)
    people = desk.read(lambda a: a.register.persons(actor=desk.reader(a)))
    found = [{**p, "name": masked_name(p["name"]) if p["name"] else None} for p in people]
    if desk.json:
        out_json(found)
        return
    rows = [
        [
            p["id"],
            p["name"],
            p["account"],
            "; ".join(_office(o) for o in p["offices"]),
            t("试用", "trial") if p["trial"] else "",
        ]
        for p in found
    ]
    table([t("编号", "id"), t("姓名", "name"), t("账号", "account"), t("职务", "offices"), ""], rows)
    told_lost(p["id"] for p in found if p["key_lost"])


def _office(held: Mapping[str, Any]) -> str:
    from ...words import label

    dates = f"{held['since']}–{held['until'] or ''}"
    waits = t("，待确认", ", waits") if "pending" in held else ""
    return f"{label(held['office'], lang())}@{held['unit']} ({dates}{waits})"
