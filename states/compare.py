"""What differs between two policies, in words: by step, number, rule and paper; wording apart from substance."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel

from .labels import label
from .policy import When, Words
from .reasons import shown
from .terms import COUNTED, DAYS, FIELDS, NOT, STEPS, TABLES, VALUES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from .policy import Policy

Both = tuple[str, str]  # Chinese, English

# What a table says of itself and no decision rests on; so are the names of things (`Words`).
WORDING = frozenset({"source", "note", "reading", "rule", "identity_rule", "identity_source", "label", "id", "title"})
# Tables in which the order decides something: the road, and where the first that fits holds.
ORDERED = frozenset({"steps", "subsidies", "lines", "instalments", "first"})
_SILENT: tuple[Both, Both] = (("方案未定", "the plan is silent"), ("已定", "settled"))
_PLAN: Both = ("方案", "plan")
_ARROW = 6  # up to so many values in all, a list is shown before and after; above, what came and what went


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: at which path, where and what in words, and the value before and after.

    `only_words`: of sources, notes and names alone. `brief`: of a long list, what came and went. `bare`: the values
    speak for themselves.
    """

    path: str
    kind: Literal["changed", "added", "removed", "moved"]
    where: Both
    what: Both
    old: Both | None
    new: Both | None
    only_words: bool = False
    brief: Both | None = None
    bare: bool = False

    def sentence(self, lang: str = "zh") -> str:
        """Return the change as one line in `lang`."""
        i = int(lang == "en")
        arrow, colon = (("→", "："), ("->", ": "))[i]
        old, new = (v[i] if v else ("无", "none")[i] for v in (self.old, self.new))
        if self.kind in ("added", "removed"):
            inside = new if self.kind == "added" else old
            more = ("（{}）", " ({})")[i].format(inside) if inside else ""
            return f"{self.where[i]}{colon}{self.what[i]}{more}"
        if self.kind == "moved":
            return f"{self.where[i]}{colon}{self.what[i]}{colon}{old} {arrow} {new}"
        words = self.brief[i] if self.brief else f"{old} {arrow} {new}"
        return f"{self.where[i]}{colon}{words if self.bare else f'{self.what[i]} {words}'}"


def compare(a: Policy, b: Policy) -> tuple[Change, ...]:
    """Return every difference of two policies, those of wording alone at the end; none if they are equal."""
    found = list(_models("", _PLAN, a, b))
    return tuple(sorted(found, key=lambda change: change.only_words))


def _models(path: str, where: Both, a: BaseModel, b: BaseModel) -> Iterator[Change]:
    """Compare two tables field by field."""
    names = [n for n in (type(a).model_fields | type(b).model_fields) if _of(a, n) != _of(b, n)]
    periods = _period(a), _period(b)
    if periods[0] != periods[1]:
        yield Change(_at(path, "days"), "changed", where, _name("period"), *periods, bare=True)
        names = [name for name in names if name not in ("days", "unit")]
    for name in names:
        yield from _field(path, where, name, _of(a, name), _of(b, name))


def _field(path: str, where: Both, name: str, a: Any, b: Any) -> Iterator[Change]:
    """Compare one field that differs."""
    here = _at(path, name)
    if name == "silent":
        yield from _silences(here, where, a, b)
    elif _entries(a, b):
        yield from _lists(here, where, name, a, b)
    elif _table(a) and _table(b):
        yield from _models(here, _inside(path, where, name, a), a, b)
    elif _table(a) or _table(b):
        yield _whole(here, _inside(path, where, name, a or b), name, a, b)
    elif isinstance(a, dict) and isinstance(b, dict):
        for key in (k for k in {**a, **b} if a.get(k) != b.get(k)):
            words = _both(lambda lang, key=key: _key_name(str(key), lang))  # type: ignore[misc]
            values = _value("", a.get(key)), _value("", b.get(key))
            yield Change(f"{here}.{key}", "changed", _joined(where, _name(name)), words, *values)
    else:
        wording = name in WORDING or isinstance(a or b, Words)
        yield Change(here, "changed", where, _name(name), _value(name, a), _value(name, b), wording, _delta(name, a, b))


def _lists(path: str, where: Both, table: str, a: Sequence[Any], b: Sequence[Any]) -> Iterator[Change]:
    """Compare two lists of tables, entry by entry of one key."""
    before, after = _keyed(table, a), _keyed(table, b)
    moved = _moved([k for k in before if k in after], [k for k in after if k in before])
    for key in [*before, *(k for k in after if k not in before)]:
        old, new = before.get(key), after.get(key)
        here, named = f"{path}.{key}", _entry(where, table, new or old)
        if old is None or new is None:
            yield _whole(here, named, table, old, new)
            continue
        if key in moved:
            first, then = (_behind(table, entries, key) for entries in (before, after))
            yield Change(here, "moved", named, ("移动", "moved"), first, then, table not in ORDERED)
        if old != new:
            yield from _models(here, named, old, new)


def _whole(path: str, where: Both, table: str, old: Any, new: Any) -> Change:
    inside = _both(lambda lang: _summary(new or old, lang, _NAMED_BY.get(table, ())))
    if old is None:
        return Change(path, "added", where, ("新增", "added"), None, inside)
    return Change(path, "removed", where, ("取消", "removed"), inside, None)


def _silences(path: str, where: Both, a: Iterable[str], b: Iterable[str]) -> Iterator[Change]:
    for name in dict.fromkeys((*a, *b)):
        states = [_SILENT[name not in names] for names in (a, b)]
        if states[0] != states[1]:
            yield Change(f"{path}.{name}", "changed", where, _name(name), states[0], states[1])
    if set(a) == set(b):
        yield Change(path, "changed", where, _name("silent"), _value("silent", a), _value("silent", b), True)


def _moved(a: list[str], b: list[str]) -> set[str]:
    """Return the fewest keys that have to move for one order to become the other."""
    kept = SequenceMatcher(None, a, b, autojunk=False).get_matching_blocks()
    return set(a) - {key for block in kept for key in a[block.a : block.a + block.size]}


def _behind(table: str, entries: dict[str, Any], key: str) -> Both:
    keys = list(entries)
    place = keys.index(key)
    if place == 0:
        return "最先", "first"
    zh, en = _entry(_PLAN, table, entries[keys[place - 1]])
    return f"在{zh}之后", f"after {en}"


# ---------------------------------------------------------------------- what belongs to what

_KEYS: dict[str, Callable[[Any], str]] = {
    "steps": lambda e: str(e.key),
    "ways": lambda e: f"{e.action}({e.start[0]})",
    "papers": lambda e: f"{e.kind}({e.at}{_when_key(e.when)})",
    "subsidies": lambda e: f"({_when_key(e.when)})",
    "hearings": lambda e: str(e.level),
    "changes": lambda e: str(e.first),
    "bands": lambda e: str(e.persons_from),
    "reruns": lambda e: f"{e.state}({e.fields[0]})",
    "payees": lambda e: str(e.builder),
    "silences": lambda e: str(e.about.zh),
    "open_to": lambda e: "/".join([*e.grades, *(["no_house"] if e.no_house else [])]),
    "closed_to": lambda e: "/".join([*e.grades, *(["no_house"] if e.no_house else [])]),
}
# What the name of an entry says already.
_NAMED_BY = {
    "steps": ("kind", "level", "part"),
    "ways": ("action",),
    "papers": ("kind", "at"),
    "subsidies": ("when",),
    "hearings": ("level",),
    "open_to": ("grades", "no_house"),
    "closed_to": ("grades", "no_house"),
}


def _when_key(when: BaseModel) -> str:
    return "".join(f",{k}={'/'.join(v) if isinstance(v, tuple) else v}" for k, v in _given(when))


def _keyed(table: str, entries: Sequence[Any]) -> dict[str, Any]:
    """Return the entries by their keys; of several of one key the later ones are numbered."""
    key_of = _KEYS.get(table, lambda e: str(getattr(e, "id", "") or e))
    seen: Counter[str] = Counter()
    found = {}
    for entry in entries:
        key = key_of(entry)
        seen[key] += 1
        found[key if seen[key] == 1 else f"{key}#{seen[key]}"] = entry
    return found


def _entries(a: Any, b: Any) -> bool:
    """Return whether two values are lists of tables."""
    return isinstance(a, tuple) and isinstance(b, tuple) and any(isinstance(e, BaseModel) for e in (*a, *b))


def _table(value: Any) -> bool:
    return isinstance(value, BaseModel) and not isinstance(value, (Words, When))


def _of(table: BaseModel, name: str) -> Any:
    return getattr(table, name, None)


def _given(table: BaseModel) -> list[tuple[str, Any]]:
    """Return the fields in which a table says something else than what holds without it."""
    fields = type(table).model_fields
    return [(n, _of(table, n)) for n in fields if fields[n].is_required() or _of(table, n) != fields[n].get_default()]


def _at(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


# ---------------------------------------------------------------------- words


def _both(words: Callable[[str], str]) -> Both:
    return words("zh"), words("en")


def _name(field: str) -> Both:
    return FIELDS.get(field) or TABLES.get(field) or (field, field)


def _joined(where: Both, words: Both) -> Both:
    return words if where == _PLAN else (f"{where[0]}·{words[0]}", f"{where[1]}, {words[1]}")


def _inside(path: str, where: Both, name: str, table: Any) -> Both:
    """Return where a table stands that is no entry of a list: an area, a guard, the numbering."""
    if name == "guards":
        return where
    if path != "guards":
        return _joined(where, TABLES.get(name) or _name(name))
    rule = f"{table.rule} " if table.rule else ""
    return f"规则 {rule}{name}", f"rule {rule}{name}"


def _entry(where: Both, table: str, entry: Any) -> Both:
    """Return how one entry of a list is called."""
    return _joined(where, _both(lambda lang: _called(table, entry, lang)))


def _called(table: str, entry: Any, lang: str) -> str:
    i = int(lang == "en")
    kind = TABLES.get(table, (table, table))[i]
    if table == "steps":
        return STEPS[entry.key][i] if entry.key in STEPS else label(entry.key, lang)
    if table == "ways":
        inside = (f"（自{_plain('', entry.start[0], lang)}）", f" (from {_plain('', entry.start[0], lang)})")[i]
        return f"{kind} {label(entry.action, lang)}{inside}"
    if table == "papers":
        return f"{kind} {shown(entry.name, lang)}" + ("（{}）", " ({})")[i].format(label(entry.at, lang))
    if table == "subsidies":
        return f"{kind}" + ("（{}）", " ({})")[i].format(_when(entry.when, lang))
    if table in ("open_to", "closed_to"):
        house = [FIELDS["no_house"][i]] if entry.no_house else []
        return f"{kind} {'/'.join([*entry.grades, *house])}"
    for name in ("name", "about"):
        if isinstance(_of(entry, name), Words):
            return f"{kind} {shown(_of(entry, name), lang)}"
    known = next((str(_of(entry, n)) for n in ("id", "level", "state", "builder") if _of(entry, n)), "")
    return f"{kind} {_plain('level' if known == _of(entry, 'level') else '', known, lang)}"


def _key_name(key: str, lang: str) -> str:
    return _name(key)[lang == "en"] if key in FIELDS else label(key, lang)


def _period(table: Any) -> Both | None:
    """Return the days of a table that says in which unit they are counted."""
    if getattr(table, "days", None) is None or "unit" not in type(table).model_fields:
        return None
    zh, en = DAYS.get(table.unit, DAYS["calendar"])
    return zh.format(table.days), en.format(table.days)


def _value(name: str, value: Any) -> Both | None:
    return None if value is None else _both(lambda lang: _plain(name, value, lang))


def _plain(name: str, value: Any, lang: str) -> str:
    """Return one value in words, with what it counts."""
    i = int(lang == "en")
    if isinstance(value, str):
        steps = STEPS.get(value) if name in ("first", "without") else None
        words = steps or VALUES.get((name, value)) or VALUES.get(("", value))
        text = words[i] if words else value if name in WORDING or name == "units" else label(value, lang)
    elif isinstance(value, tuple) and value:
        parts = [
            "/".join(_plain(name, w, lang) for w in v) if isinstance(v, tuple) else _plain(name, v, lang) for v in value
        ]
        return ("、", ", ")[i].join(parts)
    elif isinstance(value, dict):
        return ("、", ", ")[i].join(f"{_key_name(str(k), lang)} {_plain('', v, lang)}" for k, v in value.items())
    elif isinstance(value, BaseModel) and not isinstance(value, Words):
        called = f"{_of(value, 'id')}: " if _of(value, "id") else ""
        return _when(value, lang) if isinstance(value, When) else f"[{called}{_summary(value, lang)}]"
    else:
        text = shown(value, lang)
    counted = COUNTED.get(name) if value is not None and not isinstance(value, (bool, tuple)) else None
    return counted[i].format(text) if counted else text


def _when(when: BaseModel, lang: str) -> str:
    """Return to whom a table applies."""
    i = int(lang == "en")
    parts = []
    for name, value in _given(when):
        word, other = _name(name)[i], NOT.get(name, ("", ""))[i]
        yes_or_no = word if value else other or ("非", "not ")[i] + word
        parts.append(yes_or_no if isinstance(value, bool) else f"{word} {_plain('', value, lang)}")
    return ("，", ", ")[i].join(parts) or ("各户", "every household")[i]


def _summary(table: Any, lang: str, named: Iterable[str] = ()) -> str:
    """Return what a table says, without its sources, its name and what is `named` already."""
    i = int(lang == "en")
    skipped = {*WORDING, *named, "silent", "name", "about"}
    given = [(name, value) for name, value in _given(table) if name not in skipped and value not in ({}, ())]
    return ("；", "; ")[i].join(f"{_name(name)[i]} {_plain(name, value, lang)}" for name, value in given)


def _delta(name: str, a: Any, b: Any) -> Both | None:
    """Return of two long lists what came and what went."""
    if not (isinstance(a, tuple) and isinstance(b, tuple)) or len(a) + len(b) <= _ARROW:
        return None
    came, went = tuple(v for v in b if v not in a), tuple(v for v in a if v not in b)
    if not came and not went:
        return "次序不同", "in another order"
    zh = [w + _plain(name, v, "zh") for w, v in (("增加 ", came), ("去掉 ", went)) if v]
    en = [w + _plain(name, v, "en") for w, v in (("with ", came), ("without ", went)) if v]
    return "；".join(zh), "; ".join(en)
