"""What every command needs: the store of this run, and the user who works in it."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TypeVar

from ... import workflow
from .. import ClockDiffers, NotFound, WeigaiError
from . import settings, who
from .attempts import Tried, note_down
from .ends import held
from .language import t
from .output import note
from .repeating import in_doubt, repeated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import date

    import click

    from .. import Actor, Approvals, Erased
    from ..store import Session

R = TypeVar("R")


class Desk:
    """The store of this run and who records in it."""

    def __init__(self, ctx: click.Context) -> None:
        from ..store import Store

        self.store = Store(
            ctx.obj["db"] or settings.database(),
            key_file=settings.key_file(),
            keys=settings.master_key(),
            files=settings.files(),
            role=settings.role(),
        )
        self.login: str = ctx.obj.get("login") or who.system_user()
        self.user: str = ctx.obj["user"] or settings.user() or self.login
        self.json: bool = ctx.obj["json"]
        self.clock_checked: bool = ctx.obj.get("clock_checked", False)
        self.request: str | None = ctx.params.get("request_id")
        self.command = ctx.command_path.partition(" ")[2]
        self.trial = False  # who sits here is of a trial county, once that was read
        self.acted: Actor | None = None  # who sits here, in the office chosen for what is done
        self.about: str | None = None  # the case that it is done to, once it is found

    @contextmanager
    def session(self, *, write: bool = False, snapshot: bool = False, tested: bool = True) -> Iterator[Session]:
        """Open a session as `Store.session` does; it is committed at the end."""
        with self.store.session(write=write, snapshot=snapshot, tested=tested) as session:
            yield session
            with held():
                session.commit()

    def approvals(self, session: Session) -> workflow.Approvals:
        """Return the API over a session, with this run's key, files and calendar."""
        calendar = settings.calendar()
        return workflow.Approvals(
            session,
            keys=self.store.keys,
            files=self.store.file_store,
            calendar=workflow.Calendar.from_file(calendar) if calendar else None,
            policies=settings.policies(),
            alg=settings.hash_name(),
            seat=workflow.Seat(self.login, self.clock_checked),
        )

    def read(self, work: Callable[[Approvals], R], *, snapshot: bool = False, tested: bool = True) -> R:
        """Do a piece of reading; see `session`."""
        with self.session(snapshot=snapshot, tested=tested) as session:
            return work(self.approvals(session))

    def write(self, work: Callable[[Approvals], R], *, dry_run: bool = False, action: str | None = None) -> R:
        """Do a piece of writing; what a rule or an area refuses is recorded as an attempt, of which `action` if known."""
        try:
            return self.transacted(work, dry_run=dry_run)
        except WeigaiError as error:
            self._note_down([(self.about, error)], action, dry_run=dry_run)
            raise

    def refused(self, attempts: Iterable[tuple[str | None, Exception]], action: str | None) -> None:
        """Record attempts that were refused, (case, error) each, beside what was done in the same command."""
        with suppress(ClockDiffers):
            self._note_down(attempts, action)

    def _note_down(
        self, attempts: Iterable[tuple[str | None, Exception]], action: str | None, *, dry_run: bool = False
    ) -> None:
        tried = Tried(self.user, self.login, self.acted, self.command)
        note_down(tried, attempts, action, lambda work: self.transacted(work, dry_run=dry_run))

    def transacted(self, work: Callable[[Approvals], R], *, dry_run: bool = False) -> R:
        """Do a piece of writing in one transaction, rolled back in a dry run; see `repeated` for when it is tried again."""

        def once() -> R:
            with in_doubt(None if dry_run else self.request), self.session(write=True) as session:
                approvals = self.approvals(session)
                result = work(approvals)
                if (apart := approvals.clock_differs) is not None:
                    zh = f"试用县，已办理；但本机时间 {apart.own} 与数据库服务器时间 {apart.other} 不符。"
                    en = f"done, as a trial county; but the clocks differ: this machine {apart.own}, the server {apart.other}."
                    note(t(zh, en))
                if dry_run:
                    session.rollback()
                return result

        return repeated(once)

    def forget(self, erased: Erased) -> bool:
        """Drop erased files, and clear what an SQLite file still holds of erased rows in its log; False where some is left."""
        left = self.transacted(lambda approvals: approvals.forget(erased, actor=self.reader(approvals)))
        return self.store.clear_log() and not left

    # ------------------------------------------------------------------ who

    def held(self, approvals: Approvals, on: date | None = None, *, none: bool = False) -> list[Actor]:
        """Return the user once for each office held on a day, default today; `none` may be held.

        Raises:
            NotFound: the user is not registered, or holds no office then.
            GuardsNotMet: somebody else sits here, without the leave to work as that user.
        """
        found = list(approvals.register.actors(self.user, on=on, login=self.login))
        if not (found or none):
            raise NotFound(self.user)
        self.trial = any(actor.trial for actor in found)
        return found

    def reader(self, approvals: Approvals) -> Actor:
        """Return the user as somebody who reads: with the area of every office held; see `as_reader`."""
        return workflow.as_reader(self.held(approvals))

    def admin(self, approvals: Approvals) -> Actor:
        """Return the user as an administrator, else in the first office held."""
        held = self.held(approvals)
        return next((a for a in held if a.office == "admin"), held[0])

    def acting(
        self, approvals: Approvals, offices: tuple[str, ...], for_: str | None, unit: str, on: date | None = None
    ) -> tuple[Actor, Actor]:
        """Return who acts and who records; see `who.acting`."""
        actor, recorder = who.acting(
            lambda day: self.held(approvals, day, none=day is not None), approvals, offices, for_, unit, on
        )
        self.acted = recorder
        return actor, recorder
