"""The language of a run, and texts in both languages."""

from __future__ import annotations

from contextvars import ContextVar
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from . import settings

if TYPE_CHECKING:
    from collections.abc import Sequence

_CHOSEN = ContextVar("language", default="zh")


def choose(arguments: Sequence[str]) -> None:
    """Choose the language of this call: --lang, else WEIGAI_LANG, else Chinese."""
    _CHOSEN.set("en" if _wish(arguments) == "en" else "zh")


def _wish(arguments: Sequence[str]) -> str:
    """Return the language that is written last, as the parser takes it."""
    wish = settings.language()
    for word, following in pairwise([*arguments, ""]):
        if word.startswith("--lang="):
            wish = word.removeprefix("--lang=")
        elif word == "--lang" and following:
            wish = following
    return wish


def lang() -> str:
    """Return the language of this call, `zh` or `en`."""
    return _CHOSEN.get()


def t(zh: str, en: str) -> str:
    """Return the one of two texts that is in the language of this call."""
    return en if lang() == "en" else zh


class Both(NamedTuple):
    """A text in both languages, written down before any call has chosen one."""

    zh: str
    en: str

    def __str__(self) -> str:
        return t(self.zh, self.en)
