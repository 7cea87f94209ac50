"""Print a part of a policy in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..language import t
from ..output import out

if TYPE_CHECKING:
    from ... import PlanPart


def tell(part: PlanPart) -> None:
    """Print a part of a policy: its heading, and its lines with what is said of them."""
    out(t(f"【{part.title}】", f"== {part.title} =="))
    for line in part.lines:
        out("  " * (line.depth + 1) + line.text)
        if line.remarks:
            remarks = t(" ｜ ", " | ").join(line.remarks)
            out("  " * (line.depth + 3) + t(f"〔{remarks}〕", f"[{remarks}]"))
    out()
