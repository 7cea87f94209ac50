"""The field types of every input: one strict way to read a date, an area, money, an id, a line of text."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, StringConstraints

from ..calendar import parse_date
from ..errors import InputRefused, Unfit
from ..inputs.arguments import FORBIDDEN, LARGEST
from ..inputs.texts import composed, visible
from ..values import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import ValidationError

CENT = Decimal("0.01")
_MOST_ITEMS = 1_000  # of a list of ids
_NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,2})?", re.ASCII)


def _date(value: object) -> date:
    if isinstance(value, datetime):
        raise Unfit("应为日期，不带时刻", "write a date without a time")
    if isinstance(value, date):
        return value
    if not isinstance(value, str):
        raise Unfit("日期应写成 YYYY-MM-DD", "write a date as YYYY-MM-DD")
    try:
        return parse_date(value)
    except InputRefused as error:
        raise Unfit(error.message("zh"), error.message("en")) from None


def _decimal(value: object) -> Decimal:
    """Read at most two decimal places from a string, an int or a Decimal; never from a float."""
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise Unfit("应为数字，最多两位小数", "write a number with digits and at most two decimals")
    text = _written(value)
    if not _NUMBER.fullmatch(text):
        raise Unfit("应为数字，最多两位小数", "write a number with digits and at most two decimals")
    try:
        return Decimal(text).quantize(CENT)
    except InvalidOperation:
        raise Unfit("数字太大", "the number is too large") from None


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise Unfit("应为整数", "write a whole number")
    if not re.fullmatch(r"-?[0-9]{1,9}", _written(value), re.ASCII):
        raise Unfit("应为整数", "write a whole number")
    return int(value)


def _written(value: object) -> str:
    """Return a number as it is written; an int beyond every limit as one that is none, since Python does not write it."""
    return "-" if isinstance(value, int) and abs(value) > LARGEST else str(value).strip()


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and (known := _FLAGS.get(value.strip().lower())) is not None:
        return known
    raise Unfit("应为是或否（true 或 false）", "write yes or no (true or false)")


_FLAGS = {"true": True, "yes": True, "是": True, "false": False, "no": False, "否": False}


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise Unfit("应为文字", "write text")
    text = composed(value).strip()
    if FORBIDDEN.search(text):
        raise Unfit("文字中有控制符或方向符", "the text has control or direction characters")
    if not text:
        raise Unfit("文字为空", "the text is empty")
    return text


def _name(value: object) -> str:
    return _text(visible(value) if isinstance(value, str) else value)


def _items(value: object) -> object:
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
Name = Annotated[str, BeforeValidator(_name, json_schema_input_type=str), StringConstraints(max_length=1000)]
Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]{1,16}$")]
Ids = Annotated[tuple[Id, ...], BeforeValidator(_items), Field(max_length=_MOST_ITEMS)]
PERSON = r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$"
PersonId = Annotated[str, StringConstraints(pattern=PERSON)]
PersonIds = Annotated[tuple[PersonId, ...], BeforeValidator(_items), Field(max_length=_MOST_ITEMS)]
RULE = r"^[A-Z][A-Za-z0-9_.-]{0,15}$"
UnitCode = Annotated[str, StringConstraints(pattern=r"^([0-9]{6}|[0-9]{9}|[0-9]{12})$")]


class Value(BaseModel):
    """Base of everything read from a file: frozen, unknown keys refused, built when first used."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, defer_build=True, allow_inf_nan=False, hide_input_in_errors=True
    )


_SAID = {  # pydantic's kind of error -> Chinese; its own message is the English
    "missing": "缺少此项",
    "extra_forbidden": "没有这一项",
    "literal_error": "应为 {expected} 之一",
    "string_type": "应为文字",
    "string_too_short": "不得为空",
    "string_too_long": "过长，最多 {max_length} 个字",
    "string_pattern_mismatch": "写法不合要求，应符合 {pattern}",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "int_from_float": "应为整数",
    "bool_type": "应为 true 或 false",
    "bool_parsing": "应为 true 或 false",
    "greater_than": "应大于 {gt}",
    "greater_than_equal": "不得小于 {ge}",
    "less_than": "应小于 {lt}",
    "less_than_equal": "不得大于 {le}",
    "tuple_type": "应为列表 [...]",
    "list_type": "应为列表 [...]",
    "dict_type": "应为表",
    "model_type": "应为表",
    "model_attributes_type": "应为表",
    "too_short": "至少 {min_length} 项",
    "too_long": "最多 {max_length} 项",
    "date_type": "应为日期 YYYY-MM-DD",
    "date_parsing": "应为日期 YYYY-MM-DD",
    "date_from_datetime_parsing": "应为日期 YYYY-MM-DD",
    "date_from_datetime_inexact": "应为日期，不带时刻",
    "decimal_type": "应为数字",
    "decimal_parsing": "应为数字",
}


MOST = 500  # problems of a file that are told one by one
_NAME = re.compile(r"[A-Za-z][A-Za-z_]{0,39}")


def problems(error: ValidationError) -> list[Problem]:
    """Return what a pydantic error says as short sentences that name the field and never the value."""
    if (count := error.error_count()) > MOST:
        return [Problem("", f"（整个文件）：{count} 处不合要求", f"(file): {count} values have the wrong form")]
    return [_problem(item) for item in error.errors(include_input=False, include_url=False)]


def _problem(item: Mapping[str, Any]) -> Problem:
    *above, last = [part for part in item["loc"] if not str(part).startswith("function-")] or ("",)  # pydantic's own
    if item["type"] == "extra_forbidden" and not _NAME.fullmatch(str(last)):
        last = "***"  # somebody's value, where a field's name belongs
    path, values = ".".join(str(part) for part in (*above, last)), item.get("ctx", {})
    unfit = values.get("error")
    en = "unknown field" if item["type"] == "extra_forbidden" else item["msg"].removeprefix("Value error, ")
    zh = unfit.zh if isinstance(unfit, Unfit) else _SAID.get(item["type"], "{en}").format(**values, en=en)
    return Problem(path, f"{path or '（整个文件）'}：{zh}", f"{path or '(file)'}: {en}")


def listed(error: ValidationError) -> tuple[str, str]:
    """Return what a pydantic error says on one line, in Chinese and in English."""
    found = problems(error)
    return "；".join(p.zh for p in found), "; ".join(p.en for p in found)
