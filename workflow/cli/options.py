"""The options that commands share: what everything that changes something takes, and what an act is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

from ...states.errors import InputRefused
from .repeating import one_request
from .say import t

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
            from .say import LANG

            self.fail(error.message(LANG), param, ctx)


_REASON = click.option("--reason", metavar="TEXT", help=t("理由", "Why, in words"))
_ONCE = (
    click.option("--dry-run", is_flag=True, help=t("只检查，不写入", "Only check; nothing is written")),
    click.option(
        "--request-id",
        metavar="ID",
        callback=one_request,
        help=t("请求号：相同则只办一次", "The same id is done once"),
    ),
)


def entered(command: F) -> F:
    """Give a command the options of what is entered in the register: who sits here acts, so that there is no `--for`."""
    for option in reversed(_ONCE):
        command = option(command)
    return command


def in_the_clear(command: F) -> F:
    """Give a command the options of what is shown unmasked: now, to who sits here, with a reason."""
    for option in reversed((_REASON, *_ONCE)):
        command = option(command)
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
        click.option(
            "--on", type=Day(), metavar="DATE", help=t("发生日期，默认今天", "When it happened; default today")
        ),
        click.option(
            "--for",
            "for_",
            metavar="PERSON/OFFICE",
            help=t("实际办理人/职务（本人只登记）", "Who acted, where you only enter it"),
        ),
        _REASON,
        *_ONCE,
        click.option(
            "--expect-version", type=int, metavar="N", help=t("只在该版本时办理", "Refuse unless at this version")
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def informed(command: F) -> F:
    """Give a command the options for data and papers."""
    options = (
        click.option(
            "--data", metavar="FILE", help=t("内容（JSON 文件，- 为标准输入）", "The data (JSON file, - for stdin)")
        ),
        click.option("--set", "sets", multiple=True, metavar="FIELD=VALUE", help=t("单项内容", "A plain field")),
        click.option("--document", "papers", multiple=True, metavar="KIND=PATH", help=t("附件", "A paper to attach")),
        click.option("--agreed-by", metavar="PERSON", help=t("同意的另一人", "The second person who agreed")),
    )
    for option in reversed(options):
        command = option(command)
    return command
