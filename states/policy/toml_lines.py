"""Find the line of a value in a TOML file, and what a misspelt name may mean."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from difflib import get_close_matches
from typing import TYPE_CHECKING, get_args

from pydantic import BaseModel

from ..forms.fields import MOST, problems
from ..values import Problem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from pydantic import ValidationError

LARGEST = 512 * 1024  # bytes of a TOML file
_SIGNS = {"=": 10_000, "[": 10_000, "{": 10_000, ".": 50_000, ",": 50_000}  # and of these, the most
_DEEP = re.compile(r"""(?<![\w"'-])(?:[\w"'-]{1,200}[ \t]{0,9}\.[ \t]{0,9}){20}""")  # a key of so many parts
_BLANK = re.compile(r"(?:\s|#[^\n]*)*")
_KEY = re.compile(r"""[ \t]*("(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[A-Za-z0-9_-]+)[ \t]*(\.?)""")
STRING = re.compile(
    r'''"""(?:[^\\]|\\.)*?"""(?:"{0,2})|\'\'\'.*?\'\'\'(?:'{0,2})|"(?:[^"\\\n]|\\.)*"|'[^'\n]*\'''', re.DOTALL
)
_SCALAR = re.compile(r"[^,\]}\n#]*")


class _Scanner:
    """Walk over a text that is valid TOML and note the line of every table, key and element."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.ends = [m.start() for m in re.finditer("\n", text)]
        self.lines: dict[str, int] = {}
        self.entries: dict[str, int] = {}

    def note(self, path: Sequence[str], start: int) -> None:
        line = bisect_right(self.ends, start - 1) + 1
        for length in range(1, len(path) + 1):
            self.lines.setdefault(".".join(path[:length]), line)

    def blank(self) -> None:
        found = _BLANK.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def takes(self, word: str) -> bool:
        if not self.text.startswith(word, self.at):
            return False
        self.at += len(word)
        return True

    def key(self) -> list[str]:
        parts, more = [], True
        while more and (found := _KEY.match(self.text, self.at)):
            part = found.group(1)
            parts.append(_unquoted(part))
            self.at, more = found.end(), bool(found.group(2))
        return parts

    def header(self, start: int) -> list[str]:
        """Read `[a.b]` or `[[a.b]]` and return its path; a table below an array stands in its last entry."""
        several = self.takes("[[") or not self.takes("[")
        path: list[str] = []
        parts = self.key()
        for part in parts[:-1]:
            path.append(part)
            self.into(path)
        path += parts[-1:]
        if several:
            self.note(path, start)
            name = ".".join(path)
            self.entries[name] = self.entries.get(name, -1) + 1
            self.into(path)
        self.note(path, start)
        _ = self.takes("]]") if several else self.takes("]")
        return path

    def into(self, path: list[str]) -> None:
        if (last := self.entries.get(".".join(path))) is not None:
            path.append(str(last))

    def pair(self, table: list[str]) -> None:
        start, parts = self.at, self.key()
        self.note([*table, *parts], start)
        self.blank()
        if not self.takes("="):
            self.at += 1  # not TOML: go on behind it
            return
        self.value([*table, *parts])

    def value(self, path: list[str]) -> None:
        self.blank()
        if self.takes("["):
            self.listed(path)
        elif self.takes("{"):
            self.inline(path)
        elif found := STRING.match(self.text, self.at) or _SCALAR.match(self.text, self.at):
            self.at = found.end()

    def listed(self, path: list[str]) -> None:
        number = 0
        self.blank()
        while self.at < len(self.text) and not self.takes("]"):
            self.note([*path, str(number)], self.at)
            before = self.at
            self.value([*path, str(number)])
            self.blank()
            number += self.takes(",") or self.at == before
            self.at += self.at == before
            self.blank()

    def inline(self, path: list[str]) -> None:
        self.blank()
        while self.at < len(self.text) and not self.takes("}"):
            self.pair(path)
            self.blank()
            self.takes(",")
            self.blank()

    def read(self) -> dict[str, int]:
        table: list[str] = []
        self.blank()
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                table = self.header(self.at)
            else:
                self.pair(table)
            self.blank()
        return self.lines


def _unquoted(key: str) -> str:
    try:
        return str(tomllib.loads(f"k = {key}")["k"]) if key[0] in "\"'" else key
    except tomllib.TOMLDecodeError:
        return key


def lines_of(text: str) -> dict[str, int]:
    """Return the line of every table, key and element of a TOML text, by dotted path: `steps.3.days`."""
    return _Scanner(text).read()


def line_of(lines: Mapping[str, int], path: str) -> int:
    """Return the line of a path, or of the nearest thing that it stands in; the file itself begins at line 1."""
    while path and path not in lines:
        path = path.rpartition(".")[0]
    return lines.get(path, 1)


def meant(name: str, known: Collection[str]) -> tuple[str, str]:
    """Return in Chinese and English what a name may have meant, in brackets, or every name that is known."""
    close = get_close_matches(name, sorted(known), n=1)
    if close:
        return f"（是否应为 {close[0]}？）", f" (did you mean: {close[0]}?)"
    every = ", ".join(sorted(known))
    return f"（可用：{every}）", f" (known: {every})"


def located(found: Iterable[Problem], text: str) -> list[Problem]:
    """Return problems with their lines, in the order of the file; those of no one place come last."""
    lines = lines_of(text)
    placed = [p if p.path is None else p._replace(line=line_of(lines, p.path)) for p in found]
    return sorted(placed, key=lambda p: (p.line is None, p.line or 0))


def oversized(text: str) -> Iterator[Problem]:
    """Tell that a text is larger than any plan, before it is parsed: keys without an end take minutes."""
    if len(text.encode("utf-8", "replace")) > LARGEST or _crowded(text):
        yield Problem(None, "文件过大：至多 512 KB、1 万个键", "the file is too large: 512 KB and 10,000 keys at most")


def _crowded(text: str) -> bool:
    return any(text.count(sign) > most for sign, most in _SIGNS.items()) or _DEEP.search(text) is not None


def misread(error: ValidationError, text: str, model: type[BaseModel]) -> list[Problem]:
    """Return what strict reading found in a TOML text, each problem with its line, in the order of the file."""
    return located(_said(error, model), text)


def _said(error: ValidationError, model: type[BaseModel]) -> Iterator[Problem]:
    if error.error_count() > MOST:
        yield from problems(error)
        return
    for item, problem in zip(error.errors(include_input=False, include_url=False), problems(error), strict=True):
        *table, name = item["loc"] or ("",)
        holder = _model_at(model, table) if item["type"] == "extra_forbidden" else None
        zh, en = meant(str(name), holder.model_fields) if holder else ("", "")
        yield Problem(problem.path, problem.zh + zh, problem.en + en)


def _model_at(model: type[BaseModel], path: Sequence[int | str]) -> type[BaseModel] | None:
    found: type[BaseModel] | None = model
    for name in (part for part in path if isinstance(part, str)):
        if found is None or name not in found.model_fields:
            return None
        found = next(_models_in(found.model_fields[name].annotation), None)
    return found


def _models_in(kind: object) -> Iterator[type[BaseModel]]:
    """Yield the models that an annotation such as `tuple[Step, ...] | None` speaks of."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
    for part in get_args(kind):
        yield from _models_in(part)
