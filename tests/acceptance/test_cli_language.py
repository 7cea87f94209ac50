"""The language is that of the call: the same process answers one call in Chinese and the next in English."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from weigai.states.errors import NotFound
from weigai.workflow.cli import language
from weigai.workflow.cli.audit import verify as verifying

from tests.acceptance.test_cli import CHINESE, term
from tests.forks import Terminal
from tests.machines import opened

__all__ = ["term"]

# Every word that a call prints, asked for again and again in one process.
CALLS = """
import io, json, sys
from contextlib import redirect_stderr, redirect_stdout
from weigai.workflow.cli.main import main
told = []
for words in json.loads(sys.argv[1]):
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            main(words)
        except SystemExit as left:
            told.append((left.code, out.getvalue(), err.getvalue()))
print(json.dumps(told))
"""


def called(term: Terminal, *calls: list[str], **env: str) -> list[tuple[int, str, str]]:
    done = subprocess.run(
        [sys.executable, "-c", CALLS, json.dumps(calls)],
        cwd=term.folder,
        env={**term.env, **env},
        capture_output=True,
        check=True,
    )
    return [tuple(one) for one in json.loads(done.stdout)]


def test_one_process_answers_each_call_in_its_own_language(term: Terminal) -> None:
    case = opened(term)
    term.file("bad.toml", "format = 1\ncolour = 2\n")
    kinds = [
        ["--help"],
        ["case", "--help"],
        ["case", "open", "--help"],  # summaries, options
        ["policy", "list"],
        ["case", "list"],
        ["inbox"],
        ["doctor"],  # tables
        ["case", "explain", case],
        ["case", "check", case, "submit_application"],  # findings
        ["case", "show", "150783-2019-2222222"],
        ["policy", "check", "bad.toml"],  # errors
        ["case", "explain", case, "--on", "2019-02-30"],
        ["report", "findings", "--kind", "colour"],
    ]
    forms = [["--lang=zh"], ["--lang", "en"], []]
    calls = [[*form, *words] for words in kinds for form in forms]
    together = called(term, *calls)
    apart = [
        term.run(words, env=term.env, stdin=b"") for words in calls
    ]  # each a process that never said anything else
    assert together == [(ran.code, ran.out.decode(), ran.err.decode()) for ran in apart]
    zh, en, usual = (together[i::3] for i in range(3))
    assert usual == zh
    for words, one, other in zip(kinds, zh, en, strict=True):
        assert CHINESE.search(one[1] + one[2]), words
        assert one[0] == other[0] and one[1:] != other[1:], words
        if "--help" in words:
            assert not CHINESE.search(other[1]), words


def test_shell_completion_explains_in_the_language_of_the_environment(term: Terminal) -> None:
    asked = {"_WEIGAI_COMPLETE": "zsh_complete", "COMP_CWORD": "2"}
    for words in ("weigai case ", "weigai inbox --"):
        zh, en = (term(**asked, COMP_WORDS=words, WEIGAI_LANG=chosen) for chosen in ("zh", "en"))
        assert CHINESE.search(zh), words
        assert en and not CHINESE.search(en), words


@pytest.mark.parametrize(("chosen", "chinese"), [("zh", True), ("en", False)])
def test_a_process_of_a_verification_speaks_the_language_of_the_call(
    tmp_path: Path, chosen: str, *, chinese: bool
) -> None:
    desk = {"db": f"sqlite:///{tmp_path / 'missing.db'}", "user": "p-1", "json": False}
    language.choose(["--lang", chosen])
    try:
        with verifying.processes(1) as pool:
            assert pool.submit(language.lang).result() == chosen
            with pytest.raises(NotFound) as refused:
                pool.submit(verifying.read_part, desk, None, None, papers=False, chain=True).result()
    finally:
        language.choose([])
    assert bool(CHINESE.search(refused.value.message(chosen))) is chinese
