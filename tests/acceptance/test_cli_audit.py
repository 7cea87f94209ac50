"""Heads, witness, verification and export as an inspector meets them at the command line."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from weigai.db.audit.problem import Problem
from weigai.db.audit.verify import Verified
from weigai.workflow.cli import language
from weigai.workflow.cli.audit import verify as verifying

from tests.acceptance.test_cli import ROAD, go
from tests.forks import Terminal
from tests.machines import opened
from tests.postgres import Server


@pytest.fixture
def term(tmp_path: Path, trial: Path) -> Terminal:
    return Terminal.copied(trial, tmp_path)


def test_a_roll_back_to_an_older_copy_is_found_by_the_witness(term: Terminal) -> None:
    case = opened(term)
    wit = {"WEIGAI_WITNESS": "witness.jsonl"}
    first = term("--lang", "en", "audit", "head", "--short", **wit).strip()
    assert "1 heads were added" in term.err
    shutil.copy(term.folder / "weigai.db", term.folder / "older.db")
    go(term, case, ROAD[0])
    assert term.json("audit", "verify", **wit)["proofs"][0]["later"] == 1
    second = term.json("audit", "head", **wit)["heads"][0]
    assert second["no"] == 2
    term("audit", "head", **wit)  # nothing moved: the same head, and no second line of it
    kept = (term.folder / "witness.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["no"] for line in kept] == [1, 2]
    assert (term.folder / "witness.jsonl").stat().st_mode & 0o777 == 0o600
    said = term("--lang", "en", "audit", "verify", **wit)
    assert "head #2 of " in said
    assert "the 0 later events are only linked to each other" in said
    older = {"WEIGAI_DB": f"sqlite:///{term.folder / 'older.db'}"}
    told = term.json("audit", "verify", code=7, **wit, **older)
    assert [(p["stream"], p["seq"]) for p in told["problems"]] == [(f"150783:case/{case}", 2), ("150783:head", 2)]
    assert term("--lang", "en", "audit", "verify", **older).count(
        "only linked to each other"
    )  # without a head outside all is well
    assert "head #1 of " in term("--lang", "en", "audit", "verify", "--head", first, **older)
    term("audit", "head", code=7, **wit, **older)  # no new head over a record that lost some
    assert len((term.folder / "witness.jsonl").read_text(encoding="utf-8").splitlines()) == 2
    assert not next(
        c for c in term.json("doctor", code=6, **wit, **older) if c["check"] in ("留存链头", "published heads")
    )["ok"]
    assert all(c["ok"] for c in term.json("doctor", **wit))


def test_reports_for_people_end_with_the_last_head(term: Terminal) -> None:
    opened(term)
    assert "链头" not in term("report", "progress")
    short = term("audit", "head", "--short").partition(" 〔")[0].strip()
    for words in (["progress"], ["budget"], ["budget", "--by", "class"], ["overdue"], ["refusals"]):
        assert short in term("report", *words).splitlines()[-1]
        assert isinstance(term.json("report", *words), list)


def test_an_auditor_verifies_an_export_elsewhere(term: Terminal) -> None:
    opened(term)
    term("audit", "head", "--to", "kept.heads")
    assert term.json("audit", "export", "log.jsonl")["lines"] >= 4
    assert (term.folder / "log.jsonl").stat().st_mode & 0o777 == 0o600
    term("audit", "export", "log.jsonl", code=3)  # never over another file
    (term.folder / "verify.py").write_text(term("audit", "verifier"), encoding="utf-8")
    command = [sys.executable, "-I", "-S", "verify.py", "log.jsonl", "kept.heads"]
    done = subprocess.run(command, capture_output=True, cwd=term.folder, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"head #1 of " in done.stdout


def test_the_first_bad_event_is_named(term: Terminal) -> None:
    case = opened(term)
    for step in ROAD[:3]:
        go(term, case, step)
    term("audit", "head", "--to", "kept.heads")
    with sqlite3.connect(term.folder / "weigai.db") as db:
        for (trigger,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            db.execute(f"DROP TRIGGER {trigger}")
        db.execute("UPDATE weigai_event SET body = replace(body, '\"votes_for\"', '\"votes_fro\"') || '' WHERE seq = 2")
        db.execute("UPDATE weigai_event SET acted_by = 'p-x' WHERE seq = 3")
    db.close()
    told = term.json("audit", "verify", "--head", "kept.heads", code=7)
    assert told["problems"][0] == {
        "stream": f"150783:case/{case}",
        "seq": 3,
        "problem": "column acted_by differs from the body",
    }
    assert told["proofs"] == []
    assert "从第一处不符起" in term("audit", "verify", code=7)


def test_no_text_of_a_damaged_record_begins_a_line(term: Terminal) -> None:
    opened(term)
    term("audit", "head")
    forged = "150783: head #9 of 2030-01-01 proves 9 events"
    with sqlite3.connect(term.folder / "weigai.db") as db:
        for (trigger,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            db.execute(f"DROP TRIGGER {trigger}")
        db.execute(
            "UPDATE weigai_event SET stream = 'case/' || char(10) || ? WHERE stream LIKE 'case/%' AND seq = 1", [forged]
        )
        db.execute("UPDATE weigai_head SET made_at = char(10) || ?", [forged])
    db.close()
    for words in (["verify"], ["verify", "--chain"], ["head", "--short"]):
        said = term("--lang", "en", "audit", *words, code=None)
        assert not any(line.startswith(forged[:8]) and "proves" in line for line in said.splitlines()), said
    assert f"case/\\n{forged}" in term("audit", "verify", code=7)


def test_bad_heads_areas_and_algorithms_are_refused(term: Terminal) -> None:
    opened(term)
    term("audit", "verify", "--head", "nowhere", code=3)
    term("audit", "verify", "--head", term.file("x.heads", "{}\n"), code=3)
    term("audit", "head", "--county", "150784", code=4)
    term("user", "add", "p-0300", "--office", "village@150783101201", "--account", "new", stdin="新人\n")
    term("--as", "new", "audit", "head", code=4)
    term("--as", "new", "audit", "export", "x.jsonl", code=4)
    assert not (term.folder / "x.jsonl").exists()
    term("inbox", code=3, WEIGAI_HASH="md5")


def test_sm3_at_the_command_line(term: Terminal) -> None:
    case = opened(term)
    sm3 = {"WEIGAI_HASH": "sm3"}
    data = term.file("data.json", ROAD[0][3])
    words = ["case", "advance", case, "submit_application", "--on", "2019-06-10", "--data", data]
    term(*words, *term.papers(ROAD[0][2]), **sm3)
    assert term.json("audit", "head", "--to", "kept.heads", **sm3)["heads"][0]["alg"] == "sm3"
    assert term.json("audit", "verify", "--head", "kept.heads")["ok"] is True
    bodies = (
        sqlite3.connect(term.folder / "weigai.db").execute("SELECT body FROM weigai_event ORDER BY seq DESC").fetchall()
    )
    assert '"alg":"sm3"' in bodies[0][0]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_several_processes_come_to_the_same(term: Terminal, kind: str, request: pytest.FixtureRequest) -> None:
    if kind == "postgresql":
        server: Server = request.getfixturevalue("postgres")
        term.env["WEIGAI_DB"] = server.fresh()
        term("init")
    opened(term)
    opened(term, head={"name": "李四", "id_number": "150799196103030027", "registered_poor": True})
    term("audit", "head", "--to", "kept.heads")
    one = term.json("audit", "verify", "--head", "kept.heads", "--jobs", "1")
    assert (one["ok"], one["proofs"][0]["later"]) == (True, 0)
    assert term.json("audit", "verify", "--head", "kept.heads", "--jobs", "3") == one


@pytest.mark.parametrize("chosen", ["zh", "en"])
def test_remarks_that_are_not_shown_are_counted(chosen: str, capsys: pytest.CaptureFixture[str]) -> None:
    remark = Problem("150783:case/x", 2, "numbers")
    language.choose(["--lang", chosen])
    try:
        for more, lines in ((0, []), (37, ["37"])):
            verifying._print(Verified(5, 1, (), remarks=(remark,), more=more))
            said = capsys.readouterr().out.splitlines()
            assert [re.findall("[0-9]+", line)[0] for line in said[1:-1]] == lines
    finally:
        language.choose([])
