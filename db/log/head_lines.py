"""Read the lines of a file of heads piece by piece, so that no line fills the memory."""

from __future__ import annotations

import codecs
import errno
import re
import sys
import unicodedata
from typing import TYPE_CHECKING, Any, BinaryIO

from ...states import input_files as handed_in

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST = 256 * handed_in.MB  # bytes of a head with its leaves, one for every stream that moved
PIECE = 16 * 1024  # bytes that are read at once; no leaf is longer
_TEXT = r'"[^"\\\x00-\x1f]*(?:\\(?:["\\bfnrt]|u00(?:0[1-7bef]|1[0-9a-f]))[^"\\\x00-\x1f]*)*"'
_NUMBER, _HASH = "(?:0|[1-9][0-9]{0,17})", "[0-9a-f]{64}"
_TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z"
FIRST = re.compile(rf'\{{"alg":"(sha256|sm3)","county":"([0-9]{{6}})","events":({_NUMBER}),"leaves":\[')
LEAF = re.compile(rf'(\[{_TEXT},{_NUMBER},"{_HASH}"\])(?=,\[|\],")')
LAST = re.compile(
    rf'\],"made_at":"({_TIME})","no":({_NUMBER}),"prev":(?:null|"({_HASH})"),"root":"({_HASH})"'
    r'(,"trial":true)?,"v":1\}[\r\n]*'
)
_FACTS = ("alg", "county", "events", "made_at", "no", "prev", "root", "trial")  # in the order of the line


class Line:
    """A line of a file of heads, from where the file stands.

    When the leaves were read `facts` holds the other members as texts. `size` counts the bytes.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._decoder = file, codecs.getincrementaldecoder("utf-8")()
        self.size, self.ended, self.blank = 0, False, True
        self.facts: dict[str, Any] = {}

    def leaves(self) -> Iterator[list[str]]:
        """Yield the leaves, some at a time, each as its canonical text.

        Raises:
            ValueError: the line is no head.
            OSError: it is longer than a head can be.
        """
        text = self._text()
        start = _matched(FIRST.match(text))
        text = ("," if text.startswith("[", start.end()) else "") + text[start.end() :]
        while True:
            if found := LEAF.findall(text):
                told = "," + ",".join(found)
                if not text.startswith(told) or not unicodedata.is_normalized("NFC", told) or "\\u0000" in told:
                    raise ValueError("leaves")
                yield found
                text = text[len(told) :]
            if self.ended or len(text) > PIECE:
                break
            text += self._text()
        end = _matched(LAST.fullmatch(text))
        facts = start.groups() + end.groups()  # shared: a root is the `prev` of the next head
        self.facts = dict(zip(_FACTS, (one and sys.intern(one) for one in facts), strict=True))

    def skip(self) -> None:
        """Go behind the line."""
        while not self.ended:
            self._piece()

    def _text(self) -> str:
        piece = self._piece()
        return self._decoder.decode(piece, self.ended)

    def _piece(self) -> bytes:
        found = self._file.readline(PIECE)
        self.size += len(found)
        if self.size > LONGEST:
            raise OSError(errno.EFBIG, "a line is too long")
        self.ended = len(found) < PIECE or found.endswith(b"\n")
        self.blank = self.blank and not found.strip()
        return found


def _matched(found: re.Match[str] | None) -> re.Match[str]:
    if found is None:
        raise ValueError("no head")
    return found
