"""The file store keeps what it has answered for: its folders are private and lasting, damage is mended."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from weigai.db import FileStore
from weigai.db.vault import files

from tests.unit.test_db_files import COUNTY, place, put


def test_every_folder_of_the_store_is_for_its_owner_only(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        store = FileStore(tmp_path / "a" / "files")
        put(store, b"paper")
    finally:
        os.umask(before)
    assert stat.S_IMODE(store.root.stat().st_mode) == 0o700


def test_a_new_folder_is_synced_in_the_one_above(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, synced = FileStore(tmp_path / "files"), []
    monkeypatch.setattr(files, "sync_folder", synced.append)
    own = put(store, b"paper")
    assert synced == [tmp_path, store.root, store.root / COUNTY, place(store, own).parent]


def test_the_same_bytes_mend_a_damaged_file(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "files")
    own = put(store, b"paper")
    place(store, own).write_bytes(b"torn")
    assert put(store, b"paper") == own
    assert store.sound(COUNTY, own)


def test_a_store_is_its_owners_alone_unless_its_folder_is_open_to_a_group(tmp_path: Path) -> None:
    """Several users of one machine share a store whose folder they gave to a group."""
    for mode, folders, files_ in ((0o700, 0o700, 0o600), (0o2770, 0o770, 0o660), (0o2750, 0o750, 0o640)):
        root = tmp_path / f"{mode:o}"
        root.mkdir()
        root.chmod(mode)
        store = files.FileStore(root)
        store._write(root / "450981" / "ab" / "abcd", b"content")
        made = root / "450981" / "ab" / "abcd"
        assert {made.parent.stat().st_mode & 0o777, made.parent.parent.stat().st_mode & 0o777} == {folders}
        assert made.stat().st_mode & 0o777 == files_
