"""New files that several commands make at once: one has the name, the others are told, and what has a name is whole."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path

import pytest
from weigai.db.backup import new_files
from weigai.states.errors import InputRefused

from tests.forks import Terminal
from tests.machines import at_once, left_over


def test_of_four_backups_at_once_one_wins_and_three_are_told(trial: Path, tmp_path: Path) -> None:
    term = Terminal.copied(trial, tmp_path)
    wanted = len(sqlite3.connect(tmp_path / "weigai.db").execute("SELECT * FROM weigai_key").fetchall())
    runs = at_once(term, [["db", "backup", "--to", "b.db", "--keys", "b.keys"]] * 4)
    assert sorted(code for code, _ in runs) == [0, 3, 3, 3], runs
    assert all("Traceback" not in err for _, err in runs)
    assert left_over(tmp_path) == []
    backup = sqlite3.connect(tmp_path / "b.db")
    assert backup.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert backup.execute("SELECT count(*) FROM weigai_event").fetchone()[0] > 0
    head, *keys = (tmp_path / "b.keys").read_text(encoding="utf-8").splitlines()
    assert (json.loads(head)["weigai"], len(keys)) == ("keys", wanted)
    new = f"sqlite:///{tmp_path / 'new.db'}"
    assert term.json("--db", new, "db", "restore", "b.db", "--keys", "b.keys")["ok"] is True


def test_of_four_exports_at_once_one_wins(trial: Path, tmp_path: Path) -> None:
    term = Terminal.copied(trial, tmp_path)
    runs = at_once(term, [["audit", "export", "log.jsonl"]] * 4)
    assert sorted(code for code, _ in runs) == [0, 3, 3, 3], runs
    assert left_over(tmp_path) == []
    lines = (tmp_path / "log.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(lines[-1])["end"] == sum('{"event":' in line for line in lines)


@pytest.mark.parametrize("links", [True, False], ids=["links", "no links"])
def test_a_backup_and_its_keys_are_named_together_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, links: bool
) -> None:
    """Whoever makes the second name meanwhile keeps it, and the first is taken back."""
    keys, to = tmp_path / "b.keys", tmp_path / "b.db"

    def refused(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    if not links:
        monkeypatch.setattr(os, "link", refused)
    with pytest.raises(InputRefused), new_files.new_files(keys, to) as made:
        for temporary in made:
            temporary.write_text("mine")
        to.write_text("another's")
    assert [path.name for path in tmp_path.iterdir()] == ["b.db"]
    assert to.read_text() == "another's"
    with new_files.new_files(keys) as (temporary,):
        temporary.write_text("mine")
    assert (keys.read_text(), keys.stat().st_mode & 0o077) == ("mine", 0)
