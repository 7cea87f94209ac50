"""A database in which the program of schema 0004 stored papers, upgraded: they stay readable, verifying and erasable."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session
from weigai.db import FileStore, Keys, open_engine
from weigai.db.vault import places
from weigai.states.errors import NotAdopted
from weigai.workflow import Actor, Approvals

from tests.migration.program import PAPERS, WHEELS, Program, copied, unpacked
from tests.migration.test_two_programs import url

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["url"]
pytestmark = pytest.mark.heavy


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folders of two programs: that of schema 0004, and this tree's."""
    folder = tmp_path_factory.mktemp("homes")
    return {"before": unpacked(WHEELS["0004"], folder / "before"), "tree": copied(folder / "tree")}


# what an erasure of the program of schema 0004 leaves: the name of the file's key
ERASED = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from sqlalchemy.orm import Session
from weigai.db import FileStore, Keys, open_engine
from weigai.db.erasing import destroy
engine = open_engine(sys.argv[1])
with engine.execution_options(weigai_write=True).begin() as connection:
    print(*destroy(connection, sys.argv[2], "all", "2019-07-01T00:00:00.000000Z"))
"""


def test_papers_of_the_program_before_are_kept(homes, url: str, tmp_path: Path) -> None:
    old, tree = Program(homes["before"], tmp_path, url), Program(homes["tree"], tmp_path, url)
    old("init")
    first, second, gone = old.open(), old.open(), old.open()
    for case in (first, gone):
        old.submit(case)
    old("case", "attach", second, "--document", f"danger_photo={_paper(tmp_path)}", "--on", "2019-06-10")
    tree("db", "upgrade")
    tree("audit", "verify")
    engine, years = open_engine(url), [2030]
    with Session(engine.execution_options(weigai_write=True)) as session:
        api = Approvals(
            session,
            keys=Keys.from_file(tmp_path / "key"),
            files=FileStore(tmp_path / "files"),
            now=lambda: datetime(years[-1], 1, 1, tzinfo=UTC),
        )
        county = Actor("p-county", "county", ("150783",))
        for case, seq, number in ((first, 2, len(PAPERS)), (second, 2, 1)):
            for no in range(1, number + 1):
                assert api.paper(case, seq, no, actor=county, reason="核对")
        session.commit()
        assert api.records.verify().problems == ()
        with pytest.raises(NotAdopted):
            places.require(session.connection(), places.of_folder(tmp_path / "files"))
        api.take(second, "withdraw", actor=Actor("p-v", "village", ("150783101201",)), data={"reason": "不改了"})
        years.append(2040)
        done = api.erase(second, actor=county, agreed_by="p-0001", reason="期满")
        session.commit()
        assert api.forget(done, actor=county) == done.files  # the folder lists no database
        tree("db", "adopt")
        assert api.forget(done, actor=county) == ()
        session.commit()
        sha256 = hashlib.sha256(b"number 7").hexdigest()
        for table, column in (("weigai_key", "stream"), ("weigai_document", "sha256")):
            query = f"SELECT count(*) FROM {table} WHERE {column} LIKE '%{sha256}%'"
            assert session.execute(text(query)).scalar() == 0
        assert not list((tmp_path / "files").rglob(f"*{sha256}*"))
        assert api.records.verify().problems == ()
    engine.dispose()
    tree("audit", "verify")


def _paper(folder: Path) -> str:
    (folder / "number.jpg").write_bytes(b"number 7")
    return "number.jpg"


def test_what_the_program_before_erased_loses_its_name(homes, url: str, tmp_path: Path) -> None:
    old, tree = Program(homes["before"], tmp_path, url), Program(homes["tree"], tmp_path, url)
    old("init")
    case = old.open()
    old("case", "attach", case, "--document", f"danger_photo={_paper(tmp_path)}", "--on", "2019-06-10")
    sha256 = hashlib.sha256(b"number 7").hexdigest()
    assert old.python(ERASED, url, case).split() == [sha256]
    tree("db", "upgrade")
    engine = open_engine(url)
    with engine.connect() as connection:
        query = f"SELECT count(*) FROM weigai_key WHERE stream LIKE '%{sha256}%'"
        assert connection.execute(text(query)).scalar() == 0
    engine.dispose()
