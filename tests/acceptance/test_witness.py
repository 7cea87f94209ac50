"""A witness file that was named and is gone, empty or no file of heads is a fault, and its first use is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.forks import Machine
from tests.machines import county


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine that names a witness file, with two heads in it."""
    made = county(tmp_path, WEIGAI_WITNESS=str(tmp_path / "witness.heads"))
    made("audit", "head")  # truly for the first time: no head was made, and the file is not there
    made("unit", "rename", "150783101202", "新名")
    made("audit", "head")
    assert len((tmp_path / "witness.heads").read_text().splitlines()) == 2
    return made


def lost(machine: Machine) -> dict[str, Any]:
    """See that every command tells that the witness is gone, and that no head is made; return what a verification says."""
    before = machine.json("db", "check")["ok"], machine.env.pop("WEIGAI_WITNESS")
    heads = machine("audit", "head")
    machine.env["WEIGAI_WITNESS"] = before[1]
    machine("unit", "rename", "150783101202", "又一名")
    machine("audit", "head", code=7)
    assert ("--new" in machine.err) is ("450981" not in machine.err)
    told: dict[str, Any] = machine.json("audit", "verify", code=7)
    for lang in ("zh", "en"):  # what to do is said in either language
        out = machine("--lang", lang, "audit", "verify", code=7)
        assert "audit head --to FILE --new" in next(line for line in out.splitlines() if ":head #2" in line)
    assert machine.json("audit", "verify", "--chain", code=7)["problems"] == told["problems"]
    assert machine.json("audit", "verify", "--jobs", "2", code=7)["problems"] == told["problems"]
    checks = {c["found"]: c["ok"] for c in machine.json("doctor", code=6)}
    assert [ok for found, ok in checks.items() if "#2" in found] == [False]
    witness = machine.env.pop("WEIGAI_WITNESS")
    assert machine.json("audit", "verify")["ok"] is True
    assert "#3" not in heads
    machine.env["WEIGAI_WITNESS"] = witness
    return told


@pytest.mark.parametrize("how", ["gone", "empty", "garbage", "another county's alone"])
def test_a_witness_that_is_lost_is_a_fault_and_no_fresh_start(machine: Machine, tmp_path: Path, how: str) -> None:
    path = tmp_path / "witness.heads"
    whole = path.read_text()
    if how == "gone":
        path.unlink()
    else:
        path.write_bytes(bytes(range(256)) if how == "garbage" else b"")
    if how == "another county's alone":
        (tmp_path / "other").mkdir()
        from weigai.db.log.heads import Head, Published, root_of

        head = Head("450981", 1, "sha256", "2019-06-10T00:00:00.000000Z", 0, 0, None, "")
        path.write_text(Published(head._replace(root=root_of(head, []))).line())
    told = lost(machine)
    assert [p["seq"] for p in told["problems"] if p["stream"] == "150783:head"] == [2]
    path.write_text(whole)
    assert machine.json("audit", "verify")["ok"] is True
    machine("audit", "head")
    assert len(path.read_text().splitlines()) == 3


def test_heads_are_written_to_no_file_of_another_kind(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("笔记\n")
    machine("audit", "head", "--to", "notes.txt", "--new", code=3)
    assert (tmp_path / "notes.txt").read_text() == "笔记\n"


def test_a_first_use_is_said(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "witness.heads").unlink()
    machine("audit", "head", "--new")
    assert len((tmp_path / "witness.heads").read_text().splitlines()) == 2
    assert machine.json("audit", "verify")["proofs"][0]["head"]["no"] == 2
    machine("audit", "head", "--to", "second.heads", code=7)
    assert not (tmp_path / "second.heads").exists()
    machine("audit", "head", "--to", "second.heads", "--new")
    assert (tmp_path / "second.heads").read_text() == (tmp_path / "witness.heads").read_text()
