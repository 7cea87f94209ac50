"""`weigai user`: register persons, their accounts, offices and declarations."""

from __future__ import annotations

from ..commands import group
from ..language import Both
from .account import account
from .add import add
from .declare import declare
from .grants import confirm, grant, pending, revoke
from .import_ import import_
from .list import list_users


@group(
    help=Both(
        "人员和他们的职务。\n\n例：weigai user list",
        "Persons and the offices that they hold.\n\nExample: weigai user list",
    )
)
def user() -> None:
    """Hold the commands on persons."""


for _command in (
    account,
    add,
    declare,
    confirm,
    grant,
    pending,
    revoke,
    import_,
    list_users,
):
    user.add_command(_command)
