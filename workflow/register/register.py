"""Keep the register of persons, offices and units: for the command line and for trials.

A host application supplies its own actors and does not need this register.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...db.register.offices import actors, known_as
from ...db.register.register import Newcomer, persons
from ...db.scope import enter_login
from ...states.replay.entries import FOUNDERS
from ..arguments import checked
from ..request import fresh_request
from ..scoped import scoped
from .authority import county_of
from .checks import Asked
from .checks import checked as checked_entry
from .confirmation import confirmed, pending, revoked
from .enrolment import enrol
from .founding import found_county
from .grants import add, grant, offices_held
from .persons import account_changed, declared
from .seats import seated
from .units import UnitRegister

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from ...db.register.rows import Proposal, RegisteredPerson
    from ...states.actor import Actor
    from ...states.values import Decision
    from ..exchange.persons import Enrolled
    from .confirmation import ProposalConfirmed
    from .grants import OfficesGranted
    from .persons import AccountChanged


class Register(UnitRegister):
    """Persons, offices held and units of a county.

    A county is founded by two administrators (`found`); there an office counts once a second administrator confirmed it.
    Any other county is a trial county: one person grants, and everybody in it is marked as of a trial.
    """

    @scoped
    def found(
        self,
        county: str,
        units: Iterable[tuple[str, str]],
        admins: Sequence[tuple[str, str]],
        *,
        request_id: str | None = None,
    ) -> tuple[str, ...]:
        """Found a county: its units, and two administrators, each as (account, name), who confirm each other.

        Their ids are returned: p-0001 and p-0002. From then on a grant needs two administrators. The same request id again is done once.

        Raises:
            InputRefused: the county has persons already, or it is not two with accounts of their own.
            RequestReused: the request id was used for something else.
            StoreBusy: somebody else founds it at this moment; roll back and repeat.
        """
        found_county(self._context, county, list(units), admins, request_id or fresh_request())
        return tuple(FOUNDERS)

    @scoped
    def add_person(
        self,
        county: str,
        person: str,
        name: str,
        *,
        offices: Sequence[tuple[str, str]],
        actor: Actor,
        account: str | None = None,
        since: date | None = None,
        until: date | None = None,
        request_id: str | None = None,
    ) -> OfficesGranted:
        """Register a person with offices, as (office, unit code); in a founded county they wait for a second person.

        Raises:
            InputRefused: the id is not of its form or taken, an office is unknown, or a unit is not of the county.
            GuardsNotMet, NotFound: the actor may not, or a unit lies outside the actor's area.
        """
        held = offices_held(self._context, county, offices, since, until)
        new = Newcomer(county=county, person=person, name=name, account=account)
        return add(self._context, new, held, actor, request_id or fresh_request())

    @scoped
    def import_persons(
        self, rows: Iterable[Enrolled], *, actor: Actor, request_id: str | None = None
    ) -> Sequence[OfficesGranted]:
        """Register the persons of a sheet, all or none; whoever is registered already gets the offices of the sheet.

        Raises:
            InputRefused, NotFound: with the number of every row that is wrong.
        """
        return enrol(self._context, list(rows), actor, request_id or fresh_request())

    @scoped
    def grant(
        self,
        person: str,
        office: str,
        unit: str,
        *,
        actor: Actor,
        since: date | None = None,
        until: date | None = None,
        request_id: str | None = None,
    ) -> OfficesGranted:
        """Propose an office for a person, from a day on (default today) until its last day; see `confirm`.

        In a trial county it counts at once.

        Raises:
            NotFound: no such person, or the unit lies outside the actor's area.
            GuardsNotMet: the actor is no administrator.
        """
        held = offices_held(self._context, unit[:6], [(office, unit)], since, until)
        return grant(self._context, person, held, actor, request_id or fresh_request())

    @scoped
    def confirm(
        self,
        person: str,
        no: int | None = None,
        *,
        actor: Actor,
        county: str | None = None,
        request_id: str | None = None,
    ) -> ProposalConfirmed:
        """Confirm what another administrator proposed for a person: offices, or an account. Only then it counts.

        Args:
            no: the number of the proposal, as `pending` has it, where several wait.

        Raises:
            GuardsNotMet: the actor proposed it, or it is for the actor.
            NotFound: nothing of that person waits, or it lies outside the actor's area.
        """
        home = county_of(actor, county)
        entering = self._entering(actor, self._context.today(), request_id, home)
        return confirmed(self._context, entering, home, person, no)

    @scoped
    def revoke(
        self,
        person: str,
        office: str,
        unit: str,
        *,
        actor: Actor,
        on: date | None = None,
        request_id: str | None = None,
    ) -> str:
        """Take an office away at once, also one that is only proposed; the record stays. Return its last day.

        Args:
            on: the first day without it, default today.

        Raises:
            NotFound: nobody of that id holds it, or the unit lies outside the actor's area.
            GuardsNotMet: fewer than two administrators of the county would be left, so that nothing could be granted.
        """
        entering = self._entering(actor, self._context.today(), request_id)
        return revoked(self._context, entering, person, office, unit, on or entering.on)

    @scoped
    def check(
        self,
        action: str,
        *,
        actor: Actor,
        county: str | None = None,
        person: str | None = None,
        no: int | None = None,
        office: str | None = None,
        unit: str | None = None,
        on: date | None = None,
    ) -> Decision:
        """Answer whether an entry could be made, with every finding; nothing is written.

        Args:
            action: "propose_grant", "confirm_grant", "revoke_grant", "rename_unit" ...: an unknown one is refused with all.
            county: the county of the entry, default the one of `unit`, else the one in which the actor's area lies.
            no: the number of the proposal, as `pending` has it, where several wait.
            on: the day as of which the entry is made, default today.

        Raises:
            NoSuchAct: the register has no such entry.
            NotFound: there is no such proposal or grant, or it lies outside the actor's area.
            InputRefused: the question lacks the person, the office or the unit that the entry is about.
        """
        asked = Asked(county, person, no, office, unit, on)
        return checked_entry(self._context, action, actor, asked)

    @scoped
    def pending(self, *, actor: Actor) -> Sequence[Proposal]:
        """Return the offices, accounts and mergers that wait for a second person in the actor's area."""
        return pending(self._context, actor)

    @scoped
    def change_account(
        self, person: str, account: str, *, actor: Actor, county: str | None = None, request_id: str | None = None
    ) -> AccountChanged:
        """Give a person another account. In a founded county another's account waits for a second person too.

        Raises:
            NotFound: no such person in the actor's area.
            InputRefused: the account is not of its form, or another person's.
            GuardsNotMet: it is the actor's own, and another user of the system sits there.
        """
        home = county_of(actor, county)
        entering = self._entering(actor, self._context.today(), request_id, home)
        return account_changed(self._context, entering, home, person, account)

    @scoped
    def declare(
        self,
        person: str,
        data: Mapping[str, Any],
        *,
        actor: Actor,
        county: str | None = None,
        request_id: str | None = None,
    ) -> None:
        """Declare a person's own identity and card number and relatives, in place of what was declared before.

        A person declares for themselves, an administrator for others. The values are sealed and found by their tokens only.

        Raises:
            InputRefused: the data is not of its form, or there are no keys for the tokens.
            NotFound: no such person in the actor's area.
            GuardsNotMet: it is the actor's own, and another user of the system sits there.
        """
        home = county_of(actor, county)
        entering = self._entering(actor, self._context.today(), request_id, home)
        declared(self._context, entering, home, person, data)

    @checked
    def known(self, who: str) -> tuple[str, str]:
        """Return the county and id of a registered person, with or without an office.

        Raises:
            NotFound, InputRefused: see `actors`.
        """
        if not self._context.inside:
            enter_login(self._context.connection, who)
        return known_as(self._context.connection, who)

    @scoped
    def persons(self, *, actor: Actor | None = None) -> Sequence[RegisteredPerson]:
        """Return the registered persons with their offices and dates; `pending` is the number of what is only proposed.

        With an actor, only who has an office in that area, and the offices there.
        """
        return persons(self._context.connection, self._context.keys, actor.units if actor else None)

    @checked
    def actors(
        self, who: str, *, on: date | None = None, county: str | None = None, login: str | None = None
    ) -> Sequence[Actor]:
        """Return a registered person (by id or account) once for each office held on a day, default today.

        The area is that of the day too. Somebody of a trial county holds an office on every day before it ended.

        Args:
            login: the user of the operating system who works as that person; in a founded county it is the person's
                own account, or one with the leave `proxy_entry`, within the units of the leave.

        Raises:
            GuardsNotMet: the login is not that person's, and has no leave.
            NotFound: nobody is registered under that name.
            InputRefused: it is known in more than one county: name it, or write "COUNTY/NAME".
        """
        day = on or self._context.today()
        if not self._context.inside:
            enter_login(self._context.connection, who, *([] if login is None else [login]))
        if login is not None:
            return seated(self._context, who, login, day, county)
        return actors(self._context.connection, who, day, county)
