"""Two persons are two, at the command line: what the first asks for waits until the second confirms it from their own login."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from weigai.db import open_engine, schema

from tests.forks import Machine
from tests.support import COUNTY, KEYS, TOWNSHIP, VILLAGE, Desk, founded, holds

PEOPLE = {  # login, office, unit
    "p-village": ("village", VILLAGE),
    "p-township": ("township", TOWNSHIP),
    "p-county": ("county", COUNTY),
    "p-other": ("county", COUNTY),
    "p-finance": ("finance", COUNTY),
    "p-auditor": ("auditor", COUNTY),
}
CARD = (
    "case",
    "correct",
    "--cause",
    "error",
    "--reason",
    "卡号录入有误",
    "--set",
    "household.account.card=6217000000000002",
)


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


def exempting(term: Machine, *more: str) -> Any:
    words = [
        "--set",
        "rule=R36c",
        "--set",
        "granted_by=p-county",
        "--set",
        "until=2099-12-31",
        "--reason",
        "灾后集中开工",
    ]
    return of(term, "p-county", "case", "record", case_of(term), "exempt", *words, *more)


def test_probe(term: Machine) -> None:
    told = exempting(term)
    print(told)
    print(of(term, "p-other", "inbox"))
    print(of(term, "p-county", "inbox"))
    print(of(term, "p-other", "case", "confirm", told["pending"]))
    print(of(term, "p-other", "case", "history", case_of(term))[-3:])
    print(of(term, "p-other", "audit", "verify"))
    print(of(term, "p-auditor", "report", "findings", code=None))
    assert 0
