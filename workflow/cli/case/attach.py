"""`weigai case attach`: attach papers to a case."""

from __future__ import annotations

import click

from ..commands import command, option
from ..desk import Desk
from ..language import Both
from ..options import EVERY, Entry, Form, with_entry
from .act import act


@command(
    "attach",
    help=Both(
        "为户档附上材料。\n\n例：weigai case attach 150783-2019-7K3 --document after_photo=照片.jpg",
        "Attach papers to a case.\n\nExample: weigai case attach 150783-2019-7K3 --document after_photo=photo.jpg",
    ),
)
@click.argument("case_id", metavar="CASE")
@option(
    "--document",
    "papers",
    multiple=True,
    required=True,
    metavar="KIND=PATH",
    help=Both("附件：种类和文件", "Attach this paper: its kind and its file"),
)
@with_entry(*EVERY)
@click.pass_context
def attach(ctx: click.Context, case_id: str, papers: tuple[str, ...], entry: Entry) -> int:
    """Attach papers to a case."""
    return act(Desk(ctx), case_id, "attach", Form().read(entry), papers, entry, moves=False)
