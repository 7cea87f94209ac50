"""Say why a text is no TOML, and where: the usual slips of whoever types it in Chinese, all at once."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING

from ..forms.fields import MOST
from ..values import Problem
from .toml_lines import STRING

if TYPE_CHECKING:
    from collections.abc import Iterator

_ASIDE = re.compile(rf"#[^\n]*|{STRING.pattern}", re.DOTALL)  # remarks and texts, in which every sign may stand
_QUOTES = dict.fromkeys("“”„‟＂「」『』", '"') | dict.fromkeys("‘’‚‛＇", "'")
_SIGNS = {
    "＝": "=",
    "：": "=",
    "［": "[",
    "］": "]",
    "【": "[",
    "】": "]",
    "｛": "{",
    "｝": "}",
    "，": ",",
    "、": ",",
    "．": ".",
    "。": ".",
    "＃": "#",
    "＿": "_",
    "－": "-",
    "　": " ",
    **{chr(ord("０") + digit): str(digit) for digit in range(10)},
}
_NAMES = {" ": ("空格", "blank")}
# How Python says it -> the likely cause, in Chinese and English.
_CAUSES: dict[str, tuple[str, str]] = {
    "Expected '=' after a key": ("键名之后缺少半角的 =", "the sign = is missing after a key"),
    "Expected newline": (
        "值之后还有别的内容：数字不带单位，文字须加引号，一行只写一项",
        "something follows the value: write numbers without units, texts in quotes, one value on a line",
    ),
    "Invalid value": (
        "值的写法不对：文字须加半角双引号，是非写 true 或 false",
        "the value has the wrong form: write texts in straight quotes, and true or false",
    ),
    "Invalid statement": ("这一行没有键名：应写成 键 = 值", "this line has no key: write key = value"),
    "Invalid initial character": ("键名只用英文字母、数字和下划线", "write keys with letters, digits and underscores"),
    "Expected ']'": ("表头缺少 ]", "the heading of a table lacks its ]"),
    "Expected ']]'": ("表头缺少 ]]", "the heading of a table lacks its ]]"),
    "Unclosed array": (
        "列表没有用 ] 结束，或两项之间缺少逗号",
        "a list does not end with ], or a comma is missing in it",
    ),
    "Unclosed inline table": (
        "花括号没有用 } 结束，或两项之间缺少逗号",
        "a table in braces does not end with }, or a comma is missing in it",
    ),
    "Unterminated string": ("文字没有用引号结束", "a text does not end with its quote"),
    "Illegal character": (
        "文字没有用引号结束，或其中有换行、控制符",
        "a text does not end with its quote, or holds a line break or a control character",
    ),
    "Unescaped": ("文字中的反斜杠 \\ 须写成 \\\\", "write a backslash \\ in a text as \\\\"),
    "Cannot overwrite": ("同一个键写了两次", "one key is written twice"),
    "Duplicate inline": ("同一个键写了两次", "one key is written twice"),
    "Cannot declare": (
        "同一个表头写了两次；多条并列的表用 [[...]]",
        "one heading is written twice; write [[...]] for several tables",
    ),
    "Cannot": ("同一个键或表写了两次", "one key or table is written twice"),
    "Invalid date": ("没有这一天；日期写成 2019-06-10", "there is no such day; write a date as 2019-06-10"),
}


def slips(error: Exception, text: str) -> list[Problem]:
    """Return why a text is no TOML: each full-width sign and curly quote, else what stopped Python."""
    if not isinstance(error, tomllib.TOMLDecodeError):
        return [Problem(None, "嵌套过深，或数字过长", "the file is nested too deeply, or a number has too many digits")]
    return list(_typed(text))[:MOST] or [_stopped(error, text)]


def _typed(text: str) -> Iterator[Problem]:
    """Yield the signs of a Chinese keyboard that stand where TOML has its own, line by line."""
    bare = _ASIDE.sub(lambda found: "\n" * found.group().count("\n"), text)
    for number, row in enumerate(bare.split("\n"), start=1):
        wrong = [sign for sign in row if sign in _QUOTES] or [sign for sign in row if sign in _SIGNS]
        for sign in dict.fromkeys(wrong):
            right = _QUOTES.get(sign) or _SIGNS[sign]
            zh, en = _NAMES.get(right, (right, right))
            kind = ("弯引号", "a curly quote") if sign in _QUOTES else ("全角符号", "a full-width sign")
            said = f"{kind[0]} {sign} 应改为半角的 {zh}", f"{sign} is {kind[1]}; write {en}"
            yield Problem(None, *said, number)


def _stopped(error: Exception, text: str) -> Problem:
    found = re.search(r" \(at (?:line ([0-9]+), column [0-9]+|end of document)\)", str(error))
    why = str(error).replace(found.group(), "") if found else str(error)
    zh, en = next((words for begin, words in _CAUSES.items() if why.startswith(begin)), (why, ""))
    line = int(found.group(1)) if found and found.group(1) else text.rstrip("\n").count("\n") + 1
    return Problem(None, f"不是有效的 TOML：{zh}", f"this is not valid TOML: {why}{en and f'; {en}'}", line)
