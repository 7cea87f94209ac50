"""Hostile files of every kind, each handed to the program as a real process: little memory, few seconds, one answer."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.forks import Terminal
from tests.hostile import heads
from tests.hostile.kinds import KINDS, MB, SECONDS, complaints
from tests.hostile.pictures import LARGE
from tests.hostile.running import run

if TYPE_CHECKING:
    from pathlib import Path

# some of each kind that are made and told within a second; all of them are heavy
QUICK = {
    "sheet": ("2 million styles", "styles that are not packed", "20,000 parts that are one", "a pipe", "CSV: cells over many lines"),
    "policy": ("300,000 keys", "9,000 unknown keys", "a dotted key of 40,000 parts", "a pipe", "a link to itself"),
    "picture": ("JPEG: 90 scans of 5 megapixels", "WEBP: 34 bytes of 16,384 by 16,384", "JPEG: 30 MB of fill", "PNG: says 4 billion moving pictures"),
    "backup": ("events without an end", "a generated column", "an id above the folder", "pages that are zeros", "a pipe",
               "bodies of 8 MB of small objects", "bodies of 8 MB of letters", "actions of 7 MB"),
    "heads": ("60 MB of objects 900 deep", "60 MB of letters, then one of four bytes", "10 million lines", "a head, then 100 GB", "a device"),
    "json": ("4 MB of persons", "30,000 members", "a power of ten without an end", "a device", "objects 100,000 deep"),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, names in QUICK.items() for name in names])
def test_a_hostile_file_takes_little_and_is_refused(trial: Path, tmp_path: Path, kind: str, name: str) -> None:
    Terminal.copied(trial, tmp_path)
    assert complaints(KINDS[kind], name, tmp_path)[0] == []


@pytest.mark.parametrize("form", ["JPEG", "TIFF"])
def test_a_paper_larger_than_the_store_takes_is_refused_at_its_size(trial: Path, tmp_path: Path, form: str) -> None:
    Terminal.copied(trial, tmp_path)
    wrong, mb, _ = complaints(KINDS["picture"]._replace(files=LARGE, codes=(3,)), form, tmp_path)
    assert wrong == []
    assert mb < 120  # of which the program itself is 80


@pytest.mark.heavy
@pytest.mark.parametrize("kind", KINDS)
def test_every_hostile_file_takes_little_and_is_refused(trial: Path, tmp_path: Path, kind: str) -> None:
    files = KINDS[kind].files
    assert len(files) >= 40
    found = []
    for number, name in enumerate(files):
        folder = tmp_path / str(number)
        Terminal.copied(trial, folder)
        found += complaints(KINDS[kind], name, folder)[0]
        shutil.rmtree(folder)
    assert found == []


@pytest.mark.parametrize(
    ("words", "codes"),
    [(["audit", "verify"], (7,)), (["doctor"], (6,)), (["audit", "head"], (3, 7)), (["audit", "head", "--to", heads.FILE], (3, 7))],
)  # fmt: skip
def test_a_hostile_witness_takes_little_and_is_told(
    trial: Path, tmp_path: Path, words: list[str], codes: tuple[int, ...]
) -> None:
    Terminal.copied(trial, tmp_path)
    assert run(["audit", "head"], tmp_path).code == 0
    heads.HEADS["60 MB of objects 900 deep"](tmp_path / heads.FILE)
    took = run(words, tmp_path, **({} if "--to" in words else {"WEIGAI_WITNESS": heads.FILE}))
    assert took.code in codes, took
    assert "Traceback" not in took.err
    assert took.mb < MB
    assert took.seconds < SECONDS
