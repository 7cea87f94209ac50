"""Other hard ends: killed at an fsync, a disk that fails or is full, Ctrl-C and SIGTERM in the middle of a command."""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import event, text
from weigai.db import open_engine
from weigai.db.audit.verify import verify

from tests.prove.checker import Op, check
from tests.prove.clients import DAY, Client, Wish, case_of, heads_of, lines_of, prepared
from tests.prove.result import Result, proof

WEIGAI = [sys.executable, "-c", "from weigai.workflow.cli.main import main; main()"]
CLIENT = [
    sys.executable,
    "-c",
    "import sys; sys.path.insert(0, '.'); from tests.prove.ends import client; client(*sys.argv[1:])",
]
ROOT = Path(__file__).parent.parent.parent
FACT = ("record_complaint", "county")


def client(url: str, folder: str, case: str, rounds: str, relaxed: str = "") -> None:
    """Put facts on a case; tell of each on stdout once it is committed, or of the error that stopped it."""
    made = Client(url, Path(folder))
    if relaxed:  # a planted defect: commits are no longer forced to the disk
        event.listen(made.engine, "connect", lambda c, _: c.execute("PRAGMA synchronous=OFF"))
    for number in range(int(rounds)):
        made.take(Wish(f"case/{case}", f"e-{number}", *FACT, data={"note": "意见"}))
        op = made.notes[-1]
        os.write(1, (json.dumps([op.request, op.outcome, op.seq, op.hash, op.why]) + "\n").encode())


class _Place:
    """A fresh SQLite database with one open case; for commands, of a trial county."""

    def __init__(self, folder: str, *, commands: bool = False) -> None:
        self.folder = Path(folder)
        self.url = f"sqlite:///{self.folder / 'weigai.db'}"
        if commands:
            command(self, "init")
        prepared(self.url)
        self.client = Client(self.url, self.folder)
        self.case = case_of("first")
        self.client.open("first", 1)

    def close(self) -> None:
        """Close the database."""
        self.client.close()

    def judge(self, told: list[Op]) -> list[str]:
        """Return what is wrong with the log after what clients were told."""
        engine = open_engine(self.url)
        with engine.connect() as connection:
            lines = [line for line in lines_of(connection) if line.stream.startswith("case/")]
            heads = {name: head for name, head in heads_of(connection).items() if name.startswith("case/")}
            broken = check([*self.client.notes, *told], lines, heads)
            broken += [f"{p.stream} #{p.seq}: {p.what}" for p in verify(connection).problems]
            pages = connection.execute(text("PRAGMA integrity_check")).scalar()
        engine.dispose()
        return [*broken, *self.client.faults, *([] if pages == "ok" else [f"integrity_check: {pages}"])]

    def traced(self, *options: str, rounds: int = 3, relaxed: str = "") -> tuple[int, list[list[Any]], str]:
        """Run a client under strace; return how it ended, what it told, and the trace."""
        log = self.folder / "trace"
        words = ["strace", "-f", "-o", str(log), "-s", "40", *options, *CLIENT]
        done = subprocess.run(
            [*words, self.url, str(self.folder), self.case, str(rounds), *([relaxed] if relaxed else [])],
            cwd=ROOT,
            capture_output=True,
            check=False,
            timeout=300,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )
        told = [json.loads(line) for line in done.stdout.decode().splitlines() if line.endswith("]")]
        return done.returncode, told, log.read_text(encoding="utf-8", errors="replace")


def _as_ops(case: str, told: list[list[Any]], rounds: int) -> list[Op]:
    """Return what a traced client told of as calls; those that it did not come to are of unknown outcome."""
    told = [*told, *([f"e-{number}", "unknown", None, None, ""] for number in range(len(told), rounds))]
    return [
        Op(f"case/{case}", request, *FACT, DAY.isoformat(), outcome, 0, seq=seq, hash=own)
        for request, outcome, seq, own, _ in told
    ]


def fsyncs(seed: int, n: int) -> Result:
    """End a client at its k-th sync of the database: killed there, or told that the disk failed."""
    with proof("fsyncs") as result:
        if shutil.which("strace") is None:
            result.broke("strace is not here: nothing was proved")
            return result
        for trial in range(n):
            k, fails = 1 + trial // 2 % 12, trial % 2
            with TemporaryDirectory(prefix="weigai-prove-") as folder:
                place = _Place(folder)
                how = "error=EIO" if fails else "signal=SIGKILL"
                syncs = "fdatasync,fsync"
                code, told, _ = place.traced("-e", f"trace={syncs}", "-e", f"inject={syncs}:{how}:when={k}")
                if not fails and code not in (0, -signal.SIGKILL, 137):
                    result.broke(f"killed at sync {k}: the client ended with {code}")
                wrong = {line[4] for line in told if line[1] != "done"} - {"StoreUnavailable", "StoreBusy"}
                if wrong:
                    result.broke(f"sync {k} failed: {wrong}")
                if fails and len(told) < 3:
                    result.broke(f"sync {k} failed: the client ended with {code} after {len(told)} answers")
                result.broke(*place.judge(_as_ops(place.case, told, 3)))
                place.close()
            result.n += 1
    return result


def durable(seed: int, n: int, *, relaxed: str = "") -> Result:
    """Look at the system calls of a client: every answer has a sync of the database's log behind the one before."""
    with proof("durable") as result, TemporaryDirectory(prefix="weigai-prove-") as folder:
        if shutil.which("strace") is None:
            result.broke("strace is not here: nothing was proved")
            return result
        place = _Place(folder)
        _, told, trace = place.traced("-e", "trace=fdatasync,fsync,write", rounds=n, relaxed=relaxed)
        place.close()
        synced = False
        for line in trace.splitlines():
            synced = synced or bool(re.search(r"f(data)?sync\(", line))
            if 'write(1, "[' in line:
                if not synced:
                    result.broke(f"answer {result.n + 1} was given without a sync before it")
                synced = False
                result.n += 1
        if len(told) < n:
            result.broke(f"{len(told)} of {n} answers came")
    return result


# ------------------------------------------------------------------ a full disk


def full(seed: int, n: int) -> Result:
    """Let the disk be full at some moment: what is refused then left no trace, and all goes on once there is room."""
    with proof("full disk") as result:
        for trial in range(n):
            with TemporaryDirectory(prefix="weigai-prove-") as folder:
                place = _Place(folder, commands=trial % 2 == 1)
                result.broke(*(_limited(place, trial) if trial % 2 else _no_pages(place, trial)))
                place.close()
            result.n += 1
    return result


def _no_pages(place: _Place, trial: int) -> list[str]:
    """Hold the database to a few pages more than it has."""
    crowded = Client(place.url, place.folder)

    def hold(connection: Any, record: Any) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + trial % 7}")

    event.listen(crowded.engine, "connect", hold)
    for number in range(60):
        crowded.take(Wish(f"case/{place.case}", f"f-{number}", *FACT, data={"note": "意见" * 300}))
    crowded.close()
    refused = [op for op in crowded.notes if op.outcome != "done"]
    broken = (
        [] if refused and {op.why for op in refused} == {"StoreUnavailable"} else [f"not said to be full: {refused}"]
    )
    again = Client(place.url, place.folder)
    again.take(Wish(f"case/{place.case}", refused[0].request if refused else "f-x", *FACT, data={"note": "意见" * 300}))
    broken += [] if again.notes[-1].outcome == "done" else ["there is room again, and it does not go on"]
    again.close()
    return broken + crowded.faults + place.judge([*crowded.notes, *again.notes])


def _limited(place: _Place, trial: int) -> list[str]:
    """Run commands that may write no file beyond a size; the one that finds no room says 6."""
    words = ["case", "record", place.case, FACT[0], "--on", "2019-06-10"]
    size = max((place.folder / f"weigai.db{end}").stat().st_size for end in ("", "-wal"))

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 2000 * (trial % 5), resource.RLIM_INFINITY))

    code, _, err = command(place, *words, "--request-id", "u-1", before=limit)
    broken = [] if code in (0, 6) and "Traceback" not in err else [f"a full disk ended with {code}: {err[-200:]}"]
    code, _, err = command(place, *words, "--request-id", "u-1")
    broken += [] if code == 0 else [f"there is room again, and it ended with {code}: {err[-200:]}"]
    told = Op(f"case/{place.case}", "u-1", *FACT, DAY.isoformat(), "unknown", 0)
    broken += place.judge([told])
    return broken + _once(place, "u-1")


def _once(place: _Place, request: str) -> list[str]:
    engine = open_engine(place.url)
    with engine.connect() as connection:
        count = sum(line.request == request for line in lines_of(connection))
    engine.dispose()
    return [] if count == 1 else [f"{request} is there {count} times"]


def command(place: _Place, *words: str, before: Any = None, after: float | None = None, number: int = 0) -> Any:
    """Run a command; `after` some seconds it gets a signal. Return exit code, stdout and stderr."""
    env = {
        **os.environ,
        "WEIGAI_DB": place.url,
        "WEIGAI_USER": "clerk",
        "PYTHONUTF8": "1",
        "WEIGAI_KEYS": str(place.folder / "weigai.key"),
    }
    running = subprocess.Popen(
        [*WEIGAI, "--lang", "en", *words],
        cwd=place.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=env,
        preexec_fn=before,  # noqa: PLW1509 - no other thread is running
    )
    if after is not None:
        time.sleep(after)
        running.send_signal(number)
    out, err = running.communicate(timeout=120)
    return running.returncode, out.decode(), err.decode()


# ------------------------------------------------------------------ Ctrl-C, SIGTERM, SIGHUP

ENDS = {signal.SIGINT: (130, -2), signal.SIGTERM: (143, -15), signal.SIGHUP: (129, -1)}


def interrupts(seed: int, n: int) -> Result:
    """Interrupt commands at random instants; the same request again gives the one event."""
    with proof("interrupts") as result, TemporaryDirectory(prefix="weigai-prove-") as folder:
        place = _Place(folder, commands=True)
        words = ["case", "record", place.case, FACT[0], "--on", "2019-06-10"]
        began = time.perf_counter()
        command(place, *words, "--request-id", "i-first")
        whole = time.perf_counter() - began
        ended = 0
        for trial in range(n):
            rng, number = Random(f"{seed}/{trial}"), list(ENDS)[trial % 3]
            request = f"i-{trial}"
            after = whole * (0.2 + 0.9 * rng.random())
            code, _, err = command(place, *words, "--request-id", request, after=after, number=number)
            early = code < 0 or "site-packages" in err or "frozen importlib" in err  # before the program itself ran
            if code not in (0, *ENDS[number]) or ("Traceback" in err and not early):
                result.broke(f"{number.name} after {after:.2f} s: ended with {code}: {err[-300:]}")
            ended += code != 0
            code, _, err = command(place, *words, "--request-id", request)
            if code:
                result.broke(f"the same request again ended with {code}: {err[-300:]}")
            result.broke(*_once(place, request))
            result.n += 1
        asked = [Op(f"case/{place.case}", f"i-{i}", *FACT, DAY.isoformat(), "unknown", 0) for i in ("first", *range(n))]
        result.broke(*place.judge(asked))
        place.close()
        result.note(f"{ended} of {n} commands were ended before they were done")
    return result
