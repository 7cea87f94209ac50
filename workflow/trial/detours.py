"""The cases of the trial year that leave the main procedure, for a while or for good."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

    from .acts import TrialYear
    from .households import Player

    Plan = Callable[[date, Callable[[], object]], date]

_DAY = timedelta(days=1)


class Detours:
    """Plans the detours of households on the common road, and the whole way of those that end beside it."""

    def __init__(self, acts: TrialYear, plan: Plan, shares: dict[str, float], random: Random) -> None:
        self._acts = acts
        self._plan = plan
        self._shares = shares
        self._random = random

    def draw(self) -> str:
        """Return the detour of the next household, "" for none."""
        point = self._random.random()
        for name, share in self._shares.items():
            point -= share
            if point < 0:
                return name
        return ""

    def after(self, stage: str, batch: Sequence[Player], day: date) -> None:
        """Plan what happens to households of a batch after a stage of the common road, before the next one."""
        for p in batch:
            if (stage, p.detour) in _WAYS:
                for days, act in _WAYS[stage, p.detour]:
                    self._plan(day + days * _DAY, lambda act=act, p=p: act(self._acts, p))  # type: ignore[misc]

    def torn_down(self, batch: list[Player], day: date) -> date:
        """Plan a village notice that is torn down and put up again; its period starts anew (R46)."""
        down = self._plan(day + 2 * _DAY, lambda: self._each(batch, "take_down_notice", place="main_street"))
        return self._plan(down + _DAY, lambda: self._each(batch, "repost_notice"))

    def _each(self, batch: list[Player], fact: str, **data: Any) -> None:
        for p in batch:
            self._acts.take(p, fact, "village", level="village", **data)

    def ending(self, p: Player, start: date) -> None:
        """Plan the whole way of a household that ends beside the road, or came in another way."""
        acts, plan, end = self._acts, self._plan, p.detour
        if end == "disaster":
            self._flooded(p)
            return
        day = plan(start, lambda: acts.apply([p]))
        day = plan(day + 3 * _DAY, lambda: acts.deliberate([p]))
        day = plan(day + _DAY, lambda: acts.post([p], "village", "village_board,main_street"))
        if end in ("not_reported", "appealed"):
            self._declined(p, day)
            return
        day = plan(day + 6 * _DAY, lambda: acts.report([p]))
        if end == "withdrawn":
            plan(day + 2 * _DAY, lambda: acts.take(p, "withdraw", "village", reason="户主决定不再改造"))
            return
        day = plan(day + 4 * _DAY, lambda: acts.review([p]))
        day = plan(day + _DAY, lambda: acts.post([p], "township", "township_board"))
        day = plan(day + 6 * _DAY, lambda: acts.meet([p]))
        if end == "denied":
            plan(day + 3 * _DAY, lambda: _denied(acts, p))
            return
        day = plan(day + 2 * _DAY, lambda: acts.identify([p]))
        if end == "grade_b":
            why = "鉴定为B级，不属于改造对象"
            plan(day + 5 * _DAY, lambda: acts.take(p, "find_ineligible", "county", reason=why))
            return
        self._approved(p, day)

    def _approved(self, p: Player, identified: date) -> None:
        """Plan the way of a household that ends beside the road once it is approved."""
        acts, plan = self._acts, self._plan
        day = plan(identified + 5 * _DAY, lambda: acts.appraise([p]))
        day = plan(day + 6 * _DAY, lambda: acts.approve([p]))
        if p.detour == "refused":
            self._refused(p, day)
        else:
            self._disqualified(p, day)

    def _flooded(self, p: Player) -> None:
        """Plan a house that a storm ruined in autumn; by the end of the year its notice hangs in the village (R15)."""
        acts, plan = self._acts, self._plan
        day = plan(date(2019, 11, 4), lambda: _open_jointly(acts, p))
        day = plan(day + 3 * _DAY, lambda: acts.identify([p]))
        day = plan(day + 5 * _DAY, lambda: acts.appraise([p]))
        day = plan(day + 5 * _DAY, lambda: acts.submit(p))
        day = plan(day + 7 * _DAY, lambda: acts.deliberate([p]))
        plan(day + _DAY, lambda: acts.post([p], "village", "village_board,main_street"))

    def _declined(self, p: Player, posted: date) -> None:
        acts, plan = self._acts, self._plan
        day = plan(posted + 2 * _DAY, lambda: _object(acts, p))
        day = plan(day + 2 * _DAY, lambda: _answer(acts, p, upheld=True))
        why = "异议属实：另有住房"
        day = plan(day + 3 * _DAY, lambda: acts.take(p, "decline_to_report", "village", "reason_letter", reason=why))
        if p.detour == "appealed":
            day = plan(day + 5 * _DAY, lambda: acts.take(p, "appeal", "township", grounds="住房系他人所有"))
            plan(day + 14 * _DAY, lambda: _answer_appeal(acts, p))

    def _refused(self, p: Player, approved: date) -> None:
        acts, plan = self._acts, self._plan
        day = plan(approved + 3 * _DAY, lambda: acts.take(p, "record_contact", "village", spoken_to="户主"))
        day = plan(day + 7 * _DAY, lambda: acts.take(p, "record_contact", "township", spoken_to="户主"))
        papers = "village_refusal_record township_refusal_record"
        plan(day + _DAY, lambda: acts.take(p, "refuse", "township", papers, reason="户主坚持不改造"))

    def _disqualified(self, p: Player, approved: date) -> None:
        acts, plan = self._acts, self._plan
        day = plan(approved + _DAY, lambda: acts.post([p], "county", "village_board,main_street"))
        day = plan(day + 6 * _DAY, lambda: acts.register([p]))
        day = plan(day + 3 * _DAY, lambda: acts.agree([p]))
        day = plan(max(day + 5 * _DAY, date(2019, 4, 1)), lambda: acts.start(p))
        day = plan(day + 60 * _DAY, lambda: acts.take(p, "complete_works", "township"))
        day = plan(day + 5 * _DAY, lambda: acts.accept(p, "preliminary", "township"))
        why = "加建后面积超过规定"
        if p.detour == "disqualified":
            plan(day + 7 * _DAY, lambda: acts.take(p, "disqualify", "county", reason=why))
            return
        day = plan(day + 7 * _DAY, lambda: acts.accept(p, "final", "county"))
        day = plan(day + 10 * _DAY, lambda: acts.pay(p))
        day = plan(day + 5 * _DAY, lambda: acts.take(p, "disqualify", "county", reason=why))
        amount = p.group["amount"]
        day = plan(day + 30 * _DAY, lambda: acts.take(p, "record_recovery", "finance", amount=amount))
        plan(day + 5 * _DAY, lambda: acts.take(p, "archive_ended_file", "county"))


def _open_jointly(acts: TrialYear, p: Player) -> None:
    other = acts.people.of("township", p.village, p.turn).person
    acts.open(p, "village_disaster_report township_disaster_report", intake="disaster", agreed_by=other)


def _object(acts: TrialYear, p: Player) -> None:
    p.number = acts.take(p, "raise_objection", "village", level="village", grounds="听说另有住房", anonymous=True)


def _answer(acts: TrialYear, p: Player, *, upheld: bool = False) -> None:
    why = "经核实情况属实" if upheld else "经核实不属实"
    acts.take(p, "answer_objection", "village", objection=p.number, upheld=upheld, outcome_reason=why)


def _answer_appeal(acts: TrialYear, p: Player) -> None:
    seq = max(int(n) for n in acts.record(p)["facts"]["appeal"])
    acts.take(p, "answer_appeal", "township", appeal=seq, upheld=False, outcome_reason="产权登记在户主名下")


def _denied(acts: TrialYear, p: Player) -> None:
    office = "poverty_office" if p.policy.endswith("a") else "civil_affairs"
    acts.take(p, "deny_identity", office, authority=office)
    acts.take(p, "find_ineligible", office, reason="经查不在册")


def _return(acts: TrialYear, p: Player) -> None:
    acts.take(p, "check_document", "township", kind="registration_proof", accepted=False, note="复印件不清")
    acts.take(p, "return_to_village", "township", reason="户籍证明看不清", to_mend="registration_proof")


def _resubmit(acts: TrialYear, p: Player) -> None:
    acts.take(p, "attach", "village", "registration_proof")
    acts.take(p, "resubmit", "village")


def _sign_again(acts: TrialYear, p: Player) -> None:
    acts.take(p, "step_back", "village", reason="竣工时限录入有误")
    acts.agree([p])


def _correct(acts: TrialYear, p: Player) -> None:
    right = {"household": {"income": "5200"}}
    other = acts.people.of("county", p.village, p.turn + 1).person
    acts.take(p, "correct", "county", correction=right, cause="error", reason="收入录入有误", agreed_by=other)


def _exempt(acts: TrialYear, p: Player) -> None:
    other = acts.people.of("county", p.village, p.turn + 1).person
    acts.take(
        p,
        "exempt",
        "county",
        rule="R36c",
        granted_by=other,
        reason="以等同的设施代替",
        until="2019-12-31",
        agreed_by=acts.people.second(p.village, p.turn).person,
    )


def _fact(fact: str, office: str, papers: str = "", **data: Any) -> Callable[[TrialYear, Player], None]:
    def act(acts: TrialYear, p: Player) -> None:
        acts.take(p, fact, office, papers, **data)

    return act


def _inspect(acts: TrialYear, p: Player) -> None:
    p.number = acts.take(p, "record_inspection", "county", problem=True, blocks_acceptance=True, note="墙体开裂")


def _close_inspection(acts: TrialYear, p: Player) -> None:
    acts.take(p, "close_inspection", "county", inspection=p.number, note="已返工")


def _come_back(acts: TrialYear, p: Player) -> None:
    acts.take(p, "payment_returned", "finance", amount=p.group["amount"], reason="账号有误")


def _pay_again(acts: TrialYear, p: Player) -> None:
    acts.take(
        p,
        "reissue_payment",
        "finance",
        amount=p.group["amount"],
        fund=p.fund,
        payee=p.group["builder"],
        channel="one_card",
    )


# (after which stage of the common road, which detour) -> (days later, what happens)
_WAYS: dict[tuple[str, str], tuple[tuple[int, Callable[[TrialYear, Player], None]], ...]] = {
    ("posted", "objection"): ((2, _object), (4, _answer)),
    ("reported", "returned"): ((1, _return), (3, _resubmit)),
    ("approved", "exempt"): ((0, _exempt),),
    ("agreed", "step_back"): ((0, _sign_again),),
    ("agreed", "corrected"): ((1, _correct),),
    ("agreed", "suspended"): ((1, _fact("suspend", "township", reason="户主住院")), (3, _fact("resume", "township"))),
    ("started", "inspected"): ((20, _inspect), (35, _close_inspection)),
    ("finished", "failed"): (
        (5, _fact("fail_preliminary_acceptance", "township", reason="屋面漏水", mend_by="2019-09-30")),
        (15, _fact("complete_rectification", "township")),
    ),
    ("paid", "payment_returned"): ((3, _come_back), (6, _pay_again)),
    ("archived", "late_paper"): ((10, _fact("file_late_paper", "county", "after_photo", note="补拍照片")),),
}
