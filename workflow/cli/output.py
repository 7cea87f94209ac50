"""Print words and tables on a terminal of any encoding, into a pipe, or onto a full disk."""

from __future__ import annotations

import codecs
import json
import os
import sys
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .language import t

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_ESCAPED = dict.fromkeys((*range(32), *range(127, 160), *range(8234, 8239), *range(8294, 8298)))
_ESCAPED.pop(0x0A)
_FALLBACK = {"²": "2", "—": "-", "·": ".", "✓": "+", "✗": "x", "→": "->", "│": "|", "…": "..."}


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    bad = error.object[error.start : error.end]
    return "".join(_FALLBACK.get(c, "?") for c in bad), error.end


def prepare_streams() -> None:
    """Let output go on where the terminal's encoding lacks a character, and input where a byte is none of its characters."""
    codecs.register_error("weigai", _replace)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # it was closed when the program began
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - it stays open to the end
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="weigai")
    if hasattr(sys.stdin, "reconfigure"):
        sys.stdin.reconfigure(errors="surrogateescape")  # what is typed is decoded by `inputs.asked`


def clean(text: str) -> str:
    """Return text without terminal escapes and direction marks."""
    return text if text.isprintable() else text.translate(_ESCAPED)


def out(text: str = "") -> None:
    """Print a line of data on stdout."""
    sys.stdout.write(clean(text) + "\n")


def out_line(text: str) -> None:
    """Print one line of data: what does not print, a line break too, is shown as its escape and begins no other line."""
    out("".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text))


def note(text: str) -> None:
    """Print a remark on stderr."""
    sys.stderr.write(clean(text) + "\n")


def out_json(value: Any) -> None:
    """Print one JSON document on stdout; in ASCII escapes where the stream's encoding lacks one of its characters."""
    told = json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n"
    try:
        told.encode(getattr(sys.stdout, "encoding", None) or "ascii")
    except UnicodeEncodeError:
        told = json.dumps(value, indent=2, default=str) + "\n"
    sys.stdout.write(told)


def width(text: str) -> int:
    """Return the columns that a text takes; Chinese characters take two."""
    return len(text) + sum(unicodedata.east_asian_width(c) in "WF" for c in text if c > "\x7f")


def told_lost(names: Iterable[str]) -> None:
    """Say of which cases, persons or records of a list the keys are lost: their personal values cannot be opened."""
    for name in names:
        note(
            t(
                f"{name}：其个人信息的密钥缺失或损坏，无法显示（见 weigai doctor）。",
                f"{name}: the key of its personal values is lost or damaged, so they cannot be shown (see weigai "
                "doctor).",
            ),
        )


def told_damaged(cases: Iterable[str]) -> None:
    """Say which cases of a list have a row that cannot be read."""
    for case in cases:
        note(
            t(
                f"{case}：其数据行无法读取；请运行 weigai audit verify。",
                f"{case}: its row cannot be read; run weigai audit verify.",
            )
        )


def told_unusable(cases: Mapping[str, Sequence[str]]) -> None:
    """Say of which cases the policy cannot be used, so that a report leaves out what needs it."""
    for policy_hash, listed in cases.items():
        some, short = ", ".join(listed[:4]) + ("…" if len(listed) > 4 else ""), policy_hash[:19]
        note(
            t(
                f"{some}（{len(listed)} 户）：其方案（{short}）的内容损坏或不是方案，因此报表未计入有关数据；请运行 "
                "weigai audit verify。",
                f"{some} (cases: {len(listed)}): the content of their policy ({short}) is damaged or is not a policy, "
                "so the report leaves out what needs it; run weigai audit verify.",
            )
        )


def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print a table; numbers stand at the right of their column."""
    cells = [[clean("—" if v is None else str(v)).replace("\n", " ") for v in row] for row in rows]
    wide = [max([width(h), *(width(row[i]) for row in cells)]) for i, h in enumerate(head)]
    right = [
        bool(rows) and all(isinstance(row[i], (int, float)) or row[i] is None for row in rows) for i in range(len(head))
    ]
    for row in [list(head), ["-" * w for w in wide], *cells]:
        parts = []
        for i, text in enumerate(row):
            blank = " " * (wide[i] - width(text))
            parts.append(blank + text if right[i] else text + blank)
        out("  ".join(parts).rstrip())


def table_of(rows: Iterable[Mapping[str, Any]], *columns: tuple[str, str]) -> None:
    """Print a table of rows that name their fields; a column is a field and its heading."""
    table([heading for _, heading in columns], [[row[field] for field, _ in columns] for row in rows])


def yuan(fen: int | None) -> str:
    """Return fen as yuan with two decimals."""
    return "—" if fen is None else f"{'-' if fen < 0 else ''}{abs(fen) // 100:,}.{abs(fen) % 100:02d}"
