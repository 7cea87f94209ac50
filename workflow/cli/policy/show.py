"""`weigai policy show`: show a policy in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ..commands import command, option
from ..language import Both, lang, t
from ..output import out, out_json
from .library import with_library

if TYPE_CHECKING:
    from ... import PlanPart


@command(
    "show",
    help=Both(
        "用文字列出一份方案：程序、对象、面积、补助、材料、规则等，并注明出处。方案没有规定的，写明所采的读法。"
        "\n\n例：weigai policy show zhalantun-2019-a --part steps",
        "Show a policy in words: procedure, classes, areas, subsidies, papers, rules and more, each with its source. "
        "Where the plan is silent, the command shows which reading the file takes."
        "\n\nExample: weigai policy show zhalantun-2019-a --part steps",
    ),
)
@click.argument("name", metavar="POLICY")
@option(
    "--part",
    "parts",
    multiple=True,
    metavar="TABLE",
    help=Both("只列某一部分，如 steps、papers", "Show only this part, e.g. steps or papers"),
)
@click.pass_context
def show(ctx: click.Context, name: str, parts: tuple[str, ...]) -> None:
    """Show a policy in words, with its sources and silences."""
    procedure, described = with_library(ctx, lambda shelf: (shelf.readable(name), shelf.described(name, lang())), name)
    if ctx.obj["json"]:
        out_json({"hash": procedure.hash, **procedure.policy.model_dump(mode="json", exclude_none=True)})
        return
    known = tuple(part.name for part in described if part.name)
    if unknown := [part for part in parts if part not in known]:
        listed = ", ".join(known)
        raise click.UsageError(
            t(
                f"没有 {unknown[0]} 这一部分；请写其中之一：{listed}。",
                f"there is no part {unknown[0]}; give one of: {listed}",
            )
        )
    told = [part for part in described if not parts or part.name in parts]
    for part in told:
        _print(part)
    if not parts:
        out(procedure.hash)


def _print(part: PlanPart) -> None:
    out(t(f"【{part.title}】", f"== {part.title} =="))
    for line in part.lines:
        out("  " * (line.depth + 1) + line.text)
        if line.remarks:
            remarks = t(" ｜ ", " | ").join(line.remarks)
            out("  " * (line.depth + 3) + t(f"〔{remarks}〕", f"[{remarks}]"))
    out()
