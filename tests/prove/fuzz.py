"""Every command with hostile inputs: no traceback, an exit code of ours, and nobody's values in a message that did not type them.

Calls run in a process of their own, one after the other, in a county that is copied anew for each batch; some of them are run as
real processes besides.
"""

from __future__ import annotations

import io
import json
import os
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import NullPool, create_engine
from weigai.db import open_engine
from weigai.states.identity_number import synthetic
from weigai.workflow import Approvals, Keys
from weigai.workflow.cli.main import main

from tests.forks import Terminal, started
from tests.postgres import Server
from tests.prove.inputs import Input, World, commands, drawn, ids
from tests.prove.result import Result, proof
from tests.support import COUNTY, VILLAGE, Desk, household

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

CODES = frozenset((0, 2, 3, 4, 5, 6, 7, 130, 143))
BATCH = 250  # calls on one copy of the county
REAL = 200  # of how many calls one is a real process too
SERVED = 5  # of how many batches one is on the server: a call there takes ten times as long
LONGEST = 120  # seconds that a call may take
HEAD = {"name": "金丝雀甲", "id_number": "150799195406120017", "phone": "13904700001", "registered_poor": True}
CARD, PLACE, NOTE, OFFICIAL = "6217000000000091", "金丝雀路九号", "金丝雀的备注", "金丝雀乙"
PLANTED = (HEAD["name"], HEAD["id_number"], HEAD["phone"], CARD, PLACE, NOTE, OFFICIAL)


# defects in the commands that a run has to notice
TORN = "from datetime import date; from weigai.states import calendar; calendar.parse_date = date.fromisoformat"
TOLD = f"from weigai.workflow.cli import main as m; was = m.note; m.note = lambda text: was(text + {HEAD['name']!r})"


class Hung(BaseException):
    """A call did not end in time."""


class Ran(NamedTuple):
    """What a call came to; `fault` is what nobody caught."""

    code: int
    out: str
    err: str
    fault: str = ""


class County(NamedTuple):
    """The county that the calls are made in: its folder, its address on the server if it has one, and what is in it."""

    folder: Path
    url: str | None
    world: World


class Job(NamedTuple):
    """Calls that are made after each other in one process."""

    seed: int
    numbers: range
    county: County
    planted: str


def run(seed: int, n: int, planted: str = "") -> Result:
    """Make `n` calls, drawn by the seed, and return what broke a promise; what is `planted` is Python that is run before them."""
    with proof("fuzz") as result, tempfile.TemporaryDirectory(prefix="weigai-fuzz-") as name, ExitStack() as ends:
        folder, size = Path(name), min(BATCH, n)
        counties = [made(folder / "file", None)]
        if n > size:  # one batch is in the file alone
            counties.append(made(folder / "server", ends.enter_context(Server()).fresh()))
        jobs = [
            Job(seed, range(first, min(first + size, n)), counties[-1 if first // size % SERVED == 1 else 0], planted)
            for first in range(0, n, size)
        ]
        codes: Counter[int] = Counter()
        with ProcessPoolExecutor(min(2, len(jobs)), mp_context=get_context("spawn")) as pool:
            for found, told in pool.map(_batch, jobs):
                codes += found
                result.broke(*told)
        result.n = sum(codes.values())
        result.note(
            f"{len(commands())} commands; exit codes: {dict(sorted(codes.items()))}; one of {REAL} as a real process too"
        )
    return result


def made(folder: Path, url: str | None) -> County:
    """Make the county that the calls are made in: in a file, or on the server where it has an address."""
    folder.mkdir()
    term = Terminal(folder)
    term.env["WEIGAI_DB"] = url or term.env["WEIGAI_DB"]
    term("init")
    told = {
        **household(head=HEAD, note=NOTE, house={"address": PLACE}),
        "account": {"card": CARD, "card_holder": HEAD["name"]},
    }
    term("user", "add", "p-0002", "--office", f"county@{COUNTY}", stdin=f"{OFFICIAL}\n")
    open_ = ("case", "open", "--policy", "zhalantun-2019-a", "--unit", VILLAGE, "--on", "2019-06-10", "--household")
    case = str(term.json(*open_, term.file("h.json", told))["case"])
    other = {**told, "head": {**HEAD, "id_number": "150799196103030027"}}
    ended = str(term.json(*open_, term.file("h.json", other))["case"])
    (folder / "h.json").unlink()
    term("case", "advance", ended, "withdraw", "--reason", NOTE, "--on", "2019-06-11")
    new = ("list", "new", "meeting", "--unit", VILLAGE, "--case", case, "--set", f"reason={NOTE}")
    list_id = str(term.json(*new)["id"])
    term("case", "attach", case, *term.papers("village_plan"), "--on", "2019-06-11")
    term("audit", "head", "--to", "head.json", "--new")
    term("audit", "export", "x.jsonl")
    term("db", "backup", "--to", "b.db", "--keys", "b.keys")
    (folder / "plans").mkdir()
    kept = {name: (folder / name).read_bytes() for name in ("head.json", "x.jsonl", "village_plan.jpg")}
    further = _walked(term.env["WEIGAI_DB"], folder)
    world = World(ids(case, [ended, *further], list_id), {**kept, "b.db": (folder / "b.db").read_bytes()[: 64 * 1024]})
    return County(folder, url, world)


def _walked(url: str, folder: Path) -> list[str]:
    """Take some households some way along the road of the plan; return their cases."""
    keys, engine = Keys.read(next(folder.rglob("*.key"))), open_engine(url)
    with Desk(engine, folder / "weigai.db.vault.files") as desk:
        desk.api = Approvals(desk.session, now=desk.now, files=desk.files, keys=keys)
        cases = []
        for number, state in enumerate(("village_publicity", "county_review", "agreement", "payment"), 1):
            head = {**HEAD, "id_number": synthetic("150799", date(1950, 1, number), 1)}
            cases.append(
                desk.open(head=head, account={"card": f"621700000000020{number}", "card_holder": HEAD["name"]})
            )
            desk.walk(cases[-1], state)
        desk.session.commit()
    engine.dispose()
    return cases


@contextmanager
def _copied(county: County) -> Iterator[Terminal]:
    """Give a terminal on a copy of the county, in which this process works until it is taken away."""
    with tempfile.TemporaryDirectory(dir=county.folder.parent) as own, ExitStack() as ends:
        term = Terminal.copied(county.folder, Path(own) / "at")
        if county.url is not None:
            engine = create_engine(
                county.url.rpartition("/")[0] + "/postgres", isolation_level="AUTOCOMMIT", poolclass=NullPool
            )
            name, template = f"fuzz_{os.getpid()}_{time.time_ns()}", county.url.rpartition("/")[2]
            _order(engine, f"CREATE DATABASE {name} TEMPLATE {template}")
            ends.callback(_order, engine, f"DROP DATABASE {name} WITH (FORCE)")
            term.env["WEIGAI_DB"] = f"{county.url.rpartition('/')[0]}/{name}"
        os.chdir(term.folder)
        ends.callback(os.chdir, county.folder.parent)
        yield term


def _order(engine: Engine, sql: str) -> None:
    with engine.connect() as connection:
        connection.exec_driver_sql(sql)


def _batch(job: Job) -> tuple[Counter[int], list[str]]:
    """Make some calls after each other on a copy of the county; return their exit codes and what was broken."""
    exec(job.planted, {})  # a defect that has to be noticed
    codes: Counter[int] = Counter()
    broken: list[str] = []
    with _copied(job.county) as term:
        for number in job.numbers:
            call = drawn(job.seed, number, job.county.world)
            for file, content in call.files.items():
                Path(file).write_bytes(content)
            ran = called(call, term.env)
            codes[ran.code] += 1
            broken += [f"{number}: {what}" for what in judged(call, ran)]
            if number % REAL == 0:
                broken += [f"{number} as a process: {what}" for what in judged(call, _real(call, term))]
    return codes, broken


def called(call: Input, env: dict[str, str]) -> Ran:
    """Make a call in this process, as `main` would be called by a new one."""
    kept = dict(os.environ), sys.stdin, sys.stdout, sys.stderr
    out, err = io.BytesIO(), io.BytesIO()
    os.environ.clear()
    os.environ.update({**env, **call.env})
    sys.stdin = io.TextIOWrapper(io.BytesIO(call.stdin), encoding="utf-8")
    sys.stdout = io.TextIOWrapper(out, encoding=call.console)
    sys.stderr = io.TextIOWrapper(err, encoding=call.console)
    signal.signal(signal.SIGALRM, _late)
    signal.alarm(LONGEST)
    code, fault, told = -1, "", list[str]()
    try:
        main(call.words)
    except SystemExit as left:
        code = left.code if isinstance(left.code, int) else -1
    except BaseException:  # noqa: BLE001 - what nobody caught is what is looked for
        fault = traceback.format_exc()
    finally:
        signal.alarm(0)
        for stream, raw in ((sys.stdout, out), (sys.stderr, err)):
            stream.flush()
            told.append(raw.getvalue().decode(call.console, "replace"))
        os.environ.clear()
        os.environ.update(kept[0])
        sys.stdin, sys.stdout, sys.stderr = kept[1:]
    return Ran(code, *told, fault)


def _late(number: int, frame: Any) -> None:
    raise Hung


def _real(call: Input, term: Terminal) -> Ran:
    env = {**term.env, **call.env, "PYTHONUTF8": "0", "PYTHONIOENCODING": call.console, "LC_ALL": "C.UTF-8"}
    ran = started([word.replace("\0", "") for word in call.words], folder=term.folder, env=env, stdin=call.stdin)
    out, err = (raw.decode(call.console, "replace") for raw in (ran.out, ran.err))
    return Ran(ran.code, out, err, err if "Traceback" in err else "")


def judged(call: Input, ran: Ran) -> list[str]:
    """Say what a call broke."""
    words = json.dumps([word[:60] for word in call.words], ensure_ascii=True)
    if ran.fault:
        last = ran.fault.strip().splitlines()
        return [f"{words} {call.env}: {' | '.join(line.strip() for line in last[-5:])[-400:]}"]
    if ran.code not in CODES:
        return [f"{words} {call.env}: exit code {ran.code}"]
    if any(len(word) > 1000 and word in ran.err for word in call.words):
        return [f"{words}: repeats it at full length"]
    typed, said = call.typed(), ran.err if ran.code == 0 else ran.err + ran.out
    return [f"{words}: tells {value}" for value in PLANTED if str(value) in said and str(value) not in typed]


def main_() -> None:
    """Make the calls that are asked for at a terminal: SEED N."""
    began = time.perf_counter()
    result = run(int(sys.argv[1]), int(sys.argv[2]))
    print(*result.violations, *result.notes, sep="\n")
    print(f"{result.n} in {time.perf_counter() - began:.1f} s")


if __name__ == "__main__":
    main_()
