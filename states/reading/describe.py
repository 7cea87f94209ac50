"""Describe a policy to an official: every table in the order of the file, with its sources and silences."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..procedure.four_eyes import tables
from ..words.findings import WORDS
from ..words.policy_terms import TABLES
from .phrases import NAMED_BY, called, given, is_list, is_table, name_of, of, period_of, plain, summary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel

    from ..policy.tables import Policy

_HEAD = ("county", "year", "issued", "first_day", "last_day", "source", "units", "other_classes", "label", "format")
_PARTS = {  # how a whole table is headed, where an entry's name is not enough
    "lacks": ("方案没有的环节", "steps that the plan lacks"),
    "steps": ("程序", "procedure"),
    "guards": ("规则", "rules"),
    "silences": ("方案未规定", "the plan is silent on"),
}


class PlanLine(NamedTuple):
    """One line: how deep it stands, what it says, and what is said of it (source, silences, reading, note)."""

    depth: int
    text: str
    remarks: tuple[str, ...] = ()


class PlanPart(NamedTuple):
    """One table of the policy: its name in the file, its heading and its lines."""

    name: str
    title: str
    lines: tuple[PlanLine, ...]


def parts_of(policy: Policy) -> tuple[str, ...]:
    """Return the names of the tables that a policy has."""
    return tuple(name for name, value in given(policy) if is_list(value, value) or is_table(value))


def described(policy: Policy, lang: str = "zh") -> tuple[PlanPart, ...]:
    """Return a policy in words, in `lang` ("zh" or "en"); what the plan lacks first, then its head."""
    parts = [PlanPart("", plain("title", policy.title, lang), tuple(_head(policy, lang)))]
    said = {name: of(policy, name) for name in parts_of(policy)} | {
        "four_eyes": tables(policy)
    }  # also what no file says
    parts += [PlanPart(name, _title(name, lang), tuple(_part(name, value, lang))) for name, value in said.items()]
    parts.sort(key=lambda part: part.name != "lacks")
    return tuple(parts)


def _title(name: str, lang: str) -> str:
    return (_PARTS.get(name) or TABLES.get(name) or (name, name))[lang == "en"]


def _head(policy: Policy, lang: str) -> Iterator[PlanLine]:
    colon = ": " if lang == "en" else "："
    yield PlanLine(0, f"{policy.id}  {plain('county_name', policy.county_name, lang)}")
    for name, value in given(policy):
        if name in _HEAD and value not in ((), None):
            yield PlanLine(0, f"{name_of(name)[lang == 'en']}{colon}{plain(name, value, lang)}")


def _part(name: str, value: BaseModel | tuple[BaseModel, ...], lang: str) -> Iterator[PlanLine]:
    if name == "guards":
        for guard, table in given(value):  # type: ignore[arg-type]
            yield from _entry(0, _rule(guard, lang), "", table, lang)
    elif isinstance(value, tuple):
        for number, entry in enumerate(value, 1):
            title = _own_name(name, entry, lang)
            yield from _entry(0, f"{number}. {title}" if name == "steps" else title, name, entry, lang)
    else:
        yield from _entry(0, _title(name, lang), name, value, lang)


def _own_name(table: str, entry: BaseModel, lang: str) -> str:
    """Return how an entry is called below the heading of its table."""
    kind = TABLES.get(table, ("", ""))[lang == "en"]
    return called(table, entry, lang).removeprefix(kind).strip() or kind


def _rule(guard: str, lang: str) -> str:
    words = WORDS.get(guard)
    return f"{words[lang == 'en'].rstrip('。.')} [{guard}]" if words else guard


def _entry(depth: int, title: str, table: str, entry: BaseModel, lang: str) -> Iterator[PlanLine]:
    """Yield an entry in one line, and what stands inside it below."""
    i = int(lang == "en")
    inner = [(name, value) for name, value in given(entry) if is_table(value) or is_list(value, value)]
    period = period_of(entry)
    said = (*NAMED_BY.get(table, ()), *(name for name, _ in inner), *(("days", "unit") if period else ()))
    inside = ("；", "; ")[i].join([*([period[i]] if period else []), *filter(None, [summary(entry, lang, said)])])
    own = of(entry, "id") or of(entry, "kind" if table == "papers" else "action")
    named = title if own is None or f"[{own}]" in f"[{title}]" else f"{title} [{own}]"
    yield PlanLine(depth, f"{named}{('：', ': ')[i]}{inside}" if inside else named, tuple(_remarks(entry, lang)))
    for name, value in inner:
        for each in value if isinstance(value, tuple) else (value,):
            below = called(name, each, lang) if isinstance(value, tuple) else _title(name, lang)
            yield from _entry(depth + 1, below, name, each, lang)


def _remarks(entry: BaseModel, lang: str) -> Iterator[str]:
    """Yield from where an entry comes, on what of it the plan is silent, how it is read, and what is noted."""
    i = int(lang == "en")
    rules = [str(of(entry, name)) for name in ("rule", "identity_rule") if of(entry, name)]
    sources = [str(of(entry, name)) for name in ("source", "identity_source") if of(entry, name)]
    if sources:
        yield ("；", "; ")[i].join(sources) + (("（{}）", " ({})")[i].format(", ".join(rules)) if rules else "")
    if of(entry, "step") and of(entry, "silent"):
        yield ("方案未提及", "the plan does not mention it")[i]
    elif silent := of(entry, "silent"):
        taken = (f"{name_of(name)[i]} {plain(name, of(entry, name), lang)}" for name in silent)
        yield ("方案未定，取：", "the plan is silent; taken as: ")[i] + ("、", ", ")[i].join(taken)
    for name in ("reading", "note"):
        if of(entry, name) and of(entry, name) != "undetermined":
            yield f"{name_of(name)[i]}{('：', ': ')[i]}{of(entry, name)}"
