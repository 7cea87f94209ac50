"""Hostile sheets: XLSX whose parts grow when they are unpacked or parsed, and CSV without an end."""

from __future__ import annotations

import io
import os
import struct
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Make = Callable[[Path], object]

MB, STORED = 1024**2, zipfile.ZIP_STORED
SHEET, STRINGS, STYLES, BOOK = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml", "xl/workbook.xml"
TYPES, RELS, CORE = "[Content_Types].xml", "xl/_rels/workbook.xml.rels", "docProps/core.xml"
_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_ROWS = (
    ("档案号", "金额", "凭证号", "发放日期"),
    ("150783-2019-0001", "25232.00", "V-1", "2019-08-28"),
)
_DATA = "".join(
    f'<row r="{n}">'
    + "".join(f'<c r="{"ABCD"[i]}{n}" t="inlineStr"><is><t>{cell}</t></is></c>' for i, cell in enumerate(row))
    + "</row>"
    for n, row in enumerate(_ROWS, 1)
)
_GOOD = {
    TYPES: '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    f'<Override PartName="/{BOOK}" ContentType="{_KIND}.sheet.main+xml"/>'
    f'<Override PartName="/{SHEET}" ContentType="{_KIND}.worksheet+xml"/>'
    f'<Override PartName="/{STRINGS}" ContentType="{_KIND}.sharedStrings+xml"/>'
    f'<Override PartName="/{STYLES}" ContentType="{_KIND}.styles+xml"/>%s</Types>',
    "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="{BOOK}"/></Relationships>',
    BOOK: f'<workbook {_MAIN} xmlns:r="{_OFFICE}"><sheets><sheet name="a" sheetId="1" r:id="rId1"/></sheets>%s</workbook>',
    RELS: '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/>'
    f'<Relationship Id="rId3" Type="{_OFFICE}/sharedStrings" Target="sharedStrings.xml"/>%s</Relationships>',
    STYLES: f'<styleSheet {_MAIN}><fonts count="1"><font/></fonts><fills count="1"><fill><patternFill/></fill></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="1"><xf/></cellXfs>%s</styleSheet>',
    STRINGS: f"<sst {_MAIN}>%s</sst>",
    SHEET: f"<worksheet {_MAIN}>%s</worksheet>",
}
_EMPTY = {SHEET: f"<sheetData>{_DATA}</sheetData>"}


def _book(path: Path, method: int = zipfile.ZIP_DEFLATED, whole: dict[str, bytes] | None = None, **inner: str) -> None:
    """Write a workbook with more inside some of its parts (named by their constants here), or with whole other parts."""
    told = {globals()[name]: text for name, text in inner.items()}
    parts = {name: (text.replace("%s", told.get(name, _EMPTY.get(name, "")))).encode() for name, text in _GOOD.items()}
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in {**parts, **(whole or {})}.items():
            archive.writestr(name, content)


def _sheet(
    path: Path, method: int = zipfile.ZIP_DEFLATED, *, before: str = "", after: str = "", rows: str = ""
) -> None:
    _book(path, method, SHEET=f"{before}<sheetData>{_DATA}{rows}</sheetData>{after}")


def _laughs(root: str, levels: int = 12) -> str:
    named = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, levels))
    return f'<!DOCTYPE {root} [<!ENTITY l0 "ha">{named}]>'


def _entities(path: Path, part: str, doctype: str, use: str, encoding: str = "utf-8") -> None:
    text = _GOOD[part].replace("%s", use or _EMPTY.get(part, ""))
    head = f'<?xml version="1.0" encoding="{encoding}"?>'
    _book(path, whole={part: (head + doctype + text).encode(encoding)})


def _written(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _lying(path: Path) -> None:
    """A part that says it is small."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", b"\0" * 100 * MB)
    raw = bytearray(held.getvalue())
    at = raw.rindex(b"PK\x01\x02")
    raw[at + 24 : at + 28] = struct.pack("<I", 100)
    path.write_bytes(raw)


def _overlapping(path: Path, count: int = 20_000) -> None:
    """Thousands of names in the directory that are all one part of 20 MB."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("aaaaa", b"\0" * 20 * MB)
    raw = held.getvalue()
    at = raw.rindex(b"PK\x01\x02")
    entry, end = raw[at : raw.rindex(b"PK\x05\x06")], raw[raw.rindex(b"PK\x05\x06") :]
    entries = b"".join(entry.replace(b"aaaaa", b"%05d" % i) for i in range(count))
    tail = end[:8] + struct.pack("<HHII", count, count, len(entries), at) + end[20:]
    path.write_bytes(raw[:at] + entries + tail)


def _flagged(path: Path) -> None:
    """A workbook that says it is encrypted."""
    _sheet(path)
    raw = path.read_bytes()
    path.write_bytes(raw.replace(b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01"))


def _twice(path: Path) -> None:
    _sheet(path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(SHEET.replace("sheet1", "sheet2"), b"x")
        archive.filelist[-1].filename = SHEET


def _nested(tag: str, depth: int) -> str:
    return f"<{tag}>" * depth + f"</{tag}>" * depth


_HEAD = ",".join(_ROWS[0]).encode() + b"\n"
_TABLE = "<si><t>a</t></si>"

SHEETS: dict[str, Make] = {
    "shared strings without an end": lambda path: _book(path, STRINGS=_TABLE * 3_000_000),
    "empty shared strings": lambda path: _book(path, STRINGS="<si/>" * 12_000_000),
    "one shared string of 100 MB": lambda path: _book(path, STRINGS=f"<si><t>{'a' * 100 * MB}</t></si>"),
    "one shared string of 4 million runs": lambda path: _book(path, STRINGS=f"<si>{'<r><t>a</t></r>' * 4_000_000}</si>"),
    "2 million styles": lambda path: _book(path, STYLES=f"<cellXfs>{'<xf/>' * 2_000_000}</cellXfs>"),
    "2 million number formats": lambda path: _book(path, STYLES="<numFmts>" + '<numFmt numFmtId="200" formatCode="0"/>' * 2_000_000 + "</numFmts>"
    ),
    "2 million fonts": lambda path: _book(path, STYLES=f"<fonts>{'<font><b/></font>' * 2_000_000}</fonts>"),
    "2 million differential styles": lambda path: _book(path, STYLES=f"<dxfs>{'<dxf/>' * 2_000_000}</dxfs>"),
    "1 million names": lambda path: _book(path, BOOK="<definedNames>" + '<definedName name="a">a!$A$1</definedName>' * 1_000_000 + "</definedNames>"
    ),
    "500,000 sheets": lambda path: _book(path, BOOK="<sheets>" + '<sheet name="b" sheetId="2" r:id="rId1"/>' * 500_000 + "</sheets>"),
    "1 million kinds of content": lambda path: _book(path, TYPES='<Override PartName="/a" ContentType="a/b"/>' * 1_000_000),
    "1 million relations": lambda path: _book(path, RELS='<Relationship Id="r" Type="a" Target="b"/>' * 1_000_000),
    "properties of 100 MB": lambda path: _book(path, whole={CORE: b"<a>" + b"<b/>" * 25_000_000 + b"</a>"}),
    "a theme of 100 MB": lambda path: _book(path, whole={"xl/theme/theme1.xml": b"<a>" + b"<b/>" * 25_000_000 + b"</a>"}),
    "2 million merged ranges": lambda path: _sheet(path, after="<mergeCells>" + '<mergeCell ref="A1:XFD1048576"/>' * 2_000_000 + "</mergeCells>"
    ),
    "2 million widths": lambda path: _sheet(path, before="<cols>" + '<col min="1" max="9" width="9"/>' * 2_000_000 + "</cols>"),
    "2 million validations": lambda path: _sheet(path, after="<dataValidations>" + '<dataValidation sqref="A1"/>' * 2_000_000 + "</dataValidations>"
    ),
    "1 million hyperlinks": lambda path: _sheet(path, after="<hyperlinks>" + '<hyperlink ref="A1" location="b"/>' * 1_000_000 + "</hyperlinks>"
    ),
    "1 million conditional formats": lambda path: _sheet(path, after='<conditionalFormatting sqref="A1"><cfRule/></conditionalFormatting>' * 1_000_000
    ),
    "nested 3 million deep": lambda path: _sheet(path, before=_nested("a", 3_000_000)),
    "a cell nested 1 million deep": lambda path: _sheet(path, rows=f'<row r="3"><c r="A3">{_nested("a", 1_000_000)}</c></row>'),
    "a book nested 3 million deep": lambda path: _book(path, BOOK=_nested("a", 3_000_000)),
    "strings nested 3 million deep": lambda path: _book(path, STRINGS=_nested("a", 3_000_000)),
    "entities that laugh": lambda path: _entities(path, part=SHEET, doctype=_laughs("worksheet"), use="&l11;"),
    "entities that laugh in the strings": lambda path: _entities(path, part=STRINGS, doctype=_laughs("sst"), use="&l11;"),
    "entities that laugh in UTF-16": lambda path: _entities(path, part=STRINGS, doctype=_laughs("sst"), use="&l11;", encoding="utf-16"
    ),
    "one large entity, 20,000 times": lambda path: _entities(path, part=STRINGS, doctype=f'<!DOCTYPE sst [<!ENTITY a "{"a" * 100_000}">]>', use="<si><t>&a;</t></si>" * 20_000
    ),
    "an entity that is a file": lambda path: _entities(path, part=STRINGS, doctype='<!DOCTYPE sst [<!ENTITY a SYSTEM "file:///etc/passwd">]>', use="<si><t>&a;</t></si>"
    ),
    "rows of 16,384 cells": lambda path: _sheet(path, rows='<row><c r="XFD3"/></row>' * 300_000),
    "one row of 10 million cells": lambda path: _sheet(path, rows=f"<row>{'<c/>' * 10_000_000}</row>"),
    "2 million rows of nothing": lambda path: _sheet(path, rows="<row><c/></row>" * 2_000_000),
    "200,000 rows of 50 cells": lambda path: _sheet(path, rows=f"<row>{'<c><v>1</v></c>' * 50}</row>" * 150_000),
    "a row with 3 million attributes": lambda path: _sheet(path, rows="<row " + " ".join(f'a{i}="1"' for i in range(3_000_000)) + "/>"
    ),
    "an attribute of 60 MB": lambda path: _sheet(path, rows=f'<row a="{"a" * 60 * MB}"/>'),
    "a cell of 100 MB": lambda path: _sheet(path, rows=f'<row r="3"><c r="A3" t="inlineStr"><is><t>{"a" * 100 * MB}</t></is></c></row>'
    ),
    "a comment of 100 MB": lambda path: _sheet(path, before=f"<!--{'a' * 100 * MB}-->"),
    "a number of 1 million digits": lambda path: _sheet(path, rows=f'<row r="3"><c r="B3"><v>{"9" * MB}</v></c></row>'),
    "100,000 parts": lambda path: _book(path, whole={f"xl/media/{i}": b"" for i in range(100_000)}),
    "20,000 parts that are one": _overlapping,
    "a part that says it is small": _lying,
    "a part packed by LZMA": lambda path: _book(path, method=zipfile.ZIP_LZMA),
    "a part packed by bzip2": lambda path: _book(path, method=zipfile.ZIP_BZIP2, whole={"xl/x": b"\0" * 100 * MB}),
    "a book that is encrypted": _flagged,
    "a part of two names": _twice,
    "an old workbook": lambda path: _written(path, content=b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 20 * MB),
    "shared strings that are not packed": lambda path: _book(path, STORED, STRINGS=_TABLE * 1_700_000),
    "styles that are not packed": lambda path: _book(path, STORED, STYLES=f"<cellXfs>{'<xf/>' * 1_500_000}</cellXfs>"),
    "relations that are not packed": lambda path: _book(path, STORED, RELS='<Relationship Id="r"/>' * 350_000),
    "cells that are not packed": lambda path: _sheet(path, STORED, rows=f"<row>{'<c><v>1</v></c>' * 50}</row>" * 35_000),
    "rows that are not packed": lambda path: _sheet(path, STORED, rows="<row/>" * 5_000_000),
    "a nest that is not packed": lambda path: _sheet(path, STORED, before=_nested("a", 4_000_000)),
    "CSV: one line of commas": lambda path: _written(path, content=_HEAD + b"," * 31 * MB),
    "CSV: cells of two letters": lambda path: _written(path, content=_HEAD + (b"ab," * 59 + b"ab\n") * 170_000),
    "CSV: lines of commas": lambda path: _written(path, content=_HEAD + (b"," * 250 + b"\n") * 128_000),
    "CSV: a quote that stays open": lambda path: _written(path, content=_HEAD + b'"' + b"a" * 31 * MB),
    "CSV: cells over many lines": lambda path: _written(path, content=_HEAD + b'"ab\n",' * 5_000_000),
    "CSV: letters of four bytes": lambda path: _written(path, content=_HEAD + ("𠀀" * 8_000_000).encode()),
    "CSV: letters, one of four bytes": lambda path: _written(path, content=_HEAD + b"a,b\n" * 7_800_000 + "𠀀".encode()),
    "CSV: lines of nothing": lambda path: _written(path, content=_HEAD + b"\n" * 31 * MB),
    "CSV: zeros": lambda path: _written(path, content=b"\0" * 31 * MB),
    "a pipe": os.mkfifo,
    "a link to itself": lambda path: path.symlink_to(path.name),
    "a device": lambda path: path.symlink_to("/dev/zero"),
    "a folder": lambda path: path.mkdir(),
}  # fmt: skip
