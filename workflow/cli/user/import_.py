"""`weigai user import`: register the persons of a sheet."""

from __future__ import annotations

from pathlib import Path

import click

from .... import workflow
from ..commands import command
from ..desk import Desk
from ..language import Both, t
from ..options import ONCE, EntryOptions, with_entry
from ..output import out, out_json
from .grants import note_pending


@command(
    "import",
    help=Both(
        "从表格（CSV、XLSX 或 JSON）登记人员。各列：编号、姓名、账号、职务、单位、任职起、任职止。有一行不能登记的，全"
        "部不登记。"
        "\n\n例：weigai user import 人员.csv",
        "Register the persons of a sheet (CSV, XLSX or JSON). Its columns: id, name, account, office, unit, since, "
        "until. If one row is refused, nobody is registered."
        "\n\nExample: weigai user import persons.csv",
    ),
)
@click.argument("file")
@with_entry(*ONCE)
@click.pass_context
def import_(ctx: click.Context, file: str, entry: EntryOptions) -> None:
    """Register the persons of a sheet."""
    desk = Desk(ctx)
    rows = workflow.read_persons(Path(file))
    done = desk.write(
        lambda a: a.register.import_persons(rows, actor=desk.admin(a), request_id=entry.request_id),
        dry_run=entry.dry_run,
    )
    if desk.json:
        out_json([granted.as_json() for granted in done])
        return
    out(
        t(
            f"已登记 {len(done)} 人，共 {len(rows)} 项职务。",
            f"{len(done)} persons are registered with {len(rows)} offices.",
        )
    )
    note_pending(pending=any(granted.pending for granted in done))
