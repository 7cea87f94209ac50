"""The command line takes text in every usual encoding, and refuses what is none in a sentence; its JSON loses nothing."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.forks import WEIGAI, Machine, RealTerminal, Terminal
from tests.support import VILLAGE, household

ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "gb18030")
DAY = ("--on", "2019-06-10")
PLAN = "zhalantun-2019-a"
OWN = Path(__file__).parents[2] / "states" / "policies" / f"{PLAN}.toml"


@pytest.fixture
def term(trial: Path, tmp_path: Path) -> Terminal:
    return Terminal.copied(trial, tmp_path)


def opened(term: Terminal, encoding: str = "utf-8", **head: Any) -> str:
    """Open a case by a household file in an encoding."""
    told = household()
    told["head"] |= head
    (term.folder / "household.json").write_bytes(json.dumps(told, ensure_ascii=False).encode(encoding))
    words = ("case", "open", "--policy", PLAN, "--unit", VILLAGE, "--household", "household.json", *DAY)
    return str(term.json(*words)["case"])


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_input_is_read_in_each_usual_encoding(term: Terminal, encoding: str) -> None:
    case = opened(term, encoding)
    assert [c["case"] for c in term.json("case", "search", "--by", "name", stdin="张三\r\n".encode(encoding))] == [case]
    assert term.json("case", "search", stdin="150799195406120017\n".encode(encoding))[0]["case"] == case
    term("user", "add", "p-77", "--office", f"village@{VILLAGE}", stdin="李四\n".encode(encoding))
    rows = f"编号,姓名,职务,单位\np-78,王五,village,{VILLAGE}\n"
    (term.folder / "persons.csv").write_bytes(rows.encode(encoding))
    term("user", "import", "persons.csv")
    persons = [{"id": "p-79", "name": "赵六", "office": "village", "unit": VILLAGE}]
    (term.folder / "persons.json").write_bytes(json.dumps(persons, ensure_ascii=False).encode(encoding))
    term("user", "import", "persons.json")
    (term.folder / "units.csv").write_bytes("150783901,另镇\n".encode(encoding))
    term("unit", "import", "units.csv")
    folder = term.folder / "plans"
    folder.mkdir()
    own = OWN.read_text(encoding="utf-8").replace(f'id = "{PLAN}"', 'id = "own-2019"')
    (folder / "own.toml").write_bytes(own.encode(encoding))
    (term.folder / "days.json").write_bytes('{"version": "县历", "years": {}}'.encode(encoding))
    assert "own-2019" in [p["policy"] for p in term.json("policy", "list", WEIGAI_POLICIES=str(folder))]
    term("case", "list", WEIGAI_CALENDAR="days.json")
    names = {u["id"]: u["name"] for u in term.json("user", "list")}
    assert [names[f"p-{n}"] for n in (77, 78, 79)] == ["李*", "王*", "赵*"]


def test_two_names_are_read_line_by_line_in_each_encoding(tmp_path: Path) -> None:
    for encoding in ENCODINGS:
        folder = tmp_path / encoding
        folder.mkdir()
        term = Machine(folder)
        term.login = "clerk"
        (folder / "units.csv").write_text("150783,县\n150783101,镇\n", encoding="utf-8")
        names = "上官甲\n上官乙\n".encode(encoding)  # U+4E0A holds the byte of a line's end
        term("init", "--county", "150783", "--units", "units.csv", "--admin", "clerk", "--second", "li", stdin=names)
        assert len(term.json("user", "list")) == 2


@pytest.mark.parametrize("encoding", ["ascii", "gbk", "utf-8", "utf-16"])
def test_standard_input_is_not_read_by_the_locale(trial: Path, tmp_path: Path, encoding: str) -> None:
    real = RealTerminal.copied(trial, tmp_path)
    case = opened(real)
    how = {"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    given = "张三\n".encode("utf-8" if encoding == "ascii" else encoding)
    assert real.json("case", "search", "--by", "name", stdin=given, **how)[0]["case"] == case


@pytest.mark.parametrize("raw", [b"\xff\xff\n", b"\0\0\0\n", b"a\0b\n", b"\xff\xfe\0\xd8"])
def test_what_is_no_text_is_refused_in_a_sentence(term: Terminal, raw: bytes) -> None:
    for name in ("x.json", "x.csv", "x.toml"):
        (term.folder / name).write_bytes(raw)
    term("case", "search", "--by", "name", code=3, stdin=raw)
    term("user", "add", "p-77", "--office", f"village@{VILLAGE}", code=3, stdin=raw)
    for words in (
        ("user", "import", "x.csv"),
        ("user", "import", "x.json"),
        ("unit", "import", "x.csv"),
        ("unit", "import", "x.json"),
        ("policy", "check", "x.toml"),
        ("user", "declare", "p-0001", "--data", "x.json"),
    ):
        term(*words, code=3)
        assert words[2] in term.err or "x.json" in term.err
    term("case", "list", code=3, WEIGAI_CALENDAR="x.json")


def test_closed_standard_input_is_an_empty_one(trial: Path, tmp_path: Path) -> None:
    real = RealTerminal.copied(trial, tmp_path)
    for words in ("case search", "user declare p-0001 --data -"):
        shell = f'exec "$@" {words} <&-'
        done = subprocess.run(
            ["sh", "-c", shell, "-", *WEIGAI], cwd=real.folder, env=real.env, capture_output=True, check=False
        )
        assert (done.returncode, b"Traceback" in done.stderr) == (3, False), done.stderr


def test_a_name_is_kept_as_people_see_it(term: Terminal) -> None:
    rare = ["张　三", "\U000323af三", "\U0002ebf0三", "\ue000三", "ᠮ\u180eᠠ"]
    rows = "".join(f"p-{n},\ufeff{name}\u200b,village,{VILLAGE}\n" for n, name in enumerate(rare, 100))
    (term.folder / "persons.csv").write_text(f"编号,姓名,职务,单位\n{rows}", encoding="utf-8")
    term("user", "import", "persons.csv")
    term("user", "add", "p-77", "--office", f"village@{VILLAGE}", stdin="\ufeff李\u200b四\n")
    shown = {u["id"]: u["name"] for u in term.json("user", "list")}  # masked but for the first character
    assert [shown[f"p-{n}"] for n in range(100, 105)] == ["张**", "\U000323af*", "\U0002ebf0*", "\ue000*", "ᠮ**"]
    assert shown["p-77"] == "李*"


@pytest.mark.parametrize("encoding", ["gbk", "ascii", "latin-1"])
def test_json_loses_nothing_on_a_console_of_another_encoding(trial: Path, tmp_path: Path, encoding: str) -> None:
    real = RealTerminal.copied(trial, tmp_path)
    rare = "张\U00030edd\ue000"
    case = opened(real, name=rare)
    how = {"PYTHONUTF8": "0", "PYTHONIOENCODING": encoding}
    out = real("--json", "case", "unmask", case, "--reason", "核对", **how)
    assert json.loads(out)["household"]["head"]["name"] == rare
    assert "?" not in out
    real("case", "unmask", case, "--reason", "核对", **how)  # words go on with what the console has


@pytest.mark.parametrize(
    "words",
    [("a=x", "a.b.c=1"), ("a.b=x", "a.b.c=1"), ("a.=1",), (".=1",), ("a.b.c=" + "9" * 5000,), ("=",), ("a",), ("",)],
)
def test_a_field_that_is_set_twice_or_oddly_is_refused(term: Terminal, words: tuple[str, ...]) -> None:
    case = opened(term)
    before = term.json("case", "show", case)["version"]
    term("case", "advance", case, "submit_application", *(w for s in words for w in ("--set", s)), code=None)
    assert "Traceback" not in term.err
    assert term.json("case", "show", case)["version"] == before


LONG = "x" * 5000


@pytest.mark.parametrize(
    "words",
    [("case", "show", LONG), ("policy", "check", LONG), ("policy", "check", f"{LONG}.toml"), ("case", "list", "--limit", "9" * 5000),
     ("user", "import", LONG), ("case", "open", "--policy", PLAN, "--unit", VILLAGE, "--household", LONG), (LONG,),
     ("user", "add", "p-7", "--office", f"{LONG}@{VILLAGE}"), ("unit", "rename", VILLAGE, LONG), ("--db", f"sqlite:///{LONG}", "inbox"),
     ("case", "record", "x", LONG), ("unit", "history", LONG), ("--as", LONG, "inbox")],
    ids=lambda words: " ".join(word[:12] for word in words),
)  # fmt: skip
def test_what_is_handed_in_at_length_is_refused_and_not_repeated_at_length(
    term: Terminal, words: tuple[str, ...]
) -> None:
    term(*words, code=None, stdin="张三\n")
    assert "Traceback" not in term.err
    assert 0 < len(term.err) < 1000


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_answers_to_questions_are_read_in_each_usual_encoding(term: Terminal, encoding: str) -> None:
    told = "甲县的方案\n".encode(encoding)
    term(
        "policy",
        "new",
        "--from",
        PLAN,
        "--id",
        "jia-2026",
        "--county",
        "150784",
        "--county-name",
        "甲县",
        "--year",
        "2026",
        "--issued",
        "2026-01-01",
        stdin=told,
    )
    assert "甲县的方案" in (term.folder / "jia-2026.toml").read_text(encoding="utf-8")


def test_an_answer_that_is_no_text_is_refused(term: Terminal) -> None:
    term("policy", "new", code=None, stdin=b"\xff\xff\n" * 9)
    assert "Traceback" not in term.err
