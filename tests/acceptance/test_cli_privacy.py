"""Personal values at the command line: never shown, logged or named unless unmasked; searched by standard input; erased."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
from pathlib import Path

import pytest

from tests.acceptance.test_cli import term
from tests.forks import Terminal
from tests.machines import opened
from tests.support import household

__all__ = ["term"]
CANARY = {
    "head": {"name": "金丝雀", "id_number": "150799195406120017", "registered_poor": True, "phone": "13900000001"},
    "members": [{"name": "银丝雀", "id_number": "150799196103030027", "relation": "spouse"}],
    "house": {"address": "金丝雀巷一号"},
    "account": {"card": "6217009999999999", "card_holder": "金丝雀"},
    "note": "金丝雀备注",
}
PLAIN = ("丝雀", "150799195406120017", "150799196103030027", "6217009999999999", "13900000001")


def test_what_is_shown_is_masked_and_unmasked_with_a_reason_on_record(term: Terminal) -> None:
    case = opened(term, **CANARY)
    for words in (("case", "show", case), ("case", "history", case), ("audit", "log"), ("user", "list")):
        for shown in (term(*words), term("--json", *words)):
            assert not [value for value in PLAIN if value in shown]
    term("case", "unmask", case, code=3)
    assert "金丝雀" not in term("case", "unmask", case, "--reason", "核对", "--dry-run")
    shown = term.json("case", "unmask", case, "--reason", "核对金丝雀")
    assert shown["household"]["head"]["name"] == "金丝雀"
    assert "金丝雀巷一号" in term("case", "unmask", case, "--reason", "核对")
    log = term.json("audit", "log", "--stream", f"unmasked/{case}")
    assert [e["action"] for e in log] == ["unmask", "unmask"]
    assert "金丝雀" not in json.dumps(log, ensure_ascii=False)
    term("audit", "verify")


def test_words_of_lists_and_units_are_shown_with_a_reason_on_record(term: Terminal) -> None:
    case = opened(term)
    listed = term.json("list", "new", "meeting", "--unit", "150783101201", "--case", case, "--set", "reason=金丝雀")[
        "id"
    ]
    plan = term.papers("village_plan")
    term(
        "unit", "record", "150783101201", "adopt_village_plan", "--on", "2019-06-10", "--set", "note=金丝雀规划", *plan
    )
    (row,) = term.json("unit", "records")
    ways = {"金丝雀": ("list", "unmask", listed), "金丝雀规划": ("unit", "unmask", "150783101201", str(row["seq"]))}
    for words, way in ways.items():
        term(*way, code=3)
        assert words not in term(*way, "--reason", "核对", "--dry-run")
        assert words in term(*way, "--reason", "核对")
        assert words in term.json(*way, "--reason", "核对")["data"].values()
    term("unit", "unmask", "150783101201", "99", "--reason", "核对", code=4)
    term("list", "unmask", "150783101201-M-2019-0099", "--reason", "核对", code=4)
    log = term.json("audit", "log", "--stream", "unit/150783101201")
    assert [e["action"] for e in log].count("unmask") == 4
    term("audit", "verify")


def test_papers_are_written_for_their_reader_only(term: Terminal) -> None:
    case = opened(term)
    term("case", "attach", case, *term.papers("danger_photo"), "--on", "2019-06-10")
    shown = term.json("case", "unmask", case, "--reason", "核对", "--papers", "out")
    (name,) = shown["papers"]
    path = term.folder / "out" / name
    assert path.read_bytes() == b"danger_photo"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    term("case", "unmask", case, "--reason", "核对", "--papers", "out", code=3)  # nothing is overwritten, nor recorded
    assert len(term.json("audit", "log", "--stream", f"unmasked/{case}")) == 1


def test_a_case_is_searched_by_what_standard_input_says(term: Terminal) -> None:
    case = opened(term, **CANARY)
    for by, value in (("id_number", "150799196103030027"), ("name", "金丝雀"), ("card", "6217009999999999")):
        assert [c["case"] for c in term.json("case", "search", "--by", by, stdin=value + "\n")] == [case]
    assert case in term("case", "search", "--by", "phone", stdin="13900000001")
    assert term.json("case", "search", stdin="150799198802290038") == []
    term("case", "search", stdin="", code=3)


def test_a_household_is_erased_when_its_time_is_over(term: Terminal) -> None:
    case = opened(term, **CANARY)
    term("case", "attach", case, *term.papers("danger_photo"), "--on", "2019-06-10")
    term("case", "erase", case, "--agreed-by", "p-0002", "--reason", "x", code=3)
    term("case", "advance", case, "withdraw", "--reason", "不改了", "--on", "2019-06-11")
    assert "second_person" in json.dumps(term.json("case", "erase", case, "--reason", "期满", code=3))
    term("user", "add", "p-0002", "--office", "county@150783", stdin="李四\n")
    told = ("case", "erase", case, "--agreed-by", "p-0002", "--reason", "期满")
    assert term.json(*told, "--dry-run")["dry_run"]
    assert term.json("case", "show", case)["household"]["head"]["name"] == "金**"
    assert term.json(*told)["files"] == 1
    assert term.json("case", "show", case)["household"]["head"]["name"] is None
    assert not stored(term)
    term("audit", "verify")
    kept = b"".join(p.read_bytes() for p in term.folder.glob("weigai.db*") if p.is_file())
    assert not [value for value in PLAIN if value.encode() in kept]


def test_an_erasure_that_was_stopped_before_the_file_was_gone_is_finished_by_the_next_one(term: Terminal) -> None:
    case = opened(term)
    term("case", "attach", case, *term.papers("danger_photo"), "--on", "2019-06-10")
    term("case", "advance", case, "withdraw", "--reason", "不改了", "--on", "2019-06-11")
    term("user", "add", "p-0002", "--office", "county@150783", stdin="李四\n")
    told = ("case", "erase", case, "--agreed-by", "p-0002", "--reason", "期满")
    (file,) = stored(term)
    content = file.read_bytes()
    term(*told)
    file.write_bytes(content)  # as if the command had been stopped
    folder = file.parents[1]
    listed = (folder.parent / "databases.json").read_text()
    (folder.parent / "databases.json").write_text("{}")  # another database may need what lies there
    assert term.json(*told)["files"] == 1
    assert "doctor --sweep" in term.err
    assert stored(term) == [file]
    (folder.parent / "databases.json").write_text(listed)
    assert term.json(*told)["files"] == 1
    assert not stored(term)
    assert term.json(*told)["files"] == 0
    term("audit", "verify")


def test_a_new_master_key_opens_what_the_old_one_did(term: Terminal) -> None:
    case = opened(term, **CANARY)
    before = (term.folder / "weigai.db.key").read_text()
    assert term.json("db", "rotate-key")["wrapped"] > 0
    assert term.json("db", "rotate-key", "--cipher", "sm4")["wrapped"] > 0
    assert len(term.json("db", "retire-key")["retired"]) == 2
    assert term.json("db", "retire-key")["retired"] == []
    assert stat.S_IMODE((term.folder / "weigai.db.key").stat().st_mode) == 0o600
    assert term.json("case", "unmask", case, "--reason", "x")["household"]["head"]["name"] == "金丝雀"
    (term.folder / "weigai.db.key").write_text(before)
    term("case", "show", case, code=6)


def test_a_lost_key_file_is_said_and_never_made_anew(term: Terminal) -> None:
    case = opened(term)
    text = (term.folder / "weigai.db.key").read_text()
    (term.folder / "weigai.db.key").unlink()
    term("case", "show", case, code=6)
    term("init", code=6)
    assert not (term.folder / "weigai.db.key").exists()
    assert term.json("case", "show", case, WEIGAI_MASTER_KEY=text)["case"] == case
    other = json.dumps({**json.loads(text), "index": "00" * 32})
    path = term.file("household.json", {"head": {"name": "x", "id_number": "150799198802290038"}})
    assert Path(path).exists()
    words = ("case", "open", "--policy", "zhalantun-2019-a", "--unit", "150783101201", "--household", path)
    term(*words, code=3)  # not whole
    from tests.support import household

    term.file("household.json", household(head={"name": "李四", "id_number": "150799198802290038"}))
    term(*words, code=6, WEIGAI_MASTER_KEY=other)  # another index would not find the same person again


@pytest.mark.parametrize("name", ["id_number", "card", "phone"])
def test_numbers_are_refused_as_arguments(term: Terminal, name: str) -> None:
    case = opened(term)
    words = ("case", "correct", case, "--cause", "error", "--set", f"household.head.{name}=150799195406120017")
    term(*words, code=2)
    assert "150799195406120017" not in term.err


def stored(term: Terminal) -> list[Path]:
    """Return the stored papers; the list of databases beside them is none."""
    return [path for path in (term.folder / "weigai.db.files" / "150783").rglob("*") if path.is_file()]


def test_a_file_that_no_row_names_is_told_and_swept_after_a_day(term: Terminal) -> None:
    case = opened(term)
    term("case", "attach", case, *term.papers("danger_photo"), "--on", "2019-06-10")
    (named,) = stored(term)
    lost, young = named.with_name(64 * "0"), named.with_name(64 * "1")
    for path in (named, lost, young):
        path.write_bytes(named.read_bytes())
        if path is not young:
            os.utime(path, (1_000_000_000, 1_000_000_000))
    (told,) = (c for c in term.json("doctor", code=6) if not c["ok"])
    assert told["mend"] == "weigai doctor --sweep"
    assert told["found"].startswith("1 ")
    assert lost.exists()
    assert all(c["ok"] for c in term.json("doctor", "--sweep"))
    assert (named.exists(), lost.exists(), young.exists()) == (True, False, True)
    assert term.json("audit", "verify")["ok"]


def test_what_stands_where_a_fields_name_belongs_is_not_said_back(term: Terminal) -> None:
    words = ["case", "open", "--policy", "zhalantun-2019-a", "--unit", "150783101201", "--household"]
    term(*words, term.file("h.json", household(head={"name": "张三", "金丝雀": 1})), code=3)
    assert "丝雀" not in term.err
    term(*words, term.file("h.json", household(head={"name": "张三", "colour": 1})), code=3)
    assert "head.colour" in term.err


def test_an_erasure_is_told_as_done_while_somebody_still_reads(term: Terminal) -> None:
    case = opened(term, **CANARY)
    term("case", "attach", case, *term.papers("danger_photo"), "--on", "2019-06-10")
    term("case", "advance", case, "withdraw", "--reason", "不改了", "--on", "2019-06-10")
    term("user", "add", "p-0002", "--office", "county@150783", stdin="李四\n")
    with sqlite3.connect(term.folder / "weigai.db") as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM weigai_event").fetchone()
        said = term(
            "--lang", "en", "case", "erase", case, "--agreed-by", "p-0002", "--reason", "期满", "--request-id", "e"
        )
    assert "erased" in said
    assert "doctor --sweep later" in term.err
    assert (
        term.json("case", "erase", case, "--agreed-by", "p-0002", "--reason", "期满", "--request-id", "e")["files"] == 1
    )
