"""`weigai audit verify`: verify the record, with several processes if it is large."""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

import click

from .... import workflow
from .. import settings
from ..commands import command, option
from ..desk import Desk
from ..language import Both, choose, lang, t
from ..output import out_json, out_line
from ..trial_mark import mark

if TYPE_CHECKING:
    from pathlib import Path

    from ... import Approvals, Held, Verified, VerifiedPart

# events from which on several processes are worth their start, by strength
_LARGE = {False: 50_000, True: 250_000}


@command(
    "verify",
    help=Both(
        "核验全部日志、户档、文件与链头。只有库外留存的链头能证明记录没有被整体替换（--head）。加 --chain 只核验日志未"
        "被改、删、换、插、截、退回，快数倍。"
        "\n\n例：weigai audit verify --head 150783.heads",
        "Verify every event, case, file and head. Only a head that you keep outside the database shows whether "
        "somebody replaced the whole record (--head). With --chain the command only checks that nobody changed, "
        "deleted, swapped, inserted, cut off or rolled back events; that is several times as fast."
        "\n\nExample: weigai audit verify --head 150783.heads",
    ),
)
@option("--case", "case_id", metavar="CASE", help=Both("只核验这一户", "Verify this case only"))
@option(
    "--head",
    "held",
    multiple=True,
    metavar="FILE",
    help=Both(
        "库外留存的链头：文件，或从纸上抄来的短式",
        "Heads that you keep outside the database: a file, or a short form copied from paper",
    ),
)
@option(
    "--jobs",
    type=click.IntRange(1, 64),
    metavar="N",
    help=Both("用几个进程，默认按记录多少决定", "How many processes to use; default by the size of the record"),
)
@option(
    "--chain",
    is_flag=True,
    help=Both(
        "只核验日志的链和链头，不核验内容与副本",
        "Verify only the chain of events and the heads, not the content of events",
    ),
)
@option("--no-files", is_flag=True, help=Both("不读附件文件", "Do not read the attached files"))
@click.pass_context
def verify(
    ctx: click.Context, case_id: str | None, held: tuple[str, ...], jobs: int | None, chain: bool, no_files: bool
) -> int:
    """Verify the record; exit 7 when something does not verify."""
    desk, kept = Desk(ctx), settings.witness()
    heads = _held(held, kept)
    found = _split(desk, heads, jobs, not no_files, chain) if case_id is None else None
    if found is None:

        def work(approvals: Approvals) -> Verified:
            reader = desk.reader(approvals)
            only = approvals.find(case_id, actor=reader).id if case_id else None
            if chain:
                return approvals.evidence.verify_chain(case_id=only, held=heads, actor=reader)
            return approvals.evidence.verify(case_id=only, held=heads, papers=not no_files, actor=reader)

        found = desk.read(work, snapshot=True, tested=False)
    if kept is not None and not held:
        found = _witnessed(desk, kept, found)
    if desk.json:
        opened = not chain and desk.store.keys is not None
        out_json({"strength": "chain" if chain else "full", "opened": opened, **_as_json(found)})
    else:
        _print(found)
        if chain:
            _print_not_seen()
        elif desk.store.keys is None:
            print_closed(desk)
    return 7 if found.problems else 0


def _held(named: tuple[str, ...], kept: Path | None) -> workflow.Held | tuple[()]:
    """Return the heads that the user brings, each to be proved; else the witness, which keeps those of others too."""
    if named:
        return workflow.Held(named)
    return (workflow.Witness(kept).held() or ()) if kept is not None else ()


def _witnessed(desk: Desk, kept: Path, found: Verified) -> Verified:
    """Add to what was found the counties of which the witness file that was named holds nothing, though heads were made."""
    last = desk.read(lambda a: a.evidence.last_heads(actor=desk.reader(a)), tested=False)
    return workflow.Witness(kept).counted(found, last, lang())


def _as_json(found: Verified) -> dict[str, Any]:
    problems = [{"stream": p.stream, "seq": p.seq, "problem": p.what} for p in found.problems]
    return {
        "events": found.events,
        "streams": found.streams,
        "ok": not problems,
        "trial": bool(found.trial),
        "problems": problems,
        "proofs": [
            {
                "county": p.county,
                "trial": p.county in found.trial,
                "head": p.head and p.head._asdict(),
                "later": p.later,
            }
            for p in found.proofs
        ],
        "remarks": [{"stream": p.stream, "seq": p.seq, "remark": p.what} for p in found.remarks],
        "more_remarks": found.more,
        "strange": list(found.strange),
    }


def _print(found: Verified) -> None:
    for county in found.trial:
        out_line(
            t(
                f"{county}：试用县，以下不是真实的审批记录。",
                f"{county}: trial county, this is no record of real approvals.",
            )
        )
    for problem in found.problems:
        out_line(f"✗ {problem.stream} #{problem.seq}: {problem.what}")
    for remark in found.remarks:
        out_line(f"· {remark.stream} #{remark.seq}: {remark.what}")
    if found.more:
        out_line(t(f"· 另有 {found.more} 条提示未列出。", f"· {found.more} more remarks are not listed."))
    for place in found.strange:
        out_line(t(f"· {place} 不是链头，未用于核验。", f"· {place} is not a head and was not used."))
    bad = len(found.problems)
    good = t("一致", "all verify") if found.events else t("辖区内没有可核验的日志", "your area has no events to verify")
    verdict = good if not bad else t(f"{bad} 处不符", f"{bad} do not verify")
    out_line(
        t(
            f"{found.streams} 个流、{found.events} 条日志：{verdict}。",
            f"{found.streams} streams, {found.events} events: {verdict}.",
        )
    )
    if bad:
        out_line(t("从第一处不符起，其后的日志都不能视为已证明。", "From the first of these on, no event is proved."))
    for proof in found.proofs:
        _print_proof(proof, proof.county + mark(trial=proof.county in found.trial))


def print_closed(desk: Desk) -> None:
    """Say that nothing personal was opened, since there are no keys, and where they were looked for."""
    out_line(
        t(
            f"没有密钥（{desk.store.key_file}）：个人信息和材料都没有打开，也没有与日志中的承诺核对。它们能否打开，未得"
            "证明。",
            f"There are no keys ({desk.store.key_file}): the command opened no personal value and no paper, and "
            "compared none with its commitment in the log. Whether they can be opened is not proved.",
        )
    )


def _print_not_seen() -> None:
    out_line(
        t(
            "以上只核验了链：每条日志的散列、位置与前后相连，各流的末条，以及链头。没有核验：复制在各列的内容、个人信"
            "息、附件文件、户档与名册是否等于日志重放的结果、正文是否规范。要核验这些，请运行不带 --chain 的 weigai "
            "audit verify。",
            "The command verified only the chain: the hash, place and link of every event, the last event of every "
            "stream, and the heads. It did not verify the columns that copy events, personal values, files, whether "
            "cases and register equal their replay, and whether events have their canonical form. To verify these, "
            "run weigai audit verify without --chain.",
        )
    )


def _print_proof(proof: Any, county: str) -> None:
    if proof.head is None:
        out_line(
            t(
                f"{county}：没有给出库外留存的链头，{proof.later} 条日志只由链相连。若有人把记录整体替换，本次核验不会"
                "发现（见 weigai audit head）。",
                f"{county}: no head from outside the database was given, so its {proof.later} events are only linked "
                "to each other. If somebody replaced the whole record, this check does not show it (see weigai audit "
                "head).",
            )
        )
    else:
        head = proof.head
        out_line(
            t(
                f"{county}：链头 #{head.no}（{head.made_at[:16]}Z）证明了 {head.events} 条日志；其后 {proof.later} 条只"
                "由链相连。",
                f"{county}: head #{head.no} of {head.made_at[:16]}Z proves {head.events} events; the {proof.later} "
                "later events are only linked to each other.",
            )
        )


# ---------------------------------------------------------------------- several processes


def _split(desk: Desk, held: Held | tuple[()], jobs: int | None, papers: bool, chain: bool) -> Verified | None:
    """Verify ranges of streams beside each other; None where one process does."""
    wanted = jobs or min(os.cpu_count() or 1, 8)
    if wanted == 1:
        return None
    marks = desk.read(
        lambda a: a.evidence.places(wanted, at_least=0 if jobs else _LARGE[chain], actor=desk.reader(a)), tested=False
    )
    if not marks:
        return None
    ends: list[tuple[str, str] | None] = [None, *marks, None]
    obj = {"db": desk.store.url, "user": desk.user, "login": desk.login, "json": desk.json}
    with processes(len(marks) + 1) as pool:
        works = [pool.submit(read_part, obj, a, b, papers, chain) for a, b in pairwise(ends)]
        parts = [work.result() for work in works]
    return desk.read(
        lambda a: a.evidence.joined(parts, held=held, chain=chain, actor=desk.reader(a)), snapshot=True, tested=False
    )


def processes(count: int) -> ProcessPoolExecutor:
    """Return a pool of processes that speak the language of this call."""
    spoken = ["--lang", lang()]
    return ProcessPoolExecutor(count, mp_context=get_context("spawn"), initializer=choose, initargs=(spoken,))


def read_part(
    obj: dict[str, Any], start: tuple[str, str] | None, end: tuple[str, str] | None, papers: bool, chain: bool
) -> VerifiedPart:
    """Verify a range of streams in a process of its own, over a connection of its own."""
    desk = Desk(click.Context(click.Command("verify"), obj=obj))
    return desk.read(
        lambda a: a.evidence.verify_part(start, end, papers=papers, chain=chain, actor=desk.reader(a)),
        snapshot=True,
        tested=False,
    )
