"""`weigai policy`: the plans as data, checked, shown and drawn."""

from __future__ import annotations

from typing import Any

import click

from .desk import library
from .policy_diff import diff
from .policy_simulate import simulate
from .say import LANG, out, out_json, t, table


@click.group(
    help=t(
        "实施方案：列出、查看、检查、比较、试算、画图。\n\n例：weigai policy list",
        "Policies: list, show, check, compare, try out, draw.\n\nExample: weigai policy list",
    )
)
def policy() -> None:
    """Hold the commands on policies."""


policy.add_command(diff)
policy.add_command(simulate)


def _named(words: Any) -> str:
    return str(getattr(words, LANG))


@policy.command(
    "list",
    help=t(
        "列出随附的方案。\n\n例：weigai policy list", "List the policies of the package.\n\nExample: weigai policy list"
    ),
)
@click.pass_context
def list_(ctx: click.Context) -> None:
    """List the bundled policies."""
    from ..policies import bundled

    shelf = library()
    found = [shelf.procedure(name) for name in sorted({*bundled(), *shelf.own})]
    rows = [
        {"policy": p.policy.id, "title": _named(p.policy.title), "county": p.policy.county, "year": p.policy.year,
         "issued": p.policy.issued.isoformat(), "steps": len(p.policy.steps), "hash": p.hash}
        for p in found
    ]  # fmt: skip
    if ctx.obj["json"]:
        out_json(rows)
    else:
        table(
            [t("方案", "policy"), t("年度", "year"), t("步骤", "steps"), t("名称", "title")],
            [[r["policy"], r["year"], r["steps"], r["title"]] for r in rows],
        )


@policy.command(
    "show",
    help=t(
        "查看方案。\n\n例：weigai policy show zhalantun-2019-a",
        "Show a policy.\n\nExample: weigai policy show zhalantun-2019-a",
    ),
)
@click.argument("name", metavar="POLICY")
@click.pass_context
def show(ctx: click.Context, name: str) -> None:
    """Show a policy's steps, numbers, papers and silences with their sources."""
    procedure = library().procedure(name)
    if ctx.obj["json"]:
        out_json({"hash": procedure.hash, **procedure.policy.model_dump(mode="json", exclude_none=True)})
    else:
        _print(procedure)


def _print(procedure: Any) -> None:
    from ...states.labels import label

    p = procedure.policy
    out(f"{p.id}  {_named(p.title)}  ({p.issued}, {p.source})")
    out()
    table(
        [t("环节", "state"), t("动作", "action"), t("承办", "office"), t("规则", "rule"), t("出处", "source"), t("方案未定", "silent")],
        [[label(state, LANG), action, "/".join(label(o, LANG) for o in procedure.acts[action].offices), step.rule,
          step.source, ", ".join(step.silent)] for step, state, action, *_ in procedure.road],
    )  # fmt: skip
    out()
    table(
        [t("方式", "mode"), t("面积上限 m²", "area cap m²"), t("放宽至", "with papers"), t("施工", "builder"), t("出处", "source")],
        [[_named(m.name), m.area and _cap(m.area), (m.area and str(m.area.relaxed_cap or "")) or None,
          "/".join(label(b, LANG) for b in m.builders), m.source] for m in p.modes],
    )  # fmt: skip
    out()
    table(
        [t("补助", "subsidy"), t("元", "yuan"), t("适用", "for"), t("读法", "reading"), t("出处", "source")],
        [[s.kind, s.yuan and str(s.yuan), _when(s.when), s.reading, s.source] for s in p.subsidies],
    )
    out()
    table(
        [t("材料", "paper"), t("环节动作", "at"), t("适用", "for"), t("规则", "rule"), t("出处", "source")],
        [[_named(x.name), x.at, _when(x.when), x.rule, x.source] for x in p.papers],
    )
    out()
    table(
        [t("方案未规定", "the plan is silent on"), t("读法", "reading")],
        [[_named(s.about), s.reading] for s in p.silences],
    )


def _cap(area: Any) -> str | None:
    """Say the cap, or those of the bands: "1-3: 60; 4-: 18/人"."""
    told = [] if area.cap is None else [str(area.cap)]
    for band in area.bands:
        caps = [
            *([str(band.cap)] if band.cap else []),
            *([f"{band.cap_per_head}{t('/人', ' per head')}"] if band.cap_per_head else []),
        ]
        told.append(f"{band.persons_from}-{band.persons_to or ''}{t('人', ' persons')}: {', '.join(caps) or '—'}")
    return "; ".join(told) or None


def _when(when: Any) -> str:
    shown = when.model_dump(exclude_none=True)
    return ", ".join(f"{k}={'/'.join(v) if isinstance(v, tuple) else v}" for k, v in shown.items())


@policy.command(
    "check",
    help=t(
        "检查方案文件；有问题时逐条指出所在的行。\n\n例：weigai policy check 我县.toml",
        "Check a policy file; every problem names its line.\n\nExample: weigai policy check our-county.toml",
    ),
)
@click.argument("name", metavar="POLICY")
@click.pass_context
def check(ctx: click.Context, name: str) -> None:
    """Check a policy: reading, names, graph and safety."""
    procedure = library().procedure(name)
    if ctx.obj["json"]:
        out_json({"policy": procedure.policy.id, "hash": procedure.hash, "ok": True, "states": len(procedure.states)})
    else:
        out(t(f"✓ {procedure.policy.id}：{len(procedure.states)} 个环节，检查通过。{procedure.hash}",
              f"✓ {procedure.policy.id}: {len(procedure.states)} states, sound. {procedure.hash}"))  # fmt: skip


@policy.command(
    "graph",
    help=t(
        "画出流程图。\n\n例：weigai policy graph zhalantun-2019-a --format svg > a.svg",
        "Draw the procedure.\n\nExample: weigai policy graph zhalantun-2019-a --format svg > a.svg",
    ),
)
@click.argument("name", metavar="POLICY")
@click.option(
    "--format",
    "form",
    type=click.Choice(["mermaid", "svg"]),
    default="mermaid",
    show_default=True,
    help=t("格式", "Format"),
)
@click.pass_context
def graph(ctx: click.Context, name: str, form: str) -> None:
    """Draw a policy's graph as Mermaid or SVG."""
    from .. import diagram

    procedure = library().procedure(name)
    drawn = diagram.svg(procedure, LANG) if form == "svg" else diagram.mermaid(procedure, LANG)
    if ctx.obj["json"]:
        edges = [{"from": e.source, "action": e.action, "to": e.target} for e in procedure.edges]
        out_json({"policy": procedure.policy.id, "format": form, "edges": edges, "text": drawn})
    else:
        out(drawn.rstrip("\n"))


@policy.command(
    "schema",
    help=t(
        "方案文件的 JSON Schema。\n\n例：weigai policy schema > policy.schema.json",
        "JSON Schema of a policy file.\n\nExample: weigai policy schema > policy.schema.json",
    ),
)
def schema() -> None:
    """Print the JSON Schema of a policy file."""
    from ..schemas import policy_schema

    out_json(policy_schema())
