"""The stored papers: how a row names one, which data key its file has, and its sealed SHA-256.

A row holds `<unit>/<token>`: the unit that keeps the file, and a keyed token of database, unit and bytes. The SHA-256 of
the bytes stands encrypted only, as a personal value of the event (`documents/<no>`), and goes with its key. Rows that a
release before this one wrote hold the SHA-256 itself, until `renewing` gives them a name.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Text, and_, cast, select

from ...states.actor import Document
from ...states.errors import NotFound
from ..statements import DOCUMENT, KEY, PRIVATE
from .lock import Lock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sqlalchemy import Connection

    from .values import Vault

_DATA_KEY, _SLOT = 32, 8
SLOT = "file-"  # what the data key of a file is called, with random digits behind it


class Kept(NamedTuple):
    """A paper of an event: its number, the salt of its commitment, and the paper."""

    no: int
    salt: str
    paper: Document


def is_plain(name: str) -> bool:
    """Tell whether a row names its paper by the SHA-256 itself, as earlier releases did."""
    return "/" not in name


def name_of(vault: Vault, unit: str, sha256: str) -> str:
    """Return the name of a paper that a unit keeps, as its row holds it."""
    return f"{unit}/{vault.keys.token('file', f'{vault.database}/{unit}/{sha256}')}"


def same_of(vault: Vault, sha256: str) -> str:
    """Return the token by which one paper is found in two cases, whoever keeps it."""
    return vault.keys.token("paper", sha256)


def namer(vault: Vault, unit: str) -> Callable[[Document], tuple[str, str]] | None:
    """Return what gives the papers of a unit's events their names and tokens; None without keys."""
    if not vault.has_keys:
        return None
    return lambda paper: (name_of(vault, paper.unit or unit, paper.sha256), same_of(vault, paper.sha256))


# ------------------------------------------------------------------ the files' data keys


def file_name(name: str, slot: str) -> str:
    """Return the name in the folder of the file that a row names and a data key of this name opens.

    Two databases that share a folder never have one name for two keys: the digits of a key's own name are random.
    """
    return name if is_plain(name) else f"{name.partition('/')[2]}-{slot.removeprefix(SLOT)}"


def lock_new(vault: Vault, unit: str, sha256: str) -> Lock:
    """Return the lock of a file that is to be stored; its key is kept in the transaction of the row that names it.

    A key that is there already is held against an erasure until that transaction ends.
    """
    county, name = unit[:6], name_of(vault, unit, sha256)
    live = _live(vault, vault.keys_held(county, f"file/{name}"))
    if live is not None and vault.has(live[1]):  # one that is lost takes no more
        return _lock(vault, county, name, *live)
    slot, key = f"{SLOT}{vault.random(_SLOT).hex()}", vault.random(_DATA_KEY)
    master, wrapped = vault.wrapped(county, f"file/{name}", slot, key)
    vault.keep([key_row(county, name, slot, master, wrapped)])
    return _lock(vault, county, name, slot, master, wrapped)


def lock_of(vault: Vault, county: str, name: str) -> Lock | None:
    """Return the lock of a stored file by the name that its row has, None where its key is destroyed or is none."""
    live = _live(vault, vault.keys_of(county, f"file/{name}"))
    return None if live is None else _lock(vault, county, name, *live)


def lock_by(vault: Vault, county: str, name: str, slot: str) -> Lock | None:
    """Return the lock of a stored file by one data key of it."""
    master, wrapped = vault.keys_of(county, f"file/{name}").get(slot, ("", None))
    return None if wrapped is None else _lock(vault, county, name, slot, master, wrapped)


def nobodys(unit: str, random: Callable[[int], bytes]) -> str:
    """Return a stream for a data key that is destroyed and whose former stream told the SHA-256 of a paper."""
    return f"file/{unit}/-{random(16).hex()}"


def is_nobodys(stream: str) -> bool:
    """Tell whether a stream is one that `nobodys` made."""
    return "/-" in stream


def key_row(county: str, name: str, slot: str, master: str, wrapped: str) -> dict[str, Any]:
    """Return the row of a file's data key."""
    return {
        "county": county,
        "stream": f"file/{name}",
        "person": slot,
        "master": master,
        "wrapped": wrapped,
        "erased_at": None,
    }


def _live(vault: Vault, keys: dict[str, tuple[str, str | None]]) -> tuple[str, str, str] | None:
    """Return the last one of the data keys that live, of those whose master key is there if it is of any."""
    found = [(slot, master, wrapped) for slot, (master, wrapped) in keys.items() if wrapped is not None]
    return max(found, key=lambda one: (vault.has(one[1]), one), default=None)


def _lock(vault: Vault, county: str, name: str, slot: str, master: str, wrapped: str) -> Lock:
    key = vault.unwrap(county, f"file/{name}", slot, master, wrapped)
    bound = json.dumps([f"weigai.file.v{1 if is_plain(name) else 2}", county, name]).encode()
    return Lock(vault.keys.cipher, key, bound, vault.random, file_name(name, slot))


# ------------------------------------------------------------------ the rows


_OF_PAPER = and_(
    PRIVATE.c.county == DOCUMENT.c.county,
    PRIVATE.c.stream == DOCUMENT.c.stream,
    PRIVATE.c.seq == DOCUMENT.c.seq,
    PRIVATE.c.field == "documents/" + cast(DOCUMENT.c.no, Text),
)
_OF_VALUE = and_(KEY.c.county == PRIVATE.c.county, KEY.c.stream == PRIVATE.c.stream, KEY.c.person == PRIVATE.c.person)
PAPERS = (
    select(DOCUMENT, PRIVATE.c.field, PRIVATE.c.person, PRIVATE.c.value, KEY.c.master, KEY.c.wrapped)
    .select_from(DOCUMENT.outerjoin(PRIVATE, _OF_PAPER).outerjoin(KEY, _OF_VALUE))
    .where(DOCUMENT.c.sha256 != "")
    .order_by(DOCUMENT.c.seq, DOCUMENT.c.no)
)


def name_at(connection: Connection, county: str, stream: str, seq: int, no: int) -> str:
    """Return the name of a paper that came with an event.

    Raises:
        NotFound: there is none, or it is erased.
    """
    here = (DOCUMENT.c.county == county, DOCUMENT.c.stream == stream, DOCUMENT.c.seq == seq, DOCUMENT.c.no == no)
    name = connection.execute(select(DOCUMENT.c.sha256).where(*here)).scalar()
    if not name:
        raise NotFound(f"{seq}/{no}")
    return str(name)


def of_event(connection: Connection, vault: Vault, county: str, stream: str, seq: int) -> list[Kept]:
    """Return the papers that came with an event, as far as they are not erased."""
    here = (DOCUMENT.c.county == county, DOCUMENT.c.stream == stream, DOCUMENT.c.seq == seq)
    return opened(vault, connection.execute(PAPERS.where(*here)).all())


def of_stream(connection: Connection, vault: Vault, county: str, stream: str) -> list[Kept]:
    """Return the papers that came with the events of a stream, as far as they are not erased."""
    here = (DOCUMENT.c.county == county, DOCUMENT.c.stream == stream)
    return opened(vault, connection.execute(PAPERS.where(*here)).all())


def opened(vault: Vault, rows: Iterable[Any]) -> list[Kept]:
    """Return the papers of rows of `PAPERS`, each with its SHA-256 in the clear; erased ones are left out."""
    found = []
    for row in rows:
        sha256 = _sha256(vault, row)
        if sha256 is not None:
            unit = None if is_plain(row.sha256) else row.sha256.partition("/")[0]
            paper = Document(row.kind, sha256, row.size, row.media_type, row.look, unit)
            found.append(Kept(row.no, row.salt, paper))
    return found


def _sha256(vault: Vault, row: Any) -> str | None:
    if is_plain(row.sha256):
        return str(row.sha256)
    if row.wrapped is None:
        return None
    value = (row.field, row.person, row.value, row.master, row.wrapped)
    text = vault.open(row.county, row.stream, row.seq, *value)
    return None if text is None else str(json.loads(text))
