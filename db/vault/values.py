"""Encrypt every personal value under the data key of its stream and person; a master key encrypts the data key.

A person of a stream is "head", "member-0" ..., "household" (what concerns it as a whole) or "other" (free text of acts).
Erasing a person destroys the data key; a value written afterwards goes under a fresh key, "other~2".
"""

from __future__ import annotations

import json
import secrets
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy.exc import IntegrityError

from ...states.errors import IntegrityBroken, KeysMissing, KeysOutdated, StoreBusy
from ..drivers import clash
from ..prepared import savepoint
from ..scope import county_wide
from ..statements import INSERT_KEY, KEYS_OF, OWN_ID
from .cipher import as_text, decrypted, encrypted, from_text
from .held_keys import hold_keys, newest_held, newest_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sqlalchemy import Connection

    from .keys import Keys

_DATA_KEY = 32
_HOUSEHOLD = "household"


class Sealing(NamedTuple):
    """Rows of personal values ready to be written, and the rows of the data keys that are new."""

    rows: list[dict[str, Any]]
    keys: list[dict[str, Any]]


class Vault:
    """Seals and opens personal values over one connection, in one transaction.

    Args:
        connection: where the wrapped data keys are.
        keys: the master keys; without them nothing is sealed and nothing opened.
        random: where data keys and nonces come from.
    """

    def __init__(
        self, connection: Connection, keys: Keys | None, *, random: Callable[[int], bytes] = secrets.token_bytes
    ) -> None:
        self._connection = connection
        self._keys = keys
        self.random = random
        self._unwrapped: dict[tuple[str, ...], bytes] = {}  # by whose key it is, too: a swapped one opens nothing
        self._newest: str | None = None
        self._id: str | None = None

    @property
    def has_keys(self) -> bool:
        """Tell whether there are keys to seal and open with."""
        return self._keys is not None

    @property
    def database(self) -> str:
        """Return the database's own id."""
        if self._id is None:
            self._id = str(OWN_ID(self._connection, {}).fetchone()[0])
        return self._id

    @property
    def keys(self) -> Keys:
        """Return the keys.

        Raises:
            KeysMissing: none were given.
        """
        if self._keys is None:
            raise KeysMissing(newest_of(self._connection))
        return self._keys

    def seal(self, county: str, stream: str, rows: Sequence[dict[str, Any]], *, new: bool = False) -> Sealing:
        """Encrypt the `value` of rows of one stream; `new` says that the stream has no data keys yet."""
        if not rows:
            return Sealing([], [])
        if new:
            self._same_index(county)
        found = {} if new else self.keys_of(county, stream)
        made: list[dict[str, Any]] = []
        people = dict.fromkeys(row["person"] for row in rows)
        slots = {person: self._slot(county, stream, person, found, made) for person in people}
        sealed = []
        for row in rows:
            person, key = slots[row["person"]]
            bound = _place(county, stream, row["seq"], row["field"], person)
            value = encrypted(self.keys.cipher, key, row["value"].encode(), bound, self.random)
            sealed.append({**row, "person": person, "value": as_text(value)})
        return Sealing(sealed, made)

    def open(
        self, county: str, stream: str, seq: int, field: str, person: str, value: str, master: str, wrapped: str | None
    ) -> str | None:
        """Return the canonical text of a kept value, None where its data key is destroyed.

        Raises:
            KeysMissing, KeysOutdated: the master key is not among the keys given; see `wrapped` for the second.
            IntegrityBroken: the value or its key was altered.
        """
        if wrapped is None:
            return None
        key = self.unwrap(county, stream, person, master, wrapped)
        return decrypted(key, from_text(value), _place(county, stream, seq, field, person)).decode()

    def opens(self, *place: Any) -> tuple[str | None, bool]:
        """Return the canonical text of a kept value, and whether the key that opens it is lost: for pages of many values."""
        try:
            return self.open(*place), False
        except (KeysMissing, IntegrityBroken):
            if self._keys is None:
                raise
            return None, True

    def values(self, county: str, stream: str, rows: Iterable[Any]) -> dict[tuple[int, str], Any]:
        """Return kept values of one stream by (seq, field), out of rows of `KEPT_VALUES`; destroyed ones are left out."""
        opened = {(row[0], row[1]): self.open(county, stream, *row) for row in rows}
        return {place: json.loads(text) for place, text in opened.items() if text is not None}

    def seal_classes(self, case: str, classes: Iterable[str], keys: Sequence[dict[str, Any]] = ()) -> str:
        """Return the open copy of a household's classes, encrypted under its data key, which is there or among `keys`."""
        county, stream = case[:6], f"case/{case}"
        made = [row for row in keys if row["person"] == _HOUSEHOLD]
        found = {row["person"]: (row["master"], row["wrapped"]) for row in made} or self.keys_of(county, stream)
        key = self.unwrap(county, stream, _HOUSEHOLD, *found[_HOUSEHOLD])
        bound = _place(county, stream, 0, "classes", _HOUSEHOLD)
        return as_text(encrypted(self.keys.cipher, key, json.dumps(sorted(classes)).encode(), bound, self.random))

    def open_classes(self, case: str, classes: str | None, master: str | None, wrapped: str | None) -> frozenset[str]:
        """Return a household's classes out of the columns of `CLASSES`; none where they are erased."""
        if classes is None or master is None:
            return frozenset()
        text = self.open(case[:6], f"case/{case}", 0, "classes", _HOUSEHOLD, classes, master, wrapped)
        return frozenset(json.loads(text or "[]"))

    def opens_classes(self, case: str, *columns: str | None) -> tuple[frozenset[str], bool]:
        """Return a household's classes, and whether the key that opens them is lost: for pages of many cases."""
        try:
            return self.open_classes(case, *columns), False
        except (KeysMissing, IntegrityBroken):
            if self._keys is None:
                raise
            return frozenset(), True

    def _same_index(self, county: str) -> None:
        """Refuse keys that are not those of this county: with another index the same person would not be found again.

        The first one leaves a token of its own, in a row of no data key, which is written for the whole county.
        """
        row = {
            "county": county,
            "stream": "check",
            "person": "index",
            "master": self.keys.token("check", "weigai"),
            "wrapped": None,
            "erased_at": None,
        }
        known = self.keys_of(county, "check").get("index")
        if known is None and not self._of_county_first(row):
            known = self.keys_of(county, "check").get("index")
            if known is None:
                raise StoreBusy  # somebody else was first, and this transaction cannot see which keys are theirs
        if known is not None and known[0] != row["master"]:
            raise self._other_index()

    def find_in(self, county: str) -> None:
        """Refuse keys by which nothing is found in a county, since its numbers stand there by those of another key file.

        Raises:
            KeysMissing: these are such keys.
        """
        known = self.keys_of(county, "check").get("index")
        if known is not None and known[0] != self.keys.token("check", "weigai"):
            raise self._other_index()

    def _other_index(self) -> KeysMissing:
        newest = newest_of(self._connection)
        if newest is not None and not self.has(newest):
            return KeysMissing(newest)
        return KeysMissing(
            None, ("给出的密钥属于另一个数据库。", " The keys that you gave belong to another database.")
        )

    def has(self, master: str) -> bool:
        """Tell whether a master key is among the keys, or in their file by now."""
        return self.keys.has(master) or self._again().has(master)

    def _of_county_first(self, row: dict[str, Any]) -> bool:
        with county_wide(self._connection):
            return self._kept_first([row])

    def _kept_first(self, made: Sequence[dict[str, Any]]) -> bool:
        """Write the rows of new data keys, where there are any; False where somebody else wrote theirs first."""
        try:
            with savepoint(self._connection) if made else nullcontext():
                self.keep(made)
        except IntegrityError as error:
            if not clash(error):
                raise
            return False
        return True

    def keys_of(self, county: str, stream: str) -> dict[str, tuple[str, str | None]]:
        """Return the data keys of a stream, each with its master key's id and itself wrapped, None once destroyed."""
        rows = KEYS_OF(self._connection, {"county": county, "stream": stream}).fetchall()
        return {person: (master, wrapped) for person, master, wrapped in rows}

    def keys_held(self, county: str, stream: str) -> dict[str, tuple[str, str | None]]:
        """Return the data keys of a stream; those that are there stay as they are until the transaction ends."""
        if not self.keys_of(county, stream):
            return {}
        hold_keys(self._connection, county, stream)
        return self.keys_of(county, stream)

    def _slot(self, county: str, stream: str, person: str, found: Any, made: list[dict[str, Any]]) -> tuple[str, bytes]:
        """Return under which name and key a person's values go; a key that is destroyed, or lost, is never used again."""
        number, slot = 1, person
        while slot in found and (found[slot][1] is None or not self.has(found[slot][0])):
            number, slot = number + 1, f"{person}~{number + 1}"
        if slot in found:
            return slot, self.unwrap(county, stream, slot, *found[slot])
        key = self.random(_DATA_KEY)
        name, wrapped = self.wrapped(county, stream, slot, key)
        made.append(
            {"county": county, "stream": stream, "person": slot, "master": name, "wrapped": wrapped, "erased_at": None}
        )
        return slot, key

    def wrapped(self, county: str, stream: str, person: str, key: bytes) -> tuple[str, str]:
        """Return a data key wrapped by the database's newest master key, with that one's id.

        Raises:
            KeysOutdated: the master key was rotated, and these keys do not have the new one: take them anew, and repeat.
            KeysMissing: the key file of these keys does not have it either.
        """
        name = self._master(county)
        locked = encrypted(
            self.keys.cipher, self.keys.master_of(name), key, owner_of(county, stream, person, name), self.random
        )
        return name, as_text(locked)

    def _master(self, county: str) -> str:
        """Return the id of the newest master key, held to the end of the transaction, so that no rotation passes by."""
        if self._newest is None:
            self._newest = newest_held(self._connection, lambda: self._again().master[0])
        if not self.has(self._newest):
            raise self._lacks(county, self._newest)
        return self._newest

    def _lacks(self, county: str, master: str) -> KeysMissing | KeysOutdated:
        """Return the error for a master key that these keys lack.

        They are old where they find this county's numbers, have no file, and lack the newest master key too.
        """
        newest, known = newest_of(self._connection), self.keys_of(county, "check").get("index")
        ours = known is None or known[0] == self.keys.token("check", "weigai")
        if ours and self.keys.source is None and newest is not None and not self.keys.has(newest):
            return KeysOutdated(newest)
        return KeysMissing(master)

    def _again(self) -> Keys:
        self._keys = self.keys.again()
        return self._keys

    def unwrap(self, county: str, stream: str, person: str, master: str, wrapped: str) -> bytes:
        """Return a data key. See `open` for what it raises."""
        own = (county, stream, person, master, wrapped)
        if own not in self._unwrapped:
            bound = owner_of(county, stream, person, master)
            if not self.has(master):
                raise self._lacks(county, master)
            self._unwrapped[own] = decrypted(self.keys.master_of(master), from_text(wrapped), bound)
        return self._unwrapped[own]

    def keep(self, keys: Sequence[dict[str, Any]]) -> None:
        """Write the rows of new data keys."""
        if keys:
            INSERT_KEY.many(self._connection, keys)


def _place(county: str, stream: str, seq: int, field: str, person: str) -> bytes:
    return json.dumps(["weigai.value.v1", county, stream, seq, field, person], ensure_ascii=False).encode()


def owner_of(county: str, stream: str, person: str, master: str) -> bytes:
    """Return what a wrapped data key is bound to: whose it is, and which master key wraps it."""
    return json.dumps(["weigai.key.v1", county, stream, person, master], ensure_ascii=False).encode()
