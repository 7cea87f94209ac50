"""What is handed in is bounded before a library reads it: JSON by its values, depth and numbers, files by their size."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from weigai.states.inputs import files as handed_in

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "text",
    [
        "[NaN]",
        "[Infinity]",
        "[" + "1" * 41 + "]",
        "[1e99]",
        "[1." + "1" * 40 + "]",
        '{"a": 1, "a": 2}',
        "[" * 200_000,
        ",",
    ],
)
def test_json_is_read_strictly(text: str) -> None:
    with pytest.raises(ValueError):
        handed_in.json_of(text)


def test_numbers_of_json_are_exact() -> None:
    assert handed_in.json_of(b"\xef\xbb\xbf[0.1, 7]") == [Decimal("0.1"), 7]


@pytest.mark.parametrize("text", ["[" * 101, "]", "[" * 600_000, '{"a": ' * 101])
def test_what_is_nested_too_deeply_or_too_much_is_refused_before_it_is_parsed(text: str) -> None:
    with pytest.raises(ValueError, match=r"nested|values"):
        handed_in.shallow(text)


@pytest.mark.parametrize("text", ["[" * 100 + "]" * 100, '"[[[[' + "[" * 200 + '"', '"\\"' + "[" * 200 + '"'])
def test_brackets_within_a_text_are_no_depth(text: str) -> None:
    assert handed_in.shallow(text) is None


def test_a_line_and_a_file_are_read_up_to_their_bounds(tmp_path: Path) -> None:
    assert list(handed_in.lines(io.BytesIO(b"abc\nd"), 4)) == [b"abc\n", b"d"]
    lines: Any = handed_in.lines(io.BytesIO(b"abcde\n"), 4)
    with pytest.raises(OSError, match="too long"):
        next(lines)
    path = tmp_path / "file"
    path.write_bytes(b"abc")
    assert handed_in.text(path, 3) == "abc"
    for most in (2, 0):
        with pytest.raises(OSError):
            handed_in.text(path, most)
