"""`weigai policy graph`: draw the procedure of a policy."""

from __future__ import annotations

import click

from ..commands import command, option
from ..language import Both, lang
from ..output import out, out_json
from .library import library


@command(
    "graph",
    help=Both(
        "画出方案的流程图。\n\n例：weigai policy graph zhalantun-2019-a --format svg > a.svg",
        "Draw the procedure of a policy.\n\nExample: weigai policy graph zhalantun-2019-a --format svg > a.svg",
    ),
)
@click.argument("name", metavar="POLICY")
@option(
    "--format",
    "form",
    type=click.Choice(["mermaid", "svg"]),
    default="mermaid",
    show_default=True,
    help=Both("图的格式", "Format of the drawing"),
)
@click.pass_context
def graph(ctx: click.Context, name: str, form: str) -> None:
    """Draw a policy's graph as Mermaid or SVG."""
    shelf = library()
    procedure, drawn = shelf.readable(name), shelf.drawn(name, form, lang())
    if ctx.obj["json"]:
        edges = [{"from": e.source, "action": e.action, "to": e.target} for e in procedure.edges]
        out_json({"policy": procedure.policy.id, "format": form, "edges": edges, "text": drawn})
    else:
        out(drawn.rstrip("\n"))
