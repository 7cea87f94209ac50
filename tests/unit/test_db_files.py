"""The file store: whole files or none, for their owner only, and mended by the same bytes."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

import pytest
from weigai.db import FileStore, Keys
from weigai.states.errors import InputRefused, IntegrityBroken, StoreUnavailable


def names(root: Path) -> list[str]:
    return sorted(p.name for p in root.rglob("*") if p.is_file())


def test_a_file_is_kept_once_under_its_hash(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "files")
    own = hashlib.sha256(b"paper").hexdigest()
    (tmp_path / "paper").write_bytes(b"paper")
    assert store.put(b"paper") == store.put(tmp_path / "paper") == (own, 5)
    assert names(store.root) == [own]
    with store.open(own) as file:
        assert file.read() == b"paper"
    assert store.sound(own)


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_crash_at_any_step_leaves_no_file_under_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    store = FileStore(tmp_path / "files")

    def crash(*a: object, **k: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(*((os, "fsync") if step == "fsync" else (Path, "replace")), crash)
        with pytest.raises(StoreUnavailable, match="No space left"):
            store.put(b"paper")
    assert names(store.root) == []
    assert store.sound(store.put(b"paper")[0])


def test_the_bytes_are_synced_before_the_name_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, steps = FileStore(tmp_path / "files"), []
    store.put(b"other")  # the folders are there by now
    folder, sync, replace = store.root, os.fsync, Path.replace

    def synced(handle: int) -> None:
        steps.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "bytes")
        sync(handle)

    def named(self: Path, target: Path) -> Path:
        steps.append("name")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", named)
    store.put(b"paper")
    assert [s for i, s in enumerate(steps) if s != "folder" or i > steps.index("name")] == ["bytes", "name", "folder"]
    assert folder.is_dir()


def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "files")
    own, _ = store.put(b"paper")
    assert stat.S_IMODE((store.root / own[:2] / own).stat().st_mode) == 0o600
    assert stat.S_IMODE((store.root / own[:2]).stat().st_mode) == 0o700


def test_what_is_no_paper_is_refused(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "files", largest=1024 * 1024)
    for bad in (b"", b"x" * (1024 * 1024 + 1), tmp_path, tmp_path / "none"):
        with pytest.raises(InputRefused):
            store.put(bad)
    assert not store.root.exists()
    assert store.put(b"x" * 1024 * 1024)[1] == 1024 * 1024


def test_a_lost_or_changed_file_is_known(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "files")
    own, _ = store.put(b"paper")
    place = store.root / own[:2] / own
    place.write_bytes(b"other")
    assert not store.sound(own)
    place.unlink()
    assert not store.sound(own)
    with pytest.raises(IntegrityBroken):
        store.open(own)


def test_tokens_are_equal_for_equal_numbers_of_a_kind_only(tmp_path: Path) -> None:
    path = tmp_path / "own" / "key"
    keys = Keys.from_file(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Keys.from_file(path) == keys
    assert keys.token("card", "1") == keys.token("card", "1") != keys.token("id_number", "1")
    assert Keys(bytes(32)).token("card", "1") != keys.token("card", "1")
    path.write_text("short")
    with pytest.raises(StoreUnavailable):
        Keys.from_file(path)
