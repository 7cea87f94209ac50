"""`weigai unit import`: import units from a sheet."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import click

from ... import InputRefused, read_text
from ..commands import command
from ..desk import Desk
from ..inputs import read_json
from ..language import Both, t
from ..options import ONCE, Entry, with_entry
from ..output import out, out_json


@command(
    "import",
    help=Both(
        "从表格导入单位：CSV（代码,名称）或 JSON。\n\n例：weigai unit import 单位.csv",
        "Import units from a sheet: CSV (code,name) or JSON.\n\nExample: weigai unit import units.csv",
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
        out(t(f"已导入 {count} 个单位。", f"{count} units were imported."))


def units_of(file: str) -> list[tuple[str, str]]:
    """Read a table of units, CSV or JSON, as (code, name)."""
    if file.endswith(".json"):
        found = read_json(file)
        objects = isinstance(found, list) and all(isinstance(unit, dict) for unit in found)
        rows: Any = [(unit.get("code"), unit.get("name")) for unit in found] if objects else None
    else:
        rows = _csv(Path(file))
    if not rows or not all(isinstance(c, str) and isinstance(n, str) and n.strip() for c, n in rows):
        raise InputRefused(f"{file} 应为两列的表格：代码、名称。", f"{file} must be a sheet of codes and names.")
    return [(code.strip(), name.strip()) for code, name in rows]


def _csv(path: Path) -> list[tuple[str, str]]:
    """Read a two-column CSV; a first row without digits is a heading."""
    try:
        rows = [row for row in csv.reader(io.StringIO(read_text(path))) if row]
    except (OSError, csv.Error):
        raise InputRefused(f"{path} 无法读取；请检查文件。", f"{path} cannot be read; check the file.") from None
    if rows and not any(c.isdigit() for c in rows[0][0]):
        rows = rows[1:]
    if any(len(row) < 2 for row in rows):
        raise InputRefused(f"{path} 每行应有代码和名称。", f"{path}: every row must have a code and a name.")
    return [(row[0], row[1]) for row in rows]
