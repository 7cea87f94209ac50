"""Whose clock it is: a machine's that stands wrong is refused on a server, and told of everywhere."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.forks import Machine, Terminal
from tests.machines import county
from tests.postgres import Server
from tests.support import VILLAGE

DAYS, MINUTES = 24 * 3600, 60
OTHER = "150783101202"


@pytest.fixture
def term(trial: Path, tmp_path: Path) -> Terminal:
    """A terminal of a trial county in a file."""
    return Terminal.copied(trial, tmp_path)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """The machine of a founded county in a file."""
    return county(tmp_path)


def renamed(machine: Terminal, unit: str, *words: str, code: int = 0) -> None:
    """Write an event: a unit gets another name."""
    machine(*words, "unit", "rename", unit, "新名", code=code)


def granted(machine: Terminal, who: str, *words: str, code: int = 0) -> None:
    """Write an event of another stream: a person is registered."""
    machine(*words, "user", "add", who, "--office", f"village@{VILLAGE}", stdin="某人\n", code=code)


def remarks(term: Terminal) -> list[tuple[str, int, str]]:
    """Return what a verification remarks: stream, number, words."""
    return [(r["stream"], r["seq"], r["remark"]) for r in term.json("audit", "verify")["remarks"]]


def clocks(term: Terminal) -> list[dict[str, Any]]:
    """Return what the findings say of clocks."""
    found = term.json("report", "findings", "--kind", "clock", code=3)
    return [row["evidence"] for row in found]


def outside(term: Terminal, name: str) -> list[str]:
    """Return the remarks of the printed verifier."""
    term("audit", "export", f"{name}.jsonl")
    program = term.file("verify.py", term("audit", "verifier"))
    done = subprocess.run([sys.executable, program, f"{name}.jsonl"], cwd=term.folder, capture_output=True, text=True)  # noqa: PLW1510
    assert done.returncode == 0, done.stdout
    return [line for line in done.stdout.splitlines() if line.startswith("- ")]


def test_a_publicity_that_a_wrong_clock_closed_on_its_second_day_is_told(term: Terminal) -> None:
    """The attack: the clock is five days ahead for one command."""
    from tests.acceptance.test_cli import APPLICATION
    from tests.support import household

    today = date.today()  # noqa: DTZ011 - the commands go by it too
    opening = [
        "case",
        "open",
        "--policy",
        "zhalantun-2019-a",
        "--unit",
        VILLAGE,
        "--household",
        term.file("household.json", household()),
    ]
    case = term.json(*opening)["case"]
    road = {
        "submit_application": (APPLICATION, "application registration_proof income_proof danger_photo"),
        "record_deliberation": (
            {"assembly": "villagers_meeting", "votes_for": 30, "votes_against": 1, "approved": True},
            "deliberation_minutes",
        ),
        "post_village_notice": (
            {"places": ["village_board", "main_street"], "discloses": ["policy", "beneficiaries", "standard"]},
            "village_notice_photo",
        ),
    }
    for action, (data, papers) in road.items():
        words = ["case", "advance", case, action, "--data", term.file("data.json", data), *term.papers(papers)]
        term(*words)
    closing = ["case", "advance", case, "close_village_publicity", "--set", "hung_throughout=true"]
    term.ahead = 1 * DAYS
    term("case", "check", case, *closing[3:], code=3)
    term.ahead = 6 * DAYS
    term(*closing)
    term.ahead = 0
    where = f"150783:case/{case}"
    for stream, seq, what in remarks(term):
        assert (stream, seq) == (where, 5), what
        assert (today + timedelta(days=6)).isoformat()[:7] in what
    assert [(c["stream"], c["seq"], c["how"]) for c in clocks(term)] == [(where, 5, ["after_now"])]
    assert all(c["at"] > c["other"] for c in clocks(term))
    assert [line.split(":")[0:2] for line in outside(term, "a")] == [["- 150783", f"case/{case} #5"]]
    term("case", "record", case, "record_complaint", "--set", "note=意见")  # the right clock again
    assert {(s, q) for s, q, _ in remarks(term)} == {(where, 5), (where, 6)}
    assert {c["how"][0] for c in clocks(term)} == {"after_now", "before_last", "before_newest"}


def test_a_clock_behind_the_newest_event_of_a_file_is_refused_with_the_way_out(machine: Machine) -> None:
    machine.ahead = 2 * DAYS
    granted(machine, "p-0007")
    machine.ahead = 0
    for words in ([], ["--as", "li"]):
        renamed(machine, OTHER, *words, code=3)
        assert "--clock-checked" in machine.err
        assert str(datetime.now(UTC).year) in machine.err
    renamed(machine, OTHER, "--clock-checked")
    assert {(s, q) for s, q, _ in remarks(machine)} == {("150783:person/p-0007", 1), ("150783:county", 2)}
    assert {(c["stream"], c["how"][0]) for c in clocks(machine)} == {
        ("150783:person/p-0007", "after_now"),
        ("150783:county", "before_newest"),
    }
    assert len(outside(machine, "a")) == 2
    machine.ahead = 2 * DAYS + 4 * MINUTES
    granted(machine, "p-0008")  # time went on
    machine.ahead = 2 * DAYS - 1 * MINUTES
    granted(machine, "p-0009")  # minutes are none
    machine.ahead = 30 * DAYS
    assert {(s, q) for s, q, _ in remarks(machine)} == {("150783:county", 2)}  # of the one ahead nothing shows any more
    assert machine.json("audit", "verify")["ok"] is True


def test_in_a_trial_county_a_clock_behind_is_told_and_not_refused(term: Terminal) -> None:
    term.ahead = 2 * DAYS
    granted(term, "p-0007")
    term.ahead = 0
    renamed(term, OTHER)
    assert ("150783:county", 2) in {(s, q) for s, q, _ in remarks(term)}


def test_published_heads_say_which_time_cannot_be_true(machine: Machine) -> None:
    machine.ahead = 2 * DAYS
    granted(machine, "p-0007")
    machine.ahead = 0
    machine("audit", "head", "--to", "w.heads")
    machine.ahead = 10 * DAYS
    assert [(s, q, "head that holds it" in w) for s, q, w in remarks(machine)] == [("150783:person/p-0007", 1, True)]
    machine("--clock-checked", "audit", "head")
    renamed(machine, OTHER)
    machine.ahead = 3 * DAYS
    machine("audit", "head", "--to", "w.heads")
    machine.ahead = 20 * DAYS
    assert {(s, q, "head that holds it" in w) for s, q, w in remarks(machine)} == {
        ("150783:person/p-0007", 1, True),
        ("150783:county", 2, True),
    }
    machine.ahead = 1 * DAYS
    granted(machine, "p-0009", "--clock-checked")
    machine.ahead = 20 * DAYS
    told = {(s, q) for s, q, w in remarks(machine) if "does not hold it" in w}
    assert told == {("150783:person/p-0009", 1)}
    told = outside(machine, "a")  # by the right clock: the program is another one
    assert len([line for line in told if "head that" in line]) == 3
    assert machine.json("audit", "verify")["ok"] is True


def test_a_head_by_a_clock_that_was_ahead_is_told_at_once(machine: Machine) -> None:
    machine("audit", "head")
    assert remarks(machine) == []
    granted(machine, "p-0007")
    machine.ahead = 5 * DAYS
    machine("audit", "head")
    machine.ahead = 0
    where = ("150783:head", 2)
    assert [(s, q, "later than it is now" in w) for s, q, w in remarks(machine)] == [(*where, True)]
    assert [(c["stream"], c["seq"], c["how"]) for c in clocks(machine)] == [(*where, ["after_now"])]
    assert [line.partition(": ")[0] for line in outside(machine, "a")] == ["- 150783:head #2"]
    granted(machine, "p-0009")
    machine("audit", "head")
    told = [(s, q) for s, q, w in remarks(machine) if "head before" in w]
    assert told == [("150783:head", 3)]


@pytest.mark.parametrize("ahead", [5 * DAYS, -6 * MINUTES])
def test_on_a_server_its_clock_counts(postgres: Server, tmp_path: Path, ahead: float) -> None:
    machine = county(tmp_path, WEIGAI_DB=postgres.fresh().replace("+psycopg", ""))
    before = machine.json("audit", "verify")["events"]
    machine.ahead = ahead
    for words in (["unit", "rename", OTHER, "新名"], ["unit", "rename", OTHER, "新名", "--dry-run"], ["audit", "head"]):
        machine("--clock-checked", *words, code=3)
        assert "服务器" in machine.err
        assert "Asia/Shanghai" in (machine("--lang", "en", *words, code=3) + machine.err)
    if ahead > 0:  # a clock that lies behind may stand on a day before the founding, when nobody held an office
        machine("user", "list")  # to read is no act
    machine.ahead = 4 * MINUTES
    renamed(machine, OTHER)
    machine.ahead = 0
    assert machine.json("audit", "verify")["events"] == before + 1


@pytest.mark.parametrize("back", [3 * DAYS, 40 * 365 * DAYS])
def test_where_a_refusal_may_come_of_the_clock_the_clock_is_told(machine: Machine, back: float) -> None:
    """On a day before their office an administrator is refused, though not as somebody whom nobody knows."""
    before = machine.json("audit", "verify")["events"]
    machine.ahead = -back
    for words in ([], ["--dry-run"]):
        machine("unit", "rename", OTHER, "新名", *words, code=3)
        assert "--clock-checked" in machine.err
    machine.ahead = 0
    assert machine.json("audit", "verify")["events"] == before


def test_on_a_server_a_trial_county_is_told_and_not_refused(postgres: Server, tmp_path: Path) -> None:
    term = Terminal(tmp_path)
    term.env["WEIGAI_DB"] = postgres.fresh().replace("+psycopg", "")
    term("init")
    term.ahead = 5 * DAYS
    renamed(term, OTHER)
    assert "服务器" in term.err
    term.ahead = 0
    assert {(s, q) for s, q, _ in remarks(term)} == {("150783:county", 2)}
    assert {c["how"][0] for c in clocks(term)} == {"after_now"}


def test_doctor_compares_the_clock_with_the_server_and_with_the_newest_event(
    machine: Machine, postgres: Server
) -> None:
    for ahead, well in ((0, True), (-2 * DAYS, False)):
        machine.ahead = ahead
        assert doctors(machine) is well, ahead
    machine.env["WEIGAI_DB"] = postgres.ready("weigai_app").replace("+psycopg", "")
    for ahead, well in ((0, True), (1 * MINUTES, True), (2 * DAYS, False), (-2 * DAYS, False)):
        machine.ahead = ahead
        assert doctors(machine) is well, ahead


def doctors(term: Terminal) -> bool:
    """Tell whether `doctor` finds the clock well; of what else it finds nothing is asked."""
    (found,) = (c for c in json.loads(term("--json", "doctor", code=None)) if c["check"] == "本机时间")
    return bool(found["ok"])
