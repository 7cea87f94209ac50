"""Say in words what differs between two policies, by step, number, rule and paper."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any, Literal

from ..policy.sourced import Words
from ..words.policy_terms import TABLES
from .phrases import (
    NAMED_BY,
    WORDING,
    both,
    called,
    given,
    is_list,
    is_table,
    key_name,
    name_of,
    of,
    period_of,
    plain,
    summary,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from pydantic import BaseModel

    from ..policy.tables import Policy
    from .phrases import Both

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
    names = [n for n in (type(a).model_fields | type(b).model_fields) if of(a, n) != of(b, n)]
    periods = period_of(a), period_of(b)
    if periods[0] != periods[1]:
        yield Change(_at(path, "days"), "changed", where, name_of("period"), *periods, bare=True)
        names = [name for name in names if name not in ("days", "unit")]
    for name in names:
        yield from _field(path, where, name, of(a, name), of(b, name))


def _field(path: str, where: Both, name: str, a: Any, b: Any) -> Iterator[Change]:
    """Compare one field that differs."""
    here = _at(path, name)
    if name == "silent":
        yield from _silences(here, where, a, b)
    elif is_list(a, b):
        yield from _lists(here, where, name, a, b)
    elif is_table(a) and is_table(b):
        yield from _models(here, _inside(path, where, name, a), a, b)
    elif is_table(a) or is_table(b):
        yield _whole(here, _inside(path, where, name, a or b), name, a, b)
    elif isinstance(a, dict) and isinstance(b, dict):
        for key in (k for k in {**a, **b} if a.get(k) != b.get(k)):
            words = both(lambda lang, key=key: key_name(str(key), lang))  # type: ignore[misc]
            values = _value("", a.get(key)), _value("", b.get(key))
            yield Change(f"{here}.{key}", "changed", _joined(where, name_of(name)), words, *values)
    else:
        wording = name in WORDING or isinstance(a or b, Words)
        yield Change(
            here, "changed", where, name_of(name), _value(name, a), _value(name, b), wording, _delta(name, a, b)
        )


def _lists(path: str, where: Both, table: str, a: Sequence[BaseModel], b: Sequence[BaseModel]) -> Iterator[Change]:
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


def _whole(path: str, where: Both, table: str, old: object, new: object) -> Change:
    inside = both(lambda lang: summary(new or old, lang, NAMED_BY.get(table, ())))
    if old is None:
        return Change(path, "added", where, ("新增", "added"), None, inside)
    return Change(path, "removed", where, ("取消", "removed"), inside, None)


def _silences(path: str, where: Both, a: Iterable[str], b: Iterable[str]) -> Iterator[Change]:
    for name in dict.fromkeys((*a, *b)):
        states = [_SILENT[name not in names] for names in (a, b)]
        if states[0] != states[1]:
            yield Change(f"{path}.{name}", "changed", where, name_of(name), states[0], states[1])
    if set(a) == set(b):
        yield Change(path, "changed", where, name_of("silent"), _value("silent", a), _value("silent", b), True)


def _moved(a: list[str], b: list[str]) -> set[str]:
    """Return the fewest keys that have to move for one order to become the other."""
    kept = SequenceMatcher(None, a, b, autojunk=False).get_matching_blocks()
    return set(a) - {key for block in kept for key in a[block.a : block.a + block.size]}


def _behind(table: str, entries: dict[str, BaseModel], key: str) -> Both:
    keys = list(entries)
    place = keys.index(key)
    if place == 0:
        return "最先", "first"
    zh, en = _entry(_PLAN, table, entries[keys[place - 1]])
    return f"在{zh}之后", f"after {en}"


# ---------------------------------------------------------------------- what belongs to what

_KEYS: dict[str, Callable[[Any], str]] = {
    "steps": lambda e: str(e.key),
    "lacks": lambda e: str(e.step),
    "ways": lambda e: f"{e.action}({e.start[0]})",
    "exemptible": lambda e: f"{e.rule}({e.replaces or ''})",
    "papers": lambda e: f"{e.kind}({e.at}{_when_key(e.when)})",
    "subsidies": lambda e: f"({_when_key(e.when)})",
    "hearings": lambda e: str(e.level),
    "four_eyes": lambda e: "/".join(sorted(e.steps)),
    "changes": lambda e: str(e.first),
    "bands": lambda e: str(e.persons_from),
    "reruns": lambda e: f"{e.state}({e.fields[0]})",
    "payees": lambda e: str(e.builder),
    "silences": lambda e: str(e.about.zh),
    "open_to": lambda e: "/".join([*e.grades, *(["no_house"] if e.no_house else [])]),
    "closed_to": lambda e: "/".join([*e.grades, *(["no_house"] if e.no_house else [])]),
}


def _when_key(when: BaseModel) -> str:
    return "".join(f",{k}={'/'.join(v) if isinstance(v, tuple) else v}" for k, v in given(when))


def _keyed(table: str, entries: Sequence[BaseModel]) -> dict[str, BaseModel]:
    """Return the entries by their keys; of several of one key the later ones are numbered."""
    key_of = _KEYS.get(table, lambda e: str(getattr(e, "id", "") or e))
    seen: Counter[str] = Counter()
    found = {}
    for entry in entries:
        key = key_of(entry)
        seen[key] += 1
        found[key if seen[key] == 1 else f"{key}#{seen[key]}"] = entry
    return found


def _at(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


# ---------------------------------------------------------------------- words


def _joined(where: Both, words: Both) -> Both:
    return words if where == _PLAN else (f"{where[0]}·{words[0]}", f"{where[1]}, {words[1]}")


def _inside(path: str, where: Both, name: str, table: Any) -> Both:
    """Return where a table stands that is no entry of a list: an area, a guard, the numbering."""
    if name == "guards":
        return where
    if path != "guards":
        return _joined(where, TABLES.get(name) or name_of(name))
    rule = f"{table.rule} " if table.rule else ""
    return f"规则 {rule}{name}", f"rule {rule}{name}"


def _entry(where: Both, table: str, entry: BaseModel | None) -> Both:
    """Return how one entry of a list is called."""
    return _joined(where, both(lambda lang: called(table, entry, lang)))


def _value(name: str, value: object) -> Both | None:
    return None if value is None else both(lambda lang: plain(name, value, lang))


def _delta(name: str, a: object, b: object) -> Both | None:
    """Return of two long lists what came and what went."""
    if not (isinstance(a, tuple) and isinstance(b, tuple)) or len(a) + len(b) <= _ARROW:
        return None
    came, went = tuple(v for v in b if v not in a), tuple(v for v in a if v not in b)
    if not came and not went:
        return "次序不同", "in another order"
    zh = [w + plain(name, v, "zh") for w, v in (("增加 ", came), ("去掉 ", went)) if v]
    en = [w + plain(name, v, "en") for w, v in (("with ", came), ("without ", went)) if v]
    return "；".join(zh), "; ".join(en)
