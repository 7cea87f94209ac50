"""`weigai audit`: the log, and the verification of the whole record."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .desk import Desk
from .say import out, out_json, t

if TYPE_CHECKING:
    from ...db.audit import Verified
    from .. import Approvals


@click.group(
    help=t("日志与核验。\n\n例：weigai audit verify", "The log and its verification.\n\nExample: weigai audit verify")
)
def audit() -> None:
    """Hold the commands on the record."""


@audit.command(
    "log",
    help=t(
        "最近的日志。\n\n例：weigai audit log --limit 20", "The latest events.\n\nExample: weigai audit log --limit 20"
    ),
)
@click.option("--limit", type=click.IntRange(1, 100000), default=50, show_default=True, help=t("最多条数", "At most"))
@click.option(
    "--stream",
    metavar="STREAM",
    help=t("只看一个流，例：case/150783-2019-7K3F9QD", "One stream, e.g. case/150783-2019-7K3F9QD"),
)
@click.pass_context
def log(ctx: click.Context, limit: int, stream: str | None) -> None:
    """Print the latest events."""
    desk = Desk(ctx)
    events = desk.read(lambda a: a.records.log(actor=desk.reader(a), limit=limit, stream=stream))
    from .view import event_json, print_events

    if desk.json:
        out_json([{"stream": e.stream, **event_json(e)} for e in events])
    else:
        print_events(events, streams=True)


@audit.command(
    "verify",
    help=t(
        "核验全部日志、户档与文件。\n\n例：weigai audit verify",
        "Verify every event, case and file.\n\nExample: weigai audit verify",
    ),
)
@click.option("--case", "case_id", metavar="CASE", help=t("只核验一户", "One case only"))
@click.pass_context
def verify(ctx: click.Context, case_id: str | None) -> int:
    """Verify the record; exit 7 when something does not verify."""
    desk = Desk(ctx)

    def work(approvals: Approvals) -> Verified:
        actor = desk.reader(approvals)
        one = case_id and approvals.find(case_id, actor=actor).id
        return approvals.records.verify(case_id=one, actor=actor)

    found = desk.read(work, tested=False)  # what is missing of the wall is among the problems
    if desk.json:
        problems = [{"stream": p.stream, "seq": p.seq, "problem": p.what} for p in found.problems]
        out_json({"events": found.events, "streams": found.streams, "ok": not problems, "problems": problems})
    else:
        for problem in found.problems:
            out(f"✗ {problem.stream} #{problem.seq}: {problem.what}")
        verdict = (
            t("一致", "all verify")
            if not found.problems
            else t(f"{len(found.problems)} 处不符", f"{len(found.problems)} do not verify")
        )
        out(
            t(
                f"{found.streams} 个流、{found.events} 条日志：{verdict}。",
                f"{found.streams} streams, {found.events} events: {verdict}.",
            )
        )
    return 7 if found.problems else 0
