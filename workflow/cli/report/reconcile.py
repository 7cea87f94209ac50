"""`weigai report reconcile`: compare the payment list of the finance office with the record."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .... import workflow
from ...words import label
from ..commands import command, option
from ..desk import Desk
from ..language import Both, lang, t
from ..output import out, out_json, table_of, yuan
from ..trial_mark import title

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ... import Reconciled


@command(
    "reconcile",
    help=Both(
        "把财政部门的发放表与记录对账。表格为 CSV 或 XLSX，标题为：档案号、金额、凭证号、发放日期。全部相符时退出码为 "
        "0，否则为 3。"
        "\n\n例：weigai report reconcile 发放表.csv",
        "Compare the payment list of the finance office with the record. The sheet is CSV or XLSX with the headings "
        "archive_no, amount, voucher, paid_on. The exit code is 0 if every row matches, else 3."
        "\n\nExample: weigai report reconcile payments.csv",
    ),
)
@click.argument("sheet")
@option("--policy", metavar="POLICY", help=Both("只与该方案的户档对账", "Compare with cases of this policy only"))
@click.pass_context
def reconcile(ctx: click.Context, sheet: str, policy: str | None) -> int:
    """Compare a sheet of payments with the record; exit 3 when a row does not match."""
    desk = Desk(ctx)
    payments = workflow.read_payments(Path(sheet))
    found = desk.read(lambda a: a.records.reconcile(payments, actor=desk.reader(a), policy=policy))
    counts = Counter(row.result for row in found)
    same = set(counts) <= {"matches"}
    if desk.json:
        out_json({"ok": same, "trial": desk.trial, "counts": dict(counts), "rows": [row.as_json() for row in found]})
    else:
        title(desk)
        _print(found, counts)
    return 0 if same else 3


def _print(found: Sequence[Reconciled], counts: Counter[str]) -> None:
    """Print the rows that do not match, and the count of each result."""
    shown = [
        {
            **row.as_json(),
            "sheet": yuan(row.amount_fen if row.sheet_fen is None else row.sheet_fen),
            "record": yuan(row.record_fen),
            "result": label(row.result, lang()),
        }
        for row in found
        if row.result != "matches"
    ]
    if shown:
        table_of(
            shown,
            ("row", t("行", "row")),
            ("archive_no", t("档案号", "archive no.")),
            ("case", t("户档", "case")),
            ("sheet", t("表列（元）", "in the sheet (yuan)")),
            ("record", t("记录（元）", "on record (yuan)")),
            ("voucher", t("凭证号", "voucher")),
            ("result", t("结果", "result")),
        )
    out(
        "; ".join(f"{label(name, lang())} {n}" for name, n in sorted(counts.items()))
        or t("没有发放记录。", "There are no payments.")
    )
