"""The commands of `weigai case` on personal values: seen in the clear, found by number, erased."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ... import GuardsNotMet, InputRefused
from ...words import label
from ..commands import command, option
from ..desk import Desk
from ..inputs import read_line
from ..language import Both, lang, t
from ..options import EVERY, ONCE, Entry, with_entry
from ..output import note, out, out_json, table, told_lost

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ... import Approvals, Event


@command(
    "unmask",
    help=Both(
        "查看一户的个人信息（须有权并说明理由，记入日志）。\n\n例：weigai case unmask 150783-2019-7K3 --reason 核对银行卡号",
        "See a household's personal values: it takes a right and a reason, and is recorded.\n\nExample: weigai case unmask 150783-2019-7K3 --reason 'the bank asks for the card'",
    ),
)
@click.argument("case_id", metavar="CASE")
@option(
    "--papers", metavar="DIR", help=Both("并把材料原件写入该目录", "Write the papers' own bytes into this folder too")
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
        out(t("可以查看（未记录，未显示）。", "It could be shown (nothing is recorded, nothing shown)."))


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
            raise InputRefused(f"{path} 已存在。", f"{path} exists already.")


def _ending(media_type: str) -> str:
    import mimetypes

    return mimetypes.guess_extension(media_type) or ""


def _keep(folder: Path, name: str, content: bytes) -> None:
    """Write a paper for its reader only; a file that is there is not overwritten."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        handle = os.open(folder / name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        raise InputRefused(f"{folder / name} 已存在。", f"{folder / name} exists already.") from None
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


@command(
    "search",
    help=Both(
        "按身份证号、姓名、电话或卡号查找户档；内容从提示或标准输入读入。\n\n例：weigai case search --by id_number < 号码.txt",
        "Find cases by identity number, name, telephone or card, which is asked for or read from standard input.\n\nExample: weigai case search --by id_number < number.txt",
    ),
)
@option(
    "--by",
    type=click.Choice(["id_number", "name", "phone", "card"]),
    default="id_number",
    show_default=True,
    help=Both("按什么查找", "What is looked for"),
)
@click.pass_context
def search(ctx: click.Context, by: str) -> None:
    """Find cases by a number or name."""
    desk = Desk(ctx)
    if not (value := read_line("查找", "Look for")):
        raise InputRefused("没有给出要查找的内容。", "nothing was given to look for.")
    found = desk.read(lambda approvals: approvals.search(by, value[:200], actor=desk.reader(approvals)))
    if desk.json:
        out_json(
            [
                {"case": c.id, "state": c.state, "policy": c.policy_id, "unit": c.unit, "key_lost": c.key_lost}
                for c in found
            ]
        )
        return
    head = [t("户档", "case"), t("环节", "state"), t("方案", "policy"), t("村", "village")]
    table(head, [[c.id, label(c.state, lang()), c.policy_id, c.unit] for c in found])
    told_lost(case.id for case in found if case.key_lost)


@command(
    "erase",
    help=Both(
        "删除一户（或一人）的个人信息：销毁密钥，日志仍可核验。须已办结、保存期满、两人同意。"
        "\n\n例：weigai case erase 150783-2019-7K3 --agreed-by p-0009 --reason 保存期满",
        "Erase a household's personal values, or one person's: the keys are destroyed, the log still verifies. The case has "
        "ended, its file was kept long enough, and two persons agree."
        "\n\nExample: weigai case erase 150783-2019-7K3 --agreed-by p-0009 --reason 'kept long enough'",
    ),
)
@click.argument("case_id", metavar="CASE")
@option(
    "--person",
    default="all",
    show_default=True,
    metavar="WHO",
    help=Both("head、member-0 …，或 all（全户及材料）", "head, member-0 ..., or all with the papers"),
)
@with_entry(*EVERY)
@click.pass_context
def erase(ctx: click.Context, case_id: str, person: str, entry: Entry) -> int:
    """Erase personal values; files that no row names any more are dropped behind the commit."""
    desk = Desk(ctx)

    def work(approvals: Approvals) -> Any:
        found = approvals.find(case_id, actor=desk.reader(approvals))
        desk.about = found.id
        offices = approvals.offices.to_erase(found)
        actor, recorder = desk.acting(approvals, offices, entry.for_, found.unit, entry.on)
        return approvals.erase(
            found.id,
            actor=actor,
            recorder=recorder,
            reason=entry.reason or "",
            agreed_by=entry.agreed_by,
            person=person,
            on=entry.on,
            expect_version=entry.expect_version,
            request_id=entry.request_id,
        )

    try:
        done = desk.write(work, dry_run=entry.dry_run)
    except GuardsNotMet as refused:
        return _refused(desk, case_id, refused)
    if not entry.dry_run and not _forgotten(desk, done):
        note(
            t(
                "数据已删除；文件或日志中的残留将在以后清除（weigai doctor --sweep；有何阻碍见 weigai doctor）。",
                "It is erased; what is left in files or in the log is cleared later (weigai doctor --sweep; weigai doctor says "
                "what holds it back).",
            )
        )
    if desk.json:
        out_json(
            {
                "case": done.case.id,
                "person": person,
                "version": done.case.version,
                "event": done.event.hash,
                "request_id": done.event.request_id,
                "files": len(done.files),
                "dry_run": entry.dry_run,
            }
        )
    else:
        out(
            t(
                f"{'（未写入）' if entry.dry_run else '已删除'} {done.case.id}：{person}",
                f"{'(not written)' if entry.dry_run else 'erased'} {done.case.id}: {person}",
            )
        )
    return 0


def _forgotten(desk: Desk, done: Any) -> bool:
    """Take away what an erasure that is committed leaves behind; False where that has to be done later."""
    from ... import StoreError

    try:
        return desk.forget(done)
    except StoreError:
        return False


def _refused(desk: Desk, case_id: str, refused: GuardsNotMet) -> int:
    from ... import Decision
    from .show import print_check

    found = desk.read(lambda approvals: approvals.find(case_id, actor=desk.reader(approvals)))
    return print_check(desk, found, Decision(refused.action, None, False, refused.findings))
