"""The papers that a caller attaches, and the check of them."""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..db.vault.files import LARGEST
from ..states import arguments as given
from ..states import input_files as handed_in
from ..states.actor import Document
from .pictures import is_picture, look_of

if TYPE_CHECKING:
    from os import PathLike
    from pathlib import Path

_KIND = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_LOOK = re.compile(r"[0-9a-f]{16}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A paper to attach: its kind, and its file or bytes. weigai stores it before it writes the row that names it.

    Args:
        kind: the kind of the paper, e.g. "approval_form".
        path: the file, as text or an os.PathLike; or else
        content: its bytes. A bytearray or memoryview is copied.

    Raises:
        InputRefused: a field is not of its type, or not just one of path and content is given.
    """

    kind: str
    path: Path | None = None
    content: bytes | None = None
    _seen: tuple[str, str | None] | None = field(default=None, init=False, repr=False, compare=False)

    if TYPE_CHECKING:

        def __init__(
            self,
            kind: str,
            path: str | PathLike[str] | None = None,
            content: bytes | bytearray | memoryview | None = None,
        ) -> None: ...

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", given.text(self.kind, "attachment.kind"))
        if (self.path is None) is (self.content is None):
            raise given.refused(
                "attachment", "请给出 path 或 content，二者只用其一。", "pass either path or content, not both."
            )
        if self.path is not None:
            object.__setattr__(self, "path", given.path(self.path, "attachment.path"))
        else:
            object.__setattr__(self, "content", given.data(self.content, "attachment.content"))

    @property
    def media_type(self) -> str:
        """Return the media type as the file's name suggests it."""
        import mimetypes

        guessed = mimetypes.guess_type(self.path.name)[0] if self.path else None
        return guessed or "application/octet-stream"

    def looked_at(self) -> Attachment:
        """Compute the look of a picture and remember it. This may take seconds, so do it before anything is locked."""
        with suppress(OSError):  # a file that cannot be read is refused where it is stored
            content = self.content if self.path is None else _picture(self.path)
            if self._seen is None and content is not None and is_picture(content[:12]):
                object.__setattr__(self, "_seen", (hashlib.sha256(content).hexdigest(), look_of(content)))
        return self

    def look(self, content: bytes, sha256: str) -> str | None:
        """Return the look of the stored bytes: the remembered one, unless the file has changed since."""
        return self._seen[1] if self._seen is not None and self._seen[0] == sha256 else look_of(content)


def _picture(path: Path) -> bytes | None:
    """Return the bytes of a file that begins as a picture does, None of any other."""
    with handed_in.opened(path) as file:
        head = file.read(12)
    return handed_in.content(path, LARGEST) if is_picture(head) else None


def papers(value: Any, field: str) -> tuple[Attachment | Document, ...]:
    """Return papers as a tuple; of each the kind is an id, since it stands open in the record and is a part of its paths.

    Raises:
        InputRefused: with the number of the paper, and nothing of what it is called.
    """
    return given.several(value, field, lambda one, own: _looked_at(_paper(one, own)))


def papers_in_question(value: Any, field: str) -> tuple[Attachment | Document, ...]:
    """Return papers that are only asked about, as `papers` does; nobody looks at the pictures."""
    return given.several(value, field, _paper)


def _looked_at(paper: Attachment | Document) -> Attachment | Document:
    return paper.looked_at() if isinstance(paper, Attachment) else paper


def _paper(value: Any, field: str) -> Attachment | Document:
    if not isinstance(value, (Attachment, Document)):
        raise given.refused(field, "应为 Attachment 或 Document。", "pass an Attachment or a Document.")
    if not _KIND.fullmatch(value.kind):
        raise given.refused(
            f"{field}.kind",
            "材料种类应为小写英文字母、数字和下划线。",
            "write the kind of a paper in lower-case letters, digits and _.",
        )
    if isinstance(value, Document):
        _stored(value, field)
    return value


def _stored(paper: Document, field: str) -> None:
    """Refuse a paper that a host stored itself and does not name by the hash of its bytes."""
    if not _SHA256.fullmatch(paper.sha256):
        raise given.refused(
            f"{field}.sha256", "应为 64 位小写十六进制。", "pass the SHA-256 as 64 lower-case hex digits."
        )
    given.identifier(paper.media_type, f"{field}.media_type")
    if paper.look is not None and not _LOOK.fullmatch(paper.look):
        raise given.refused(
            f"{field}.look", "应为 16 位小写十六进制，或 None。", "pass 16 lower-case hex digits, or None."
        )
