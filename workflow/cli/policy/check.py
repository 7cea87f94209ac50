"""`weigai policy check`: check a policy file."""

from __future__ import annotations

from typing import Any

import click

from .... import workflow
from ..commands import command
from ..language import Both, lang, t
from ..output import note, out, out_json
from .library import library
from .parts import tell


@command(
    "check",
    help=Both(
        "检查方案文件，逐条列出问题和所在的行；方案没有的环节先行列出。\n\n例：weigai policy check 我县.toml",
        "Check a policy file and list every problem with its line; what the plan lacks comes first.\n\nExample: weigai policy check our-county.toml",
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
    policy, remarks = procedure.policy, shelf.remarks(name)
    if ctx.obj["json"]:
        lacks = [lack.model_dump(mode="json", exclude_none=True) for lack in policy.lacks]
        told = {"policy": policy.id, "lacks": lacks, "hash": procedure.hash, "ok": True}
        out_json({**told, "states": len(procedure.states), "remarks": [_told(p) for p in remarks]})
        return 0
    for part in shelf.described(name, lang())[:1] if policy.lacks else ():
        tell(part)
    out(
        t(
            f"✓ {policy.id}：{len(procedure.states)} 个环节，检查通过。{procedure.hash}",
            f"✓ {policy.id}: {len(procedure.states)} states, no problem found. {procedure.hash}",
        )
    )
    for remark in remarks:
        note(t("请核对：", "please check: ") + remark.words(lang()))
    return 0


def _told(problem: Any) -> dict[str, Any]:
    """Return a problem or a remark as JSON."""
    return {"line": problem.line, "path": problem.path, "reason": problem._replace(line=None).words(lang())}
