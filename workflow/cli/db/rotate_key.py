"""`weigai db rotate-key`: change to a new master key."""

from __future__ import annotations

import click

from .... import workflow
from .. import settings
from ..commands import command, option
from ..desk import Desk
from ..language import Both, t
from ..output import out, out_json, told_lost


@command(
    "rotate-key",
    help=Both(
        "换用新的主密钥：用它重新加密全部数据密钥，个人信息本身不动。旧主密钥留在密钥文件中，以后用 db retire-key 删去。"
        "\n\n例：weigai db rotate-key",
        "Change to a new master key. The command encrypts every data key again with it and changes no value. The old "
        "master keys stay in the key file until you run db retire-key."
        "\n\nExample: weigai db rotate-key",
    ),
)
@option("--cipher", type=click.Choice(["aes", "sm4"]), help=Both("今后所用的密码算法", "The cipher to use from now on"))
@option(
    "--give-up",
    metavar="ID",
    help=Both(
        "该主密钥确已丢失：放弃它及密钥文件中没有的其他主密钥。它们加密的数据密钥也随之放弃",
        "This master key is lost for good: give it up, and every other that the key file lacks. The data keys that "
        "they encrypt are lost too",
    ),
)
@click.pass_context
def rotate_key(ctx: click.Context, cipher: str | None, give_up: str | None) -> int:
    """Rotate the master key; exit 7 where data keys do not open. Interrupted, run it again: the key file holds the old ones."""
    refuse_keys_without_file()
    desk = Desk(ctx)
    done = desk.store.rotate_key(cipher=cipher, given_up=give_up)
    if desk.json:
        out_json({"wrapped": done.wrapped, "masters": done.masters, "lost": list(done.lost)})
    else:
        out(
            t(
                f"已用新主密钥重新加密 {done.wrapped} 个数据密钥。",
                f"{done.wrapped} data keys are now encrypted by the new master key.",
            )
        )
        if give_up is not None and done.lost:
            out(
                t(
                    "现在可照常立户、登记。以下各项的密钥已丢失：其农户请另行立户。",
                    "You can open cases and attach papers again. The keys of the following are lost: open new cases "
                    "for these households.",
                )
            )
        told_lost(done.lost)
    return 7 if done.lost else 0


def refuse_keys_without_file() -> None:
    """Refuse to change master keys that come from the environment.

    Raises:
        StoreUnavailable: they do.
    """
    if settings.master_key():
        raise workflow.StoreUnavailable(
            "密钥来自 WEIGAI_MASTER_KEY，而主密钥只能在密钥文件中更换。请把密钥存入文件（WEIGAI_KEYS），并取消 "
            "WEIGAI_MASTER_KEY。",
            "the keys come from WEIGAI_MASTER_KEY, but weigai changes master keys in a key file only: put them into a "
            "file (WEIGAI_KEYS), and unset WEIGAI_MASTER_KEY.",
        )
