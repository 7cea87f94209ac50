"""`weigai case explain`: show which actions are open now, and why the others are not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ..commands import command, option
from ..desk import Desk
from ..language import Both, lang
from ..options import Day
from ..output import out_json
from ..view import pending_json, print_decisions, print_pending

if TYPE_CHECKING:
    from datetime import date

    from ... import Approvals, Case, Decision


@command(
    "explain",
    help=Both(
        "说明现在可办哪些动作；不能办的，说明原因、由谁处理、自哪天起。\n\n例：weigai case explain 150783-2019-7K3",
        "Explain which actions are open now. For each closed one the command gives every reason, who can put it "
        "right, and from which day it opens."
        "\n\nExample: weigai case explain 150783-2019-7K3",
    ),
)
@click.argument("case_id", metavar="CASE")
@option("--on", type=Day(), metavar="DATE", help=Both("按这一天判断，默认今天", "Judge as of this day; default today"))
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
    if desk.json:
        out_json(
            {
                "case": found.id,
                "state": found.state,
                "version": found.version,
                "policy": found.policy_id,
                "policy_hash": found.policy_hash,
                "as_of": as_of,
                "pending": pending_json(found),
                "actions": [d.as_json(lang()) for d in decisions],
            }
        )
    else:
        print_decisions(found, decisions, as_of)
        print_pending(found)
