"""Make the sentence of a finding."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from .findings import WORDS
from .ids import field, label

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_SILENT = (
    "（方案未作规定，此处采用方案文件写明的读法。）",
    " (The plan is silent; the policy file chose this reading.)",
)


def sentence(guard: str, values: Mapping[str, Any], *, ok: bool, silent: bool = False, lang: str = "zh") -> str:
    """Return in `lang` ("zh" or "en") what a guard found; `silent` adds that the plan says nothing of it."""
    words = WORDS.get(guard)
    if words is None:
        return guard
    english = lang == "en"
    template = words[(0 if ok else 2) + english]
    said = template.format_map(_Shown(values, lang))
    return said + _SILENT[english] if silent and not ok else said


class _Shown(dict[str, str]):
    """The values of a finding as words, each shown when the template asks for it."""

    def __init__(self, values: Mapping[str, Any], lang: str) -> None:
        super().__init__()
        self._values, self._lang = values, lang

    def __missing__(self, key: str) -> str:
        if key == "fields":
            names = (field(name, self._lang) for name in self._values["missing"])
            return ("; " if self._lang == "en" else "；").join(names)
        if key in _PHRASES:
            return _PHRASES[key](self._values, self._lang)
        value = self._values.get(key)
        if key == "paper" and isinstance(value, str):  # as it is to be typed
            return value
        if key.endswith("_fen") and isinstance(value, int):
            return yuan(value)
        return shown(value, self._lang)


def _period(values: Mapping[str, Any], lang: str) -> str:
    """Return how long a notice hangs; a plan may say no length."""
    english = lang == "en"
    if not values.get("days"):
        return "the time that the plan wants, without a length" if english else "方案要求的公示（未定天数）"
    unit = label(values["unit"], lang) if values["unit"] in ("calendar", "working") else values["unit"]
    return f"{values['days']} {unit}" if english else f"{values['days']} 个{unit}"


def yuan(fen: int) -> str:
    """Return fen as yuan with two decimals."""
    return f"{fen // 100:,}.{fen % 100:02d}"


def _given(values: Mapping[str, Any], lang: str) -> str:
    """Return what an approval said of the amount."""
    fen: int | None = values["given_fen"]
    if fen is None:
        return "no amount is named" if lang == "en" else "没有写明金额"
    said = yuan(fen)
    return f"the amount of {said} yuan is not as the plan sets it" if lang == "en" else f"金额 {said} 元不符合方案"


_AMOUNTS = {  # by the kind of a subsidy
    "fixed": ("应为 {} 元", "must be {} yuan"),
    "ceiling": ("不得高于 {} 元，也不得高于计划造价", "must be no more than {} yuan and the planned cost"),
    "floor": ("不得低于 {} 元", "must not be below {} yuan"),
    "average": ("由审批写明，户均不超过 {} 元", "must be named by the approval, on average no more than {} yuan"),
    "per_m2": ("应为每平方米 {} 元", "must be {} yuan for every m2"),
}


def _amount(values: Mapping[str, Any], lang: str) -> str:
    """Return what a plan wants of an amount."""
    english = lang == "en"
    said = _AMOUNTS[values["kind"]][english].format(f"{values['yuan']:,}")
    most = values.get("most")
    if most is None:
        return said
    return said + (f", and no more than {most:,} yuan" if english else f"，也不得高于 {most:,} 元")


def _bounds(values: Mapping[str, Any], lang: str) -> str:
    """Return what bounds an exemption: its act, its last day; nothing of what it does not name."""
    words = (("act", "；只用于：{}", "; only for: {}"), ("until", "；至：{}", "; until: {}"))
    told = ((en if lang == "en" else zh, values.get(name)) for name, zh, en in words)
    return "".join(said.format(shown(value, lang)) for said, value in told if value is not None)


def _last_day(values: Mapping[str, Any], lang: str) -> str:
    """Return what the last day of an exemption must be, or that the one named is too early."""
    until, first = values.get("until"), shown(values["on"], lang)
    if until is None:
        return f", {first} or later" if lang == "en" else f"，截止日期不得早于 {first}"
    said = shown(until, lang)
    return f"; {said} is before {first}" if lang == "en" else f"；截止日期 {said} 早于 {first}"


_PHRASES: dict[str, Callable[[Mapping[str, Any], str], str]] = {
    "period": _period,
    "wanted_amount": _amount,
    "given_amount": _given,
    "bounds": _bounds,
    "last_day": _last_day,
}


def shown(value: Any, lang: str) -> str:
    """Return a value as words: ids by their names, lists joined, yes and no, areas without needless zeros."""
    english = lang == "en"
    if value is None or value == ():
        return "none" if english else "无"
    if hasattr(value, "guard"):
        return str(value.reason(lang))
    if isinstance(value, bool):
        return ("no", "yes")[value] if english else ("否", "是")[value]
    if hasattr(value, "zh"):
        return str(value.en if english else value.zh)
    if isinstance(value, (tuple, list)):
        return (", " if english else "、").join(shown(v, lang) for v in value)
    if isinstance(value, str):
        parts = value.split("|")
        return (" or " if english else "或").join(label(part, lang) for part in parts)
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value.isoformat() if isinstance(value, date) else str(value)
