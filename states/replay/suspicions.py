"""Find what looks wrong on the record of one case."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from ..calendar import counted_with, shanghai_text
from ..counting import publicity
from ..counting.floor_area import limit_of
from ..counting.money import entitled_fen
from ..errors import InputRefused, YearUndetermined
from ..words.ids import label

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ..calendar import Calendar
    from ..case import Case
    from ..policy.step_tables import Step
    from ..procedure.graph import Procedure


class Suspicion(NamedTuple):
    """Something to look into: its kind, the rule that it touches, the cases, and open values that show it."""

    kind: str
    rule: str | None
    cases: tuple[str, ...]
    evidence: Mapping[str, Any]

    def reason(self, lang: str = "zh") -> str:
        """Say in `lang` ("zh" or "en") what was found."""
        english = lang == "en"
        return WORDS[self.kind][english].format_map({n: _said(n, v, english=english) for n, v in self.evidence.items()})


_LEVELS = {"village": ("村级", "village"), "township": ("乡级", "township"), "county": ("县级", "county")}


def _said(name: str, value: Any, *, english: bool) -> str:
    """Return a value of the evidence in words: levels and papers by their names, fen as yuan."""
    if value is None:
        return "—"
    if name == "level":
        return _LEVELS[value][english] if value in _LEVELS else str(value)
    if name in ("at", "other"):
        return _moment(value)
    if name.endswith("_fen"):
        return f"{value // 100:,}.{value % 100:02d}"
    if isinstance(value, (list, tuple)):
        return (", " if english else "、").join(label(str(v), "en" if english else "zh") for v in value)
    return str(value)


def _moment(text: str) -> str:
    """Return UTC text as people in Asia/Shanghai read it; what is no time stays as it is."""
    try:
        return shanghai_text(datetime.fromisoformat(text))
    except (ValueError, InputRefused):
        return text


WORDS: dict[str, tuple[str, str]] = {
    "same_person": (
        "同一人出现在多个户档中（{persons} 人）。",
        "The same person is in several cases (persons: {persons}).",
    ),
    "same_card": ("多户使用同一张卡。", "Several households use the same bank card."),
    "own_case": (
        "{persons} 的身份证号、申报亲属或银行卡出现在本户（{how}）。",
        "{persons} appears in this household by identity number, declared relative or bank card ({how}).",
    ),
    "account_changed": (
        "审批（{approved}）后更换了收款账户（{changed}）。",
        "The account for the payment was changed ({changed}) after the approval ({approved}).",
    ),
    "same_photo": ("多户使用同一张照片（{kinds}）。", "Several cases have the same photograph ({kinds})."),
    "like_photo": (
        "不同户的照片相似（{kinds}，相差 {bits}/64）。",
        "Photographs of several cases look alike ({kinds}, {bits} of 64 bits differ).",
    ),
    "photo_after_demolition": (
        "改造前照片（{photo}）晚于拆除（{gone}）。",
        "The photograph from before the works ({photo}) is later than the demolition ({gone}).",
    ),
    "publicity_short": (
        "{level}公示不足：{posted} 张贴，{closed} 结束，应自 {opens} 起。",
        "The {level} publicity was too short: posted {posted}, closed {closed}, but open only from {opens}.",
    ),
    "paid_before_acceptance": (
        "发放（{paid}）早于竣工验收（{accepted}）。",
        "The subsidy was paid ({paid}) before the final acceptance ({accepted}).",
    ),
    "area_over_limit": ("验收面积 {area} m² 超过 {cap} m²。", "The accepted area of {area} m² is above {cap} m²."),
    "paid_too_much": (
        "发放 {paid_fen} 元，应为 {entitled_fen} 元。",
        "{paid_fen} yuan was paid, but {entitled_fen} yuan is right.",
    ),
    "same_voucher": ("同一凭证号 {voucher} 用于多户。", "Several households have the voucher number {voucher}."),
    "entered_late": (
        "{count} 次办理登记过迟，最长 {days} 天。",
        "{count} acts were entered too late, the latest {days} days afterwards.",
    ),
    "burst": (
        "{by} 在 {minutes} 分钟内审批 {count} 户。",
        "{by} approved {count} households within {minutes} minutes.",
    ),
    "asleep": ("自 {since} 起 {days} 天没有办理。", "Nothing was done for {days} days, since {since}."),
    "key_lost": (
        "个人信息的密钥缺失或损坏，无法核查。",
        "The key of the personal values is lost or damaged, so this case was not checked.",
    ),
    "policy_lost": (
        "所依方案（{policy}）的内容损坏或不是方案，无法核查。",
        "The content of the case's policy ({policy}) is damaged or is not a policy, so this case was not checked.",
    ),
    "row_damaged": (
        "该户的数据行无法读取，未核查；请运行 weigai audit verify。",
        "The row of this case cannot be read, so it was not checked; run weigai audit verify.",
    ),
    "clock": (
        "{stream} 第 {seq} 号等 {events} 条登记于 {at}，{how}（{other}）：有时钟不准。",
        "{stream} #{seq} was recorded at {at}, {how} ({other}); events: {events}. A clock was wrong.",
    ),
    "decided_otherwise": (
        "{action}（第 {seq} 条）与其所依方案不符：{guards}。",
        "{action} (event {seq}) does not agree with the case's own policy: {guards}.",
    ),
    "no_office": (
        "{stream} 第 {seq} 号（{action}）由 {by} 办理，但名册的日志没有准许这样办理（{how}）。",
        "{by} did {stream} #{seq} ({action}), but the register's events do not permit it ({how}).",
    ),
    "doubt": ("更正后以下规则不再满足：{rules}。", "On corrected facts these rules no longer hold: {rules}."),
}


def of_case(case: Case, procedure: Procedure, calendar: Calendar) -> Iterator[Suspicion]:
    """Yield everything that looks wrong on a case's own record; of one whose key is lost or row is damaged, that alone."""
    if case.damaged:
        yield Suspicion("row_damaged", None, (case.id,), {})
        return
    if case.key_lost:
        yield Suspicion("key_lost", None, (case.id,), {})
        return
    for judge in _JUDGES:
        yield from judge(case, procedure, calendar)


def pictures_before(case: Case) -> set[int]:
    """Return the numbers of the events that brought a picture from before, where the house is gone."""
    photos = case.record.get("papers", {}).get("danger_photo", {})
    return {int(seq) for seq in photos} if case.fact_on("record_demolition") else set()


def photo_after_demolition(case: Case, days: Mapping[int, str]) -> Iterator[Suspicion]:
    """Tell of a picture from before, of which the first came later than the demolition (R29e, R44).

    `days` are those of the events that brought one; what day the camera wrote into the file (EXIF) is not read.
    """
    gone, brought = case.fact_on("record_demolition"), sorted(days[seq] for seq in pictures_before(case) if seq in days)
    if gone and brought and brought[0] > gone.isoformat():
        yield Suspicion("photo_after_demolition", "R29e", (case.id,), {"photo": brought[0], "gone": gone.isoformat()})


def days_of(case: Case) -> dict[int, str]:
    """Return the day of every act and fact on the record by its number; steps that were undone are not on it."""
    days = {entry["seq"]: entry["on"] for entry in case.record.get("acts", {}).values()}
    for entries in case.record.get("facts", {}).values():
        days |= {int(seq): entry["on"] for seq, entry in entries.items()}
    return days


def _publicity_short(case: Case, procedure: Procedure, calendar: Calendar) -> Iterator[Suspicion]:
    """Tell of a publicity that was closed before its notice had hung for its days (R46, R50, R54)."""
    for level, step in procedure.levels.items():
        shown, closed = case.record.get("publicity", {}).get(level), case.act_on(f"close_{level}_publicity")
        if shown is None or closed is None:
            continue
        opens = _opens(case, step, shown, calendar)
        if opens is None or closed.isoformat() < opens:
            told = {"level": level, "posted": shown["posted_on"], "closed": closed.isoformat(), "opens": opens}
            yield Suspicion("publicity_short", step.rule, (case.id,), told)


def _opens(case: Case, step: Step, shown: Mapping[str, Any], calendar: Calendar) -> str | None:
    """Return the day on record or that of the plan's period counted again, the later one; None while it is down.

    It is not counted again with other calendar data than it was counted with, nor in a year without any.
    """
    kept: str | None = shown["opens_on"]
    if kept is None or shown["calendar"] != counted_with(step.period, calendar):
        return kept
    try:
        counted = publicity.opening(shown, step, publicity.suspensions(case.record), calendar)
    except (InputRefused, YearUndetermined):
        return kept
    return max(kept, counted.isoformat()) if counted else kept


def _paid_before_acceptance(case: Case, procedure: Procedure, calendar: Calendar) -> Iterator[Suspicion]:
    """Tell of money that went out before the final acceptance (R40a)."""
    accepted = case.act_on("pass_final_acceptance")
    days = [day for day in (case.act_on("pay"), case.fact_on("pay_instalment"), case.fact_on("reissue_payment")) if day]
    if days and (accepted is None or min(days) < accepted):
        told = {"paid": min(days).isoformat(), "accepted": accepted.isoformat() if accepted else None}
        yield Suspicion("paid_before_acceptance", "R40a", (case.id,), told)


def _area_over_limit(case: Case, procedure: Procedure, calendar: Calendar) -> Iterator[Suspicion]:
    """Tell of a house accepted above its area (R74)."""
    mode, area = procedure.mode(case.mode), case.act("pass_final_acceptance").get("area")
    if mode is None or mode.area is None or area is None:
        return
    limit = limit_of(mode.area, case.persons)
    relaxed = limit.relaxed_cap is not None and set(mode.area.relaxed_papers) <= set(case.papers)
    cap = limit.relaxed_cap if relaxed else limit.cap
    if cap is not None and Decimal(area) > cap:
        yield Suspicion("area_over_limit", mode.area.rule, (case.id,), {"area": area, "cap": str(cap)})


def _paid_too_much(case: Case, procedure: Procedure, calendar: Calendar) -> Iterator[Suspicion]:
    """Tell of money that is out beyond what the household is entitled to (R37, R76)."""
    paid, entitled = case.fen("paid_fen"), entitled_fen(case.record)
    if paid > (entitled or 0):
        yield Suspicion("paid_too_much", "R37", (case.id,), {"paid_fen": paid, "entitled_fen": entitled or 0})


def _doubt(case: Case, procedure: Procedure, calendar: Calendar) -> Iterator[Suspicion]:
    """Tell of decisions that no longer hold on corrected facts (R77)."""
    rules = sorted({str(d["rule"] or d["guard"]) for d in case.record.get("doubts", {}).values()})
    if rules:
        yield Suspicion("doubt", "R77", (case.id,), {"rules": rules})


def _account_changed(case: Case, procedure: Procedure, calendar: Calendar) -> Iterator[Suspicion]:
    """Tell of an account that was put right after the approval: from then on money is on its way there (R40a)."""
    approved = case.record.get("acts", {}).get("approve")
    if approved is None:
        return
    days = [
        entry["on"]
        for seq, entry in case.record.get("facts", {}).get("correct", {}).items()
        if int(seq) > approved["seq"]
        and any(p.startswith("household/account") for p in entry["data"].get("changed", ()))
    ]
    if days:
        yield Suspicion("account_changed", "R40a", (case.id,), {"approved": approved["on"], "changed": max(days)})


_JUDGES: tuple[Callable[[Case, Procedure, Calendar], Iterator[Suspicion]], ...] = (
    _publicity_short,
    _paid_before_acceptance,
    _area_over_limit,
    _paid_too_much,
    _account_changed,
    _doubt,
)


def vouchers(case: Case) -> set[str]:
    """Return the numbers of the vouchers by which a case was paid."""
    entries = [
        case.act("pay"),
        *(e["data"] for name in ("pay_instalment", "reissue_payment") for e in case.facts(name)),
    ]
    return {entry["voucher"] for entry in entries if entry.get("voucher")}


def delay(occurred_on: str, recorded_on: date) -> int:
    """Return how many days after an act it was entered."""
    return (recorded_on - date.fromisoformat(occurred_on)).days
