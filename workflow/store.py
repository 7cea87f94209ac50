"""Run a whole database from a program: schema, row-level security, backups, keys and health. See `Store`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy.orm import Session

from ..db import revision, schema
from ..db.backup.backup import backup, opened
from ..db.backup.restore import restore
from ..db.engine import store_errors
from ..db.row_security import protect, rules
from ..db.row_security.census import census
from ..db.tables import SCHEMA
from ..db.vault import key_file, places
from ..db.vault.files import FileStore
from ..db.vault.rotation import retire, rotate
from ..db.vault.sweep import sweep
from .approvals import Approvals
from .arguments import checked
from .database import Database
from .health.check import Setup
from .health.doctor import checks

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..db.audit.verify import Verified
    from ..db.backup.backup import Saved
    from ..db.vault.key_file import Served
    from ..db.vault.rotation import Rotated
    from .health.check import Check

__all__ = ["Adopted", "Census", "Protected", "Restored", "Session", "Store", "Upgraded"]


class Upgraded(NamedTuple):
    """The schema before an upgrade (None without one) and after; `later` is True if a later release made it."""

    before: str | None
    after: str
    later: bool


class Census(NamedTuple):
    """The schema of a database, and which of its tables, keys, triggers, policies and rights are missing or altered."""

    schema: str | None
    problems: tuple[str, ...]


class Protected(NamedTuple):
    """Row-level security: the application's role, whether anything was set up now, and the tables that it covers."""

    role: str
    changed: bool
    tables: tuple[str, ...]


class Restored(NamedTuple):
    """A restored backup: what was copied, how many personal values were erased again, and its verification."""

    saved: Saved
    erased: int
    verified: Verified


class Adopted(NamedTuple):
    """A database's id and place, and the databases that its key file and files folder now list (None without one)."""

    id: str
    place: str
    key_file: tuple[Served, ...] | None
    files: tuple[Served, ...] | None


class Store(Database):
    """A database with its key file, files folder and role, for programs: it does what `weigai db` and `doctor` do.

    A database that an address names is opened for each call and closed at its end; a host's engine stays open.

    Args:
        database: the address as SQLAlchemy writes it, or the host's engine, prepared by `prepare_engine`; default the
            SQLite file in the user's data folder.
        key_file: the key file; default beside the SQLite file, of a server's database in the user's data folder.
        keys: the keys, or the text of a key file, of a program that keeps them elsewhere: then no key file is used.
        files: the folder of attached files; default as for the key file.
        role: the application's role on PostgreSQL; default "weigai_app".
    """

    def upgrade(self) -> Upgraded:
        """Make or upgrade the schema, and on PostgreSQL its row-level security; a new SQLite file is made.

        Raises:
            SchemaTooNew: a later release made the schema, and this release may not work on it.
            StoreBusy: other work held a lock for too long.
            StoreUnavailable, NotADatabase, StoreError: the database cannot be opened or changed.
        """
        with self.engine(new=True) as engine:
            before, after = schema.upgrade(engine, keys=self.keys, role=self.role)
        return Upgraded(before, after, after > SCHEMA)

    def set_up(self) -> None:
        """Upgrade the schema, and make the key file of a new database, and its files folder where none was named.

        A database whose values are encrypted already has its own key file, which is never made again.

        Raises:
            KeysMissing: the key file of this database is not there. See `upgrade` for the others.
        """
        if self.url.startswith("sqlite:///"):
            Path(self.url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
        with self.engine(new=True) as engine:
            schema.upgrade(engine, keys=self.keys, role=self.role)
            self._keys_there(engine)

    def check(self) -> Census:
        """Check whether the schema fits this release, and which parts of it are missing or altered.

        Raises:
            SchemaTooOld, SchemaTooNew: the schema is not this release's.
            NotFound, StoreUnavailable: the database is not there, or cannot be opened.
        """
        with self.direct() as connection:
            return Census(revision.current(connection), tuple(census(connection, self.role)))

    def protect(self) -> Protected:
        """Set up the application's role, its rights and row-level security on PostgreSQL, as the owner of the tables.

        Raises:
            StoreError: the database is no PostgreSQL, the role cannot be made or given rights, or something that is not
                weigai's leads round row-level security.
            SchemaTooOld, SchemaTooNew, StoreBusy: see `upgrade`.
        """
        with self.engine() as engine:
            changed = protect.protect(engine, self.role)
        return Protected(self.role, changed, tuple(rules.TABLES))

    @checked
    def backup(self, to: Path, *, keys: Path | None = None, files: Path | None = None) -> Saved:
        """Copy the whole record, as it is at one moment, into a new SQLite file; others can go on working meanwhile.

        Args:
            to: the backup, a new file.
            keys: a new file for the wrapped data keys; keep it apart from the backup. Without it no personal value can be
                restored.
            files: a folder that the attached files are copied into.

        Raises:
            InputRefused: one of the files is there already.
            StoreUnavailable: the role does not see every row, or a file cannot be written.
        """
        stores = (self.file_store, files) if files else None
        with self.engine() as engine:
            return backup(engine, to, keys=keys, files=stores, master=self.keys)

    @checked
    def restore(self, source: Path, *, keys: Path, files: Path | None = None) -> Restored:
        """Restore a backup into this empty database, erase again what was erased after the backup, and verify the record.

        Args:
            source: the backup.
            keys: the file of data keys, the latest there is: it says what was erased after the backup was made.
            files: the folder of the backup's attached files.

        Raises:
            InputRefused: this database is not empty, or the file of keys is none.
            NotADatabase, SchemaTooOld, SchemaTooNew: the backup cannot be read.
        """
        before = self._places.database
        with opened(source) as record:
            self._places.database = places.own_id(record)  # a restored database has the id of the one that was copied
        try:
            stores = (FileStore(files), self.file_store) if files else None
            with self.engine(new=True) as engine:
                done = restore(engine, source, keys=keys, files=stores, master=self.keys, role=self.role)
                with store_errors(), engine.connect() as connection:
                    self._works_here(connection)
        except BaseException:
            self._places.database = before
            raise
        return Restored(*done)

    @checked
    def rotate_key(self, *, cipher: str | None = None, given_up: str | None = None) -> Rotated:
        """Change to a new master key and encrypt every data key again with it; no value changes. After an interruption, call it again.

        Args:
            cipher: the cipher from now on, "aes" or "sm4"; default as the key file has it.
            given_up: the id of a master key that is lost for good: it is given up, with what it wraps and with every other
                master key that the key file lacks.

        Raises:
            StoreUnavailable: the keys were given as a value, the key file cannot be written, or the role does not see
                every row.
            KeysMissing: the key file is not this database's, or an older copy of it.
            SchemaTooNew, StoreBusy: see `upgrade`.
        """
        path = self._own_key_file()
        with self.engine() as engine:
            return rotate(engine, path, cipher=cipher, given_up=given_up)

    @checked
    def retire_key(self, *, without_lost: bool = False) -> tuple[str, ...]:
        """Remove the old master keys from the key file once the newest opens every data key; return the removed ids.

        Args:
            without_lost: whether data keys that no master key opens are given up.

        Raises:
            NotAdopted: the key file serves another database too, or this database did not adopt it.
            KeysNeeded: a data key still needs an old master key: rotate first. See `rotate_key` for the others.
        """
        path = self._own_key_file()
        with self.engine() as engine:
            return retire(
                engine,
                path,
                allowed=lambda connection, file: places.require(connection, file.databases),
                without_lost=without_lost,
            )

    @checked
    def adopt(self, *, alone: bool = False) -> Adopted:
        """List this database as one that the key file and the files folder serve, after you upgraded, copied, moved or restored it.

        Args:
            alone: whether every other database is taken off the lists. Do so once they are no more.

        Raises:
            StoreBusy, StoreUnavailable: a list cannot be locked, read or written.
            SchemaTooOld, SchemaTooNew: see `check`.
        """
        listed, folder = None, None
        with self.direct() as connection:
            self._know(connection)
            own = places.here(connection)
            if (path := self.served_key_file) is not None:
                with key_file.locked(path) as file:
                    file.write(databases=places.adopted(own, file.databases, alone=alone))
                    listed = file.databases
            if self.files.exists():
                folder = places.list_folder(self.files, lambda old: places.adopted(own, old, alone=alone))
        return Adopted(own.id, own.place, listed, folder)

    def doctor(
        self,
        *,
        approvals: Callable[[Session], Approvals] | None = None,
        user: str | None = None,
        login: str | None = None,
        witness: Path | None = None,
    ) -> tuple[Check, ...]:
        """Check the whole set-up and say what has to be mended. It changes nothing, and raises no error for a fault.

        Args:
            approvals: makes `Approvals` over a session, where they need more than this store's keys and files.
            user: a registered person, by id or account, whose offices and counties' heads are looked at too.
            login: the user of the operating system who works as that person; see `Register.actors`.
            witness: the file of published heads, held against the database. It needs a `user`.
        """
        return checks(Setup(self, approvals or self._approvals, user, login, witness))

    def _approvals(self, session: Session) -> Approvals:
        return Approvals(session, keys=self.keys, files=self.file_store)

    def sweep(self) -> int:
        """Delete attached files, at least a day old, to which no row refers; return how many.

        Raises:
            NotAdopted: the files folder serves another database too, or this database did not adopt it.
            SchemaTooNew, StoreUnavailable: the rows or the files cannot be read.
        """
        with self.direct() as connection:
            return sweep(connection.engine, self.file_store, now=time.time())
