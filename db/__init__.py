"""Store what happened. Only this folder uses SQL; table rows never leave it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .engine import open_engine, prepare_engine, store_errors
    from .row_security.protect import protect
    from .vault.files import FileStore
    from .vault.keys import Keys

__all__ = ["FileStore", "Keys", "open_engine", "prepare_engine", "protect", "store_errors"]
_HOMES = {
    "prepare_engine": ".engine",
    "open_engine": ".engine",
    "FileStore": ".vault.files",
    "Keys": ".vault.keys",
    "protect": ".row_security.protect",
    "store_errors": ".engine",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name], __name__), name)
