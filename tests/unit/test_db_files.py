"""The file store: whole files or none, for their owner only, and mended by the same bytes."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import stat
from pathlib import Path

import pytest
from weigai.db import FileStore, Keys
from weigai.db.vault.lock import Lock
from weigai.states.errors import InputRefused, IntegrityBroken, StoreUnavailable

COUNTY = "150783"
LOCK = Lock("aes", b"k" * 32, b"here", secrets.token_bytes, "")


def put(store: FileStore, content: bytes) -> Lock:
    """Store some bytes under a name of their own; return what opens the file."""
    lock = LOCK._replace(name=hmac.new(LOCK.key, content, hashlib.sha256).hexdigest())
    store.put(COUNTY, content, lock)
    return lock


def names(root: Path) -> list[str]:
    return sorted(p.name for p in root.rglob("*") if p.is_file())


def place(store: FileStore, lock: Lock) -> Path:
    return store.root / COUNTY / lock.name[:2] / lock.name


def test_a_file_is_kept_once_under_its_name(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "files")
    (tmp_path / "paper").write_bytes(b"paper")
    own = put(store, b"paper")
    assert own == put(store, store.read(tmp_path / "paper"))
    assert names(store.root) == [own.name]
    assert store.content(COUNTY, own) == b"paper"
    assert store.sound(COUNTY, own)
    assert store.sound(COUNTY, own, hashlib.sha256(b"paper").hexdigest())
    assert not store.sound(COUNTY, own, hashlib.sha256(b"other").hexdigest())
    assert b"paper" not in place(store, own).read_bytes()


def test_another_key_opens_nothing(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "files")
    own = put(store, b"paper")
    for other in (own._replace(key=bytes(32)), own._replace(bound=b"elsewhere")):
        assert not store.sound(COUNTY, other)
        with pytest.raises(IntegrityBroken):
            store.content(COUNTY, other)


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
            put(store, b"paper")
    assert names(store.root) == []
    assert store.sound(COUNTY, put(store, b"paper"))


def test_the_bytes_are_synced_before_the_name_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, steps = FileStore(tmp_path / "files"), []
    put(store, b"other")  # the folders are there by now
    folder, sync, replace = store.root, os.fsync, Path.replace

    def synced(handle: int) -> None:
        steps.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "bytes")
        sync(handle)

    def named(self: Path, target: Path) -> Path:
        steps.append("name")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", named)
    put(store, b"paper")
    assert [s for i, s in enumerate(steps) if s != "folder" or i > steps.index("name")] == ["bytes", "name", "folder"]
    assert folder.is_dir()


def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "files")
    own = put(store, b"paper")
    assert stat.S_IMODE(place(store, own).stat().st_mode) == 0o600
    assert stat.S_IMODE(place(store, own).parent.stat().st_mode) == 0o700


def test_what_is_no_paper_is_refused(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "files", largest=1024 * 1024)
    for bad in (b"", b"x" * (1024 * 1024 + 1), tmp_path, tmp_path / "none"):
        with pytest.raises(InputRefused):
            store.read(bad)
    assert not store.root.exists()
    assert len(store.read(b"x" * 1024 * 1024)) == 1024 * 1024


def test_a_lost_or_changed_file_is_known(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "files")
    own = put(store, b"paper")
    place(store, own).write_bytes(b"other")
    assert not store.sound(COUNTY, own)
    place(store, own).unlink()
    assert not store.sound(COUNTY, own)
    with pytest.raises(IntegrityBroken):
        store.content(COUNTY, own)


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


def test_what_nobody_touched_is_swept_and_what_is_just_attached_is_not(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "files")
    old, young = put(store, b"old"), put(store, b"young")
    half = place(store, old).with_name(".new-half")
    half.write_bytes(b"")
    for path in (place(store, old), half):
        os.utime(path, (1_000, 1_000))
    assert {path.name for path in store.lying(COUNTY, before=2_000)} == {old.name, ".new-half"}
    lying = list(store.lying(COUNTY, before=2_000))
    put(store, b"old")  # attached once more, after the sweep has looked
    assert sorted(path.name for path in lying if store.sweep(path, before=2_000)) == [".new-half"]
    assert names(store.root) == sorted([old.name, young.name])
    assert store.sound(COUNTY, old)
    assert not store.sweep(half, before=2_000)  # gone already


def test_a_file_that_a_sweep_set_aside_is_written_anew(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "files")
    own = put(store, b"paper")
    path = place(store, own)
    path.rename(path.with_name(f".gone-{own.name}"))  # a sweep between its two steps, or killed there
    put(store, b"paper")
    assert store.sound(COUNTY, own)
    os.utime(path.with_name(f".gone-{own.name}"), (1_000, 1_000))
    (left,) = store.lying(COUNTY, before=2_000)
    assert store.sweep(left, before=2_000)
    assert names(store.root) == [own.name]


def test_a_copy_never_replaces_a_whole_file_by_a_damaged_one(tmp_path: Path) -> None:
    one, other = FileStore(tmp_path / "one"), FileStore(tmp_path / "other")
    own = put(one, b"paper")
    assert one.copy_to(other, COUNTY, own.name, own)
    assert other.sound(COUNTY, own)
    place(one, own).write_bytes(b"torn")
    for lock in (own, None):
        assert one.copy_to(other, COUNTY, own.name, lock) is (lock is not None)  # what is there opens, and stays
        assert other.sound(COUNTY, own)
    place(other, own).write_bytes(b"torn too")
    put(one, b"paper")
    assert one.copy_to(other, COUNTY, own.name, own)
    assert other.sound(COUNTY, own)
