"""The look of a picture: a 64-bit difference hash by which like pictures are found, whatever their size or format.

Made with Pillow alone; the library imagehash does the same, but brings numpy and scipy into every installation. What a
file says at its head decides where it is decoded: an ordinary photograph here, what takes more in a process of its own
(`db.child`), and what takes too much nowhere.
"""

from __future__ import annotations

import io
import re
import struct
from typing import TYPE_CHECKING, NamedTuple

from ..db.child import apart as in_child

if TYPE_CHECKING:
    from pathlib import Path

UNKNOWN = ""  # the look of a picture that is not decoded: it takes too much memory or time
_MOST_PIXELS = 60_000_000
_HERE, _MOST = 24_000_000, 180_000_000  # bytes that a picture may take decoded: in this process, and at all
_SCANS, _HERE_SCANS = 100, 20  # of a JPEG; programs make one, or about ten
_PASSED, _HERE_PASSED = 500_000_000, 50_000_000  # pixels times scans
_PARTS = 10_000  # of a JPEG or PNG: segments, chunks
_GAP = 1_000  # bytes between two segments of a JPEG
_LONGEST_SIDE, _SECONDS = 65_535, 3
_FORMATS = ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP")
_BEGIN = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM", b"II*\0", b"MM\0*")
_FLAT = 2  # grey levels between the darkest and the lightest cell: less is a blank sheet
_BARE = frozenset({0x01, *range(0xD0, 0xD9)})  # marks without a length
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_MARK = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])")  # the next marker behind the bits of a scan


class _Head(NamedTuple):
    """What a picture says of itself before it is decoded: its size, bytes for a pixel, and whether that may take long."""

    width: int
    height: int
    each: float
    slow: bool = True

    @property
    def fits(self) -> bool:
        """Tell whether it is decoded at all."""
        pixels = self.width * self.height
        return max(self.width, self.height) <= _LONGEST_SIDE and pixels <= _MOST_PIXELS and self.each * pixels <= _MOST


_TOO_MUCH = _Head(_MOST_PIXELS, _MOST_PIXELS, 0)


def look_of(source: Path | bytes) -> str | None:
    """Return the look of a picture as 16 hex digits; None for what is no picture, a broken, huge or blank one."""
    return look_kept(source if isinstance(source, bytes) else source.read_bytes()) or None


def look_kept(content: bytes) -> str | None:
    """Return the look of a paper's bytes; None where they are no whole picture, or a blank one; UNKNOWN if it is too large."""
    if not is_picture(content[:12]):
        return None
    try:
        head = _head(content)
    except (struct.error, IndexError, ValueError):
        return None
    if not head.fits:
        return UNKNOWN
    if not head.slow and head.each * head.width * head.height <= _HERE:
        return decoded(content)
    found = in_child(decoded, content, UNKNOWN, seconds=_SECONDS, libraries=("PIL.Image",))
    return UNKNOWN if found is None else found or None


def decoded(content: bytes, broken: str | None = None) -> str | None:
    """Return the look of a picture in this process; `broken` for one that is not whole.

    In a process of its own that is UNKNOWN: there it may be for want of memory too.
    """
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS) as picture:
            if picture.width * picture.height > _MOST_PIXELS:
                return UNKNOWN
            picture.draft("L", (288, 256))  # a large JPEG is decoded small at once
            cells = picture.convert("L").resize((9, 8), Image.Resampling.LANCZOS).tobytes()
    except MemoryError:
        return UNKNOWN
    except Exception:  # noqa: BLE001 - a decoder fails in its own many ways, and a paper is never refused for its look
        return broken
    if max(cells) - min(cells) < _FLAT:
        return None
    bits = (cells[row * 9 + column] > cells[row * 9 + column + 1] for row in range(8) for column in range(8))
    return f"{sum(1 << place for place, bit in enumerate(bits) if bit):016x}"


def is_picture(head: bytes) -> bool:
    """Tell whether twelve bytes are those that a picture begins with."""
    return head.startswith(_BEGIN) or head[8:12] == b"WEBP"


def apart(one: str, other: str) -> int:
    """Return in how many of the 64 bits two looks differ."""
    return (int(one, 16) ^ int(other, 16)).bit_count()


# ---------------------------------------------------------------------- what it says of itself


def _head(content: bytes) -> _Head:
    """Return what a picture says of itself.

    Raises:
        struct.error, IndexError, ValueError: it does not.
    """
    if content.startswith(b"\xff\xd8"):
        return _jpeg(content)
    if content.startswith(b"\x89PNG"):
        return _png(content)
    if content.startswith(b"GIF8"):
        width, height = struct.unpack_from("<HH", content, 6)
        return _Head(width, height, 5)
    if content.startswith(b"BM"):
        old = struct.unpack_from("<I", content, 14)[0] == 12
        width, height = struct.unpack_from("<HH" if old else "<ii", content, 18)
        return _Head(abs(width), abs(height), 5)
    return _webp(content) if content[8:12] == b"WEBP" else _tiff(content)


def _jpeg(content: bytes) -> _Head:
    """Walk over the segments: a decoder passes over the whole picture once for each scan."""
    at, scans, parts, kind, height, width, layers = 2, 0, 0, 0, 0, 0, 1
    while (found := _MARK.search(content, at)) and (mark := found.group(1)[0]) != 0xD9:
        if not scans and found.end() - at > _GAP:
            return _TOO_MUCH  # a decoder takes these bytes one by one
        at, parts = found.end(), parts + 1
        if mark not in _BARE:
            if mark in _FRAMES and not kind:
                kind, (height, width, layers) = mark, struct.unpack_from(">HHB", content, at + 3)
            scans += mark == 0xDA
            at += struct.unpack_from(">H", content, at)[0]
        if parts > _PARTS or scans > _SCANS:
            return _TOO_MUCH
    pixels = width * height
    if not pixels or pixels * scans > _PASSED:
        return _TOO_MUCH if pixels else _Head(0, 0, 0)
    smaller = max(step for step in (1, 2, 4, 8) if step <= max(1, min(width // 288, height // 256)))
    plain = kind in (0xC0, 0xC1) and scans == 1
    kept = 0 if plain else 2 * layers  # the waves of all scans, until the last one is read
    slow = (
        kind not in (0xC0, 0xC1, 0xC2)
        or scans > _HERE_SCANS
        or pixels * scans > (_HERE_PASSED if scans > 1 else pixels)
    )
    return _Head(width, height, kept + 2 * layers / smaller**2, slow)


def _png(content: bytes) -> _Head:
    width, height, depth, kind = struct.unpack_from(">IIBB", content, 16)
    at, parts = 8, 0
    while at + 8 <= len(content) and parts <= _PARTS:
        at, parts = at + 12 + struct.unpack_from(">I", content, at)[0], parts + 1
    if parts > _PARTS:
        return _TOO_MUCH
    return _Head(width, height, 2 if kind in (0, 3) and depth <= 8 else 5, slow=False)


def _webp(content: bytes) -> _Head:
    kind = content[12:16]
    if kind == b"VP8X":
        width, height = (1 + int.from_bytes(content[at : at + 3], "little") for at in (24, 27))
    elif kind == b"VP8L":
        packed = struct.unpack_from("<I", content, 21)[0]
        width, height = 1 + (packed & 0x3FFF), 1 + (packed >> 14 & 0x3FFF)
    else:
        width, height = (size & 0x3FFF for size in struct.unpack_from("<HH", content, 26))
    return _Head(width, height, 13, slow=False)


def _tiff(content: bytes) -> _Head:
    order = "<" if content.startswith(b"II") else ">"
    at = struct.unpack_from(f"{order}I", content, 4)[0]
    told = {256: 0, 257: 0, 277: 1}
    for entry in range(struct.unpack_from(f"{order}H", content, at)[0]):
        tag, kind, _, value = struct.unpack_from(f"{order}HHII", content, at + 2 + 12 * entry)
        if tag in told:
            told[tag] = value >> 16 if order == ">" and kind == 3 else value & (0xFFFF if kind == 3 else 0xFFFFFFFF)
    return _Head(told[256], told[257], 2 if told[277] == 1 else 5)
