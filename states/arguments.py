"""Check what a caller passes in: each function returns the value in its one form, or refuses it and names the field.

An error names the field and says what to pass; it never repeats the value, which may be anybody's.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from .errors import InputRefused
from .texts import visible

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
JsonObject = Mapping[str, Any]  # of JSON values, recorded as it is handed in
LONGEST_ID, LONGEST_TEXT, LONGEST_PATH = 200, 1000, 4096
LARGEST = 2**63 - 1  # what a whole-number column holds on both databases
FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9_]{1,64}", re.ASCII)
_DEEPEST = 8  # objects and lists within each other


def refused(field: str, zh: str, en: str) -> InputRefused:
    """Return the error that names a field and says what to pass."""
    return InputRefused(f"{field}：{zh}", f"{field}: {en}", field=field)


# ---------------------------------------------------------------------- text


def identifier(value: Any, field: str) -> str:
    """Return the id of a person, an office, a request, a unit: printable text in Unicode NFC, without blanks around it."""
    if type(value) is not str:
        value = _plain(value, field)
    elif value.isascii() and value.isprintable() and 0 < len(value) <= LONGEST_ID and value[0] != " " != value[-1]:
        return value
    if not value or value.isspace():
        raise refused(field, "为空；请写编号。", "it is empty; pass an id.")
    if not value.isprintable() or value[0] == " " or value[-1] == " ":
        raise refused(
            field,
            "含控制符、不可见字符或首尾空白；请传入可见的文字。",
            "it has control or invisible characters, or blanks around it; pass visible text.",
        )
    if len(value) > LONGEST_ID:
        raise refused(
            field, f"过长；最多 {LONGEST_ID} 个字。", f"it is too long; pass at most {LONGEST_ID} characters."
        )
    if not (value.isascii() or unicodedata.is_normalized("NFC", value)):
        raise refused(field, "请按 Unicode NFC 规范化后传入。", "pass it normalised to Unicode NFC.")
    return value  # type: ignore[no-any-return]


def words(value: Any, field: str) -> str:
    """Return free text in Unicode NFC; it may be empty, where a rule then says what is missing."""
    if type(value) is not str:
        value = _plain(value, field)
    if FORBIDDEN.search(value):
        raise refused(
            field,
            "含控制符、方向符或残缺字符；请传入普通文字。",
            "it has control, direction or broken characters; pass plain text.",
        )
    if len(value) > LONGEST_TEXT:
        raise refused(
            field, f"过长；最多 {LONGEST_TEXT} 个字。", f"it is too long; pass at most {LONGEST_TEXT} characters."
        )
    return value if value.isascii() else unicodedata.normalize("NFC", value)


def name(value: Any, field: str) -> str:
    """Return a name in Unicode NFC without what nobody sees, one blank between its parts; it may be empty, as `words`."""
    return words(visible(text(value, field)), field)


def text(value: Any, field: str) -> str:
    """Return any text as plain text: what is in it is judged elsewhere."""
    return value if type(value) is str else _plain(value, field)


def _plain(value: Any, field: str) -> str:
    if isinstance(value, str):
        return str.__str__(value)  # a subclass, e.g. a StrEnum: only its text is kept
    zh, en = _kind(value)
    if isinstance(value, (UUID, int)) and not isinstance(value, bool):
        raise refused(field, f"应为文字，给出的是{zh}；请传入 str(...)。", f"pass text, not {en}; use str(...).")
    raise refused(field, f"应为文字（str），给出的是{zh}。", f"pass text (str), not {en}.")


def _kind(value: Any) -> tuple[str, str]:
    """Say of what kind a value is, without the value."""
    name = type(value).__name__
    name = name if name.isascii() and name.isidentifier() and len(name) <= 40 else "object"
    return (" None", "None") if value is None else (f" {name}", f"a value of type {name}")


# ---------------------------------------------------------------------- days, numbers, flags


def day(value: Any, field: str) -> date:
    """Return a day: a date as it is, or text written YYYY-MM-DD."""
    if type(value) is date:
        return value
    if isinstance(value, datetime):
        raise refused(
            field,
            "应为日期，不带时刻；请传入 date，例如 moment.date()。",
            "pass a date without a time, e.g. moment.date().",
        )
    if isinstance(value, date):
        return date(value.year, value.month, value.day)
    if isinstance(value, str) and (found := written(value)) is not None:
        return found
    raise refused(
        field,
        "应为 date，或写作 YYYY-MM-DD 的文字，且为实际存在的日期。",
        "pass a date, or text written YYYY-MM-DD: a day that exists.",
    )


def written(value: str) -> date | None:
    """Return the day that is written YYYY-MM-DD, and in no other way; else None."""
    if not _DAY.fullmatch(value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def day_or_id(value: Any, field: str) -> str:
    """Return a day as text, or an id as it is."""
    return day(value, field).isoformat() if isinstance(value, date) else identifier(value, field)


def whole(value: Any, field: str, least: int = 0) -> int:
    """Return a whole number of at least `least`; True and False are none."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise refused(field, f"应为整数，给出的是{_kind(value)[0]}。", f"pass a whole number, not {_kind(value)[1]}.")
    if not least <= value <= LARGEST:
        raise refused(
            field,
            f"应为不小于 {least} 的整数，且不过大。",
            f"pass a whole number of at least {least}, not out of range.",
        )
    return int(value)


def counted(value: Any, field: str) -> int:
    """Return how many: a whole number of at least 1."""
    return whole(value, field, 1)


def amount(value: Any, field: str) -> int:
    """Return an amount in fen, which may be negative."""
    return whole(value, field, -LARGEST)


def flag(value: Any, field: str) -> bool:
    """Return True or False; nothing else stands for them."""
    if type(value) is not bool:
        raise refused(
            field, f"应为 True 或 False，给出的是{_kind(value)[0]}。", f"pass True or False, not {_kind(value)[1]}."
        )
    return value


# ---------------------------------------------------------------------- paths, bytes


def path(value: Any, field: str) -> Path:
    """Return where a file is: from text or an os.PathLike of text."""
    try:
        found = os.fspath(value) if isinstance(value, (str, os.PathLike)) else value
        encoded = os.fsencode(found) if isinstance(found, str) else b""
    except (TypeError, UnicodeEncodeError):
        raise refused(field, "不是可用的路径。", "pass a path that the file system can take.") from None
    if not isinstance(found, str):
        zh, en = _kind(value)
        raise refused(
            field, f"应为路径（文字或 os.PathLike），给出的是{zh}。", f"pass a path (text or os.PathLike), not {en}."
        )
    if not found or "\0" in found or len(encoded) > LONGEST_PATH:
        raise refused(
            field, "路径为空、过长或含空字符。", "the path is empty, too long or has a NUL; pass another one."
        )
    return value if isinstance(value, Path) else Path(str.__str__(found))


def file(value: Any, field: str) -> Path:
    """Return where a file is; a `Path` as it is, of which the file system says what is wrong when it is used."""
    return value if isinstance(value, Path) else path(value, field)


def data(value: Any, field: str) -> bytes:
    """Return bytes of its own: a bytearray that is changed later changes nothing of what was taken."""
    if type(value) is bytes:
        return value
    if not isinstance(value, (bytes, bytearray, memoryview)):
        zh, en = _kind(value)
        raise refused(
            field,
            f"应为 bytes、bytearray 或 memoryview，给出的是{zh}；文件请用 path。",
            f"pass bytes, bytearray or memoryview, not {en}; for a file give its path.",
        )
    try:
        return bytes(value)
    except ValueError:
        raise refused(field, "该 memoryview 已释放。", "the memoryview was released; pass its bytes.") from None


# ---------------------------------------------------------------------- several of a kind


def several(value: Any, field: str, check: Callable[[Any, str], T]) -> tuple[T, ...]:
    """Return a tuple of values, each checked under its own number; one text alone is not several."""
    if isinstance(value, (list, tuple)):
        pass
    elif isinstance(value, (str, bytes, bytearray, memoryview, Mapping)) or not isinstance(value, Iterable):
        zh, en = _kind(value)
        raise refused(
            field,
            f"应为列表或元组，给出的是{zh}；只有一项也请写成 [项]。",
            f"pass a list or tuple, not {en}; for a single item write [item].",
        )
    return tuple([check(item, f"{field}[{number}]") for number, item in enumerate(value)])


def identifiers(value: Any, field: str) -> tuple[str, ...]:
    """Return a tuple of ids."""
    return several(value, field, identifier)


def mapping(value: Any, field: str) -> Mapping[str, Any]:
    """Return a mapping whose names are text."""
    if not isinstance(value, (dict, Mapping)):
        zh, en = _kind(value)
        raise refused(
            field, f"应为一个 JSON 对象（映射），给出的是{zh}。", f"pass one JSON object (a mapping), not {en}."
        )
    try:
        found = value if type(value) is dict else dict(value)
    except Exception:  # noqa: BLE001 - a mapping of the caller's own may raise anything
        raise refused(field, "无法读取；请传入 dict。", "it cannot be read; pass a dict.") from None
    for name in found:
        if not isinstance(name, str):
            raise refused(field, "各项的名称应为文字。", "every key in it must be text.")
    return found


def json_object(value: Any, field: str) -> JsonObject:
    """Return a mapping of JSON values as one of plain values: what is recorded as it was handed in."""
    return _object(value, field, _DEEPEST)


def _object(value: Any, field: str, deep: int) -> dict[str, Any]:
    found = mapping(value, field)
    for name in found:
        if not _NAME.fullmatch(name):
            raise refused(
                field, "各项的名称应为字母、数字和下划线。", "every key in it must be written in letters, digits and _."
            )
    return {str.__str__(name): _json(item, f"{field}.{str.__str__(name)}", deep - 1) for name, item in found.items()}


def _json(value: Any, field: str, deep: int) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return words(value, field)
    if isinstance(value, int):
        return amount(value, field)
    if deep and isinstance(value, Mapping):
        return _object(value, field, deep)
    if deep and isinstance(value, (list, tuple)):
        return [_json(item, f"{field}[{number}]", deep - 1) for number, item in enumerate(value)]
    zh, en = _kind(value)
    raise refused(
        field,
        f"不能入档，给出的是{zh}；小数和日期请写成文字。",
        f"pass a JSON value, not {en}; write fractions and days as text.",
    )


def exactly(value: Any, field: str, kind: type[T]) -> T:
    """Return a value that is of a class."""
    if not isinstance(value, kind):
        zh, en = _kind(value)
        raise refused(field, f"应为 {kind.__name__}，给出的是{zh}。", f"pass {kind.__name__}, not {en}.")
    return value
