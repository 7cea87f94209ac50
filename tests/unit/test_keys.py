"""The keys outside the database: their file, their forms, what is derived from them."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING

import pytest
from weigai.db import Keys
from weigai.db.vault.cipher import as_text, decrypted, encrypted, from_text
from weigai.states.errors import IntegrityBroken, KeysMissing, StoreUnavailable

if TYPE_CHECKING:
    from pathlib import Path


def test_a_key_file_is_made_once_for_its_owner_only_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "own" / "weigai.key"
    keys = Keys.from_file(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Keys.from_file(path) == keys
    assert [p.name for p in path.parent.iterdir()] == ["weigai.key"]
    assert keys.secret.hex() not in repr(keys)


def test_the_text_of_an_old_key_file_still_reads() -> None:
    assert Keys.from_text("6b" * 32 + "\n") == Keys(b"k" * 32)
    assert Keys.from_text(Keys(b"k" * 32).text()) == Keys(b"k" * 32)


@pytest.mark.parametrize(
    "text",
    ["", "short", "{}", "[]", json.dumps({"index": "00"}), json.dumps({"index": "00" * 32, "masters": ["00"]}),
     json.dumps({"index": "00" * 32, "cipher": "des"}), json.dumps({"index": "00" * 32, "masters": 5})],
)  # fmt: skip
def test_what_is_no_key_file_is_refused(text: str) -> None:
    with pytest.raises(StoreUnavailable):
        Keys.from_text(text)


def test_a_rotated_key_still_knows_the_former_one_until_it_is_retired() -> None:
    old = Keys.fresh()
    new = old.rotated()
    assert new.master_of(old.master[0]) == old.masters[0]
    assert new.secret == old.secret
    with pytest.raises(KeysMissing):
        new.retired({new.master[0]}).master_of(old.master[0])


@pytest.mark.parametrize("cipher", ["aes", "sm4"])
def test_what_is_altered_bound_elsewhere_or_under_another_key_does_not_open(cipher: str) -> None:
    key = bytes(range(32))
    locked = encrypted(cipher, key, "张三".encode(), b"here", lambda n: b"\1" * n)
    assert decrypted(key, from_text(as_text(locked)), b"here") == "张三".encode()
    bad = [(key, locked, b"there"), (bytes(32), locked, b"here"), (key, locked[:-1], b"here"), (key, b"", b"here")]
    bad += [(key, locked[:i] + bytes([locked[i] ^ 1]) + locked[i + 1 :], b"here") for i in range(len(locked))]
    for wrong_key, data, bound in bad:
        with pytest.raises(IntegrityBroken):
            decrypted(wrong_key, data, bound)


def test_sm4_gcm_is_the_standards_own() -> None:
    """RFC 8998, appendix A.1."""
    key = bytes.fromhex("0123456789abcdeffedcba9876543210") + bytes(16)
    nonce, aad = bytes.fromhex("00001234567800000000abcd"), bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    plain = bytes.fromhex("aa" * 8 + "bb" * 8 + "cc" * 8 + "dd" * 8 + "ee" * 8 + "ff" * 8 + "ee" * 8 + "aa" * 8)
    locked = encrypted("sm4", key, plain, aad, lambda _: nonce)
    assert locked[13:-16].hex().startswith("17f399f08c67d5ee19d0dc9969c4bb7d")
    assert locked[-16:].hex() == "83de3541e4c2b58177e065a9bf7b62ec"
