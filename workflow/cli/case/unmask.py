"""`weigai case unmask`: show a household's personal values without a mask."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ... import InputRefused
from ...words import label
from ..commands import command, option
from ..desk import Desk
from ..language import Both, lang, t
from ..options import ONCE, Entry, with_entry
from ..output import out, out_json, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ... import Approvals, Event


@command(
    "unmask",
    help=Both(
        "显示一户未遮盖的个人信息。须有此权限并说明理由；weigai 把查看记入日志。"
        "\n\n例：weigai case unmask 150783-2019-7K3 --reason 核对银行卡号",
        "Show the personal values of a household without a mask. You need the right and a reason; weigai records that "
        "you looked."
        "\n\nExample: weigai case unmask 150783-2019-7K3 --reason 'the bank asks for the card'",
    ),
)
@click.argument("case_id", metavar="CASE")
@option(
    "--papers", metavar="DIR", help=Both("并把材料原件写入该文件夹", "Also write the original papers into this folder")
)
@with_entry("reason", *ONCE)
@click.pass_context
def unmask(ctx: click.Context, case_id: str, papers: str | None, entry: Entry) -> None:
    """Show personal values, once the event that says so is committed."""
    desk, reason = Desk(ctx), entry.reason or ""

    def work(approvals: Approvals) -> tuple[Any, Any, dict[str, bytes]]:
        found = approvals.find(case_id, actor=desk.reader(approvals))
        desk.about = found.id
        actor, _ = desk.acting(approvals, approvals.offices.to_unmask(found), None, found.unit)
        names = _names(approvals.history(found.id, actor=actor)) if papers and not entry.dry_run else {}
        _refuse_there(Path(str(papers)), names)
        shown = approvals.unmask(found.id, actor=actor, reason=reason, request_id=entry.request_id)
        files = {
            name: approvals.paper(found.id, seq, no, actor=actor, reason=reason, request_id=shown.event.request_id)
            for name, (seq, no) in names.items()
        }
        return found, shown, files

    found, shown, files = desk.write(work, dry_run=entry.dry_run, action="unmask")
    if entry.dry_run:
        could_be_shown(desk, found.id)
        return
    for name, content in files.items():
        _keep(Path(str(papers)), name, content)
    _print(desk, found.id, shown, list(files))


def could_be_shown(desk: Desk, what: str) -> None:
    """Answer a dry run."""
    if desk.json:
        out_json({"id": what, "dry_run": True})
    else:
        out(t("您可以查看（本次没有记录，也没有显示）。", "You could see it (nothing was recorded, nothing is shown)."))


def print_words(desk: Desk, what: str, data: Mapping[str, Any], *, dry_run: bool) -> None:
    """Print what a list or a record says, in the clear."""
    if dry_run:
        could_be_shown(desk, what)
    elif desk.json:
        out_json({"id": what, "data": data, "request_id": desk.request})
    else:
        table([t("项目", "item"), t("内容", "value")], [[name, value] for name, value in _flat(dict(data))])


def _names(history: Sequence[Event]) -> dict[str, tuple[int, int]]:
    """Return under which name each paper is written, with the numbers of its event and its own."""
    return {
        f"{event.seq:03d}-{no}-{paper['kind']}{_ending(paper['media_type'])}": (event.seq, no)
        for event in history
        for no, paper in enumerate(event.documents, 1)
    }


def _refuse_there(folder: Path, names: Iterable[str]) -> None:
    """Refuse before anything is recorded, where a paper would be written over a file that is there."""
    for path in (folder / name for name in names):
        if path.exists():
            raise InputRefused(
                f"{path} 已存在，不会覆盖；请另选文件夹。",
                f"{path} exists already and is not overwritten; choose another folder.",
            )


def _ending(media_type: str) -> str:
    import mimetypes

    return mimetypes.guess_extension(media_type) or ""


def _keep(folder: Path, name: str, content: bytes) -> None:
    """Write a paper for its reader only; a file that is there is not overwritten."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        handle = os.open(folder / name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        raise InputRefused(
            f"{folder / name} 已存在，不会覆盖；请另选文件夹。",
            f"{folder / name} exists already and is not overwritten; choose another folder.",
        ) from None
    with os.fdopen(handle, "wb") as file:
        file.write(content)


def _print(desk: Desk, case_id: str, shown: Any, files: list[str]) -> None:
    values = [
        {"seq": seq, "field": field, "value": value}
        for (seq, field), value in sorted(shown.values.items())
        if not field.startswith("household")
    ]
    if desk.json:
        out_json(
            {
                "case": case_id,
                "household": shown.household,
                "values": values,
                "papers": files,
                "event": shown.event.hash,
                "request_id": shown.event.request_id,
            }
        )
        return
    rows = [[name, value] for name, value in _flat(shown.household)]
    rows += [[f"#{v['seq']} {v['field'].rsplit('/', 1)[-1]}", v["value"]] for v in values]
    table([t("项目", "item"), t("内容", "value")], rows)
    for name in files:
        out(name)


def _flat(value: Any, path: str = "") -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [pair for key, item in value.items() for pair in _flat(item, f"{path}.{key}" if path else key)]
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return [pair for number, item in enumerate(value) for pair in _flat(item, f"{path}.{number}")]
    return [(path, ", ".join(label(str(item), lang()) for item in value) if isinstance(value, list) else value)]
