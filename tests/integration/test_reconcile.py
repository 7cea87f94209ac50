"""Finance's list against the record: what matches, what differs, who is unknown, twice, or not in the sheet (R40, R40a)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from weigai.workflow import Actor, Payment

from tests.support import Desk, person

DAY = date(2019, 8, 28)


@pytest.fixture
def paid(store_desk: Desk) -> tuple[Desk, list[str]]:
    cases = []
    for number in ("150799195406120017", "150799196103030027"):
        case = store_desk.open(head={"name": "张三", "id_number": number, "registered_poor": True})
        store_desk.walk(case, "archiving")
        cases.append(case)
    cases.append(store_desk.open(head={"name": "王五", "id_number": "150799197001010011", "registered_poor": True}))
    return store_desk, cases


def result(desk: Desk, rows: list[Payment], actor: Actor | None = None, **more: Any) -> list[tuple[Any, Any, str]]:
    found = desk.api.records.reconcile(rows, actor=actor or person("finance"), **more)
    return [(r.row, r.case, r.result) for r in found]


def test_every_result(paid: tuple[Desk, list[str]]) -> None:
    desk, (one, two, unpaid) = paid
    archive = desk.api.get(one, actor=person("county")).record["archive_no"]
    row = Payment(2, archive, 2523200, "V-1", DAY)
    assert result(desk, [row, Payment(3, two, 2523200, "V-2", DAY)]) == [(2, one, "matches"), (3, two, "matches")]
    assert set(result(desk, [])) == {(None, one, "not_in_sheet"), (None, two, "not_in_sheet")}
    halves = [row._replace(fen=2000000), row._replace(row=3, voucher="V-2", fen=523200)]
    assert result(desk, halves) == [(2, one, "matches"), (3, one, "matches"), (None, two, "not_in_sheet")]
    assert result(desk, [row._replace(fen=1)])[0] == (2, one, "amount_differs")
    assert result(desk, [row, row._replace(row=3)])[:2] == [(2, one, "twice"), (3, one, "twice")]
    assert result(desk, [row, row._replace(row=3, case=two)]) == [(2, one, "twice"), (3, two, "twice")]
    assert result(desk, [row._replace(case="150783-2019-9999")])[0] == (2, None, "unknown_case")
    assert (2, unpaid, "amount_differs") in result(desk, [row._replace(case=unpaid)])


def test_only_the_own_area_and_the_policy_asked(paid: tuple[Desk, list[str]]) -> None:
    desk, (one, _, _) = paid
    elsewhere = Actor("p", "finance", ("150783102",))
    row = Payment(2, one, 2523200, "V-1", DAY)
    assert result(desk, [row], elsewhere) == [(2, None, "unknown_case")]
    assert result(desk, [], policy="zhalantun-2019-b") == []
    entry = desk.api.records.reconcile([row], actor=person("auditor"))[0]
    assert (entry.sheet_fen, entry.record_fen, entry.paid_on) == (2523200, 2523200, "2019-08-28")
