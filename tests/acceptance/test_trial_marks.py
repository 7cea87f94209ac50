"""A trial county is marked on all that people print or file, and in every document of a report or proof; no other is."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from weigai.workflow.cli.report.group import report

from tests.forks import Terminal
from tests.machines import CODES, MARKS, REPORTS, SHEET, county, opened
from tests.support import VILLAGE, household


@pytest.fixture(scope="module", params=[True, False], ids=["trial", "founded"])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Terminal, bool]:
    """A county with a case on its way: of a trial, or founded."""
    folder = tmp_path_factory.mktemp("marks")
    if request.param:
        term = Terminal.copied(request.getfixturevalue("trial"), folder)
        opened(term)
    else:
        term = county(folder)
        term(
            "user",
            "add",
            "p-0007",
            "--office",
            f"village@{VILLAGE}",
            "--since",
            "2019-01-01",
            "--account",
            "wang",
            stdin="王\n",
        )
        term("--as", "li", "user", "confirm", "p-0007")
        path = term.file("household.json", household())
        term(
            "--as",
            "wang",
            "case",
            "open",
            "--policy",
            "zhalantun-2019-a",
            "--unit",
            VILLAGE,
            "--household",
            path,
            "--on",
            "2019-06-10",
            "--reason",
            "补录",
            "--agreed-by",
            "p-0002",
        )
    term.file("sheet.csv", SHEET)
    term("audit", "head", "--to", "w.heads")
    return term, bool(request.param)


def test_every_report_is_here() -> None:
    assert {words.split()[1] for words in REPORTS.values()} == set(report.list_commands(click.Context(report)))


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("lang", MARKS)
def test_a_printed_report_is_marked_at_its_title_and_at_its_head(
    place: tuple[Terminal, bool], name: str, lang: str
) -> None:
    term, on_trial = place
    said = term("--lang", lang, *REPORTS[name].split(), code=CODES.get(name, 0)).splitlines()
    assert (MARKS[lang] in said[0], MARKS[lang] in said[-1]) == (on_trial, on_trial)


def _fields(document: Any) -> list[Any]:
    """Return the field of a document, or of each of its rows."""
    return [row["trial"] for row in document] if isinstance(document, list) else [document["trial"]]


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_as_a_document_has_the_field(place: tuple[Terminal, bool], name: str) -> None:
    term, on_trial = place
    assert set(_fields(term.json(*REPORTS[name].split(), code=CODES.get(name, 0)))) <= {on_trial}


def test_a_head_is_marked_in_its_short_form_its_document_and_its_file(place: tuple[Terminal, bool]) -> None:
    term, on_trial = place
    for lang, mark in MARKS.items():
        for words in (["--short"], []):
            assert (mark in term("--lang", lang, "audit", "head", *words).splitlines()[0]) is on_trial
    [made] = term.json("audit", "head")["heads"]
    assert made["trial"] is on_trial
    line = (term.folder / "w.heads").read_text(encoding="utf-8").splitlines()[-1]
    assert json.loads(line).get("trial", False) is on_trial
    short = term("audit", "head", "--short").strip()
    assert term.json("audit", "verify", "--head", short)["ok"] is True  # the mark does no harm to a line from paper
    assert term.json("audit", "verify", "--head", "w.heads")["ok"] is True
    assert (MARKS["zh"] in term("doctor")) is on_trial


def test_a_verification_is_marked(place: tuple[Terminal, bool]) -> None:
    term, on_trial = place
    for more in ([], ["--chain"], ["--jobs", "2"], ["--head", "w.heads"]):
        found = term.json("audit", "verify", *more)
        assert (found["trial"], [p["trial"] for p in found["proofs"]]) == (on_trial, [on_trial])
        for lang, mark in MARKS.items():
            said = term("--lang", lang, "audit", "verify", *more).splitlines()
            proof = next(
                line
                for line in said
                if line.startswith("150783") and ("链头" in line or "head" in line or "held" in line)
            )
            assert ((mark in said[0]), (mark in proof)) == (on_trial, on_trial)


def test_an_export_and_what_verifies_it_elsewhere_are_marked(place: tuple[Terminal, bool], tmp_path: Path) -> None:
    term, on_trial = place
    to = tmp_path / "log.jsonl"
    assert term.json("audit", "export", str(to))["trial"] is on_trial
    assert (MARKS["zh"] in term("audit", "export", str(tmp_path / "again.jsonl")).splitlines()[0]) is on_trial
    lines = to.read_text(encoding="utf-8").splitlines(keepends=True)
    assert json.loads(lines[0])["trial"] == (["150783"] if on_trial else [])
    program = term.file("verify.py", term("audit", "verifier"))
    to.write_text("".join([lines[0].replace('["150783"],"trial":["150783"]', '["150783"],"trial":[]'), *lines[1:]]))
    done = subprocess.run([sys.executable, program, str(to)], capture_output=True, text=True, check=False)
    assert (
        "(试用县/trial county)" in done.stdout or not on_trial
    )  # by the events themselves, whatever the first line says
    assert done.returncode == (7 if on_trial else 0)  # and a first line that says otherwise is a fault
    again = subprocess.run(
        [sys.executable, program, "again.jsonl"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert ("(试用县/trial county)" in again.stdout) is on_trial


def test_a_restored_backup_is_marked(place: tuple[Terminal, bool], tmp_path: Path) -> None:
    term, on_trial = place
    term("db", "backup", "--to", str(tmp_path / "b.db"), "--keys", str(tmp_path / "b.keys"))
    words = ["db", "restore", str(tmp_path / "b.db"), "--keys", str(tmp_path / "b.keys")]
    told = term.json("--db", f"sqlite:///{tmp_path / 'one.db'}", *words)
    assert (told["ok"], told["trial"]) == (True, on_trial)
    assert (MARKS["zh"] in term("--db", f"sqlite:///{tmp_path / 'two.db'}", *words)) is on_trial
