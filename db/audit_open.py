"""What a verification opens: personal values and files, with the keys. Without keys they are not compared."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select

from ..states.errors import IntegrityBroken, KeysMissing
from .entries import dumps
from .papers import is_plain, lock_of, name_of, same_of
from .statements import CASE, KEY
from .vault import Vault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from .files import FileStore
    from .keys import Keys

_ALTERED = (ValueError, TypeError, AttributeError, IntegrityBroken, KeysMissing)


class Opener:
    """Opens what stands beside events; `keys` and `files` may be missing."""

    def __init__(self, connection: Connection, keys: Keys | None, files: FileStore | None) -> None:
        self._connection = connection
        self._vault = Vault(connection, keys) if keys is not None else None
        self.keys = keys
        self._files = files
        # a backup has no data keys, which are kept apart
        self.keyed = connection.execute(select(KEY.c.stream).limit(1)).first() is not None

    def text(self, stream: str, row: Any) -> str | None:
        """Return a kept value's canonical text; None without keys or where its own is destroyed, "" where it was altered."""
        if self._vault is None:
            return None
        county, name = stream.split(":", 1)
        try:
            return self._vault.open(county, name, *row[1:7])
        except _ALTERED:
            return ""

    def classes(self, head: Mapping[str, Any]) -> str | None:
        """Return the open copy of a household's classes as text; None without keys or where it is erased."""
        if self._vault is None or head["classes"] is None:
            return None
        try:
            return dumps(sorted(self._vault.open_classes(head["id"], head["classes"], head["master"], head["wrapped"])))
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
        erased = json.loads(record or "{}").get("erased", {})
        return any(told["person"] == "all" for told in erased.values())

    def destroyed(self, stream: str, person: str) -> bool:
        """Tell whether the data keys of a person of a stream are there no more; of "all", every one."""
        county, name = stream.split(":", 1)
        query = select(KEY.c.wrapped).where(KEY.c.county == county, KEY.c.stream == name)
        if person != "all":
            query = query.where(or_(KEY.c.person == person, KEY.c.person.startswith(f"{person}~")))
        kept = self._connection.execute(query.order_by(KEY.c.person)).scalars().all()
        return bool(kept) and kept[0] is None

    def named(self, name: str, same: str | None, sha256: str) -> bool:
        """Tell whether a paper's name and token are those of its SHA-256; a name of before is the SHA-256 itself."""
        if is_plain(name):
            return same is None and name == sha256
        if self._vault is None:
            return True
        return name == name_of(self._vault, name.partition("/")[0], sha256) and same == same_of(self._vault, sha256)

    def sound(self, stream: str, name: str, sha256: str) -> bool:
        """Tell whether a paper's file is whole and opens with its own key."""
        if self._vault is None or self._files is None or not self.keyed:
            return True
        county = stream.split(":", 1)[0]
        lock = lock_of(self._vault, county, name)
        return lock is not None and self._files.sound(county, lock, sha256)
