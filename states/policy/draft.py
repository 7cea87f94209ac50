"""Draft a new county's policy file from another plan: the same tables, with every source to fill in.

Worked on as text, so that order, layout and comments stay.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from ..problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

FILL = {"zh": "待填", "en": "TO FILL IN"}
_KEY = re.compile(r"^([a-z_]+) = (.+)$")
_NUMBER = re.compile(r'^(?:-?[0-9][0-9_.]*|[0-9]{4}-[0-9]{2}-[0-9]{2}|"[0-9][0-9./]*"|\[[0-9 ,-]+\])$')
_SOURCES = ("source", "identity_source")
_HEAD = {
    "zh": (
        "# {title}",
        "#",
        "# 由 {base} 改写。逐项填写：",
        '#   1. 每个“待填”换成本县方案的条款，如 source = "三(二)"；本县方案没有的条目整段删去，多出的照样添加。',
        "#   2. 每个“待核”的数字、日期和编号格式，对照本县方案改正后删去注释。",
        "#   3. 本县方案没有写明而取某种读法的，把该项列入 silent；已写明的从 silent 中删去。",
        "# 随时可查：weigai policy check {file}",
    ),
    "en": (
        "# {title}",
        "#",
        "# Made from {base}. Go through it:",
        '#   1. Put your plan\'s clause for every "TO FILL IN", e.g. source = "3(2)"; take out what your plan has not, add what it has.',
        '#   2. Put every number, date and pattern marked "check" right, and take the remark away.',
        "#   3. Name under silent what your plan does not say and this file decides; take out what it does say.",
        "# Ask at any time: weigai policy check {file}",
    ),
}
_REMARK = {"zh": ("待核，原为", "原为"), "en": ("check; was", "was")}


class County(NamedTuple):
    """The county and the plan of the new file."""

    id: str
    title: tuple[str, str]  # Chinese, English
    county: str  # 6 digits
    name: tuple[str, str]
    year: int
    issued: date


def made_from(base: str, whose: County, *, blank: bool = False, lang: str = "zh", file: str = "") -> str:
    """Return the text of a new policy file made from another's.

    Args:
        base: the text of a policy that is sound.
        blank: put the mark for every number too, the old one beside it.
        lang: the language of the remarks and marks, "zh" or "en".
        file: how the file will be called, for its remarks.
    """
    rows = base.split("\n")
    while rows and (rows[0].startswith("#") or not rows[0]):
        rows.pop(0)
    old = next(found.group(2).strip('"') for row in rows if (found := _KEY.match(row)) and found.group(1) == "id")
    told = {"title": whose.title[lang == "en"], "base": old, "file": file or f"{whose.id}.toml"}
    head = [line.format(**told) for line in _HEAD[lang]]
    return "\n".join([*head, "", *_rows(rows, whose, blank, lang)])


def _rows(rows: list[str], whose: County, blank: bool, lang: str) -> Iterator[str]:
    top, listing = True, False
    for row in rows:
        if listing:  # the other county's townships
            listing = row.strip() != "]"
            continue
        top = top and not row.startswith("[")
        found = _KEY.match(row)
        if found is None:
            yield row
        elif top and found.group(1) == "units":
            listing = not row.rstrip().endswith("]")
        else:
            key, value = found.group(1), found.group(2)
            yield _own(key, value, whose, lang) if top else _row(key, value, blank, lang)


def _own(key: str, value: str, whose: County, lang: str) -> str:
    """Return a line of the file's head."""
    names = {"title": whose.title, "county_name": whose.name}
    plain: dict[str, Any] = {"id": whose.id, "label": whose.id, "county": whose.county, "source": FILL[lang]}
    if key in names:
        zh, en = (_text(name) for name in names[key])
        return f"{key} = {{ zh = {zh}, en = {en} }}"
    if key in ("year", "issued"):
        return f"{key} = {whose.year if key == 'year' else whose.issued.isoformat()}"
    if key in ("first_day", "last_day"):
        return f"# {key} = {value}"
    return f"{key} = {_text(plain[key])}" if key in plain else f"{key} = {value}"


def _row(key: str, value: str, blank: bool, lang: str) -> str:
    """Return a line of a table: its source to be filled in, its number to be checked, its note taken out."""
    check, was = _REMARK[lang]
    if key in _SOURCES:
        return f"{key} = {_text(FILL[lang])} # {was} {value}"
    if key in ("note", "reading"):
        return f"# {key} = {value}"
    if key == "pattern":
        return f"{key} = {value} # {check} {value}"
    if not _NUMBER.match(value):
        return f"{key} = {value}"
    return f"{key} = {_text(FILL[lang]) if blank else value} # {check} {value}"


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def unfilled(value: Any, path: str = "") -> Iterator[Problem]:
    """Yield every value of a policy file that still has to be filled in."""
    if isinstance(value, dict):
        for key, inside in value.items():
            yield from unfilled(inside, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for number, inside in enumerate(value):
            yield from unfilled(inside, f"{path}.{number}")
    elif value in FILL.values():
        yield Problem(path, f"{path}：待填写", f"{path}: still to be filled in")
