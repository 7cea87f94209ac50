"""Hostile policy files: TOML that takes seconds to parse, to place or to judge, and what is no plain file."""

from __future__ import annotations

import os
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Make = Callable[[Path], object]

MB = 1024**2


def _good() -> str:
    return resources.files("weigai.states.policies").joinpath("zhalantun-2019-a.toml").read_text(encoding="utf-8")


def _text(before: str = "", after: str = "", *, whole: str | None = None, encoding: str = "utf-8") -> Make:
    """Return what writes a policy with more before and after a good one, or another text."""
    return lambda path: path.write_bytes((before + _good() + after if whole is None else whole).encode(encoding))


def _made(text: Callable[[], str]) -> Make:
    return lambda path: path.write_text(text(), encoding="utf-8")


def _keys(count: int) -> str:
    return "".join(f"k{i} = 1\n" for i in range(count))


POLICIES: dict[str, Make] = {
    "300,000 keys": _made(lambda: _keys(300_000)),
    "1 million keys": _made(lambda: _keys(1_000_000)),
    "300,000 keys before a good one": _made(lambda: _keys(300_000) + _good()),
    "20,000 unknown keys": _made(lambda: _keys(20_000) + _good()),
    "20,000 unknown keys of a table": _made(lambda: _good() + "\n[guards.x]\n" + _keys(20_000)),
    "9,000 unknown keys of a table": _made(lambda: _good() + _keys(9_000)),
    "9,000 unknown keys": _made(lambda: _keys(9_000) + _good()),
    "4,000 steps": _made(lambda: _good() + '\n[[steps]]\nkind = "review"\n' * 4_000),
    "200 steps that are right": _made(
        lambda: (
            _good() + '\n[[steps]]\nkind = "review"\nlevel = "township"\noffices = ["township"]\nsource = "a"\n' * 200
        )
    ),
    "4,000 tables": _made(lambda: _good() + "".join(f"\n[t{i}]\n" for i in range(4_000))),
    "4,900 lists": _made(lambda: _good() + "\nx = [" + "[]," * 4_900 + "]"),
    "a dotted key of 40,000 parts": _made(lambda: ".".join("a" * 40_000) + " = 1\n"),
    "100 headers of 400 parts": _made(
        lambda: "".join("[" + ".".join(f"a{i}" for _ in range(400)) + "]\n" for i in range(100))
    ),
    "400 KB of a text": _made(lambda: f'a = "{"a" * 400_000}"\n' + _good()),
    "20,000 tables": _made(lambda: _good() + "".join(f"\n[t{i}]\n" for i in range(20_000))),
    "200,000 tables": _made(lambda: "".join(f"\n[t{i}]\n" for i in range(200_000))),
    "50,000 steps": _made(lambda: _good() + '\n[[steps]]\nkind = "review"\n' * 50_000),
    "5,000 steps": _made(lambda: _good() + '\n[[steps]]\nkind = "review"\nlevel = "township"\n' * 5_000),
    "20,000 papers": _made(lambda: _good() + '\n[[papers]]\nkind = "a"\n' * 20_000),
    "20,000 changes": _made(lambda: _good() + '\n[[changes]]\npath = "a"\n' * 20_000),
    "20,000 quotas": _made(lambda: _good() + '\n[[quotas]]\nid = "a"\n' * 20_000),
    "a dotted key of 100,000 parts": _made(lambda: ".".join("a" * 100_000) + " = 1\n"),
    "a header of 100,000 parts": _made(lambda: "[" + ".".join("a" * 100_000) + "]\n"),
    "2,000 headers of 500 parts": _made(
        lambda: "".join("[" + ".".join(f"a{i}" for _ in range(500)) + "]\n" for i in range(2_000))
    ),
    "lists 100,000 deep": _made(lambda: "a = " + "[" * 100_000 + "]" * 100_000),
    "lists 500 deep": _made(lambda: _good() + "\nx = " + "[" * 300 + "]" * 300),
    "inline tables 100,000 deep": _made(lambda: "a = " + "{a = " * 100_000 + "1" + "}" * 100_000),
    "inline tables 300 deep": _made(lambda: _good() + "\n[z]\nx = " + "{a = " * 200 + "1" + "}" * 200),
    "a list of 1 million numbers": _made(lambda: "a = [" + "1," * 1_000_000 + "]"),
    "a list of 100,000 numbers": _made(lambda: "x = [" + "1," * 100_000 + "]\n" + _good()),
    "a list of 1 million lists": _made(lambda: "a = [" + "[]," * 1_000_000 + "]"),
    "a number of 1 million digits": _made(lambda: f"a = {'9' * MB}\n" + _good()),
    "a number of 5,000 digits": _made(lambda: f"a = {'9' * 5_000}\n" + _good()),
    "a power of ten without an end": _made(lambda: "a = 1e999999999\n" + _good()),
    "nan and infinity": _made(lambda: "a = nan\nb = inf\n" + _good()),
    "a text of 50 MB": _made(lambda: f'a = "{"a" * 50 * MB}"\n'),
    "a text of 200 KB": _made(lambda: f'a = "{"a" * 200_000}"\n' + _good()),
    "a text that stays open": _made(lambda: 'a = """' + "b\n" * 5_000_000),
    "a name of 5 MB": _made(lambda: "a" * 5 * MB + " = 1\n"),
    "a name of 200 KB": _made(lambda: "a" * 200_000 + " = 1\n" + _good()),
    "comments of 100 MB": _made(lambda: "# a\n" * 25 * MB + _good()),
    "lines without an end": _made(lambda: "\n" * 50 * MB + _good()),
    "blanks without an end": _made(lambda: "a" + " " * 50 * MB + "= 1"),
    "100,000 escapes": _made(lambda: 'a = "' + "\\u0041" * 100_000 + '"\n' + _good()),
    "zeros": _text(whole="\0" * 20 * MB),
    "letters that are none": lambda path: path.write_bytes(b"\xff\xfe\xfd" * MB),
    "a key twice": _text(after='\nid = "x"\n'),
    "a title of 100,000 lines": _made(
        lambda: _good().replace('id = "', 'note = """' + "a\n" * 100_000 + '"""\nid = "', 1)
    ),
    "a pipe": os.mkfifo,
    "a link to itself": lambda path: path.symlink_to(path.name),
    "a device": lambda path: path.symlink_to("/dev/zero"),
    "a folder": lambda path: path.mkdir(),
    "a link to nothing": lambda path: path.symlink_to("nothing"),
}
