"""How fast a large record verifies and in how much memory: `weigai audit verify` over an honest one, beside a floor.

The floor reads the same bodies, parses and hashes each once, in one process and in the same run: ratios survive a busy
machine, rates do not.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from tests.prove.growing import grow

_WEIGAI = [sys.executable, "-c", "from weigai.workflow.cli.main import main; main()"]


class Measured(NamedTuple):
    """Events and how long they took, the largest process's memory, the processes, and the floor's rate."""

    events: int
    seconds: float
    rate: int
    rss_mb: int
    jobs: int
    floor_rate: int

    def line(self) -> str:
        """Return the line that is printed."""
        return (
            f"verify: n={self.events} in {self.seconds:.1f} s, {self.rate}/s by {self.jobs} processes, "
            f"largest {self.rss_mb} MB; floor {self.floor_rate}/s, ratio {self.floor_rate / self.rate:.2f}"
        )


def run(folder: Path, copies: int, *, jobs: int | None = None, source: Path | None = None) -> Measured:
    """Make the demonstration year `copies` + 1 times (about 20,000 events each) and verify it."""
    env = {**os.environ, "WEIGAI_USER": "prover", "PYTHONUTF8": "1"}
    if source is None:
        source = folder / "year.db"
        subprocess.run([*_WEIGAI, "demo", "--to", str(source)], env=env, check=True, capture_output=True)
    large = folder / "large.db"
    count = grow(source, large, copies)
    workers = jobs or min(os.cpu_count() or 1, 8)
    env |= {"WEIGAI_DB": f"sqlite:///{large}"}
    words = ["--json", "audit", "verify", "--no-files", "--jobs", str(workers)]
    start = time.perf_counter()
    done = subprocess.run([*_WEIGAI, *words], env=env, check=False, capture_output=True)
    seconds = time.perf_counter() - start
    told = json.loads(done.stdout)
    if not told["ok"] or told["events"] != count:
        raise AssertionError(told["problems"][:3])
    rss = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    return Measured(count, seconds, round(count / seconds), rss, workers, _floor(large))


def _floor(large: Path) -> int:
    count, start = 0, time.perf_counter()
    for (body,) in sqlite3.connect(large).execute("SELECT body FROM weigai_event LIMIT 50000"):
        json.loads(body)
        hashlib.sha256(body.encode()).hexdigest()
        count += 1
    return round(count / (time.perf_counter() - start))


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as made:
        sys.stdout.write(run(Path(made), int(sys.argv[1]) if len(sys.argv) > 1 else 4).line() + "\n")
