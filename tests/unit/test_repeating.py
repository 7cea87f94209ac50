"""What the command line does again by itself, how a signal ends it, and what it says where the outcome is in doubt."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from weigai.db import schema
from weigai.db.faults import store_error
from weigai.db.row_security.protect import ROLE
from weigai.workflow import CaseMovedOn, GuardsNotMet, StoreBusy, StoreLost, StoreUnavailable
from weigai.workflow.cli import ends, repeating
from weigai.workflow.cli.desk import Desk as Table
from weigai.workflow.cli.main import cli
from weigai.workflow.cli.options import one_request

from tests.support import KEYS, Desk, person

if TYPE_CHECKING:
    from collections.abc import Iterator

MAIN = [sys.executable, "-c", "from weigai.workflow.cli.main import main; main()"]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeating.time, "sleep", lambda seconds: None)


def failing(*errors: Exception):
    """Return a piece of work that fails so often, and how often it was called."""
    left, calls = list(errors), []

    def once() -> str:
        calls.append(1)
        if left:
            raise left.pop(0)
        return "done"

    return once, calls


@pytest.mark.parametrize(
    "errors",
    [
        [StoreBusy()], [StoreBusy()] * 5, [CaseMovedOn("c", None)], [StoreLost()],
        [StoreLost(), StoreUnavailable("无", "not up yet"), StoreBusy()],
    ],
)  # fmt: skip
def test_what_may_go_better_is_done_again(errors: list[Exception]) -> None:
    once, calls = failing(*errors)
    assert repeating.repeated(once) == "done"
    assert len(calls) == len(errors) + 1


@pytest.mark.parametrize(
    ("errors", "times"),
    [
        ([StoreBusy()] * 9, 6), ([StoreLost()] * 9, 6), ([CaseMovedOn("c", 4)], 1), ([GuardsNotMet("a", [])], 1),
        ([StoreUnavailable("满", "full")], 1),
    ],
)  # fmt: skip
def test_what_does_not_go_better_is_told(errors: list[Exception], times: int) -> None:
    once, calls = failing(*errors)
    with pytest.raises(type(errors[0])):
        repeating.repeated(once)
    assert len(calls) == times


def test_a_lost_connection_is_known_by_its_code() -> None:
    class Told(Exception):
        sqlstate = "57P01"

    assert isinstance(store_error(OperationalError("x", None, Told("anything"))), StoreLost)
    gone = OperationalError("x", None, Exception("anything"), connection_invalidated=True)
    assert isinstance(store_error(gone), StoreLost)
    assert type(store_error(OperationalError("x", None, Exception("connection refused")))) is StoreUnavailable


def test_the_command_lines_writing_outlives_a_lost_connection(
    postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its server ends its connection once after the act was written and once before: there is one event."""
    from weigai.db import open_engine

    monkeypatch.setenv("WEIGAI_MASTER_KEY", KEYS.text())
    url = postgres.fresh()
    engine = open_engine(url)
    schema.upgrade(engine, role=ROLE)
    with Desk(engine, tmp_path / "f") as made:
        case = made.open()
        made.session.commit()
    context = click.Context(click.Command("x"), obj={"db": url, "user": "clerk", "json": True})
    context.params["request_id"] = "r-1"
    tries = []

    def work(approvals):
        tries.append(1)
        if len(tries) == 1:
            _end(approvals, url)
        event = approvals.take(
            case, "record_complaint", actor=person("county"), data={"note": "意见"}, request_id="r-1"
        ).event
        if len(tries) == 2:
            _end(approvals, url)
        return event

    assert Table(context).write(work).seq == 2
    assert len(tries) == 3
    with Desk(engine, tmp_path / "f") as made:
        assert [event.request_id for event in made.api.history(case)][1:] == ["r-1"]
    engine.dispose()


def _end(approvals, url: str) -> None:
    import psycopg

    pid = approvals.context.connection.execute(text("SELECT pg_backend_pid()")).scalar()
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", (pid,))
    time.sleep(0)


def test_the_request_id_is_said_where_the_outcome_is_in_doubt(capsys: pytest.CaptureFixture[str]) -> None:
    for error in (StoreLost(), ends.Ended(15), KeyboardInterrupt()):
        with pytest.raises(type(error)), repeating.in_doubt("r-77"):
            raise error
        assert "--request-id r-77" in capsys.readouterr().err
    with pytest.raises(StoreBusy), repeating.in_doubt("r-77"):
        raise StoreBusy
    with pytest.raises(StoreLost), repeating.in_doubt(None):
        raise StoreLost
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_waits_for_the_end_of_a_commit_and_a_second_one_does_not(name: str) -> None:
    number = getattr(signal, name)
    was = signal.getsignal(number)
    ends.listen()
    done = []
    try:
        with pytest.raises(ends.Ended) as ended, ends.held():
            os.kill(os.getpid(), number)
            done.append("committed")
        assert (done, ended.value.code) == (["committed"], 128 + number)
        with pytest.raises(ends.Ended), ends.held():
            os.kill(os.getpid(), number)
            os.kill(os.getpid(), number)
            done.append("never")
        ends._waiting.clear()
        with pytest.raises(ends.Ended):
            os.kill(os.getpid(), number)
        ends.let_go()
        assert signal.getsignal(number) is signal.SIG_DFL
    finally:
        for each in ("SIGINT", "SIGTERM", "SIGHUP"):
            signal.signal(getattr(signal, each), signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(number, was)
    assert done == ["committed"]


@pytest.mark.parametrize("stream", [1, 2])
def test_a_stream_that_was_closed_before_the_start_is_no_crash(tmp_path: Path, stream: int) -> None:
    shell = f"{' '.join(MAIN[:2])} '{MAIN[2]}' policy list {stream}>&-"
    done = subprocess.run(["sh", "-c", shell], capture_output=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, b"")


def _commands(group: click.Group, ctx: click.Context) -> Iterator[click.Command]:
    for name in group.list_commands(ctx):
        command = group.get_command(ctx, name)
        assert command is not None
        yield from _commands(command, ctx) if isinstance(command, click.Group) else [command]


def test_every_command_that_can_be_asked_twice_is_one_request_from_its_beginning() -> None:
    """Else a repetition after a server that went away would enter it twice."""
    asked = [
        (command.name, option.callback)
        for command in _commands(cli, click.Context(cli))
        for option in command.params
        if option.name == "request_id"
    ]
    assert len(asked) > 20
    assert {name for name, callback in asked if callback is not one_request} == set()
