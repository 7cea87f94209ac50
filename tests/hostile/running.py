"""Commands run as real processes, with what each took: seconds of the processor, and memory, with what it started.

Other tests run beside them, so the clock tells nothing of a command that ends; one that waits for ever is killed.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from tests.forks import WEIGAI

# A small process starts the command: until it is replaced, a new process is as large as the one that made it.
_STARTER = """
import json, os, sys
child = os.fork()
if not child:
    os.execv(sys.argv[2], sys.argv[2:])
_, status, used = os.wait4(child, 0)
found = [os.waitstatus_to_exitcode(status), used.ru_maxrss // 1024, used.ru_utime + used.ru_stime]
open(sys.argv[1], "w").write(json.dumps(found))
"""


class Took(NamedTuple):
    """What a command came to: exit code, what it said, the most megabytes of any of its processes, and seconds of the processor."""

    code: int
    out: str
    err: str
    mb: int
    seconds: float


def run(words: list[str], folder: Path, *, patience: float = 60, stdin: str = os.devnull, **env: str) -> Took:
    """Run a command in a folder; one that does not end in time is killed with all that it started: its code is -9."""
    told = {**os.environ, "WEIGAI_DB": f"sqlite:///{folder / 'weigai.db'}", "PYTHONUTF8": "1"}
    told |= {"WEIGAI_USER": "clerk", "WEIGAI_LANG": "en", "XDG_DATA_HOME": str(folder / "data")}
    with tempfile.TemporaryDirectory() as beside, Path(stdin).open("rb") as given:
        came, out, err = (Path(beside) / name for name in ("came", "out", "err"))
        command = [sys.executable, "-I", "-S", "-c", _STARTER, str(came), *WEIGAI, *words]
        with out.open("wb") as to, err.open("wb") as errors:
            process = subprocess.Popen(
                command, cwd=folder, env={**told, **env}, stdin=given, stdout=to, stderr=errors, start_new_session=True
            )
            try:
                process.wait(timeout=patience)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        code, mb, seconds = json.loads(came.read_text()) if came.exists() else (-9, 0, patience)
        return Took(code, *(path.read_text(errors="replace") for path in (out, err)), mb, round(seconds, 2))
