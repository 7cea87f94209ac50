"""Personal values as everybody may see them: hidden by construction, a few outer characters at the most."""

from __future__ import annotations

from typing import Any

from .identity_number import mask_card, mask_name, masked
from .personal import PERSONAL

HIDDEN = "***"
_MASKS = {"name": mask_name, "card_holder": mask_name, "id_number": masked, "card": mask_card, "phone": mask_card}


def mask(value: Any) -> Any:
    """Return a household, or an act's data, with every personal value masked; erased ones stay None."""
    if isinstance(value, dict):
        return {key: _of(key, item) for key, item in value.items()}
    return [mask(item) for item in value] if isinstance(value, (list, tuple)) else value


def _of(key: str, value: Any) -> Any:
    if key not in PERSONAL or value is None:
        return mask(value)
    if isinstance(value, dict) and set(value) == {"$commit"}:
        return value
    hide = _MASKS.get(key)
    return hide(value) if hide is not None and isinstance(value, str) else HIDDEN
