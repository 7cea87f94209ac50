"""Which fields are personal: everything of this list is sealed before it enters an event.

A field name means the same everywhere (household file, action data, facts), so the list is one flat set.
"""

from __future__ import annotations

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
