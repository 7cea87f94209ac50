"""`weigai user` and `weigai unit`: who sits where, and the units of the county."""

from __future__ import annotations

import csv
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ...states.errors import InputRefused
from ...states.identity_number import mask_name
from .desk import Day, Desk, changing, read_json
from .say import LANG, out, out_json, t, table
from .units import record, records

if TYPE_CHECKING:
    from datetime import date

    from .. import Approvals


@click.group(
    help=t("人员与职务。\n\n例：weigai user list", "Persons and the offices they hold.\n\nExample: weigai user list")
)
def user() -> None:
    """Hold the commands on persons."""


@user.command(
    "add",
    help=t(
        "登记人员。姓名从文件、标准输入或提示读入。\n\n例：weigai user add p-0007 --office village@150783101201 --account zhang",
        "Register a person; the name is asked for, or read from standard input.\n\nExample: weigai user add p-0007 --office village@150783101201 --account zhang",
    ),
)
@click.argument("person")
@click.option(
    "--office",
    "offices",
    multiple=True,
    required=True,
    metavar="OFFICE@UNIT",
    help=t("职务@单位代码", "Office held @ unit code"),
)
@click.option("--account", metavar="NAME", help=t("登录账号", "Account name"))
@click.option("--since", type=Day(), metavar="DATE", help=t("任职起", "Held since"))
@changing
@click.pass_context
def add(
    ctx: click.Context, person: str, offices: tuple[str, ...], account: str | None, since: date | None,
    on: date | None, for_: str | None, reason: str | None, dry_run: bool, request_id: str | None,
    expect_version: int | None,
) -> None:  # fmt: skip
    """Register a person with offices held."""
    desk = Desk(ctx)
    held = []
    for pair in offices:
        office, at, unit = pair.partition("@")
        if not at:
            raise click.UsageError(t(f"--office 应写作 职务@单位：{pair}", f"--office is OFFICE@UNIT: {pair}"))
        held.append((office, unit))
    name = _name()

    def work(approvals: Approvals) -> None:
        actor = desk.reader(approvals)
        approvals.register.add_person(
            held[0][1][:6],
            person,
            name,
            offices=held,
            actor=actor,
            account=account,
            since=since or on,
            request_id=request_id,
        )

    desk.write(work, dry_run=dry_run)
    if desk.json:
        out_json({"person": person, "offices": [{"office": o, "unit": u} for o, u in held], "account": account})
    else:
        out(t(f"已登记 {person}。", f"registered {person}."))


def _name() -> str:
    """Ask for the name on a terminal, else read it from standard input: never from an argument."""
    name: str = click.prompt(t("姓名", "Name"), err=True) if sys.stdin.isatty() else sys.stdin.readline()
    if not name.strip():
        raise InputRefused("没有给出姓名。", "no name was given.")
    return name.strip()[:100]


@user.command("list", help=t("列出人员。\n\n例：weigai user list", "List persons.\n\nExample: weigai user list"))
@click.pass_context
def list_users(ctx: click.Context) -> None:
    """List the registered persons; names are masked."""
    desk = Desk(ctx)
    found = [{**p, "name": mask_name(p["name"])} for p in desk.read(lambda a: a.register.persons(actor=desk.reader(a)))]
    if desk.json:
        out_json(found)
        return
    from ...states.labels import label

    rows = [
        [p["id"], p["name"], p["account"], "; ".join(f"{label(o['office'], LANG)}@{o['unit']}" for o in p["offices"]),
         t("试用", "trial") if p["trial"] else ""]
        for p in found
    ]  # fmt: skip
    table([t("编号", "id"), t("姓名", "name"), t("账号", "account"), t("职务", "offices"), ""], rows)


@click.group(
    help=t(
        "行政区划单位及其职责。\n\n例：weigai unit list",
        "Units: county, townships, villages, and what they owe.\n\nExample: weigai unit list",
    )
)
def unit() -> None:
    """Hold the commands on units."""


unit.add_command(record)
unit.add_command(records)


@unit.command(
    "import",
    help=t(
        "导入单位表：CSV（代码,名称）或 JSON。\n\n例：weigai unit import 单位.csv",
        "Import units: CSV (code,name) or JSON.\n\nExample: weigai unit import units.csv",
    ),
)
@click.argument("file")
@changing
@click.pass_context
def import_(
    ctx: click.Context, file: str, on: date | None, for_: str | None, reason: str | None, dry_run: bool,
    request_id: str | None, expect_version: int | None,
) -> None:  # fmt: skip
    """Import units from a file."""
    desk = Desk(ctx)
    rows = _units_of(file)
    count = desk.write(
        lambda a: a.register.import_units(rows, actor=desk.reader(a), request_id=request_id), dry_run=dry_run
    )
    if desk.json:
        out_json({"imported": count})
    else:
        out(t(f"已导入 {count} 个单位。", f"imported {count} units."))


def _units_of(file: str) -> list[tuple[str, str]]:
    if file.endswith(".json"):
        found = read_json(file)
        rows: Any = [(u.get("code"), u.get("name")) for u in found] if isinstance(found, list) else None
    else:
        rows = _csv(Path(file))
    if not rows or not all(isinstance(c, str) and isinstance(n, str) and n.strip() for c, n in rows):
        raise InputRefused(f"{file} 应为（代码,名称）表。", f"{file} is a table of code and name.")
    return [(code.strip(), name.strip()) for code, name in rows]


def _csv(path: Path) -> list[tuple[str, str]]:
    """Read a two-column CSV in UTF-8 or GB18030; a first row without digits is a heading."""
    try:
        raw = path.read_bytes()
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = raw.decode("gb18030")
        rows = [row for row in csv.reader(io.StringIO(text)) if row]
    except (OSError, UnicodeDecodeError, csv.Error):
        raise InputRefused(f"{path} 无法读取。", f"{path} cannot be read.") from None
    if rows and not any(c.isdigit() for c in rows[0][0]):
        rows = rows[1:]
    if any(len(row) < 2 for row in rows):
        raise InputRefused(f"{path} 每行应有代码和名称。", f"{path}: every row has a code and a name.")
    return [(row[0], row[1]) for row in rows]


@unit.command("list", help=t("列出单位。\n\n例：weigai unit list", "List units.\n\nExample: weigai unit list"))
@click.pass_context
def list_units(ctx: click.Context) -> None:
    """List the units of the user's area."""
    desk = Desk(ctx)
    found = desk.read(lambda a: a.register.units(actor=desk.reader(a)))
    if desk.json:
        out_json([dict(u) for u in found])
    else:
        from ...states.labels import label

        table(
            [t("代码", "code"), t("名称", "name"), t("级别", "level")],
            [[u["code"], u["name"], label(u["level"], LANG)] for u in found],
        )
