"""Say which fields are personal, and mask them; weigai seals each of them before it enters an event.

A field name has the same meaning everywhere (household file, action data, facts), so the list is one flat set.
"""

from __future__ import annotations

from typing import Any

from .identity_number import mask_card, mask_name, masked

PERSONAL: frozenset[str] = frozenset(
    {
        "name",
        "id_number",
        "phone",
        "address",
        "card",
        "card_holder",
        "certificate_number",
        "classes",
        "reason",
        "grounds",
        "outcome_reason",
        "note",
        "remark",
        "visitor",
        "builder_name",
        "raised_by",
        "spoken_to",
        "correction",
    }
)
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
