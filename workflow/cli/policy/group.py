"""`weigai policy`: the plans as data, checked, shown and drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ..commands import group, option
from ..desk import Desk
from ..language import Both, lang, t
from ..output import note, out, out_json, table
from .diff import diff
from .library import library
from .new import new
from .show import show
from .simulate import simulate

if TYPE_CHECKING:
    from ... import Library


@group(
    help=Both(
        "实施方案：列出、起草、查看、检查、比较、试算、画图。\n\n例：weigai policy list",
        "Policies: list, draft, show, check, compare, try out, draw.\n\nExample: weigai policy list",
    )
)
def policy() -> None:
    """Hold the commands on policies."""


policy.add_command(new)
policy.add_command(show)
policy.add_command(diff)
policy.add_command(simulate)


def _named(words: Any) -> str:
    return str(getattr(words, lang()))


@policy.command(
    "list",
    help=Both(
        "列出随附的和方案目录（WEIGAI_POLICIES）里的方案；--kept 列出数据库保存的各版本及户数。\n\n例：weigai policy list",
        "List the policies of the package and of the folder (WEIGAI_POLICIES); --kept those that the database keeps, with "
        "their cases.\n\nExample: weigai policy list",
    ),
)
@option("--kept", is_flag=True, help=Both("数据库保存的各版本", "The versions that the database keeps"))
@click.pass_context
def list_(ctx: click.Context, kept: bool) -> None:
    """List policies."""
    if kept:
        _kept(Desk(ctx))
        return
    shelf = library()
    rows = [_row(shelf, name) for name in sorted({*shelf.bundled, *shelf.own})]
    for name, refused in shelf.unread.items():
        note(refused.message(lang()))
        rows.append({"policy": name, **_EMPTY, "problems": 1})
    if ctx.obj["json"]:
        out_json(rows)
        return
    head = [t("方案", "policy"), t("年度", "year"), t("步骤", "steps"), t("名称", "title")]
    table(head, [[r["policy"], r["year"], r["steps"], r["title"] or _unsound(r["problems"])] for r in rows])


_EMPTY = dict.fromkeys(("title", "county", "year", "issued", "steps", "hash"))


def _row(shelf: Library, name: str) -> dict[str, Any]:
    """Return a policy's row; of a file that is refused, how many problems it has."""
    from ... import InputRefused, PolicyRefused

    try:
        p = shelf.procedure(name)
    except PolicyRefused as refused:
        return {"policy": name, **_EMPTY, "problems": len(refused.problems)}
    except InputRefused:  # the package and the folder have it with two contents
        return {"policy": name, **_EMPTY, "problems": 1}
    plan = p.policy
    return {
        "policy": plan.id,
        "title": _named(plan.title),
        "county": plan.county,
        "year": plan.year,
        "issued": plan.issued.isoformat(),
        "steps": len(plan.steps),
        "hash": p.hash,
        "problems": 0,
    }


def _unsound(problems: int) -> str:
    return t(f"（有 {problems} 处问题，见 policy check）", f"({problems} problems, see policy check)")


def _kept(desk: Desk) -> None:
    rows = desk.read(lambda approvals: approvals.records.policies(actor=desk.reader(approvals)))
    if desk.json:
        out_json(rows)
        return
    files = {
        "same": t("相同", "the same"),
        "changed": t("已改", "changed"),
        "gone": t("没有", "gone"),
        "broken": t("保存的内容不能用", "what is kept cannot be used"),
    }
    head = [
        t("方案", "policy"),
        t("内容", "content"),
        t("保存于", "kept since"),
        t("在办", "open"),
        t("办结", "ended"),
        t("今天的文件", "file today"),
    ]
    table(
        head,
        [[r["policy"], r["hash"][:19], _day(r["kept_since"]), r["open"], r["ended"], files[r["file"]]] for r in rows],
    )


def _day(moment: str) -> str:
    from datetime import datetime

    from ... import shanghai_date

    try:
        return shanghai_date(datetime.fromisoformat(moment)).isoformat()
    except ValueError:  # a row that no program of ours wrote
        return "—"


@policy.command(
    "check",
    help=Both(
        "检查方案文件；有问题时逐条指出所在的行。\n\n例：weigai policy check 我县.toml",
        "Check a policy file; every problem names its line.\n\nExample: weigai policy check our-county.toml",
    ),
)
@click.argument("name", metavar="POLICY")
@click.pass_context
def check(ctx: click.Context, name: str) -> int:
    """Check a policy: reading, names, graph and safety."""
    from ... import PolicyRefused

    try:
        procedure = library().procedure(name)
    except PolicyRefused as refused:
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
                f"✓ {procedure.policy.id}: {len(procedure.states)} states, sound. {procedure.hash}",
            )
        )
    return 0


@policy.command(
    "graph",
    help=Both(
        "画出流程图。\n\n例：weigai policy graph zhalantun-2019-a --format svg > a.svg",
        "Draw the procedure.\n\nExample: weigai policy graph zhalantun-2019-a --format svg > a.svg",
    ),
)
@click.argument("name", metavar="POLICY")
@option(
    "--format",
    "form",
    type=click.Choice(["mermaid", "svg"]),
    default="mermaid",
    show_default=True,
    help=Both("格式", "Format"),
)
@click.pass_context
def graph(ctx: click.Context, name: str, form: str) -> None:
    """Draw a policy's graph as Mermaid or SVG."""
    shelf = library()
    procedure, drawn = shelf.procedure(name), shelf.drawn(name, form, lang())
    if ctx.obj["json"]:
        edges = [{"from": e.source, "action": e.action, "to": e.target} for e in procedure.edges]
        out_json({"policy": procedure.policy.id, "format": form, "edges": edges, "text": drawn})
    else:
        out(drawn.rstrip("\n"))


@policy.command(
    "schema",
    help=Both(
        "方案文件的 JSON Schema。\n\n例：weigai policy schema > policy.schema.json",
        "JSON Schema of a policy file.\n\nExample: weigai policy schema > policy.schema.json",
    ),
)
def schema() -> None:
    """Print the JSON Schema of a policy file."""
    from ... import policy_schema

    out_json(policy_schema())
