"""`weigai unit`: the units of the county, how they change, and what they owe and did."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ... import InputRefused, read_text
from ..commands import group, option
from ..desk import Desk
from ..inputs import read_json
from ..language import Both, lang, t
from ..options import ONCE, Day, Entry, with_entry
from ..output import note, out, out_json, table
from .duties import record, records, unmask

if TYPE_CHECKING:
    from collections.abc import Mapping


@group(
    help=Both(
        "行政区划单位及其职责。\n\n例：weigai unit list",
        "Units: county, townships, villages, and what they owe.\n\nExample: weigai unit list",
    )
)
def unit() -> None:
    """Hold the commands on units."""


unit.add_command(record)
unit.add_command(records)
unit.add_command(unmask)


@unit.command(
    "import",
    help=Both(
        "导入单位表：CSV（代码,名称）或 JSON。\n\n例：weigai unit import 单位.csv",
        "Import units: CSV (code,name) or JSON.\n\nExample: weigai unit import units.csv",
    ),
)
@click.argument("file")
@with_entry(*ONCE)
@click.pass_context
def import_(ctx: click.Context, file: str, entry: Entry) -> None:
    """Import units from a file."""
    desk = Desk(ctx)
    rows = units_of(file)
    count = desk.write(
        lambda a: a.register.import_units(rows, actor=desk.admin(a), request_id=entry.request_id), dry_run=entry.dry_run
    )
    if desk.json:
        out_json({"imported": count})
    else:
        out(t(f"已导入 {count} 个单位。", f"imported {count} units."))


def units_of(file: str) -> list[tuple[str, str]]:
    """Read a table of units, CSV or JSON, as (code, name)."""
    if file.endswith(".json"):
        found = read_json(file)
        objects = isinstance(found, list) and all(isinstance(unit, dict) for unit in found)
        rows: Any = [(unit.get("code"), unit.get("name")) for unit in found] if objects else None
    else:
        rows = _csv(Path(file))
    if not rows or not all(isinstance(c, str) and isinstance(n, str) and n.strip() for c, n in rows):
        raise InputRefused(f"{file} 应为（代码,名称）表。", f"{file} is a table of code and name.")
    return [(code.strip(), name.strip()) for code, name in rows]


def _csv(path: Path) -> list[tuple[str, str]]:
    """Read a two-column CSV; a first row without digits is a heading."""
    try:
        rows = [row for row in csv.reader(io.StringIO(read_text(path))) if row]
    except (OSError, csv.Error):
        raise InputRefused(f"{path} 无法读取。", f"{path} cannot be read.") from None
    if rows and not any(c.isdigit() for c in rows[0][0]):
        rows = rows[1:]
    if any(len(row) < 2 for row in rows):
        raise InputRefused(f"{path} 每行应有代码和名称。", f"{path}: every row has a code and a name.")
    return [(row[0], row[1]) for row in rows]


@unit.command(
    "list",
    help=Both(
        "列出辖区内的单位，以今天的名称。\n\n例：weigai unit list",
        "List the units of the user's area by their names of today.\n\nExample: weigai unit list",
    ),
)
@click.pass_context
def list_units(ctx: click.Context) -> None:
    """List the units of the user's area."""
    desk = Desk(ctx)
    found = desk.read(lambda a: a.register.units(actor=desk.reader(a)))
    if desk.json:
        out_json([dict(u) for u in found])
    else:
        from ...words import label

        table(
            [t("代码", "code"), t("名称", "name"), t("级别", "level"), t("撤销前最后一天", "until")],
            [[u["code"], u["name"], label(u["level"], lang()), u.get("until", "")] for u in found],
        )


@unit.command(
    "rename",
    help=Both(
        "单位更名。\n\n例：weigai unit rename 150783101201 新村名 --on 2020-05-01",
        "Give a unit another name.\n\nExample: weigai unit rename 150783101201 NEWNAME --on 2020-05-01",
    ),
)
@click.argument("code")
@click.argument("name")
@option("--on", type=Day(), metavar="DATE", help=Both("自哪天起，默认今天", "From which day on; default today"))
@with_entry(*ONCE)
@click.pass_context
def rename(ctx: click.Context, code: str, name: str, entry: Entry) -> None:
    """Rename a unit."""
    desk = Desk(ctx)
    desk.write(
        lambda a: a.register.rename_unit(code, name, actor=desk.admin(a), on=entry.on, request_id=entry.request_id),
        dry_run=entry.dry_run,
    )
    if desk.json:
        out_json({"code": code, "name": name, "on": entry.on})
    else:
        out(f"{code} {name}")


@unit.command(
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
    _merged(done)
    if done["pending"]:
        note(
            t(
                f"须由另一名管理员确认后生效：weigai unit confirm {done['no']}",
                f"another administrator has to confirm it: weigai unit confirm {done['no']}",
            )
        )


def _merged(done: Mapping[str, Any]) -> None:
    code, into = done["code"], done["into"]
    out(t(f"{code} 自 {done['since']} 起并入 {into}。", f"{code} is {into} from {done['since']} on."))
    if done["holders"]:
        named = ", ".join(f"{h['person']} ({h['office']})" for h in done["holders"])
        note(
            t(
                f"以下人员在 {code} 的职务此后没有辖区，请另行授予：{named}",
                f"offices held for {code} then reach nothing any more; grant others: {named}",
            )
        )


@unit.command(
    "confirm",
    help=Both(
        "确认另一名管理员提出的单位并入；此后按其日期生效。\n\n例：weigai unit confirm 12",
        "Confirm that a unit goes over into another, as another administrator proposed it.\n\nExample: weigai unit confirm 12",
    ),
)
@click.argument("no", type=click.IntRange(min=1), required=False)
@with_entry(*ONCE)
@click.pass_context
def confirm(ctx: click.Context, no: int | None, entry: Entry) -> None:
    """Confirm what waits for a unit."""
    desk = Desk(ctx)
    done = desk.write(
        lambda a: a.register.confirm_unit(no, actor=desk.admin(a), request_id=entry.request_id), dry_run=entry.dry_run
    )
    if desk.json:
        out_json(done)
    else:
        _merged(done)


@unit.command(
    "history",
    help=Both(
        "单位的名称和沿革。\n\n例：weigai unit history 150783101201",
        "What a unit was called, and what went over into what.\n\nExample: weigai unit history 150783101201",
    ),
)
@click.argument("code")
@click.pass_context
def history(ctx: click.Context, code: str) -> None:
    """Show what happened to a unit."""
    desk = Desk(ctx)
    found = desk.read(lambda a: a.register.unit_history(code, actor=desk.reader(a)))
    if desk.json:
        out_json(found)
        return
    from ...words import label

    table(
        [
            t("日期", "on"),
            t("事项", "what"),
            t("名称", "name"),
            t("并入", "into"),
            t("并入本单位", "took in"),
            t("登记", "entered by"),
        ],
        [
            [e["on"], label(e["action"], lang()), e.get("name", ""), e.get("into", ""), e.get("took_in", ""), e["by"]]
            for e in found
        ],
    )
