"""What a command that is refused or ended leaves, and what it says where the program itself is not whole."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import Mock

import pytest
from weigai.workflow.database import Database

from tests.forks import WEIGAI, Terminal
from tests.hostile.backups import prepare, words
from tests.hostile.running import run

if TYPE_CHECKING:
    from sqlalchemy import Engine


@pytest.fixture
def saved(trial: Path, tmp_path: Path) -> Path:
    """A folder with a trial county and a backup of it."""
    Terminal.copied(trial, tmp_path)
    prepare(tmp_path)
    return tmp_path


def new_ones(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("new.db*"))


def test_a_restore_that_is_refused_leaves_no_database(saved: Path) -> None:
    (saved / "x.keys").write_text("[]\n")
    assert (run(words(""), saved).code, new_ones(saved)) == (3, [])
    with closing(sqlite3.connect(saved / "x.db")) as file:
        file.execute("CREATE VIEW x AS SELECT 1")
    assert (run(words(""), saved).code, new_ones(saved)) == (6, [])


def test_a_restore_that_is_ended_leaves_no_database(saved: Path) -> None:
    env = {**os.environ, "WEIGAI_DB": f"sqlite:///{saved / 'weigai.db'}", "WEIGAI_USER": "clerk"}
    with subprocess.Popen([*WEIGAI, *words("")], cwd=saved, env=env, stderr=subprocess.DEVNULL) as process:
        while not (saved / "new.db").exists() and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 128 + signal.SIGTERM
    assert new_ones(saved) == []


def test_a_step_that_a_signal_ends_leaves_no_new_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = Database(f"sqlite:///{tmp_path / 'new.db'}")
    with pytest.raises(KeyboardInterrupt), database.engine(new=True) as engine:
        _end_between_two_rows(engine)
    assert new_ones(tmp_path) == []
    monkeypatch.setattr("weigai.db.engine.create_engine", Mock(side_effect=KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt), database.engine(new=True):
        pass
    assert new_ones(tmp_path) == []


def _end_between_two_rows(engine: Engine) -> None:
    """Stand where a signal can come: a transaction has written, and its cursor waits with a row unread."""
    cursor = engine.raw_connection().cursor()
    for statement in ("BEGIN IMMEDIATE", "CREATE TABLE x (y)", "INSERT INTO x VALUES (1), (2)", "SELECT y FROM x"):
        cursor.execute(statement)
    assert cursor.fetchone() == (1,)
    raise KeyboardInterrupt


def test_a_refused_restore_leaves_a_file_that_was_there_before(saved: Path) -> None:
    (saved / "new.db").touch()
    (saved / "x.keys").write_text("[]\n")
    assert run(words(""), saved).code == 3
    assert "new.db" in new_ones(saved)


def test_a_program_that_is_not_whole_is_not_told_as_an_interruption(saved: Path) -> None:
    cached = {"PYTHONPYCACHEPREFIX": str(saved / "cache"), "PYTHONDONTWRITEBYTECODE": ""}
    assert run(["inbox"], saved, **cached).code == 0
    (module,) = (saved / "cache").rglob("cli/inbox.*.pyc")
    module.write_bytes(module.read_bytes()[:20])
    broken = run(["inbox"], saved, **cached)
    assert broken.code == 1
    assert "internal fault" in broken.err
    assert not {"Interrupted", "Traceback"} & set(broken.err.replace(".", " ").split())


def test_an_end_of_the_input_at_a_prompt_is_an_interruption(saved: Path) -> None:
    ended = run(["policy", "new", "--from", "zhalantun-2019-a"], saved)
    assert (ended.code, "Interrupted" in ended.err) == (130, True)
