"""What units owe, what is overdue, and finance's list, on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import Workbook
from weigai.db import Keys, open_engine

from tests.forks import Terminal
from tests.support import TOWNSHIP, VILLAGE, Desk


@pytest.fixture
def office(tmp_path: Path, trial: Path) -> Terminal:
    return Terminal.copied(trial, tmp_path)


def test_a_unit_records_what_it_owes(office: Terminal) -> None:
    words = ["unit", "record", TOWNSHIP, "submit_progress", "--on", "2019-05-14", "--request-id", "r-1"]
    words += ["--set", "started=12", *office.papers("progress_report")]
    dry = office.json(*words, "--dry-run")
    assert dry["period"] == "2019-05-15"
    assert office.json("unit", "records") == []
    done = office.json(*words)
    assert (done["period"], done["office"], done["data"]) == ("2019-05-15", "township", {"started": 12})
    assert office.json(*words)["event"] == done["event"]
    office(*words, "--policy", "zhalantun-2019-a", code=3)
    assert "2019-06-01" in office(
        "unit",
        "record",
        TOWNSHIP,
        "submit_progress",
        "--on",
        "2019-06-20",
        "--period",
        "2019-06-01",
        "--reason",
        "迟报",
    )
    office("unit", "record", VILLAGE, "adopt_village_plan", "--on", "2019-03-01", "--policy", "zhalantun-2019-b")
    listed = office.json("unit", "records", "--unit", TOWNSHIP)
    assert [r["period"] for r in listed] == ["2019-05-15", "2019-06-01"]
    assert "报送进度" in office("unit", "records")
    assert "submit progress" in office("--lang", "en", "unit", "records", "--action", "submit_progress")
    assert office.json("audit", "verify")["ok"] is True


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        ((TOWNSHIP, "fly"), 2, "submit_progress"),
        ((TOWNSHIP, "submit_progress", "--period", "2019-05-02", "--on", "2019-05-02"), 3, "R64"),
        ((TOWNSHIP, "submit_progress"), 3, "--period"),
        ((TOWNSHIP, "submit_progress", "--on", "2999-01-01"), 3, "R64"),
        ((VILLAGE, "submit_self_check", "--on", "2019-09-01"), 3, "R65"),
        (("150783199", "submit_survey", "--on", "2019-03-01"), 3, "R59"),
        ((TOWNSHIP, "submit_survey", "--set", "colour=1", "--on", "2019-03-01"), 3, "colour"),
        ((TOWNSHIP, "submit_survey", "--policy", "nowhere"), 4, "nowhere"),
        ((TOWNSHIP, "submit_survey", "--for", "p-9/township", "--on", "2019-03-01"), 3, "R59"),
    ],
)
def test_a_record_that_is_refused(office: Terminal, words: tuple[str, ...], code: int, why: str) -> None:
    for lang in ("zh", "en"):
        assert office("--lang", lang, "unit", "record", *words, code=code) == ""
        assert why in office.err
    assert office.json("unit", "records") == []


def test_what_is_overdue(office: Terminal) -> None:
    office("unit", "record", TOWNSHIP, "submit_progress", "--on", "2019-04-15")
    townships = sum(u["level"] == "township" for u in office.json("unit", "list"))
    assert townships == 16
    assert office.json("report", "overdue", "--on", "2019-04-15") == []
    found = office.json("report", "overdue", "--on", "2019-04-16")
    assert {e["kind"] for e in found} == {"duty"}
    late = [e for e in found if e["what"] == "submit_progress"]
    assert len(late) == 15
    assert TOWNSHIP not in {e["unit"] for e in late}
    assert {(e["due"], e["days"], e["rule"], e["came"]) for e in late} == {("2019-04-15", 1, "R64", None)}
    assert [e["what"] for e in found if e["who"] == ["county"]] == ["circulate_progress"]
    assert "蘑菇气镇" in office("report", "overdue", "--on", "2019-04-16")
    assert "submit progress" in office("--lang", "en", "report", "overdue", "--policy", "zhalantun-2019-a")
    assert "没有逾期" in office("report", "overdue", "--on", "2019-04-01")
    office("report", "overdue", "--on", "2019", code=2)
    case = office.json("report", "overdue", "--on", "2019-10-01", "--policy", "zhalantun-2019-b")
    assert {e["what"] for e in case} == {"submit_progress", "circulate_progress", "submit_self_check"}
    assert len([e for e in case if e["what"] == "submit_self_check"]) == 16


def paid(office: Terminal) -> str:
    engine = open_engine(office.env["WEIGAI_DB"])
    with Desk(engine, office.folder / "files") as desk:
        desk.api.context.keys = Keys.from_file(next(office.folder.glob("*.key")))
        case = desk.open()
        desk.walk(case, "archiving")
        desk.session.commit()
    engine.dispose()
    return case


def test_finances_list_against_the_record(office: Terminal) -> None:
    case = paid(office)
    good = office.file("good.csv", f"户档,金额,凭证号,发放日期\n{case},25232.00,V-1,2019-08-28\n")
    told = office.json("report", "reconcile", good)
    assert (told["ok"], told["counts"]) == (True, {"matches": 1})
    assert "相符 1" in office("report", "reconcile", good)
    bad = office.file("bad.csv", f"case,amount,voucher,paid_on\n{case},1.00,V-1,2019-08-28\nX,2.00,V-2,2019-08-28\n")
    told = office.json("report", "reconcile", bad, code=3)
    assert told["counts"] == {"amount_differs": 1, "unknown_case": 1}
    assert "金额不符" in office("report", "reconcile", bad, code=3)
    empty = office.file("empty.csv", "case,amount,voucher,paid_on\n")
    assert "not in the sheet 1" in office("--lang", "en", "report", "reconcile", empty, code=3)
    assert office.json("report", "reconcile", empty, "--policy", "zhalantun-2019-b")["ok"] is True
    book = Workbook()
    book.active.append(["档案号", "金额", "凭证号", "发放日期"])
    book.active.append([case, 25232, "V-1", "2019-08-28"])
    book.save(office.folder / "good.xlsx")
    book.close()
    assert office.json("report", "reconcile", "good.xlsx")["ok"] is True


@pytest.mark.parametrize(
    "content", ["", "档案号,金额\n", "case,amount,voucher,paid_on\nx,many,V,2019-08-28\n", "PK\x03\x04"]
)
def test_a_bad_sheet_is_refused_in_one_sentence(office: Terminal, content: str) -> None:
    path = office.file("bad.csv", content)
    assert office("report", "reconcile", path, code=3) == ""
    assert len(office.err.strip().splitlines()) == 1
    assert office("report", "reconcile", "none.csv", code=3) == ""
