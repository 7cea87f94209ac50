"""`weigai policy schema`: print the JSON Schema of a policy file."""

from __future__ import annotations

from .... import workflow
from ..commands import command
from ..language import Both
from ..output import out_json


@command(
    "schema",
    help=Both(
        "打印方案文件的 JSON Schema。\n\n例：weigai policy schema > policy.schema.json",
        "Print the JSON Schema of a policy file.\n\nExample: weigai policy schema > policy.schema.json",
    ),
)
def schema() -> None:
    """Print the JSON Schema of a policy file."""
    out_json(workflow.policy_schema())
