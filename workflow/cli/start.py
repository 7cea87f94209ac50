"""`weigai init`, `demo`, `doctor` and `completion`."""

from __future__ import annotations

import os
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ... import workflow
from . import settings
from .commands import command, option
from .desk import Desk
from .language import Both, t
from .output import note, out, out_json
from .trial_mark import marked, title

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from .. import Approvals, BudgetLine, Progress, Trial


@command(
    help=Both(
        "建立数据库。不加选项时，另建试用县，当前用户任其各职务；加 --county 则建立正式县。正式县有两名管理员，姓名从"
        "提示或标准输入逐行读入。"
        "\n\n例：weigai init\n\nweigai init --county 150783 --units 单位.csv --admin zhang --second li",
        "Set up the database. Without options you get a trial county in which you hold every office. With --county "
        "you found a real county with two administrators; the command asks for their names, or reads them from "
        "standard input, one a line."
        "\n\nExample: weigai init\n\nweigai init --county 150783 --units units.csv --admin zhang --second li",
    )
)
@option("--county", metavar="CODE", help=Both("正式县的代码，6 位", "Code of the real county, 6 digits"))
@option(
    "--units", metavar="FILE", help=Both("该县的单位表（CSV 或 JSON）", "The county's sheet of units (CSV or JSON)")
)
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
                "give --county, --units, --admin and --second together.",
            )
        )
    if county and units and admin and second:
        _found(Desk(ctx), county, units, (admin, second))
    else:
        _trial(Desk(ctx))


def _trial(desk: Desk) -> None:
    desk.store.set_up()

    def work(approvals: Approvals) -> Trial:
        return workflow.set_up_trial(approvals, desk.user)

    county, new = desk.write(work)
    shown = desk.store.shown
    if desk.json:
        out_json({"db": shown, "user": desk.user, "county": county, "trial": True, "new": new})
        return
    out(t(f"数据库：{shown}", f"database: {shown}"))
    if new:
        zh = f"{desk.user} 现任试用县 {county} 的各职务（试用）。"
        out(t(zh, f"{desk.user} now holds every office of the trial county {county} (trial)."))
    else:
        out(t("已有登记的人员，没有改动。", "persons are registered already; nothing was changed."))
    out(
        t(
            "下一步：weigai unit list；weigai case schema；weigai case open --help",
            "Next: weigai unit list; weigai case schema; weigai case open --help",
        )
    )


def _found(desk: Desk, county: str, units: str, accounts: tuple[str, str]) -> None:
    from .unit.import_ import units_of
    from .user.add import read_name

    rows = units_of(units)
    names = [read_name(f"{a} 的姓名", f"Name of {a}") for a in accounts]
    desk.store.set_up()
    admins, request = list(zip(accounts, names, strict=True)), uuid.uuid4().hex
    founders = desk.write(lambda a: a.register.found(county, rows, admins, request_id=request))
    shown = desk.store.shown
    if desk.json:
        told = {"db": shown, "county": county, "trial": False, "new": True, "units": len(rows)}
        listed = [{"person": p, "account": a} for p, a in zip(founders, accounts, strict=True)]
        out_json({**told, "admins": listed})
        return
    out(t(f"数据库：{shown}", f"database: {shown}"))
    (first, second), (one, other) = founders, accounts
    out(
        t(
            f"已建立县 {county}（{len(rows)} 个单位）。管理员 {first}（{one}）和 {second}（{other}）互为确认人。",
            f"county {county} is founded with {len(rows)} units. The administrators {first} ({one}) and {second} ({other}) "
            "confirmed each other.",
        )
    )
    out(
        t(
            "下一步：用 weigai user add 登记人员，再由另一名管理员运行 weigai user confirm",
            "Next: register persons with weigai user add; then the other administrator runs weigai user confirm",
        )
    )


@command(
    help=Both(
        "演示两个方案的 2019 年全年（约 700 户）。\n\n例：weigai demo --to demo/weigai.db",
        "Play the whole year 2019 of both plans with about 700 made-up households."
        "\n\nExample: weigai demo --to demo/weigai.db",
    )
)
@option(
    "--to",
    default="demo/weigai.db",
    show_default=True,
    metavar="FILE",
    help=Both("写入该数据库文件，须尚不存在", "Write this database file; it must not exist yet"),
)
@click.pass_context
def demo(ctx: click.Context, to: str) -> None:
    """Play the demonstration year into a new database."""
    path = Path(to)
    if path.exists():
        raise workflow.InputRefused(
            f"{path} 已存在；请用 --to 另选文件。", f"{path} exists already; choose another file with --to."
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    ctx.obj["db"] = f"sqlite:///{path}"
    desk = Desk(ctx)
    desk.store.set_up()
    bar = _Bar()
    with desk.store.engine() as engine:
        programme = workflow.Programme(engine, desk.store.file_store, workflow.Keys.from_file(desk.store.key_file))
        programme.run("p-0001", desk.user, desk.user, bar.tick)
    bar.done()
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
    def work(approvals: Approvals) -> tuple[Sequence[BudgetLine], Sequence[Progress], str]:
        actor = desk.reader(approvals)
        lines, rows = approvals.records.budget(actor=actor), approvals.records.progress(actor=actor)
        return lines, rows, approvals.list(actor=actor, states=["village_publicity"], limit=1)[0].id

    lines, rows, case = desk.read(work)
    if desk.json:
        told = {"budget": marked(desk, lines), "progress": marked(desk, rows), "case": case}
        out_json({"db": str(path), "events": events, "trial": desk.trial, **told})
        return
    title(desk)
    from .report.budget import print_budget
    from .report.progress import print_progress

    print_progress(rows)
    out()
    print_budget(lines)
    out()
    out(
        t(
            "两个方案的农户都已归档。中途结束的，以及后来申请、仍在办理的，见报表和待办。",
            "Every household of the two plans is archived. The reports and the inbox show the cases that ended early "
            "and the later ones that are still open.",
        )
    )
    out(t(f"数据库在 {path}（{events} 次办理）。接着可试：", f"The database is {path} ({events} acts). Try next:"))
    _print_next_commands(path, case)


def _print_next_commands(path: Path, case: str) -> None:
    out(f"  export WEIGAI_DB=sqlite:///{path}")
    for words in (
        "inbox",
        f"case explain {case[:14]}",
        f"case history {case}",
        "report budget",
        "report refusals",
        "audit verify",
    ):
        out(f"  weigai {words}")


@command(
    help=Both(
        "检查运行环境，并说明如何处理所发现的问题。\n\n例：weigai doctor",
        "Check the set-up and say how to mend what is wrong.\n\nExample: weigai doctor",
    )
)
@option(
    "--sweep",
    is_flag=True,
    help=Both(
        "检查之前，先删除一天以前留下、没有记录指向的附件",
        "Before the check, delete attached files older than a day to which no record refers",
    ),
)
@click.pass_context
def doctor(ctx: click.Context, sweep: bool) -> int:
    """Check the set-up; exit 6 when something has to be mended."""
    desk = Desk(ctx)
    if sweep:
        count = desk.store.sweep()
        note(t(f"已删除 {count} 个文件。", f"{count} files were deleted."))
    found = desk.store.doctor(approvals=desk.approvals, user=desk.user, login=desk.login, witness=settings.witness())
    if desk.json:
        rows = [{"check": t(*c.name), "ok": c.ok, "found": t(*c.found), "mend": t(*c.mend)} for c in found]
        out_json(rows)
    else:
        for c in found:
            out(f"{'✓' if c.ok else '✗'} {t(*c.name)}: {t(*c.found)}")
            if not c.ok:
                out(f"    {t(*c.mend)}")
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
        note(t("不支持该命令行程序。", "weigai has no completion script for this shell."))
        return
    # bash's script asks for its version on a terminal; the text itself needs no shell
    os.environ.setdefault("BASH_VERSION", "5")
    script = made(cli, {}, "weigai", "_WEIGAI_COMPLETE")
    out(script.source_template % script.source_vars())
