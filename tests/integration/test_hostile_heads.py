"""Files of heads that are made to fill memory or time: both verifiers read them in little, and give the same answer."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from weigai.db.log import held as held_outside
from weigai.db.log.heads import Head, Leaf, Published, root_of
from weigai.states.errors import InputRefused
from weigai.workflow.exchange import verify_export

from tests.hostile.heads import HEADS
from tests.integration.test_envelopes import _METER, VERIFIER
from tests.support import COUNTY, Desk, person

if TYPE_CHECKING:
    from pathlib import Path

_STREAMS = ["case/1", 'a"],["', '"],[', "b\\", "村\u2028😀", "\x01\x1f\x7f\t\n\r\b\f/", "x" * 5000, "[[", ""]


def _head(leaves: list[Leaf], **more: object) -> Published:
    head = Head(COUNTY, 1, "sm3", "2019-06-10T04:00:00.000000Z", 10**17, len(leaves), None, "")._replace(**more)
    return Published(head._replace(root=root_of(head, leaves)), leaves, trial=True)


def _ours(path: Path) -> list[tuple[object, ...]] | None:
    try:
        return [(h.county, h.no, h.alg, h.root) for h in held_outside.Held([path]).heads]
    except InputRefused:
        return None


def _theirs(path: Path) -> list[tuple[object, ...]] | None:
    try:
        return [*verify_export.kept_outside(str(path))]
    except OSError:
        return None


def test_a_head_over_many_pieces_is_read_wherever_a_piece_ends(tmp_path: Path) -> None:
    path = tmp_path / "x.heads"
    for shift in range(0, 200, 7):
        leaves = [Leaf("s" * shift, 0, "0" * 64)]
        leaves += [Leaf(f"{name}{n}", n, "ab" * 32) for n in range(200) for name in _STREAMS]
        made = _head(leaves, prev="c" * 64)
        assert len(made.line()) > 10 * verify_export.PIECE
        path.write_text(made.line() * 2, encoding="utf-8", newline="")
        (one, two) = held_outside.Held([path])
        assert (one.head, [*one.leaves], one.trial) == (two.head, [*two.leaves], two.trial) == (*made[:2], True)
        assert _theirs(path) == _ours(path) == [(COUNTY, 1, "sm3", made.head.root)] * 2


def test_lines_that_are_no_heads_are_passed_over_until_they_are_most(tmp_path: Path) -> None:
    path, line = tmp_path / "x.heads", _head([Leaf("case/1", 1, "0" * 64)]).line()
    for n, good in (
        (held_outside.STRANGE - 1, True),
        (held_outside.STRANGE + 1, True),
        (held_outside.STRANGE + 2, False),
    ):
        path.write_text(line + "x\n" * n)
        assert (_ours(path) is not None) == (_theirs(path) is not None) == good
    path.write_text((line + "x\n\n") * 3000)
    assert (_ours(path), _theirs(path)) == (None, None)
    path.write_text((line + "\n") * 3000)
    assert len(_ours(path) or ()) == len(_theirs(path) or ()) == 3000
    path.write_text(line[:100] + "\n" + line + line[:-9])
    held = held_outside.Held([path])
    assert (len(held.heads), held.strange) == (1, [f"{path}:1", f"{path}:3"])
    assert len(_theirs(path) or ()) == 1


def test_a_file_of_too_many_heads_is_refused_by_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held_outside, "MOST_LINES", 5)
    monkeypatch.setattr(verify_export, "MOST_LINES", 5)
    path, line = tmp_path / "x.heads", _head([Leaf("case/1", 1, "0" * 64)]).line()
    for n, good in ((5, True), (6, False)):
        path.write_text(line * n)
        assert (_ours(path) is not None) == (_theirs(path) is not None) == good


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.heads"
    path.write_text(_head([Leaf("case/1", 1, "0" * 64)]).line())
    (one,) = held_outside.Held([path])
    path.write_text("x")
    with pytest.raises(InputRefused):
        list(one.leaves)


def _mutated(line: bytes, n: int) -> bytes:
    """Change, put in or take away a byte of a line, by its number."""
    at = (n * 7919) % len(line)
    return line[:at] + (b"", b'"', b"0", b",", b"]", b"\xff")[n % 6] + line[at + n % 2 :]


def test_both_say_the_same_of_mutated_heads(tmp_path: Path) -> None:
    path, line = tmp_path / "x.heads", _head([Leaf(name, 5, "ab" * 32) for name in _STREAMS[:6]]).line().encode()
    answers = set()
    for n in range(2000):
        path.write_bytes(_mutated(line, n))
        assert _ours(path) == _theirs(path), n
        answers.add(_ours(path) is None)
    assert answers == {True, False}


@pytest.mark.heavy
def test_the_printed_verifier_takes_little_for_every_hostile_file(desk: Desk, tmp_path: Path) -> None:
    desk.open()
    path, export = tmp_path / "x.heads", tmp_path / "e"
    export.write_text("".join(desk.api.evidence.export(actor=person("county"))), encoding="utf-8")
    for name, make in HEADS.items():
        make(path)
        words = [sys.executable, "-c", _METER, str(VERIFIER), str(export), str(path)]
        done = subprocess.run(words, capture_output=True, check=True)
        code, megabytes, seconds = done.stdout.split()
        assert code == (b"2" if _ours(path) is None else b"7"), name
        assert code == b"7" or done.stderr.count(b"\n") == 1, name
        assert int(megabytes) < 300, name
        assert float(seconds) < 10, name
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
