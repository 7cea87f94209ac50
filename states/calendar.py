"""Count legal periods in calendar and working days (Asia/Shanghai), and find the first allowed moment.

Counting days of the calendar never needs holiday data. Working days and rolling do: a year without official
data is undetermined and refused, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from . import arguments as given
from . import input_files as handed_in
from .errors import InputRefused, YearUndetermined
from .texts import decoded

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# Record times are of today; China's summer time (1986-1991) is long past, so a fixed offset is exact.
SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
_DAY = timedelta(days=1)
_LARGEST_FILE = handed_in.MB


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """How the days of a period are counted.

    Args:
        days: how many whole days it lasts.
        unit: "calendar" or "working".
        count_posting_day: whether the day of posting is the first day.
        roll: whether a last day on a day off moves to the next working day.
    """

    days: int
    unit: str = "calendar"
    count_posting_day: bool = False
    roll: bool = False

    def __post_init__(self) -> None:
        given.whole(self.days, "period.days")
        if self.unit not in ("calendar", "working"):
            raise given.refused("period.unit", "应为 calendar 或 working。", "pass calendar or working.")
        given.flag(self.count_posting_day, "period.count_posting_day")
        given.flag(self.roll, "period.roll")


@dataclass(frozen=True, slots=True)
class Calendar:
    """The working days by official data; every deadline records the `version` of the data with which it was computed."""

    version: str
    years: Mapping[int, tuple[frozenset[date], frozenset[date]]] = field(default_factory=dict)
    official_years: Callable[[date], bool] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "version", given.identifier(self.version, "calendar.version"))
        if not isinstance(self.years, Mapping):
            raise given.refused(
                "calendar.years", "应为映射：年份和它的日子。", "pass a mapping of years with their days."
            )
        if not (self.official_years is None or callable(self.official_years)):
            raise given.refused("calendar.official_years", "应为函数或 None。", "pass a function, or None.")

    @classmethod
    def official(cls) -> Calendar:
        """Return the calendar of the chinesecalendar package."""
        return _official()

    @classmethod
    def from_file(cls, path: Path) -> Calendar:
        """Return a calendar read from a JSON file; years that it does not have come from the package.

        The file: {"version": str, "years": {"2027": {"off": [dates], "work": [dates], "sources": [str]}}}.

        Raises:
            InputRefused: the file is not readable or not of that form.
        """
        path = given.path(path, "path")
        try:
            found = handed_in.json_of(decoded(handed_in.content(path, _LARGEST_FILE), path.name))
            years = {int(year): _year(int(year), days) for year, days in found["years"].items()}
            version = found["version"] if isinstance(found["version"], str) else ""
            extra = set(found) - {"version", "years"}
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, InputRefused):
            extra, years, version = {"?"}, {}, ""
        if extra or not version:
            raise InputRefused(
                f"日历文件 {path.name} 不符合格式：应含 version 和 years（off、work、sources）。",
                f"calendar file {path.name} has the wrong form: it must have version, and years with off, work, "
                "sources.",
            )
        official = _official()
        return cls(f"{version}+{official.version}", years, official.is_working)

    def is_working(self, day: date) -> bool:
        """Tell whether `day` is a working day (make-up weekends are, holidays are not).

        Raises:
            YearUndetermined: there is no official data for the year.
        """
        if day.year in self.years:
            off, work = self.years[day.year]
            return day in work or (day.weekday() < 5 and day not in off)
        if self.official_years is None:
            raise YearUndetermined(day.year, self.version)
        return self.official_years(day)


def _year(year: int, days: dict[str, Any]) -> tuple[frozenset[date], frozenset[date]]:
    if set(days) - {"off", "work", "sources"} or not days.get("sources"):
        raise ValueError(year)
    off = frozenset(parse_date(day) for day in days.get("off", ()))
    work = frozenset(parse_date(day) for day in days.get("work", ()))
    if any(day.year != year for day in off | work) or off & work:
        raise ValueError(year)
    return off, work


@lru_cache(maxsize=1)
def _official() -> Calendar:
    name = f"chinesecalendar {version('chinesecalendar')}"

    def worked(day: date) -> bool:
        import chinese_calendar

        try:
            return bool(chinese_calendar.is_workday(day))
        except NotImplementedError:
            raise YearUndetermined(day.year, name) from None

    return Calendar(name, {}, worked)


def out_of_range() -> InputRefused:
    """Return the refusal of a day before or after every calendar, or of one that leads there."""
    return InputRefused("日期或数字超出范围。", "a date or number is out of range.")


def last_day(posted: date, period: Period, calendar: Calendar) -> date:
    """Return the last day on which a notice posted on `posted` must still hang, to 24:00.

    Raises:
        YearUndetermined: working days or rolling need a year without official data.
        InputRefused: the period ends after the year 9999.
    """
    try:
        if period.unit == "calendar":
            day = posted + _DAY * (period.days - int(period.count_posting_day))
        else:
            day = _working(posted, period, calendar)
        while period.roll and not calendar.is_working(day):
            day += _DAY
    except OverflowError:
        raise out_of_range() from None
    return day


def _working(posted: date, period: Period, calendar: Calendar) -> date:
    day = posted if period.count_posting_day else posted + _DAY
    left = period.days
    last = day - _DAY
    while left > 0:
        if calendar.is_working(day):
            left -= 1
        last = day
        day += _DAY
    return last


def first_allowed(posted: date, period: Period, calendar: Calendar) -> date:
    """Return the first day, from 00:00 Asia/Shanghai, on which the next step may happen."""
    posted = given.day(posted, "posted")
    try:
        return last_day(posted, period, calendar) + _DAY
    except OverflowError:
        raise out_of_range() from None


def counted_with(period: Period, calendar: Calendar) -> str:
    """Return the name of the data that a period is counted with: "gregorian" where none is needed."""
    return calendar.version if period.unit == "working" or period.roll else "gregorian"


def parse_date(text: str) -> date:
    """Read a date written YYYY-MM-DD, and in no other way.

    Raises:
        InputRefused: the text is not a date of that form.
    """
    found = given.written(text) if isinstance(text, str) else None
    if found is not None:
        return found
    shown = text if isinstance(text, str) and re.fullmatch(r"[0-9/.:TW-]{1,20}", text, re.ASCII) else ""
    raise InputRefused(
        f"日期{f' {shown} ' if shown else ''}无效：应写作 YYYY-MM-DD，且为实际存在的日期。",
        f"{shown or 'that'} is not a date: write YYYY-MM-DD, a day that exists.",
    )


def shanghai_date(moment: datetime) -> date:
    """Return the date in Asia/Shanghai of a moment with a time zone."""
    return _zoned(moment).astimezone(SHANGHAI).date()


def shanghai_text(moment: datetime) -> str:
    """Return a moment with a time zone as people in Asia/Shanghai read it, to the second."""
    return _zoned(moment).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


def utc_text(moment: datetime) -> str:
    """Return a moment with a time zone as UTC text, e.g. 2019-06-16T01:30:00.000000Z."""
    return _zoned(moment).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _zoned(moment: datetime) -> datetime:
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise given.refused(
            "now", "时钟应返回带时区的 datetime。", "the clock must return a datetime with a time zone."
        )
    return moment


def years_after(day: date, years: int) -> date:
    """Return the day on which a period of years that began on `day` ends (the month's last day for 29 February).

    Raises:
        InputRefused: the period ends after the year 9999.
    """
    if day.year + years > date.max.year:
        raise out_of_range()
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
