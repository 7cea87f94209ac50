"""A fork stands for a process: what a command sees and leaves is its own, and one that hangs or dies fails its test."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.forks import RealTerminal, Terminal, forks
from tests.machines import opened


def test_a_fork_and_a_process_print_the_same(tmp_path: Path) -> None:
    for words in (["--help"], ["policy", "list"], ["fly"], ["inbox"], ["--lang", "en", "case", "open"]):
        told = [made(tmp_path).run(words, env=made(tmp_path).env, stdin=b"") for made in (Terminal, RealTerminal)]
        assert told[0] == told[1]


def test_a_fork_has_the_folder_the_mask_and_the_variables_of_its_call(tmp_path: Path) -> None:
    term = Terminal(tmp_path)
    answers = ["--county", "150784", "--county-name", "x", "--title", "x", "--year", "2026", "--issued", "2026-01-01"]
    before = os.umask(0o027)
    try:
        term("policy", "new", "--from", "zhalantun-2019-a", "--id", "new", *answers)
    finally:
        os.umask(before)
    assert (tmp_path / "new.toml").stat().st_mode & 0o777 == 0o640
    assert "Policies" in term("policy", "--help", WEIGAI_LANG="en")
    assert "Policies" not in term("policy", "--help")


def test_two_forks_draw_different_ids(tmp_path: Path, trial: Path) -> None:
    term = Terminal.copied(trial, tmp_path)
    assert len({opened(term), opened(term)}) == 2  # an id is drawn anew


def test_what_only_a_new_interpreter_reads_is_left_to_one() -> None:
    env = Terminal(Path()).env
    assert forks().can(env)
    for name, value in (("PYTHONUTF8", "0"), ("PYTHONIOENCODING", "gbk"), ("LC_ALL", "C"), ("LANG", "x")):
        assert not forks().can({**env, name: value})


def test_a_command_that_does_not_end_fails_its_test_and_no_other(tmp_path: Path, trial: Path) -> None:
    term = Terminal.copied(trial, tmp_path)
    pipe, held = os.pipe()
    before = time.monotonic()
    with pytest.raises(AssertionError, match="case search did not end in 1 s"):
        forks().run(["case", "search"], folder=tmp_path, env=term.env, stdin=pipe, patience=1)
    assert time.monotonic() - before < 30
    os.close(pipe)
    os.close(held)
    term("inbox")


def test_a_process_that_is_gone_fails_its_test_and_no_other(tmp_path: Path) -> None:
    term = Terminal(tmp_path)
    forks().process.kill()
    forks().process.wait()
    with pytest.raises(AssertionError, match="the process that forks is gone, exit code -9"):
        term("--help")
    assert term("--help")


def test_init_sets_up_a_trial_county_and_a_copy_of_it_is_as_good(tmp_path: Path, trial: Path) -> None:
    (tmp_path / "new").mkdir()
    new, copy = RealTerminal(tmp_path / "new"), Terminal.copied(trial, tmp_path / "copy")
    assert new.json("init")["new"] is True
    assert copy.json("init")["new"] is False
    for term in (new, copy):
        assert {path.name for path in term.folder.iterdir()} == {
            "weigai.db",
            "weigai.db.vault.files",
            "weigai.db.key",
            "weigai.db.key.lock",
        }
        assert {path.stat().st_mode & 0o777 for path in term.folder.iterdir()} == {0o600, 0o700}
        assert [term.json("audit", "verify")[name] for name in ("ok", "events")] == [True, 2]
        assert all(check["ok"] for check in term.json("doctor"))
        with closing(sqlite3.connect(term.folder / "weigai.db")) as db:
            assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert term.json("case", "show", opened(term))["household"]["head"]["name"] == "张*"
