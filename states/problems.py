"""A problem in a policy file or another file: its place and its words."""

from __future__ import annotations

from typing import NamedTuple


class Problem(NamedTuple):
    """What is wrong in a file: the dotted path of the place (None for the whole), words, and the line from 1 if known."""

    path: str | None
    zh: str
    en: str
    line: int | None = None

    def words(self, lang: str = "zh") -> str:
        """Return the sentence in `lang` ("zh" or "en"), its line first."""
        if self.line is None:
            return self.en if lang == "en" else self.zh
        return f"line {self.line}: {self.en}" if lang == "en" else f"第 {self.line} 行：{self.zh}"

    def within(self, zh: str, en: str, path: str | None = None) -> Problem:
        """Return the problem as one of a larger whole, which the words given name, placed where `path` says."""
        return Problem(path or self.path, f"{zh}：{self.zh}", f"{en}: {self.en}")
