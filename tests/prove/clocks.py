"""The machine's clock is moved for each command: what is written by a wrong one is refused, or told of ever after.

On a server the server's clock counts: nothing is written by one that differs by more than minutes. In a file, where no
other clock is, a command behind the newest event is refused; what was written by a wrong one is named once it is right.
"""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import text
from weigai.db import open_engine

from tests.forks import Machine
from tests.machines import county, hired
from tests.prove import dressed
from tests.prove.clients import family
from tests.prove.result import Result, proof
from tests.support import VILLAGE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Engine

MINUTES, UNITS = 300, (1, 60, 3_600, 86_400, 365 * 86_400)
NEAR = 30  # seconds around the bound on which nobody is held to an answer, as the command takes time too
EPISODE = 5  # commands on one record in a file
LONG_AGO = 25 * 365 * 86_400  # since when the offices are held, so that a clock may go that far behind
_COUNT = re.compile(r"recorded at .*events: (\d+)")
_LINE = re.compile(r"^- \d{6}:(\S+) #(\d+): .*events: (\d+)", re.MULTILINE)


class Written(NamedTuple):
    """An event that a command wrote: how wrong the clock was, and the newest event that was there before it."""

    stream: str
    seq: int
    at: float
    ahead: float
    newest: float

    @property
    def wrong(self) -> bool:
        """Tell whether it was written by a clock that was wrong, which can be known: later than now, or than what was there."""
        behind = self.ahead < 0 and self.newest - self.at > MINUTES
        return abs(self.ahead) > MINUTES + NEAR and (self.ahead > 0 or behind)

    @property
    def near(self) -> bool:
        """Tell whether the clock was so near the bound that the event may be named or not."""
        return MINUTES - NEAR < abs(self.ahead) <= MINUTES + NEAR


class Told(NamedTuple):
    """The first event of a stream that is named, and how many are counted there."""

    stream: str
    seq: int
    events: int


def run(seed: int, n: int, url: str) -> Result:
    """Give `n` commands by clocks that are drawn from a seed."""
    engine = open_engine(url)
    with proof(f"clocks {engine.dialect.name}") as result, TemporaryDirectory(prefix="weigai-prove-") as folder:
        tried = _on_a_server if engine.dialect.name == "postgresql" else _in_files
        counted = tried(result, random.Random(seed), n, Path(folder), url)
        result.note(", ".join(f"{name}: {count}" for name, count in sorted(counted.items())))
    engine.dispose()
    return result


def _founded(folder: Path, url: str, ahead: float = 0) -> Machine:
    machine = county(folder, ahead=ahead, WEIGAI_DB=url.replace("+psycopg", ""))
    hired(machine, "p-0007", f"village@{VILLAGE}")
    machine.ahead = 0
    (folder / "verify.py").write_text(machine("audit", "verifier"), encoding="utf-8")
    return machine


# ------------------------------------------------------------------ a command


def _differs(draw: random.Random) -> float:
    """Draw by how many seconds the clock stands wrong: seconds, minutes, hours, days or years, before or behind."""
    if draw.random() < 0.2:
        return 0
    unit = draw.choice(UNITS)
    most = {1: 250, 60: 59, 3_600: 23, 86_400: 364, UNITS[-1]: 20}[unit]
    return draw.choice((1, -1)) * unit * draw.uniform(1, most)


def _words(draw: random.Random, machine: Machine, number: int) -> tuple[list[str], str]:
    """Draw a command that writes one event; return its words and what it reads."""
    kind = draw.choice(("add", "rename", "open"))
    if kind == "add":
        return ["user", "add", f"p-1{number:05d}", "--office", f"village@{VILLAGE}"], "某人\n"
    if kind == "rename":
        return ["unit", "rename", VILLAGE, f"{number}村"], ""
    path = machine.file("household.json", family(number))
    return [
        "--as",
        "a-p-0007",
        "case",
        "open",
        "--policy",
        "zhalantun-2019-a",
        "--unit",
        VILLAGE,
        "--household",
        path,
    ], ""


def _events(engine: Engine) -> dict[tuple[str, int], float]:
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT stream, seq, recorded_at FROM weigai_event")).all()
    return {(stream, seq): datetime.fromisoformat(at).timestamp() for stream, seq, at in rows}


def _given(machine: Machine, engine: Engine, words: Sequence[str], stdin: str) -> tuple[int, list[Written]]:
    """Give a command by the machine's clock as it stands; return its exit code and what it wrote."""
    before = _events(engine)
    ran = machine.run(list(words), env=machine.env, stdin=stdin.encode())
    new = [(key, at) for key, at in _events(engine).items() if key not in before]
    newest = max(before.values())
    return ran.code, [Written(*key, at, machine.ahead, newest) for key, at in new]


# ------------------------------------------------------------------ on a server


def _on_a_server(result: Result, draw: random.Random, n: int, folder: Path, url: str) -> Counter[str]:
    machine, engine, counted = _founded(folder, url), open_engine(url), Counter[str]()
    written: list[Written] = []
    for number in range(n):
        machine.ahead = _differs(draw)
        words, stdin = _words(draw, machine, number)
        words = [*draw.choice(([], ["--clock-checked"])), *words, *draw.choice(([], [], ["--dry-run"]))]
        code, new = _given(machine, engine, words, stdin)
        written += new
        counted[f"exit {code}"] += 1
        where = f"{machine.ahead:+.0f} s, {' '.join(words[:5])}: exit {code}, {len(new)} events"
        off, dry = abs(machine.ahead) - MINUTES, "--dry-run" in words
        if off > NEAR and (code, len(new)) != (3, 0):
            result.broke(f"{where}, by a wrong clock")
        elif off < -NEAR and (code, len(new)) != (0, 0 if dry else 1):
            result.broke(f"{where}, by a clock that is right")
        result.n += 1
    machine.ahead = 0
    result.broke(*_named(machine, written))
    engine.dispose()
    return counted


# ------------------------------------------------------------------ in a file


def _in_files(result: Result, draw: random.Random, n: int, folder: Path, url: str) -> Counter[str]:
    """Let each few commands have a record of their own: a copy of the one that was founded."""
    home = folder / "founded"
    home.mkdir()
    _founded(home, f"sqlite:///{home / 'weigai.db'}", -LONG_AGO)
    counted = Counter[str]()
    while result.n < n:
        place = folder / "copied"
        machine = Machine.copied(home, place)
        machine.login = "zhang"
        engine = open_engine(machine.env["WEIGAI_DB"])
        written: list[Written] = []
        for number in range(min(EPISODE, n - result.n)):
            machine.ahead = _differs(draw) if number else 0  # the first one stands for a record that is in use
            result.broke(*_in_a_file(draw, machine, engine, number, written, counted))
            result.n += 1
        machine.ahead = 0
        counted["wrong"] += sum(one.wrong for one in written)
        result.broke(*_named(machine, written))
        result.broke(*(f"honest work is told: {one}" for one in dressed.told(machine)))
        engine.dispose()
        shutil.rmtree(place)
    return counted


def _in_a_file(
    draw: random.Random, machine: Machine, engine: Engine, number: int, written: list[Written], counted: Counter[str]
) -> Iterator[str]:
    """Give a command, and tell where it is not refused though it lies behind the newest event, or refused for nothing."""
    words, stdin = _words(draw, machine, number)
    checked = number > 0 and draw.random() < 0.5
    newest = max(_events(engine).values())
    behind = newest - datetime.now().timestamp() - machine.ahead - MINUTES  # noqa: DTZ005 - a moment
    code, new = _given(machine, engine, [*(["--clock-checked"] if checked else []), *words], stdin)
    written += new
    counted[f"exit {code}"] += 1
    where = f"{machine.ahead:+.0f} s, behind the newest by {behind:+.0f} s more than minutes, {' '.join(words[:5])}: exit {code}"
    if code and new:
        yield f"{where}, and {len(new)} events"
    if behind > NEAR and not checked and code != 3:
        yield f"{where}: not refused"
    if behind < -NEAR and code:
        yield f"{where}: refused"


# ------------------------------------------------------------------ what is told


def _named(machine: Machine, written: Sequence[Written]) -> Iterator[str]:
    """Tell what was written by a wrong clock and is not named, and what is named though nothing was wrong before it."""
    caused = {
        (one.stream, one.seq)
        for place, one in enumerate(written)
        if one.wrong or one.near or _follows(one, written[:place])
    }
    for name, tell in {
        "audit verify": _remarks,
        "report findings": _findings,
        "the printed verifier": _outside,
    }.items():
        told = list(tell(machine))
        for one in told:
            if (one.stream, one.seq) not in caused:
                clocks = ", ".join(f"{one.stream} {one.seq} {one.ahead:+.0f} s" for one in written)
                yield f"{name}: {one} is named, and no clock was wrong: {clocks}"
        for stream in {one.stream for one in written}:
            wrong = [one.seq for one in written if one.stream == stream and one.wrong]
            own = [one for one in told if one.stream == stream]
            if wrong and (sum(one.events for one in own) < len(wrong) or min(one.seq for one in own) > min(wrong)):
                yield f"{name}: {stream} {wrong} by a wrong clock, told is {own}"


def _follows(one: Written, before: Sequence[Written]) -> bool:
    """Tell whether an event was written before it that says a later time."""
    return any(other.at > one.at for other in before)


def _remarks(machine: Machine) -> Iterator[Told]:
    for told in machine.json("audit", "verify")["remarks"]:
        if count := _COUNT.match(told["remark"]):  # one of a policy is told of the same clock
            yield Told(told["stream"].partition(":")[2], told["seq"], int(count[1]))


def _findings(machine: Machine) -> Iterator[Told]:
    ran = machine.run(["--json", "report", "findings", "--kind", "clock"], env=machine.env, stdin=b"")
    for told in (row["evidence"] for row in json.loads(ran.out)):
        yield Told(told["stream"].partition(":")[2], told["seq"], told["events"])


def _outside(machine: Machine) -> Iterator[Told]:
    to = machine.folder / "log.jsonl"
    to.unlink(missing_ok=True)
    machine("audit", "export", str(to))
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(machine.folder / "verify.py"), str(to)],
        check=True,
        capture_output=True,
        text=True,
    )
    for stream, seq, events in _LINE.findall(done.stdout):
        yield Told(stream, int(seq), int(events))
