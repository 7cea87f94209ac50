"""The commands of `weigai case` that only look and ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ..commands import command, option
from ..desk import Desk
from ..inputs import read_papers
from ..language import Both, lang, t
from ..options import Day, Entry, Form, with_entry, with_form
from ..output import out_json, table, told_damaged, told_lost
from ..policy.library import library

if TYPE_CHECKING:
    from datetime import date

    from ... import Actor, Approvals, Case, Decision


@command(
    "list",
    help=Both(
        "列出户档。\n\n例：weigai case list --state payment", "List cases.\n\nExample: weigai case list --state payment"
    ),
)
@option("--state", "states", multiple=True, metavar="STATE", help=Both("环节", "State"))
@option("--unit", metavar="CODE", help=Both("单位代码", "Unit code"))
@option("--policy", metavar="POLICY", help=Both("方案", "Policy"))
@option("--limit", type=click.IntRange(1, 10000), default=50, show_default=True, help=Both("最多条数", "At most"))
@option("--after", metavar="CASE", help=Both("从该户之后", "From after this case"))
@click.pass_context
def list_(
    ctx: click.Context, states: tuple[str, ...], unit: str | None, policy: str | None, limit: int, after: str | None
) -> None:
    """List cases of the user's area."""
    desk = Desk(ctx)
    found = desk.read(
        lambda approvals: approvals.list(
            actor=desk.reader(approvals), states=states, unit=unit, policy=policy, limit=limit, after=after
        )
    )
    rows = [
        {
            "case": c.id,
            "state": c.state,
            "version": c.version,
            "policy": c.policy_id,
            "unit": c.unit,
            "archive_no": c.record.get("archive_no"),
            "opens_on": c.record.get("opens_on"),
            "key_lost": c.key_lost,
            "damaged": c.damaged,
        }
        for c in found
    ]
    if desk.json:
        out_json(rows)
        return
    from ...words import label

    table(
        [
            t("户档", "case"),
            t("环节", "state"),
            t("版本", "version"),
            t("村", "village"),
            t("档案号", "archive no."),
            t("可办日", "opens on"),
        ],
        [
            [r["case"], label(str(r["state"]), lang()), r["version"], r["unit"], r["archive_no"], r["opens_on"]]
            for r in rows
        ],
    )
    told_lost(case.id for case in found if case.key_lost)
    told_damaged(case.id for case in found if case.damaged)


@command(
    "show",
    help=Both(
        "查看户档。\n\n例：weigai case show 150783-2019-7K3",
        "Show a case.\n\nExample: weigai case show 150783-2019-7K3",
    ),
)
@click.argument("case_id", metavar="CASE")
@option("--decision", metavar="ACTION", help=Both("该决定当时的依据", "What that decision rested on"))
@click.pass_context
def show(ctx: click.Context, case_id: str, decision: str | None) -> None:
    """Show a case, personal values masked."""
    desk = Desk(ctx)
    if decision is not None:
        _show_basis(desk, case_id, decision)
        return

    def work(approvals: Approvals) -> tuple[Case, Any, str | None]:
        actor = desk.reader(approvals)
        found = approvals.find(case_id, actor=actor)
        return found, approvals.household(found.id, actor=actor), _followed(approvals, found, actor)

    found, household, follows = desk.read(work)
    from ..view import case_json, print_case

    if desk.json:
        out_json(case_json(found, household, follows))
    else:
        print_case(found, household, follows)


def _followed(approvals: Approvals, found: Case, actor: Actor) -> str | None:
    """Return the case that one goes on from, where it lies in the area of who asks."""
    from ... import CaseNotFound

    before = found.record.get("follows")
    try:
        return approvals.get(before, actor=actor).id if before else None
    except CaseNotFound:
        return None


def _show_basis(desk: Desk, case_id: str, action: str) -> None:
    """Show the household and the findings that a decision rested on."""

    def work(approvals: Approvals) -> Any:
        actor = desk.reader(approvals)
        return approvals.basis(approvals.find(case_id, actor=actor).id, action, actor=actor)

    from ..view import basis_json, print_basis

    found = desk.read(work)
    if desk.json:
        out_json(basis_json(found))
    else:
        print_basis(found)


@command(
    "history",
    help=Both(
        "办理过程。\n\n例：weigai case history 150783-2019-7K3",
        "The history of a case.\n\nExample: weigai case history 150783-2019-7K3",
    ),
)
@click.argument("case_id", metavar="CASE")
@click.pass_context
def history(ctx: click.Context, case_id: str) -> None:
    """Print every event of a case."""
    desk = Desk(ctx)

    def work(approvals: Approvals) -> Any:
        actor = desk.reader(approvals)
        return approvals.history(approvals.find(case_id, actor=actor).id, actor=actor)

    events = desk.read(work)
    from ..view import event_json, print_events

    if desk.json:
        out_json([event_json(e) for e in events])
    else:
        print_events(events)


@command(
    "explain",
    help=Both(
        "现在可办什么、为何不可办。\n\n例：weigai case explain 150783-2019-7K3",
        "What can be done now, and why not.\n\nExample: weigai case explain 150783-2019-7K3",
    ),
)
@click.argument("case_id", metavar="CASE")
@option("--on", type=Day(), metavar="DATE", help=Both("按哪一天", "As of which day"))
@click.pass_context
def explain(ctx: click.Context, case_id: str, on: date | None) -> None:
    """Explain every action of the case's state."""
    desk = Desk(ctx)

    def work(approvals: Approvals) -> tuple[Case, list[Decision], str]:
        found = approvals.find(case_id, actor=desk.reader(approvals))
        decisions = []
        for action, offices in approvals.offices.by_action(found).items():
            actor, _ = desk.acting(approvals, offices, None, found.unit)
            decisions.append(approvals.check(found.id, action, actor=actor, on=on))
        return found, decisions, (on or approvals.today()).isoformat()

    found, decisions, as_of = desk.read(work)
    from ..view import print_decisions

    if desk.json:
        out_json(
            {
                "case": found.id,
                "state": found.state,
                "version": found.version,
                "policy": found.policy_id,
                "policy_hash": found.policy_hash,
                "as_of": as_of,
                "actions": [d.as_json(lang()) for d in decisions],
            }
        )
    else:
        print_decisions(found, decisions, as_of)


@command(
    "check",
    help=Both(
        "某动作可否办理，不写入。\n\n例：weigai case check 150783-2019-7K3 approve --data 审批.json",
        "Ask whether an action could be taken.\n\nExample: weigai case check 150783-2019-7K3 approve --data approval.json",
    ),
)
@click.argument("case_id", metavar="CASE")
@click.argument("action")
@with_form
@with_entry("on", "for", "reason", "agreed-by")
@click.pass_context
def check(ctx: click.Context, case_id: str, action: str, form: Form, entry: Entry) -> int:
    """Check one action; exit 0 when it could be taken, 3 when not."""
    desk = Desk(ctx)
    found, decision = checked(desk, case_id, action, form.read(entry), form.papers, entry)
    return print_check(desk, found, decision)


def checked(
    desk: Desk,
    case_id: str,
    action: str,
    data: dict[str, Any],
    papers: tuple[str, ...],
    entry: Entry,
    *,
    moves: bool | None = None,
) -> tuple[Case, Decision]:
    """Return the case and the decision on one action of it; `moves` as in `Approvals.take`."""
    attached = read_papers(papers, dry_run=True)

    def work(approvals: Approvals) -> tuple[Case, Decision]:
        found, actor, recorder = who(desk, approvals, case_id, action, entry)
        return found, approvals.check(
            found.id, action, actor=actor, recorder=recorder, on=entry.on, data=data, documents=attached, moves=moves
        )

    return desk.read(work)


def who(desk: Desk, approvals: Approvals, case_id: str, action: str, entry: Entry) -> tuple[Case, Actor, Actor]:
    """Return the case, who acts on it and who records."""
    found = approvals.find(case_id, actor=desk.reader(approvals))
    desk.about = found.id
    offices = approvals.offices.for_act(found, action)
    return found, *desk.acting(approvals, offices, entry.for_, found.unit, entry.on)


def print_check(desk: Desk, found: Case, decision: Decision) -> int:
    """Print one decision and return its exit code."""
    from ..view import print_decisions

    if desk.json:
        out_json({"case": found.id, "state": found.state, "version": found.version, **decision.as_json(lang())})
    else:
        print_decisions(found, [decision], None)
    return 0 if decision.allowed else 3


@command(
    "schema",
    help=Both(
        "农户文件或某动作内容的 JSON Schema。\n\n例：weigai case schema --action approve --policy zhalantun-2019-a",
        "JSON Schema of a household file, or of an action's data.\n\nExample: weigai case schema --action approve --policy zhalantun-2019-a",
    ),
)
@option("--action", metavar="ACTION", help=Both("动作或事实", "Action or fact"))
@option("--policy", default="zhalantun-2019-a", show_default=True, metavar="POLICY", help=Both("方案", "Policy"))
def schema(action: str | None, policy: str) -> None:
    """Print a JSON Schema."""
    from ... import action_schema, household_schema

    out_json(household_schema() if action is None else action_schema(policy, action, library()))
