"""`weigai user grant`, `confirm`, `revoke` and `pending`: grant offices to persons and take them away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ...words import label
from ..commands import command, option
from ..desk import Desk
from ..language import Both, lang, t
from ..options import ONCE, Day, Entry, pair, with_entry
from ..output import note, out, out_json, table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date


def said(done: Mapping[str, Any]) -> None:
    """Say on stderr that something waits for a second person."""
    if done["pending"]:
        note(
            t(
                "尚未生效，须由另一名管理员确认：weigai user confirm",
                "it does not hold yet: another administrator must confirm it with weigai user confirm",
            )
        )


@command(
    "grant",
    help=Both(
        "授予职务。在正式县须由另一名管理员确认（user confirm）。"
        "\n\n例：weigai user grant p-0007 township@150783101 --since 2020-01-01",
        "Grant an office to a person. In a real county a second administrator confirms it (user confirm)."
        "\n\nExample: weigai user grant p-0007 township@150783101 --since 2020-01-01",
    ),
)
@click.argument("person")
@click.argument("office", metavar="OFFICE@UNIT")
@option("--since", type=Day(), metavar="DATE", help=Both("任职起始日，默认今天", "First day in office; default today"))
@option("--until", type=Day(), metavar="DATE", help=Both("任职的最后一天", "Last day in office"))
@with_entry(*ONCE)
@click.pass_context
def grant(ctx: click.Context, person: str, office: str, since: date | None, until: date | None, entry: Entry) -> None:
    """Propose an office for a person."""
    desk = Desk(ctx)
    name, unit = pair(office)
    done = desk.write(
        lambda a: a.register.grant(
            person, name, unit, actor=desk.admin(a), since=since, until=until, request_id=entry.request_id
        ),
        dry_run=entry.dry_run,
    )
    if desk.json:
        out_json(done)
        return
    out(t(f"{person} {office}，第 {done['no']} 号。", f"{person} {office}, no. {done['no']}."))
    said(done)


@command(
    "confirm",
    help=Both(
        "确认另一名管理员提出的职务或账号。确认后生效。\n\n例：weigai user confirm p-0007 2",
        "Confirm offices or an account that another administrator proposed. They hold only after you confirm."
        "\n\nExample: weigai user confirm p-0007 2",
    ),
)
@click.argument("person")
@click.argument("no", type=click.IntRange(min=1), required=False)
@with_entry(*ONCE)
@click.pass_context
def confirm(ctx: click.Context, person: str, no: int | None, entry: Entry) -> None:
    """Confirm what waits for a person."""
    desk = Desk(ctx)
    done = desk.write(
        lambda a: a.register.confirm(person, no, actor=desk.admin(a), request_id=entry.request_id),
        dry_run=entry.dry_run,
    )
    if desk.json:
        out_json(done)
    else:
        out(t(f"已确认 {person} 的第 {done['no']} 号。", f"no. {done['no']} of {person} is confirmed."))


@command(
    "revoke",
    help=Both(
        "收回一项职务，立即生效。记录保留。\n\n例：weigai user revoke p-0007 township@150783101",
        "Take an office away from a person, at once. The record of it stays."
        "\n\nExample: weigai user revoke p-0007 township@150783101",
    ),
)
@click.argument("person")
@click.argument("office", metavar="OFFICE@UNIT")
@option(
    "--on",
    type=Day(),
    metavar="DATE",
    help=Both("自哪天起不再任职，默认今天", "First day without the office; default today"),
)
@with_entry(*ONCE)
@click.pass_context
def revoke(ctx: click.Context, person: str, office: str, entry: Entry) -> None:
    """Take an office away from a person."""
    desk = Desk(ctx)
    name, unit = pair(office)
    last = desk.write(
        lambda a: a.register.revoke(person, name, unit, actor=desk.admin(a), on=entry.on, request_id=entry.request_id),
        dry_run=entry.dry_run,
    )
    if desk.json:
        out_json({"person": person, "office": name, "unit": unit, "until": last})
    else:
        out(t(f"{person} {office}：任职止于 {last}。", f"{person} {office}: the last day in office is {last}."))


@command(
    "pending",
    help=Both(
        "列出辖区内等待另一名管理员确认的职务、账号和单位并入。\n\n例：weigai user pending",
        "List the offices, accounts and mergers of your area that wait for a second administrator."
        "\n\nExample: weigai user pending",
    ),
)
@click.pass_context
def pending(ctx: click.Context) -> None:
    """List what waits for a second person."""
    desk = Desk(ctx)
    found = desk.read(lambda a: a.register.pending(actor=desk.reader(a)))
    if desk.json:
        out_json(found)
        return
    table(
        [
            t("编号", "id"),
            t("号", "no"),
            t("事项", "what"),
            t("自", "since"),
            t("至", "until"),
            t("提出人", "proposed by"),
        ],
        [
            [p.get("person", p["county"]), p["no"], _what(p), p.get("since"), p.get("until"), p["proposed_by"]]
            for p in found
        ],
    )


def _what(waits: Mapping[str, Any]) -> str:
    """Say what waits: an office, an account, or a unit that goes over into another."""
    if "into" in waits:
        return f"{waits['code']} → {waits['into']} {waits['title'] or ''}".rstrip()
    if "office" in waits:
        return f"{label(waits['office'], lang())}@{waits['unit']}"
    return f"{t('账号', 'account')} {waits['account']}"
