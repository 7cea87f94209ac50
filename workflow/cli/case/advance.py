"""`weigai case advance`: take an action on a case, or on every case of a list."""

from __future__ import annotations

import click

from ..commands import command, option
from ..desk import Desk
from ..language import Both, t
from ..list import advance_list
from ..options import EVERY, Entry, Form, with_entry, with_form
from .act import act


@command(
    "advance",
    help=Both(
        "对一户办理一个动作，户档进入下一环节。"
        "\n\n例：weigai case advance 150783-2019-7K3 post_village_notice --set places=village_board,main_street "
        "--document village_notice_photo=照片.jpg",
        "Take an action on a case, or on every case of a list. The case moves to its next state."
        "\n\nExample: weigai case advance 150783-2019-7K3 post_village_notice --set places=village_board,main_street "
        "--document village_notice_photo=photo.jpg",
    ),
)
@click.argument("words", nargs=-1, required=True, metavar="[CASE] ACTION")
@option(
    "--list",
    "list_id",
    metavar="LIST",
    help=Both(
        "对名单上的每一户办理，逐户给出结果", "Take the action on every case of this list, with a result for each"
    ),
)
@with_form
@with_entry(*EVERY)
@click.pass_context
def advance(ctx: click.Context, words: tuple[str, ...], list_id: str | None, form: Form, entry: Entry) -> int:
    """Take an action on a case, or on every case of a list."""
    if len(words) != (2 if list_id is None else 1):
        raise click.UsageError(t("请写：户档 动作，或 --list 名单 动作。", "give CASE ACTION, or --list LIST ACTION."))
    desk = Desk(ctx)
    if list_id is not None:
        return advance_list(desk, list_id, words[0], form, entry)
    return act(desk, words[0], words[1], form.read(entry), form.papers, entry, moves=True)
