"""Legal periods: the table of the background, an independent day-by-day count, and years without data."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st
from weigai.states.calendar import (
    Calendar,
    Period,
    counted_with,
    first_allowed,
    last_day,
    parse_date,
    shanghai_date,
    utc_text,
    years_after,
)
from weigai.states.errors import InputRefused, YearUndetermined

OFFICIAL = Calendar.official()
COLUMNS = {
    "posting day counted": Period(days=5, count_posting_day=True),
    "calendar days": Period(days=5),
    "calendar days, rolled": Period(days=5, roll=True),
    "working days": Period(days=5, unit="working"),
}
TABLE = {
    "2019-06-10": ("2019-06-15", "2019-06-16", "2019-06-18", "2019-06-18"),
    "2019-06-03": ("2019-06-08", "2019-06-09", "2019-06-11", "2019-06-12"),
    "2019-04-25": ("2019-04-30", "2019-05-01", "2019-05-01", "2019-05-06"),
    "2019-04-26": ("2019-05-01", "2019-05-02", "2019-05-06", "2019-05-07"),
    "2019-04-30": ("2019-05-05", "2019-05-06", "2019-05-06", "2019-05-10"),
    "2019-09-27": ("2019-10-02", "2019-10-03", "2019-10-09", "2019-10-11"),
    "2024-04-28": ("2024-05-03", "2024-05-04", "2024-05-07", "2024-05-09"),
    "2025-01-21": ("2025-01-26", "2025-01-27", "2025-01-27", "2025-01-28"),
    "2026-02-10": ("2026-02-15", "2026-02-16", "2026-02-25", "2026-02-25"),
    "2026-09-18": ("2026-09-23", "2026-09-24", "2026-09-24", "2026-09-25"),
}
CELLS = [(p, c, days[i]) for p, days in TABLE.items() for i, c in enumerate(COLUMNS)]


@pytest.mark.parametrize(("posted", "column", "first"), CELLS)
def test_the_table_of_the_background(posted: str, column: str, first: str) -> None:
    assert first_allowed(date.fromisoformat(posted), COLUMNS[column], OFFICIAL) == date.fromisoformat(first)


def counted_by_hand(posted: date, period: Period) -> date:
    """Count as a person would with a wall calendar, day by day."""
    left, day = period.days, posted
    if period.count_posting_day and left and (period.unit == "calendar" or chinese_calendar.is_workday(day)):
        left -= 1
    shown = day if period.days or not period.count_posting_day else day - timedelta(days=1)
    while left:
        day += timedelta(days=1)
        if period.unit == "calendar" or chinese_calendar.is_workday(day):
            left -= 1
        shown = day
    while period.roll and not chinese_calendar.is_workday(shown):
        shown += timedelta(days=1)
    return shown + timedelta(days=1)


periods = st.builds(
    Period,
    days=st.integers(0, 30),
    unit=st.sampled_from(["calendar", "working"]),
    count_posting_day=st.booleans(),
    roll=st.booleans(),
)
days = st.dates(date(2004, 2, 1), date(2026, 10, 1))


@given(days, periods)
def test_every_period_is_what_a_count_by_hand_gives(posted: date, period: Period) -> None:
    assert first_allowed(posted, period, OFFICIAL) == counted_by_hand(posted, period)


@given(days, periods)
def test_a_longer_period_never_ends_earlier(posted: date, period: Period) -> None:
    longer = Period(
        days=period.days + 1, unit=period.unit, count_posting_day=period.count_posting_day, roll=period.roll
    )
    assert first_allowed(posted, longer, OFFICIAL) >= first_allowed(posted, period, OFFICIAL)


def test_calendar_days_need_no_holiday_data() -> None:
    assert first_allowed(date(2031, 6, 10), Period(days=5), OFFICIAL) == date(2031, 6, 16)
    assert counted_with(Period(days=5), OFFICIAL) == "gregorian"
    assert counted_with(Period(days=5, roll=True), OFFICIAL).startswith("chinesecalendar ")


@pytest.mark.parametrize("period", [Period(days=5, unit="working"), Period(days=5, roll=True)])
def test_a_year_without_data_is_refused_with_the_way_out(period: Period) -> None:
    with pytest.raises(YearUndetermined, match="WEIGAI_CALENDAR") as refused:
        first_allowed(date(2026, 12, 30), period, OFFICIAL)
    assert refused.value.year == 2027


def calendar_file(folder: Path, years: object, **more: object) -> Path:
    path = folder / "calendar.json"
    path.write_text(json.dumps({"version": "own-1", "years": years, **more}), encoding="utf-8")
    return path


def test_a_calendar_file_gives_the_missing_year_and_names_itself(tmp_path: Path) -> None:
    own = {"2027": {"off": ["2027-01-01"], "work": ["2027-01-03"], "sources": ["gov.cn"]}}
    calendar = Calendar.from_file(calendar_file(tmp_path, own))
    assert not calendar.is_working(date(2027, 1, 1))
    assert calendar.is_working(date(2027, 1, 3))
    assert not calendar.is_working(date(2027, 1, 2))
    assert not calendar.is_working(date(2019, 6, 7))  # years that it does not have come from the package
    assert counted_with(Period(days=5, unit="working"), calendar).startswith("own-1+chinesecalendar")


def test_a_calendar_changed_in_mid_year_changes_new_deadlines(tmp_path: Path) -> None:
    old = {"2019": {"off": ["2019-05-01"], "work": [], "sources": ["2018-12-06"]}}
    before = Calendar.from_file(calendar_file(tmp_path, old))
    period = Period(days=5, unit="working")
    assert first_allowed(date(2019, 4, 26), period, before) == date(2019, 5, 7)
    assert first_allowed(date(2019, 4, 30), period, before) != first_allowed(date(2019, 4, 30), period, OFFICIAL)


@pytest.mark.parametrize(
    "years",
    [
        {"2027": {"off": ["2027-1-1"], "sources": ["x"]}},
        {"2027": {"off": ["2026-01-01"], "sources": ["x"]}},
        {"2027": {"off": ["2027-01-02"], "work": ["2027-01-02"], "sources": ["x"]}},
        {"2027": {"off": []}},
        {"2027": {"off": [], "sources": ["x"], "more": 1}},
        {"two": {"off": [], "sources": ["x"]}},
        [],
    ],
)
def test_a_bad_calendar_file_is_refused(tmp_path: Path, years: object) -> None:
    with pytest.raises(InputRefused, match="calendar file"):
        Calendar.from_file(calendar_file(tmp_path, years))


def test_an_unreadable_calendar_file_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.json", calendar_file(tmp_path, {}, more=1)):
        with pytest.raises(InputRefused):
            Calendar.from_file(path)


def test_the_end_of_time_is_refused_not_crashed() -> None:
    for period in (Period(days=400), Period(days=366)):
        with pytest.raises(InputRefused, match="out of range"):
            first_allowed(date(9999, 1, 1), period, OFFICIAL)
    assert last_day(date(9999, 12, 26), Period(days=5), OFFICIAL) == date(9999, 12, 31)
    with pytest.raises(InputRefused):
        first_allowed(date(9999, 12, 26), Period(days=5), OFFICIAL)


@pytest.mark.parametrize(
    "text",
    [
        "2019-02-30",
        "20190610",
        "2019-W01-1",
        "2019-6-1",
        "2019/06/10",
        "２０１９-06-10",
        "",
        " 2019-06-10",
        "张三",
        "infinity",
    ],
)
def test_only_one_form_of_a_date_is_taken(text: str) -> None:
    with pytest.raises(InputRefused) as refused:
        parse_date(text)
    assert "YYYY-MM-DD" in refused.value.message("zh")
    assert "张三" not in refused.value.message("zh")


def test_a_good_date_is_read() -> None:
    assert parse_date("2024-02-29") == date(2024, 2, 29)


@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "America/New_York", "Pacific/Apia"])
def test_the_day_is_shanghais_wherever_the_machine_stands(zone: str) -> None:
    code = (
        "from datetime import *; from weigai.states.calendar import *;"
        "print(shanghai_date(datetime(2019,6,15,16,0,tzinfo=UTC)), utc_text(datetime(2019,6,16,0,0,tzinfo=SHANGHAI)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ, "TZ": zone}
    )
    assert done.stdout.split() == ["2019-06-16", "2019-06-15T16:00:00.000000Z"]


def test_a_moment_without_a_zone_is_refused() -> None:
    naive = datetime(2019, 6, 16)  # noqa: DTZ001 - that is the point
    for read in (shanghai_date, utc_text):
        with pytest.raises(InputRefused):
            read(naive)
    assert shanghai_date(datetime(2019, 6, 15, 15, 59, tzinfo=UTC)) == date(2019, 6, 15)


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.integers(1, 30))
def test_a_period_of_years_ends_on_the_corresponding_day_or_the_months_last(day: date, years: int) -> None:
    end = years_after(day, years)
    assert (end.year, end.month) == (day.year + years, day.month)
    assert end.day == day.day or (day.day, end.day) == (29, 28)
