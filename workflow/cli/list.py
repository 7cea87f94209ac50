"""`weigai list`: make and show lists of cases for a meeting, a notice or a hand-over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .. import NotFound
from ..words import label
from .case.unmask import print_words
from .commands import group, option
from .desk import Desk
from .language import Both, lang, t
from .options import ONCE, EntryOptions, FormOptions, with_entry, with_form
from .output import out, out_json, table

if TYPE_CHECKING:
    from .. import Actor, Approvals, Case, CaseList, Taken


@group(
    help=Both(
        "名单：会议、公示、移交的农户名单。\n\n例：weigai list show 150783101201-N-2019-0001",
        "Make and show lists of cases for a meeting, a notice or a hand-over."
        "\n\nExample: weigai list show 150783101201-N-2019-0001",
    )
)
def lists() -> None:
    """Hold the commands on lists."""


def _print(desk: Desk, listed: CaseList) -> None:
    if desk.json:
        out_json(listed.as_json())
        return
    out(f"{listed.id}  {label(listed.kind, lang())}  {listed.on}  {label(listed.state, lang())}")
    for name, mark in listed.marks.items():
        out(f"  {label(name, lang())} {mark.on} {mark.by} ({label(mark.office, lang())})")
    table([t("户档", "case")], [[case] for case in listed.cases])


@lists.command(
    "new",
    help=Both(
        "建立一份名单。"
        "\n\n例：weigai list new notice --unit 150783101201 --case 150783-2019-7K3 --case 150783-2019-9QD",
        "Make a list of cases."
        "\n\nExample: weigai list new notice --unit 150783101201 --case 150783-2019-7K3 --case 150783-2019-9QD",
    ),
)
@click.argument("kind", type=click.Choice(["meeting", "notice", "hand_over"]))
@option("--unit", required=True, metavar="CODE", help=Both("名单属于该单位", "The unit to which the list belongs"))
@option("--case", "cases", multiple=True, metavar="CASE", help=Both("列入该户", "Put this case on the list"))
@option(
    "--state",
    metavar="STATE",
    help=Both("列入本单位处于该环节的全部户档", "Put every case of the unit in this state on the list"),
)
@with_form
@with_entry("on", "for", "reason", "agreed-by", *ONCE)
@click.pass_context
def new(
    ctx: click.Context,
    kind: str,
    unit: str,
    cases: tuple[str, ...],
    state: str | None,
    form: FormOptions,
    entry: EntryOptions,
) -> None:
    """Make a list of cases."""
    desk = Desk(ctx)
    data, attached = form.read(entry), form.attached(dry_run=entry.dry_run)

    def work(approvals: Approvals) -> CaseList:
        offices = approvals.offices.for_lists(unit)
        actor, recorder = desk.acting(approvals, offices, entry.for_, unit.ljust(12, "0"), entry.on)
        named = list(cases)
        if state:
            named += [c.id for c in approvals.list(actor=recorder, states=[state], unit=unit, limit=10000)]
        return approvals.lists.new(
            kind,
            unit=unit,
            cases=named,
            actor=actor,
            recorder=recorder,
            on=entry.on,
            data=data,
            documents=attached,
            request_id=entry.request_id,
        )

    _print(desk, desk.write(work, dry_run=entry.dry_run, action="new_list"))


@lists.command(
    "show",
    help=Both(
        "查看一份名单。\n\n例：weigai list show 150783101201-N-2019-0001",
        "Show a list.\n\nExample: weigai list show 150783101201-N-2019-0001",
    ),
)
@click.argument("list_id", metavar="LIST")
@click.pass_context
def show(ctx: click.Context, list_id: str) -> None:
    """Show a list."""
    desk = Desk(ctx)
    _print(desk, desk.read(lambda approvals: approvals.lists.get(list_id, actor=desk.reader(approvals))))


@lists.command(
    "unmask",
    help=Both(
        "显示名单中未遮盖的文字。须有此权限并说明理由；weigai 把查看记入日志。"
        "\n\n例：weigai list unmask 150783101201-M-2019-0001 --reason 核对会议记录",
        "Show the text of a list without a mask. You need the right and a reason; weigai records that you looked."
        "\n\nExample: weigai list unmask 150783101201-M-2019-0001 --reason 'the minutes are asked for'",
    ),
)
@click.argument("list_id", metavar="LIST")
@with_entry("reason", *ONCE)
@click.pass_context
def unmask(ctx: click.Context, list_id: str, entry: EntryOptions) -> None:
    """Show a list's words, once the event that says so is committed."""
    desk = Desk(ctx)

    def work(approvals: Approvals) -> CaseList:
        first = _first(approvals, list_id, desk.reader(approvals))
        actor, _ = desk.acting(approvals, approvals.offices.to_unmask(first), None, first.unit)
        return approvals.lists.unmask(list_id, actor=actor, reason=entry.reason or "", request_id=entry.request_id)

    data = desk.write(work, dry_run=entry.dry_run, action="unmask").data
    print_words(desk, list_id, data, dry_run=entry.dry_run)


def _first(approvals: Approvals, list_id: str, reader: Actor) -> Case:
    """Return the first of a list's cases that the reader has."""
    cases = approvals.lists.get(list_id, actor=reader).cases
    if not cases:
        raise NotFound(list_id)
    return approvals.find(cases[0], actor=reader)


def _mark(ctx: click.Context, list_id: str, verb: str, entry: EntryOptions) -> None:
    desk = Desk(ctx)

    def work(approvals: Approvals) -> CaseList:
        unit = approvals.lists.get(list_id, actor=desk.reader(approvals)).unit
        offices = approvals.offices.for_lists(unit)
        actor, recorder = desk.acting(approvals, offices, entry.for_, unit.ljust(12, "0"), entry.on)
        mark = approvals.lists.send if verb == "send" else approvals.lists.receive
        return mark(list_id, actor=actor, recorder=recorder, on=entry.on, request_id=entry.request_id)

    _print(desk, desk.write(work, dry_run=entry.dry_run, action=f"{verb}_list"))


@lists.command(
    "send",
    help=Both(
        "登记名单已移交下一级或下一单位。\n\n例：weigai list send 150783101201-L-2019-0001",
        "Record that you sent a list to the next office.\n\nExample: weigai list send 150783101201-L-2019-0001",
    ),
)
@click.argument("list_id", metavar="LIST")
@with_entry("on", "for", *ONCE)
@click.pass_context
def send(ctx: click.Context, list_id: str, entry: EntryOptions) -> None:
    """Send a list to the next level."""
    _mark(ctx, list_id, "send", entry)


@lists.command(
    "receive",
    help=Both(
        "登记名单已接收。\n\n例：weigai list receive 150783101201-L-2019-0001",
        "Record that you received a list.\n\nExample: weigai list receive 150783101201-L-2019-0001",
    ),
)
@click.argument("list_id", metavar="LIST")
@with_entry("on", "for", *ONCE)
@click.pass_context
def receive(ctx: click.Context, list_id: str, entry: EntryOptions) -> None:
    """Receive a list."""
    _mark(ctx, list_id, "receive", entry)


def advance_list(desk: Desk, list_id: str, action: str, form: FormOptions, entry: EntryOptions) -> int:
    """Take an action for every case of a list and print a result for each; exit 3 when any was refused."""
    if entry.expect_version is not None:
        raise click.UsageError(
            t(
                "--expect-version 只能用于一户；用于名单时请去掉它。",
                "--expect-version works for one case only; leave it out for a list.",
            )
        )
    data, attached = form.read(entry), form.attached(dry_run=entry.dry_run)

    def work(approvals: Approvals) -> tuple[Taken, ...]:
        first = _first(approvals, list_id, desk.reader(approvals))
        offices = approvals.offices.for_act(first, action)
        actor, recorder = desk.acting(approvals, offices, entry.for_, first.unit, entry.on)
        return approvals.lists.advance(
            list_id,
            action,
            actor=actor,
            recorder=recorder,
            on=entry.on,
            data=data,
            documents=attached,
            request_id=entry.request_id,
        )

    taken = desk.write(work, dry_run=entry.dry_run, action=action)
    if not entry.dry_run:
        desk.refused([(one.case_id, one.error) for one in taken if one.error is not None], action)
    _print_taken(desk, action, taken)
    return 0 if all(one.error is None for one in taken) else 3


def _print_taken(desk: Desk, action: str, taken: tuple[Taken, ...]) -> None:
    if desk.json:
        out_json([_taken_json(action, one) for one in taken])
        return
    rows = [[one.case_id, _sign(one), _why_not(one)] for one in taken]
    table([t("户档", "case"), t("结果", "done"), t("原因", "why not")], rows)


def _sign(one: Taken) -> str:
    return "✗" if one.done is None else "…" if one.done.pending else "✓"


def _why_not(one: Taken) -> str:
    if one.error:
        return one.error.message(lang())
    pending = one.done and one.done.pending
    return t(f"待复核：{pending}", f"waits for a second person: {pending}") if pending else ""


def _taken_json(action: str, one: Taken) -> dict[str, object]:
    if one.done and one.done.pending:
        waits = {"pending": one.done.pending, "for": list(one.done.waits_for)}
        return {"case": one.case_id, "action": action, "done": False, **waits, "findings": []}
    if one.done:
        return {
            "case": one.case_id,
            "action": action,
            "done": True,
            "version": one.done.event.seq,
            "to": one.done.event.to_state,
            "findings": [],
        }
    findings = [f.as_json(lang()) for f in getattr(one.error, "findings", ())]
    message = one.error.message(lang()) if one.error else ""
    return {"case": one.case_id, "action": action, "done": False, "error": message, "findings": findings}
