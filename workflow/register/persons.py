"""Change the account and the declaration of a registered person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...db.register.declarations import declare
from ...db.register.register import change_account, known_person
from ...states.errors import InputRefused, NotFound
from ...states.forms.declaration import read_declaration
from ...states.values import Row
from .authority import entry_of
from .grants import account_sound
from .seats import in_person

if TYPE_CHECKING:
    from ...db.register.entry import Entering
    from ..context import Context


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountChanged(Row):
    """The account that one entry gave to a person, or proposed while it is `pending`; `no` is the entry's number."""

    person: str
    no: int
    account: str
    pending: bool


def account_changed(context: Context, entering: Entering, county: str, person: str, account: str) -> AccountChanged:
    """Give a person another account; see `Register.change_account`."""
    account_sound(account)
    real = _registered(context, entering, "change_account", county, person)
    no = change_account(entering, county, person, account, confirmed=not real)
    return AccountChanged(person=person, no=no, account=account, pending=real)


def declared(context: Context, entering: Entering, county: str, person: str, data: object) -> None:
    """Declare a person's numbers and relatives; see `Register.declare`."""
    _registered(context, entering, "declare", county, person)
    declaration = read_declaration(data, at=entering.on)
    if context.keys is None:
        raise InputRefused(
            "没有密钥，不能登记申报；请提供密钥文件（WEIGAI_KEYS）。",
            "there are no keys, so no declaration can be recorded; give the key file (WEIGAI_KEYS).",
        )
    declare(entering, context.keys, county, person, declaration)


def _registered(context: Context, entering: Entering, action: str, county: str, person: str) -> bool:
    """Let an actor enter something for a person; return whether a second person has to confirm it.

    Raises:
        NotFound: no such person in the actor's area.
        GuardsNotMet: it is the actor's own, and another user of the system sits there (`own_account`).
    """
    actor = entering.actor
    own = actor.person == person
    entry = entry_of(context, actor, county, f"person/{person}")
    if not own:
        entry.insist(action)
    if not known_person(entering.connection, county, person, None if own else actor.units):
        raise NotFound(person)
    if own:
        in_person(context, action, county, actor)
    return entry.around.founded and not own
