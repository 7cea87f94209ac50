"""Hostile JSON: a household, a sheet of persons or units, an act's data."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Make = Callable[[Path], object]

MB = 1024**2
FILE = "x.json"
_PERSON = '{"id": "p-1", "name": "a", "office": "village", "unit": "150783101201"}'


def _json(text: Callable[[], str | bytes]) -> Make:
    def write(path: Path) -> None:
        made = text()
        path.write_bytes(made.encode() if isinstance(made, str) else made)

    return write


JSONS: dict[str, Make] = {
    "60 MB of persons": _json(lambda: "[" + ",".join([_PERSON] * 800_000) + "]"),
    "4 MB of persons": _json(lambda: "[" + ",".join([_PERSON] * 50_000) + "]"),
    "4 MB of nothing in a list": _json(lambda: "[" + ",".join(["{}"] * 1_300_000) + "]"),
    "4 MB of empty lists": _json(lambda: "[" + ",".join(["[]"] * 1_300_000) + "]"),
    "4 MB of numbers": _json(lambda: "[" + ",".join(["1"] * 2_000_000) + "]"),
    "4 MB of decimals": _json(lambda: "[" + ",".join(["1.5"] * 1_000_000) + "]"),
    "4 MB of small objects": _json(lambda: "[" + ",".join(['{"":0}'] * 580_000) + "]"),
    "4 MB of texts": _json(lambda: "[" + ",".join(['"ab"'] * 800_000) + "]"),
    "an object of 400,000 keys": _json(lambda: json.dumps({f"k{i}": 1 for i in range(300_000)})),
    "200 MB of blanks": _json(lambda: b" " * 200 * MB + b"[]"),
    "200 MB of letters": _json(lambda: b'["' + b"a" * 200 * MB + b'"]'),
    "lists 2 million deep": _json(lambda: "[" * 2_000_000 + "]" * 2_000_000),
    "lists 100,000 deep": _json(lambda: "[" * 100_000 + "]" * 100_000),
    "objects 100,000 deep": _json(lambda: '{"a":' * 100_000 + "1" + "}" * 100_000),
    "lists 900 deep": _json(lambda: "[" * 900 + "]" * 900),
    "persons 900 deep": _json(lambda: "[" + '{"id":' * 450 + "1" + "}" * 450 + "]"),
    "a list that stays open": _json(lambda: "[" * 4 * MB),
    "a text that stays open": _json(lambda: '["' + "a" * 3 * MB),
    "a number of 5,000 digits": _json(lambda: '[{"id": ' + "9" * 5_000 + "}]"),
    "a number of 3 million digits": _json(lambda: '[{"id": ' + "9" * 3_000_000 + "}]"),
    "a decimal of 3 million digits": _json(lambda: '[{"id": 0.' + "9" * 3_000_000 + "}]"),
    "a power of ten without an end": _json(lambda: '[{"id": 1e999999999}]'),
    "a small power of ten without an end": _json(lambda: '[{"id": 1e-999999999}]'),
    "NaN": _json(lambda: '[{"id": NaN}]'),
    "Infinity": _json(lambda: '{"head": -Infinity}'),
    "a key twice": _json(lambda: '[{"id": "a", "id": "b"}]'),
    "a person of 100,000 fields": _json(lambda: json.dumps([{f"k{i}": "" for i in range(100_000)}])),
    "a name of 3 MB": _json(lambda: '[{"id": "p-1", "name": "' + "a" * 3 * MB + '"}]'),
    "a field of 3 MB": _json(lambda: '[{"' + "a" * 3 * MB + '": "x"}]'),
    "half of a letter": _json(lambda: '[{"id": "\\ud800", "name": "a"}]'),
    "300,000 escapes": _json(lambda: '["' + "\\u0041" * 300_000 + '"]'),
    "letters that are none": _json(lambda: b"\xff\xfe\xfd" * MB),
    "zeros": _json(lambda: b"\0" * 4 * MB),
    "UTF-16": _json(lambda: "[1]".encode("utf-16")),
    "nothing": _json(lambda: b""),
    "a number": _json(lambda: "1"),
    "a list of false": _json(lambda: "[false]"),
    "two documents": _json(lambda: "[] []"),
    "30,000 members": _json(lambda: json.dumps({"head": {"name": "a"}, "members": [{}] * 30_000})),
    "500,000 members": _json(lambda: '{"head": {"name": "a"}, "members": [' + ",".join(["{}"] * 500_000) + "]}"),
    "1 million classes": _json(lambda: '{"classes": [' + ",".join(["1"] * 1_000_000) + "]}"),
    "a pipe": os.mkfifo,
    "a link to itself": lambda path: path.symlink_to(path.name),
    "a device": lambda path: path.symlink_to("/dev/zero"),
    "a folder": lambda path: path.mkdir(),
}
OPEN = ["case", "open", "--policy", "zhalantun-2019-a", "--unit", "150783101201", "--household", FILE]
COMMANDS = (["user", "import", FILE], OPEN, ["unit", "import", FILE])


def words(name: str) -> list[str]:
    return OPEN if "member" in name or "classes" in name or "object" in name else COMMANDS[0]
