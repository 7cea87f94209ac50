"""What a policy lets a household be exempted from."""

from __future__ import annotations

from pydantic import Field

from ..forms.fields import RULE, Id
from .sourced import Sourced


class Exemptible(Sourced):
    """A rule that a household may be exempted from (例外批准), or a paper of the rule that others may replace (替代材料)."""

    rule: str = Field(pattern=RULE, description="the rule; what of it is of the floor stays")
    replaces: Id | None = Field(default=None, description="the paper of the rule that may be missing")
    papers: tuple[Id, ...] = Field(default=(), description="the papers that replace it, all of them")
