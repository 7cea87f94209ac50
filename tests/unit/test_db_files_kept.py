"""The file store keeps what it has answered for: its folders are private and lasting, damage is mended."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from weigai.db import FileStore


def test_every_folder_of_the_store_is_for_its_owner_only(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        store = FileStore(tmp_path / "a" / "files")
        store.put(b"paper")
    finally:
        os.umask(before)
    assert stat.S_IMODE(store.root.stat().st_mode) == 0o700


def test_a_new_folder_is_synced_in_the_one_above(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, synced = FileStore(tmp_path / "files"), []
    monkeypatch.setattr(FileStore, "_sync", staticmethod(synced.append))
    own, _ = store.put(b"paper")
    assert synced == [tmp_path, store.root, store.root / own[:2]]


def test_the_same_bytes_mend_a_damaged_file(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "files")
    own, _ = store.put(b"paper")
    (store.root / own[:2] / own).write_bytes(b"torn")
    assert store.put(b"paper")[0] == own
    assert store.sound(own)
