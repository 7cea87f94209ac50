"""Decode files from outside in a separate process with limits of memory and time.

The process is started, never forked: a host has threads. It runs under the interpreter that
`multiprocessing.set_executable` names, else under the one that runs here; a host that is no Python program of its own
(frozen, or inside a web server) names one there. The task goes in, and the answer comes out, as bytes and JSON. When the
time is up, or whoever waits is interrupted, the process is killed. Where the operating system has no limits of memory
(Windows), the limits that each task keeps by itself before it decodes are the only ones.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from threading import Thread, Timer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_MEMORY = 192 * 1024 * 1024  # bytes that a task may take beyond its libraries and what it is handed
_PATIENCE = 30  # seconds by the clock: other work may hold the processor
_ANSWER = 64 * 1024 * 1024
_START = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from weigai.db.child import serve; serve()"


def apart(
    work: Callable[..., Any],
    content: bytes | Iterable[memoryview],
    *arguments: Any,
    seconds: int = 8,
    memory: int = _MEMORY,
    libraries: tuple[str, ...] = (),
) -> Any:
    """Return what a function of a module makes of bytes and plain arguments, as JSON gives it back.

    None means that it took more than it may, broke, or that no process could be started.

    Args:
        work: what is done; it takes the bytes as one.
        content: the bytes, or their parts, which are not copied here.
        arguments: what else the work takes.
        seconds: of the processor, for the work and the libraries.
        memory: bytes that the work may take beyond its libraries and the content.
        libraries: what is imported before the limits hold.
    """
    told = {"module": work.__module__, "name": work.__name__, "arguments": arguments, "seconds": seconds}
    told |= {"libraries": libraries, "memory": memory}
    python = _interpreter()
    if python is None:
        return None
    try:
        process = subprocess.Popen(  # noqa: S603 - this program, under this interpreter
            [python, "-P", "-c", _START, json.dumps([str(place) for place in sys.path])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except OSError:
        return None
    with process:
        clock = Timer(_PATIENCE, process.kill)
        clock.daemon = True
        clock.start()
        try:
            parts = [content] if isinstance(content, bytes) else content
            return _answer(process, [json.dumps(told).encode() + b"\n", *parts])
        finally:
            clock.cancel()
            process.kill()


def _answer(process: subprocess.Popen[bytes], task: Iterable[bytes | memoryview]) -> Any:
    if process.stdin is None or process.stdout is None:
        return None
    with suppress(OSError):  # it ended before it had read the task
        process.stdin.writelines(task)
        process.stdin.close()
    said = process.stdout.read(_ANSWER + 1)
    if len(said) > _ANSWER or process.wait() != 0:
        return None
    return json.loads(said)


def _interpreter() -> str | None:
    """Return the Python to run: the one that the host named, the one that runs here, or the one of this installation."""
    from multiprocessing.spawn import get_executable

    named = os.fsdecode(get_executable() or "")
    of_host = named != (sys.executable or "")
    if of_host or (named and "py" in Path(named).name and not getattr(sys, "frozen", False)):
        return named
    own = (Path(sys.exec_prefix, name) for name in ("python.exe", "bin/python3"))
    return next((str(path) for path in own if path.is_file()), None)


# ---------------------------------------------------------------------- inside it


def serve() -> None:
    """Do the task of standard input, and say its answer on standard output."""
    told = json.loads(sys.stdin.buffer.readline())
    content = sys.stdin.buffer.read()
    for name in told["libraries"]:
        with suppress(ImportError):
            import_module(name)
    work = getattr(import_module(told["module"]), told["name"])
    _limit(told["seconds"], told["memory"])
    answer = json.dumps(work(content, *told["arguments"])).encode()
    sys.stdout.buffer.write(answer)
    sys.stdout.buffer.flush()
    os._exit(0)  # to take a large answer apart takes time, and is for nothing


def _limit(seconds: int, memory: int) -> None:
    """Keep this process to its memory and time, and from filling the disk."""
    try:
        import resource
    except ImportError:  # Windows: the time is counted here, and the memory is not
        Thread(target=_ended_after, args=(seconds,), daemon=True).start()
        return
    most = {"RLIMIT_CPU": seconds, "RLIMIT_FSIZE": 1024 * 1024, "RLIMIT_CORE": 0}
    used = _used()
    most |= {"RLIMIT_AS": 4 * memory} if used is None else {"RLIMIT_DATA": used + memory}
    for name, value in most.items():
        with suppress(AttributeError, OSError, ValueError):  # unknown here, or already lower
            resource.setrlimit(getattr(resource, name), (value, value))


def _ended_after(seconds: int) -> None:
    """End this process once it has had so much of the processor."""
    while time.process_time() < seconds:
        time.sleep(0.1)
    os._exit(1)


def _used() -> int | None:
    """Return the bytes of data that this process has, None where Linux does not say so."""
    with suppress(OSError, ValueError):
        for line in Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmData:"):
                return int(line.split()[1]) * 1024
    return None
