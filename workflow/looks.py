"""The look of a picture: a 64-bit difference hash by which like pictures are found, whatever their size or format.

Made with Pillow alone; the library imagehash does the same, but brings numpy and scipy into every installation.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_MOST_PIXELS = 60_000_000
_FORMATS = ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP")
_BEGIN = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM", b"II*\0", b"MM\0*")
_FLAT = 2  # grey levels between the darkest and the lightest cell: less is a blank sheet


def look_of(source: Path | bytes) -> str | None:
    """Return the look of a picture as 16 hex digits; None for what is no picture, a broken, huge or blank one."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source, formats=_FORMATS) as picture:
            if picture.width * picture.height > _MOST_PIXELS:
                return None
            picture.draft("L", (288, 256))  # a large JPEG is decoded small at once
            cells = picture.convert("L").resize((9, 8), Image.Resampling.LANCZOS).tobytes()
    except Exception:  # noqa: BLE001 - a decoder fails in its own many ways, and a paper is never refused for its look
        return None
    if max(cells) - min(cells) < _FLAT:
        return None
    bits = (cells[row * 9 + column] > cells[row * 9 + column + 1] for row in range(8) for column in range(8))
    return f"{sum(1 << place for place, bit in enumerate(bits) if bit):016x}"


def look_kept(content: bytes) -> str | None:
    """Return the look that is kept beside a paper of these bytes; None for what does not begin as a picture does."""
    return look_of(content) if is_picture(content[:12]) else None


def is_picture(head: bytes) -> bool:
    """Tell whether twelve bytes are those that a picture begins with."""
    return head.startswith(_BEGIN) or head[8:12] == b"WEBP"


def apart(one: str, other: str) -> int:
    """Return in how many of the 64 bits two looks differ."""
    return (int(one, 16) ^ int(other, 16)).bit_count()
