"""`weigai case schema`: print the JSON Schema of a household file, or of an action's data."""

from __future__ import annotations

from .... import workflow
from ..commands import command, option
from ..language import Both
from ..output import out_json
from ..policy.library import library


@command(
    "schema",
    help=Both(
        "打印农户文件或某动作内容的 JSON Schema。\n\n例：weigai case schema --action approve --policy zhalantun-2019-a",
        "Print the JSON Schema of a household file, or of an action's data."
        "\n\nExample: weigai case schema --action approve --policy zhalantun-2019-a",
    ),
)
@option("--action", metavar="ACTION", help=Both("打印该动作或事实的内容格式", "Print the form of this action or fact"))
@option(
    "--policy",
    default="zhalantun-2019-a",
    show_default=True,
    metavar="POLICY",
    help=Both("按哪个方案", "Under which policy"),
)
def schema(action: str | None, policy: str) -> None:
    """Print a JSON Schema."""
    out_json(workflow.household_schema() if action is None else workflow.action_schema(policy, action, library()))
