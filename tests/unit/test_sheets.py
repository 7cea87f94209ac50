"""Sheets are read strictly: good ones in every encoding, bad ones refused in one sentence with row and column."""

from __future__ import annotations

import io
import sys
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook
from weigai.workflow import InputRefused, Payment, read_payments
from weigai.workflow.exchange.persons import read_persons
from weigai.workflow.exchange.sheets import ROWS

from tests.hostile.sheets import _book, _sheet

HEAD = ["档案号", "金额", "凭证号", "发放日期"]
GOOD = ["150783-2019-0001", "25232.00", "V-1", "2019-08-28"]
WANTED = Payment(2, "150783-2019-0001", 2523200, "V-1", date(2019, 8, 28))


def csv_file(folder: Path, *rows: list[str], encoding: str = "utf-8", raw: bytes | None = None) -> Path:
    path = folder / "sheet.csv"
    text = "\r\n".join(",".join(f'"{cell}"' if "," in cell else cell for cell in row) for row in rows)
    path.write_bytes(text.encode(encoding) if raw is None else raw)
    return path


def xlsx_file(folder: Path, *rows: list[Any], name: str = "sheet.xlsx") -> Path:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    path = folder / name
    book.save(path)
    book.close()
    return path


def test_the_last_cells_of_a_row_in_a_workbook_need_not_be_there(tmp_path: Path) -> None:
    rows = [["编号", "姓名", "职务", "单位", "任职止"], ["p-0009", "王五", "village", "150783101201"]]
    (read,) = read_persons(xlsx_file(tmp_path, *rows))
    assert (read.id, read.name, read.until) == ("p-0009", "王五", None)
    with pytest.raises(InputRefused, match="missing"):
        read_persons(csv_file(tmp_path, *rows))  # a row of a CSV that ends early may have been cut off
    with pytest.raises(InputRefused, match="empty"):
        read_payments(xlsx_file(tmp_path, HEAD, [GOOD[0]]))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    assert read_payments(csv_file(tmp_path, HEAD, GOOD, encoding=encoding)) == [WANTED]


def test_headings_in_english_below_a_title_in_any_order(tmp_path: Path) -> None:
    rows = [
        ["扎兰屯市发放表"],
        ["no", "Voucher", "case", "paid_on", "amount"],
        [],
        ["1", "V-1", GOOD[0], GOOD[3], "25,232"],
    ]
    assert read_payments(csv_file(tmp_path, *rows)) == [WANTED._replace(row=4)]


@pytest.mark.parametrize("amount", [25232, 25232.0, "25232", "25,232.00", "¥25232.0"])
@pytest.mark.parametrize("day", ["2019-08-28", datetime.fromisoformat("2019-08-28T09:00"), date(2019, 8, 28)])
def test_an_xlsx_with_numbers_and_dates(tmp_path: Path, amount: Any, day: Any) -> None:
    assert read_payments(xlsx_file(tmp_path, HEAD, [GOOD[0], amount, "V-1", day], [None, None])) == [WANTED]


@given(fen=st.integers(0, 10**11 - 1))
def test_amounts_are_exact(tmp_path_factory: pytest.TempPathFactory, fen: int) -> None:
    folder = tmp_path_factory.mktemp("sheets")
    amount = f"{fen // 100}.{fen % 100:02d}"
    assert read_payments(csv_file(folder, HEAD, [GOOD[0], amount, *GOOD[2:]]))[0].fen == fen


def test_a_refusal_names_the_column_as_the_sheet_does(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="row 2, column Amount is not an amount"):
        read_payments(csv_file(tmp_path, ["case", "Amount", "voucher", "paid_on"], ["x", "y", "V", "2019-08-28"]))


def row(**changes: Any) -> list[Any]:
    names = dict(zip(("case", "fen", "voucher", "paid_on"), GOOD, strict=True))
    return list({**names, **changes}.values())


BAD_ROWS = {
    "an amount in words": (row(fen="若干"), "row 2, column 金额 is not an amount"),
    "three decimals": (row(fen="1.234"), "row 2, column 金额 is not an amount"),
    "an amount of nan": (row(fen="NaN"), "row 2, column 金额 is not an amount"),
    "full-width digits": (row(fen="２５"), "row 2, column 金额 is not an amount"),
    "commas anywhere": (row(fen="2,52,32"), "row 2, column 金额 is not an amount"),
    "no amount": (row(fen=""), "row 2, column 金额 is empty"),
    "no archive number": (row(case=" "), "row 2, column 档案号 is empty"),
    "an id that was a number": (row(case="1.50783E+17"), "row 2, column 档案号 is stored as a number"),
    "an id with .0": (row(voucher="1234.0"), "row 2, column 凭证号 is stored as a number"),
    "an id with an escape": (row(voucher="V\u202e1"), "row 2, column 凭证号 is not a file number"),
    "a date with slashes": (row(paid_on="2019/8/28"), "row 2, column 发放日期 is not a date"),
    "a day that does not exist": (row(paid_on="2019-02-30"), "row 2, column 发放日期 is not a date"),
    "a formula": (row(fen="=1+1"), "row 2, column B contains a formula"),
    "a cut row": (GOOD[:2], "row 2, column 凭证号 is "),  # "missing" in a CSV, "empty" in a workbook
}


@pytest.mark.parametrize("name", BAD_ROWS)
def test_a_bad_row_is_named(tmp_path: Path, name: str) -> None:
    cells, why = BAD_ROWS[name]
    for path in (csv_file(tmp_path, HEAD, cells), xlsx_file(tmp_path, HEAD, cells)):
        with pytest.raises(InputRefused) as error:
            read_payments(path)
        assert why in error.value.message("en")
        assert "第 2 行" in error.value.message("zh")


@pytest.mark.parametrize(
    ("cells", "why"),
    [(row(case=150783201900001), "档案号 is stored as a number"), (row(case=1.5e17), "档案号 is stored as a number"),
     (row(voucher=12), "凭证号 is stored as a number"), (row(fen=1.001), "金额 is not an amount"),
     (row(fen=True), "金额 is not an amount"), (row(fen=date(2019, 1, 1)), "金额 is not an amount"),
     (row(paid_on=43705), "发放日期 is not a date"), ([*GOOD, "=SUM(B2)"], "column E contains a formula")],
)  # fmt: skip
def test_a_bad_cell_of_a_workbook_is_named(tmp_path: Path, cells: list[Any], why: str) -> None:
    with pytest.raises(InputRefused, match="row 2") as error:
        read_payments(xlsx_file(tmp_path, HEAD, cells))
    assert why in error.value.message("en")


def zipped(**parts: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return held.getvalue()


def bad_files(folder: Path) -> dict[str, tuple[bytes, str]]:
    good = xlsx_file(folder, HEAD, GOOD, name="good.xlsx").read_bytes()
    return {
        "an empty file": (b"", "lacks these headings"),
        "a picture": (b"\x89PNG\r\n\x1a\n\x00\x00", "is not a complete sheet"),
        "an old workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 64, "is not a complete sheet"),
        "no text at all": (b"\xff\xff\xff", "is not a complete sheet"),
        "half of UTF-16": ("档案号,金额".encode("utf-16")[:-1], "is not a complete sheet"),
        "a cut workbook": (good[: len(good) // 2], "is not a complete sheet"),
        "a cut end": (good[:-30], "is not a complete sheet"),
        "a spoilt workbook": (good[:200] + b"\0" * 300 + good[500:], "is not a complete sheet"),
        "a zip of something else": (zipped(readme=b"hello"), "is not a complete sheet"),
        "an open quote": ('档案号,金额,凭证号,发放日期\n"a'.encode(), "is not a complete sheet"),
        "a missing heading": ("档案号,金额,凭证号\n".encode(), "lacks these headings: 发放日期/paid_on"),
        "a heading twice": (
            "档案号,金额,case,凭证号,发放日期\n".encode(),
            "row 1, column C has the same heading twice",
        ),
        "a huge field": (b"a" * 200_000, "is not a complete sheet"),
        "too many columns": (b",".join([b"x"] * 61), "more than 60 columns in row 1"),
    }


def test_a_bad_file_is_refused_in_one_sentence(tmp_path: Path) -> None:
    for name, (content, why) in bad_files(tmp_path).items():
        path = tmp_path / "bad"
        path.write_bytes(content)
        with pytest.raises(InputRefused) as error:
            read_payments(path)
        assert why in error.value.message("en"), name
        assert "\n" not in error.value.message("zh"), name


def test_what_is_too_large_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bad"
    for content, why in (
        (zipped(bomb=b"\0" * (129 * 1024**2)), "too large when unpacked"),
        (zipped(**{f"part{i}": b"" for i in range(2001)}), "too large when unpacked"),
        (b"," * (32 * 1024**2 + 1), "larger than 32 MB"),
    ):
        path.write_bytes(content)
        with pytest.raises(InputRefused, match=why):
            read_payments(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(InputRefused, match="cannot be read"):
            read_payments(path)


def test_too_many_rows(tmp_path: Path) -> None:
    good, head = ",".join(GOOD).encode(), ",".join(HEAD).encode()
    path = csv_file(tmp_path, raw=b"\n".join([head, *[good] * ROWS]))
    assert len(read_payments(path)) == ROWS
    path = csv_file(tmp_path, raw=b"\n".join([head, *[good] * (ROWS + 1)]))
    with pytest.raises(InputRefused, match=f"more than {ROWS} rows"):
        read_payments(path)
    with pytest.raises(InputRefused, match=f"more than {ROWS} rows"):
        read_payments(csv_file(tmp_path, raw=head + b"\n" * 2_000_000))


def book(folder: Path, rows: int, cells: int = 4, **others: str) -> Path:
    """Write a workbook of so many good rows, or with other contents of its parts, as the hostile ones are written."""
    cell = '<c t="inlineStr"><is><t>{}</t></is></c>'
    number, *more = [*GOOD, *"abcdefgh"][:cells]
    row = f"<row>{cell.format(number + '{}')}{''.join(map(cell.format, more))}</row>"
    path = folder / "book.xlsx"
    _sheet(path, rows="".join(row.format(i) for i in range(rows))) if not others else _book(path, **others)
    return path


def test_as_many_rows_as_are_allowed_are_read_of_a_workbook(tmp_path: Path) -> None:
    assert len(read_payments(book(tmp_path, ROWS - 1))) == ROWS


@pytest.mark.parametrize(
    ("rows", "cells", "others", "why"),
    [
        (199_000, 4, {}, f"more than {ROWS} rows"),
        (ROWS - 1, 8, {}, "more than [0-9]+ cells"),
        (0, 4, {"STRINGS": "".join(f"<si><t>{i}</t></si>" for i in range(1_300_000))}, "more than [0-9]+ XML tags"),
        (0, 4, {"BOOK": '<sheet name="b" sheetId="2"/>' * 60_000}, "more than [0-9]+ XML tags"),
        (0, 4, {"SHEET": "<row " + " ".join(f'a{i}="1"' for i in range(1_500_000)) + "/>"}, "text longer than 1 MB"),
    ],
)
def test_what_is_too_much_to_be_read_is_refused_by_its_number(
    tmp_path: Path, rows: int, cells: int, others: dict[str, str], why: str
) -> None:
    with pytest.raises(InputRefused, match=why):
        read_payments(book(tmp_path, rows, cells, **others))


def test_a_workbook_that_lies_about_its_size(tmp_path: Path) -> None:
    path, lie = xlsx_file(tmp_path, HEAD, GOOD), tmp_path / "lie.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(lie, "w") as new:
        for part in old.infolist():
            content = old.read(part).replace(b'ref="A1:D2"', b'ref="A1:XFD1048576"')
            new.writestr(part.filename, content)
    assert read_payments(lie) == [WANTED]


def test_a_workbook_that_would_grow_without_end(tmp_path: Path) -> None:
    path, bad = xlsx_file(tmp_path, HEAD, GOOD), tmp_path / "bad.xlsx"
    laughs = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 12))
    doctype = f'<!DOCTYPE worksheet [<!ENTITY l0 "ha">{laughs}]><worksheet'
    wide = '<row r="3"><c r="XFD3" t="inlineStr"><is><t></t></is></c></row></sheetData>'
    for changes, why in (
        ({"<worksheet": doctype, "V-1": "&l11;"}, "is not a complete sheet"),
        ({"</sheetData>": wide}, "more than 60 columns in row 3"),
        ({"</sheetData>": ""}, "is not a complete sheet"),
    ):
        with zipfile.ZipFile(path) as there, zipfile.ZipFile(bad, "w") as made:
            for part in there.infolist():
                content = there.read(part).decode()
                for old, new in changes.items() if part.filename == "xl/worksheets/sheet1.xml" else ():
                    assert old in content
                    content = content.replace(old, new, 1)
                made.writestr(part.filename, content)
        with pytest.raises(InputRefused) as error:
            read_payments(bad)
        assert why in error.value.message("en"), why


def test_without_openpyxl_the_way_out_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = xlsx_file(tmp_path, HEAD, GOOD)
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(InputRefused, match=r"weigai\[excel\]"):
        read_payments(path)
    assert read_payments(csv_file(tmp_path, HEAD, GOOD)) == [WANTED]


@given(raw=st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    for start in (b"", b"PK\x03\x04", ",".join(HEAD).encode() + b"\n"):
        path = tmp_path_factory.getbasetemp() / "any"
        path.write_bytes(start + raw)
        try:
            read_payments(path)
        except InputRefused as error:
            assert "Traceback" not in str(error)


ENROLLED = ["p-0007", "张三", "", "village", "150783101201", "", ""]
PERSONS = ["编号", "姓名", "账号", "职务", "单位", "任职起", "任职止"]


@pytest.mark.parametrize("made", [csv_file, xlsx_file])
def test_a_sheet_of_persons_is_read_no_further_than_its_rows_may_be(tmp_path: Path, made: Any) -> None:
    assert len(read_persons(made(tmp_path, PERSONS, *[ENROLLED] * 1000))) == 1000
    with pytest.raises(InputRefused, match="more than 1000 rows"):
        read_persons(made(tmp_path, PERSONS, *[ENROLLED] * 1001, ["-"]))
