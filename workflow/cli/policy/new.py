"""`weigai policy new`: draft a new county's policy file from another plan."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .... import workflow
from ..commands import command, option
from ..inputs import asked
from ..language import Both, lang, t
from ..options import Day
from ..output import note, out, out_json
from .library import library

if TYPE_CHECKING:
    from datetime import date


@command(
    "new",
    help=Both(
        "照另一方案的样子为新的县起草方案文件。每项出处待您填写，每个数字待您核对。没有给出的各项，命令逐一询问。"
        "\n\n例：weigai policy new --from zhalantun-2019-a --id our-2026 --county 150784",
        "Draft the policy file of a new county from another plan. You then fill in every source and check every "
        "number. The command asks for what you do not give."
        "\n\nExample: weigai policy new --from zhalantun-2019-a --id our-2026 --county 150784",
    ),
)
@option("--from", "base", metavar="POLICY", help=Both("照哪个方案起草", "The plan to draft from"))
@option("--id", "name", metavar="ID", help=Both("新方案的编号", "Id of the new plan"))
@option("--county", metavar="CODE", help=Both("县级代码，6 位", "County code, 6 digits"))
@option("--county-name", metavar="NAME", help=Both("县名", "Name of the county"))
@option("--title", metavar="TEXT", help=Both("方案标题", "Title of the plan"))
@option("--year", type=click.IntRange(1990, 2200), metavar="YEAR", help=Both("年度", "Year"))
@option("--issued", type=Day(), metavar="DATE", help=Both("印发日期", "Day of issue"))
@option("--blank", is_flag=True, help=Both("数字也都留待填写", "Leave the numbers to be filled in too"))
@option("--output", metavar="FILE", help=Both("写入该文件，默认 编号.toml", "Write to this file; default ID.toml"))
@click.pass_context
def new(
    ctx: click.Context,
    base: str | None,
    name: str | None,
    county: str | None,
    county_name: str | None,
    title: str | None,
    year: int | None,
    issued: date | None,
    blank: bool,
    output: str | None,
) -> None:
    """Write a new policy file."""
    shelf = library()
    base = base or asked(t("照哪个方案起草", "draft from which plan"), next(iter(shelf.bundled)))
    shelf.procedure(base)
    name = name or asked(t("新方案的编号（小写字母、数字、-）", "id of the new plan (a-z, 0-9, -)"))
    if name in {*shelf.bundled, *shelf.own}:
        raise click.UsageError(t(f"{name} 已是另一方案的编号。", f"{name} is already the id of another plan."))
    path = Path(output or f"{name}.toml")
    if path.exists():
        raise click.UsageError(
            t(f"{path} 已存在；请用 --output 另选文件。", f"{path} exists already; choose another --output.")
        )
    county = county or asked(t("县级代码（6 位）", "county code (6 digits)"))
    county_name = county_name or asked(t("县名", "name of the county"))
    year = year or _asked(t("年度", "year"), click.IntRange(1990, 2200))
    title = title or asked(t("方案标题", "title of the plan"))
    day = issued or _asked(t("印发日期（YYYY-MM-DD）", "day of issue (YYYY-MM-DD)"), Day())
    whose = workflow.County(name, (title, title), county, (county_name, county_name), year, day)
    made = shelf.drafted(base, whose, blank=blank, lang=lang(), file=path.name)
    todo = shelf.to_fill_in(made, path.name)
    _write(path, made)
    if ctx.obj["json"]:
        out_json({"file": str(path), "policy": name, "from": base, "to_fill_in": todo})
        return
    out(t(f"已写入 {path}：有 {todo} 处待填。", f"{path} was written; {todo} places are to be filled in."))
    note(t(f"填写之后，请运行：weigai policy check {path}", f"fill them in, then run: weigai policy check {path}"))


def _asked(what: str, kind: click.ParamType[Any]) -> Any:
    return click.prompt(what, type=kind, err=True)


def _write(path: Path, text: str) -> None:
    with path.open("x", encoding="utf-8", newline="\n") as file:
        file.write(text)
