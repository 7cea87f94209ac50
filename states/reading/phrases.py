"""Put a policy's tables, entries and values into Chinese and English words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from ..policy.sourced import When, Words
from ..words.ids import label
from ..words.policy_terms import COUNTED, DAYS, FIELDS, NOT, STEPS, TABLES, VALUES
from ..words.render import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Both = tuple[str, str]  # Chinese, English

# What a table says of itself and no decision rests on; so are the names of things (`Words`).
WORDING = frozenset({"source", "note", "reading", "rule", "identity_rule", "identity_source", "label", "id", "title"})
# What the name of an entry says already.
NAMED_BY = {
    "steps": ("kind", "level", "part"),
    "lacks": ("step",),
    "ways": ("action",),
    "papers": ("kind", "at"),
    "subsidies": ("when",),
    "hearings": ("level",),
    "four_eyes": ("steps",),
    "exemptible": ("rule",),
    "open_to": ("grades", "no_house"),
    "closed_to": ("grades", "no_house"),
}


def is_list(a: object, b: object) -> bool:
    """Return whether two values are lists of tables."""
    return isinstance(a, tuple) and isinstance(b, tuple) and any(isinstance(e, BaseModel) for e in (*a, *b))


def is_table(value: object) -> bool:
    """Tell whether a value is a table of its own, no name and no condition."""
    return isinstance(value, BaseModel) and not isinstance(value, (Words, When))


def of(table: BaseModel, name: str) -> Any:
    """Return a field of a table, None where its kind has none of that name."""
    return getattr(table, name, None)


def given(table: BaseModel) -> list[tuple[str, Any]]:
    """Return the fields in which a table says something else than what holds without it."""
    fields = type(table).model_fields
    return [(n, of(table, n)) for n in fields if fields[n].is_required() or of(table, n) != fields[n].get_default()]


def both(words: Callable[[str], str]) -> Both:
    """Return words in Chinese and in English."""
    return words("zh"), words("en")


def name_of(field: str) -> Both:
    """Return how a field is called."""
    return FIELDS.get(field) or TABLES.get(field) or (field, field)


def called(table: str, entry: Any, lang: str) -> str:
    """Return how one entry of a list is called."""
    i = int(lang == "en")
    kind = TABLES.get(table, (table, table))[i]
    if table == "steps":
        return STEPS[entry.key][i] if entry.key in STEPS else label(entry.key, lang)
    if table == "ways":
        inside = (f"（自{plain('', entry.start[0], lang)}）", f" (from {plain('', entry.start[0], lang)})")[i]
        return f"{kind} {label(entry.action, lang)}{inside}"
    if table == "papers":
        return f"{kind} {shown(entry.name, lang)}" + ("（{}）", " ({})")[i].format(label(entry.at, lang))
    if table == "subsidies":
        return f"{kind}" + ("（{}）", " ({})")[i].format(when_of(entry.when, lang))
    if table == "four_eyes":
        return f"{kind}" + ("（{}）", " ({})")[i].format(plain("steps", entry.steps, lang))
    if table == "exemptible":
        return f"{kind} {entry.rule}"
    if table in ("open_to", "closed_to"):
        house = [FIELDS["no_house"][i]] if entry.no_house else []
        return f"{kind} {'/'.join([*entry.grades, *house])}"
    for name in ("name", "about"):
        if isinstance(of(entry, name), Words):
            return f"{kind} {shown(of(entry, name), lang)}"
    name = next((n for n in ("id", "level", "state", "builder", "step") if of(entry, n)), "")
    return f"{kind} {plain(name if name in ('level', 'step') else '', str(of(entry, name) or ''), lang)}"


def key_name(key: str, lang: str) -> str:
    """Return how a key of a plain table is called: a field, or an id by its label."""
    return name_of(key)[lang == "en"] if key in FIELDS else label(key, lang)


def period_of(table: Any) -> Both | None:
    """Return the days of a table that says in which unit they are counted."""
    if getattr(table, "days", None) is None or "unit" not in type(table).model_fields:
        return None
    zh, en = DAYS.get(table.unit, DAYS["calendar"])
    return zh.format(table.days), en.format(table.days)


def plain(name: str, value: object, lang: str) -> str:
    """Return one value in words, with what it counts."""
    i = int(lang == "en")
    if isinstance(value, str):
        steps = STEPS.get(value) if name in ("first", "without", "steps") else None
        words = steps or VALUES.get((name, value)) or VALUES.get(("", value))
        text = value if name in WORDING or name == "units" else words[i] if words else label(value, lang)
    elif isinstance(value, tuple) and value:
        parts = [
            "/".join(plain(name, w, lang) for w in v) if isinstance(v, tuple) else plain(name, v, lang) for v in value
        ]
        return ("、", ", ")[i].join(parts)
    elif isinstance(value, dict):
        return ("、", ", ")[i].join(f"{key_name(str(k), lang)} {plain('', v, lang)}" for k, v in value.items())
    elif isinstance(value, BaseModel) and not isinstance(value, Words):
        called = f"{of(value, 'id')}: " if of(value, "id") else ""
        return when_of(value, lang) if isinstance(value, When) else f"[{called}{summary(value, lang)}]"
    else:
        text = shown(value, lang)
    counted = COUNTED.get(name) if value is not None and not isinstance(value, (bool, tuple)) else None
    return counted[i].format(text) if counted else text


def when_of(when: BaseModel, lang: str) -> str:
    """Return to whom a table applies."""
    i = int(lang == "en")
    parts = []
    for name, value in given(when):
        word, other = name_of(name)[i], NOT.get(name, ("", ""))[i]
        yes_or_no = word if value else other or ("非", "not ")[i] + word
        parts.append(yes_or_no if isinstance(value, bool) else f"{word} {plain('', value, lang)}")
    return ("，", ", ")[i].join(parts) or ("各户", "every household")[i]


def summary(table: Any, lang: str, named: Iterable[str] = ()) -> str:
    """Return what a table says, without its sources, its name and what is `named` already."""
    i = int(lang == "en")
    skipped = {*WORDING, *named, "silent", "name", "about"}
    said = [(name, value) for name, value in given(table) if name not in skipped and value not in ({}, ())]
    return ("；", "; ")[i].join(f"{name_of(name)[i]} {plain(name, value, lang)}" for name, value in said)
