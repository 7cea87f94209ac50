"""Text from outside: every usual encoding is read, nobody is hidden by a dot or by what nobody sees, rare characters stay."""

from __future__ import annotations

import os
import sys
import unicodedata
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from weigai.states.errors import InputRefused
from weigai.states.forms.fields import Name, Text
from weigai.states.identity_number import check_identity_number
from weigai.states.inputs.arguments import name
from weigai.states.inputs.texts import decoded, former, sought, visible
from weigai.workflow.exchange.verify_export import strict

from tests.profiles import examples

if TYPE_CHECKING:
    from collections.abc import Callable

HAN = "张三丰阿买提·石"
RARE = "\U00030edd\U000323af\U0002ebf0\ue000\U000f0000"  # of the extensions G, H and I, and of private use
ENCODED = ("utf-8", "utf-8-sig", "utf-16", "gb18030")


@pytest.mark.parametrize("encoding", ENCODED)
@pytest.mark.parametrize("text", ["", "a", "张三\n", f'[{{"name": "{HAN}{RARE}"}}]', "编号,姓名\r\np-1,李四\r\n"])
def test_a_text_is_read_in_each_usual_encoding(encoding: str, text: str) -> None:
    assert decoded(text.encode(encoding), "x") == text


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", ["a", "ab", '{"name": "张三"}', "150799195406120017\r\n"])
def test_utf_16_without_its_mark_is_known_by_its_first_characters(encoding: str, text: str) -> None:
    assert decoded(text.encode(encoding), "x") == text


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff"])
def test_utf_16_of_either_order_is_known_by_its_mark(mark: bytes) -> None:
    order = "utf-16-le" if mark == b"\xff\xfe" else "utf-16-be"
    assert decoded(mark + HAN.encode(order), "x") == HAN


@pytest.mark.parametrize(
    "raw", [b"\0", b"a\0b", b"\xff", b"\x80", b"\xff\xfe\0", b"\xff\xfe\0\xd8", b"\xe5", b"x" * 9 + b"\0" * 9]
)
def test_what_is_none_of_these_is_refused_by_its_name(raw: bytes) -> None:
    with pytest.raises(InputRefused) as refused:
        decoded(raw, "文件 a.csv", "file a.csv")
    assert "a.csv" in refused.value.message("zh")
    assert "a.csv" in refused.value.message("en")


@given(st.binary(max_size=40))
@settings(max_examples=examples(300))
def test_any_bytes_are_text_or_refused(raw: bytes) -> None:
    try:
        text = decoded(raw, "x")
    except InputRefused:
        return
    text.encode()  # no half of a character
    assert "\0" not in text


@pytest.mark.parametrize(
    "unseen", "\ufeff\u200b\u200c\u200d\u200e\u200f\u2060\u00ad\u202a\u202e\u2066\u2069\u034f\u3164\ufff9\U000e0020"
)
def test_what_nobody_sees_is_no_part_of_a_name(unseen: str) -> None:
    assert name(f"{unseen}张{unseen}三{unseen}", "name") == "张三"
    assert sought("name", f"张{unseen}三") == sought("name", "张三")
    assert sought("phone", f"139{unseen}0000") == "1390000"


SEEN = {
    0x600,
    0x601,
    0x602,
    0x603,
    0x604,
    0x605,
    0x6DD,
    0x70F,
    0x890,
    0x891,
    0x8E2,
    0x110BD,
    0x110CD,
}  # signs of numbers
BLANK = [0x2800, 0x17B4, *range(0xFFF0, 0xFFFD), 0xE0080, 0xE0FFF]


def test_nothing_that_unicode_calls_a_format_hides_a_name() -> None:
    formats = [code for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) == "Cf"]
    assert {code for code in [*formats, *BLANK] if sought("name", f"张{chr(code)}三") != "张三"} == SEEN


@pytest.mark.parametrize("blank", [" ", "\u3000", "\u00a0", "\u2003", "\t", " \u3000 "])
def test_any_blank_between_is_one_blank(blank: str) -> None:
    assert name(f"{blank}张{blank}三{blank}", "name") == "张 三"


@pytest.mark.parametrize("rare", [*RARE, "ᠮ\u180eᠠ", "葛\U000e0100"])
def test_rare_characters_are_kept(rare: str) -> None:
    assert name(f"张{rare}", "name") == f"张{rare}"


@pytest.mark.parametrize("dot", "·•・．‧⋅∙･.·᛫⸱⸳ꞏ⦁●◦。｡﹒․˙∘⚬°ᐧ")
def test_a_dot_of_a_name_is_any_dot(dot: str) -> None:
    assert sought("name", f"阿{dot}买") == sought("name", "阿·买") != sought("name", "阿买")
    assert sought("phone", "1.5") != sought("phone", "1·5")


def test_the_forms_of_earlier_releases_are_few_and_hold_each_dot() -> None:
    assert former("id_number", "1507 x") == ["1507X"]
    assert former("name", "张 三") == ["张三"]
    found = former("name", "阿\u200b•买提·石")
    assert found[0] == "阿\u200b•买提·石"
    assert {"阿·买提·石", "阿•买提•石", "阿.买提.石"} <= set(found)
    assert len(former("name", "·" * 1000)) < 24


@given(st.text(max_size=30))
@settings(max_examples=examples(300))
def test_taking_away_what_nobody_sees_is_done_once(text: str) -> None:
    assert visible(visible(text)) == visible(text)
    assert sought("name", visible(text)) == sought("name", text)


@pytest.mark.parametrize(
    "read",
    [
        lambda text: sought("name", text),
        lambda text: former("name", text),
        lambda text: check_identity_number(text, at=date(2019, 6, 10)),
        lambda text: TypeAdapter(Text).validate_python(text),
        lambda text: TypeAdapter(Name).validate_python(text),
        lambda text: strict(f'"{text}"'),
    ],
)
def test_marks_out_of_their_order_take_no_time(read: Callable[[str], object]) -> None:
    """Unicode puts the marks of a letter in order by moving each past all others."""
    for count in (20_000, 500_000):
        before = os.times()
        with suppress(InputRefused, ValidationError, ValueError):
            read("a" + "\u0301\u0323" * count)
        assert os.times().user - before.user < 0.5, count


def test_a_text_is_composed_where_it_may_be_kept() -> None:
    assert TypeAdapter(Text).validate_python("e\u0301" * 1_000) == "\u00e9" * 1_000
    with pytest.raises(ValidationError):
        TypeAdapter(Text).validate_python("e\u0301" * 1_001)
