"""Hard stops of PostgreSQL: the server is stopped without a shutdown under load and started again.

No acknowledged act is lost, none is there twice; clients are told that the store cannot be reached, make the same
request again until they know, and go on.
"""

from __future__ import annotations

import multiprocessing
import pickle
import time
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from weigai.db import open_engine
from weigai.db.audit.verify import verify

from tests.prove.checker import Op, check
from tests.prove.clients import Client, Wish, case_of, heads_of, lines_of, prepared
from tests.prove.result import Result, proof

if TYPE_CHECKING:
    from tests.postgres import Server

CONTEXT = multiprocessing.get_context("fork")
CLIENTS = 3
LONGEST = 0.3  # seconds of work between two stops at most


def run(seed: int, n: int, server: Server) -> Result:
    """Stop a server `n` times under its clients."""
    with proof("stops postgresql") as result, TemporaryDirectory(prefix="weigai-prove-") as folder:
        url, place = server.fresh(), Path(folder)
        prepared(url)
        first = Client(url, place)
        cases = [f"s-{number}" for number in range(2)]
        for number, request in enumerate(cases):
            first.open(request, number)
        first.close()
        over = CONTEXT.Event()
        crew = [CONTEXT.Process(target=_work, args=(number, url, place, cases, over)) for number in range(CLIENTS)]
        for one in crew:
            one.start()
        rng = Random(f"{seed}/stops")
        for _ in range(n):
            time.sleep(0.05 + LONGEST * rng.random())
            server.stop_hard()
            server.start()
            result.n += 1
        time.sleep(0.3)
        over.set()
        notes, broken = list(first.notes), list(first.faults)
        for number, one in enumerate(crew):
            one.join(120)
            own, wrong = pickle.loads((place / f"notes-{number}").read_bytes())
            notes += own
            broken += wrong
        result.broke(*broken, *_judged(url, notes))
        lost = sum(op.outcome == "unknown" for op in notes)
        result.note(f"{sum(op.outcome == 'done' for op in notes)} answers, {lost} calls cut off and made again")
    return result


def _work(number: int, url: str, folder: Path, cases: list[str], over: Any) -> None:
    """Put facts on cases; a call whose outcome is unknown is made again until it is known."""
    client = Client(url, folder)
    turn = 0
    while not over.is_set():
        turn += 1
        request = cases[turn % len(cases)]
        wish = Wish(
            f"case/{case_of(request)}", f"s-{number}-{turn}", "record_complaint", "county", data={"note": "意见"}
        )
        for attempt in range(600):
            client.take(wish)
            if client.notes[-1].outcome == "done":
                break
            if client.notes[-1].why not in ("StoreLost", "StoreUnavailable", "StoreBusy", "CaseMovedOn"):
                client.faults.append(f"{wish.request}: {client.notes[-1].why}")
            time.sleep(0.01 if attempt < 100 else 0.05)
        else:
            client.faults.append(f"{wish.request}: never known")
    client.close()
    (folder / f"notes-{number}").write_bytes(pickle.dumps((client.notes, client.faults)))


def _judged(url: str, notes: list[Op]) -> list[str]:
    engine = open_engine(url)
    with engine.connect() as connection:
        broken = check(notes, lines_of(connection), heads_of(connection))
        broken += [f"{p.stream} #{p.seq}: {p.what}" for p in verify(connection, most=20).problems]
    engine.dispose()
    return broken
