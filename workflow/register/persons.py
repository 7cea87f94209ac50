"""Change the account and the declaration of a registered person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...db.register.declarations import declare
from ...db.register.register import change_account, known_person
from ...states.errors import InputRefused, NotFound
from ...states.forms.declaration import read_declaration
from .authority import registrar
from .grants import account_sound
from .seats import in_person

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...db.register.entry import Entering
    from ..context import Context


def account_changed(context: Context, entering: Entering, county: str, person: str, account: str) -> Mapping[str, Any]:
    """Give a person another account; see `Register.change_account`."""
    account_sound(account)
    real = _registered(context, entering, "change_account", county, person)
    no = change_account(entering, county, person, account, confirmed=not real)
    return {"person": person, "no": no, "account": account, "pending": real}


def declared(context: Context, entering: Entering, county: str, person: str, data: Mapping[str, Any]) -> None:
    """Declare a person's numbers and relatives; see `Register.declare`."""
    _registered(context, entering, "declare", county, person)
    told = read_declaration(data, at=entering.on)
    if context.keys is None:
        raise InputRefused(
            "没有密钥，不能登记申报；请提供密钥文件（WEIGAI_KEYS）。",
            "there are no keys, so no declaration can be recorded; give the key file (WEIGAI_KEYS).",
        )
    declare(entering, context.keys, county, person, told)


def _registered(context: Context, entering: Entering, action: str, county: str, person: str) -> bool:
    """Let an actor enter something for a person; return whether a second person has to confirm it.

    Raises:
        NotFound: no such person in the actor's area.
        GuardsNotMet: it is the actor's own, and another user of the system sits there (`own_account`).
    """
    actor = entering.actor
    own = actor.person == person
    real = False if own else registrar(context, actor, action, county)
    if not known_person(entering.connection, county, person, None if own else actor.units):
        raise NotFound(person)
    if own:
        in_person(context, action, county, person)
    return real
