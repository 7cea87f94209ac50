"""What a look may cost: by what the file says of itself, whatever else stands in it."""

from __future__ import annotations

import io
import os
import struct
import tracemalloc
import zlib
from errno import EFBIG
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image, PngImagePlugin
from weigai.db import FileStore
from weigai.states.errors import InputRefused
from weigai.states.inputs import files as handed_in
from weigai.workflow import Attachment
from weigai.workflow.pictures import UNKNOWN, decoded, look_kept, look_of

from tests.hostile.pictures import FILLED, LARGE, PICTURES, chunks, filled, padded, segments, sparse

if TYPE_CHECKING:
    from collections.abc import Callable

MB = 1024 * 1024
COSTLY = (
    "JPEG: 480,000 tables", "GIF: 20 MB of no block", "GIF: a comment of 30 MB", "BMP: packed, a small one of 28 MB",
    "TIFF: 60,000 tags",
)  # fmt: skip


def photo(form: str, mode: str = "RGB", **how: Any) -> bytes:
    """Return a small picture with more light on one side of each part than on the other."""
    small = Image.frombytes("L", (9, 8), bytes(17 * x * y % 256 for y in range(8) for x in range(9)))
    out = io.BytesIO()
    small.resize((640, 480)).convert(mode).save(out, form, **how)
    return out.getvalue()


def exif() -> Image.Exif:
    found = Image.Exif()
    found[0x010F] = "camera"
    return found


def text() -> PngImagePlugin.PngInfo:
    found = PngImagePlugin.PngInfo()
    found.add_text("Comment", "a house")
    return found


def seconds(work: Callable[[], object]) -> float:
    """Return how long something keeps the processor busy, in the processes that it starts too."""
    before = os.times()
    work()
    return sum(os.times()[:4]) - sum(before[:4])


@pytest.mark.parametrize("after", FILLED)
def test_a_run_of_fill_is_passed_over_once(after: str) -> None:
    small = filled(b"\0\xff\xd9", size=20_000)
    assert seconds(lambda: look_kept(small)) < 0.5
    large = FILLED[after]()
    assert len(large) > 30 * MB
    found: list[str | None] = []
    assert seconds(lambda: found.append(look_kept(large))) < 2
    assert found == [UNKNOWN]


@pytest.mark.parametrize(
    "made",
    [
        lambda: segments(0xE1, b"Exif\0\0" + bytes(3_000), 9_900),
        lambda: segments(0xFE, b"a comment", 9_900),
        lambda: chunks(b"iCCP", b"a\0\0" + zlib.compress(b"x" * 1_000_000), 9_000),
        lambda: chunks(b"zTXt", b"a\0\0" + zlib.compress(b"x" * 1_000_000), 9_000),
    ],
)
def test_what_only_tells_of_a_picture_costs_nothing(made: Callable[[], bytes]) -> None:
    content, found = made(), list[str | None]()
    assert seconds(lambda: found.append(look_kept(content))) < 1
    plain = segments(0xE1, b"", 0) if content.startswith(b"\xff\xd8") else chunks(b"", b"", 0)
    assert found == [look_of(plain)] != [None]


@pytest.mark.parametrize("name", COSTLY)
def test_a_picture_that_would_take_long_has_no_look(tmp_path: Path, name: str) -> None:
    PICTURES[name](tmp_path / "x")
    content, found = (tmp_path / "x").read_bytes(), list[str | None]()
    assert seconds(lambda: found.append(look_kept(content))) < 0.5
    assert found == [UNKNOWN]


@pytest.mark.parametrize(
    ("form", "how"),
    [
        ("JPEG", {"exif": exif(), "icc_profile": b"p" * 200_000, "comment": b"a house"}),
        ("JPEG", {"mode": "CMYK"}),
        ("JPEG", {"mode": "L", "progressive": True}),
        ("JPEG", {"subsampling": 2, "restart_marker_blocks": 1}),
        ("PNG", {"icc_profile": b"p" * 2_000, "pnginfo": text(), "dpi": (72, 72)}),
        ("PNG", {"mode": "P", "transparency": 3}),
        ("PNG", {"mode": "RGBA", "save_all": True, "append_images": [Image.new("RGBA", (640, 480))]}),
        ("GIF", {"mode": "P", "comment": b"a house" * 1_000}),
        ("BMP", {}),
        ("TIFF", {"compression": "tiff_lzw", "exif": exif()}),
        ("WEBP", {"exif": exif()}),
    ],
)
def test_an_ordinary_picture_has_the_look_of_the_whole_file(form: str, how: dict[str, Any]) -> None:
    content = photo(form, **how)
    assert look_of(content) == decoded(content) is not None


def test_no_library_warns_of_a_picture() -> None:
    """In these tests a warning is an error: a picture whose decoder warns has no look."""
    moving = chunks(b"acTL", struct.pack(">II", 4_000_000_000, 0), 1)
    malformed = segments(0xE2, b"MPF\0II*\0" + struct.pack("<IHHHII", 8, 1, 0xB001, 4, 1, 2), 1)
    broken = segments(0xE1, b"Exif\0\0II*\0" + struct.pack("<IHHHII", 8, 9, 0x010F, 2, 900, 900), 1)
    assert look_of(chunks(b"", b"", 0)) == look_of(moving) is not None
    assert look_of(segments(0xE1, b"", 0)) == look_of(malformed) == look_of(broken) is not None


def test_a_large_picture_that_cannot_be_decoded_within_the_memory_is_not_called_blank() -> None:
    assert look_kept(padded("TIFF", 6_900, 5_100, mode="F", compression="tiff_lzw")) == UNKNOWN
    assert look_kept(padded("GIF", 6_900, 5_100, mode="L")) == UNKNOWN


@pytest.mark.parametrize("form", LARGE)
def test_a_paper_that_is_too_large_is_refused_before_it_is_read(tmp_path: Path, form: str) -> None:
    path = tmp_path / "x.jpg"
    LARGE[form](path)
    tracemalloc.start()
    try:
        assert Attachment("after_photo", path=path).looked_at()._seen is None
        with pytest.raises(InputRefused) as refused:
            FileStore(tmp_path / "files").read(path)
        assert tracemalloc.get_traced_memory()[1] < MB
    finally:
        tracemalloc.stop()
    assert "32 MiB" in refused.value.message("en")


def test_a_file_that_says_no_size_is_read_up_to_its_bound(tmp_path: Path) -> None:
    endless = Path("/proc/self/smaps")
    for path in [tmp_path / "x", *([endless] if endless.exists() else [])]:
        if path.parent == tmp_path:
            sparse(b"", 11)(path)
        with pytest.raises(OSError, match=r".") as refused:
            handed_in.content(path, 10)
        assert refused.value.errno == EFBIG
    sparse(b"", 10)(tmp_path / "x")
    assert handed_in.content(tmp_path / "x", 10) == bytes(10)
