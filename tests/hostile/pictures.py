"""Hostile pictures: small files whose decoding takes much memory or long, or that say what is not so."""

from __future__ import annotations

import io
import os
import random
import re
import struct
import zlib
from functools import cache
from typing import TYPE_CHECKING, Any

from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Make = Callable[[Path], object]

MB = 1024**2


@cache
def _image(width: int, height: int, mode: str = "RGB") -> Image.Image:
    """Return a picture with some light and shade."""
    small = Image.frombytes("L", (16, 16), random.Random(1).randbytes(256))
    return small.resize((width, height), Image.Resampling.NEAREST).convert(mode)


def _saved(form: str, width: int = 400, height: int = 300, mode: str = "RGB", **how: Any) -> bytes:
    out = io.BytesIO()
    _image(width, height, mode).save(out, form, **how)
    return out.getvalue()


def _as(make: Callable[[], bytes]) -> Make:
    return lambda path: path.write_bytes(make())


def scans(width: int, height: int, count: int, *, mode: str = "RGB") -> bytes:
    """Return a progressive JPEG whose last scan comes again and again."""
    raw = _saved("JPEG", width, height, mode, progressive=True, quality=30)
    at = raw.rindex(b"\xff\xda")
    return raw[:-2] + raw[at:-2] * count + b"\xff\xd9"


def _sized(raw: bytes, width: int, height: int) -> bytes:
    """Return a JPEG that says to be of another size."""
    at = re.search(rb"\xff[\xc0-\xc2]\x00\x11\x08", raw).end()
    return raw[:at] + struct.pack(">HH", height, width) + raw[at + 4 :]


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _png(
    width: int,
    height: int,
    kind: int = 2,
    depth: int = 8,
    *,
    before: bytes = b"",
    data: bytes | None = None,
    laced: int = 0,
) -> bytes:
    """Return a PNG of one colour, with more chunks before its pixels."""
    if data is None:
        line = (width * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[kind] * depth + 7) // 8 + 1
        packer = zlib.compressobj(9)
        data = b"".join([*(packer.compress(b"\0" * line) for _ in range(height)), packer.flush()])
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, laced))
    return b"\x89PNG\r\n\x1a\n" + head + before + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def _bmp(width: int, height: int, packed: int, data: bytes) -> bytes:
    palette = bytes(range(256)) * 4
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, packed, len(data), 1, 1, 256, 0)
    return b"BM" + struct.pack("<IHHI", 54 + 1024 + len(data), 0, 0, 54 + 1024) + head + palette + data


def _tiff(tags: list[tuple[int, int, int, int]], data: bytes = b"", following: int = 0) -> bytes:
    """Return a TIFF with tags of (number, kind, count, value); its data begin at byte 8."""
    entries = b"".join(struct.pack("<HHII", *tag) for tag in sorted(tags))
    at = 8 + len(data)
    return (
        b"II*\0" + struct.pack("<I", at) + data + struct.pack("<H", len(tags)) + entries + struct.pack("<I", following)
    )


def _plain(width: int, height: int, packed: int = 1, **other: int) -> list[tuple[int, int, int, int]]:
    told = {256: width, 257: height, 258: 8, 259: packed, 262: 1, 273: 8, 277: 1, 278: height, 279: 100}
    told |= {int(tag.removeprefix("t")): value for tag, value in other.items()}
    return [(tag, 4, 1, value) for tag, value in told.items()]


def _gif(width: int, height: int, body: bytes) -> bytes:
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6) + body + b";"


def _webp(width: int, height: int) -> bytes:
    """Return a lossless WebP of one colour: 34 bytes."""
    bits = (width - 1) | (height - 1) << 14
    data = b"\x2f" + struct.pack("<I", bits) + b"\x88\x88\x08\x00\x00"[:5]
    chunk = b"VP8L" + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
    return b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk


def filled(after: bytes, *, before: bool = False, size: int = 30 * MB) -> bytes:
    """Return a JPEG with a run of FF behind its scan, or before its first segment, and what comes after the run."""
    raw = _saved("JPEG")
    at = 2 if before else len(raw) - 2
    return raw[:at] + b"\xff" * size + after + (raw[at:] if before else b"")


FILLED: dict[str, Callable[[], bytes]] = {
    "a zero": lambda: filled(b"\0\xff\xd9"),
    "a mark without a length": lambda: filled(b"\xd0\xff\xd9"),
    "nothing": lambda: filled(b""),
    "the end": lambda: filled(b"\xd9"),
    "the first segment": lambda: filled(b"\0", before=True),
}


def chunks(name: bytes, data: bytes, count: int) -> bytes:
    """Return a PNG with many more chunks before its pixels."""
    raw = _saved("PNG")
    return raw[:33] + _chunk(name, data) * count + raw[33:]


def segments(mark: int, data: bytes, count: int) -> bytes:
    """Return a JPEG with many more segments before its pixels."""
    raw = _saved("JPEG")
    return raw[:2] + (bytes((0xFF, mark)) + struct.pack(">H", len(data) + 2) + data) * count + raw[2:]


def padded(form: str, width: int, height: int, **how: Any) -> bytes:
    """Return a picture with zeros behind it, up to the largest paper."""
    return _saved(form, width, height, **how).ljust(31 * MB, b"\0")


def sparse(begin: bytes, size: int = 255 * MB) -> Make:
    """Return what makes a file of this size, of which only the first bytes are on the disk."""

    def make(path: Path) -> None:
        path.write_bytes(begin)
        os.truncate(path, size)

    return make


_LZW = b"\x08" + b"\xff" + b"\x80" * 255 + b"\0"
_FRAME = b"," + struct.pack("<HHHHB", 0, 0, 10, 10, 0) + b"\x02\x02\x4c\x01\0"

PICTURES: dict[str, Make] = {
    "JPEG: 500 scans of 48 megapixels": _as(lambda: scans(8000, 6000, 500)),
    "JPEG: 1,000 scans of 12 megapixels": _as(lambda: scans(4000, 3000, 1_000)),
    "JPEG: 90 scans of 5 megapixels": _as(lambda: scans(2500, 2000, 80)),
    "JPEG: 30 scans of 15 megapixels": _as(lambda: scans(4500, 3300, 20)),
    "JPEG: 20 scans of 59 megapixels": _as(lambda: scans(7700, 7600, 10)),
    "JPEG: 99 scans of 1 megapixel": _as(lambda: scans(1000, 1000, 88)),
    "JPEG: 100,000 scans of nothing": _as(lambda: scans(16, 16, 100_000)),
    "JPEG: progressive, 59 megapixels": _as(lambda: _saved("JPEG", 7700, 7600, progressive=True)),
    "JPEG: progressive in four colours": _as(lambda: scans(4000, 3000, 5, mode="CMYK")),
    "JPEG: says 65,535 by 65,535": _as(lambda: _sized(_saved("JPEG"), 65_535, 65_535)),
    "JPEG: says 60 million by 1": _as(lambda: _sized(_saved("JPEG"), 65_535, 900)),
    "JPEG: says 7,700 by 7,700": _as(lambda: _sized(_saved("JPEG"), 7_700, 7_700)),
    "JPEG: progressive, says 7,700 by 7,700": _as(lambda: _sized(_saved("JPEG", progressive=True), 7_700, 7_700)),
    "JPEG: 65,000 by 900": _as(lambda: _saved("JPEG", 65_000, 900)),
    "JPEG: 1 million segments": _as(lambda: b"\xff\xd8" + b"\xff\xe1\x00\x02" * 1_000_000 + _saved("JPEG")[2:]),
    "JPEG: 30 MB of fill": _as(lambda: b"\xff\xd8" + b"\xff" * 30 * MB + _saved("JPEG")[3:]),
    "JPEG: a segment without an end": _as(lambda: b"\xff\xd8\xff\xe1\xff\xff" + b"a" * 100),
    "JPEG: segments of length 0": _as(lambda: b"\xff\xd8" + b"\xff\xe1\x00\x00" * 1_000_000),
    "JPEG: arithmetic": _as(lambda: _saved("JPEG").replace(b"\xff\xc0", b"\xff\xc9")),
    "JPEG: lossless": _as(lambda: _saved("JPEG").replace(b"\xff\xc0", b"\xff\xc3")),
    "JPEG: 20 MB behind its end": _as(lambda: _saved("JPEG") + b"\xff\xda\x00\x02" * 5_000_000),
    **{f"JPEG: 30 MB of fill, then {what}": _as(make) for what, make in FILLED.items()},
    "JPEG: 9,900 segments of Exif": _as(lambda: segments(0xE1, b"Exif\0\0" + bytes(3_000), 9_900)),
    "JPEG: 480,000 tables": _as(lambda: segments(0xDB, (b"\1" + b"a" * 64) * 1_000, 480)),
    "PNG: 59 megapixels": _as(lambda: _png(7_700, 7_600)),
    "PNG: 59 megapixels, laced": _as(lambda: _png(7_700, 7_600, laced=1)),
    "PNG: 33 megapixels with alpha": _as(lambda: _png(6_000, 5_500, 6)),
    "PNG: 16 bits, 29 megapixels": _as(lambda: _png(5_400, 5_400, 6, 16)),
    "PNG: 59 million by 1": _as(lambda: _png(59_000_000, 1, 0)),
    "PNG: 1 by 59 million": _as(lambda: _png(1, 5_000_000, 0)),
    "PNG: 60,000 by 60,000": _as(lambda: _png(60_000, 60_000, data=b"")),
    "PNG: 1 bit, 60,000 by 1,000": _as(lambda: _png(60_000, 990, 0, 1)),
    "PNG: a text that unpacks to 500 MB": _as(
        lambda: _png(9, 9, before=_chunk(b"zTXt", b"a\0\0" + zlib.compress(b"\0" * 500 * MB, 9)))
    ),
    "PNG: colours that unpack to 500 MB": _as(
        lambda: _png(9, 9, before=_chunk(b"iCCP", b"a\0\0" + zlib.compress(b"\0" * 500 * MB, 9)))
    ),
    "PNG: 2 million chunks": _as(lambda: _png(9, 9, before=_chunk(b"abCd", b"") * 2_000_000)),
    "PNG: 9,000 profiles of 1 MB": _as(lambda: chunks(b"iCCP", b"a\0\0" + zlib.compress(b"x" * 1_000_000), 9_000)),
    "PNG: says 4 billion moving pictures": _as(lambda: chunks(b"acTL", struct.pack(">II", 4 * 10**9, 0), 1)),
    "PNG: pixels that unpack to 1 GB": _as(lambda: _png(9, 9, data=zlib.compress(b"\0" * 1000 * MB, 9))),
    "GIF: says 65,535 by 65,535": _as(lambda: _gif(65_535, 65_535, _FRAME)),
    "GIF: 59 megapixels": _as(
        lambda: _gif(7_700, 7_600, b"," + struct.pack("<HHHHB", 0, 0, 7_700, 7_600, 0) + _LZW * 100 + b"\0")
    ),
    "GIF: a small one with a large frame": _as(
        lambda: _gif(9, 9, b"," + struct.pack("<HHHHB", 60_000, 60_000, 60_000, 60_000, 0) + _LZW)
    ),
    "GIF: 1 million frames": _as(lambda: _gif(10, 10, _FRAME * 1_000_000)),
    "GIF: a comment of 30 MB": _as(lambda: _gif(10, 10, b"!\xfe" + (b"\xff" + b"a" * 255) * 120_000 + b"\0" + _FRAME)),
    "GIF: 20 MB of no block": _as(lambda: _gif(10, 10, b"\x01" * 20 * MB)),
    "BMP: 59 megapixels": _as(lambda: _bmp(7_700, 7_600, 0, b"")),
    "BMP: packed, 33 megapixels": _as(lambda: _bmp(6_000, 5_500, 1, b"\x01\x05" * 15_000_000)),
    "BMP: says 2 billion by 1": _as(lambda: _bmp(2**31 - 1, 1, 0, b"")),
    "BMP: packed, a small one of 28 MB": _as(lambda: _bmp(100, 100, 1, b"\0\x02\0\0" * 7_000_000)),
    "BMP: packed, jumps": _as(lambda: _bmp(6_000, 5_500, 1, b"\0\x02\xff\xff" * 7_000_000)),
    "TIFF: says 65,535 by 65,535": _as(lambda: _tiff(_plain(65_535, 65_535))),
    "TIFF: 59 megapixels": _as(lambda: _tiff(_plain(7_700, 7_600), b"\0" * 100)),
    "TIFF: packed, 59 megapixels": _as(
        lambda: _tiff(_plain(7_700, 7_600, 8, t279=60_000), zlib.compress(b"\0" * 7_700 * 7_600, 9))
    ),
    "TIFF: one tile of 1 billion": _as(lambda: _tiff(_plain(1_000, 1_000, 8, t322=2**31, t323=2**31, t324=8, t325=99), bytes(100))),
    "TIFF: tags of 4 billion values": _as(lambda: _tiff([(tag, 4, 2**32 - 1, 8) for tag in range(256, 320)])),
    "TIFF: a picture after itself": _as(lambda: _tiff(_plain(100, 100), b"\0" * 10_000, following=8)),
    "TIFF: packed by LZW, 50 megapixels": _as(lambda: _saved("TIFF", 7_000, 7_000, "L", compression="tiff_lzw")),
    "TIFF: two million tags": _as(lambda: b"II*\0" + struct.pack("<IH", 8, 65_535) + b"\xff\xff\x04\0\0\0\0\0\0\0\0\0" * 2_000_000),
    "TIFF: 60,000 tags": _as(lambda: _tiff([(300 + tag, 4, 2**30, 8) for tag in range(60_000)])),
    "TIFF: 59 megapixels in 31 MB": _as(lambda: padded("TIFF", 8_900, 6_700, mode="L", compression="tiff_lzw")),
    "GIF: 35 megapixels in 31 MB": _as(lambda: padded("GIF", 6_900, 5_100, mode="L")),
    "WEBP: 34 bytes of 16,384 by 16,384": _as(lambda: _webp(16_384, 16_384)),
    "WEBP: 34 bytes of 7,700 by 7,600": _as(lambda: _webp(7_700, 7_600)),
    "WEBP: 34 bytes of 3,700 by 3,600": _as(lambda: _webp(3_700, 3_600)),
    "WEBP: an honest one of 12 megapixels": _as(lambda: _saved("WEBP", 4_000, 3_000)),
    "WEBP: 400 moving pictures": _as(
        lambda: _saved("WEBP", 1_000, 1_000, save_all=True, append_images=[_image(1_000, 1_000).rotate(i) for i in range(40)])
    ),
    "no picture behind its first bytes": _as(lambda: b"\x89PNG\r\n\x1a\n" + b"\0" * 20 * MB),
}  # fmt: skip
LARGE: dict[str, Make] = {
    form: sparse(begin)
    for form, begin in {
        "JPEG": b"\xff\xd8\xff\xe0\0\x10JFIF",
        "PNG": b"\x89PNG\r\n\x1a\n",
        "GIF": b"GIF89a\x64\0\x64\0",
        "BMP": b"BM",
        "TIFF": b"II*\0\x08\0\0\0",
        "WEBP": b"RIFF\0\0\0\0WEBPVP8X",
    }.items()
}  # larger than a paper may be: refused, where the others are stored
OPEN = ["case", "open", "--policy", "zhalantun-2019-a", "--unit", "150783101201", "--household", "h.json"]


def words(_: str) -> list[str]:
    return [*OPEN, "--document", "danger_photo=x.jpg"]
