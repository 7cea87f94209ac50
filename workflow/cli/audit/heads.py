"""`weigai audit head`, `export` and `verifier`: make what an auditor keeps and verifies outside the database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .... import workflow
from .. import settings
from ..commands import command, option
from ..desk import Desk
from ..language import Both, t
from ..output import note, out, out_json, out_line
from ..trial_mark import mark, title

if TYPE_CHECKING:
    from ... import Approvals


@command(
    "head",
    help=Both(
        "生成并打印各县的链头。链头是该县到此刻为止全部日志的散列：请抄在纸上或存于库外，以后凭它核验。"
        "\n\n例：weigai audit head --to 150783.heads",
        "Make and print the head of each county. A head is one hash over all events of the county so far. Keep it "
        "outside the database: later you verify the record with it."
        "\n\nExample: weigai audit head --to 150783.heads",
    ),
)
@option("--county", metavar="CODE", help=Both("只生成一个县的链头", "Make the head of this county only"))
@option(
    "--to",
    metavar="FILE",
    help=Both(
        "把链头追加到该文件，每行一个；设有 WEIGAI_WITNESS 的，也追加到其所指文件",
        "Append the heads to this file, one a line; the command also appends them to the file of WEIGAI_WITNESS",
    ),
)
@option(
    "--new",
    is_flag=True,
    help=Both(
        "文件首次使用：把此前生成的链头也写入",
        "You use the file for the first time: the command also writes the heads made before",
    ),
)
@option(
    "--short",
    is_flag=True,
    help=Both("只打印便于抄在纸上的短式", "Print only the short form, which you can copy on paper"),
)
@click.pass_context
def head(ctx: click.Context, county: str | None, to: str | None, new: bool, short: bool) -> None:
    """Make, print and keep the heads."""
    desk = Desk(ctx)
    files = list(dict.fromkeys(path for path in (Path(to) if to else None, settings.witness()) if path is not None))

    def work(approvals: Approvals) -> tuple[Any, str, list[tuple[workflow.Witness, list[Any]]]]:
        evidence, actor = approvals.evidence, desk.reader(approvals)
        kept = [(witness, witness.newest()) for witness in map(workflow.Witness, files)]
        for witness, held in kept:
            before = {code: last.no - 1 for code, last in held.items()}
            witness.refuse_older(one for one in evidence.heads(actor=actor, after=before) if one.head.county in held)
            if not new:
                witness.refuse_missing(evidence.last_heads(actor=actor))
            witness.refuse_other()
        made = evidence.head(actor=actor, county=county)
        todo = [
            (witness, list(evidence.heads(actor=actor, after={code: last.no for code, last in held.items()})))
            for witness, held in kept
        ]
        return made, evidence.database_root([one.head for one in made]), todo

    made, root, todo = desk.write(work)
    for witness, more in todo:
        count = witness.append(more)
        note(t(f"{witness.path}：新增 {count} 个链头。", f"{witness.path}: {count} heads were added."))
    _print(desk, made, root, short)


def _print(desk: Desk, made: Any, root: str, short: bool) -> None:
    if desk.json:
        out_json({"heads": [{**one.as_json(), "trial": one.trial} for one in made], "database": root})
        return
    for one in made:
        out_line(one.head.short + mark(trial=one.trial))
        if not short:
            out(f"    {one.head.alg}:{one.head.root}")
            out(
                t(
                    f"    到此共 {one.head.events} 条日志；上一链头以来 {one.head.leaves} 个流有变动。",
                    f"    {one.head.events} events up to here; {one.head.leaves} streams changed since the head before.",
                )
            )
    if not short and len(made) > 1:
        out(t(f"全库：{root}", f"database: {root}"))
    if not made:
        out(t("还没有日志。", "There are no events yet."))


def print_last_heads(desk: Desk) -> None:
    """Print the last head of the reader's counties, as the last line of what people print or file."""
    for last in desk.read(lambda a: a.evidence.last_heads(actor=desk.reader(a))):
        told = t(f"链头 {last.short}（{last.events} 条日志）", f"head {last.short} ({last.events} events)")
        out_line(told + mark(trial=desk.trial))


@command(
    "export",
    help=Both(
        "导出全部日志和链头，供审计人员在别处核验。文件不含个人信息。\n\n例：weigai audit export 150783.jsonl",
        "Export every event and head. An auditor verifies the file elsewhere; it contains no personal value."
        "\n\nExample: weigai audit export 150783.jsonl",
    ),
)
@click.argument("file", metavar="FILE")
@option("--county", metavar="CODE", help=Both("只导出一个县", "Export this county only"))
@click.pass_context
def export(ctx: click.Context, file: str, county: str | None) -> None:
    """Write the export to a new file that only its owner may read."""
    desk, path = Desk(ctx), Path(file)

    def work(approvals: Approvals) -> int:
        return workflow.write_export(path, approvals.evidence.export(actor=desk.reader(approvals), county=county))

    count = desk.read(work, snapshot=True)
    if desk.json:
        out_json({"file": str(path), "lines": count, "trial": desk.trial})
    else:
        title(desk)
        out(
            t(
                f"{path}：已写入 {count} 行。打印核验程序：weigai audit verifier > verify.py",
                f"{path}: {count} lines were written. To print the program that verifies it: weigai audit verifier > "
                "verify.py",
            )
        )


@command(
    "verifier",
    help=Both(
        "打印独立的核验程序：一个文件，只需 Python 3.8 以上。\n\n例：weigai audit verifier > verify.py",
        "Print the independent verifier: one file that needs only Python 3.8 or later."
        "\n\nExample: weigai audit verifier > verify.py",
    ),
)
def verifier() -> None:
    """Print the second verifier's source."""
    out(workflow.Evidence.verifier().rstrip("\n"))
