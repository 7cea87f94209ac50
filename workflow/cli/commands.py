"""Commands, groups and options with help in both languages; global options are accepted in any place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar

import click

from .language import Both, lang

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")


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


class Option(_Bilingual, click.Option):
    """An option with its help in both languages."""


class _Placed(_Bilingual):
    """What takes the global options wherever they are written: before the group, or behind the command."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return the own parameters, and below the program itself the global options, which its help does not repeat."""
        own: list[click.Parameter] = super().get_params(ctx)  # type: ignore[misc]
        return own if ctx.parent is None else [*own, *_ANYWHERE]


class Command(_Placed, click.Command):
    """A command with its help in both languages."""


class Group(_Placed, click.Group):
    """A group of such commands."""

    command_class = Command


def command(name: str | None = None, **more: Any) -> Callable[[Callable[..., Any]], Command]:
    """Make a function a command: `click.command`, with `help=Both(...)`."""
    return click.command(name, cls=Command, **more)


def group(name: str | None = None, **more: Any) -> Callable[[Callable[..., Any]], Group]:
    """Make a function a group: `click.group`, with `help=Both(...)`."""
    return click.group(name, cls=Group, **more)


def option(*names: str, **more: Any) -> Callable[[F], F]:
    """Give a command an option: `click.option`, with `help=Both(...)`."""
    return click.option(*names, cls=Option, **more)


def _keep(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    """Keep a global option for the run; the one that is written last counts."""
    run = ctx.find_root().ensure_object(dict)
    if ctx.parent is None or value:
        run[param.name] = value


def _global(*names: str, **more: Any) -> dict[str, Any]:
    return {"param_decls": names, "expose_value": False, "callback": _keep, **more}


_GLOBAL = (
    _global(
        "--db", metavar="URL", help=Both("数据库地址（SQLAlchemy URL）", "Address of the database (SQLAlchemy URL)")
    ),
    _global(
        "--as",
        "user",
        metavar="USER",
        help=Both(
            "登记人（编号或账号），默认系统用户", "The person who enters (id or account); default the system's user"
        ),
    ),
    _global("--lang", type=click.Choice(["zh", "en"]), help=Both("显示的语言", "Language of the output")),
    _global(
        "--json", "json", is_flag=True, help=Both("只输出一个 JSON 文档", "Print one JSON document and nothing else")
    ),
    _global(
        "--clock-checked",
        is_flag=True,
        help=Both("已核对本机时间，确认无误", "You checked this machine's clock, and it is right"),
    ),
)
_ANYWHERE = [Option(**{**given, "hidden": True}) for given in _GLOBAL]


def global_options(command: F) -> F:
    """Give the program the global options: those that every command takes too."""
    for given in reversed(_GLOBAL):
        names, more = given["param_decls"], {name: value for name, value in given.items() if name != "param_decls"}
        command = option(*names, **more)(command)
    return command
