"""Decode text from outside, remove invisible characters from names, and normalise what is searched."""

from __future__ import annotations

import codecs
import unicodedata
from typing import Literal

from .errors import InputRefused

UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_DOT = "·"
_LONGEST = 4_000  # characters of a text that is composed; none that is kept has more than 1,000 then
# Dots of names, as people and programs write them; the first is the usual one.
_DOTS = "·•・.‧⋅∙᛫⸱⸳ꞏ⦁●◦⸰。∘⚬°ᐧ"
_LIKE = "\u0387\u02d9\uff65\uff0e\uff61\ufe52\u2024"  # what Unicode holds for the same dots
# Zero-width and soft characters, direction marks, fillers, controls of a script, the blank of braille, tags, and what Unicode
# keeps free for such. Mongolian and ideographic variants are of a name: they stay.
_UNSEEN = (
    0xAD,
    0x34F,
    0x61C,
    0x115F,
    0x1160,
    0x17B4,
    0x17B5,
    *range(0x200B, 0x2010),
    *range(0x202A, 0x202F),
    *range(0x2060, 0x2070),
    0x2800,
    0x3164,
    0xFEFF,
    0xFFA0,
    *range(0xFFF0, 0xFFFD),
    *range(0x13430, 0x13440),
    *range(0x1BCA0, 0x1BCA4),
    *range(0x1D173, 0x1D17B),
    *range(0xE0000, 0xE0100),
    *range(0xE01F0, 0xE1000),
)
_VARIANTS = (*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))
_DROPPED = dict.fromkeys(_UNSEEN)
_IGNORED = dict.fromkeys((*_UNSEEN, *_VARIANTS))
_ONE_DOT = dict.fromkeys(map(ord, _DOTS + _LIKE), _DOT)


def decoded(raw: bytes, zh: str, en: str | None = None) -> str:
    """Return bytes as text: UTF-8 or UTF-16, each with or without its mark, else GB18030.

    UTF-16 without a mark is known by a first and second character of ASCII.

    Args:
        raw: the bytes.
        zh: what they are, for the sentence that refuses them: the name of a file.
        en: the same in English, where it differs.

    Raises:
        InputRefused: they are none of these, or have a NUL in them.
    """
    for encoding in encodings(raw):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text.removeprefix("\ufeff")
    raise InputRefused(
        f"{zh} 不是可读的文本；请存为 UTF-8（或 GB18030、UTF-16）后重试。",
        f"{en or zh} is not readable text; save it as UTF-8 (or GB18030, UTF-16), then try again.",
    )


def encodings(raw: bytes) -> tuple[str, ...]:
    """Return the encodings that bytes may be text in, the likeliest first; a mark at their beginning is no part of the text."""
    if raw.startswith(UTF_16):
        return ("utf-16",)
    if raw and not any(raw[1:4:2]):
        return ("utf-16-le",) if len(raw) > 1 else ("utf-8",)
    if raw and not any(raw[0:4:2]):
        return ("utf-16-be",)
    return ("utf-8-sig", "gb18030")


def visible(text: str) -> str:
    """Return a name without invisible characters, and with one blank between its parts."""
    return text if text.isascii() and text.isalnum() else " ".join(text.translate(_DROPPED).split())


def composed(text: str, form: Literal["NFC", "NFKC"] = "NFC") -> str:
    """Return a text in a form of Unicode; one that is too long to be kept stays as it is.

    Unicode's order of marks takes the square of their number: half a million of them would take an hour.
    """
    return unicodedata.normalize(form, text) if len(text) <= _LONGEST else text


def sought(kind: str, value: str) -> str:
    """Return the form in which a number or name is compared: equal for those that people take for the same.

    Blanks, full-width forms, case and what nobody sees count for nothing, nor does which dot stands in a name.
    """
    dotted = value.translate(_ONE_DOT) if kind == "name" else value
    return _plain(dotted if dotted.isascii() else dotted.translate(_IGNORED))


def former(kind: str, value: str) -> list[str]:
    """Return the forms under which earlier releases kept a number or name: as it is written, and with each dot in turn."""
    dotted = value.translate(_ONE_DOT)
    turns = _DOTS if kind == "name" and _DOT in dotted else ""
    return [_plain(value), *(_plain(visible(dotted).replace(_DOT, dot)) for dot in turns)]


def _plain(text: str) -> str:
    return "".join(composed(text, "NFKC").split()).upper()
