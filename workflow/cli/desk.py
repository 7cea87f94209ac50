"""What commands share: the database of this run, who sits at the desk, options, and the reading of input."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ...states.errors import ClockDiffers, NotFound, WeigaiError
from . import settings, who
from .attempts import note_down
from .ends import held
from .language import t
from .repeating import in_doubt, repeated
from .say import note

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import date

    import click
    from sqlalchemy import Connection, Engine
    from sqlalchemy.orm import Session

    from .. import Actor, Approvals, Keys
    from ..cases.privacy import Erased

R = TypeVar("R")


class Desk:
    """The database of this run and who records in it."""

    def __init__(self, ctx: click.Context) -> None:
        self.url: str = ctx.obj["db"] or settings.database() or default_url()
        self.login: str = ctx.obj.get("login") or who.system_user()
        self.user: str = ctx.obj["user"] or settings.user() or self.login
        self.json: bool = ctx.obj["json"]
        self.clock_checked: bool = ctx.obj.get("clock_checked", False)
        self.request: str | None = ctx.params.get("request_id")
        self.command = ctx.command_path.partition(" ")[2]
        self.trial = False  # who sits here is of a trial county, once that was read
        self.database: str | None = None  # its own id, once a default place is asked for
        self.acted: Actor | None = None  # who sits here, in the office chosen for what is done
        self.about: str | None = None  # the case that it is done to, once it is found

    @property
    def files(self) -> Path:
        """Return the folder of attached files: WEIGAI_FILES, else the default place."""
        return settings.files() or self._beside(".files")

    @property
    def key(self) -> Path:
        """Return the key file: WEIGAI_KEYS, else the default place."""
        return settings.key_file() or self._beside(".key")

    @property
    def keys(self) -> Keys | None:
        """Return the keys of this run: the text in WEIGAI_MASTER_KEY, else the key file; None where there is none."""
        from .. import Keys

        if text := settings.master_key():
            return Keys.from_text(text)
        return Keys.from_file(self.key) if self.key.exists() else None

    def own(self, suffix: str) -> Path:
        """Return the default place of the key file (".key") or the files folder (".files") of this very database.

        It is beside the SQLite file; on a server in the user's data folder, under the database's own id.
        """
        if self.url.startswith("sqlite:///") and ":memory:" not in self.url:
            return Path(self.url.removeprefix("sqlite:///") + suffix)
        if self.database is None:
            self.database = self._id()
        return data_folder() / (self.database or "") / f"weigai{suffix}"

    def former(self, suffix: str) -> Path | None:
        """Return where earlier releases kept it for every database of the user, if this one still has it there alone."""
        place = data_folder() / f"weigai{suffix}"
        own = self.own(suffix)
        return place if own != place and not own.exists() and place.exists() else None

    def _beside(self, suffix: str) -> Path:
        return self.former(suffix) or self.own(suffix)

    def _id(self) -> str | None:
        """Return the database's own id; None where it has no schema, or one of an earlier release."""
        from ...db.engine import store_errors
        from ...db.vault import places

        with self.engine(new=True) as engine, store_errors(), engine.connect() as connection:
            return places.own_id(connection)

    @contextmanager
    def engine(self, *, new: bool = False) -> Iterator[Engine]:
        """Open the database, and close it in the end; an SQLite file must be there, unless this run may make a `new` one.

        One that this run made, and left empty because it was refused or ended, is taken away again.
        """
        from ...db.backup.new_files import take_away_empty
        from ...db.engine import open_engine, store_errors

        missing = self._missing()
        if not new and missing:
            raise NotFound(t("数据库（先运行 weigai init）", "the database (run weigai init first)"))
        with store_errors():
            engine = open_engine(self.url)
        try:
            yield engine
        finally:
            engine.dispose()
            if missing:
                take_away_empty(Path(self.url.removeprefix("sqlite:///")))

    @contextmanager
    def direct(self) -> Iterator[Connection]:
        """Open the database as the address says, without stepping down to the application's role; its schema is checked."""
        from ...db.engine import store_errors
        from ...db.schema import check

        with self.engine() as engine, store_errors(), engine.connect() as connection:
            check(connection)
            yield connection

    def _missing(self) -> bool:
        path = self.url.removeprefix("sqlite:///")
        return self.url.startswith("sqlite:///") and ":memory:" not in path and not Path(path).exists()

    @contextmanager
    def session(self, *, write: bool = False, snapshot: bool = False, tested: bool = True) -> Iterator[Session]:
        """Open a session behind the wall (`wall.py`); it commits at the end of a write, and the database is closed.

        Its own transaction reads which schema is there, and goes on only where this release may work on that.
        With `snapshot` all that it reads is of one moment; SQLite's transactions are so anyhow.
        """
        from sqlalchemy.orm import Session

        from ...db.engine import store_errors
        from ...db.schema import check
        from .adopting import works_here
        from .wall import behind_the_wall

        with self.engine() as engine:
            options = {"isolation_level": "REPEATABLE READ"} if snapshot and engine.dialect.name == "postgresql" else {}
            with store_errors(), Session(engine.execution_options(weigai_write=write, **options)) as session:
                check(session.connection())
                behind_the_wall(engine, session.connection(), tested=tested)
                if write:
                    works_here(self, session.connection())
                yield session
                with held():
                    session.commit()

    def approvals(self, session: Session) -> Approvals:
        """Return the API over a session, with this run's key, files and calendar."""
        from .. import Approvals, Calendar, FileStore, Seat

        calendar = settings.calendar()
        return Approvals(
            session,
            keys=self.keys,
            files=FileStore(self.files),
            calendar=Calendar.from_file(calendar) if calendar else None,
            policies=settings.policies(),
            alg=settings.hash_name(),
            seat=Seat(self.login, self.clock_checked),
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
            note_down(self, [(self.about, error)], action, dry_run=dry_run)
            raise

    def refused(self, attempts: Iterable[tuple[str | None, Exception]], action: str | None) -> None:
        """Record attempts that were refused, (case, error) each, beside what was done in the same command."""
        with suppress(ClockDiffers):
            note_down(self, attempts, action)

    def transacted(self, work: Callable[[Approvals], R], *, dry_run: bool = False) -> R:
        """Do a piece of writing in one transaction, rolled back in a dry run; see `repeated` for when it is tried again."""

        def once() -> R:
            with in_doubt(None if dry_run else self.request), self.session(write=True) as session:
                approvals = self.approvals(session)
                result = work(approvals)
                if (apart := approvals.context.apart) is not None:
                    note(t(f"试用县，照办；但本机时间 {apart.own} 与数据库服务器时间 {apart.other} 不符。",
                           f"done, as of a trial county; but this machine's clock says {apart.own}, the server's {apart.other}."))  # fmt: skip
                if dry_run:
                    session.rollback()
                return result

        return repeated(once)

    def forget(self, erased: Erased) -> bool:
        """Drop erased files, and clear what an SQLite file still holds of erased rows in its log; False where some is left."""
        left = self.transacted(lambda approvals: approvals.forget(erased, actor=self.reader(approvals)))
        with self.engine() as engine:
            if engine.dialect.name != "sqlite":
                return not left
            with engine.connect() as connection:
                log = connection.connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                return not left and not log[0]

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
        """Return the user as somebody who reads: with the area of every office held.

        The office is one that oversees a county only where no other brings a county that it does not oversee.
        """
        from .. import Actor
        from ..reports.attempts import oversees, seen_by

        held = self.held(approvals)
        units = tuple(dict.fromkeys(u for a in held for u in a.units))
        beyond = {u for u in units if len(u) == 6} - {u for a in held for u in seen_by(a)}
        office = next((a.office for a in held if not beyond or not oversees(a)), held[0].office)
        return Actor(held[0].person, office, units, trial=held[0].trial)

    def admin(self, approvals: Approvals) -> Actor:
        """Return the user as an administrator, else in the first office held."""
        held = self.held(approvals)
        return next((a for a in held if a.office == "admin"), held[0])

    def acting(
        self, approvals: Approvals, offices: tuple[str, ...], for_: str | None, unit: str, on: date | None = None
    ) -> tuple[Actor, Actor]:
        """Return who acts and who records; see `who.acting`."""
        actor, recorder = who.acting(self, approvals, offices, for_, unit, on)
        self.acted = recorder
        return actor, recorder


def default_url() -> str:
    """Return the address of the SQLite file in the user's data folder."""
    return f"sqlite:///{data_folder() / 'weigai.db'}"


def data_folder() -> Path:
    """Return the user's data folder."""
    from platformdirs import user_data_path

    return user_data_path("weigai", appauthor=False)
