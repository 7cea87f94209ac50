"""Who sits at the machine: in a founded county the user of the system is one person, unless the register gives a leave."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from weigai.workflow.cli import who
from weigai.workflow.cli.who import system_user

from tests.forks import Machine, RealTerminal, Terminal
from tests.machines import at, county, hired
from tests.postgres import Server
from tests.support import COUNTY, TOWNSHIP, VILLAGE

OTHER = "150783102201"
CASE = [
    "case",
    "open",
    "--policy",
    "zhalantun-2019-a",
    "--household",
    "household.json",
    "--agreed-by",
    "p-0002",
    "--reason",
    "补录",
]


@pytest.fixture(params=["sqlite", "postgresql"])
def machine(request: pytest.FixtureRequest, tmp_path: Path) -> Machine:
    """A machine of a founded county, on either database; PostgreSQL's is walled."""
    if request.param == "sqlite":
        return county(tmp_path)
    server: Server = request.getfixturevalue("postgres")
    return county(tmp_path, WEIGAI_DB=server.fresh().replace("+psycopg", ""))


def refused(term: Terminal, *words: str) -> None:
    """Run a command that is refused because another one sits here."""
    term(*words, code=3)
    assert "own_login" in term.err


def test_one_user_of_the_system_is_not_two_administrators(machine: Machine) -> None:
    zhang = at(machine, "zhang")
    zhang("user", "add", "p-0007", "--office", f"village@{VILLAGE}", "--account", "wang", stdin="王五\n")
    for words in (["--as", "li"], ["--as", "p-0002"], ["--as", f"{COUNTY}/li"]):
        refused(zhang, *words, "user", "confirm", "p-0007")
        refused(zhang, *words, "user", "list")
    for name in ("WEIGAI_USER", "LOGNAME", "USER", "LNAME", "USERNAME"):
        sitting = at(machine, "zhang", **{name: "li"})
        sitting("user", "confirm", "p-0007", code=3)
    assert zhang.json("user", "pending")
    told = [(a["person"], a["command"], a["rules"]) for a in zhang.json("audit", "refused")]
    assert ("p-0001", "user confirm", ["own_login"]) in told
    assert not [a for a in told if a[0] == "p-0002"]
    for own in (["--as", "zhang"], ["--as", "p-0001"], ["--as", f"{COUNTY}/p-0001"]):
        assert zhang.json(*own, "user", "pending")
    assert at(machine, "li").json("user", "confirm", "p-0007")["confirmed_by"] == "p-0002"
    at(machine, "p-0002")("user", "list", code=3)  # a login that is somebody's id, and nobody's account
    at(machine, "nobody")("user", "list", code=4)


def leave(machine: Machine, *where: str) -> None:
    """Register the user of a shared machine, proposed by one administrator and confirmed by the other."""
    offices = [word for unit in where for word in ("--office", f"proxy_entry@{unit}")]
    machine("user", "add", "p-0009", *offices, "--account", "office", stdin="值班\n")
    refused(at(machine, "office"), "--as", "a-p-0007", "inbox")  # only proposed
    machine("--as", "li", "user", "confirm", "p-0009")


def test_a_leave_lets_a_shared_machine_enter_for_others_but_for_no_administrator(machine: Machine) -> None:
    hired(machine, "p-0007", f"village@{VILLAGE}", "--since", "2019-01-01")
    hired(machine, "p-0008", f"village@{OTHER}", "--since", "2019-01-01")
    leave(machine, TOWNSHIP)
    shared = at(machine, "office")
    made = shared.json("--as", "a-p-0007", *CASE, "--unit", VILLAGE, "--on", "2019-06-10")
    assert [e["recorded_by"] for e in shared.json("--as", "a-p-0007", "case", "history", made["case"])] == ["p-0007"]
    refused(shared, "--as", "a-p-0008", *CASE, "--unit", OTHER)  # outside the leave
    for admin in ("zhang", "li"):
        refused(shared, "--as", admin, "user", "grant", "p-0007", f"township@{TOWNSHIP}")
    shared("inbox", code=4)  # the leave itself reads nothing
    shared("case", "show", made["case"], code=4)
    assert "代为登录" in machine("user", "list")
    assert "leave to work as others" in machine("--lang", "en", "user", "list")
    machine("user", "revoke", "p-0009", f"proxy_entry@{TOWNSHIP}")
    refused(shared, "--as", "a-p-0007", "inbox")
    assert machine.json("audit", "verify")["ok"] is True


def test_a_leave_for_a_part_reaches_only_that_part_of_an_office(machine: Machine) -> None:
    hired(machine, "p-0007", f"township@{TOWNSHIP}", "--office", f"village@{VILLAGE}", "--since", "2019-01-01")
    leave(machine, VILLAGE)
    shared = at(machine, "office")
    assert {u["code"] for u in shared.json("--as", "a-p-0007", "unit", "list")} == {VILLAGE}


def test_a_leave_changes_nothing_in_the_register(machine: Machine) -> None:
    """Not the account of whom it reaches, by which it would reach every office of theirs, nor what they declare."""
    hired(machine, "p-0007", f"village@{VILLAGE}", "--office", f"county@{COUNTY}", "--since", "2019-01-01")
    machine("user", "grant", "p-0002", f"village@{VILLAGE}", "--since", "2019-01-01")
    hired(machine, "p-0003", f"admin@{COUNTY}")
    at(machine, "a-p-0003")("user", "confirm", "p-0002")
    leave(machine, VILLAGE)
    machine.file("own.json", {"id_number": "150799195406120017"})
    shared = at(machine, "office")
    for account, person in (("a-p-0007", "p-0007"), ("li", "p-0002")):
        assert {u["code"] for u in shared.json("--as", account, "unit", "list")} == {VILLAGE}
        for words in (("account", person, "mallory"), ("declare", person, "--data", "own.json")):
            shared("--as", account, "user", *words, code=3)
            assert "own_account" in shared.err
    at(machine, "mallory")("unit", "list", code=4)
    assert machine.run(["report", "findings", "--kind", "no_office"], env=machine.env, stdin=b"").code == 0
    own = at(machine, "a-p-0007")
    own("user", "declare", "p-0007", "--data", "own.json")
    own("user", "account", "p-0007", "wang")
    assert at(machine, "wang").json("unit", "list")
    assert machine.json("audit", "verify")["ok"] is True


def test_a_refused_attempt_stands_under_whose_account_the_login_is(machine: Machine) -> None:
    """Whoever they name: somebody who is not registered, or somebody in no office, whom a leave does not reach."""
    hired(machine, "p-0007", f"village@{VILLAGE}")
    leave(machine, TOWNSHIP)
    machine("user", "add", "p-0011", "--office", f"village@{VILLAGE}", "--account", "new", stdin="某人\n")
    at(machine, "zhang")("--as", "p-0404", "unit", "rename", VILLAGE, "新名", code=4)
    at(machine, "office")("--as", "new", "unit", "rename", VILLAGE, "新名", code=4)
    told = [(a["person"], a["command"]) for a in machine.json("audit", "refused")]
    assert told == [("p-0009", "unit rename"), ("p-0001", "unit rename")]


def test_the_system_itself_says_who_sits_there(tmp_path: Path) -> None:
    """No hook of the tests here: the first administrator's account is the name of whoever runs the tests."""
    me = system_user()
    machine = county(tmp_path, first=me)
    machine("user", "add", "p-0007", "--office", f"village@{VILLAGE}", stdin="王五\n")
    for name in ("LOGNAME", "USER", "WEIGAI_USER"):
        here = at(machine, None, RealTerminal, **{name: "li"})
        here("user", "confirm", "p-0007", code=3)
    assert at(machine, None, RealTerminal).json("user", "pending")[0]["proposed_by"] == "p-0001"


def test_no_variable_of_the_environment_names_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    before = system_user()
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "somebody")
    assert system_user() == before
    monkeypatch.setattr(os, "getuid", lambda: 3_999_999_999)
    assert system_user() == "uid3999999999"


def test_whoever_makes_a_user_namespace_is_nobody_of_the_system(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own, maps = f"uid{os.getuid()}-namespace", tmp_path / "uid_map"
    monkeypatch.setattr(who, "UID_MAP", maps)
    for text, seen in (
        ("0 0 4294967295", False),
        ("2 1 1", True),
        ("0 100000 65536", True),
        ("0 0 1\n1 1 4294967294", True),
    ):
        maps.write_text(text)
        assert (system_user() == own) is seen, text
