"""Say how each column of each table is verified: by the replay of events, by a hash, by computing it anew, or not.

If a column were in none of these classes, somebody could change it unnoticed: a test reads all tables and
fails for it, and the proof of tampering changes each of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..statements import MOVED

if TYPE_CHECKING:
    from collections.abc import Mapping

# compared with what the replay of the events gives; a row that no event accounts for is told as well
DERIVED: Mapping[str, tuple[str, ...]] = {
    "weigai_case": ("county", "id", "unit", "township", "opened_on", "opened_at", *MOVED),
    "weigai_stream": ("county", "stream", "seq", "head"),
    "weigai_list": ("county", "id", "kind", "unit", "held_on", "state", "seq", "record"),
    "weigai_list_case": ("county", "list_id", "case_id"),
    "weigai_unit_record": ("county", "unit", "action", "period", "seq", "done_on"),
    "weigai_unit": ("county", "code", "name", "level", "since", "until"),
    "weigai_succession": ("county", "code", "successor", "since"),
    "weigai_person": ("county", "id", "account", "trial"),
    "weigai_grant": ("county", "person", "no", "office", "unit", "since", "until", "proposed_by", "confirmed_by"),
    "weigai_key": ("erased_at",),
    "weigai_policy": ("stored_at",),
    "weigai_tally": ("county", "key", "value"),
}

# bound by a hash, commitment or encryption that is compared
BOUND: Mapping[str, tuple[str, ...]] = {
    "weigai_event": (
        "county",
        "stream",
        "seq",
        "request_id",
        "action",
        "from_state",
        "to_state",
        "acted_by",
        "office",
        "recorded_by",
        "occurred_on",
        "recorded_at",
        "policy_hash",
        "hash",
        "body",
    ),
    "weigai_private": ("county", "stream", "seq", "field", "person", "salt", "value"),
    "weigai_document": ("county", "stream", "seq", "no", "kind", "sha256", "size", "media_type", "salt"),
    "weigai_key": ("county", "stream", "person", "master", "wrapped"),
    "weigai_policy": ("hash", "id", "content"),
    "weigai_head": ("county", "no", "alg", "made_at", "events", "leaves", "prev", "root"),
    "weigai_leaf": ("county", "no", "stream", "seq", "hash"),
}

# caches on which something is decided or found: made anew and compared, with the keys and files that it takes
MADE_ANEW: Mapping[str, tuple[str, ...]] = {
    "weigai_case": ("classes",),
    "weigai_policy": ("moves",),
    "weigai_index": ("county", "kind", "token", "stream", "person"),
    "weigai_document": ("look", "same"),
    "weigai_master": ("one", "master"),
    "weigai_canary": ("county", "unit"),
    "weigai_lowest": ("revision",),
}

# what nothing is decided on, each with the reason; a change of it is not told
CACHES: Mapping[str, str] = {
    "weigai_database.id": "any id is one; the key file and the files folder list the id that they serve, and say so",
}

# rows whose going, coming or change is not told: beginnings of their columns ("" or None: just that). A running number
# of another kind is only locked; what an erasure or a correction emptied counts as gone; the key of a file that was erased
# is destroyed whatever its row says; the row that says whose index it is is written anew where it is missing.
ROWS: Mapping[str, tuple[Mapping[str, str | None], ...]] = {
    "weigai_tally": ({"key": "quota/"}, {"key": "held/"}),
    "weigai_index": ({"token": "-"},),
    "weigai_private": ({"value": "", "salt": ""},),
    "weigai_document": ({"sha256": ""},),
    "weigai_key": ({"stream": "file/", "wrapped": None}, {"stream": "check"}),
}

# cells that nothing is decided on once their row has these values: which master key had wrapped a data key that is destroyed
OF_EMPTIED: Mapping[str, Mapping[str, None]] = {"weigai_key.master": {"wrapped": None}}


def classes() -> dict[str, list[str]]:
    """Return the classes of every column by its full name ("weigai_case.state")."""
    found: dict[str, list[str]] = {name: ["cache"] for name in CACHES}
    for kind, tables in (("derived", DERIVED), ("bound", BOUND), ("made anew", MADE_ANEW)):
        for table, columns in tables.items():
            for column in columns:
                found.setdefault(f"{table}.{column}", []).append(kind)
    return found
