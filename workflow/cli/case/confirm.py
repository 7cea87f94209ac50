"""`weigai case confirm` and `weigai case deny`: a second person's word on an act that waits for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from .... import workflow
from ..commands import command
from ..desk import Desk
from ..language import Both, t
from ..options import EntryOptions, with_entry
from .act import print_check, print_done

if TYPE_CHECKING:
    from collections.abc import Callable

    from ... import Actor, Approvals, Case, Decision, Done

    _Answer = Callable[[Approvals, str, Actor], Done]

_OPTIONS = ("dry-run", "request-id", "expect-version")


@command(
    "confirm",
    help=Both(
        "作为复核人，用本人登录确认一项待复核的事项；确认后才生效。编号见 weigai inbox 和 weigai case show。"
        "\n\n例：weigai case confirm 150783-2019-7K3F9QD-12",
        "Confirm, as the second person and from your own login, an act that waits; only then does it take effect. "
        "weigai inbox and weigai case show give its id."
        "\n\nExample: weigai case confirm 150783-2019-7K3F9QD-12",
    ),
)
@click.argument("words", nargs=-1, required=True, metavar="[CASE] ID")
@with_entry(*_OPTIONS)
@click.pass_context
def confirm(ctx: click.Context, words: tuple[str, ...], entry: EntryOptions) -> int:
    """Confirm an act that waits for a second person."""

    def answer(approvals: Approvals, pending: str, actor: Actor) -> Done:
        return approvals.confirm(pending, actor=actor, expect_version=entry.expect_version, request_id=entry.request_id)

    return _answered(Desk(ctx), words, entry, "confirm_request", answer)


@command(
    "deny",
    help=Both(
        "否决一项待复核的事项，或撤回自己提出的；须写明理由，户档不变。"
        "\n\n例：weigai case deny 150783-2019-7K3F9QD-12 --reason 依据不足",
        "Deny an act that waits for a second person, or take back your own, for a reason; the case stays as it is."
        "\n\nExample: weigai case deny 150783-2019-7K3F9QD-12 --reason 'no sufficient grounds'",
    ),
)
@click.argument("words", nargs=-1, required=True, metavar="[CASE] ID")
@with_entry("reason", *_OPTIONS)
@click.pass_context
def deny(ctx: click.Context, words: tuple[str, ...], entry: EntryOptions) -> int:
    """Deny an act that waits for a second person, or take it back."""

    def answer(approvals: Approvals, pending: str, actor: Actor) -> Done:
        return approvals.deny(
            pending,
            reason=entry.reason or "",
            actor=actor,
            expect_version=entry.expect_version,
            request_id=entry.request_id,
        )

    return _answered(Desk(ctx), words, entry, "deny_request", answer)


def _answered(desk: Desk, words: tuple[str, ...], entry: EntryOptions, action: str, answer: _Answer) -> int:
    """Give a second person's answer, or check it, and print what came of it."""
    if len(words) > 2:
        raise click.UsageError(t("请写：编号，或 户档 编号。", "give ID, or CASE ID."))
    asked = "-".join(words) if len(words) == 2 and words[1].isdigit() else words[-1]

    def work(approvals: Approvals) -> Done:
        found, actor, number = _who(desk, approvals, asked)
        return answer(approvals, f"{found.id}-{number}", actor)

    def check(approvals: Approvals) -> tuple[Case, Decision]:
        found, actor, number = _who(desk, approvals, asked)
        data: dict[str, Any] = {"request": number, **({"reason": entry.reason} if entry.reason else {})}
        if entry.expect_version not in (None, found.version):
            raise workflow.CaseMovedOn(found.id, found.version)
        return found, approvals.check(found.id, action, actor=actor, data=data)

    if entry.dry_run:
        return print_check(desk, *desk.read(check))
    try:
        print_done(desk, desk.write(work, action=action))
    except workflow.GuardsNotMet as error:
        refused = workflow.Decision(action, None, False, error.findings)
        return print_check(desk, desk.read(lambda approvals: _who(desk, approvals, asked)[0]), refused)
    return 0


def _who(desk: Desk, approvals: Approvals, asked: str) -> tuple[Case, Actor, int]:
    """Return the case on which something waits, who answers, and its number."""
    case_id, _, number = asked.rpartition("-")
    if not (number.isascii() and number.isdigit()):
        raise workflow.NotFound(asked)
    found = approvals.find(case_id, actor=desk.reader(approvals))
    desk.about = found.id
    return found, desk.acting(approvals, approvals.offices.to_confirm(found), None, found.unit)[0], int(number)
