"""What a host builds checks itself: each field is of one form, or refused by its name in both languages."""

from __future__ import annotations

import io
import pickle
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import IntEnum, StrEnum
from pathlib import Path, PurePosixPath
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import scoped_session
from weigai.states.actor import Actor as Plain
from weigai.states.inputs import arguments as given
from weigai.workflow import (
    Actor,
    Approvals,
    Attachment,
    Calendar,
    Document,
    FileStore,
    InputRefused,
    Keys,
    Library,
    Period,
    first_allowed,
    read_payments,
)
from weigai.workflow.reports.suspicions import Limits

from tests.support import Desk, person


class Word(StrEnum):
    VILLAGE = "village"


class Number(IntEnum):
    SEVEN = 7


class Day(date):
    """A day of somebody's own class."""


NO_IDS = {
    "none": None,
    "a number": 7,
    "true": True,
    "a fraction": 7.0,
    "a decimal": Decimal(7),
    "bytes": b"p-1",
    "a uuid": uuid4(),
    "empty": "",
    "blank": "  ",
    "a wide blank": "\u3000",
    "NUL": "p\0",
    "a line end": "p-1\n",
    "a tab": "p\t1",
    "half a character": "p\ud800",
    "a direction": "p\u202e1",
    "a byte order mark": "\ufeffp-1",
    "blanks around": " p-1",
    "decomposed": "e\u0301",
    "without end": "x" * 201,
    "a list": ["p-1"],
    "an object": object(),
}


def refused(field: str, made) -> InputRefused:
    with pytest.raises(InputRefused) as found:
        made()
    error = found.value
    assert error.field == field
    assert error.message("zh").startswith(f"{field}：")
    assert error.message("en").startswith(f"{field}: ")
    error.message("en").encode()
    return error


@pytest.mark.parametrize("kind", NO_IDS)
def test_an_actor_is_text(kind: str) -> None:
    value = NO_IDS[kind]
    refused("actor.person", lambda: Actor(value, "village", ("150783",)))
    refused("actor.office", lambda: Actor("p-1", value, ("150783",)))
    refused("actor.units[1]", lambda: Actor("p-1", "village", ["150783", value]))


@pytest.mark.parametrize("value", [uuid4(), 7, Number.SEVEN])
def test_a_uuid_or_number_is_told_to_be_passed_as_text(value: object) -> None:
    error = refused("actor.person", lambda: Actor(value, "village", ()))
    assert "str(...)" in error.message("zh")
    assert "str(...)" in error.message("en")
    assert str(value) not in error.message("en")


@pytest.mark.parametrize("units", ["150783", b"150783", bytearray(b"1"), None, 150783, {"150783": 1}, object()])
def test_units_are_several(units: object) -> None:
    refused("actor.units", lambda: Actor("p-1", "village", units))
    refused("actor.trial", lambda: Actor("p-1", "village", (), 1))


def test_what_is_plainly_meant_is_taken_in_one_form() -> None:
    actor = Actor(Word.VILLAGE, Word.VILLAGE, [Word.VILLAGE, "150783"])
    assert [type(text) for text in (actor.person, actor.office, *actor.units)] == [str] * 4
    assert actor == Actor("village", "village", ("village", "150783"))
    assert hash(actor) == hash(pickle.loads(pickle.dumps(actor)))
    assert Actor("p-1", "village", (code for code in ("150783",))).units == ("150783",)
    assert type(actor) is Plain


def test_a_recorded_actor_is_never_refused() -> None:
    for who in (7, "", "\0", None):
        assert Actor.recorded(who, "village", "150783").person == str(who)


@pytest.mark.parametrize(
    "value",
    [
        datetime(2019, 6, 10),  # noqa: DTZ001 - a moment without a zone is refused too
        datetime(2019, 6, 10, tzinfo=UTC),
        "20190610",
        "2019-W24-1",
        "2019-6-1",
        "2019-02-30",
        "",
        " 2019-06-10",
        "2019-06-10T00:00",
        "２０１９-06-10",
        20190610,
        1.5,
        None,
        True,
        b"2019-06-10",
    ],
)
def test_a_day_is_a_date_or_text_of_one_form(value: object) -> None:
    refused("on", lambda: given.day(value, "on"))
    if not isinstance(value, str):
        refused("posted", lambda: first_allowed(value, Period(days=5), Calendar.official()))


def test_a_day_is_taken_as_a_plain_date() -> None:
    for value in (date(2019, 6, 10), Day(2019, 6, 10), "2019-06-10"):
        found = given.day(value, "on")
        assert (found, type(found)) == (date(2019, 6, 10), date)


@pytest.mark.parametrize("value", [b"x", 7, None, "", "a\0b", object(), "x" * 5000])
def test_a_path_is_text_or_a_path(value: object) -> None:
    if value is not None:
        refused("attachment.path", lambda: Attachment("photo", path=value))
        refused("folder", lambda: Library(value))
    for field, made in {
        "root": FileStore,
        "path": Keys.from_file,
        "path ": Calendar.from_file,
        "path  ": read_payments,
    }.items():
        refused(field.strip(), lambda made=made: made(value))


def test_a_path_is_taken_as_one(tmp_path: Path) -> None:
    for value in ("a/b.jpg", PurePosixPath("a/b.jpg"), Path("a/b.jpg")):
        paper = Attachment("photo", value)
        assert (paper.path, paper.media_type) == (Path("a/b.jpg"), "image/jpeg")
    assert FileStore(str(tmp_path)).root == tmp_path
    assert Library(str(tmp_path)).folder == tmp_path
    (tmp_path / "paper").write_bytes(b"x")
    assert FileStore(tmp_path).read(str(tmp_path / "paper")) == b"x"
    assert Keys.from_file(str(tmp_path / "keys")) == Keys.from_file(tmp_path / "keys")


def test_bytes_are_taken_once() -> None:
    given_, viewed = bytearray(b"abc"), bytearray(b"abc")
    papers = [Attachment("photo", content=given_), Attachment("photo", content=memoryview(viewed))]
    given_[0] = viewed[0] = 0
    assert [(paper.content, type(paper.content)) for paper in papers] == [(b"abc", bytes)] * 2
    for value in ("text", 7, io.BytesIO(b"x"), ["x"], [1, 2]):
        refused("attachment.content", lambda value=value: Attachment("photo", content=value))
    view = memoryview(b"x")
    view.release()
    refused("attachment.content", lambda: Attachment("photo", content=view))
    refused("source", lambda: FileStore("x").read(None))


def test_a_paper_has_bytes_or_a_path() -> None:
    refused("attachment", lambda: Attachment("photo"))
    refused("attachment", lambda: Attachment("photo", "x.jpg", b"x"))
    for value in (None, 7, b"photo"):
        refused("attachment.kind", lambda value=value: Attachment(value, content=b"x"))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", 7),
        ("sha256", None),
        ("sha256", b"0"),
        ("size", True),
        ("size", "9"),
        ("size", -1),
        ("size", 2**63),
        ("size", 1.0),
        ("media_type", 7),
        ("look", 7),
    ],
)
def test_a_document_is_of_its_types(field: str, value: object) -> None:
    sound = {"kind": "photo", "sha256": "0" * 64, "size": 1, "media_type": "image/jpeg", "look": None}
    refused(f"document.{field}", lambda: Document(**{**sound, field: value}))


@pytest.mark.parametrize(
    ("field", "made"),
    [
        ("keys.secret", lambda: Keys("k" * 32)),
        ("keys.secret", lambda: Keys(None)),
        ("keys.masters[0]", lambda: Keys(b"k" * 32, ("m" * 32,))),
        ("keys.masters", lambda: Keys(b"k" * 32, b"m" * 32)),
        ("keys.cipher", lambda: Keys(b"k" * 32, (), 7)),
        ("text", lambda: Keys.from_text(b"00")),
        ("largest", lambda: FileStore("x", largest="1")),
        ("largest", lambda: FileStore("x", largest=0)),
        ("calendar.version", lambda: Calendar(1)),
        ("calendar.years", lambda: Calendar("x", [2019])),
        ("calendar.official_years", lambda: Calendar("x", {}, 7)),
        ("period.days", lambda: Period(days="5")),
        ("period.days", lambda: Period(days=True)),
        ("period.unit", lambda: Period(days=5, unit="weeks")),
        ("period.roll", lambda: Period(days=5, roll=1)),
        ("limits.bits", lambda: Limits(bits="6")),
        ("limits.sleep", lambda: Limits(sleep=-1)),
    ],
)
def test_other_values_are_of_their_types(field: str, made) -> None:
    refused(field, made)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("keys", b"k" * 32),
        ("files", "files"),
        ("calendar", "official"),
        ("policies", 7),
        ("alg", "md5"),
        ("alg", None),
        ("now", 7),
    ],
)
def test_the_parts_of_the_api_are_what_they_should_be(desk: Desk, field: str, value: object) -> None:
    refused(field, lambda: Approvals(desk.session, **{field: value}))


def test_a_clock_gives_a_moment_with_a_zone(desk: Desk) -> None:
    for moment in (datetime(2019, 6, 10), date(2019, 6, 10), "2019-06-10", None):  # noqa: DTZ001
        api = Approvals(desk.session, now=lambda moment=moment: moment)
        refused("now", lambda api=api: api.context.today())


def test_the_session_is_one_that_is_not_awaited(desk: Desk) -> None:
    for session in (desk.engine, AsyncSession(), None):
        refused("session", lambda session=session: Approvals(session))
    assert Approvals(scoped_session(lambda: desk.session)).list(actor=person("county")) == []


class Nowhere:
    def __fspath__(self) -> int:
        return 5


@pytest.mark.parametrize("path", [Nowhere(), "/tmp/\ud800.jpg"])
def test_a_path_is_one_that_the_file_system_takes(path: object) -> None:
    refused("attachment.path", lambda: Attachment("village_plan", path=path))


class Torn(Mapping[str, Any]):
    """A mapping of a caller's own that fails when it is read."""

    def __init__(self, at: str) -> None:
        self.at = at

    def __len__(self) -> int:
        return 1

    def __iter__(self) -> Iterator[str]:
        if self.at == "iter":
            raise RuntimeError("鸾鸑")
        return iter(["a"])

    def __getitem__(self, name: str) -> Any:
        raise RuntimeError("鸾鸑")


@pytest.mark.parametrize("at", ["iter", "item"])
def test_a_mapping_that_cannot_be_read_is_refused_by_its_field(at: str) -> None:
    for check in (given.mapping, given.json_object):
        for value in (Torn(at), {"x": Torn(at)}):
            if check is given.mapping and isinstance(value, dict):
                continue  # what lies within is read by the form
            with pytest.raises(InputRefused) as refused:
                check(value, "data")
            assert (refused.value.field or "").startswith("data")
            assert "鸾" not in refused.value.message("en")
