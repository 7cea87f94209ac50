"""`weigai policy list`: list the policies of the package, of the folder, and of the database."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from .... import workflow
from ..commands import command, option
from ..desk import Desk
from ..language import Both, lang, t
from ..output import note, out_json, table
from .library import library

if TYPE_CHECKING:
    from ... import Library


@command(
    "list",
    help=Both(
        "列出随附的方案和方案文件夹（WEIGAI_POLICIES）里的方案。--kept 列出数据库保存的各版本及其户数。"
        "\n\n例：weigai policy list",
        "List the policies in the package and in your folder (WEIGAI_POLICIES). --kept lists the versions in the "
        "database, with the number of their cases."
        "\n\nExample: weigai policy list",
    ),
)
@option("--kept", is_flag=True, help=Both("列出数据库保存的各版本", "List the versions in the database"))
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
    try:
        p = shelf.procedure(name)
    except workflow.PolicyRefused as refused:
        return {"policy": name, **_EMPTY, "problems": len(refused.problems)}
    except workflow.InputRefused:  # the package and the folder have it with two contents
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


def _named(words: Any) -> str:
    return str(getattr(words, lang()))


def _unsound(problems: int) -> str:
    return t(f"（有 {problems} 处问题，请运行 policy check）", f"({problems} problems; run policy check)")


def _kept(desk: Desk) -> None:
    rows = desk.read(lambda approvals: approvals.records.policies(actor=desk.reader(approvals)))
    if desk.json:
        out_json([row.as_json() for row in rows])
        return
    files = {
        "same": t("相同", "the same"),
        "changed": t("已改", "changed"),
        "gone": t("没有", "gone"),
        "broken": t("库中内容不可用", "content in the database unusable"),
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
        [[r.policy, r.hash[:19], _day(r.kept_since), r.open, r.ended, files[r.file]] for r in rows],
    )


def _day(moment: str) -> str:
    try:
        return workflow.shanghai_date(datetime.fromisoformat(moment)).isoformat()
    except ValueError:  # a row that no program of ours wrote
        return "—"
