"""`weigai audit`: show the log, verify it, publish heads, export it."""

from __future__ import annotations

from ..commands import group
from ..language import Both
from .heads import export, head, verifier
from .log import log
from .refused import refused
from .verify import verify


@group(
    help=Both(
        "日志：查看、核验、导出。\n\n例：weigai audit verify",
        "Show the log, verify it, export it.\n\nExample: weigai audit verify",
    )
)
def audit() -> None:
    """Hold the commands on the record."""


for _command in (
    export,
    head,
    verifier,
    log,
    refused,
    verify,
):
    audit.add_command(_command)
