"""Open personal values and files during a verification, if there are keys."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select

from ...states.errors import IntegrityBroken, KeysMissing, KeysOutdated
from ..log.entry import dumps
from ..statements import CASE, EVENT, KEY
from ..vault.papers import is_plain, lock_of, name_of, same_of
from ..vault.values import Vault

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Connection

    from ..vault.files import FileStore
    from ..vault.keys import Keys

_FILES = 1024  # whose look is remembered: a paper of a list is that of all its households
_ALTERED = (ValueError, TypeError, AttributeError, IntegrityBroken)
_MISSING = (KeysMissing, KeysOutdated)  # told once of each data key, see `locked`: what it opens is not compared


class Opener:
    """Opens what stands beside events; `keys` and `files` may be missing.

    `look` makes the look of a picture out of its bytes anew: None where it is none, "" where that would take too much and
    it is not compared; without it no look is.
    """

    def __init__(
        self,
        connection: Connection,
        keys: Keys | None,
        files: FileStore | None,
        look: Callable[[bytes], str | None] | None = None,
    ) -> None:
        self._connection = connection
        self.keys = keys
        self._files = files
        self._look = look
        self._seen: dict[tuple[str, str, str], tuple[str | None, str | None]] = {}
        self.forget()
        # a backup has no data keys, which are kept apart
        self.keyed = connection.execute(select(KEY.c.stream).limit(1)).first() is not None

    @property
    def looks(self) -> bool:
        """Tell whether the look of a picture can be made anew."""
        return self._look is not None and self._files is not None and self.keys is not None and self.keyed

    def forget(self) -> None:
        """Let the data keys go that were unwrapped so far."""
        self._vault = Vault(self._connection, self.keys) if self.keys is not None else None

    def locked(self, stream: str, person: str, master: str, wrapped: str) -> str | None:
        """Say why a data key does not open, None where it does, or where there are no keys to open it with."""
        if self._vault is None:
            return None
        county, name = stream.split(":", 1)
        try:
            self._vault.unwrap(county, name, person, master, wrapped)
        except _MISSING:
            return f"is wrapped by a master key that is not among the keys ({master})"
        except _ALTERED:
            return "was altered"
        return None

    def text(self, stream: str, row: Any) -> str | None:
        """Return a kept value's canonical text; None where its key is missing or destroyed, "" where it was altered."""
        if self._vault is None:
            return None
        county, name = stream.split(":", 1)
        try:
            return self._vault.open(county, name, *row[1:7])
        except _MISSING:
            return None
        except _ALTERED:
            return ""

    def classes(self, head: Mapping[str, Any]) -> str | None:
        """Return the open copy of a household's classes as text; None where its key is missing or it is erased."""
        if self._vault is None or head["classes"] is None:
            return None
        try:
            return dumps(sorted(self._vault.open_classes(head["id"], head["classes"], head["master"], head["wrapped"])))
        except _MISSING:
            return None
        except _ALTERED:
            return "altered"

    def of_erased(self, stream: str) -> bool:
        """Tell whether a stream says who saw a case whose household is erased: why, is erased with it."""
        county, name = stream.split(":", 1)
        kind, _, case_id = name.partition("/")
        if kind != "unmasked":
            return False
        record = self._connection.execute(
            select(CASE.c.record).where(CASE.c.county == county, CASE.c.id == case_id)
        ).scalar()
        try:
            erased = json.loads(record or "{}").get("erased", {})
            return any(told["person"] == "all" for told in erased.values())
        except _ALTERED:  # told of the case itself
            return False

    def destroyed(self, stream: str, person: str) -> bool:
        """Tell whether the data keys of a person of a stream are there no more; of "all", every one."""
        county, name = stream.split(":", 1)
        query = select(KEY.c.wrapped).where(KEY.c.county == county, KEY.c.stream == name)
        if person != "all":
            query = query.where(or_(KEY.c.person == person, KEY.c.person.startswith(f"{person}~")))
        kept = self._connection.execute(query.order_by(KEY.c.person)).scalars().all()
        return bool(kept) and kept[0] is None

    def erasures(self, stream: str) -> list[tuple[str, str]]:
        """Return (moment, person) of the erasures of a household, for the stream that says who saw it."""
        county, name = stream.split(":", 1)
        kind, _, case_id = name.partition("/")
        if kind != "unmasked":
            return []
        own = (EVENT.c.county == county, EVENT.c.stream == f"case/{case_id}", EVENT.c.action == "erase")
        return [(at, "all") for at in self._connection.execute(select(EVENT.c.recorded_at).where(*own)).scalars()]

    def named(self, name: str, same: str | None, sha256: str) -> bool:
        """Tell whether a paper's name and token are those of its SHA-256; a name of before is the SHA-256 itself."""
        if is_plain(name):
            return same is None and name == sha256
        if self._vault is None:
            return True
        return name == name_of(self._vault, name.partition("/")[0], sha256) and same == same_of(self._vault, sha256)

    def file(self, stream: str, name: str, sha256: str) -> tuple[str | None, str | None]:
        """Return what is wrong with a paper's file, None where it is whole and opens with its own key, and which look it has."""
        if self._vault is None or self._files is None or not self.keyed:
            return None, None
        place = stream.split(":", 1)[0], name, sha256
        if place not in self._seen:
            if len(self._seen) >= _FILES:
                self._seen.clear()
            self._seen[place] = self._file(self._vault, self._files, *place)
        return self._seen[place]

    def _file(
        self, vault: Vault, files: FileStore, county: str, name: str, sha256: str
    ) -> tuple[str | None, str | None]:
        try:
            lock = lock_of(vault, county, name)
            content = files.content(county, lock) if lock is not None else None
        except _MISSING:
            return "its file does not open: its master key is not among the keys", None
        except _ALTERED:
            content = None
        if content is None or hashlib.sha256(content).hexdigest() != sha256:
            return "its file is missing or changed", None
        return None, self._look(content) if self._look is not None else None
