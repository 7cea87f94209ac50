"""`weigai policy check`: check a policy file."""

from __future__ import annotations

import click

from .... import workflow
from ..commands import command
from ..language import Both, lang, t
from ..output import out, out_json
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
    try:
        procedure = library().procedure(name)
    except workflow.PolicyRefused as refused:
        if not ctx.obj["json"]:
            raise
        found = [
            {"line": p.line, "path": p.path, "reason": p._replace(line=None).words(lang())} for p in refused.problems
        ]
        out_json({"policy": name, "ok": False, "problems": found})
        return refused.exit_code
    if ctx.obj["json"]:
        out_json({"policy": procedure.policy.id, "hash": procedure.hash, "ok": True, "states": len(procedure.states)})
    else:
        out(
            t(
                f"✓ {procedure.policy.id}：{len(procedure.states)} 个环节，检查通过。{procedure.hash}",
                f"✓ {procedure.policy.id}: {len(procedure.states)} states, no problem found. {procedure.hash}",
            )
        )
    return 0
