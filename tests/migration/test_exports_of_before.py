"""Exports and head files that earlier programs wrote, read by this tree's verifiers."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from weigai.db.log.held import Held

from tests.migration.program import ROOT, WHEELS, Program, unpacked

if TYPE_CHECKING:
    from pathlib import Path

VERIFIER = ROOT / "workflow/exchange/verify_export.py"


@pytest.mark.heavy
@pytest.mark.parametrize("schema", WHEELS)
def test_an_export_of_an_earlier_program_verifies(schema: str, tmp_path: Path) -> None:
    program = Program(unpacked(WHEELS[schema], tmp_path / "home"), tmp_path, f"sqlite:///{tmp_path / 'weigai.db'}")
    program("init")
    case = program.open()
    program("audit", "head", "--to", "kept.heads")
    program.env["WEIGAI_HASH"] = "sm3"
    program.submit(case)
    program("audit", "head", "--to", "kept.heads")
    program("audit", "export", "log.jsonl")
    words = [sys.executable, "-I", "-S", str(VERIFIER), "log.jsonl", "kept.heads"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "head #2 of " in done.stdout
    assert "(试用县/trial county)" in done.stdout  # the first line of the earliest does not say so
    held = Held([tmp_path / "kept.heads"])
    assert ([(head.no, head.alg) for head in held.heads], held.strange) == ([(1, "sha256"), (2, "sm3")], [])
