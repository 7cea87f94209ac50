"""The resident identity number (GB 11643): its check, its masks, and made-up numbers for demonstrations.

Our own few lines: the packages that offer this reject people born before their county code was issued, or crash
on unknown counties and letters. The county of the code is therefore never judged.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from .errors import InputRefused
from .texts import composed

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"
_FORM = re.compile(r"[0-9]{17}[0-9X]", re.ASCII)
_PROVINCES = frozenset(
    [
        "11",
        "12",
        "13",
        "14",
        "15",
        "21",
        "22",
        "23",
        "31",
        "32",
        "33",
        "34",
        "35",
        "36",
        "37",
        "41",
        "42",
        "43",
        "44",
        "45",
        "46",
        "50",
        "51",
        "52",
        "53",
        "54",
        "61",
        "62",
        "63",
        "64",
        "65",
        "71",
        "81",
        "82",
        "83",
    ]
)
_OLDEST = 130


@dataclass(frozen=True, slots=True)
class IdentityNumber:
    """A number that passed every check: 18 characters, the birth date in it, and the sex ("male" or "female")."""

    number: str
    birth: date
    sex: str


def check_identity_number(text: str, *, at: date) -> IdentityNumber:
    """Check an 18-character identity number; ages are counted at the reference date `at`.

    Raises:
        InputRefused: with the exact reason, never the number.
    """
    number = composed(text, "NFKC").strip().upper()
    if len(number) != 18:
        raise InputRefused("身份证号码应为 18 位。", "an identity number must have 18 characters.")
    if not _FORM.fullmatch(number):
        raise InputRefused("身份证号码含有不允许的字符。", "the identity number has a character that is not allowed.")
    if number[:2] not in _PROVINCES:
        raise InputRefused(
            "身份证号码的省份代码不存在。", "the identity number begins with a province code that does not exist."
        )
    birth = _birth(number[6:14], at)
    if number[14:17] == "000":
        raise InputRefused("身份证号码的顺序码无效。", "the identity number has an invalid sequence number.")
    if check_character(number[:17]) != number[17]:
        raise InputRefused("身份证号码的校验码不符。", "the identity number has a wrong check character.")
    return IdentityNumber(number, birth, "male" if int(number[16]) % 2 else "female")


def _birth(digits: str, at: date) -> date:
    try:
        birth = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        raise InputRefused(
            "身份证号码中的出生日期不存在。", "the identity number has a birth date that does not exist."
        ) from None
    age = at.year - birth.year - ((at.month, at.day) < (birth.month, birth.day))
    if not 0 <= age <= _OLDEST:
        raise InputRefused(
            "身份证号码中的出生日期不合理。", "the identity number has a birth date in the future or too long ago."
        )
    return birth


def check_character(digits: str) -> str:
    """Return the check character (MOD 11-2) of the first 17 digits."""
    return _CHECK[sum(int(d) * w for d, w in zip(digits, _WEIGHTS, strict=True)) % 11]


def synthetic(county: str, birth: date, sequence: int) -> str:
    """Build a number with a valid check character; give an unassigned county so that it is nobody's."""
    digits = f"{county}{birth:%Y%m%d}{sequence:03d}"
    return digits + check_character(digits)


def masked(number: str) -> str:
    """Return an identity number with all but the first three and the last two characters hidden."""
    return number[:3] + "*" * max(len(number) - 5, 0) + number[-2:] if len(number) > 5 else "*" * len(number)


def mask_name(name: str) -> str:
    """Return a name with all but its first character hidden."""
    return name[:1] + "*" * max(len(name) - 1, 1)


def mask_card(card: str) -> str:
    """Return a card or telephone number with all but the last four digits hidden."""
    return "*" * max(len(card) - 4, 0) + card[-4:] if len(card) > 4 else "*" * len(card)
