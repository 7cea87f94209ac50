"""The identity number: standard vectors, exact reasons, masks; the number itself never stands in a refusal."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from weigai.states.errors import InputRefused
from weigai.states.identity_number import (
    check_identity_number,
    mask_card,
    mask_name,
    masked,
    synthetic,
)

AT = date(2019, 6, 10)
GOOD = [
    "11010519491231002X", "440524188001010014", "150799195406120017", "150799196103030027", "150799198802290038",
    "150799194508150044",
]  # fmt: skip


@pytest.mark.parametrize("number", GOOD)
def test_vectors_pass(number: str) -> None:
    at = date(1950, 1, 1) if number.startswith("4405") else AT
    assert check_identity_number(number, at=at).number == number


def test_lower_case_blanks_and_full_width_are_brought_into_form() -> None:
    assert check_identity_number(" 11010519491231002x ", at=AT).number == "11010519491231002X"
    assert check_identity_number("１５０７９９１９５４０６１２００１７", at=AT).number == "150799195406120017"


def test_birth_and_sex_are_read() -> None:
    read = check_identity_number("150799195406120017", at=AT)
    assert (read.birth, read.sex) == (date(1954, 6, 12), "male")
    assert check_identity_number("150799196103030027", at=AT).sex == "female"


@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("150799540612001", "18 characters"),
        ("15079919540612001", "18 characters"),
        ("15079919540612001A", "not allowed"),
        ("150799 95406120017", "not allowed"),
        ("990799195406120017", "province"),
        ("150799195402300015", "does not exist"),
        ("150799203006120010", "in the future"),
        ("150799180006120010", "too long ago"),
        ("150799195406120000", "sequence"),
        ("150799195406120018", "check character"),
    ],
)
def test_each_fault_has_its_own_reason_and_no_number_in_it(number: str, why: str) -> None:
    with pytest.raises(InputRefused, match=why) as refused:
        check_identity_number(number, at=AT)
    for lang in ("zh", "en"):
        assert number not in refused.value.message(lang)


births = st.dates(date(1900, 1, 1), date(2019, 6, 1))


@given(births, st.integers(1, 999), st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_is_always_caught(birth: date, sequence: int, place: int, add: int) -> None:
    number = synthetic("150799", birth, sequence)
    wrong = number[:place] + str((int(number[place]) + add) % 10) + number[place + 1 :]
    with pytest.raises(InputRefused):
        check_identity_number(wrong, at=AT)


@given(births, st.integers(1, 999))
def test_synthetic_numbers_are_valid_and_their_masks_hide_the_birth_date(birth: date, sequence: int) -> None:
    number = synthetic("150799", birth, sequence)
    assert check_identity_number(number, at=AT).birth == birth
    assert set(masked(number)[6:14]) == {"*"}
    assert len(masked(number)) == 18


def test_masks() -> None:
    assert mask_name("张三丰") == "张**"
    assert mask_name("张") == "张*"
    assert mask_card("6217000000000001") == "************0001"
    assert mask_card("123") == "***"
    assert masked("12") == "**"
