"""Commands as processes without paying the imports each time: one process imports the program and forks for each.

What a child of that process cannot show is left to real processes: how the interpreter starts (the encodings of a
console, what `--help` imports), signals sent from outside, closed pipes and full disks at the end of a run.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path
from socket import AF_UNIX, SOCK_SEQPACKET, send_fds, socketpair
from typing import Any, NamedTuple, Self

# Who sits at the machine, the program asks the system; a test that says otherwise lets the system answer otherwise.
_SEATED = "import pwd; pwd.getpwuid = lambda uid: pwd.struct_passwd(({!r}, 'x', uid, uid, '', '/', '')); "
WEIGAI = [sys.executable, "-c", "from weigai.workflow.cli.main import main; main()"]
PATIENCE = 600.0  # seconds that a command may take on a busy machine
_AT_START = ("PYTHON", "LC_", "LANG", "LD_")  # the interpreter reads these once, when it starts


class Ran(NamedTuple):
    """What a command came to."""

    code: int
    out: bytes
    err: bytes


def started(
    words: list[str],
    *,
    folder: Path,
    env: dict[str, str],
    stdin: bytes = b"",
    patience: float = PATIENCE,
    login: str | None = None,
) -> Ran:
    """Run a command as a real process, of another system's user if one is named."""
    *python, program = WEIGAI
    seated = "" if login is None else _SEATED.format(login)
    done = subprocess.run(
        [*python, seated + program, *words],
        cwd=folder,
        env=env,
        input=stdin,
        capture_output=True,
        check=False,
        timeout=patience,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


class Forks:
    """The process that forks; see `forking.py`. What is `planted` is Python that it runs before the first command."""

    def __init__(self, planted: str = "") -> None:
        self.env = {**os.environ, "PYTHONUTF8": "1"}
        self._channel, theirs = socketpair(AF_UNIX, SOCK_SEQPACKET)
        self.process = subprocess.Popen(
            [sys.executable, "-P", str(Path(__file__).with_name("forking.py")), str(theirs.fileno()), planted],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env=self.env,
        )
        theirs.close()

    def can(self, env: dict[str, str]) -> bool:
        """Tell whether a child can stand for a process that is started in an environment."""
        return all(env.get(k) == self.env.get(k) for k in {*env, *self.env} if k.startswith(_AT_START))

    def run(
        self,
        words: list[str],
        *,
        folder: Path,
        env: dict[str, str],
        stdin: bytes | int = b"",
        patience: float = PATIENCE,
        login: str | None = None,
        ahead: float = 0,
    ) -> Ran:
        """Run a command as a child of that process; one that does not end in time is killed, and the test fails."""
        umask = os.umask(0)
        os.umask(umask)
        told = {"words": words, "folder": str(folder), "env": env, "umask": umask, "login": login, "ahead": ahead}
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            if isinstance(stdin, bytes):
                given.write(stdin)
                given.seek(0)
            files = [given.fileno() if isinstance(stdin, bytes) else stdin, out.fileno(), err.fileno()]
            code = self._answered(told, files, patience)
            out.seek(0)
            err.seek(0)
            return Ran(code, out.read(), err.read())

    def _answered(self, told: dict[str, Any], files: list[int], patience: float) -> int:
        try:
            send_fds(self._channel, [json.dumps(told).encode()], files)
            self._channel.settimeout(PATIENCE)  # the first command waits for the imports
            child = self._heard()
            self._channel.settimeout(patience)
            try:
                return self._heard()
            except TimeoutError:
                with suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
                self._heard()
                raise AssertionError(f"weigai {' '.join(told['words'][:4])} did not end in {patience:g} s") from None
        except (OSError, ValueError) as error:
            forks.cache_clear()
            self.close()
            raise AssertionError(f"the process that forks is gone, exit code {self.process.returncode}") from error

    def _heard(self) -> int:
        return int(self._channel.recv(64))  # nothing is heard of a process that is gone

    def close(self) -> None:
        """End the process."""
        self._channel.close()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@cache
def forks() -> Forks:
    """Return the one process that forks for this worker of the tests; it is started when it is first wanted."""
    made = Forks()
    atexit.register(made.close)
    return made


def _moved(folder: Path) -> None:
    """Let a copied key file and files folder serve the copied database in the place of the one that was copied."""
    database = folder / "weigai.db"
    for path in (folder / "weigai.db.key", folder / "weigai.db.files" / "databases.json"):
        if path.exists() and database.exists():
            told, found = json.loads(path.read_text()), database.stat()
            for one in told["databases"]:
                one["place"] = f"sqlite:{found.st_dev}:{found.st_ino}"
            path.write_text(json.dumps(told))


class Terminal:
    """A clerk's terminal on a database of its own, where each command is a fork if that can show it."""

    login: str | None = None  # the system's user who sits there; None: who runs the tests
    ahead: float = 0  # seconds by which the machine's clock stands wrong; commands that are forks see it

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = {
            **os.environ,
            "WEIGAI_DB": f"sqlite:///{folder / 'weigai.db'}",
            "WEIGAI_USER": "clerk",
            "PYTHONUTF8": "1",
            "XDG_DATA_HOME": str(folder / "data"),
        }
        self.env.pop("WEIGAI_LANG", None)

    @classmethod
    def copied(cls, template: Path, folder: Path) -> Self:
        """Return a terminal on a copy of a folder that was prepared once, with its database, key and files."""
        shutil.copytree(template, folder, dirs_exist_ok=True)
        _moved(folder)
        return cls(folder)

    def run(self, words: list[str], *, env: dict[str, str], stdin: bytes) -> Ran:
        """Run a command, as a fork where that can show it."""
        if self.ahead or forks().can(env):
            told: Any = {"login": self.login, "ahead": self.ahead}
            return forks().run(words, folder=self.folder, env=env, stdin=stdin, **told)
        return started(words, folder=self.folder, env=env, stdin=stdin, login=self.login)

    def __call__(self, *words: str, code: int | None = 0, stdin: str | bytes = "", **env: str) -> str:
        given = stdin if isinstance(stdin, bytes) else stdin.encode()
        ran = self.run(list(words), env={**self.env, **env}, stdin=given)
        self.err = ran.err.decode(errors="replace")
        out = ran.out.decode(errors="replace")
        assert "Traceback" not in self.err, self.err
        assert code is None or ran.code == code, (ran.code, out, self.err)
        return out

    def json(self, *words: str, code: int = 0, **more: Any) -> Any:
        """Run a command and return the document that it prints."""
        return json.loads(self("--json", *words, code=code, **more))

    def file(self, name: str, content: object) -> str:
        """Write a file for the commands and return its path."""
        path = self.folder / name
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return str(path)

    def papers(self, kinds: str) -> list[str]:
        """Write a paper of each kind and return the words that attach them."""
        words = []
        for kind in kinds.split():
            (self.folder / f"{kind}.jpg").write_bytes(kind.encode())
            words += ["--document", f"{kind}={kind}.jpg"]
        return words


class RealTerminal(Terminal):
    """A terminal whose commands are all real processes."""

    def run(self, words: list[str], *, env: dict[str, str], stdin: bytes) -> Ran:
        """Run a command as a real process."""
        return started(words, folder=self.folder, env=env, stdin=stdin, login=self.login)


class Machine(Terminal):
    """A machine on which each official has a login of their own: `--as X` says here that X sits there."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.env.pop("WEIGAI_USER")

    def run(self, words: list[str], *, env: dict[str, str], stdin: bytes) -> Ran:
        """Run a command as whoever sits there."""
        if "--as" not in words:
            return super().run(words, env=env, stdin=stdin)
        at, sitting = words.index("--as"), self.login
        self.login = words[at + 1]
        try:
            return super().run(words[:at] + words[at + 2 :], env=env, stdin=stdin)
        finally:
            self.login = sitting
