"""Check that the program and a policy mean the same by a name: what is read by its name has its form, and no other has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..procedure.road import parts
from ..values import Problem
from ..words.ids import label

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..policy.tables import Policy

# Facts that the program reads by their names, and the form that holds what it reads.
_FACTS = {
    "raise_objection": "objection",
    "answer_objection": "answer",
    "take_down_notice": "taking_down",
    "repost_notice": "reposting",
    "correct": "correction",
    "exempt": "exemption",
    "suspend": "suspending",
    "resume": "resuming",
    "confirm_identity": "confirmation",
    "deny_identity": "confirmation",
    "record_inspection": "inspection",
    "close_inspection": "inspection_closed",
    "record_contact": "contact",
    "record_demolition": "demolition",
    "record_sealing": "demolition",
    "record_resettlement": "resettlement",
    "record_household_visit": "visit",
    "appoint_supervisor": "supervisor",
    "check_document": "check",
    "pay_instalment": "instalment",
    "payment_returned": "returned_payment",
    "reissue_payment": "reissue",
    "record_recovery": "recovery",
    "record_refund": "refund",
    "record_resale": "resale",
    "record_alteration": "alteration",
    "answer_appeal": "appeal_answer",
    "file_late_paper": "late_paper",
}
# Ways that it reads by their names.
_WAYS = {"reopen": "reopening", "resubmit": "resubmission", "step_back": "stepping", "appeal": "appealing"}
# (the table, the key of its names, the forms of its names, the forms that any other name may have)
_BOUND: tuple[tuple[str, str, dict[str, str], frozenset[str]], ...] = (
    ("facts", "id", _FACTS, frozenset({"noted", "upkeep"})),
    ("ways", "action", _WAYS, frozenset({"reasoned", "returning", "failing", "mending", "unpaid"})),
)
# Facts by which money moves: who pays records them, or the county.
_MONEY = frozenset({"instalment", "returned_payment", "reissue", "recovery"})


def forms(policy: Policy) -> Iterator[Problem]:
    """What the program reads by its name has the form that holds what is read."""
    for table, key, bound, _ in _BOUND:
        for at, entry in enumerate(getattr(policy, table)):
            name, form = getattr(entry, key), entry.form
            if bound.get(name, form) != form:
                yield Problem(
                    f"{table}.{at}.form",
                    f"{table}：{label(name)}（{name}）的表单应为 {bound[name]}，现为 {form}，记不下所需内容",
                    f"{table}: {name} needs the form {bound[name]}; the form {form} does not hold what it records",
                )


def names(policy: Policy) -> Iterator[Problem]:
    """What has such a form bears its name: under another name no guard would see what it records."""
    for table, key, bound, free in _BOUND:
        for at, entry in enumerate(getattr(policy, table)):
            name, form = getattr(entry, key), entry.form
            if name in bound or form in free:
                continue
            owners = [owner for owner, of in bound.items() if of == form]
            zh, en = f"只属于 {'、'.join(owners)}", f"only {' and '.join(owners)} may have"
            if not owners:
                zh, en = f"不属于 {table}", f"no entry of {table} may have"
            yield Problem(
                f"{table}.{at}.form",
                f"{table}：{name} 用了表单 {form}，它{zh}；换了名称，核查就看不到所记内容",
                f"{table}: {name} has the form {form}, which {en}: no check would see what it records",
            )


def off_the_road(policy: Policy) -> Iterator[Problem]:
    """A case is reopened and resubmitted where it has left the road: on it, this would clear an upheld objection."""
    road = {"open", *(part.state for step in policy.steps for part in parts(step))}
    for at, way in enumerate(policy.ways):
        wrong = [state for state in way.start if state in road] if way.action in ("reopen", "resubmit") else []
        if wrong:
            zh = f"ways：{way.action} 从 {'、'.join(map(label, wrong))} 出发，户档还在正常流程上；请从 start 中删去"
            en = f"ways: {way.action} starts from {', '.join(wrong)}, where the case is still on the road; take it out"
            yield Problem(f"ways.{at}.start", zh, en)


def money(policy: Policy) -> Iterator[Problem]:
    """Who pays records what is paid in parts, comes back, is paid anew or recovered; so may the county."""
    pay = {"county", *(office for step in policy.steps if step.kind == "payment" for office in step.offices)}
    if not pay <= {"county", *(office.id for office in policy.offices)}:
        return  # a payer who is misspelt is told elsewhere
    for at, fact in enumerate(policy.facts):
        wrong = [office for office in fact.offices if office not in pay] if fact.form in _MONEY else []
        if wrong:
            zh = f"facts：{label(fact.id)}（{fact.id}）的 offices 有{'、'.join(map(label, wrong))}，他们不拨付；请写拨付步骤的单位"
            en = f"facts: {', '.join(wrong)} may take {fact.id}, and does not pay; name the offices of the payment step"
            yield Problem(f"facts.{at}.offices", zh, en)


def in_parts(policy: Policy) -> Iterator[Problem]:
    """A subsidy is paid in the parts that the plan names, or the file says that the plan does not name them."""
    for at, fact in enumerate(policy.facts):
        if fact.form == "instalment" and not policy.instalments and "form" not in fact.silent:
            zh = f'facts：有{label(fact.id)}（{fact.id}），却没有 [[instalments]]；请写明各期，方案未写明的请写 silent = ["form"]'
            en = f'facts: there is {fact.id}, and no [[instalments]]: write them, or silent = ["form"] if the plan does not'
            yield Problem(f"facts.{at}", zh, en)
