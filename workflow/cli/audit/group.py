"""`weigai audit`: the log, its verification, its published heads and its export."""

from __future__ import annotations

from ..commands import group
from ..language import Both
from .heads import export, head, verifier
from .log import log
from .refused import refused
from .verify import verify


@group(
    help=Both(
        "日志与核验。\n\n例：weigai audit verify", "The log and its verification.\n\nExample: weigai audit verify"
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
