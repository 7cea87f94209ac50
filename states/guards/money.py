"""Guards on payment (R37-R40a, R76)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from ..counting.money import actual_cost_fen, entitled_fen, parts_fen, payable_fen, subsidy_for
from ..record import PAID_FEN, RECOVER_FEN, RETURNED_FEN
from .approval import within
from .base import Answer, Question, firm, guard

if TYPE_CHECKING:
    from ..policy.guards import Of
    from ..policy.sourced import Sourced
    from ..policy.step_tables import Step


@guard("payment", "instalment", "reissue", of_step=True)
def accepted_before_payment(q: Question, p: Step) -> Answer:
    """Nothing is paid before the final acceptance (R40a)."""
    accepted = q.case.act_on("pass_final_acceptance")
    return Answer(accepted is not None and accepted <= q.on, {"accepted": accepted})


@guard("payment", "instalment", "reissue", of_step=True, of_moment=True)
def amount_within_subsidy(q: Question, p: Step) -> Answer | None:
    """No more is paid than was approved, a ceiling never more than the actual cost (R37)."""
    if q.data.amount is None:
        return None
    amount, payable = int(q.data.amount * 100), payable_fen(q.case)
    values = {"amount_fen": amount, "payable_fen": payable or 0}
    ok = payable is not None and 0 < amount <= payable
    return Answer(ok, values, by=subsidy_for(q.procedure, q.traits), effect="block")


@guard("payment", of_step=True, of_moment=True)
def actual_cost_recorded(q: Question, p: Step) -> Answer | None:
    """Where the subsidy is a ceiling, the actual cost is on record: no more than it is paid (R37)."""
    if q.case.record.subsidy_kind != "ceiling":
        return None
    known = actual_cost_fen(q.case.record) is not None
    return Answer(known, {}, by=subsidy_for(q.procedure, q.traits), effect="warn")


@guard("payment", of_step=True, of_moment=True)
def amount_is_whole(q: Question, p: Step) -> Answer | None:
    """What is paid is all that may be paid; less is shown (R37)."""
    payable = payable_fen(q.case)
    if q.data.amount is None or payable is None:
        return None
    amount = int(q.data.amount * 100)
    values = {"amount_fen": amount, "payable_fen": payable}
    return Answer(amount >= payable, values, by=subsidy_for(q.procedure, q.traits), effect="warn")


@firm
@guard("payment", "instalment", "reissue", of_step=True)
def fund_matches_line(q: Question, p: Step) -> Answer | None:
    """It is paid from the fund that the plan names for the household's budget line (R39, R40)."""
    line = next((line for line, _ in q.procedure.lines if line.id == q.case.record.line), None)
    if line is None or q.data.fund is None:
        return None
    return Answer(q.data.fund == line.fund, {"fund": q.data.fund, "wanted": line.fund}, by=line)


@firm
@guard("payment", "instalment", "reissue", of_step=True)
def payee_matches(q: Question, p: Step) -> Answer | None:
    """It is paid to the one whom the policy names for the mode and the builder (R40a)."""
    mode = q.procedure.mode(q.case.mode)
    if mode is None or q.data.payee is None:
        return None
    row = next((payee for payee in mode.payees if payee.builder == q.case.builder), None)
    wanted = row.payee if row else None
    return Answer(q.data.payee == wanted, {"payee": q.data.payee, "wanted": wanted}, by=row)


@guard("payment", "instalment", "reissue")
def channel_allowed(q: Question, p: Of) -> Answer | None:
    """It is paid through the channel that the plan names (R40a)."""
    return (
        None if q.data.channel is None else Answer(q.data.channel in p.any, {"channel": q.data.channel, "any": p.any})
    )


@firm
@guard("payment", "instalment", "reissue", of_step=True)
def built_within_limit(q: Question, p: Step) -> Answer | None:
    """A house over its area gets no subsidy, whether accepted so or enlarged since (R74-R76)."""
    mode = q.procedure.mode(q.case.mode)
    accepted = q.case.act("pass_final_acceptance").get("area")
    if mode is None or mode.area is None or accepted is None:
        return None
    altered = [e["data"]["area"] for e in q.case.facts("record_alteration") if e["data"].get("area")]
    return within(q, mode.area, max(Decimal(area) for area in (accepted, *altered)))


@guard("payment", of_step=True, of_moment=True, where="days")
def paid_in_time(q: Question, p: Step) -> Answer | None:
    """It is paid within the plan's days after the final acceptance (R40a)."""
    accepted = q.case.act_on("pass_final_acceptance")
    if accepted is None or p.days is None:
        return None
    due = accepted + timedelta(days=p.days)
    return Answer(q.on <= due, {"days": p.days, "due": due, "accepted": accepted}, effect="warn")


@guard("payment", "instalment", of_step=True, of_moment=True)
def instalment_due(q: Question, p: Sourced) -> Answer | None:
    """A subsidy in parts is paid part by part: each after its own act and days, the last by the payment itself (R40)."""
    plan = q.procedure.policy.instalments
    number = len(q.case.facts("pay_instalment"))
    last = q.act.kind == "payment"
    if not plan:
        return None
    values = {"number": number + 1, "of": len(plan)}
    if number >= len(plan) or last != (number == len(plan) - 1):
        return Answer(False, {**values, "opens": None}, by=plan[-1])
    done = q.case.act_on(plan[number].after)
    opens = done + timedelta(days=plan[number].days) if done else None
    ok = opens is not None and q.on >= opens
    return Answer(ok, {**values, "opens": opens}, None if ok else opens, by=plan[number])


@guard("instalment", of_step=True, of_moment=True)
def instalment_exact(q: Question, p: Sourced) -> Answer | None:
    """A part is its share of what the household is entitled to, to the fen (R40)."""
    plan, number = q.procedure.policy.instalments, len(q.case.facts("pay_instalment"))
    entitled = entitled_fen(q.case.record)
    if q.data.amount is None or entitled is None or number >= len(plan):
        return None
    amount, wanted = int(q.data.amount * 100), parts_fen(q.procedure, entitled)[number]
    return Answer(amount == wanted, {"amount_fen": amount, "wanted_fen": wanted}, by=plan[number])


@guard("returned_payment", of_step=True)
def returned_within_paid(q: Question, p: Sourced) -> Answer | None:
    """No more comes back than was paid (R40)."""
    if q.data.amount is None:
        return None
    amount, paid = int(q.data.amount * 100), q.case.fen(PAID_FEN)
    return Answer(0 < amount <= paid, {"amount_fen": amount, "most_fen": paid})


@guard("reissue", of_step=True)
def reissue_within_due(q: Question, p: Sourced) -> Answer | None:
    """After the payment, what came back or was left is paid, and nothing twice (R37, R40)."""
    if q.data.amount is None:
        return None
    paid_once = q.case.act_on("pay") is not None and not q.case.fen(RECOVER_FEN)
    most = max(payable_fen(q.case) or 0, 0) if paid_once else 0
    amount = int(q.data.amount * 100)
    return Answer(0 < amount <= most, {"amount_fen": amount, "most_fen": most})


@guard("payment", "instalment", "reissue", of_step=True, of_moment=True)
def voucher_new(q: Question, p: Sourced) -> Answer | None:
    """A voucher pays once: the same number does not come again on the case (R40)."""
    if q.data.voucher is None:
        return None
    entries = [e for name in ("pay_instalment", "reissue_payment") for e in q.case.facts(name)]
    used = {q.case.act("pay").get("voucher"), *(e["data"].get("voucher") for e in entries)}
    return Answer(q.data.voucher not in used, {"voucher": q.data.voucher})


@guard("recovery", of_step=True)
def recovery_within_due(q: Question, p: Sourced) -> Answer | None:
    """No more is recovered than is due (R76)."""
    if q.data.amount is None:
        return None
    amount, due = int(q.data.amount * 100), q.case.fen(RECOVER_FEN)
    return Answer(0 < amount <= due, {"amount_fen": amount, "most_fen": due})


@guard("unpaid", of_step=True)
def nothing_paid(q: Question, p: Sourced) -> Answer:
    """A case is closed without payment only while no money is out (R40a)."""
    paid = q.case.fen(PAID_FEN)
    returned = q.case.state != "archiving" or q.case.fen(RETURNED_FEN) > 0
    return Answer(paid == 0 and returned, {"paid_fen": paid})
