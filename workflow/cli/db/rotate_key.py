"""`weigai db rotate-key`: a new master key."""

from __future__ import annotations

import click

from .. import settings
from ..commands import command, option
from ..desk import Desk
from ..language import Both, t
from ..output import out, out_json, told_lost


@command(
    "rotate-key",
    help=Both(
        "换用新的主密钥：重新包裹全部数据密钥；数据本身不动。旧主密钥留在密钥文件中，见 db retire-key。\n\n例：weigai db rotate-key",
        "Take a new master key: every data key is wrapped anew, no value is touched. The old ones stay in the key file, see "
        "db retire-key.\n\nExample: weigai db rotate-key",
    ),
)
@option("--cipher", type=click.Choice(["aes", "sm4"]), help=Both("今后所用密码算法", "The cipher from now on"))
@option(
    "--give-up",
    metavar="ID",
    help=Both(
        "主密钥确已丢失：放弃它及密钥文件中没有的其他主密钥，连同所包裹的数据密钥",
        "The master key is lost for good: give it up with what it wraps, and any other that the key file lacks",
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
                f"已用新主密钥重新包裹 {done.wrapped} 个数据密钥。",
                f"{done.wrapped} data keys are wrapped by the new master key.",
            )
        )
        if give_up is not None and done.lost:
            out(
                t(
                    "此后照常立户、登记；以下各项的密钥已丢失，请另行立户。",
                    "From now on new cases and papers can be entered. What follows is lost: open such households anew.",
                )
            )
        told_lost(done.lost)
    return 7 if done.lost else 0


def refuse_keys_without_file() -> None:
    """Refuse to change master keys that come from the environment.

    Raises:
        StoreUnavailable: they do.
    """
    from ... import StoreUnavailable

    if settings.master_key():
        raise StoreUnavailable(
            "密钥取自 WEIGAI_MASTER_KEY；主密钥只能在密钥文件中更换：请把密钥存入文件（WEIGAI_KEYS），并取消 WEIGAI_MASTER_KEY。",
            "the keys come from WEIGAI_MASTER_KEY, and master keys are changed in a key file only: put them into one "
            "(WEIGAI_KEYS), and unset WEIGAI_MASTER_KEY.",
        )
