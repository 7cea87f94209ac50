"""Two persons are two, at the command line: what the first asks for waits until the second confirms it from their own login."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from weigai.db import open_engine, schema

from tests.forks import Machine
from tests.machines import at
from tests.support import COUNTY, FIRST, KEYS, SECOND, TOWNSHIP, VILLAGE, Desk, founded, holds

PEOPLE = {  # login, office, unit
    "p-village": ("village", VILLAGE),
    "p-township": ("township", TOWNSHIP),
    "p-county": ("county", COUNTY),
    "p-other": ("county", COUNTY),
    "p-finance": ("finance", COUNTY),
    "p-auditor": ("auditor", COUNTY),
}
ACCOUNT = {"household": {"account": {"card": "6217000000000002", "card_holder": "张三"}}}


@pytest.fixture(scope="module")
def peopled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A founded county with a case in the village's publicity."""
    folder = tmp_path_factory.mktemp("peopled")
    engine = open_engine(f"sqlite:///{folder / 'weigai.db'}")
    schema.upgrade(engine)
    with Desk(engine, folder / "weigai.db.files") as desk:
        register = founded(desk)
        for who, (office, unit) in PEOPLE.items():
            holds(register, who, office, unit, date(2019, 1, 1))
        register.grant("p-county", "proxy_entry", COUNTY, actor=FIRST)
        register.confirm("p-county", actor=SECOND)
        case = desk.open()
        desk.walk(case, "village_notice")
        desk.session.commit()
    engine.dispose()
    return folder


@pytest.fixture
def term(peopled: Path, tmp_path: Path) -> Machine:
    made = Machine.copied(peopled, tmp_path)
    made.env["WEIGAI_MASTER_KEY"] = KEYS.text()
    return made


def of(term: Machine, who: str, *words: str, code: int = 0, **more: Any) -> Any:
    """Run a command at somebody's own login."""
    term.login = who
    return term.json("--as", who, *words, code=code, **more)


def case_of(term: Machine) -> str:
    [found] = of(term, "p-county", "case", "list")
    return str(found["case"])


def exemption(term: Machine) -> tuple[str, ...]:
    """Return the words by which the county exempts the household from a rule."""
    told = ("rule=R36c", "granted_by=p-county", "until=2099-12-31")
    sets = [word for each in told for word in ("--set", each)]
    return ("case", "record", case_of(term), "exempt", *sets, "--reason", "灾后集中开工")


def guards(refused: Any) -> set[str]:
    return {f["guard"] for f in refused["findings"] if not f["ok"] and f["effect"] == "block"}


@pytest.mark.parametrize(
    ("lang", "waits", "who"), [("zh", "待复核，尚未生效", "市危改办"), ("en", "it waits for a second person", "county")]
)
def test_the_first_person_is_told_what_waits_and_for_whom(term: Machine, lang: str, waits: str, who: str) -> None:
    term.login = "p-county"
    said = term("--lang", lang, "--as", "p-county", *exemption(term))
    assert waits in said
    assert who in said
    (row,) = [row for row in of(term, "p-other", "inbox") if row["pending"]]
    assert f"weigai case confirm {row['pending']}" in said
    assert row["pending"] in term("--lang", lang, "--as", "p-other", "inbox")
    assert row["pending"] in term("--lang", lang, "--as", "p-other", "case", "show", row["case"])
    assert row["pending"] in term("--lang", lang, "--as", "p-other", "case", "explain", row["case"])
    shown = term("--lang", lang, "--as", "p-other", "case", "show", row["case"])
    assert all(word in shown for word in ("[rule] R36c", "[granted_by] p-county", "[until] 2099-12-31"))
    assert "灾后集中开工" not in shown
    (asked,) = of(term, "p-other", "case", "show", row["case"])["pending"].values()
    assert (asked["data"]["rule"], asked["data"]["until"]) == ("R36c", "2099-12-31")


def test_a_case_shows_how_what_waits_on_it_is_ended(term: Machine) -> None:
    pending = of(term, "p-county", *exemption(term))["pending"]
    term.login = "p-other"
    for words in (("case", "show"), ("case", "explain")):
        assert f"weigai case deny {pending} --reason" in term("--as", "p-other", *words, pending.rpartition("-")[0])


def test_two_persons_at_two_logins_exempt_a_household(term: Machine) -> None:
    told = of(term, "p-county", *exemption(term))
    case, pending = told["case"], told["pending"]
    assert (told["action"], told["for"]) == ("exempt", ["township", "county"])
    shown = of(term, "p-other", "case", "show", case)
    assert (shown["exemptions"], list(shown["pending"])) == ({}, [pending])
    assert of(term, "p-other", "case", "explain", case)["pending"][pending]["by"] == "p-county"
    assert guards(of(term, "p-county", "case", "confirm", pending, code=3)) >= {"not_own_request"}
    assert guards(of(term, "p-village", "case", "confirm", pending, code=3)) >= {"office_may_act"}
    of(term, "p-other", "case", "confirm", pending, "--dry-run")
    done = of(term, "p-other", "case", "confirm", pending, "--request-id", "said")
    assert (done["action"], done["request_id"]) == ("exempt", "said")
    assert of(term, "p-other", "case", "confirm", pending, "--request-id", "said") == done
    assert guards(of(term, "p-other", "case", "confirm", pending, code=3)) == {"request_waits"}
    shown = of(term, "p-other", "case", "show", case)
    assert ([each["agreed_by"] for each in shown["exemptions"].values()], shown["pending"]) == (["p-other"], {})
    assert of(term, "p-auditor", "audit", "verify")["ok"] is True
    assert of(term, "p-auditor", "report", "findings", "--sleep", "100000") == []


def test_the_login_is_the_second_persons_own(term: Machine) -> None:
    """Who may work as others cannot confirm as another what they asked for themselves."""
    pending = of(term, "p-county", *exemption(term))["pending"]
    sitting = at(term, "p-county")
    sitting.env.pop("WEIGAI_USER", None)
    assert sitting.json("--as", "p-other", "case", "list")  # the leave reaches the other's acts
    refused = sitting.json("--as", "p-other", "case", "confirm", pending, code=3)
    assert guards(refused) == {"own_account"}
    assert guards(sitting.json("--as", "p-other", "case", "deny", pending, "--reason", "x", code=3)) == {"own_account"}


def test_what_waits_is_denied_or_taken_back_with_a_reason(term: Machine) -> None:
    for who in ("p-other", "p-county"):
        pending = of(term, "p-county", *exemption(term))["pending"]
        assert guards(of(term, who, "case", "deny", pending, code=3)) == {"reason_given"}
        assert of(term, who, "case", "deny", pending, "--reason", "依据不足")["action"] == "deny_request"
        assert guards(of(term, "p-other", "case", "confirm", pending, code=3)) == {"request_waits"}
    assert of(term, "p-auditor", "audit", "verify")["ok"] is True


def test_a_corrected_account_waits_and_the_case_may_be_named_apart(term: Machine) -> None:
    case = case_of(term)
    right = term.file("right.json", ACCOUNT)
    words = ("case", "correct", case, "--cause", "error", "--reason", "卡号录入有误", "--data", right)
    pending = of(term, "p-county", *words)["pending"]
    term.login = "p-other"
    said = term("--lang", "en", "--as", "p-other", "case", "confirm", case, pending.rpartition("-")[2])
    assert "correct" in said
    for absent in ("150783-2019-2222222-4", "nothing"):
        term("--as", "p-other", "case", "confirm", absent, code=4)


def test_a_dry_run_says_that_it_would_wait_and_writes_nothing(term: Machine) -> None:
    told = of(term, "p-county", *exemption(term), "--dry-run")
    (finding,) = [f for f in told["findings"] if f["effect"] == "wait"]
    assert (told["allowed"], finding["guard"], finding["who"]) == (
        True,
        "second_person_confirmed",
        ["township", "county"],
    )
    assert of(term, "p-other", "inbox") == [row for row in of(term, "p-other", "inbox") if not row["pending"]]
