"""Read files that people hand in: JSON and text in any usual encoding."""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO

from ...states import input_files as handed_in
from ...states.errors import InputRefused
from ...states.texts import decoded

LARGEST = 4 * handed_in.MB  # bytes


def read_text(path: Path) -> str:
    """Return the text of a plain file of at most 4 MiB, in UTF-8, UTF-16 or GB18030.

    Raises:
        OSError: the file cannot be opened, is no plain file, or is too large.
        InputRefused: it is in none of these encodings.
    """
    return decoded(handed_in.content(path, LARGEST), path.name)


def read_json(source: Path | BinaryIO, zh: str, en: str | None = None) -> Any:
    """Return the JSON document of a file or stream of at most 4 MiB; numbers stay exact, keys may not come twice.

    Args:
        source: the path of a plain file, or bytes that can be read.
        zh: what it is called in messages.
        en: the same in English, where it differs.

    Raises:
        InputRefused: it cannot be read, is too large, or is not JSON.
    """
    en = en or zh
    try:
        raw = handed_in.content(source, LARGEST) if isinstance(source, Path) else source.read(LARGEST + 1)
        if len(raw) > LARGEST:
            raise ValueError
        return handed_in.json_of(decoded(raw, zh, en))
    except OSError as error:
        raise InputRefused(f"{zh} 无法读取：{error.strerror}", f"{en} cannot be read: {error.strerror}") from None
    except ValueError:
        raise InputRefused(
            f"{zh} 不是有效的 JSON（4 MiB 以内，键不重复，数字不过长，内容不过多）。",
            f"{en} is not valid JSON (at most 4 MiB, no key twice, no number too long, not too many values).",
        ) from None
