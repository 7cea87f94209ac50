"""Who acts, at the command line: second persons, and refused attempts on the record."""

from __future__ import annotations

import sqlite3
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from weigai.db import open_engine, schema

from tests.acceptance.test_cli import APPLICATION
from tests.forks import Machine
from tests.support import COUNTY, KEYS, Desk, founded, holds, person

OFFICES = ("village", "township", "county", "finance", "appraiser", "auditor", "admin")
WORDS = "王大麻子不让办"


@pytest.fixture(scope="module")
def peopled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of a county that is no trial: every office has a person of its own."""
    folder = tmp_path_factory.mktemp("peopled")
    engine = open_engine(f"sqlite:///{folder / 'weigai.db'}")
    schema.upgrade(engine)
    with Desk(engine, folder / "weigai.db.files") as desk:
        register = founded(desk)
        for office in OFFICES:
            someone = person(office)
            holds(register, someone.person, office, someone.units[0], date(2019, 1, 1))
        for village in ("150783101201", "150783101202"):
            desk.api.open_case(
                policy="zhalantun-2019-a",
                unit=village,
                household=household_of(village),
                on=desk.today,
                actor=type(someone)("p-village", "village", (village,)),
            )
        desk.session.commit()
    engine.dispose()
    return folder


@pytest.fixture
def term(peopled: Path, tmp_path: Path) -> Machine:
    """A terminal in that county."""
    made = Machine.copied(peopled, tmp_path)
    made.env["WEIGAI_MASTER_KEY"] = KEYS.text()
    return made


def household_of(village: str) -> dict[str, Any]:
    from tests.support import HEAD, household

    other = {**HEAD, "name": "李四", "id_number": "150799196103030027", "registered_poor": True}
    return household() if village.endswith("1") else household(head=other)


def cases(term: Machine) -> tuple[str, str]:
    """Return the case of the village that p-village serves, and one of another."""
    found = {c["unit"]: c["case"] for c in term.json("--as", "p-county", "case", "list")}
    return found["150783101201"], found["150783101202"]


def attempts(term: Machine, who: str = "p-county", *words: str) -> list[dict[str, Any]]:
    return term.json("--as", who, "audit", "refused", *words)


def told(attempt: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(attempt[name] for name in ("person", "office", "action", "case", "exit"))


SUBMIT = "application registration_proof income_proof danger_photo"


def test_a_late_entry_needs_a_second_person_and_a_reason(term: Machine) -> None:
    case, _ = cases(term)
    data, papers = term.file("data.json", APPLICATION), term.papers(SUBMIT)
    words = ["--as", "p-village", "case", "advance", case, "submit_application", "--on", "2019-06-10", "--data", data]
    for more in ([], ["--agreed-by", "p-township"], ["--reason", "补录", "--agreed-by", "p-village"]):
        refused = term.json(*words, *papers, *more, code=3)
        unmet = [f for f in refused["findings"] if not f["ok"] and f["effect"] == "block"]
        assert [(f["guard"], f["rule"]) for f in unmet] == [("late_entry_agreed", "R78")]
    done = term.json(*words, *papers, "--reason", "补录", "--agreed-by", "p-township")
    assert done["to"] == "village_deliberation"
    assert [a["rules"] for a in attempts(term)] == [["R78"]] * 3


def test_what_rules_refuse_is_recorded_without_words_or_data(term: Machine) -> None:
    case, _ = cases(term)
    words = ["case", "advance", case, "pay", "--set", "amount=25232", "--reason", WORDS]
    refused = term.json("--as", "p-finance", *words, code=3)
    assert refused["allowed"] is False
    [attempt] = attempts(term)
    assert told(attempt) == ("p-finance", "finance", "pay", case, 3)
    assert attempt["command"] == "case advance"
    assert set(attempt["rules"]) == {
        f["rule"] or f["guard"] for f in refused["findings"] if not f["ok"] and f["effect"] == "block"
    }
    assert [e["action"] for e in term.json("--as", "p-county", "case", "history", case)] == ["open_case"]
    assert term.json("--as", "p-county", "audit", "verify")["ok"] is True
    with sqlite3.connect(term.folder / "weigai.db") as rows:
        [body] = rows.execute("SELECT body FROM weigai_event WHERE stream = 'refused/p-finance'").fetchone()
    assert WORDS not in body
    assert "25232" not in body
    assert case in term("--as", "p-county", "audit", "refused")


def test_what_is_not_found_or_not_ones_own_is_recorded_alike_and_a_mistyped_word_is_not_kept(term: Machine) -> None:
    _, elsewhere = cases(term)
    absent = "150783-2019-2222222"
    number = "150799196103030027"
    for name in (elsewhere, absent, number, "张三"):
        term("--as", "p-village", "case", "advance", name, "submit_application", code=4)
    term("--as", "p-village", "case", "record", elsewhere, "zhang_san", code=4)
    found = [told(a)[2:] for a in attempts(term)]
    assert sorted(found, key=str) == sorted(
        [
            ("submit_application", elsewhere, 4),
            ("submit_application", absent, 4),
            ("submit_application", None, 4),
            ("submit_application", None, 4),
            (None, elsewhere, 4),
        ],
        key=str,
    )
    with sqlite3.connect(term.folder / "weigai.db") as rows:
        bodies = "".join(body for [body] in rows.execute("SELECT body FROM weigai_event WHERE stream LIKE 'refused/%'"))
    assert number not in bodies
    assert "张三" not in bodies
    assert "zhang_san" not in bodies


def test_dry_runs_bad_files_bad_usage_and_strangers_are_not_attempts(term: Machine) -> None:
    case, _ = cases(term)
    term("--as", "p-finance", "case", "advance", case, "pay", "--dry-run", code=3)
    term("--as", "p-finance", "case", "check", case, "pay", code=3)
    term("--as", "p-finance", "case", "advance", case, "pay", "--set", "colour=1", code=3)
    term("--as", "p-finance", "case", "advance", case, "pay", "--data", "nothing.json", code=3)
    term("--as", "p-finance", "case", "advance", case, "no_such_act", code=2)
    term("--as", "p-finance", "case", "advance", code=2)
    term("--as", "p-nobody", "case", "advance", case, "pay", code=4)
    term("--as", "p-finance", "case", "show", "150783-2019-2222222", code=4)
    assert attempts(term) == []


def test_every_case_of_a_list_and_every_register_command_counts(term: Machine) -> None:
    case, other = cases(term)
    made = term.json("--as", "p-county", "list", "new", "notice", "--unit", COUNTY, "--case", case, "--case", other)
    term("--as", "p-county", "case", "advance", "--list", made["id"], "approve", code=3)
    term("--as", "p-village", "list", "send", made["id"], code=4)
    term("--as", "p-village", "list", "new", "notice", "--unit", "150783101201", "--case", other, code=4)
    found = [told(a)[:4] for a in attempts(term)]
    approvals = {("p-county", "county", "approve", case), ("p-county", "county", "approve", other)}
    lists = {("p-village", "village", "send_list", None), ("p-village", "village", "new_list", other)}
    assert len(found) == 4
    assert set(found) == approvals | lists


def test_who_oversees_the_county_sees_all_and_others_their_own(term: Machine) -> None:
    case, _ = cases(term)
    for who in ("p-finance", "p-village", "p-appraiser"):
        term("--as", who, "case", "advance", case, "approve", code=3)
    for who in ("p-county", "p-auditor", "p-admin"):
        assert {a["person"] for a in attempts(term, who)} == {"p-finance", "p-village", "p-appraiser"}
        assert {a["person"] for a in attempts(term, who, "--person", "p-village")} == {"p-village"}
    for who in ("p-finance", "p-village", "p-appraiser"):
        assert {a["person"] for a in attempts(term, who)} == {who}
        assert attempts(term, who, "--person", "p-county") == []
        streams = {e["stream"] for e in term.json("--as", who, "audit", "log")}
        assert {s for s in streams if s.startswith("refused/")} <= {f"refused/{who}"}
    assert len(attempts(term, "p-county", "--limit", "2")) == 2


def test_an_office_that_oversees_a_village_does_not_oversee_the_county(term: Machine) -> None:
    case, _ = cases(term)
    for office, unit in (("auditor", "150783101201"), ("finance", COUNTY)):
        term("--as", "zhang", "user", "grant", "p-finance", f"{office}@{unit}")
        term("--as", "li", "user", "confirm", "p-finance")
    term("--as", "p-village", "case", "advance", case, "approve", code=3)
    streams = {e["stream"] for e in term.json("--as", "p-finance", "audit", "log", "--limit", "500")}
    assert "refused/p-village" not in streams
    assert f"case/{case}" in streams
    assert "refused/p-village" in {e["stream"] for e in term.json("--as", "p-county", "audit", "log", "--limit", "500")}


def test_who_holds_no_office_any_more_leaves_an_attempt(term: Machine) -> None:
    case, _ = cases(term)
    term("--as", "zhang", "user", "revoke", "p-finance", f"finance@{COUNTY}")
    term("--as", "p-finance", "case", "advance", case, "pay", code=4)
    [attempt] = attempts(term)
    assert told(attempt) == ("p-finance", "none", "pay", None, 4)


def test_unmasking_and_erasing_name_their_case_in_an_attempt(term: Machine) -> None:
    case, _ = cases(term)
    term("--as", "p-admin", "case", "unmask", case, "--reason", "x", code=3)
    term("--as", "p-county", "case", "erase", case, "--reason", "x", "--on", "2099-01-01", code=3)
    assert sorted((a["command"], a["case"]) for a in attempts(term)) == [("case erase", case), ("case unmask", case)]


def test_who_only_reads_is_no_second_person(term: Machine) -> None:
    case, _ = cases(term)
    words = [
        "--as",
        "p-village",
        "case",
        "advance",
        case,
        "submit_application",
        "--on",
        "2019-06-10",
        "--reason",
        "补录",
        "--data",
        term.file("data.json", APPLICATION),
        *term.papers(SUBMIT),
    ]
    refused = term.json(*words, "--agreed-by", "p-auditor", code=3)
    assert [f["guard"] for f in refused["findings"] if not f["ok"] and f["effect"] == "block"] == ["late_entry_agreed"]


def test_a_refusal_that_cannot_be_recorded_is_the_same_refusal(term: Machine) -> None:
    case, _ = cases(term)
    words = ["--json", "--as", "p-finance", "case", "advance", case, "approve"]
    before = term(*words, code=3)
    with sqlite3.connect(term.folder / "weigai.db") as rows:
        rows.execute(
            "CREATE TRIGGER full BEFORE INSERT ON weigai_event WHEN NEW.stream LIKE 'refused/%'"
            " BEGIN SELECT RAISE(FAIL, 'full'); END"
        )
    assert term(*words, code=3) == before
    assert term.err == ""
    assert len(attempts(term)) == 1
