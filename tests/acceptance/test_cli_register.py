"""A founded county on the command line: two administrators, sheets of persons, dates of office, units that change."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.acceptance.test_cli import APPLICATION
from tests.forks import Machine
from tests.machines import hired
from tests.support import COUNTY, TOWNSHIP, UNITS, VILLAGE, household

V2, T2, NEW = "150783101202", "150783102", "150783102209"
OWN = {"id_number": "150799195406120017", "card": "6217000000000001", "relatives": []}


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder where two administrators founded a county."""
    made = Machine(tmp_path_factory.mktemp("founded"))
    units = made.file("units.csv", "\n".join(["代码,名称", *(f"{code},{name}" for code, name in UNITS)]))
    told = made.json(
        "init", "--county", COUNTY, "--units", units, "--admin", "zhang", "--second", "li", stdin="张一\n李二\n"
    )
    assert (told["county"], told["trial"], [a["person"] for a in told["admins"]]) == (
        COUNTY,
        False,
        ["p-0001", "p-0002"],
    )
    return made.folder


@pytest.fixture
def real(founded: Path, tmp_path: Path) -> Machine:
    """A terminal of `zhang`, one of the two administrators of a founded county."""
    made = Machine.copied(founded, tmp_path)
    made.login = "zhang"
    return made


LATE = ("--agreed-by", "p-0002", "--reason", "补录")  # of 2019, entered today: with a second person


def opened(real: Machine, *words: str, code: int = 0) -> str:
    path = real.file("household.json", household())
    said = real(
        "--json",
        *words[:2],
        "case",
        "open",
        "--policy",
        "zhalantun-2019-a",
        "--unit",
        VILLAGE,
        "--household",
        path,
        *LATE,
        *words[2:],
        code=code,
    )
    return str(json.loads(said)["case"]) if not code else ""


def test_a_county_is_founded_once_by_two(real: Machine, tmp_path: Path) -> None:
    words = ["init", "--county", COUNTY, "--units", "units.csv", "--admin", "zhang", "--second"]
    real(*words, "wang", stdin="张一\n王三\n", code=3)
    real(*words[:5], code=2)
    assert real.json("init")["new"] is False
    (tmp_path / "other").mkdir()
    other = Machine(tmp_path / "other")
    other.file("units.csv", (real.folder / "units.csv").read_text(encoding="utf-8"))
    other(*words, "zhang", stdin="张一\n张一\n", code=3)
    other(*words, "li", stdin="张一\n", code=3)
    assert "p-0002" in other("--lang", "en", *words, "li", stdin="张一\n李二\n")
    assert real.json("audit", "verify")["ok"] is True


def test_a_grant_waits_for_the_other_administrator(real: Machine) -> None:
    real("user", "add", "p-0007", "--office", f"village@{VILLAGE}", "--account", "wang", stdin="王五\n")
    assert "user confirm" in real.err
    real("--as", "wang", "inbox", code=4)
    assert "待确认" in real("user", "list")
    assert [(p["person"], p["no"]) for p in real.json("user", "pending")] == [("p-0007", 1)]
    assert "p-0007" in real("user", "pending")
    real("user", "confirm", "p-0007", code=3)
    assert "另一名管理员" in real.err
    real("--lang", "en", "user", "confirm", "p-0007", code=3)
    assert "Another administrator" in real.err
    dry = real.json("--as", "li", "user", "confirm", "p-0007", "--dry-run")
    assert dry == real.json("--as", "li", "user", "confirm", "p-0007", "1", "--request-id", "c-1")
    real("--as", "li", "user", "confirm", "p-0007", "--request-id", "c-1")
    assert real.json("--as", "wang", "inbox") == []
    real("--as", "li", "user", "confirm", "p-0007", code=4)
    made = real.json(
        "user", "grant", "p-0007", f"township@{TOWNSHIP}", "--since", "2019-01-01", "--until", "2030-12-31"
    )
    assert (made["no"], made["pending"]) == (3, True)
    assert "3" in real("--as", "li", "user", "confirm", "p-0007", "3")
    assert "止于" in real("user", "revoke", "p-0007", f"township@{TOWNSHIP}")
    assert real.json("user", "revoke", "p-0007", f"village@{VILLAGE}", "--on", "2999-01-01")["until"] == "2998-12-31"
    for words in (["grant", "p-0007", "township"], ["revoke", "p-0007", "@1"]):
        real("user", *words, code=2)
    assert real.json("audit", "verify")["ok"] is True


def test_nobody_else_changes_the_register_and_nobody_sees_beyond_the_area(real: Machine) -> None:
    hired(real, "p-0007", f"village@{VILLAGE}")
    hired(real, "p-0008", f"admin@{TOWNSHIP}")
    clerk, local = ["--as", "a-p-0007"], ["--as", "a-p-0008"]
    for words in (
        ["user", "grant", "p-0007", f"township@{TOWNSHIP}"],
        ["user", "confirm", "p-0008"],
        ["user", "account", "p-0008", "x"],
        ["user", "revoke", "p-0008", f"admin@{TOWNSHIP}"],
        ["unit", "rename", VILLAGE, "x"],
        ["unit", "import", "units.csv"],
        ["unit", "merge", VILLAGE, "--into", V2],
        ["unit", "confirm", "1"],
    ):
        real("--lang", "en", *clerk, *words, code=3)
        assert "belongs to administrator; village committee may not take it" in real.err
    real(*local, "user", "grant", "p-0008", f"village@{T2}", code=4)
    beyond = real.err.replace(T2, "X")
    real(*local, "user", "grant", "p-0008", "village@150783199", code=4)
    assert real.err.replace("150783199", "X") == beyond
    assert {p["id"] for p in real.json(*clerk, "user", "list")} == {"p-0007"}
    assert {p["id"] for p in real.json(*local, "user", "list")} == {"p-0007", "p-0008"}
    assert {u["code"] for u in real.json(*clerk, "unit", "list")} == {VILLAGE}
    real(*clerk, "unit", "history", TOWNSHIP, code=4)
    assert real.json("user", "list")[2]["name"] == "某*"


def test_an_office_is_held_on_the_day_of_the_act(real: Machine) -> None:
    hired(real, "p-0007", f"village@{VILLAGE}", "--since", "2019-06-01")
    me = ["--as", "a-p-0007"]
    opened(real, *me, "--on", "2019-05-31", code=3)
    assert "2019-05-31 没有任职" in real.err
    case = opened(real, *me, "--on", "2019-06-10")
    hired(real, "p-0009", f"township@{TOWNSHIP}", "--since", "2019-01-01")
    clerk = [
        "--as",
        "a-p-0009",
        "case",
        "advance",
        case,
        "submit_application",
        "--data",
        real.file("data.json", APPLICATION),
    ]
    papers = real.papers("application registration_proof income_proof danger_photo")
    said = set()
    for who in ("p-0404/village", "p-0007/township", "p-0001/village", "p-0007/village"):
        real(*clerk, "--on", "2019-05-31", "--for", who, *papers, code=4)
        said.add(real.err.replace(who, "X"))
    assert len(said) == 1
    real(*clerk, "--for", "p-0007", *papers, code=2)
    done = real.json(*clerk, "--on", "2019-06-10", "--for", "p-0007/village", *papers, *LATE, "--dry-run")
    assert done["allowed"] is True


SHEET = "编号,姓名,账号,职务,单位,任职起,任职止\n"


def test_a_sheet_of_persons_is_taken_in_as_a_whole_or_not_at_all(real: Machine) -> None:
    good = f"p-0011,王一,w1,village,{VILLAGE},2019-01-01,\np-0011,王一,w1,village,{V2},,2030-12-31\np-0012,王二,,finance,{COUNTY},,\n"
    bad = {
        f"{good}p-0013,王三,w3,king,{COUNTY},,\n": (3, "第 5 行"),
        f"{good}p-0013,王三,w3,village,150783101299,,\n": (4, "[5] 150783101299"),
        f"{good}p-0013,王三,w1,village,{VILLAGE},,\n": (3, "第 5 行"),
        f"{good}p-0011,王九,w1,village,{VILLAGE},,\n": (3, "第 5 行"),
        f"{good}p-0013,王三,w3,village,{VILLAGE},2019-13-01,\n": (3, "第 5 行"),
        f"{good}p-0013,,w3,village,{VILLAGE},,\n": (3, "第 5 行"),
    }
    for rows, (code, why) in bad.items():
        real("user", "import", real.file("bad.csv", SHEET + rows), code=code)
        assert why in real.err, real.err
        assert len(real.json("user", "list")) == 2
    (real.folder / "good.csv").write_bytes((SHEET + good).encode("gb18030"))
    words = ["user", "import", "good.csv", "--request-id", "i-1"]
    assert len(real.json(*words, "--dry-run")) == 2
    assert "3 项职务" in real(*words)
    assert len(real.json(*words)) == 2  # the same request, done once
    assert {(p["person"], p["unit"]) for p in real.json("user", "pending")} == {
        ("p-0011", VILLAGE),
        ("p-0011", V2),
        ("p-0012", COUNTY),
    }
    real("--as", "li", "user", "confirm", "p-0011")
    real("--as", "w1", "inbox")
    more = real.file(
        "more.json", [{"id": "p-0011", "name": "王一", "account": "w1", "office": "finance", "unit": COUNTY}]
    )
    assert real.json("user", "import", more)[0]["no"] == 3
    for content in (
        "{",
        "{}",
        '[{"id": "p-1"}]',
        '[{"id": 5, "name": "x", "office": "finance", "unit": "150783"}]',
        '[{"id": "p-1", "name": "x", "office": "finance", "unit": "150783", "colour": "x"}]',
    ):
        real("user", "import", real.file("bad.json", content), code=3)
    assert real.json("audit", "verify")["ok"] is True


def test_accounts_and_declarations(real: Machine) -> None:
    assert real.json("user", "account", "p-0002", "li2")["pending"] is True
    assert "li2" in real("user", "pending")
    real("--as", "li", "user", "confirm", "p-0002")
    real("--as", "li2", "user", "list")
    path = real.file("own.json", OWN)
    assert real.json("user", "declare", "p-0001", "--data", path) == {"person": "p-0001", "declared": True}
    assert "p-0002" in real(
        "user", "declare", "p-0002", "--data", "-", stdin=json.dumps({"id_number": "150799196103030027"})
    )
    real("user", "declare", "p-0001", "--data", real.file("bad.json", {"id_number": "150799195406120018"}), code=3)
    assert "150799195406120018" not in real.err
    real("user", "declare", "p-0001", "--id-number", "1", code=2)
    stored = b"".join(p.read_bytes() for p in real.folder.glob("weigai.db*") if p.is_file())
    assert b"declared" in stored
    body = real.json("audit", "log", "--stream", "person/p-0001")
    assert "150799195406120017" not in json.dumps(body)


def test_units_change_with_dates(real: Machine) -> None:
    hired(real, "p-0007", f"village@{VILLAGE}", "--since", "2019-01-01")
    hired(real, "p-0006", f"township@{T2}", "--since", "2019-01-01")
    case = opened(real, "--as", "a-p-0007", "--on", "2019-06-10")
    real("--as", "a-p-0006", "case", "show", case, code=4)
    words = ["unit", "merge", VILLAGE, "--into", NEW, "--name", "乙九村", "--on", "2020-05-01"]
    assert real.json(*words, "--dry-run")["holders"] == [{"person": "p-0007", "office": "village"}]
    assert NEW in real(*words)
    assert "unit confirm" in real.err
    assert NEW in real("user", "pending")
    real("unit", "confirm", code=3)
    assert NEW in real("--as", "li", "unit", "confirm")
    assert "p-0007" in real.err
    assert real.json("--as", "a-p-0006", "case", "show", case)["unit"] == VILLAGE
    real("--as", "a-p-0007", "case", "show", case, code=4)
    assert "新甲镇" in real("unit", "rename", TOWNSHIP, "新甲镇", "--on", "2020-01-01")
    shown = {u["code"]: u for u in real.json("unit", "list")}
    assert (shown[TOWNSHIP]["name"], shown[VILLAGE]["until"], shown[NEW]["since"]) == (
        "新甲镇",
        "2020-04-30",
        "2020-05-01",
    )
    assert [e["took_in"] for e in real.json("unit", "history", NEW)] == [VILLAGE]
    assert "并入本单位" in real("unit", "history", NEW)
    real("unit", "rename", TOWNSHIP, "x", "--on", "2999-01-01", code=3)
    real("unit", "merge", V2, "--into", "150783103201", "--name", "x", code=4)
    assert real.json("unit", "rename", TOWNSHIP, "y")["name"] == "y"
    assert real.json("audit", "verify")["ok"] is True
