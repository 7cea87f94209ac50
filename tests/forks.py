"""Commands as real processes without paying the imports each time: one process imports the program and forks."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.acceptance.test_cli import Terminal

if TYPE_CHECKING:
    from pathlib import Path

_SERVER = """
import json, os, sys
from weigai.db import engine, schema, tables
from weigai.workflow import service
from weigai.workflow.cli import case, desk, view
from weigai.workflow.cli.main import main
from weigai.workflow.policies import bundled, procedure_of
for policy in bundled():
    procedure_of(policy).acts
for line in sys.stdin:
    told = json.loads(line)
    child = os.fork()
    if not child:
        os.chdir(told["folder"])
        os.environ.clear()
        os.environ.update(told["env"])
        for number, (name, how) in enumerate([("in", os.O_RDONLY), ("out", os.O_WRONLY), ("err", os.O_WRONLY)]):
            os.dup2(os.open(told[name], how), number)
        sys.argv = ["weigai", *told["words"]]
        main()
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Forks:
    """The process that forks; one for a session of tests."""

    def __enter__(self) -> Forks:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        return self

    def run(self, told: dict[str, object]) -> int:
        """Run one command and return its exit code."""
        self._process.stdin.write(json.dumps(told) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()
        self._process.wait(timeout=10)
        self._process.stdout.close()


class ForkedTerminal(Terminal):
    """A terminal whose commands are forks; in Chinese or JSON, since the language is chosen at the import."""

    def __init__(self, folder: Path, forks: Forks) -> None:
        super().__init__(folder)
        self._forks = forks

    def __call__(self, *words: str, code: int = 0, stdin: str = "", **env: str) -> str:
        files = {name: self.folder / f".{name}" for name in ("in", "out", "err")}
        for path, content in zip(files.values(), (stdin, "", ""), strict=True):
            path.write_text(content, encoding="utf-8")
        told = {name: str(path) for name, path in files.items()}
        done = self._forks.run({**told, "folder": str(self.folder), "env": {**self.env, **env}, "words": words})
        self.err = files["err"].read_text(encoding="utf-8")
        out = files["out"].read_text(encoding="utf-8")
        assert "Traceback" not in self.err, self.err
        assert done == code, (done, out, self.err)
        return out
