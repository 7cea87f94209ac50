"""`weigai init`, `demo`, `doctor` and `completion`."""

from __future__ import annotations

import os
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ...states.replay.register import FOUNDERS
from . import settings
from .commands import command, option
from .desk import Desk
from .language import Both, t
from .say import note, out, out_json
from .trial_mark import marked, title
from .wall import role

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Engine

    from .. import Approvals


@command(
    help=Both(
        "建立数据库，并把当前用户设为试用县的各职务；用 --county 则建立正式县，两名管理员的姓名从提示或标准输入逐行读入。\n\n例：weigai init\n\nweigai init --county 150783 --units 单位.csv --admin zhang --second li",
        "Set up the database; the user holds every office of a trial county. With --county found a real county with two administrators, whose names are asked for or read from standard input, a line each.\n\nExample: weigai init\n\nweigai init --county 150783 --units units.csv --admin zhang --second li",
    )
)
@option("--county", metavar="CODE", help=Both("正式县的代码（6 位）", "Code of a real county, 6 digits"))
@option("--units", metavar="FILE", help=Both("单位表", "Its units"))
@option("--admin", metavar="ACCOUNT", help=Both("第一名管理员的账号", "Account of the first administrator"))
@option("--second", metavar="ACCOUNT", help=Both("第二名管理员的账号", "Account of the second administrator"))
@click.pass_context
def init(ctx: click.Context, county: str | None, units: str | None, admin: str | None, second: str | None) -> None:
    """Set up the database and a trial county, or found a real one."""
    given = (county, units, admin, second)
    if any(given) and not all(given):
        raise click.UsageError(
            t(
                "--county、--units、--admin、--second 须同时给出。",
                "--county, --units, --admin and --second go together.",
            )
        )
    if county and units and admin and second:
        _found(Desk(ctx), county, units, (admin, second))
    else:
        _trial(Desk(ctx))


def _prepared(desk: Desk) -> None:
    """Bring the database up, and make the key where there is none."""
    from ...db import schema

    if desk.url.startswith("sqlite:///"):
        Path(desk.url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    with desk.engine(new=True) as engine:
        schema.upgrade(engine, keys=desk.keys, role=role())
        _keys_there(desk, engine)


def _trial(desk: Desk) -> None:
    from .. import Actor
    from ..trial.county import TRIAL_COUNTY, set_up

    _prepared(desk)

    def work(approvals: Approvals) -> bool:
        register, root = approvals.register, Actor("p-0001", "admin", (TRIAL_COUNTY,))
        if register.persons() or register.persons(actor=root) or _known(approvals, desk.user):
            return False
        set_up(approvals, "p-0001", desk.user, desk.user)
        return True

    new = desk.write(work)
    if desk.json:
        out_json({"db": _shown(desk.url), "user": desk.user, "county": TRIAL_COUNTY, "trial": True, "new": new})
        return
    out(t(f"数据库：{_shown(desk.url)}", f"database: {_shown(desk.url)}"))
    out(t(f"{desk.user} 现为试用县 {TRIAL_COUNTY} 的各职务（试用）。" if new else "已有人员登记，未作改动。",
          f"{desk.user} holds every office of the trial county {TRIAL_COUNTY} (trial)." if new else "persons are registered already; nothing was changed."))  # fmt: skip
    out(t("下一步：weigai unit list；weigai case schema；weigai case open --help",
          "Next: weigai unit list; weigai case schema; weigai case open --help"))  # fmt: skip


def _keys_there(desk: Desk, engine: Engine) -> None:
    """Make the key file of a new database; one whose values are encrypted already has its own, which is never made again.

    Raises:
        KeysMissing: the key file of this database is not there.
    """
    from ...db import Keys
    from ...db.vault import key_file, places
    from ...db.vault.master_keys import has_keys, needed
    from ...states.errors import KeysMissing

    with engine.connect() as connection:
        used, own = has_keys(connection), places.here(connection)
        if used and desk.keys is None:
            raise KeysMissing(next(iter(needed(connection)), None))
        if not used and settings.files() is None:
            places.begin(connection, desk.own(".files"))
    if used or settings.master_key():
        return
    path = settings.key_file() or desk.own(".key")
    Keys.from_file(path)
    if own in key_file.databases(path):
        return
    with key_file.locked(path) as file:  # the key file serves the new database from now on
        file.write(databases=places.adopted(own, file.databases))


def _known(approvals: Approvals, user: str) -> bool:
    """Tell whether somebody of that id or account is registered in any county."""
    from .. import NotFound

    try:
        return bool(approvals.register.actors(user))
    except NotFound:
        return False


def _found(desk: Desk, county: str, units: str, accounts: tuple[str, str]) -> None:
    from .register import read_name
    from .unit import units_of

    rows = units_of(units)
    names = [read_name(f"{a} 的姓名", f"Name of {a}") for a in accounts]
    _prepared(desk)
    admins, request = list(zip(accounts, names, strict=True)), uuid.uuid4().hex
    desk.write(lambda a: a.register.found(county, rows, admins, request_id=request))
    if desk.json:
        told = {"db": _shown(desk.url), "county": county, "trial": False, "new": True, "units": len(rows)}
        out_json(
            {
                **told,
                "admins": [{"person": p, "account": a} for p, a in zip(FOUNDERS, accounts, strict=True)],
            }
        )
        return
    out(t(f"数据库：{_shown(desk.url)}", f"database: {_shown(desk.url)}"))
    out(t(f"已建立县 {county}（{len(rows)} 个单位）；管理员 p-0001（{accounts[0]}）和 p-0002（{accounts[1]}）互为确认人。",
          f"county {county} is founded with {len(rows)} units; administrators p-0001 ({accounts[0]}) and p-0002 ({accounts[1]}) vouch for each other."))  # fmt: skip
    out(t("下一步：weigai user add，再由另一名管理员 weigai user confirm",
          "Next: weigai user add, then the other administrator: weigai user confirm"))  # fmt: skip


def _shown(url: str) -> str:
    from sqlalchemy.engine import make_url

    return make_url(url).render_as_string(hide_password=True)


@command(
    help=Both(
        "演示两个方案的 2019 年全年（约 700 户）。\n\n例：weigai demo --to demo/weigai.db",
        "Play the whole year 2019 of both plans (about 700 households).\n\nExample: weigai demo --to demo/weigai.db",
    )
)
@option(
    "--to",
    default="demo/weigai.db",
    show_default=True,
    metavar="FILE",
    help=Both("数据库文件（新建）", "Database file (made new)"),
)
@click.pass_context
def demo(ctx: click.Context, to: str) -> None:
    """Play the demonstration year into a new database."""
    from ...db import FileStore, Keys, open_engine, schema
    from ...states.errors import InputRefused
    from ..trial.programme import Programme

    path = Path(to)
    if path.exists():
        raise InputRefused(f"{path} 已存在；请另选文件。", f"{path} exists already; choose another file.")
    path.parent.mkdir(parents=True, exist_ok=True)
    ctx.obj["db"] = f"sqlite:///{path}"
    desk = Desk(ctx)
    engine = open_engine(desk.url)
    schema.upgrade(engine)
    _keys_there(desk, engine)
    programme = Programme(engine, FileStore(desk.files), Keys.from_file(desk.key))
    bar = _Bar()
    programme.run("p-0001", desk.user, desk.user, bar.tick)
    bar.done()
    engine.dispose()
    _demo_report(desk, path, programme.acts.events)


class _Bar:
    """A progress bar over the days of the year, on a terminal only."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()

    def tick(self, day: date, events: int, households: int) -> None:
        """Show the day that was played."""
        if self._live:
            filled = round(day.timetuple().tm_yday / 366 * 30)
            sys.stderr.write(f"\r{day} [{'#' * filled}{'.' * (30 - filled)}] {households} / {events} ")
            sys.stderr.flush()

    def done(self) -> None:
        """End the line."""
        if self._live:
            sys.stderr.write("\n")


def _demo_report(desk: Desk, path: Path, events: int) -> None:
    def work(approvals: Approvals) -> tuple[Any, Any, str]:
        actor = desk.reader(approvals)
        lines, rows = approvals.records.budget(actor=actor), approvals.records.progress(actor=actor)
        return lines, rows, approvals.list(actor=actor, states=["village_publicity"], limit=1)[0].id

    lines, rows, case = desk.read(work)
    if desk.json:
        told = {"budget": marked(desk, lines), "progress": marked(desk, rows), "case": case}
        out_json({"db": str(path), "events": events, "trial": desk.trial, **told})
        return
    title(desk)
    from .report import print_budget, print_progress

    print_progress(rows)
    out()
    print_budget(lines)
    out()
    out(
        t(
            "两个方案的农户均已归档；另有未进入或退出的，以及后来申请正在办理的，可从待办和报表中看到。",
            "Every household of the two plans is archived; those that ended beside the road, and latecomers on their way, "
            "are in the reports and the inbox.",
        )
    )
    out(t(f"数据库在 {path}（{events} 次办理）。接着可试：", f"The database is {path} ({events} acts). Try next:"))
    out(f"  export WEIGAI_DB=sqlite:///{path}")
    for words in ("inbox", f"case explain {case[:14]}", f"case history {case}", "report budget",
                    "report refusals", "audit verify"):  # fmt: skip
        out(f"  weigai {words}")


@command(
    help=Both(
        "检查运行环境，并说明如何修正。\n\n例：weigai doctor",
        "Look at the set-up and say what to mend.\n\nExample: weigai doctor",
    )
)
@option(
    "--sweep",
    is_flag=True,
    help=Both("先清除一天以前留下、无记录指向的附件。", "First remove stored files, a day old, that no row names."),
)
@click.pass_context
def doctor(ctx: click.Context, sweep: bool) -> int:
    """Check the set-up; exit 6 when something has to be mended."""
    from .health import checks, swept

    desk = Desk(ctx)
    if sweep:
        count = swept(desk)
        note(t(f"已清除 {count} 个文件。", f"{count} files removed."))
    found = checks(desk)
    if desk.json:
        out_json([{"check": c.name, "ok": c.ok, "found": c.found, "mend": c.mend} for c in found])
    else:
        for c in found:
            out(f"{'✓' if c.ok else '✗'} {c.name}: {c.found}")
            if not c.ok:
                out(f"    {c.mend}")
    return 0 if all(c.ok for c in found) else 6


@command(
    help=Both(
        "打印命令补全脚本。\n\n例：weigai completion bash >> ~/.bashrc",
        "Print the shell completion script.\n\nExample: weigai completion bash >> ~/.bashrc",
    )
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print a completion script."""
    from click.shell_completion import get_completion_class

    from .main import cli

    made = get_completion_class(shell)
    if made is None:
        note(t("不支持该命令行。", "this shell is not supported."))
        return
    # bash's script asks for its version on a terminal; the text itself needs no shell
    os.environ.setdefault("BASH_VERSION", "5")
    script = made(cli, {}, "weigai", "_WEIGAI_COMPLETE")
    out(script.source_template % script.source_vars())
