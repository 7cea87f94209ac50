"""The language of a call, and commands and options whose help is in both languages."""

from __future__ import annotations

import os
import re
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

F = TypeVar("F", bound="Callable[..., Any]")
_CHOSEN = ContextVar("language", default="zh")


def choose(arguments: Sequence[str]) -> None:
    """Choose the language of this call: --lang, else WEIGAI_LANG, else Chinese."""
    _CHOSEN.set("en" if _wish(arguments) == "en" else "zh")


def _wish(arguments: Sequence[str]) -> str:
    for i, word in enumerate(arguments):
        if word.startswith("--lang="):
            return word.removeprefix("--lang=")
        if word == "--lang" and i + 1 < len(arguments):
            return arguments[i + 1]
    return os.environ.get("WEIGAI_LANG", "")[:2]


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


class _Bilingual:
    """What has a help in both languages; click reads the one of the call whenever it shows it."""

    def __init__(self, *args: Any, **more: Any) -> None:
        self._help: Both = more.pop("help")
        super().__init__(*args, **more)

    @property
    def help(self) -> str | None:
        """Return the help in the language of the call."""
        return str(self._help)

    @help.setter
    def help(self, text: str | None) -> None:
        """Leave aside the None that click sets."""

    @property
    def short_help(self) -> str | None:
        """Return in Chinese the first clause, for click shortens at blanks, and Chinese has none."""
        return None if lang() == "en" else re.split("[。；\n]", self._help.zh, maxsplit=1)[0]

    @short_help.setter
    def short_help(self, text: str | None) -> None:
        """Leave aside the None that click sets."""


class Command(_Bilingual, click.Command):
    """A command with its help in both languages."""


class Group(_Bilingual, click.Group):
    """A group of such commands."""

    command_class = Command


class Option(_Bilingual, click.Option):
    """An option with its help in both languages."""


def command(name: str | None = None, **more: Any) -> Callable[[Callable[..., Any]], Command]:
    """Make a function a command: `click.command`, with `help=Both(...)`."""
    return click.command(name, cls=Command, **more)


def group(name: str | None = None, **more: Any) -> Callable[[Callable[..., Any]], Group]:
    """Make a function a group: `click.group`, with `help=Both(...)`."""
    return click.group(name, cls=Group, **more)


def option(*names: str, **more: Any) -> Callable[[F], F]:
    """Give a command an option: `click.option`, with `help=Both(...)`."""
    return click.option(*names, cls=Option, **more)
