"""Compute the look of a picture: a 64-bit hash that is alike for pictures that look alike.

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
from ..db.vault.files import LARGEST

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

UNKNOWN = ""  # the look of a picture that is not decoded: it takes too much memory or time
_MOST_PIXELS = 60_000_000
_HERE, _MOST = 24_000_000, 180_000_000  # bytes that a picture may take: decoded in this process, and at all
_SPARE = 20_000_000  # bytes that a decoder may take beyond
_SCANS, _HERE_SCANS = 100, 20  # of a JPEG; programs make one, or about ten
_PASSED, _HERE_PASSED = 300_000_000, 50_000_000  # pixels times scans
_PARTS = 10_000  # of a JPEG, PNG or GIF: segments, chunks, blocks before its pixels
_GAP = 1_000  # bytes between two segments of a JPEG
_LONGEST_HEAD = 256 * 1024  # bytes of a JPEG before its first scan, without what only tells of it
_TAGS = 1_000  # of a TIFF
_PACKED = 2_000_000  # bytes of a BMP that is packed: Pillow takes them one by one
_LONGEST_SIDE, _SECONDS = 65_535, 2
_FORMATS = ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP")
_BEGIN = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM", b"II*\0", b"MM\0*")
_FLAT = 2  # grey levels between the darkest and the lightest cell: less is a blank sheet
_BARE = frozenset({0x01, *range(0xD0, 0xD9)})  # marks without a length
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_TOLD = frozenset({*range(0xE1, 0xEE), 0xEF, 0xFE})  # Exif, profiles, further pictures, comments
_MARK = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])")  # the next marker behind the bits of a scan
_FILL = b"\xff" * _GAP
_PIXELS = (b"PLTE", b"tRNS", b"IDAT", b"IEND")


class _CostlyError(Exception):
    """A picture would take a decoder too long."""


class _Head(NamedTuple):
    """What a picture says of itself before it is decoded: its size, bytes for a pixel, and whether that may take long.

    `needed` are the parts that its pixels are made of, none for the whole file.
    """

    width: int
    height: int
    each: float
    slow: bool = True
    needed: tuple[slice, ...] = ()

    @property
    def decoded(self) -> float:
        """Return the bytes that it takes decoded."""
        return self.each * self.width * self.height

    def fits(self, room: int) -> bool:
        """Tell whether it is decoded at all, where there is room for so many bytes."""
        within = max(self.width, self.height) <= _LONGEST_SIDE and self.width * self.height <= _MOST_PIXELS
        return within and self.decoded <= room


def look_of(source: Path | bytes) -> str | None:
    """Return the look of a picture as 16 hex digits; None for what is no picture, a broken, huge or blank one."""
    return look_kept(source if isinstance(source, bytes) else source.read_bytes()) or None


def look_kept(content: bytes) -> str | None:
    """Return the look of a paper's bytes; None where they are no whole picture, or a blank one; UNKNOWN if it is too large.

    What a process of its own makes no look of is UNKNOWN too: it may be for want of memory or time. A decoder is given only
    what the pixels are made of: the other parts may cost much, and make Pillow warn.
    """
    if not is_picture(content[:12]):
        return None
    try:
        head = _head(content)
    except _CostlyError:
        return UNKNOWN
    except (struct.error, IndexError, ValueError):
        return None
    room = _MOST - 3 * len(content)  # a verification holds it twice, and the process that decodes it once
    if len(content) > LARGEST or not head.fits(room):
        return UNKNOWN
    parts = [memoryview(content)[part] for part in head.needed or (slice(None),)]
    if not head.slow and head.decoded <= _HERE:
        return decoded(b"".join(parts))
    found = in_child(decoded, parts, UNKNOWN, seconds=_SECONDS, memory=room + _SPARE, libraries=("PIL.Image",))
    return found or UNKNOWN


def decoded(content: bytes, broken: str | None = None) -> str | None:
    """Return the look of a picture in this process; `broken` for one that is not whole, None for a blank one."""
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
        return _gif(content)
    if content.startswith(b"BM"):
        return _bmp(content)
    return _webp(content) if content[8:12] == b"WEBP" else _tiff(content)


def _jpeg(content: bytes) -> _Head:
    """Walk over the segments: a decoder passes over the whole picture once for each scan."""
    scans, kind, height, width, layers = 0, 0, 0, 0, 1
    needed, length = [slice(2)], 0
    for mark, start, end in _segments(content):
        if mark in _FRAMES:
            if kind and not scans:
                raise ValueError("two frames")
            if not kind:
                kind, (height, width, layers) = mark, struct.unpack_from(">HHB", content, start + 5)
        if not scans:
            last = mark in (0xD9, 0xDA)
            needed += [slice(start, None if last else end)] if mark not in _TOLD else []
            length += 0 if last or mark in _TOLD else end - start
        scans += mark == 0xDA
        if scans > _SCANS or length > _LONGEST_HEAD:
            raise _CostlyError
    pixels = width * height
    if not pixels:
        return _Head(0, 0, 0)
    if pixels * scans > _PASSED:
        raise _CostlyError
    smaller = max(step for step in (1, 2, 4, 8) if step <= max(1, min(width // 288, height // 256)))
    plain = kind in (0xC0, 0xC1) and scans == 1
    kept = 0 if plain else 2 * layers  # the waves of all scans, until the last one is read
    slow = (
        kind not in (0xC0, 0xC1, 0xC2)
        or scans > _HERE_SCANS
        or pixels * scans > (_HERE_PASSED if scans > 1 else pixels)
    )
    return _Head(width, height, kept + 2 * layers / smaller**2, slow, tuple(needed))


def _segments(content: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield the segments of a JPEG up to its end, as mark, start and end: of a scan its head."""
    at, parts, scan = 2, 0, False
    while found := _MARK.search(content, at):
        mark, start, end = found.group(1)[0], found.start(), found.end()
        parts += 1
        # a decoder takes one by one what stands before the pixels, and what fills time and again
        if parts > _PARTS or (content.find(_FILL, at, end) >= 0 if scan else end - at > _GAP):
            raise _CostlyError
        at = end if mark in _BARE or mark == 0xD9 else end + struct.unpack_from(">H", content, end)[0]
        scan = scan or mark == 0xDA
        yield mark, start, at
        if mark == 0xD9:
            return
    if content.find(_FILL, at) >= 0:
        raise _CostlyError


def _png(content: bytes) -> _Head:
    width, height, depth, kind = struct.unpack_from(">IIBB", content, 16)
    at, parts, needed = 8, 0, [slice(8)]
    while at + 8 <= len(content):
        name, end = content[at + 4 : at + 8], at + 12 + struct.unpack_from(">I", content, at)[0]
        needed += [slice(at, end)] if not parts or name in _PIXELS else []
        at, parts = end, parts + 1
        if parts > _PARTS:
            raise _CostlyError
        if name == b"IEND":
            break
    return _Head(width, height, 2 if kind in (0, 3) and depth <= 8 else 5, slow=False, needed=tuple(needed))


def _gif(content: bytes) -> _Head:
    """Walk over the blocks before the first frame: Pillow takes them one by one."""
    width, height, flags = struct.unpack_from("<HHB", content, 6)
    at, inside = 13 + (6 << (flags & 7) if flags & 0x80 else 0), False
    for _ in range(_PARTS):
        first = content[at]
        if inside:
            at, inside = at + 1 + first, first > 0
        elif first in b",;":
            return _Head(width, height, 5)
        else:
            inside = first == 0x21
            at += 1 + inside
    raise _CostlyError


def _bmp(content: bytes) -> _Head:
    old = struct.unpack_from("<I", content, 14)[0] == 12
    width, height = struct.unpack_from("<HH" if old else "<ii", content, 18)
    packed = not old and struct.unpack_from("<I", content, 30)[0] in (1, 2)
    if packed and len(content) > _PACKED:
        raise _CostlyError
    return _Head(abs(width), abs(height), 5)


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
    tags = struct.unpack_from(f"{order}H", content, at)[0]
    if tags > _TAGS:
        raise _CostlyError
    for entry in range(tags):
        tag, kind, _, value = struct.unpack_from(f"{order}HHII", content, at + 2 + 12 * entry)
        if tag in told:
            told[tag] = value >> 16 if order == ">" and kind == 3 else value & (0xFFFF if kind == 3 else 0xFFFFFFFF)
    return _Head(told[256], told[257], 2 if told[277] == 1 else 5)
