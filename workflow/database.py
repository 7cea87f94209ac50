"""Open a database together with its key file, its files folder and its role."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from traceback import clear_frames
from typing import TYPE_CHECKING

from platformdirs import user_data_path
from sqlalchemy import Engine
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from ..db.backup.new_files import take_away_empty
from ..db.engine import open_engine, store_errors
from ..db.revision import check
from ..db.row_security.census import refuse_without_wall
from ..db.row_security.protect import ROLE
from ..db.scope import behind, step_down
from ..db.vault import key_file, master_keys, places
from ..db.vault.files import FileStore
from ..db.vault.keys import Keys
from ..states.errors import KeysMissing, NotFound, StoreUnavailable
from ..states.inputs import arguments as given

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection

_SQLITE = "sqlite:///"
_TESTED: set[tuple[str, str]] = set()  # address and role of the walls that this process tested


def data_folder() -> Path:
    """Return the user's data folder."""
    return user_data_path("weigai", appauthor=False)


def default_url() -> str:
    """Return the address of the SQLite file in the user's data folder."""
    return f"{_SQLITE}{data_folder() / 'weigai.db'}"


def sqlite_file(url: str) -> Path | None:
    """Return the file of an SQLite database, None for a server and for a database in memory."""
    return Path(url.removeprefix(_SQLITE)) if url.startswith(_SQLITE) and ":memory:" not in url else None


class DefaultPlaces:
    """The default places of one database: beside its SQLite file; of a server's, in the user's data folder by its own id.

    Args:
        url: the address of the database.
        id_of: reads the database's own id, None where it has none yet; called once, and only for a server.
    """

    def __init__(self, url: str, id_of: Callable[[], str | None]) -> None:
        self._beside = url.removeprefix(_SQLITE) if sqlite_file(url) is not None else None
        self._id_of = id_of
        self.database: str | None = None  # the id, once it was asked for

    def place(self, suffix: str) -> Path:
        """Return the place of the key file (".key") or of the files folder (".files")."""
        if self._beside is not None:
            return Path(f"{self._beside}{suffix}")
        if self.database is None:
            self.database = self._id_of()
        return data_folder() / (self.database or "") / f"weigai{suffix}"

    def former(self, suffix: str) -> Path | None:
        """Return where earlier releases kept it for every database of the user, if this one still has it there alone."""
        place, own = data_folder() / f"weigai{suffix}", self.place(suffix)
        return place if own != place and not own.exists() and place.exists() else None

    def used(self, suffix: str) -> Path:
        """Return the former place where it is still used, else the own one."""
        return self.former(suffix) or self.place(suffix)


class Database:
    """A database with its key file, its files folder and its role. See `Store` for the arguments."""

    def __init__(
        self,
        database: str | Engine | None = None,
        *,
        key_file: Path | None = None,
        keys: Keys | str | None = None,
        files: Path | None = None,
        role: str | None = None,
    ) -> None:
        self._engine = database if isinstance(database, Engine) else None
        self.url = _address(database)
        self.role = given.identifier(role, "role") if role else ROLE
        self._key_file = None if key_file is None else given.file(key_file, "key_file")
        self._files = None if files is None else given.file(files, "files")
        self._keys = keys if keys is None or isinstance(keys, Keys) else given.text(keys, "keys")
        self._places = DefaultPlaces(self.url, self._own_id)

    @property
    def shown(self) -> str:
        """Return the address without its password."""
        return make_url(self.url).render_as_string(hide_password=True)

    @property
    def key_file(self) -> Path:
        """Return where the key file is, or would be."""
        return self._key_file or self._places.used(".key")

    @property
    def files(self) -> Path:
        """Return where the folder of attached files is, or would be."""
        return self._files or self._places.used(".files")

    @property
    def file_store(self) -> FileStore:
        """Return the attached files, as `Approvals` takes them."""
        return FileStore(self.files)

    @property
    def keys(self) -> Keys | None:
        """Return the keys: those that were given, else those of the key file; None where there is none.

        Raises:
            StoreUnavailable: the key file, or the text that was given, holds no keys.
        """
        if self._keys is not None:
            return self._keys if isinstance(self._keys, Keys) else Keys.from_text(self._keys)
        return Keys.from_file(self.key_file) if self.key_file.exists() else None

    @property
    def served_key_file(self) -> Path | None:
        """Return the key file that serves this database; None where there is none, or the keys were given."""
        return None if self._keys is not None or not self.key_file.exists() else self.key_file

    @property
    def former_places(self) -> tuple[Path, ...]:
        """Return the key file and files folder that are still where earlier releases kept those of every database."""
        former = (self._places.former(".key"), self._places.former(".files"))
        used = (self.served_key_file, self.files)
        return tuple(place for place in former if place is not None and place in used)

    def _own_id(self) -> str | None:
        with self.engine(new=True) as engine, store_errors(), engine.connect() as connection:
            return places.own_id(connection)

    @contextmanager
    def engine(self, *, new: bool = False) -> Iterator[Engine]:
        """Open the database; an SQLite file must be there, unless the caller may make a `new` one.

        A new file that stays empty, because something was refused or the program ended, is taken away again.

        Raises:
            NotFound: there is no such SQLite file.
            StoreUnavailable, NotADatabase: it cannot be opened.
        """
        if self._engine is not None:
            yield self._engine
            return
        file = sqlite_file(self.url)
        missing = file is not None and not file.exists()
        if missing and not new:
            raise NotFound("数据库（先运行 weigai init）", "the database (run weigai init first)")
        try:
            with store_errors():
                engine = open_engine(self.url)
            try:
                yield engine
            except BaseException as error:
                if missing:
                    clear_frames(error.__traceback__)  # a step that a signal interrupted keeps its statement open
                raise
            finally:
                engine.dispose()
        finally:
            if missing and file is not None:
                take_away_empty(file)

    @contextmanager
    def direct(self) -> Iterator[Connection]:
        """Open the database as the address says, without stepping down to the application's role; its schema is checked.

        Raises:
            SchemaTooOld, SchemaTooNew: this release may not work on its schema. See `engine` for the others.
        """
        with self.engine() as engine, store_errors(), engine.connect() as connection:
            check(connection)
            yield connection

    @contextmanager
    def session(self, *, write: bool = False, snapshot: bool = False, tested: bool = True) -> Iterator[Session]:
        """Open a session for `Approvals`; its schema is checked. Nothing is committed: the caller does.

        On PostgreSQL it works in the application's role, so that row-level security holds whoever connected.

        Args:
            write: whether something is to be written. Then an SQLite file is locked from the beginning, and the key file
                lists the database, so that no other database takes its master keys away.
            snapshot: all that is read is of one moment. SQLite's transactions are so anyhow.
            tested: whether row-level security is tested first, once in a process.

        Raises:
            WallMissing: PostgreSQL does not hold rows back from the role as it should. See `direct` for the others.
        """
        with self.engine() as opened:
            options = {"isolation_level": "REPEATABLE READ"} if snapshot and opened.dialect.name == "postgresql" else {}
            engine = opened.execution_options(weigai_write=write, **options)
            with store_errors(), Session(engine) as session:
                check(session.connection())
                self._behind_the_wall(engine, session.connection(), tested=tested)
                if write:
                    self._works_here(session.connection())
                yield session

    def clear_log(self) -> bool:
        """Clear what the log of an SQLite file still holds of erased rows; False where others hold the log open.

        PostgreSQL clears its own log.
        """
        with self.engine() as engine:
            if engine.dialect.name != "sqlite":
                return True
            with engine.connect() as connection:
                log = connection.connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                return not log[0]

    def _behind_the_wall(self, engine: Engine, connection: Connection, *, tested: bool) -> None:
        """Let a transaction go on, and every later one of its engine begin, in the application's role."""
        if engine.dialect.name != "postgresql":
            return
        behind(engine, self.role)
        here = (str(engine.url), self.role)
        if tested and here not in _TESTED:
            refuse_without_wall(engine, self.role)
            _TESTED.add(here)
        step_down(connection, self.role)

    def _works_here(self, connection: Connection) -> None:
        """List the database in its key file, as one that works with it; see `places.use_key_file`."""
        self._know(connection)
        if (path := self.served_key_file) is not None:
            places.use_key_file(connection, path)

    def _know(self, connection: Connection) -> None:
        """Read the database's own id on a connection at hand: a host's pool may have no second one."""
        if self._places.database is None and sqlite_file(self.url) is None:
            self._places.database = places.own_id(connection)

    def _keys_there(self, engine: Engine) -> None:
        with engine.connect() as connection:
            self._know(connection)
            used, own = master_keys.has_keys(connection), places.here(connection)
            if used and self.keys is None:
                raise KeysMissing(next(iter(master_keys.needed(connection)), None))
            if not used and self._files is None:
                places.begin(connection, self._places.place(".files"))
        if used or self._keys is not None:
            return
        path = self._key_file or self._places.place(".key")
        Keys.from_file(path)
        if own in key_file.databases(path):
            return
        with key_file.locked(path) as file:  # the key file serves the new database from now on
            file.write(databases=places.adopted(own, file.databases))

    def _own_key_file(self) -> Path:
        if self._keys is not None:
            raise StoreUnavailable(
                "密钥不是来自密钥文件，而主密钥只能在密钥文件中更换：请指明密钥文件（key_file），不另给密钥。",
                "the keys do not come from a key file, but weigai changes master keys in a key file only: pass "
                "key_file, and pass no keys.",
            )
        return self.key_file


def _address(database: str | Engine | None) -> str:
    """Return the address of a database; a file of SQLite as `places` knows it."""
    if not isinstance(database, Engine):
        return given.text(database, "database") if database else default_url()
    url = database.url
    if url.get_backend_name() == "sqlite":
        return f"sqlite:///{url.database or ':memory:'}"
    return url.render_as_string(hide_password=False)
