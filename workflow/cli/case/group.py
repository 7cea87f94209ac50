"""`weigai case`: open a household's case, look at it, ask, and move it on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ..commands import group, option
from ..desk import Desk
from ..inputs import read_data, read_json, read_papers
from ..language import Both, lang, t
from ..options import EVERY, ONCE, Entry, Form, with_entry, with_form
from ..output import note, out, out_json
from .move_policy import move_policy
from .privacy import erase, search, unmask
from .show import check, checked, explain, history, list_, print_check, schema, show, who

if TYPE_CHECKING:
    from ... import Approvals, Case, Decision, Done, GuardsNotMet


@group(
    help=Both(
        "户档：立户、查看、询问、办理。\n\n例：weigai case list",
        "Cases: open, look, ask, move on.\n\nExample: weigai case list",
    )
)
def case() -> None:
    """Hold the commands on cases."""


for _command in (list_, show, history, explain, check, schema, move_policy, search, unmask, erase):
    case.add_command(_command)


def act(
    desk: Desk, case_id: str, action: str, data: dict[str, Any], papers: tuple[str, ...], entry: Entry, *, moves: bool
) -> int:
    """Take an action or record a fact, and print what came of it."""
    from ... import CaseMovedOn, GuardsNotMet

    if entry.dry_run:
        found, decision = checked(desk, case_id, action, data, papers, entry, moves=moves)
        if entry.expect_version not in (None, found.version):
            raise CaseMovedOn(found.id, found.version)
        return print_check(desk, found, decision)
    attached = read_papers(papers, dry_run=False)

    def work(approvals: Approvals) -> Done:
        found, actor, recorder = who(desk, approvals, case_id, action, entry)
        return approvals.take(
            found.id,
            action,
            actor=actor,
            recorder=recorder,
            on=entry.on,
            data=data,
            documents=attached,
            expect_version=entry.expect_version,
            request_id=entry.request_id,
            moves=moves,
        )

    try:
        done = desk.write(work, action=action)
    except GuardsNotMet as error:
        return _refused(desk, case_id, action, error)
    _print_done(desk, done)
    return 0


def _refused(desk: Desk, case_id: str, action: str, error: GuardsNotMet) -> int:
    def work(approvals: Approvals) -> tuple[Case, Decision]:
        found = approvals.find(case_id, actor=desk.reader(approvals))
        return found, approvals.offices.refused(found, action, error)

    return print_check(desk, *desk.read(work))


def _print_done(desk: Desk, done: Done) -> None:
    event = done.event
    if desk.json:
        out_json(
            {
                "case": done.case.id,
                "action": event.action,
                "from": event.from_state,
                "to": event.to_state,
                "version": event.seq,
                "event": event.hash,
                "request_id": event.request_id,
                "warnings": [f.as_json(lang()) for f in done.decision.warnings],
            }
        )
        return
    from ...words import label

    arrow = (
        f"{label(event.from_state, lang())} → {label(event.to_state, lang())}"
        if event.to_state
        else t("已登记", "recorded")
    )
    out(f"✓ {done.case.id}  {label(event.action, lang())}：{arrow}  (v{event.seq})")
    opens = done.case.record.get("opens_on")
    if opens and event.to_state:
        out(t(f"  下一步自 {opens} 起可办。", f"  The next step opens on {opens}."))
    for finding in done.decision.warnings:
        note(t("  注意 ", "  note ") + f"[{finding.rule or finding.guard}] {finding.reason(lang())}")
    note(t(f"  请求号 {event.request_id}", f"  request id {event.request_id}"))


@case.command(
    "open",
    help=Both(
        "为农户立户。\n\n例：weigai case open --policy zhalantun-2019-a --unit 150783101201 --household 户.json",
        "Open a household's case.\n\nExample: weigai case open --policy zhalantun-2019-a --unit 150783101201 "
        "--household household.json",
    ),
)
@option("--policy", required=True, metavar="POLICY", help=Both("方案编号或文件", "Policy id or file"))
@option("--unit", required=True, metavar="CODE", help=Both("12 位村代码", "12-digit village code"))
@option(
    "--household",
    required=True,
    metavar="FILE",
    help=Both("农户文件（JSON，- 为标准输入）", "Household file (JSON, - for stdin)"),
)
@option("--document", "papers", multiple=True, metavar="KIND=PATH", help=Both("附件", "A paper to attach"))
@option("--intake", metavar="INTAKE", help=Both("其他受理方式，如 disaster", "Another way in, e.g. disaster"))
@option("--agreed-by", metavar="PERSON", help=Both("共同受理的另一人", "Who of another office joins in"))
@option("--follows", metavar="CASE", help=Both("接续的已结束户档", "An ended case that this one goes on from"))
@with_entry("on", "for", "reason", *ONCE)
@click.pass_context
def open_(
    ctx: click.Context,
    policy: str,
    unit: str,
    household: str,
    papers: tuple[str, ...],
    intake: str | None,
    follows: str | None,
    entry: Entry,
) -> None:
    """Open a case."""
    desk = Desk(ctx)
    data = read_json(household)
    if entry.reason is not None and isinstance(data, dict):
        data = {**data, "note": entry.reason}
    attached = read_papers(papers, dry_run=entry.dry_run)

    def work(approvals: Approvals) -> Case:
        offices = approvals.offices.to_open(policy, intake=intake)
        actor, recorder = desk.acting(approvals, offices, entry.for_, unit, entry.on)
        ended = approvals.find(follows, actor=desk.reader(approvals)).id if follows else None
        return approvals.open_case(
            policy=policy,
            unit=unit,
            household=data,
            actor=actor,
            recorder=recorder,
            on=entry.on,
            documents=attached,
            request_id=entry.request_id,
            intake=intake,
            agreed_by=entry.agreed_by,
            follows=ended,
        )

    made = desk.write(work, dry_run=entry.dry_run, action="open_case")
    if desk.json:
        out_json(
            {
                "case": made.id,
                "state": made.state,
                "version": made.version,
                "policy": made.policy_id,
                "policy_hash": made.policy_hash,
                "request_id": entry.request_id,
                "dry_run": entry.dry_run,
            }
        )
    else:
        from ...words import label

        out(
            t(
                f"{'（未写入）' if entry.dry_run else '已立户'} {made.id}：{label(made.state, lang())}",
                f"{'(not written)' if entry.dry_run else 'opened'} {made.id}: {label(made.state, lang())}",
            )
        )


@case.command(
    "advance",
    help=Both(
        "办理一个动作。\n\n例：weigai case advance 150783-2019-7K3 post_village_notice --set places=village_board,main_street --document village_notice_photo=照片.jpg",
        "Take an action.\n\nExample: weigai case advance 150783-2019-7K3 post_village_notice --set places=village_board,main_street --document village_notice_photo=photo.jpg",
    ),
)
@click.argument("words", nargs=-1, required=True, metavar="[CASE] ACTION")
@option(
    "--list",
    "list_id",
    metavar="LIST",
    help=Both("对整份名单办理（逐户给结果）", "For every case of a list, a result for each"),
)
@with_form
@with_entry(*EVERY)
@click.pass_context
def advance(ctx: click.Context, words: tuple[str, ...], list_id: str | None, form: Form, entry: Entry) -> int:
    """Take an action on a case, or on every case of a list."""
    if len(words) != (2 if list_id is None else 1):
        raise click.UsageError(t("应为：户档 动作，或 --list 名单 动作。", "Give CASE ACTION, or --list LIST ACTION."))
    desk = Desk(ctx)
    if list_id is not None:
        from ..list import advance_list

        return advance_list(desk, list_id, words[0], form, entry)
    return act(desk, words[0], words[1], form.read(entry), form.papers, entry, moves=True)


@case.command(
    "record",
    help=Both(
        "登记一项事实，不改变环节。\n\n例：weigai case record 150783-2019-7K3 record_demolition --on 2019-03-02",
        "Record a fact; the case does not move.\n\nExample: weigai case record 150783-2019-7K3 record_demolition --on 2019-03-02",
    ),
)
@click.argument("case_id", metavar="CASE")
@click.argument("fact")
@with_form
@with_entry(*EVERY)
@click.pass_context
def record(ctx: click.Context, case_id: str, fact: str, form: Form, entry: Entry) -> int:
    """Record a fact on a case."""
    return act(Desk(ctx), case_id, fact, form.read(entry), form.papers, entry, moves=False)


@case.command(
    "attach",
    help=Both(
        "附材料。\n\n例：weigai case attach 150783-2019-7K3 --document after_photo=照片.jpg",
        "Put papers on the file.\n\nExample: weigai case attach 150783-2019-7K3 --document after_photo=photo.jpg",
    ),
)
@click.argument("case_id", metavar="CASE")
@option("--document", "papers", multiple=True, required=True, metavar="KIND=PATH", help=Both("附件", "A paper"))
@with_entry(*EVERY)
@click.pass_context
def attach(ctx: click.Context, case_id: str, papers: tuple[str, ...], entry: Entry) -> int:
    """Attach papers to a case."""
    return act(Desk(ctx), case_id, "attach", Form().read(entry), papers, entry, moves=False)


@case.command(
    "correct",
    help=Both(
        "更正已登记的内容：受影响的规则全部重新核对。\n\n例：weigai case correct 150783-2019-7K3 --set household.dwellings=1 --cause error --agreed-by p-0002 --reason 录入有误",
        "Put recorded values right; every rule that used them is checked again.\n\nExample: weigai case correct 150783-2019-7K3 --set household.dwellings=1 --cause error --agreed-by p-0002 --reason mistyped",
    ),
)
@click.argument("case_id", metavar="CASE")
@option(
    "--cause",
    required=True,
    type=click.Choice(["error", "death", "head_changed", "members_changed", "class_changed", "other"]),
    help=Both("更正原因", "Why it is corrected"),
)
@with_form
@with_entry(*EVERY)
@click.pass_context
def correct(ctx: click.Context, case_id: str, cause: str, form: Form, entry: Entry) -> int:
    """Correct recorded values."""
    correction = read_data(form.data, form.sets)
    data = {"correction": correction, "cause": cause, "agreed_by": entry.agreed_by, "reason": entry.reason}
    given = {name: value for name, value in data.items() if value is not None}
    return act(Desk(ctx), case_id, "correct", given, form.papers, entry, moves=False)
