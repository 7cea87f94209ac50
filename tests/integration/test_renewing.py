"""Papers that an earlier release stored stay readable, verifying and erasable, and get the names of today when touched."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from weigai.db import FileStore, open_engine
from weigai.db.backup.backup import backup
from weigai.db.backup.restore import restore
from weigai.workflow import Actor, Attachment, Document, RequestReused

from tests.before import as_before
from tests.support import KEYS, VILLAGE, Desk, person

if TYPE_CHECKING:
    from pathlib import Path

PAPER = [Attachment("danger_photo", content=b"a paper of before")]
OTHER = {"head": {"name": "李四", "id_number": "150799196103030027", "registered_poor": True}}


def attached(desk: Desk, case: str, papers: list[Attachment] = PAPER, **more: str) -> int:
    return desk.api.attach(case, papers, actor=person("village"), on=desk.today, **more).version


def read(desk: Desk, case: str, seq: int) -> bytes:
    return desk.api.paper(case, seq, 1, actor=person("county"), reason="核对")


def plain(desk: Desk, sha256: str) -> list[str]:
    """Return the tables in which a plain SHA-256 stands."""
    places = {"weigai_document": "sha256", "weigai_key": "stream"}
    rows = desk.session.connection()
    return [
        t for t, c in places.items() if rows.execute(text(f"SELECT 1 FROM {t} WHERE {c} LIKE '%{sha256}%'")).first()
    ]


def test_a_paper_of_before_verifies_and_is_renamed_where_it_is_shown(store_desk: Desk) -> None:
    case = store_desk.open()
    seq = attached(store_desk, case)
    (sha256,) = as_before(store_desk, f"case/{case}")
    assert store_desk.api.records.verify().problems == ()
    assert plain(store_desk, sha256) == ["weigai_document", "weigai_key"]
    assert read(store_desk, case, seq) == b"a paper of before"
    assert plain(store_desk, sha256) == []
    assert store_desk.api.records.verify().problems == ()
    assert read(store_desk, case, seq) == b"a paper of before"


def test_a_paper_of_before_is_renamed_where_its_case_gets_another(store_desk: Desk) -> None:
    case = store_desk.open()
    seq = attached(store_desk, case, request_id="before")
    (sha256,) = as_before(store_desk, f"case/{case}")
    attached(store_desk, case, request_id="before")  # the same request finds its own
    with pytest.raises(RequestReused):
        attached(store_desk, case, [Attachment("danger_photo", content=b"other")], request_id="before")
    attached(store_desk, case, [Attachment("danger_photo", content=b"another")])
    assert plain(store_desk, sha256) == []
    attached(store_desk, case, request_id="before")
    assert read(store_desk, case, seq) == b"a paper of before"
    assert store_desk.api.records.verify().problems == ()


def test_a_paper_of_before_that_two_cases_share_stays_whole_for_both(store_desk: Desk) -> None:
    first, second = store_desk.open(), store_desk.open(**OTHER)
    one, other = attached(store_desk, first), attached(store_desk, second)
    (sha256,) = as_before(store_desk, f"case/{first}")
    row = {"sha256": sha256, "stream": f"case/{second}"}
    for sql in (
        "UPDATE weigai_document SET sha256 = :sha256, same = NULL WHERE stream = :stream",
        "DELETE FROM weigai_private WHERE stream = :stream AND field = 'documents/1'",
    ):
        store_desk.session.execute(text(sql), row)
    assert store_desk.api.records.verify().problems == ()
    assert read(store_desk, first, one) == b"a paper of before"
    assert plain(store_desk, sha256) == ["weigai_document", "weigai_key"]  # the other names it still
    assert store_desk.api.records.verify().problems == ()
    assert read(store_desk, second, other) == b"a paper of before"
    assert plain(store_desk, sha256) == []
    assert read(store_desk, first, one) == b"a paper of before"
    assert store_desk.api.records.verify().problems == ()


@pytest.mark.parametrize("cut_off", [False, True])  # after the commit, so that it is asked for once more
@pytest.mark.parametrize("shown", [False, True])
def test_a_paper_of_before_is_erased_with_its_name_and_file(store_desk: Desk, shown: bool, cut_off: bool) -> None:
    case = store_desk.open()
    seq = attached(store_desk, case)
    (sha256,) = as_before(store_desk, f"case/{case}")
    if shown:
        read(store_desk, case, seq)
    store_desk.take(case, "withdraw", "village", reason="不改了")
    store_desk.today = date(2030, 1, 1)
    for _ in range(1 + cut_off):
        asked = {"agreed_by": "p-second", "reason": "期满", "request_id": "once"}
        done = store_desk.api.erase(case, actor=person("county"), **asked)
        store_desk.session.commit()
    assert store_desk.api.forget(done, actor=person("county")) == ()
    assert plain(store_desk, sha256) == []
    assert list(store_desk.files.root.glob("*/*/*")) == []
    assert store_desk.api.records.verify().problems == ()


def test_a_list_of_before_shares_its_papers_under_one_name(store_desk: Desk) -> None:
    desk, village = store_desk, person("village")
    cases = [desk.open(), desk.open(**OTHER)]
    for case in cases:
        desk.walk(case, "village_deliberation")
    data = {"assembly": "villagers_meeting", "approved": True, "eligible": 60, "present": 41, "votes_for": 40}
    minutes = [Attachment("deliberation_minutes", content=b"minutes")]
    made = desk.api.lists.new(
        "meeting", unit=VILLAGE, cases=cases, actor=village, on=desk.today, data=data, documents=minutes
    )
    (sha256,) = as_before(desk, f"unit/{VILLAGE}")
    assert [paper.sha256 for paper in desk.api.lists.get(made.id, actor=village).documents] == [sha256]
    taken = desk.api.lists.advance(made.id, "record_deliberation", actor=village)
    assert [one.error for one in taken] == [None, None]
    names = desk.session.execute(text("SELECT sha256 FROM weigai_document WHERE kind = 'deliberation_minutes'"))
    assert len(found := list(names.scalars())) == 3
    assert len(set(found)) == 1
    assert found[0].startswith(f"{VILLAGE}/")
    assert plain(desk, sha256) == []
    assert desk.api.records.verify().problems == ()


def test_a_document_that_a_host_kept_from_before_finds_its_file(store_desk: Desk) -> None:
    case, other = store_desk.open(), store_desk.open(**OTHER)
    attached(store_desk, case)
    (sha256,) = as_before(store_desk, f"case/{case}")
    known = Document("danger_photo", sha256, len(b"a paper of before"))
    seq = store_desk.api.attach(other, [known], actor=person("village"), on=store_desk.today).version
    assert read(store_desk, other, seq) == b"a paper of before"
    assert store_desk.api.records.verify().problems == ()


def test_one_picture_in_a_case_of_before_and_one_of_today_is_told(store_desk: Desk) -> None:
    first, second = store_desk.open(), store_desk.open(**OTHER)
    attached(store_desk, first)
    as_before(store_desk, f"case/{first}")
    attached(store_desk, second)
    found = store_desk.api.records.findings(actor=Actor("p-a", "auditor", ("150783",)), kinds=["same_photo"])
    assert [set(one.cases) for one in found] == [{first, second}]


def test_a_backup_of_before_is_restored_with_the_keys_of_today(store_desk: Desk, tmp_path: Path) -> None:
    case = store_desk.open()
    seq = attached(store_desk, case)
    as_before(store_desk, f"case/{case}")
    store_desk.session.commit()
    old = FileStore(tmp_path / "old.files")
    backup(store_desk.engine, tmp_path / "old.db", files=(store_desk.files, old.root), master=KEYS)
    assert read(store_desk, case, seq) == b"a paper of before"  # the paper is renamed
    store_desk.session.commit()
    backup(store_desk.engine, tmp_path / "new.db", keys=tmp_path / "late.keys")
    engine = open_engine(f"sqlite:///{tmp_path / 'back.db'}")
    files = (old, FileStore(tmp_path / "back.files"))
    saved, erased, found = restore(engine, tmp_path / "old.db", keys=tmp_path / "late.keys", files=files, master=KEYS)
    assert (saved.files, saved.missing, erased, found.problems) == (1, (), 0, ())
    with Desk(engine, tmp_path / "back.files") as desk:
        assert read(desk, case, seq) == b"a paper of before"
        assert desk.api.records.verify().problems == ()
    engine.dispose()


@pytest.mark.parametrize("column", ["sha256", "same", "salt", "size", "kind"])
def test_what_a_row_says_of_a_paper_is_verified(store_desk: Desk, column: str) -> None:
    case = store_desk.open()
    attached(store_desk, case)
    attached(store_desk, case, [Attachment("danger_photo", content=b"another")])
    to = {"size": "9", "sha256": f"'{VILLAGE}/{64 * '0'}'"}.get(column, "'0'")
    changed = f"UPDATE weigai_document SET {column} = {to} WHERE stream = 'case/{case}' AND seq = 2"
    store_desk.session.execute(text(changed))
    assert store_desk.api.records.verify().problems


def test_what_an_erasure_of_before_left_loses_its_name_in_a_restore(store_desk: Desk, tmp_path: Path) -> None:
    """The file of keys is of an earlier release, whose erasure left the SHA-256 in it."""
    case = store_desk.open()
    attached(store_desk, case)
    (sha256,) = as_before(store_desk, f"case/{case}")
    store_desk.session.commit()
    backup(store_desk.engine, tmp_path / "b.db")
    destroyed = "UPDATE weigai_key SET wrapped = NULL, erased_at = '2019-07-01T00:00:00.000000Z' WHERE stream LIKE"
    for stream in (f"case/{case}", f"file/{sha256}"):
        store_desk.session.execute(text(f"{destroyed} '{stream}'"))
    store_desk.session.commit()
    backup(store_desk.engine, tmp_path / "later.db", keys=tmp_path / "late.keys")
    assert sha256 in (tmp_path / "late.keys").read_text()
    engine = open_engine(f"sqlite:///{tmp_path / 'back.db'}")
    restore(engine, tmp_path / "b.db", keys=tmp_path / "late.keys", master=KEYS)
    with Desk(engine, tmp_path / "back.files") as desk:
        assert plain(desk, sha256) == []
    engine.dispose()
