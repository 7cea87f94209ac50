"""`weigai case show`: show a case, or the basis of a decision on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from .... import workflow
from ..commands import command, option
from ..desk import Desk
from ..language import Both, lang
from ..output import out_json
from ..view import case_json, print_basis, print_case, print_pending

if TYPE_CHECKING:
    from ... import Actor, Approvals, Basis, Case


@command(
    "show",
    help=Both(
        "查看一户。个人信息已遮盖。\n\n例：weigai case show 150783-2019-7K3",
        "Show a case. Personal values are masked.\n\nExample: weigai case show 150783-2019-7K3",
    ),
)
@click.argument("case_id", metavar="CASE")
@option(
    "--decision",
    metavar="ACTION",
    help=Both("显示作出该决定时所依据的事实和核查结论", "Show the facts and findings on which this decision was based"),
)
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
    if desk.json:
        out_json(case_json(found, household, follows))
    else:
        print_case(found, household, follows)
        print_pending(found)


def _followed(approvals: Approvals, found: Case, actor: Actor) -> str | None:
    """Return the case that one goes on from, where it lies in the area of who asks."""
    before = found.record.follows
    try:
        return approvals.get(before, actor=actor).id if before else None
    except workflow.CaseNotFound:
        return None


def _show_basis(desk: Desk, case_id: str, action: str) -> None:
    """Show the household and the findings that a decision rested on."""

    def work(approvals: Approvals) -> Basis:
        actor = desk.reader(approvals)
        return approvals.basis(approvals.find(case_id, actor=actor).id, action, actor=actor)

    found = desk.read(work)
    if desk.json:
        out_json(found.as_json(lang()))
    else:
        print_basis(found)
