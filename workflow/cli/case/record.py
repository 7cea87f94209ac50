"""`weigai case record`: record a fact on a case."""

from __future__ import annotations

import click

from ..commands import command
from ..desk import Desk
from ..language import Both
from ..options import EVERY, Entry, Form, with_entry, with_form
from .act import act


@command(
    "record",
    help=Both(
        "为一户登记一项事实；环节不变。\n\n例：weigai case record 150783-2019-7K3 record_demolition --on 2019-03-02",
        "Record a fact on a case. The case stays in its state."
        "\n\nExample: weigai case record 150783-2019-7K3 record_demolition --on 2019-03-02",
    ),
)
@click.argument("case_id", metavar="CASE")
@click.argument("fact")
@with_form
@with_entry(*EVERY)
@click.pass_context
def record(ctx: click.Context, case_id: str, fact: str, form: Form, entry: Entry) -> int:
    """Record a fact on a case."""
    return act(Desk(ctx), case_id, fact, form.read(entry), form.papers, entry, moves=False)
