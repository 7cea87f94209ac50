"""`weigai report overdue`: list overdue duties of units, lists and cases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ...words import label
from ..commands import command, option
from ..desk import Desk
from ..language import Both, lang, t
from ..options import Day
from ..output import out, out_json, table_of, told_unusable
from ..trial_mark import marked, title

if TYPE_CHECKING:
    from datetime import date


@command(
    "overdue",
    help=Both(
        "列出逾期事项：各单位应报未报的职责、移交后未接收的名单、超过期限的户档。"
        "\n\n例：weigai report overdue --on 2019-05-16",
        "List what is overdue: duties of units, lists that nobody received, cases past their deadline."
        "\n\nExample: weigai report overdue --on 2019-05-16",
    ),
)
@option("--policy", metavar="POLICY", help=Both("只列该方案的", "This policy only"))
@option("--on", type=Day(), metavar="DATE", help=Both("截至这一天，默认今天", "Up to this day; default today"))
@click.pass_context
def overdue(ctx: click.Context, policy: str | None, on: date | None) -> None:
    """Print what is overdue."""
    desk = Desk(ctx)
    found, unusable = desk.read(
        lambda a: (
            a.records.overdue(actor=desk.reader(a), policy=policy, today=on),
            a.records.unusable(actor=desk.reader(a)),
        )
    )
    told_unusable(unusable)
    if desk.json:
        out_json(marked(desk, found))
    else:
        title(desk)
        print_overdue(found)


def print_overdue(found: Any) -> None:
    """Print overdue entries for people."""
    if not found:
        out(t("没有逾期事项。", "Nothing is overdue."))
        return
    table_of(
        [
            {
                **x,
                "what": label(x["what"], lang()),
                "unit": x["name"] or x["unit"],
                "case": x["case"] or x["list"],
                "who": ", ".join(label(who, lang()) for who in x["who"]),
                "policies": ", ".join(x["policies"]),
            }
            for x in found
        ],
        ("due", t("应于（移交日）", "due (or sent)")),
        ("days", t("逾期（天）", "days late")),
        ("what", t("事项", "what")),
        ("unit", t("单位", "unit")),
        ("case", t("户档或名单", "case or list")),
        ("who", t("承办", "who")),
        ("rule", t("依据", "rule")),
        ("policies", t("方案", "policy")),
        ("came", t("补办", "came")),
    )
