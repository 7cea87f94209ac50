"""The options that commands share: what everything that changes something takes, and what an act is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

from ...states.errors import InputRefused
from .language import Both, lang, option, t
from .repeating import one_request

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")


class Day(click.ParamType[Any]):
    """A day written YYYY-MM-DD."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read the day, or fail as wrong usage."""
        from ...states.calendar import parse_date

        try:
            return parse_date(value) if isinstance(value, str) else value
        except InputRefused as error:
            self.fail(error.message(lang()), param, ctx)


_REASON = option("--reason", metavar="TEXT", help=Both("理由", "Why, in words"))
_ONCE = (
    option("--dry-run", is_flag=True, help=Both("只检查，不写入", "Only check; nothing is written")),
    option(
        "--request-id",
        metavar="ID",
        callback=one_request,
        help=Both("请求号：相同则只办一次", "The same id is done once"),
    ),
)


def entered(command: F) -> F:
    """Give a command the options of what is entered in the register: who sits here acts, so that there is no `--for`."""
    for given in reversed(_ONCE):
        command = given(command)
    return command


def in_the_clear(command: F) -> F:
    """Give a command the options of what is shown unmasked: now, to who sits here, with a reason."""
    for given in reversed((_REASON, *_ONCE)):
        command = given(command)
    return command


def pair(text: str) -> tuple[str, str]:
    """Return office and unit of "OFFICE@UNIT"."""
    office, at, unit = text.partition("@")
    if not at or not office or not unit:
        raise click.UsageError(t(f"应写作 职务@单位：{text}", f"an office is OFFICE@UNIT: {text}"))
    return office, unit


def changing(command: F) -> F:
    """Give a command the options of everything that changes something."""
    options = (
        option("--on", type=Day(), metavar="DATE", help=Both("发生日期，默认今天", "When it happened; default today")),
        option(
            "--for",
            "for_",
            metavar="PERSON/OFFICE",
            help=Both("实际办理人/职务（本人只登记）", "Who acted, where you only enter it"),
        ),
        _REASON,
        *_ONCE,
        option(
            "--expect-version", type=int, metavar="N", help=Both("只在该版本时办理", "Refuse unless at this version")
        ),
    )
    for given in reversed(options):
        command = given(command)
    return command


def informed(command: F) -> F:
    """Give a command the options for data and papers."""
    options = (
        option(
            "--data", metavar="FILE", help=Both("内容（JSON 文件，- 为标准输入）", "The data (JSON file, - for stdin)")
        ),
        option("--set", "sets", multiple=True, metavar="FIELD=VALUE", help=Both("单项内容", "A plain field")),
        option("--document", "papers", multiple=True, metavar="KIND=PATH", help=Both("附件", "A paper to attach")),
        option("--agreed-by", metavar="PERSON", help=Both("同意的另一人", "The second person who agreed")),
    )
    for given in reversed(options):
        command = given(command)
    return command
