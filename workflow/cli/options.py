"""The options that commands share: the circumstances of an act, and its data and papers."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, fields
from datetime import date
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from ... import workflow
from .. import InputRefused
from .commands import option
from .inputs import read_data, read_papers
from .language import Both, lang, t

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .. import Attachment, Document

    _Command = Callable[..., object]
    _Decorator = Callable[[_Command], _Command]


class Day(click.ParamType[date]):
    """A day written YYYY-MM-DD."""

    name = "date"

    def convert(self, value: str | date, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Read the day, or fail as wrong usage."""
        try:
            return workflow.parse_date(value) if isinstance(value, str) else value
        except InputRefused as error:
            self.fail(error.message(lang()), param, ctx)


def one_request(ctx: click.Context, param: click.Parameter, value: str | None) -> str:
    """Give the run one request id from its beginning, so that a repetition inside it is known for one."""
    return value or uuid.uuid4().hex


@dataclass(frozen=True, kw_only=True)
class EntryOptions:
    """What somebody says of an act that they enter; a command that lacks an option has its default here."""

    on: date | None = None
    for_: str | None = None
    reason: str | None = None
    agreed_by: str | None = None
    dry_run: bool = False
    request_id: str | None = None
    expect_version: int | None = None


ENTRY = {
    "on": option(
        "--on",
        type=Day(),
        metavar="DATE",
        help=Both("实际发生的日期，默认今天", "The day on which it happened; default today"),
    ),
    "for": option(
        "--for",
        "for_",
        metavar="PERSON/OFFICE",
        help=Both("实际办理人/职务；您只代为登记", "The person and office who acted; you only enter it for them"),
    ),
    "reason": option("--reason", metavar="TEXT", help=Both("理由", "The reason, in words")),
    "agreed-by": option(
        "--agreed-by", metavar="PERSON", help=Both("复核人：同意的另一人", "The second person, who agreed")
    ),
    "dry-run": option("--dry-run", is_flag=True, help=Both("只检查，不写入", "Check only; write nothing")),
    "request-id": option(
        "--request-id",
        metavar="ID",
        callback=one_request,
        help=Both("请求号：同一请求号只办理一次", "Id of the request; weigai does the same id only once"),
    ),
    "expect-version": option(
        "--expect-version",
        type=int,
        metavar="N",
        help=Both("只在户档仍为该版本时办理", "Act only while the case is at this version"),
    ),
}
ONCE = ("dry-run", "request-id")
EVERY = tuple(ENTRY)


def with_entry(*names: str) -> _Decorator:
    """Give a command an `EntryOptions`, with the options named: those of `ENTRY` that mean something for it."""
    return _gathered("entry", EntryOptions, [ENTRY[name] for name in names])


@dataclass(frozen=True, kw_only=True)
class FormOptions:
    """What an act is told: a file of data, plain fields, and papers."""

    data: str | None = None
    sets: tuple[str, ...] = ()
    papers: tuple[str, ...] = ()

    def read(self, entry: EntryOptions) -> dict[str, Any]:
        """Return the act's data, with the reason and the second person of its entry; see `read_data` for what is refused."""
        return read_data(self.data, self.sets, entry.reason, entry.agreed_by)

    def attached(self, *, dry_run: bool) -> list[Attachment | Document]:
        """Return the papers; see `read_papers`."""
        return read_papers(self.papers, dry_run=dry_run)


FORM = (
    option(
        "--data",
        metavar="FILE",
        help=Both("内容（JSON 文件；- 表示标准输入）", "The data (JSON file; - for standard input)"),
    ),
    option("--set", "sets", multiple=True, metavar="FIELD=VALUE", help=Both("内容中的一项", "One field of the data")),
    option(
        "--document",
        "papers",
        multiple=True,
        metavar="KIND=PATH",
        help=Both("附件：种类和文件", "Attach this paper: its kind and its file"),
    ),
)


def with_form(command: _Command) -> _Command:
    """Give a command a `FormOptions`."""
    return _gathered("form", FormOptions, FORM)(command)


def _gathered(name: str, kind: type[EntryOptions | FormOptions], options: Sequence[_Decorator]) -> _Decorator:
    """Give a command some options, and hand them over as one value."""
    known = {field.name for field in fields(kind)}

    def decorated(command: _Command) -> _Command:
        @wraps(command)
        def run(*args: object, **given: Any) -> object:
            parts = {field: given.pop(field) for field in known & given.keys()}
            return command(*args, **{name: kind(**parts)}, **given)

        for given in reversed(options):
            given(run)
        return run

    return decorated


def pair(text: str) -> tuple[str, str]:
    """Return office and unit of "OFFICE@UNIT"."""
    office, at, unit = text.partition("@")
    if not at or not office or not unit:
        raise click.UsageError(t(f"应写作 职务@单位，不是 {text}", f"write OFFICE@UNIT, not {text}"))
    return office, unit
