"""The options of what is entered in the register: who sits here acts, so that there is no `--for`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

from .say import t

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")


def entered(command: F) -> F:
    """Give a command the options for a dry run and for a request that is done once."""
    for option in (
        click.option("--request-id", metavar="ID", help=t("请求号：相同则只办一次", "The same id is done once")),
        click.option("--dry-run", is_flag=True, help=t("只检查，不写入", "Only check; nothing is written")),
    ):
        command = option(command)
    return command


def pair(text: str) -> tuple[str, str]:
    """Return office and unit of "OFFICE@UNIT"."""
    office, at, unit = text.partition("@")
    if not at or not office or not unit:
        raise click.UsageError(t(f"应写作 职务@单位：{text}", f"an office is OFFICE@UNIT: {text}"))
    return office, unit
