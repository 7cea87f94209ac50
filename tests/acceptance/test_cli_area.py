"""Every command, run by people of several areas: nothing that was planted outside ever comes out (I1, I10)."""

from __future__ import annotations

import io
import json
import shutil
import sqlite3
from contextlib import redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING, NamedTuple

import click
import pytest
from sqlalchemy.orm import Session
from weigai.db import open_engine, schema
from weigai.workflow import Actor, Approvals, Document
from weigai.workflow.cli import who
from weigai.workflow.cli.main import _run

from tests.acceptance.test_cli import ALL
from tests.prove.reads import foreign, ghosts, leaks
from tests.prove.world import COUNTY, PLAN, SISTER, TOWNSHIP, VILLAGE, Planted, plant
from tests.support import KEYS, household

if TYPE_CHECKING:
    from pathlib import Path

READERS = {
    "clerk-" + VILLAGE: ("village", VILLAGE), "reader-township": ("township", TOWNSHIP),
    "reader-auditor": ("auditor", TOWNSHIP), "reader-county": ("county", COUNTY),
}  # fmt: skip
READS = [
    "inbox", "case list", "case list --state archived", f"case list --policy {PLAN}", "report budget",
    *(f"report budget --by {by}" for by in ("unit", "class", "grade", "mode", "quota")), "report progress",
    "report overdue --on 2019-12-20", "report findings", "report refusals", "report exemptions",
    "report reconcile sheet.csv", "policy list --kept", f"policy simulate --to {PLAN}", "audit log --limit 1000",
    "audit verify", "audit refused", "user list", "user pending", "unit list", "unit records", "doctor",
]  # fmt: skip
# CASE and LIST stand for a foreign one, and for one that does not exist
ASKED = [
    "case show CASE", "case show CASE --decision approve", "case history CASE", "case explain CASE", "case check CASE approve",
    "case advance CASE submit_application", "case advance CASE submit_application --dry-run",
    "case advance CASE submit_application --expect-version 99", "case record CASE record_survey",
    "case attach CASE --document photo=photo.jpg", "case correct CASE --cause error --set household.dwellings=1 --reason x",
    "case move-policy CASE --to zhalantun-2019-b --reason x", "case move-policy CASE --to zhalantun-2019-b --dry-run",
    f"case open --policy {PLAN} --unit {VILLAGE} --household household.json --follows CASE --on 2019-06-10",
    "case confirm CASE 4", "case deny CASE 4 --reason x",
    "case unmask CASE --reason x", "case erase CASE --agreed-by p-2 --reason x",
    f"list new meeting --unit {VILLAGE} --case CASE", "audit verify --case CASE", "list show LIST", "list send LIST",
    "list unmask LIST --reason x",
    "list receive LIST", "case advance --list LIST record_deliberation",
]  # fmt: skip
EMPTY = ["audit log --stream case/CASE", "case list --unit UNIT", "unit records --unit UNIT", "audit log --stream unit/UNIT",
         f"policy simulate --to {PLAN} --unit UNIT"]  # fmt: skip
OUTSIDE = ["case open --policy {plan} --unit UNIT --household household.json --on 2019-06-10",
           "list new meeting --unit UNIT --case {own}", "unit record UNIT adopt_village_plan --on 2019-06-10",
           "unit unmask UNIT 1 --reason x"]  # fmt: skip
# these show no case, list, count or person of the record, or make a database of their own
NOTHING_OF_CASES = {
    "init", "demo", "completion", "case schema", "policy new", "policy show", "policy check", "policy diff", "policy graph",
    "policy schema", "db upgrade", "db check", "db protect", "db backup", "db restore", "db rotate-key", "db retire-key", "db adopt",
    "user add", "user grant", "user confirm", "user revoke", "user import", "user account", "user declare", "unit import",
    "unit rename", "unit merge", "unit confirm", "audit verifier",
    # these want the whole county, or are asked for by standard input: tests/acceptance/test_cli_{audit,privacy,register}.py
    "audit head", "audit export", "case search", "unit history",
}  # fmt: skip


class Run(NamedTuple):
    """What a command came to."""

    code: int
    text: str


class Office:
    """A terminal at which several people sit; the commands run in this process, which has read the policies already."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = {
            "WEIGAI_DB": f"sqlite:///{folder / 'weigai.db'}",
            "WEIGAI_KEYS": str(folder / "key"),
            "WEIGAI_POLICIES": str(folder / "policies"),
            "WEIGAI_FILES": str(folder / "files"),
        }

    def file(self, name: str, content: str) -> None:
        """Write a file for the commands."""
        (self.folder / name).write_text(content, encoding="utf-8")

    def run(self, user: str, words: list[str]) -> Run:
        """Run a command as somebody."""
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            patch.chdir(self.folder)
            patch.setattr(who, "system_user", lambda: user)
            for name, value in {**self.env, "WEIGAI_USER": user}.items():
                patch.setenv(name, value)
            code = _run(words)
        text = ""
        for stream in (out, err):
            stream.seek(0)
            text += stream.read()
        return Run(code, text)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> tuple[Office, dict[str, Planted]]:
    """A world with its people, on a file."""
    folder = tmp_path_factory.mktemp("office")
    engine = open_engine(f"sqlite:///{folder / 'weigai.db'}")
    schema.upgrade(engine)
    world = plant(engine, folder)
    with Session(engine.execution_options(weigai_write=True)) as session, session.begin():
        register, admin = Approvals(session, keys=KEYS).register, Actor("p-admin", "admin", (COUNTY,))
        for account, held in list(READERS.items())[1:]:
            register.add_person(COUNTY, f"p-{account}", "某某", offices=[held], account=account, actor=admin)
    engine.dispose()
    made = Office(folder)
    made.file("key", KEYS.text())
    (folder / "key").chmod(0o600)
    made.file("household.json", json.dumps(household()))
    made.file("photo.jpg", "a photo")
    made.file("sheet.csv", "档案号,金额,凭证号,发放日期\n无,1.00,V-1,2019-09-01\n")
    return made, world


def test_every_command_is_here() -> None:
    run = {" ".join(words.split()[:2]) for words in (*READS, *ASKED, *EMPTY, *OUTSIDE)} | {"inbox", "doctor"}
    names = {" ".join(path) for path, command in ALL if not isinstance(command, click.Group)}
    missing = names - run - NOTHING_OF_CASES
    assert not missing, f"put it into READS, ASKED, EMPTY, OUTSIDE or NOTHING_OF_CASES: {missing}"


@pytest.mark.parametrize("user", READERS)
@pytest.mark.parametrize("as_json", [True, False], ids=["json", "words"])
def test_no_command_tells_of_what_lies_outside(
    office: tuple[Office, dict[str, Planted]], user: str, as_json: bool
) -> None:
    terminal, world = office
    reader = Actor("p", READERS[user][0], (READERS[user][1],))
    for words in READS:
        done = terminal.run(user, [*(["--json"] if as_json else []), *words.split()])
        assert done.code in (0, 3, 6), (words, done)
        assert not leaks(done.text, world, reader), words
    inside = [unit for unit in world if unit not in {planted.unit for planted in foreign(world, reader)}]
    listed = terminal.run(user, ["--json", "case", "list"]).text
    assert all(case in listed for unit in inside for case in world[unit].cases)


@pytest.mark.parametrize("user", ["clerk-" + VILLAGE, "reader-auditor"])
def test_what_lies_outside_is_not_there_in_the_same_words(office: tuple[Office, dict[str, Planted]], user: str) -> None:
    terminal, world = office
    reader = Actor("p", READERS[user][0], (READERS[user][1],))
    for other in foreign(world, reader)[-2:]:
        ids = ghosts(other)
        for words in ASKED:
            one = other.list_id if "LIST" in words else other.cases[0]
            pair = [_asked(terminal, user, words, x) for x in (one, ids[one])]
            assert pair[0] == pair[1], words
            may = (3, 4) if user == "reader-auditor" and words.startswith("list new") else (4,)
            assert pair[0].code in may, (words, pair)
        for words in EMPTY:
            told = [
                _asked(terminal, user, words, x)
                for x in (
                    (other.cases[0], ids[other.cases[0]]) if "CASE" in words else (other.unit, other.unit[:9] + "299")
                )
            ]
            assert told[0] == told[1], words
            assert told[0].code in (0, 4), (words, told)
            assert not leaks(told[0].text, world, reader), words


def test_a_village_outside_is_refused_as_one_that_is_not_there(office: tuple[Office, dict[str, Planted]]) -> None:
    terminal, world = office
    own = world[VILLAGE].cases[2]
    for words in (each.format(plan=PLAN, own=own) for each in OUTSIDE):
        pair = [_asked(terminal, "clerk-" + VILLAGE, words, unit) for unit in (SISTER, "150783101299")]
        assert pair[0] == pair[1], words
        assert pair[0].code in (3, 4), (words, pair)


def test_whom_one_enters_for_is_of_the_place(office: tuple[Office, dict[str, Planted]]) -> None:
    terminal, world = office
    case = world[VILLAGE].cases[2]
    words = f"case check {case} resubmit --for PERSON/village --document photo=photo.jpg"
    with sqlite3.connect(terminal.folder / "weigai.db") as connection:  # nobody is of a trial, for the time being
        connection.execute("UPDATE weigai_person SET trial = 0")
    pair = [
        terminal.run("reader-county", words.replace("PERSON", name).split())
        for name in (f"p-clerk-{SISTER}", "p-nobody")
    ]
    with sqlite3.connect(terminal.folder / "weigai.db") as connection:
        connection.execute("UPDATE weigai_person SET trial = 1")
    assert {done.code for done in pair} == {4}
    assert pair[0].text.replace(f"p-clerk-{SISTER}", "*") == pair[1].text.replace("p-nobody", "*")
    assert terminal.run("reader-county", words.replace("PERSON", f"p-clerk-{VILLAGE}").split()).code in (0, 3)


def test_a_case_that_one_goes_on_from_is_named_to_who_may_see_it(office: tuple[Office, dict[str, Planted]]) -> None:
    terminal, world = office
    copy = terminal.folder / "copy.db"
    shutil.copy(terminal.folder / "weigai.db", copy)
    engine = open_engine(f"sqlite:///{copy}")
    before = world[SISTER].cases[1]
    with Session(engine.execution_options(weigai_write=True)) as session, session.begin():
        api, county = Approvals(session, keys=KEYS), Actor("p-c", "county", (COUNTY,))
        head = api.unmask(before, actor=county, reason="x").household["head"]
        made = api.open_case(
            policy=PLAN,
            unit=VILLAGE,
            household=household(head=head),
            follows=before,
            actor=Actor("p-v", "village", (VILLAGE,)),
            recorder=county,
            documents=[Document("photo", "0" * 64, 1)],
        )
    engine.dispose()
    for user, seen in (("clerk-" + VILLAGE, False), ("reader-township", True)):
        for words in (
            ["--json", "case", "show", made.id],
            ["case", "show", made.id],
            ["--json", "case", "history", made.id],
        ):
            done = terminal.run(user, ["--db", f"sqlite:///{copy}", *words])
            assert done.code == 0
            assert (before in done.text) is (seen and "show" in words), (user, words)


def _asked(terminal: Office, user: str, words: str, one: str) -> Run:
    named = words.replace("CASE", one).replace("LIST", one).replace("UNIT", one)
    done = terminal.run(user, named.split())
    return Run(done.code, done.text.replace(one, "*").replace(one[:-1], "*"))
