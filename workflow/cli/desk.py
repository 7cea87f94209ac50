"""What commands share: the database of this run, who sits at the desk, options, and the reading of input."""

from __future__ import annotations

import json
import os
import random
import sys
import time
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ...states.errors import InputRefused, NotFound, StoreBusy
from .say import t

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from .. import Actor, Approvals, Attachment, Document
    from ..policies import Library

F = TypeVar("F", bound="Callable[..., Any]")
R = TypeVar("R")
_LARGEST_INPUT = 4 * 1024 * 1024
_TRIES = 6


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
        click.option("--reason", metavar="TEXT", help=t("理由", "Why, in words")),
        click.option("--dry-run", is_flag=True, help=t("只检查，不写入", "Only check; nothing is written")),
        click.option("--request-id", metavar="ID", help=t("请求号：相同则只办一次", "The same id is done once")),
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
    )
    for option in reversed(options):
        command = option(command)
    return command


class Desk:
    """The database of this run and who records in it."""

    def __init__(self, ctx: click.Context) -> None:
        self.url: str = ctx.obj["db"] or default_url()
        self.user: str = ctx.obj["user"] or _system_user()
        self.json: bool = ctx.obj["json"]

    @property
    def files(self) -> Path:
        """Return the folder of attached files: WEIGAI_FILES, else beside the SQLite file or in the data folder."""
        return Path(os.environ.get("WEIGAI_FILES") or self._beside(".files"))

    @property
    def key(self) -> Path:
        """Return the file of the blind index's key: WEIGAI_KEYS, else beside the SQLite file or in the data folder."""
        return Path(os.environ.get("WEIGAI_KEYS") or self._beside(".key"))

    def _beside(self, suffix: str) -> str:
        if self.url.startswith("sqlite:///") and ":memory:" not in self.url:
            return self.url.removeprefix("sqlite:///") + suffix
        return str(data_folder() / f"weigai{suffix}")

    def engine(self, *, checked: bool = True) -> Engine:
        """Open the database; its schema must be this release's unless `checked` is off."""
        from ...db.engine import open_engine, store_errors

        if checked and self._missing():
            raise NotFound(t("数据库（先运行 weigai init）", "the database (run weigai init first)"))
        with store_errors():
            engine = open_engine(self.url)
            if checked:
                from ...db.schema import check

                with engine.connect() as connection:
                    check(connection)
        return engine

    def _missing(self) -> bool:
        path = self.url.removeprefix("sqlite:///")
        return self.url.startswith("sqlite:///") and ":memory:" not in path and not Path(path).exists()

    @contextmanager
    def session(self, *, write: bool = False) -> Iterator[Session]:
        """Open a session; it commits at the end of a write, and the database is closed behind it."""
        from sqlalchemy.orm import Session

        engine = self.engine()
        try:
            with Session(engine.execution_options(weigai_write=write)) as session, session.begin():
                yield session
        finally:
            engine.dispose()

    def approvals(self, session: Session) -> Approvals:
        """Return the API over a session, with this run's key, files and calendar."""
        from .. import Approvals, Calendar, FileStore, Keys

        calendar = os.environ.get("WEIGAI_CALENDAR")
        keys = Keys.from_file(self.key) if self.key.exists() or "WEIGAI_KEYS" in os.environ else None
        return Approvals(
            session,
            keys=keys,
            files=FileStore(self.files),
            calendar=Calendar.from_file(Path(calendar)) if calendar else None,
            policies=policies_folder(),
        )

    def read(self, work: Callable[[Approvals], R]) -> R:
        """Do a piece of reading."""
        with self.session() as session:
            return work(self.approvals(session))

    def write(self, work: Callable[[Approvals], R], *, dry_run: bool = False) -> R:
        """Do a piece of writing in one transaction; repeated while the database is busy, rolled back in a dry run."""
        for attempt in range(_TRIES):
            try:
                with self.session(write=True) as session:
                    result = work(self.approvals(session))
                    if dry_run:
                        session.rollback()
                    return result
            except StoreBusy:
                if attempt == _TRIES - 1:
                    raise
                time.sleep(0.05 * 2**attempt * (1 + random.random()))  # noqa: S311 - jitter
        raise StoreBusy

    # ------------------------------------------------------------------ who

    def held(self, approvals: Approvals, on: date | None = None) -> list[Actor]:
        """Return the user once for each office held on a day, default today.

        Raises:
            NotFound: the user is not registered, or holds no office then.
        """
        found = list(approvals.register.actors(self.user, on=on))
        if not found:
            raise NotFound(self.user)
        return found

    def reader(self, approvals: Approvals) -> Actor:
        """Return the user as somebody who reads: with the area of every office held."""
        from .. import Actor

        held = self.held(approvals)
        units = tuple(dict.fromkeys(u for a in held for u in a.units))
        return Actor(held[0].person, held[0].office, units, trial=held[0].trial)

    def admin(self, approvals: Approvals) -> Actor:
        """Return the user as an administrator, else in the first office held."""
        held = self.held(approvals)
        return next((a for a in held if a.office == "admin"), held[0])

    def acting(
        self, approvals: Approvals, offices: tuple[str, ...], for_: str | None, unit: str, on: date | None = None
    ) -> tuple[Actor, Actor]:
        """Return who acts and who records; see `who.acting`."""
        from .who import acting

        return acting(self, approvals, offices, for_, unit, on)


def default_url() -> str:
    """Return the address of the SQLite file in the user's data folder."""
    return f"sqlite:///{data_folder() / 'weigai.db'}"


def data_folder() -> Path:
    """Return the user's data folder."""
    from platformdirs import user_data_path

    return user_data_path("weigai", appauthor=False)


def _system_user() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "user"


# ---------------------------------------------------------------------- input


def read_data(data: str | None, sets: tuple[str, ...], reason: str | None) -> dict[str, Any]:
    """Return an act's data from --data, --set and --reason.

    Raises:
        InputRefused: the file is not one JSON object.
    """
    found = read_json(data) if data else {}
    if not isinstance(found, dict):
        raise InputRefused("内容应为一个 JSON 对象。", "the data is one JSON object.")
    for pair in sets:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise click.UsageError(t(f"--set 应写作 字段=值：{name}", f"--set is FIELD=VALUE: {name}"))
        _refuse_personal(name)
        _place(found, name.split("."), value)
    return found if reason is None else {**found, "reason": reason}


def _refuse_personal(name: str) -> None:
    """Keep numbers of persons and cards out of argument lists, where every process can read them."""
    if name.rsplit(".", 1)[-1] in ("id_number", "card", "phone"):
        raise click.UsageError(
            t(f"{name} 属个人信息，请写入 --data 文件。", f"{name} is personal; give it in a --data file.")
        )


def _place(found: dict[str, Any], path: list[str], value: str) -> None:
    for key in path[:-1]:
        found = found.setdefault(key, {})
    whole = value.isascii() and value.isdigit() and len(path) > 1
    known = {"true": True, "false": False}.get(value, int(value) if whole and len(value) < 10 else value)
    found[path[-1]] = known


def read_json(name: str) -> Any:
    """Read a JSON file, or standard input for "-"; numbers stay exact, keys may not come twice.

    Raises:
        InputRefused: it cannot be read, is too large, or is not JSON.
    """
    shown = t("标准输入", "standard input") if name == "-" else name
    try:
        raw = sys.stdin.buffer.read(_LARGEST_INPUT + 1) if name == "-" else _bytes(Path(name))
        if len(raw) > _LARGEST_INPUT:
            raise ValueError
        return json.loads(raw.decode("utf-8-sig"), parse_float=Decimal, parse_constant=_refuse, object_pairs_hook=_once)
    except OSError as error:
        raise InputRefused(f"{shown} 无法读取：{error.strerror}", f"{shown} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise InputRefused(
            f"{shown} 不是有效的 JSON（UTF-8，4 MiB 以内，键不重复）。",
            f"{shown} is not valid JSON (UTF-8, at most 4 MiB, no key twice).",
        ) from None


def _bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_LARGEST_INPUT + 1)


def _refuse(word: str) -> Any:
    raise ValueError(word)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def read_papers(papers: tuple[str, ...], *, dry_run: bool) -> list[Attachment | Document]:
    """Return the papers of --document KIND=PATH; for a dry run their kinds only, so that nothing is stored."""
    from .. import Attachment, Document

    found: list[Attachment | Document] = []
    for pair in papers:
        kind, equals, path = pair.partition("=")
        if not equals or not kind.isidentifier() or not kind.isascii():
            raise click.UsageError(t(f"--document 应写作 种类=文件：{kind}", f"--document is KIND=PATH: {kind}"))
        if not Path(path).is_file():
            raise InputRefused(f"文件 {path} 不存在。", f"file {path} does not exist.")
        found.append(Document(kind, "", 0) if dry_run else Attachment(kind, path=Path(path)))
    return found


def policies_folder() -> Path | None:
    """Return the folder of the county's own policy files: WEIGAI_POLICIES, None where it is not set."""
    named = os.environ.get("WEIGAI_POLICIES")
    return Path(named) if named else None


def with_library(ctx: click.Context, work: Callable[[Library], R], *names: str) -> R:
    """Do what needs policies of these names: the database is only opened for a version that it keeps ("id@sha256:...")."""
    if any("@" in name for name in names):
        return Desk(ctx).read(lambda approvals: work(approvals.library))
    return work(library())


def library() -> Library:
    """Return where commands without a database look policies up: the package and WEIGAI_POLICIES."""
    from ..policies import Library

    return Library(policies_folder())
