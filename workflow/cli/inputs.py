"""Read the input of a command: an act's data, a JSON file, standard input, papers."""

from __future__ import annotations

import codecs
import io
import sys
from pathlib import Path
from typing import Any, BinaryIO

import click

from ... import workflow
from .. import InputRefused
from .. import read_json as read_document
from ..words import decoded, visible
from .language import t

_LARGEST_INPUT, _LONGEST_LINE = 4 * 1024 * 1024, 64 * 1024  # bytes
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_data(
    data: str | None, sets: tuple[str, ...], reason: str | None = None, agreed_by: str | None = None
) -> dict[str, Any]:
    """Return an act's data from --data, --set, --reason and --agreed-by.

    Raises:
        InputRefused: the file is not one JSON object.
    """
    found = read_json(data) if data else {}
    if not isinstance(found, dict):
        raise InputRefused(
            '内容应为一个 JSON 对象，如 {"字段": "值"}。', 'the data must be one JSON object, like {"field": "value"}.'
        )
    for pair in sets:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise click.UsageError(t(f"--set 应写作 字段=值，不是 {name}", f"write --set FIELD=VALUE, not {name}"))
        _refuse_personal(name)
        _place(found, name.split("."), value)
    told = {"reason": reason, "agreed_by": agreed_by}
    return {**found, **{name: value for name, value in told.items() if value is not None}}


def _refuse_personal(name: str) -> None:
    """Keep numbers of persons and cards out of argument lists, where every process can read them."""
    if name.rsplit(".", 1)[-1] in ("id_number", "card", "phone"):
        raise click.UsageError(
            t(
                f"{name} 属个人信息，不能写在命令中；请写入 --data 文件。",
                f"{name} is personal and must not be an argument; give it in a --data file.",
            )
        )


def _place(found: dict[str, Any], path: list[str], value: str) -> None:
    for key in path[:-1]:
        inner = found.setdefault(key, {})
        if not isinstance(inner, dict):
            raise click.UsageError(
                t(
                    f"--set：{key[:40]} 已经有值，不能再有下级字段。",
                    f"--set: {key[:40]} already has a value, so it cannot have fields below it.",
                )
            )
        found = inner
    whole = value.isascii() and value.isdigit() and len(path) > 1
    known = {"true": True, "false": False}.get(value, int(value) if whole and len(value) < 10 else value)
    found[path[-1]] = known


def asked(what: str, default: str | None = None) -> str:
    """Ask for a line, and return it without what nobody sees; it may be typed in any usual encoding (`say.prepare_streams`)."""
    line = str(click.prompt(what, default=default, err=True))
    return visible(decoded(line.encode(errors="surrogateescape"), "标准输入", "standard input"))


def read_line(zh: str, en: str) -> str:
    """Ask for a line on a terminal, else read the next of standard input; what nobody sees of it is left out.

    Raises:
        InputRefused: it is in no usual encoding.
    """
    if sys.stdin is not None and sys.stdin.isatty():
        return asked(t(zh, en))
    raw = _stdin().readline(_LONGEST_LINE)
    if raw.startswith(_UTF_16) or b"\0" in raw[:2]:  # lines of UTF-16 are found in the whole text only
        whole = decoded(raw + _stdin().read(_LARGEST_INPUT), "标准输入", "standard input")
        sys.stdin = io.TextIOWrapper(io.BytesIO(whole.encode()), encoding="utf-8")
        raw = _stdin().readline(_LONGEST_LINE)
    return visible(decoded(raw, "标准输入", "standard input"))


def _stdin() -> BinaryIO:
    """Return the bytes of standard input; none where it was closed when the program began."""
    return io.BytesIO() if sys.stdin is None else sys.stdin.buffer


def read_json(name: str) -> Any:
    """Read a JSON file, or standard input for "-"; numbers stay exact, keys may not come twice.

    Raises:
        InputRefused: it cannot be read, is too large, or is not JSON.
    """
    if name == "-":
        return read_document(_stdin(), "标准输入", "standard input")
    return read_document(Path(name), name)


def read_papers(papers: tuple[str, ...], *, dry_run: bool) -> list[workflow.Attachment | workflow.Document]:
    """Return the papers of --document KIND=PATH, pictures looked at; for a dry run their kinds only: nothing is stored."""
    found: list[workflow.Attachment | workflow.Document] = []
    for pair in papers:
        kind, equals, path = pair.partition("=")
        if not equals or not kind.isidentifier() or not kind.isascii():
            raise click.UsageError(
                t(f"--document 应写作 种类=文件，不是 {kind}", f"write --document KIND=PATH, not {kind}")
            )
        if not Path(path).is_file():
            raise InputRefused(f"文件 {path} 不存在；请检查路径。", f"file {path} does not exist; check the path.")
        found.append(
            workflow.Document(kind, "0" * 64, 0) if dry_run else workflow.Attachment(kind, path=Path(path)).looked_at()
        )
    return found
