"""Compare the personal values and papers of one stream with the commitments in its events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..log import event as events
from .index import is_indexed
from .problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from .notes import Noted
    from .opened import Opener

_BITS = 6


class Committed:
    """The personal values and papers of one stream, event by event."""

    def __init__(self, stream: str, opener: Opener, noted: Noted, numbers: list[int]) -> None:
        """`numbers` takes the event of each field that an earlier program wrote as a number."""
        self._stream, self._opener, self._noted, self._numbers = stream, opener, noted, numbers
        self.classes: Any = None
        self.classes_there = False
        self.persons: set[str] = set()  # whose values the events name
        self.opened: dict[str, tuple[str, str]] = {}  # values that the index may know, by commitment: path and text
        self.unopened = False  # whether the key of such a value is missing
        self._bare: list[int] = []  # the events whose pictures have no look
        self._missing: list[tuple[int, str]] = []
        self._commits: set[str] = set()  # of the events before; one that stands again moved with its entry
        self._hashes: dict[str, tuple[str, str | None]] = {}  # of an event's papers: the salt and what was sealed

    def take(self, seq: int, body: Mapping[str, Any], private: Sequence[Any], papers: Sequence[Any]) -> list[str]:
        """Compare the values and papers beside one event with it; return what is wrong."""
        self._hashes = {}
        return self._values(seq, body, private) + self._papers(seq, body, papers)

    def _values(self, seq: int, body: Mapping[str, Any], rows: Sequence[Any]) -> list[str]:
        wrong: list[str] = []
        told = dict(events.commitments_of(body["changes"]))
        commits = {field: commit for field, commit in told.items() if commit not in self._commits}
        self._commits.update(told.values())
        papers = {f"documents/{no}": paper["commit"] for no, paper in enumerate(body["documents"], 1)}
        self.persons |= {events.person_of(field) for field in commits}
        for row in rows:
            commit = commits.get(row.field) or papers.get(row.field)
            if commit is None:
                wrong.append("personal values or papers that no event names")
            elif row.value or row.salt:  # else it is emptied, and missing like one that was taken away
                commits.pop(row.field, None)
                wrong += self._value(body, row, commit, of_paper=row.field in papers)
        self._missing += [(seq, field) for field in commits]  # erased, as it has to say itself
        return wrong

    def _value(self, body: Mapping[str, Any], row: Any, commit: str, *, of_paper: bool) -> list[str]:
        """Compare a value with its commitment, as far as its key opens it."""
        classes = row.field.endswith("household/classes")
        self.classes_there = self.classes_there or classes
        if row.wrapped is None and self._opener.keyed:  # an erasure takes the value with its key
            return [f"the data key of a personal value is gone ({row.field})"]
        value = self._opener.text(self._stream, row)
        if of_paper:
            self._hashes[row.field] = row.salt, value
        if value is None:  # its key is missing
            self.unopened = self.unopened or is_indexed(row.field)
            return []
        wrong = []
        if not events.fits(commit, body["alg"], row.salt, _place(body), row.field, value):
            wrong.append(f"a personal value does not fit its commitment ({row.field})")
        elif value and is_indexed(row.field):
            self.opened[commit] = row.field, value
        if classes:
            self.classes = value
        return wrong

    def _papers(self, seq: int, body: Mapping[str, Any], rows: Sequence[Any]) -> list[str]:
        wrong, told = [], body["documents"]
        there = {row.no for row in rows if row.sha256}  # one that is emptied is missing
        self._missing += [(seq, f"documents/{no}") for no in range(1, len(told) + 1) if no not in there]
        for row in rows:
            paper = told[row.no - 1] if 0 < row.no <= len(told) else None
            if paper is None:
                wrong.append("personal values or papers that no event names")
            elif not self._described(seq, paper, row):
                wrong.append(f"paper {row.no} does not fit its commitment")
            elif row.sha256:
                wrong += self._paper(seq, body, paper, row)
        return wrong

    def _described(self, seq: int, paper: Mapping[str, Any], row: Any) -> bool:
        """Tell whether a paper's row says of it what the event says; a number as its text is counted for a remark."""
        if row.kind != paper["kind"] or (row.size != paper["size"] if row.sha256 else row.salt or row.look or row.size):
            return False
        if events.is_number_of(paper["media_type"], row.media_type):
            self._numbers.append(seq)
            return True
        return bool(row.media_type == paper["media_type"])

    def _paper(self, seq: int, body: Mapping[str, Any], paper: Mapping[str, Any], row: Any) -> list[str]:
        """Compare a paper with its commitment, its file, and its look with the one that its picture has."""
        field, sealed = f"documents/{row.no}", "/" in row.sha256
        if sealed and field not in self._hashes:
            self._missing.append((seq, field))
        salt, text = self._hashes.get(field, ("", None)) if sealed else (row.salt, f'"{row.sha256}"')
        if text is None:
            return []  # it was not opened
        fits = salt == row.salt and events.fits(paper["commit"], body["alg"], salt, _place(body), field, text)
        if not fits or not self._opener.named(row.sha256, row.same, text[1:-1]):
            return [f"paper {row.no} does not fit its commitment"]
        wrong, look = self._opener.file(self._stream, row.sha256, text[1:-1])
        if wrong is not None:
            return [f"paper {row.no}: {wrong}"]
        if not self._opener.looks or look in ("", row.look):  # "": the picture is too large to be looked at
            return []
        if row.look is not None and not (look and alike(row.look, look)):
            return [f"paper {row.no}: its look is not that of its picture"]
        if row.look or not any(one.seq == seq for one in self._noted.taken):  # a list's papers come without one
            self._bare.append(seq)
        return []

    def without_look(self) -> list[Problem]:
        """Return the one remark on pictures that like ones are not found by."""
        if not self._bare:
            return []
        what = "pictures without a look, by which like ones are found, or with a little another one"
        return [Problem(self._stream, self._bare[0], f"{what} (events: {len(set(self._bare))})")]

    def unaccounted(self, record: Mapping[str, Any], seq: int) -> Iterator[tuple[Problem, bool]]:
        """Yield the values and papers that are gone without an erasure that the events name, and whether that is a remark.

        One whose data key is destroyed all the same is remarked: a restore applies erasures that came after the backup.
        `seq` is the last event, `record` what all of them say.
        """
        erased = [(int(at), told["person"]) for at, told in record.get("erased", {}).items()]
        if self._missing and self._opener.of_erased(self._stream):
            erased.append((seq + 1, "all"))
        for at, field in self._missing:
            person = "all" if field.startswith("documents/") else events.person_of(field)
            if not any(at < erased_at and who in ("all", person) for erased_at, who in erased):
                what = f"a value or paper is gone that no erasure names ({field})"
                yield Problem(self._stream, at, what), self._opener.destroyed(self._stream, person)


def alike(one: str, other: str) -> bool:
    """Tell whether two looks are of one picture: another release of the library that makes them may differ in a few bits."""
    try:
        return (int(one, 16) ^ int(other, 16)).bit_count() <= _BITS
    except ValueError:
        return False


def _place(body: Mapping[str, Any]) -> tuple[str, str, int]:
    return body["county"], body["stream"], body["seq"]
