"""Find the key file and the files folder of a database if nobody names them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from platformdirs import user_data_path

if TYPE_CHECKING:
    from collections.abc import Callable

_SQLITE = "sqlite:///"


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

    def own(self, suffix: str) -> Path:
        """Return the place of the key file (".key") or of the files folder (".files")."""
        if self._beside is not None:
            return Path(f"{self._beside}{suffix}")
        if self.database is None:
            self.database = self._id_of()
        return data_folder() / (self.database or "") / f"weigai{suffix}"

    def former(self, suffix: str) -> Path | None:
        """Return where earlier releases kept it for every database of the user, if this one still has it there alone."""
        place, own = data_folder() / f"weigai{suffix}", self.own(suffix)
        return place if own != place and not own.exists() and place.exists() else None

    def found(self, suffix: str) -> Path:
        """Return the former place where it is still used, else the own one."""
        return self.former(suffix) or self.own(suffix)
