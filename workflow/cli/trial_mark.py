"""Mark a trial county on everything that people print, and in every report and proof."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..words import trial_mark
from .language import t
from .output import out

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .desk import Desk


def mark(*, trial: bool) -> str:
    """Return the mark behind a line, empty for a county that is none."""
    return t(*trial_mark(trial=trial))


def title(desk: Desk) -> None:
    """Print the mark above what people print or file, once the desk has read for somebody of a trial county."""
    if desk.trial:
        out(t("〔试用县〕以下不是真实的审批记录。", "[trial county] This is no record of real approvals."))


def marked(desk: Desk, rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows of a report with the field `trial`."""
    return [{**row, "trial": desk.trial} for row in rows]
