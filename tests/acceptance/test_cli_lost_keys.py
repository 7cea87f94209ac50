"""Keys that are old or lost at the command line: which one is missing, and what can be done."""

from __future__ import annotations

import pytest
from weigai.db import Keys

from tests.acceptance.test_cli import term
from tests.forks import Terminal
from tests.machines import opened
from tests.support import VILLAGE, household

__all__ = ["term"]


def open_words(term: Terminal) -> tuple[str, ...]:
    path = term.file("other.json", household(head={"name": "李四", "id_number": "150799198802290038"}))
    words = ("case", "open", "--policy", "zhalantun-2019-a", "--unit", VILLAGE, "--household", path)
    return (*words, "--on", "2019-06-10")


@pytest.mark.parametrize("fresh", [True, False])
def test_a_database_whose_only_master_key_is_lost_goes_on(term: Terminal, *, fresh: bool) -> None:
    case, key = opened(term), term.folder / "weigai.db.key"
    master = Keys.read(key).master[0]
    key.unlink()
    if fresh:
        Keys.fresh().to_file(key)
    for words in (
        open_words(term),
        ("db", "rotate-key"),
        ("db", "rotate-key", "--give-up", "x"),
        ("case", "show", case),
    ):
        term(*words, code=6)
        assert master in term.err
    said = term("--lang", "en", "doctor", code=6)
    assert f"weigai db rotate-key --give-up {master}" in said
    assert "not affected" not in said
    assert f"case/{case}" in term.json("db", "rotate-key", "--give-up", master, code=7)["lost"]
    assert f"--give-up {master}" not in term("doctor", code=6)
    new = term.json(*open_words(term))["case"]
    assert {c["case"]: c["key_lost"] for c in term.json("case", "list")} == {case: True, new: False}
    if fresh:  # a file that was there lists whom it serves, as ever
        term("db", "adopt")
    assert term.json("db", "retire-key", "--without-lost")["retired"]
    found = term.json("audit", "verify", code=7)["problems"]
    assert found
    assert [problem for problem in found if master not in problem["problem"]] == []
    term("case", "show", case, code=6)
    assert master in term.err


def test_keys_from_the_environment_are_rotated_nowhere_and_old_ones_are_told(term: Terminal) -> None:
    case = opened(term)
    old = {"WEIGAI_MASTER_KEY": (term.folder / "weigai.db.key").read_text()}
    term("db", "rotate-key", code=6, **old)
    term("db", "rotate-key")
    new = Keys.read(term.folder / "weigai.db.key").master[0]
    paper = term.papers("danger_photo")
    for words in (
        ("case", "attach", case, *paper, "--on", "2019-06-10"),
        ("case", "show", case),
        ("case", "list"),
        ("user", "list"),
        ("case", "explain", case),
        ("case", "history", case),
        ("case", "unmask", case, "--reason", "x"),
        ("report", "findings"),
        ("case", "advance", case, "withdraw", "--reason", "x"),
        open_words(term),
    ):
        term(*words, code=6, **old)
        assert new in term.err, words
    for words in (("audit", "log"), ("audit", "export", "e.jsonl")):
        term(*words, **old)  # nothing of it is encrypted
    found = term.json("audit", "verify", code=7, **old)["problems"]
    assert [problem for problem in found if new not in problem["problem"]] == []
    term("case", "attach", case, *paper, "--on", "2019-06-10")
    term("db", "backup", "--to", "b.db", "--keys", "b.keys", "--files", "b.files")
    back = {**old, "WEIGAI_FILES": str(term.folder / "back.files")}
    words = ("--db", "sqlite:///back.db", "db", "restore", "b.db", "--keys", "b.keys", "--files", "b.files")
    done = term.json(*words, code=7, **back)
    assert (done["files"], done["missing"]) == (1, [])
    assert [problem for problem in done["problems"] if new not in problem["problem"]] == []
    kept = {"WEIGAI_KEYS": str(term.folder / "weigai.db.key"), "WEIGAI_FILES": back["WEIGAI_FILES"]}
    assert term.json("--db", "sqlite:///back.db", "audit", "verify", **kept)["ok"]
