"""Hard ends: clients killed at any instant, files half copied, disks that are full or fail, upgrades cut off.

After each: the store holds the old state or the new one, what was acknowledged is there once, nothing is torn, and the
same request again gives the one event.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import time
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from sqlalchemy import text
from weigai.db import open_engine
from weigai.db.audit.verify import verify
from weigai.workflow import Attachment, FileStore, Keys

from tests.prove.checker import Op, check
from tests.prove.clients import Client, Wish, case_of, heads_of, lines_of, official, prepared
from tests.prove.result import Result, proof

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

CONTEXT = multiprocessing.get_context("fork")
LONGEST = 0.12  # seconds after its first answer at which a client is killed at the latest


def run(seed: int, n: int, url: str, *, ack_first: bool = False) -> Result:
    """Kill `n` clients with SIGKILL, each at a random instant of its work on the database at `url`.

    Args:
        ack_first: a planted defect: the answer is given before the commit.
    """
    name = url.split(":", 1)[0].split("+", maxsplit=1)[0]
    with proof(f"kills {name}") as result, TemporaryDirectory(prefix="weigai-prove-") as folder:
        prepared(url)
        place = Path(folder)
        first = Client(url, place)
        first.open("k-first", 900_000)  # what is read and compiled once is not read again in every trial
        first.close()
        engine, known = open_engine(url), 0
        for trial in range(n):
            told = _killed(seed, trial, url, place, ack_first=ack_first)
            with engine.connect() as connection:
                result.broke(*_after(connection, trial, told, url, place))
            known += len(told)
            result.n += 1
        with engine.connect() as connection:
            problems = verify(connection, keys=first.keys, files=FileStore(place / "files"), most=20).problems
            result.broke(*(f"{p.stream} #{p.seq}: {p.what}" for p in problems))
            result.broke(*_sound_pages(connection))
        engine.dispose()
        result.note(f"{known} calls were under way or answered when their clients were killed")
    return result


def _killed(seed: int, trial: int, url: str, folder: Path, *, ack_first: bool) -> list[Op]:
    """Let a client work, kill it, and return what it had said: each call's beginning, and its answer if one came."""
    reader, writer = os.pipe()
    client = CONTEXT.Process(target=_work, args=(trial, url, folder, writer, ack_first))
    client.start()
    os.close(writer)
    told = os.fdopen(reader, "rb")
    first = told.readline()
    time.sleep(Random(f"{seed}/{trial}").random() * LONGEST)
    os.kill(client.pid or 0, signal.SIGKILL)
    client.join()
    lines = [line for line in (first + told.read()).split(b"\n")[:-1] if line]
    told.close()
    return _ops(lines)


def _ops(lines: list[bytes]) -> list[Op]:
    """Return the calls that a client told of: the last one without an answer is of unknown outcome."""
    calls: dict[str, Op] = {}
    for line in lines:
        key, _, rest = line.decode().partition(" ")
        op = Op(*pickle.loads(bytes.fromhex(rest)))
        calls[f"{key[1:]}"] = op
    return list(calls.values())


def _work(trial: int, url: str, folder: Path, pipe: int, ack_first: bool) -> None:
    """Open a case and put facts and papers on it until the end comes; tell of every call before and after it."""
    client = Client(url, folder)
    case, number = case_of(f"k-{trial}"), 0

    def tell(key: str, op: Op) -> None:
        os.write(pipe, f"{key} {pickle.dumps(tuple(op)).hex()}\n".encode())

    def call(wish: Wish, work: Callable[[], Any]) -> None:
        nonlocal number
        number += 1
        began = time.monotonic_ns()
        op = Op(wish.stream, wish.request, wish.action, wish.office, wish.on.isoformat(), "unknown", began)
        tell(f"b{number}", op)
        if ack_first:
            tell(f"a{number}", op._replace(outcome="done", ended=time.monotonic_ns(), seq=number))
        work()
        tell(f"a{number}", client.notes[-1])

    call(Wish(f"case/{case}", f"k-{trial}", "open_case", "village"), lambda: client.open(f"k-{trial}", trial))
    while True:
        wish = _wish(case, trial, number)
        call(wish, partial(client.all_of, [wish], partial(_as_list, wish)))


def _wish(case: str, trial: int, number: int) -> Wish:
    if number % 2:
        return Wish(f"case/{case}", f"t-{trial}-{number}", "attach", "village")
    return Wish(f"case/{case}", f"t-{trial}-{number}", "record_complaint", "township", data={"note": "意见"})


def _taken(api: Any, wish: Wish) -> Any:
    papers = [Attachment("village_plan", content=f"{wish.request}".encode() * 300)] if wish.action == "attach" else []
    return api.take(
        wish.case,
        wish.action,
        actor=official(wish.office),
        on=wish.on,
        data=wish.data,
        documents=papers,
        request_id=wish.request,
    ).event


def _as_list(wish: Wish, api: Any) -> list[Any]:
    return [_taken(api, wish)]


def _after(connection: Connection, trial: int, told: list[Op], url: str, folder: Path) -> list[str]:
    """Judge what a killed client left, make its last call again, and judge once more."""
    case = case_of(f"k-{trial}")
    stream = f"case/{case}"
    broken = check(told, lines_of(connection, [stream]), heads_of(connection, [stream]))
    keys = Keys.from_file(folder / "weigai.key")
    problems = verify(connection, keys=keys, only=case, files=FileStore(folder / "files")).problems
    broken += [f"{p.stream} #{p.seq}: {p.what}" for p in problems]
    connection.rollback()
    open_ = [op for op in told if op.outcome == "unknown"]
    if not open_:
        return broken
    client, last = Client(url, folder), open_[-1]
    for _ in range(2):
        if last.action == "open_case":
            client.open(last.request, trial)
        else:
            wish = _wish(case, trial, int(last.request.rsplit("-", 1)[1]))
            client.all_of([wish], partial(_as_list, wish))
    client.close()
    if [op.outcome for op in client.notes] != ["done", "done"] or len({op.seq for op in client.notes}) > 1:
        broken.append(f"{stream}: the same request again did not give the one event: {client.notes}")
    broken += client.faults
    return broken + check([*told, *client.notes], lines_of(connection, [stream]), heads_of(connection, [stream]))


def _sound_pages(connection: Connection) -> list[str]:
    if connection.dialect.name != "sqlite":
        return []
    found = connection.execute(text("PRAGMA integrity_check")).scalar()
    return [] if found == "ok" else [f"integrity_check: {found}"]
