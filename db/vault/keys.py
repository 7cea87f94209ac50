"""The keys outside the database: the secret of the search tokens, and the master keys that encrypt data keys."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...states import arguments as given
from ...states import input_files as handed_in
from ...states.errors import InputRefused, KeysMissing, StoreUnavailable
from ...states.texts import former, sought
from .files import sync_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

CIPHERS = ("aes", "sm4")
_LENGTH = 32
LARGEST = 4 * handed_in.MB  # bytes of a file of keys or of a list of databases


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys, which are kept outside the database; without them nobody can read a personal value or find a number.

    Args:
        secret: 32 bytes of the blind index; each kind of number has a key of its own derived from it.
        masters: master keys of 32 bytes, the newest last: it wraps every new data key. Default one derived from `secret`.
        cipher: "aes" (AES-256-GCM) or "sm4" (SM4-GCM), for what is encrypted from now on.
        source: the key file, read again where a master key is wanted that is not among these; see `again`.
    """

    secret: bytes
    masters: tuple[bytes, ...] = ()
    cipher: str = "aes"
    source: Path | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "secret", given.data(self.secret, "keys.secret"))
        object.__setattr__(self, "masters", given.several(self.masters, "keys.masters", given.data))
        object.__setattr__(self, "cipher", given.text(self.cipher, "keys.cipher"))
        if self.source is not None:
            object.__setattr__(self, "source", given.path(self.source, "keys.source"))
        if not self.masters:
            object.__setattr__(self, "masters", (_derived(self.secret, "weigai.master"),))
        if self.cipher not in CIPHERS or any(len(key) != _LENGTH for key in (self.secret, *self.masters)):
            raise _unreadable()

    def __repr__(self) -> str:
        return f"Keys(masters={[master_id(m) for m in self.masters]}, cipher={self.cipher!r})"

    @classmethod
    def fresh(cls, *, cipher: str = "aes", random: Callable[[int], bytes] = secrets.token_bytes) -> Keys:
        """Return new keys."""
        return cls(random(_LENGTH), (random(_LENGTH),), cipher)

    @classmethod
    def from_text(cls, text: str) -> Keys:
        """Read keys from the text of a key file: JSON as `text` writes it, or 64 hex digits alone.

        Raises:
            StoreUnavailable: it is neither.
        """
        text = given.text(text, "text")
        try:
            told: Any = handed_in.json_of(text) if text.lstrip().startswith("{") else {"index": text.strip()}
            named = told.get("masters", [])
            if type(named) is not list:
                raise ValueError("masters")
            masters = tuple(bytes.fromhex(master) for master in named)
            return cls(bytes.fromhex(told["index"]), masters, told.get("cipher", "aes"))
        except (ValueError, KeyError, TypeError, AttributeError, InputRefused):
            raise _unreadable() from None

    @classmethod
    def from_file(cls, path: Path) -> Keys:
        """Read the keys from a file, or make the file (mode 0600) where there is none.

        Raises:
            StoreUnavailable: the file cannot be read or made, or holds no keys.
        """
        path = given.path(path, "path")
        try:
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                with suppress(FileExistsError):  # another process just made it
                    cls.fresh().to_file(path)
        except OSError:
            raise unreadable(path) from None
        return cls.read(path)

    @classmethod
    def read(cls, path: Path) -> Keys:
        """Read the keys from a file that is there.

        Raises:
            StoreUnavailable: the file is not there, cannot be read, or holds no keys.
        """
        try:
            text = handed_in.text(path, LARGEST, "ascii")
        except (OSError, UnicodeDecodeError):
            raise unreadable(path) from None
        try:
            return replace(cls.from_text(text), source=path)
        except StoreUnavailable:
            raise StoreUnavailable(
                f"文件 {path} 不是完整的密钥文件；请放回它的副本。",
                f"the file {path} is not a complete key file; replace it with a copy.",
            ) from None

    def again(self) -> Keys:
        """Return the keys from their file together with these: another process may have changed the master key since.

        A master key that was retired meanwhile stays, since what was read before may still be wrapped by it. Without a
        `source`, or where the file cannot be read or has another secret, these keys are returned.
        """
        if self.source is None:
            return self
        try:
            now = Keys.read(self.source)
        except StoreUnavailable:
            return self
        if now.secret != self.secret:
            return self
        return replace(now, masters=(*(key for key in self.masters if key not in now.masters), *now.masters))

    def text(self) -> str:
        """Return the text of a key file."""
        masters = [master.hex() for master in self.masters]
        return json.dumps({"index": self.secret.hex(), "masters": masters, "cipher": self.cipher}, indent=1) + "\n"

    def to_file(self, path: Path) -> None:
        """Write a new key file, whole or not at all, readable by its owner only; one that is there is never written over.

        Raises:
            FileExistsError: it is there.
            OSError: it cannot be written.
        """
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".keys-")  # made with mode 0600
        try:
            with os.fdopen(handle, "w") as file:
                file.write(self.text())
                file.flush()
                os.fsync(file.fileno())
            os.link(temporary, path)
            sync_folder(path.parent)  # before a key wraps anything, it is kept
        finally:
            Path(temporary).unlink(missing_ok=True)

    def rotated(self, random: Callable[[int], bytes] = secrets.token_bytes) -> Keys:
        """Return the keys with a new master key; the former master keys still decrypt what they encrypted."""
        return replace(self, masters=(*self.masters, random(_LENGTH)))

    def retired(self, needed: Collection[str]) -> Keys:
        """Return the keys without the master keys that nothing needs any more.

        Args:
            needed: the ids of those that stay; what came after the last of them stays too.
        """
        last = max(i for i, key in enumerate(self.masters) if master_id(key) in needed)
        kept = (key for i, key in enumerate(self.masters) if i > last or master_id(key) in needed)
        return replace(self, masters=tuple(kept))

    @property
    def master(self) -> tuple[str, bytes]:
        """Return the id and the master key that encrypts new data keys."""
        return master_id(self.masters[-1]), self.masters[-1]

    @property
    def names(self) -> tuple[str, ...]:
        """Return the ids of the master keys, the newest last."""
        return tuple(master_id(key) for key in self.masters)

    def has(self, name: str) -> bool:
        """Tell whether these keys include a master key, by its id."""
        return name in self.names

    def master_of(self, name: str) -> bytes:
        """Return a master key by its id.

        Raises:
            KeysMissing: it is not among these keys.
        """
        for key in self.masters:
            if master_id(key) == name:
                return key
        raise KeysMissing(name)

    def token(self, kind: str, value: str) -> str:
        """Return the token of a number or name: equal for those of a kind that people take for the same (`texts.sought`)."""
        return self._keyed(kind, [sought(kind, value)])[0]

    def tokens(self, kind: str, value: str) -> tuple[str, ...]:
        """Return every token by which a number or name may stand in a record: today's first, then those of earlier releases."""
        return self._keyed(kind, [sought(kind, value), *former(kind, value)])

    def _keyed(self, kind: str, forms: Sequence[str]) -> tuple[str, ...]:
        own = _derived(self.secret, f"weigai.index.{kind}")
        return tuple(hmac.new(own, form.encode(), hashlib.sha256).hexdigest() for form in dict.fromkeys(forms))


def master_id(key: bytes) -> str:
    """Return the id of a master key, by which a wrapped data key names it; it tells nothing of the key."""
    return hashlib.sha256(b"weigai.master.id\0" + key).hexdigest()[:12]


def _derived(secret: bytes, purpose: str) -> bytes:
    return hmac.new(secret, purpose.encode(), hashlib.sha256).digest()


def unreadable(path: Path) -> StoreUnavailable:
    """Return the error for a key file that cannot be read."""
    return StoreUnavailable(f"密钥文件 {path} 无法读取。", f"the key file {path} cannot be read.")


def _unreadable() -> StoreUnavailable:
    return StoreUnavailable("密钥内容无效。", "the keys have the wrong form.")
