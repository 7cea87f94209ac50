"""Compare the payment list of the finance office with the record, row by row (R40, R40a)."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ...db.reports.overdue import paid
from ...states.inputs import arguments as given
from ...states.values import Row
from .sheets import Column, read_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from ...db.reports.overdue import PaidCase
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled(Row):
    """A row of finance's list, or a paid case that is not in it, compared with the record; amounts in whole fen.

    `row` is the number in the sheet and `amount_fen` what that row says. `sheet_fen` is what all rows of the case come to,
    `record_fen` what the record says was paid. `paid_on` is an ISO day. `result` is "matches", "amount_differs",
    "unknown_case" (none of the actor's area), "twice" (another row has the voucher too) or "not_in_sheet".
    """

    row: int | None
    archive_no: str | None
    case: str | None
    amount_fen: int | None
    voucher: str | None
    paid_on: str | None
    sheet_fen: int | None
    record_fen: int | None
    result: str


def read_payments(path: Path) -> list[Payment]:
    """Return the payments of a CSV or XLSX sheet with the columns 档案号, 金额, 凭证号, 发放日期, or their English names.

    Raises:
        InputRefused: it is no such sheet; the sentence names the row and the column.
    """
    return [Payment(row.number, **row.cells) for row in read_rows(given.path(path, "path"), COLUMNS)]


def reconcile(context: Context, rows: Iterable[Payment], actor: Actor, policy: str | None) -> Sequence[Reconciled]:
    """Return an entry for every row, and one for every case of the area that was paid and is not in the sheet.

    The rows of a case match where they come to what the record says was paid.
    """
    cases = paid(context.connection, actor.units, policy)
    known = {case.id: case for case in cases} | {case.archive_no: case for case in cases if case.archive_no}
    given = list(rows)
    vouchers = Counter(payment.voucher for payment in given)
    sums: dict[str, int] = defaultdict(int)
    for payment in given:
        if payment.case in known:
            sums[known[payment.case].id] += payment.fen
    entries = [_row(payment, known.get(payment.case), vouchers, sums) for payment in given]
    return entries + [_absent(case) for case in cases if case.paid_fen and case.id not in sums]


def _row(payment: Payment, case: PaidCase | None, vouchers: Mapping[str, int], sums: Mapping[str, int]) -> Reconciled:
    sheet_fen, record_fen = (sums[case.id], case.paid_fen or 0) if case else (None, None)
    result = "matches" if sheet_fen == record_fen else "amount_differs"
    if case is None:
        result = "unknown_case"
    elif vouchers[payment.voucher] > 1:
        result = "twice"
    return Reconciled(
        row=payment.row,
        archive_no=case.archive_no if case else payment.case,
        case=case.id if case else None,
        amount_fen=payment.fen,
        voucher=payment.voucher,
        paid_on=payment.paid_on.isoformat(),
        sheet_fen=sheet_fen,
        record_fen=record_fen,
        result=result,
    )


def _absent(case: PaidCase) -> Reconciled:
    return Reconciled(
        row=None,
        archive_no=case.archive_no,
        case=case.id,
        amount_fen=None,
        voucher=None,
        paid_on=None,
        sheet_fen=0,
        record_fen=case.paid_fen,
        result="not_in_sheet",
    )
