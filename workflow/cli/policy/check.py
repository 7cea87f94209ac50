"""`weigai policy check`: check a policy file."""

from __future__ import annotations

from typing import Any

import click

from .... import workflow
from ..commands import command
from ..language import Both, lang, t
from ..output import note, out, out_json
from .library import library


@command(
    "check",
    help=Both(
        "检查方案文件，逐条列出问题和所在的行。\n\n例：weigai policy check 我县.toml",
        "Check a policy file and list every problem with its line.\n\nExample: weigai policy check our-county.toml",
    ),
)
@click.argument("name", metavar="POLICY")
@click.pass_context
def check(ctx: click.Context, name: str) -> int:
    """Check a policy: reading, names, graph and safety."""
    shelf = library()
    try:
        procedure = shelf.procedure(name)
    except workflow.PolicyRefused as refused:
        if not ctx.obj["json"]:
            raise
        out_json({"policy": name, "ok": False, "problems": [_told(p) for p in refused.problems]})
        return refused.exit_code
    remarks = shelf.remarks(name)
    if ctx.obj["json"]:
        told = {"policy": procedure.policy.id, "hash": procedure.hash, "ok": True, "states": len(procedure.states)}
        out_json({**told, "remarks": [_told(p) for p in remarks]})
        return 0
    out(
        t(
            f"✓ {procedure.policy.id}：{len(procedure.states)} 个环节，检查通过。{procedure.hash}",
            f"✓ {procedure.policy.id}: {len(procedure.states)} states, no problem found. {procedure.hash}",
        )
    )
    for remark in remarks:
        note(t("请核对：", "please check: ") + remark.words(lang()))
    return 0


def _told(problem: Any) -> dict[str, Any]:
    """Return a problem or a remark as JSON."""
    return {"line": problem.line, "path": problem.path, "reason": problem._replace(line=None).words(lang())}
