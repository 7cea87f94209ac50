"""The process for files from outside where the operating system has no limits of a process, as on Windows."""

from __future__ import annotations

import sys
import time
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest
from openpyxl import Workbook
from weigai.db import child
from weigai.db.backup import foreign
from weigai.workflow import InputRefused, read_payments

from tests import templates
from tests.hostile.sheets import SHEETS

if TYPE_CHECKING:
    from pathlib import Path

TASKS = """
def told(content):
    try:
        import resource
    except ImportError:
        return [content.decode(), "no limits"]

def endless(content):
    while True:
        pass

def broken(content):
    raise ValueError(content)
"""


@pytest.fixture
def tasks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A module of tasks; the child finds no module `resource`."""
    (tmp_path / "resource.py").write_text("raise ImportError('as on Windows')\n")
    (tmp_path / "some_tasks.py").write_text(TASKS)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "some_tasks", raising=False)
    return import_module("some_tasks")


def test_a_task_is_done_without_limits_of_the_system(tasks: Any) -> None:
    assert child.apart(tasks.told, "危改".encode()) == ["危改", "no limits"]
    assert child.apart(tasks.broken, b"") is None


def test_a_task_without_an_end_is_ended_by_its_own_time(tasks: Any) -> None:
    began = time.monotonic()
    assert child.apart(tasks.endless, b"", seconds=1) is None
    assert time.monotonic() - began < child._PATIENCE - 10


def test_sheets_backups_and_their_limits_of_size_do_without_too(tasks: Any, tmp_path: Path) -> None:
    book = Workbook()
    for row in (["档案号", "金额", "凭证号", "发放日期"], ["1", "25.00", "V-1", "2019-08-28"]):
        book.active.append(row)
    book.save(tmp_path / "x.xlsx")
    assert len(read_payments(tmp_path / "x.xlsx")) == 1
    SHEETS["2 million styles"](tmp_path / "large.xlsx")
    with pytest.raises(InputRefused):
        read_payments(tmp_path / "large.xlsx")
    templates.sqlite(tmp_path / "x.db")
    found = foreign.schema_of(tmp_path / "x.db")
    assert found is not None
    assert found.strange == 0
