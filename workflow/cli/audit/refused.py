"""`weigai audit refused`: list the latest refused attempts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .... import workflow
from ...words import label
from ..commands import command, option
from ..desk import Desk
from ..language import Both, lang, t
from ..output import out_json, table_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ... import Approvals, RefusedAttempt


@command(
    "refused",
    help=Both(
        "列出被拒绝的办理：何人、何时、什么动作、依哪条规则。监督全县的单位看到全部，其他人只看到自己的。"
        "\n\n例：weigai audit refused --person p-0007",
        "List refused attempts: the person, the time, the action and the rules. An office that oversees the county "
        "sees all; everybody else sees their own."
        "\n\nExample: weigai audit refused --person p-0007",
    ),
)
@option(
    "--limit",
    type=click.IntRange(1, 100000),
    default=50,
    show_default=True,
    help=Both("最多列出几条", "List at most this many"),
)
@option("--person", metavar="PERSON", help=Both("只列此人的", "List those of this person only"))
@click.pass_context
def refused(ctx: click.Context, limit: int, person: str | None) -> None:
    """Print the latest refused attempts."""
    desk = Desk(ctx)

    def work(approvals: Approvals) -> Sequence[RefusedAttempt]:
        actor = workflow.as_overseer(desk.held(approvals))
        return approvals.records.attempts(actor=actor, limit=limit, person=person)

    attempts = desk.read(work)
    if desk.json:
        out_json([attempt.as_json() for attempt in attempts])
    else:
        _print(attempts)


def _print(attempts: Sequence[RefusedAttempt]) -> None:
    table_of(
        [
            {
                **attempt.as_json(),
                "office": label(attempt.office, lang()),
                "action": label(attempt.action or attempt.command, lang()),
                "rules": ", ".join(attempt.rules),
            }
            for attempt in attempts
        ],
        ("at", t("时间(UTC)", "at (UTC)")),
        ("person", t("人员", "person")),
        ("office", t("职务", "office")),
        ("action", t("动作", "action")),
        ("case", t("户档", "case")),
        ("rules", t("规则", "rules")),
        ("exit", t("退出码", "exit")),
    )
