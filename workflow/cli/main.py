"""The entry point: load each group when it is used, and turn every error into a sentence and an exit code."""

from __future__ import annotations

import os
import re
import sys
from importlib import import_module
from typing import TYPE_CHECKING

import click

from ..words import of_error
from . import ends, settings
from .commands import Group, global_options
from .language import Both, choose, lang, t
from .output import note, prepare_streams

if TYPE_CHECKING:
    from collections.abc import Sequence


_LONG = 120  # characters of an argument that a message repeats

# command -> (module, attribute, help); the help stands here so that `--help` loads no command.
COMMANDS: dict[str, tuple[str, str, Both]] = {
    "init": (
        "start",
        "init",
        Both("建立数据库，以及试用县或正式县", "Set up the database with a trial county or a real one"),
    ),
    "demo": (
        "start",
        "demo",
        Both("演示：两个方案的 2019 年全年", "Play a demonstration: the whole year 2019 of both plans"),
    ),
    "inbox": ("inbox", "inbox", Both("列出待您办理的户档", "List the cases that wait for you")),
    "doctor": ("start", "doctor", Both("检查运行环境，说明如何处理", "Check the set-up and say what to mend")),
    "completion": ("start", "completion", Both("打印命令补全脚本", "Print the shell completion script")),
    "case": (
        "case.group",
        "case",
        Both("户档：立户、查看、查询、办理", "Open cases, show them, ask about them, act on them"),
    ),
    "list": ("list", "lists", Both("名单：会议、公示、移交", "Lists of cases: meetings, notices, hand-overs")),
    "policy": (
        "policy.group",
        "policy",
        Both("实施方案：列出、起草、检查、比较", "Policies: list, draft, check, compare"),
    ),
    "report": (
        "report.group",
        "report",
        Both("报表：资金、进度、逾期、对账、疑点", "Reports: budget, progress, overdue, reconciliation, suspicions"),
    ),
    "user": ("user.group", "user", Both("人员和他们的职务", "Persons and the offices that they hold")),
    "unit": ("unit.group", "unit", Both("行政区划单位及其职责", "Units and their duties")),
    "audit": ("audit.group", "audit", Both("日志：查看、核验、导出", "Show the log, verify it, export it")),
    "db": (
        "db.group",
        "db",
        Both("数据库：建立、检查、备份、恢复、换密钥", "Set up, check, back up and restore the database"),
    ),
}


class Lazy(Group):
    """A group whose commands are loaded when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one command."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        found = getattr(import_module(f".{module}", __package__), attribute)
        return found if isinstance(found, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands with their words, without loading any."""
        with formatter.section(t("命令", "Commands")):
            formatter.write_dl([(name, str(words)) for name, (_, _, words) in COMMANDS.items()])


@click.group(
    cls=Lazy,
    context_settings={"help_option_names": ["--help", "-h"], "max_content_width": 100},
    help=Both(
        "危改：办理农村危房改造申请，从申请到归档。\n\n例：weigai inbox",
        "weigai takes applications for rural housing renovation from the application to the archived file."
        "\n\nExample: weigai inbox",
    ),
)
@global_options
@click.version_option(package_name="weigai", message="%(version)s")
def cli() -> None:
    """Hold the groups; the global options are kept for the commands."""


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code; never a traceback for what can be foreseen."""
    prepare_streams()
    ends.listen()
    code = _run(list(sys.argv[1:] if argv is None else argv))
    ends.let_go()
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _close_stdout()
    except OSError as error:
        note(t(f"无法写出结果：{error.strerror}", f"cannot write the output: {error.strerror}"))
        _close_stdout()
        code = code or 6
    sys.exit(code)


def _close_stdout() -> None:
    """Point stdout nowhere, so that the interpreter's own flush at the end does not fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(argv: list[str]) -> int:
    choose(argv)
    try:
        code = cli.main(args=argv, prog_name="weigai", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except (click.Abort, EOFError) as aborted:
        return _aborted(aborted)
    except click.ClickException as error:
        note(_shortened(error.format_message(), argv))
        if isinstance(error, click.UsageError) and error.ctx is not None:
            note(t(f"用法见：{error.ctx.command_path} --help", f"See: {error.ctx.command_path} --help"))
        return 2
    except KeyboardInterrupt:
        return 130
    except ends.Ended as ended:
        note(t("已中断。", "Interrupted."))
        return ended.code
    except BrokenPipeError:
        _close_stdout()
        return 0
    except RecursionError:
        note(t("输入的内容嵌套过深，无法读取。", "the input is nested too deeply to be read."))
        return 3
    except Exception as error:  # noqa: BLE001 - sorted below; what is not ours is raised again
        if (code := ends.code()) is not None:
            note(t("已中断。", "Interrupted."))
            return code
        return _foreseen(error, argv)


def _aborted(error: Exception) -> int:
    """Tell an end at a prompt from an EOFError anywhere else, of which click makes the same."""
    if not isinstance(error.__cause__ or error, EOFError):
        note(t("已中断。", "Interrupted."))
        return 130
    note(
        t(
            "程序内部故障：程序有文件不完整。请重新安装 weigai。",
            "internal fault: a file of the program is incomplete. Install weigai again.",
        )
    )
    return 1


def _shortened(message: str, argv: list[str]) -> str:
    """Return a message in which nothing that was handed in at length is repeated at length."""
    handed = [*argv, *settings.values()]
    parts = {part for word in handed for part in (word, *re.split("[=@]", word)) if len(part) > _LONG}
    for part in sorted(parts, key=len, reverse=True):
        message = message.replace(part, f"{part[:_LONG]}…")
    return message


def _foreseen(error: Exception, argv: list[str]) -> int:
    if (known := of_error(error)) is None:  # a bug
        raise error
    note(_shortened(known.message(lang()), argv))
    return known.exit_code


if __name__ == "__main__":
    main()
