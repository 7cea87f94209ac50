"""`weigai case correct`: correct recorded values."""

from __future__ import annotations

import click

from ..commands import command, option
from ..desk import Desk
from ..inputs import read_data
from ..language import Both
from ..options import EVERY, Entry, Form, with_entry, with_form
from .act import act


@command(
    "correct",
    help=Both(
        "更正已登记的内容。凡用到这些内容的规则，都重新核对。"
        "\n\n例：weigai case correct 150783-2019-7K3 --set household.dwellings=1 --cause error --agreed-by p-0002 "
        "--reason 录入有误",
        "Correct recorded values. weigai checks every rule again that used them."
        "\n\nExample: weigai case correct 150783-2019-7K3 --set household.dwellings=1 --cause error --agreed-by "
        "p-0002 --reason mistyped",
    ),
)
@click.argument("case_id", metavar="CASE")
@option(
    "--cause",
    required=True,
    type=click.Choice(["error", "death", "head_changed", "members_changed", "class_changed", "other"]),
    help=Both("更正的原因", "The cause of the correction"),
)
@with_form
@with_entry(*EVERY)
@click.pass_context
def correct(ctx: click.Context, case_id: str, cause: str, form: Form, entry: Entry) -> int:
    """Correct recorded values."""
    correction = read_data(form.data, form.sets)
    data = {"correction": correction, "cause": cause, "agreed_by": entry.agreed_by, "reason": entry.reason}
    given = {name: value for name, value in data.items() if value is not None}
    return act(Desk(ctx), case_id, "correct", given, form.papers, entry, moves=False)
