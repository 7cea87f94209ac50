"""Compare the payment list of the finance office with the record, row by row (R40, R40a)."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from ...db.reports.overdue import paid
from ...states import arguments as given
from .sheets import Column, read_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from ...states.actor import Actor
    from ..context import Context

COLUMNS = (
    Column("case", ("档案号", "户档", "archive_no", "case"), "id"),
    Column("fen", ("金额", "金额（元）", "金额(元)", "amount"), "yuan"),
    Column("voucher", ("凭证号", "voucher"), "id"),
    Column("paid_on", ("发放日期", "paid_on"), "day"),
)


class Payment(NamedTuple):
    """A row of the payment list: its number in the sheet, the archive number or case, fen, voucher and day."""

    row: int
    case: str
    fen: int
    voucher: str
    paid_on: date


def read_payments(path: Path) -> list[Payment]:
    """Return the payments of a CSV or XLSX sheet with the columns 档案号, 金额, 凭证号, 发放日期, or their English names.

    Raises:
        InputRefused: it is no such sheet; the sentence names the row and the column.
    """
    return [Payment(row.number, **row.cells) for row in read_rows(given.path(path, "path"), COLUMNS)]


def reconcile(
    context: Context, rows: Iterable[Payment], actor: Actor, policy: str | None
) -> Sequence[Mapping[str, Any]]:
    """Return an entry for every row, and one for every case of the area that was paid and is not in the sheet.

    The result is one of: `matches` (the rows of a case come to what the record says was paid), `amount_differs`,
    `unknown_case` (none of the actor's area), `twice` (the voucher stands at another row too), `not_in_sheet`.
    """
    cases = paid(context.connection, actor.units, policy)
    known = {case["id"]: case for case in cases} | {c["archive_no"]: c for c in cases if c["archive_no"]}
    given = list(rows)
    vouchers = Counter(payment.voucher for payment in given)
    sums: dict[str, int] = defaultdict(int)
    for payment in given:
        if payment.case in known:
            sums[known[payment.case]["id"]] += payment.fen
    found = [_row(payment, known.get(payment.case), vouchers, sums) for payment in given]
    found += [_absent(case) for case in cases if case["paid_fen"] and case["id"] not in sums]
    return found


def _row(
    payment: Payment, case: Mapping[str, Any] | None, vouchers: Mapping[str, int], sums: Mapping[str, int]
) -> dict[str, Any]:
    entry = {
        "row": payment.row,
        "archive_no": payment.case,
        "case": case["id"] if case else None,
        "amount_fen": payment.fen,
        "voucher": payment.voucher,
        "paid_on": payment.paid_on.isoformat(),
        "sheet_fen": None,
        "record_fen": None,
    }
    if case is None:
        return {**entry, "result": "unknown_case"}
    entry |= {"sheet_fen": sums[case["id"]], "record_fen": case["paid_fen"] or 0, "archive_no": case["archive_no"]}
    if vouchers[payment.voucher] > 1:
        return {**entry, "result": "twice"}
    return {**entry, "result": "matches" if entry["sheet_fen"] == entry["record_fen"] else "amount_differs"}


def _absent(case: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "row": None,
        "archive_no": case["archive_no"],
        "case": case["id"],
        "amount_fen": None,
        "voucher": None,
        "paid_on": None,
        "sheet_fen": 0,
        "record_fen": case["paid_fen"],
        "result": "not_in_sheet",
    }
