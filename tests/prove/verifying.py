"""How fast a large honest record verifies and in how much memory, in both strengths of `weigai audit verify`.

Personal values are opened with the keys and compared with their commitments; the papers' files are not read. Rates go by
processor time, which survives a busy machine; by the clock they say what one waits. The floor reads the same bodies, and
hashes each (for the chain) or parses and hashes it (for the full strength), once, in one process and in the same run.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

from weigai.db import Keys

from tests.prove.growing import grow

_WEIGAI = [sys.executable, "-c", "from weigai.workflow.cli.main import main; main()"]
# Runs a command and says what it used. It is small itself: a process is charged with the memory of the one that forked it.
_METER = """
import json, resource, subprocess, sys
subprocess.call(sys.argv[1:])
used = resource.getrusage(resource.RUSAGE_CHILDREN)
sys.stderr.write("\\n" + json.dumps([used.ru_utime + used.ru_stime, used.ru_maxrss]))
"""
STRENGTHS: dict[str, list[str]] = {"full": [], "chain": ["--chain"]}


class Measured(NamedTuple):
    """One verification: events, seconds by the clock and of the processors, the largest process's memory, and the floor."""

    strength: str
    jobs: int
    events: int
    seconds: float
    cpu: float
    rss_mb: int
    floor: int
    told: dict[str, Any]

    @property
    def rate(self) -> int:
        """Return events per second by the clock."""
        return round(self.events / self.seconds)

    @property
    def cpu_rate(self) -> int:
        """Return events per second of processor time."""
        return round(self.events / self.cpu)

    def line(self) -> str:
        """Return the line that is printed."""
        return (
            f"{self.strength}, {self.jobs} process{'es' if self.jobs > 1 else ''}: n={self.events} in {self.seconds:.1f} s "
            f"({self.rate}/s), {self.cpu:.1f} CPU s ({self.cpu_rate}/CPU s), largest process {self.rss_mb} MB; "
            f"floor {self.floor}/CPU s, ratio {self.floor / self.cpu_rate:.2f}"
        )


def run(
    folder: Path, copies: int, *, jobs: tuple[int, ...] = (1, 2), source: Path | None = None, user: str = "prover"
) -> list[Measured]:
    """Make the demonstration year, or another SQLite record, `copies` + 1 times and verify it in both strengths.

    The year has about 20,000 events. `user` may read the record.
    """
    env = {**os.environ, "WEIGAI_USER": user, "PYTHONUTF8": "1"}
    if source is None:
        source = folder / "year.db"
        subprocess.run([*_WEIGAI, "demo", "--to", str(source)], env=env, check=True, capture_output=True)
    key, large = Path(f"{source}.key"), folder / "large.db"
    count = grow(source, large, copies, Keys.from_file(key))
    env |= {"WEIGAI_DB": f"sqlite:///{large}", "WEIGAI_KEYS": str(key)}
    floors = {strength: _floor(large, parsed=strength == "full") for strength in STRENGTHS}
    found = []
    for strength, more in STRENGTHS.items():
        for some in jobs:
            words = [*_WEIGAI, "--json", "audit", "verify", "--no-files", "--jobs", str(some), *more]
            told, seconds, cpu, rss = _measured(words, env, folder / "told.json")
            if not told["ok"] or told["events"] != count or told["strength"] != strength:
                raise AssertionError((strength, told["events"], count, told["problems"][:3]))
            found.append(Measured(strength, some, count, seconds, cpu, rss, floors[strength], told))
    return found


def _measured(words: list[str], env: dict[str, str], to: Path) -> tuple[dict[str, Any], float, float, int]:
    """Run a command; return what it says, its seconds, those of the processors, and the memory of its largest process."""
    start = time.perf_counter()
    with to.open("wb") as out:
        done = subprocess.run(
            [sys.executable, "-c", _METER, *words], env=env, stdout=out, stderr=subprocess.PIPE, check=True
        )
    seconds = time.perf_counter() - start
    cpu, kilobytes = json.loads(done.stderr.splitlines()[-1])
    return json.loads(to.read_bytes()), seconds, cpu, kilobytes // 1024


def _floor(large: Path, *, parsed: bool) -> int:
    count, start = 0, time.process_time()
    db = sqlite3.connect(large)
    for (body,) in db.execute("SELECT body FROM weigai_event LIMIT 50000"):
        if parsed:
            json.loads(body)
        hashlib.sha256(body.encode()).hexdigest()
        count += 1
    db.close()
    return round(count / max(time.process_time() - start, 1e-9))


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as made:
        for measured in run(Path(made), int(sys.argv[1]) if len(sys.argv) > 1 else 4):
            sys.stdout.write(measured.line() + "\n")
