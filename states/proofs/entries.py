"""Check the single values of a policy file: their types, their size, their days, and that nothing is left to fill in."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from string import Formatter
from typing import TYPE_CHECKING, Any

from ..values import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..policy.tables import Numbering, Policy

LARGEST = 9_999_999  # of any number of a plan, in yuan, m2, days or households
_NUMBER = re.compile(r"[0-9]{1,7}(\.[0-9]{1,2})?")
_WAN = re.compile(r"[0-9]{1,8}(\.[0-9]{1,6})?")
_WRITTEN = re.compile(r"[+-]?[0-9]{1,7}|(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})")  # longer digits are a code
_EMPTY = re.compile(
    r"[\s?？.…。·*_-]*|[xX]{2,}|待(填|补|定|核|查|写).*|略|无|不详|未知|to fill in|todo|tbd|tba|n/?a", re.IGNORECASE
)
_MARK = re.compile(r"#[ \t]*(待核，|check; )")
_YEARS = range(1990, 2101)
_EARLIER, _LATER = 10, 30  # years between the plan's own and a day that it names
_KINDS: dict[type, tuple[str, str]] = {
    bool: ("应为 true 或 false，不加引号", "write true or false, without quotes"),
    int: ("应为整数，不加引号，也不写 true、false", "write a whole number without quotes, and not true or false"),
    date: ("应为日期 YYYY-MM-DD，不加引号", "write a date as YYYY-MM-DD, without quotes"),
}


def mistyped(written: Any, made: Any, path: str = "") -> Iterator[Problem]:
    """Yield each value that was read as something else than what is written: true as 1, "15" as 15."""
    if isinstance(written, dict) and isinstance(made, dict):
        for key, value in written.items():
            yield from mistyped(value, made.get(key), f"{path}.{key}" if path else key)
    elif isinstance(written, (list, tuple)) and isinstance(made, (list, tuple)):
        for number, (value, read) in enumerate(zip(written, made, strict=True)):
            yield from mistyped(value, read, f"{path}.{number}")
    elif type(made) in _KINDS and type(written) is not type(made):
        zh, en = _KINDS[type(made)]
        yield Problem(path, f"{path}：{zh}", f"{path}: {en}")
    elif isinstance(made, Decimal) and not _NUMBER.fullmatch(str(written)):
        zh = f"{path}：至多两位小数，不超过 {LARGEST}"
        yield Problem(path, zh, f"{path}: at most two decimals, and no more than {LARGEST}")
    elif type(made) is int and not path.endswith("year") and not 0 <= made <= LARGEST:
        yield Problem(path, f"{path}：应在 0 至 {LARGEST} 之间", f"{path}: must lie between 0 and {LARGEST}")


def numbers_as_texts(policy: Policy) -> Iterator[Problem]:
    """Yield each value of a duty that is a whole number or a day, and is written as a text."""
    for at, duty in enumerate(policy.duties):
        for name, value in duty.values.items():
            kinds = [_meant(one) for one in (value if isinstance(value, tuple) else (value,))]
            for zh, en in filter(None, kinds):
                path = f"duties.{at}.values.{name}"
                yield Problem(path, f"{path}：{zh}", f"{path}: {en}")


def _meant(value: object) -> tuple[str, str] | None:
    """Return how a text is to be written that is a whole number or a day; None for every other value."""
    found = _WRITTEN.fullmatch(value.strip()) if isinstance(value, str) else None
    return found and _KINDS[date if found["day"] else int]


def empty(written: Any, path: str = "") -> Iterator[Problem]:
    """Yield each text that says nothing: a source without a clause, a name without a word."""
    if isinstance(written, dict):
        for key, value in written.items():
            yield from empty(value, f"{path}.{key}" if path else key)
    elif isinstance(written, list):
        for number, value in enumerate(written):
            yield from empty(value, f"{path}.{number}")
    elif isinstance(written, str) and not _says(written, path):
        yield Problem(
            path,
            f"{path}：没有内容；请写明，如出处写方案的条款 三(二)",
            f"{path}: says nothing; write it, e.g. the plan's clause 3(2) as the source",
        )


def _says(text: str, path: str) -> bool:
    """Tell whether a text has words; of a source, whether they name something."""
    if path.endswith("source"):
        return _EMPTY.fullmatch(text.strip()) is None
    return bool(text.strip())


def marked(content: str) -> Iterator[Problem]:
    """Yield each number of a draft that still has its mark, because nobody compared it with the county's own plan."""
    for number, row in enumerate(content.split("\n"), start=1):
        if _MARK.search(row):
            key = row.split("=")[0].strip()
            zh = f"{key}：还没有核对；对照本县方案改正后，删去行末的“# 待核”注释"
            en = f"{key}: not checked yet; compare it with your plan, put it right, and take the remark away"
            yield Problem(None, zh, en, number)


def years(policy: Policy) -> Iterator[Problem]:
    """Yield a year, and days, in which no plan is carried out."""
    if policy.year not in _YEARS:
        zh, en = f"year：{policy.year} 不是方案的年度", f"year: {policy.year} is not the year of a plan"
        yield Problem("year", zh, en)
        return
    for path, day in _days(policy.model_dump(exclude_unset=True), ""):
        if not policy.year - _EARLIER <= day.year <= policy.year + _LATER:
            zh, en = (
                f"{path}：{day} 与方案年度 {policy.year} 不符",
                f"{path}: {day} does not fit the plan's year {policy.year}",
            )
            yield Problem(path, zh, en)


def _days(value: Any, path: str) -> Iterator[tuple[str, date]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, tuple) else ()
    for key, held in inside:
        yield from _days(held, f"{path}.{key}" if path else str(key))
    if isinstance(value, date):
        yield path, value


def spans(policy: Policy) -> Iterator[Problem]:
    """Yield what ends before it begins."""
    spans = [("last_day", policy.first_day, policy.last_day)]
    spans += [(f"stages.{at}.last", stage.first, stage.last) for at, stage in enumerate(policy.stages)]
    spans += [(f"duties.{at}.last_due", duty.first_due, duty.last_due) for at, duty in enumerate(policy.duties)]
    for path, first, last in spans:
        if first is not None and last is not None and last < first:
            yield Problem(
                path, f"{path}：止于 {last}，早于起日 {first}", f"{path}: ends on {last}, before it begins on {first}"
            )


def numbering(policy: Policy) -> Iterator[Problem]:
    """Yield what of the pattern of archive numbers cannot be filled in, or gives several files the same number."""
    rule, path = policy.numbering, "numbering.pattern"
    try:
        parts = [part for part in Formatter().parse(rule.pattern) if part[1] is not None]
    except ValueError:
        yield Problem(path, f"{path}：花括号不成对", f"{path}: a brace has no partner")
        return
    known = ("{year}", "{county}", "{township}", "{village}", "{township_name}", "{village_name}", "{number}")
    for name in (
        f"{{{part[1]}{'!' + part[3] if part[3] else ''}{':' + part[2] if part[2] else ''}}}" for part in parts
    ):
        if name not in known:
            every = " ".join(known)
            yield Problem(
                path, f"{path}：没有 {name}（可用：{every}）", f"{path}: no such value: {name} (known: {every})"
            )
    yield from _repeats(rule, {str(part[1]).removesuffix("_name") for part in parts})


def _repeats(rule: Numbering, shown: set[str]) -> Iterator[Problem]:
    enough: Mapping[str, set[str]] = {"county": {"number"}, "township": {"township", "village"}, "village": {"village"}}
    if not shown & enough[rule.per]:
        zh = f"numbering：编号按 {rule.per} 分别计数，pattern 却不含 {{{rule.per}}}，几份档案会同号"
        en = f"numbering: numbers are counted per {rule.per}, but the pattern has no {{{rule.per}}}: files get the same number"
        yield Problem("numbering.pattern", zh, en)


def planned_sums(policy: Policy) -> Iterator[Problem]:
    """Yield each planned sum that is finer than a fen or larger than any plan's."""
    for at, line in enumerate(policy.lines):
        if line.planned_wan is not None and not _WAN.fullmatch(line.planned_wan):
            path = f"lines.{at}.planned_wan"
            zh = f"{path}：至多八位整数、六位小数（万元）"
            yield Problem(path, zh, f"{path}: at most eight digits before the point and six behind it (10,000 yuan)")
