"""Read the environment: every variable WEIGAI_* is read here."""

from __future__ import annotations

import os
from pathlib import Path

from ... import workflow


def _text(name: str) -> str | None:
    return os.environ.get(f"WEIGAI_{name}") or None


def _path(name: str) -> Path | None:
    text = _text(name)
    return Path(text) if text else None


def database() -> str | None:
    """Return WEIGAI_DB, the address of the database as SQLAlchemy writes it."""
    return _text("DB")


def user() -> str | None:
    """Return WEIGAI_USER, the id or account of who records."""
    return _text("USER")


def language() -> str:
    """Return WEIGAI_LANG, "zh" or "en" or the beginning of a locale's name; empty where it is not set."""
    return (_text("LANG") or "")[:2]


def key_file() -> Path | None:
    """Return WEIGAI_KEYS, the key file."""
    return _path("KEYS")


def master_key() -> str | None:
    """Return WEIGAI_MASTER_KEY, the text of a key file, for a run without a file."""
    return _text("MASTER_KEY")


def files() -> Path | None:
    """Return WEIGAI_FILES, the folder of attached files."""
    return _path("FILES")


def policies() -> Path | None:
    """Return WEIGAI_POLICIES, the folder of the county's own policy files."""
    return _path("POLICIES")


def calendar() -> Path | None:
    """Return WEIGAI_CALENDAR, a file of working days."""
    return _path("CALENDAR")


def witness() -> Path | None:
    """Return WEIGAI_WITNESS, the file of published heads."""
    return _path("WITNESS")


def role() -> str | None:
    """Return WEIGAI_ROLE, the application's role on PostgreSQL.

    Raises:
        InputRefused: it has characters that no name of a role has.
    """
    text = _text("ROLE")
    if text is not None and not text.isprintable():
        raise workflow.InputRefused(
            "WEIGAI_ROLE 含有不可见或残缺的字符；请改正。",
            "WEIGAI_ROLE has invisible or broken characters; correct it.",
        )
    return text


def hash_name() -> str:
    """Return WEIGAI_HASH, the hash of new events: sha256, or sm3."""
    return _text("HASH") or "sha256"


def values() -> list[str]:
    """Return the values of all these variables, of which a message repeats none at length."""
    return [value for name, value in os.environ.items() if name.startswith("WEIGAI_")]
