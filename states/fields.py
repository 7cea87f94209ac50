"""The field types of every input: one strict way to read a date, an area, money, an id, a line of text."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, StringConstraints

from .calendar import parse_date
from .errors import InputRefused

CENT = Decimal("0.01")
_NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,2})?", re.ASCII)
_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def _date(value: Any) -> date:
    if isinstance(value, datetime):
        raise ValueError("a date is wanted, not a date and time")
    if isinstance(value, date):
        return value
    if not isinstance(value, str):
        raise ValueError("a date is written YYYY-MM-DD")
    try:
        return parse_date(value)
    except InputRefused as error:
        raise ValueError(str(error)) from None


def _decimal(value: Any) -> Decimal:
    """Read at most two decimal places from a string, an int or a Decimal; never from a float."""
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise ValueError("a number is written with digits and at most two decimals")
    text = str(value).strip()
    if not _NUMBER.fullmatch(text):
        raise ValueError("a number is written with digits and at most two decimals")
    try:
        return Decimal(text).quantize(CENT)
    except InvalidOperation:
        raise ValueError("the number is too large") from None


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise ValueError("a whole number is wanted")
    if not re.fullmatch(r"-?[0-9]{1,9}", str(value).strip(), re.ASCII):
        raise ValueError("a whole number is wanted")
    return int(value)


def _flag(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and (known := _FLAGS.get(value.strip().lower())) is not None:
        return known
    raise ValueError("yes or no (true or false) is wanted")


_FLAGS = {"true": True, "yes": True, "是": True, "false": False, "no": False, "否": False}


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("text is wanted")
    text = unicodedata.normalize("NFC", value).strip()
    if _FORBIDDEN.search(text):
        raise ValueError("the text has control or direction characters in it")
    if not text:
        raise ValueError("the text is empty")
    return text


def _items(value: Any) -> Any:
    """Let `a,b` on a command line stand for a list of two."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _fen(value: Decimal) -> int:
    return int(value * 100)


Day = Annotated[date, BeforeValidator(_date, json_schema_input_type=str)]
Area = Annotated[
    Decimal,
    BeforeValidator(_decimal, json_schema_input_type=str | int),
    Field(ge=0, le=Decimal(99999)),
    PlainSerializer(str, return_type=str),
]
Yuan = Annotated[
    Decimal,
    BeforeValidator(_decimal, json_schema_input_type=str | int),
    Field(ge=0, le=Decimal(9999999999)),
    PlainSerializer(_fen, return_type=int),
]
Whole = Annotated[int, BeforeValidator(_whole, json_schema_input_type=str | int), Field(ge=0, le=1_000_000)]
Flag = Annotated[bool, BeforeValidator(_flag, json_schema_input_type=bool | str)]
Text = Annotated[str, BeforeValidator(_text, json_schema_input_type=str), StringConstraints(max_length=1000)]
Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]{1,16}$")]
Ids = Annotated[tuple[Id, ...], BeforeValidator(_items)]
PersonId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$")]
PersonIds = Annotated[tuple[PersonId, ...], BeforeValidator(_items)]
UnitCode = Annotated[str, StringConstraints(pattern=r"^([0-9]{6}|[0-9]{9}|[0-9]{12})$")]


class Value(BaseModel):
    """Base of everything read from a file: frozen, unknown keys refused, built when first used."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True, allow_inf_nan=False)


def problems(error: Any) -> list[str]:
    """Return a pydantic error as short sentences that name the field and never the value."""
    said = []
    for item in error.errors(include_input=False, include_url=False):
        where = ".".join(str(part) for part in item["loc"]) or "(file)"
        words = "unknown field" if item["type"] == "extra_forbidden" else item["msg"]
        said.append(f"{where}: {words.removeprefix('Value error, ')}")
    return said
