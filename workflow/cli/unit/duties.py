"""`weigai unit record` and `weigai unit records`: record and list the duties that units have done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ...words import label
from ..case.unmask import print_words
from ..commands import command, option
from ..desk import Desk
from ..language import Both, lang, t
from ..options import ONCE, Entry, Form, with_entry, with_form
from ..output import out, out_json, table_of, told_lost

if TYPE_CHECKING:
    from ... import Approvals


@command(
    "record",
    help=Both(
        "登记一个单位已履行的职责：报送进度、通报、排查、计划、自查、村庄规划。"
        "\n\n例：weigai unit record 150783101 submit_progress --on 2019-04-30 --document progress_report=进度.pdf",
        "Record that a unit did one of its duties: progress, circulation, survey, plans, self-check."
        "\n\nExample: weigai unit record 150783101 submit_progress --on 2019-04-30 --document "
        "progress_report=progress.pdf",
    ),
)
@click.argument("unit")
@click.argument("action")
@option(
    "--policy",
    metavar="POLICY",
    help=Both("按哪个方案，默认本县全部方案", "Under which policy; default every policy of the county"),
)
@option(
    "--period",
    metavar="DATE",
    help=Both("属于哪一期（应报日），默认其后最近一期", "The due date for which it counts; default the next one"),
)
@with_form
@with_entry("on", "for", "reason", "agreed-by", *ONCE)
@click.pass_context
def record(
    ctx: click.Context, unit: str, action: str, policy: str | None, period: str | None, form: Form, entry: Entry
) -> None:
    """Record a duty of a unit as done."""
    desk = Desk(ctx)
    data, attached = form.read(entry), form.attached(dry_run=entry.dry_run)

    def work(approvals: Approvals) -> Any:
        owed = approvals.units.duties(unit, policy=policy)
        offices = tuple(dict.fromkeys(office for duty in owed if duty["action"] == action for office in duty["who"]))
        actor, recorder = desk.acting(approvals, offices, entry.for_, unit, entry.on)
        return approvals.units.record(
            unit,
            action,
            policy=policy,
            actor=actor,
            recorder=recorder,
            on=entry.on,
            data=data,
            documents=attached,
            request_id=entry.request_id,
            period=period,
        )

    done = desk.write(work, dry_run=entry.dry_run, action=action)
    if desk.json:
        out_json(done)
        return
    out(f"{done['unit']}  {label(done['action'], lang())}  {done['period']}  {done['on']}")
    out(t(f"请求号 {done['request_id']}", f"request id {done['request_id']}"))


@command(
    "records",
    help=Both(
        "列出各单位已履行的职责。\n\n例：weigai unit records --unit 150783101",
        "List the duties that units have done.\n\nExample: weigai unit records --unit 150783101",
    ),
)
@option("--unit", metavar="CODE", help=Both("只列该单位的", "This unit only"))
@option("--action", metavar="ACTION", help=Both("只列该项职责", "This duty only"))
@click.pass_context
def records(ctx: click.Context, unit: str | None, action: str | None) -> None:
    """List the records of units."""
    desk = Desk(ctx)
    found = desk.read(lambda a: a.units.records(actor=desk.reader(a), unit=unit, action=action))
    if desk.json:
        out_json(found)
        return
    table_of(
        [
            {
                **r,
                "action": label(r["action"], lang()),
                "office": label(r["office"], lang()),
                "policies": ", ".join(r["policies"]),
                "documents": ", ".join(d["kind"] for d in r["documents"]),
            }
            for r in found
        ],
        ("unit", t("单位", "unit")),
        ("seq", t("编号", "no.")),
        ("action", t("事项", "what")),
        ("period", t("期次", "period")),
        ("on", t("日期", "on")),
        ("office", t("承办", "who")),
        ("recorded_by", t("登记", "entered by")),
        ("policies", t("方案", "policy")),
        ("documents", t("附件", "papers")),
    )
    told_lost(f"{r['unit']} #{r['seq']}" for r in found if r["key_lost"])


@command(
    "unmask",
    help=Both(
        "显示单位台账中未遮盖的说明文字。须有此权限并说明理由；weigai 把查看记入日志。编号见 unit records。"
        "\n\n例：weigai unit unmask 150783101 3 --reason 核对进度",
        "Show the remarks in a unit's record without a mask. You need the right and a reason; weigai records that you "
        "looked. unit records lists the numbers."
        "\n\nExample: weigai unit unmask 150783101 3 --reason 'the progress is checked'",
    ),
)
@click.argument("unit")
@click.argument("number", type=click.IntRange(min=1))
@with_entry("reason", *ONCE)
@click.pass_context
def unmask(ctx: click.Context, unit: str, number: int, entry: Entry) -> None:
    """Show the remarks of a record, once the event that says so is committed."""
    desk = Desk(ctx)

    def work(approvals: Approvals) -> Any:
        offices = approvals.offices.to_unmask_record(unit, number, actor=desk.reader(approvals))
        actor, _ = desk.acting(approvals, offices, None, unit)
        return approvals.units.unmask(unit, number, actor=actor, reason=entry.reason or "", request_id=entry.request_id)

    data = desk.write(work, dry_run=entry.dry_run, action="unmask")["data"]
    print_words(desk, f"{unit}/{number}", data, dry_run=entry.dry_run)
