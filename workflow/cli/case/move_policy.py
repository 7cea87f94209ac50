"""`weigai case move-policy`: move running cases to another policy, or to another version of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from .... import workflow
from ...words import label
from ..commands import command, option
from ..desk import Desk
from ..language import Both, lang, t
from ..options import EVERY, EntryOptions, with_entry
from ..output import note, out_json, table, told_damaged, told_lost

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ... import Approvals, Decision, Done

_PAGE = 500


@command(
    "move-policy",
    help=Both(
        "把在办户档转入另一方案，或转入本方案的新版本。weigai 逐户核查：已办各步按新方案都须成立，且不早于其规定；已批"
        "准的补助不变。正在张贴的公示重新计算，只会推后，不会提前。不转的户档始终按立户时的方案内容办理。"
        "\n\n例：weigai case move-policy 150783-2019-7K3 --to 新方案.toml --reason 县里印发新版 --agreed-by p-0002",
        "Move running cases to another policy, or to a new version of their own. weigai checks each case: every step "
        "taken must hold under the new policy and must not have come too early; the approved subsidy stays. A notice "
        "that still hangs is counted again: it may end later, never earlier. A case that you do not move keeps the "
        "policy content under which it was opened."
        "\n\nExample: weigai case move-policy 150783-2019-7K3 --to new.toml --reason 'new version' --agreed-by p-0002",
    ),
)
@click.argument("case_ids", nargs=-1, metavar="[CASE]...")
@option(
    "--to",
    required=True,
    metavar="POLICY",
    help=Both("转入的方案：编号或文件", "The policy to move to: an id or a file"),
)
@option(
    "--map",
    "maps",
    multiple=True,
    metavar="OLD=NEW",
    help=Both(
        "原环节=新环节，新方案没有原环节时写明", "The state under the new policy that replaces a state of the old one"
    ),
)
@option("--policy", metavar="ID", help=Both("转入该方案的全部在办户档", "Move every running case under this policy"))
@option("--unit", metavar="CODE", help=Both("只转该单位的户档", "Move cases of this unit only"))
@option(
    "--state",
    "states",
    multiple=True,
    metavar="STATE",
    help=Both("只转处于这些环节的户档", "Move cases in these states only"),
)
@option("--yes", is_flag=True, help=Both("不再询问，直接办理", "Do not ask before moving"))
@with_entry(*EVERY)
@click.pass_context
def move_policy(
    ctx: click.Context,
    case_ids: tuple[str, ...],
    to: str,
    maps: tuple[str, ...],
    policy: str | None,
    unit: str | None,
    states: tuple[str, ...],
    yes: bool,
    entry: EntryOptions,
) -> int:
    """Move cases to a policy, one by one, with a result for each."""
    if bool(case_ids) is bool(policy):
        raise click.UsageError(
            t(
                "请给出户档，或用 --policy 选取户档；二者只用其一。",
                "name the cases, or choose them with --policy; not both.",
            )
        )
    if entry.expect_version is not None and len(case_ids) != 1:
        raise click.UsageError(
            t(
                "--expect-version 只能用于一户；请去掉它，或只写一户。",
                "--expect-version works for one case only; leave it out, or name one case.",
            )
        )
    desk = Desk(ctx)
    mapped = dict(_pair(text) for text in maps)
    chosen = _named(desk, case_ids) if case_ids else _chosen(desk, str(policy), unit, states)
    if not case_ids and not entry.dry_run and not yes:
        click.confirm(
            t(f"共 {len(chosen)} 户，是否逐户转入 {to}？", f"{len(chosen)} cases: move each of them to {to}?"),
            abort=True,
        )
    ask = _asked if entry.dry_run else _moved
    results = [ask(desk, case_id, to, mapped, entry) for case_id in chosen]
    _print(desk, results, entry.dry_run)
    return 0 if all(result["allowed"] for result in results) else 3


def _pair(text: str) -> tuple[str, str]:
    old, sign, new = text.partition("=")
    if not (old and sign and new):
        raise click.UsageError(t(f"--map 应写作 原环节=新环节，不是 {text}", f"write --map OLD=NEW, not {text}"))
    return old, new


def _named(desk: Desk, case_ids: tuple[str, ...]) -> list[str]:
    """Return the whole ids of cases; all are known before the first is moved."""

    def work(approvals: Approvals) -> list[str]:
        return [approvals.find(case_id, actor=desk.reader(approvals)).id for case_id in case_ids]

    return list(dict.fromkeys(desk.read(work)))


def _chosen(desk: Desk, policy: str, unit: str | None, states: tuple[str, ...]) -> list[str]:
    def work(approvals: Approvals) -> list[str]:
        actor, after, found = desk.reader(approvals), None, []
        while page := approvals.list(actor=actor, states=states, unit=unit, policy=policy, limit=_PAGE, after=after):
            after = page[-1].id
            told_lost(case.id for case in page if case.key_lost)
            told_damaged(case.id for case in page if case.damaged)
            found += [case.id for case in page if not case.closed and not case.key_lost and not case.damaged]
        return found

    return desk.read(work)


def _who(desk: Desk, approvals: Approvals, case_id: str, to: str, entry: EntryOptions) -> tuple[Any, Any, Any]:
    found = approvals.find(case_id, actor=desk.reader(approvals))
    return found, *desk.acting(approvals, approvals.offices.to_move(to), entry.for_, found.unit, entry.on)


def _asked(desk: Desk, case_id: str, to: str, mapped: dict[str, str], entry: EntryOptions) -> dict[str, Any]:
    def work(approvals: Approvals) -> dict[str, Any]:
        found, actor, recorder = _who(desk, approvals, case_id, to, entry)
        decision = approvals.check_move(
            found.id,
            to,
            actor=actor,
            recorder=recorder,
            reason=entry.reason or "",
            agreed_by=entry.agreed_by,
            states=mapped,
            on=entry.on,
        )
        return _result(found.id, found.state, found.version, decision)

    return desk.read(work)


def _moved(desk: Desk, case_id: str, to: str, mapped: dict[str, str], entry: EntryOptions) -> dict[str, Any]:
    barred: list[tuple[str | None, Exception]] = []

    def work(approvals: Approvals) -> dict[str, Any]:
        found, actor, recorder = _who(desk, approvals, case_id, to, entry)
        try:
            done = approvals.move_policy(
                found.id,
                to,
                actor=actor,
                recorder=recorder,
                reason=entry.reason or "",
                agreed_by=entry.agreed_by,
                states=mapped,
                on=entry.on,
                expect_version=entry.expect_version,
                request_id=entry.request_id,
            )
        except workflow.GuardsNotMet as refused:
            barred[:] = [(found.id, refused)]
            return _result(
                found.id, found.state, found.version, workflow.Decision("move_policy", None, False, refused.findings)
            )
        return {**_result(found.id, found.state, done.event.seq, done.decision), **_new_policy(done)}

    result = desk.write(work, action="move_policy")
    desk.refused(barred, "move_policy")
    return result


def _new_policy(done: Done) -> dict[str, Any]:
    return {
        "policy": done.case.policy_id,
        "policy_hash": done.event.policy_hash,
        "request_id": done.event.request_id,
    }


def _result(case_id: str, state: str, version: int, decision: Decision) -> dict[str, Any]:
    return {
        "case": case_id,
        "allowed": decision.allowed,
        "from": state,
        "to": decision.to or state,
        "version": version,
        "findings": decision.findings,
    }


def _print(desk: Desk, results: list[dict[str, Any]], dry_run: bool) -> None:
    if desk.json:
        out_json(
            [{**one, "dry_run": dry_run, "findings": [f.as_json(lang()) for f in one["findings"]]} for one in results]
        )
        return
    table(
        [
            t("户档", "case"),
            t("可转" if dry_run else "结果", "allowed" if dry_run else "done"),
            t("环节", "state"),
            t("原因", "why not"),
        ],
        [row for one in results for row in _rows(one)],
    )
    done = sum(one["allowed"] for one in results)
    verb = t("可以转入", "can be moved") if dry_run else t("已转入", "moved")
    note(
        t(
            f"共 {len(results)} 户：{verb} {done} 户，不能转 {len(results) - done} 户。",
            f"{len(results)} cases: {done} {verb}, {len(results) - done} refused.",
        )
    )


def _rows(one: Mapping[str, Any]) -> list[list[str]]:
    """Return the lines of a case: one for each finding that bars it, else one."""
    moved = label(one["from"], lang()) + (f" → {label(one['to'], lang())}" if one["to"] != one["from"] else "")
    unmet = [f"[{f.rule or f.guard}] {f.reason(lang())}" for f in one["findings"] if not f.ok and f.effect == "block"]
    return [[one["case"], "✓" if one["allowed"] else "✗", moved, why] for why in unmet or [""]]
