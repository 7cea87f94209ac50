"""`weigai policy diff`: compare two policies in words."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import click

from ...words import policy_table
from ..commands import command, option
from ..language import Both, lang, t
from ..output import out, out_json
from .library import with_library

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ... import Change, Library

_FEW = 10


@command(
    "diff",
    help=Both(
        "比较两份方案，按环节、数字、规则、材料用文字说明不同之处。只有出处、说明或名称不同的列在最后。无论有无不同，"
        "退出码都是 0。"
        "\n\n例：weigai policy diff zhalantun-2019-a 我县.toml",
        "Compare two policies in words, by step, number, rule and paper. Changes of sources, notes or names come "
        "last. The exit code is 0 whether they differ or not."
        "\n\nExample: weigai policy diff zhalantun-2019-a our-county.toml",
    ),
)
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@option(
    "--wording", is_flag=True, help=Both("逐条列出出处和措辞的不同", "Also list every change of sources or wording")
)
@click.pass_context
def diff(ctx: click.Context, a: str, b: str, wording: bool) -> None:
    """Say what differs between two policies."""

    def work(shelf: Library) -> tuple[tuple[Change, ...], bool]:
        return shelf.compared(a, b), shelf.text(a) == shelf.text(b)

    found, same = with_library(ctx, work, a, b)
    if ctx.obj["json"]:
        out_json([_as_json(change) for change in found])
    elif found:
        _print(a, b, found, wording)
    elif same:
        out(t("两份方案完全相同。", "The two policies are the same."))
    else:
        out(
            t(
                "两份方案内容相同，只有注释或排版不同。",
                "The two policies have the same content; only comments or layout differ.",
            )
        )


def _as_json(change: Change) -> dict[str, str | None]:
    i = int(lang() == "en")
    old, new = (value[i] if value else None for value in (change.old, change.new))
    return {"where": change.where[i], "what": change.what[i], "a": old, "b": new}


def _print(a: str, b: str, found: Sequence[Change], wording: bool) -> None:
    real, words = ([c for c in found if c.only_words is only] for only in (False, True))
    out(f"{a} → {b}" if lang() == "zh" else f"{a} -> {b}")
    out(t(f"内容不同：{len(real)} 处", f"differences: {len(real)}"))
    for change in real:
        out(f"  {change.sentence(lang())}")
    if words:
        out()
        out(t(f"只有出处或措辞不同：{len(words)} 处", f"differences in sources or wording only: {len(words)}"))
    for line in [c.sentence(lang()) for c in words] if wording or len(words) <= _FEW else _counted(words):
        out(f"  {line}")


def _counted(words: Sequence[Change]) -> list[str]:
    """Return in one line how many changes of wording each kind of table has."""
    tables = Counter(c.path.split(".")[0] if "." in c.path else "" for c in words)
    listed = t("、", ", ").join(f"{_named(key)} {count}" for key, count in tables.items())
    return [listed + t("（逐条列出：--wording）", " (to list them: --wording)")]


def _named(key: str) -> str:
    words = policy_table(key) if key else Both("方案", "plan")
    return t(*words) if words else key
