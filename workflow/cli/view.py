"""Show a case, its history and decisions, as JSON or in words. Personal values are masked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ... import workflow
from ..words import field, label
from .language import lang, t
from .output import out, table, yuan

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .. import Basis, Case, Decision, Event


def case_json(found: Case, household: Mapping[str, Any], follows: str | None) -> dict[str, Any]:
    """Return a case as JSON; `follows` is the case that it goes on from, as far as the reader may know it."""
    record = found.record
    return {
        "case": found.id,
        "unit": found.unit,
        "state": found.state,
        "version": found.version,
        "policy": found.policy_id,
        "policy_hash": found.policy_hash,
        "archive_no": record.archive_no,
        "opens_on": record.opens_on,
        "classes": household.get("classes"),
        **_house_json(found),
        "approved_fen": record.approved_fen,
        "paid_fen": record.paid_fen,
        "line": record.line,
        "papers": sorted(found.papers),
        "rejected": list(found.rejected),
        "intake": record.intake,
        "follows": follows,
        "clocks": record.clocks,
        "suspended": record.suspended,
        "objections": record.objections,
        "doubts": record.doubts,
        "pending": pending_json(found),
        "exemptions": {str(n): _granted(e) for n, e in _exemptions(found)},
        "recover_fen": record.recover_fen,
        "returned_fen": record.returned_fen,
        "late_papers": sorted(record.late_papers),
        "household": dict(household),
    }


def pending_json(found: Case) -> dict[str, object]:
    """Return by id what waits on a case for a second person: the act, its day, who asked for it, who may confirm it."""
    return {
        f"{found.id}-{number}": {
            **{name: asked[name] for name in ("action", "on", "by", "office")},
            "for": list(asked["waits_for"]),
            "data": _plain(asked["data"]),
        }
        for number, asked in found.record.pending.items()
    }


def _plain(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was asked for, without the second person; an encrypted value is its mark in the log."""
    return {name: value for name, value in data.items() if value is not None and name not in ("agreed_by", "confirmed")}


def _asked_for(data: Mapping[str, Any]) -> str:
    """Return in words what was asked for; of an encrypted value only that it is there."""
    encrypted = t("（已加密）", "(encrypted)")
    words = []
    for name, value in _plain(data).items():
        shown = json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else label(str(value), lang())
        words.append(f"{field(name, lang())} {encrypted if '$commit' in shown else shown}")
    return t("；", "; ").join(words)


def print_pending(found: Case) -> None:
    """Print what waits on a case for a second person, and what was asked for."""
    for name, asked in found.record.pending.items():
        who = t("、", ", ").join(label(each, lang()) for each in asked["waits_for"])
        act, by = label(asked["action"], lang()), asked["by"]
        out(
            t(
                f"… {found.id}-{name}  {act}（{asked['on']}，{by} 提出）：待复核，可确认者：{who}",
                f"… {found.id}-{name}  {act} ({asked['on']}, asked for by {by}): waits; who may confirm it: {who}",
            )
        )
        if told := _asked_for(asked["data"]):
            out(f"    {told}")
        out(
            t(
                f"  不同意的，或提出人撤回：weigai case deny {found.id}-{name} --reason 理由",
                f"  to end it, or take back your own: weigai case deny {found.id}-{name} --reason WHY",
            )
        )


def _house_json(found: Case) -> dict[str, object]:
    return {
        "no_house": found.no_house,
        "grade": found.grade,
        "mode": found.mode,
        "builder": found.builder,
        "approved_area": str(found.approved_area) if found.approved_area is not None else None,
    }


def _exemptions(found: Case) -> list[tuple[int, dict[str, object]]]:
    return [(int(seq), {**entry["data"], "on": entry["on"]}) for seq, entry in found.record.facts("exempt").items()]


def _granted(entry: Mapping[str, object]) -> dict[str, object]:
    return {name: entry.get(name) for name in ("rule", "act", "granted_by", "agreed_by", "on", "until")}


def _bounded(entry: Mapping[str, object]) -> str:
    """Return an exemption with what ends it: the one act that it is for, or its last day."""
    ends = (label(str(act), lang()) if (act := entry["act"]) else None, entry["until"])
    return f"{entry['rule']} → {', '.join(str(end) for end in ends if end)}"


def print_case(found: Case, household: Mapping[str, Any], follows: str | None) -> None:
    """Print a case for people."""
    shown = case_json(found, household, follows)
    head = shown["household"].get("head") or {}
    doubts = [str(doubt["rule"] or doubt["guard"]) for doubt in shown["doubts"].values()]
    lines = [
        (t("户档", "case"), found.id),
        (t("档案号", "archive no."), shown["archive_no"]),
        (t("环节", "state"), f"{label(found.state, lang())}  (v{found.version})"),
        (t("方案", "policy"), found.policy_id),
        (t("村", "village"), found.unit),
        (t("户主", "head"), f"{head.get('name')}  {head.get('id_number')}"),
        (t("人口", "persons"), 1 + len(shown["household"].get("members", ()))),
        (t("类别", "classes"), shown["classes"]),
        (t("等级", "grade"), t("无房户", "no house") if found.no_house else found.grade),
        (t("方式", "mode"), label(found.mode, lang())),
        (t("批准面积", "approved area"), shown["approved_area"] and f"{shown['approved_area']} m²"),
        (t("批准补助（元）", "approved (yuan)"), yuan(shown["approved_fen"])),
        (t("已发放（元）", "paid (yuan)"), yuan(shown["paid_fen"])),
        (t("可办日", "opens on"), shown["opens_on"]),
        (t("材料", "papers"), ", ".join(shown["papers"])),
        (t("须重报材料", "papers to send again"), ", ".join(shown["rejected"])),
        (t("中止", "suspended since"), (shown["suspended"] or {}).get("on")),
        (t("期限", "deadlines"), ", ".join(f"{name} {c['due']}" for name, c in shown["clocks"].items())),
        (t("未决异议", "open objections"), ", ".join(n for n, o in shown["objections"].items() if "answer" not in o)),
        (t("存疑的规则", "rules in doubt"), ", ".join(doubts)),
        (t("例外批准", "exemptions"), ", ".join(map(_bounded, shown["exemptions"].values()))),
        (t("待追回（元）", "to recover (yuan)"), yuan(shown["recover_fen"])),
        (t("退款待发（元）", "returned (yuan)"), yuan(shown["returned_fen"])),
        (t("接续", "follows"), shown["follows"]),
    ]
    table([t("项目", "item"), t("内容", "value")], [[k, v] for k, v in lines if v not in (None, "", "—")])


def print_basis(basis: Basis) -> None:
    """Print what a decision rested on for people."""
    out(t(f"第 {basis.seq} 号，方案 {basis.policy}", f"no. {basis.seq}, policy {basis.policy}"))
    table([t("项目", "item"), t("内容", "value")], [[k, str(v)] for k, v in basis.household.items()])
    rows = [["✓" if f["ok"] else "✗", f["rule"], f["reason"], f["source"]] for f in basis.worded(lang())]
    table(["", t("规则", "rule"), t("核查结论", "finding"), t("依据", "source")], rows)


def event_json(event: Event) -> dict[str, object]:
    """Return an event as the JSON object of the contract; personal values stand as commitments."""
    return {
        "seq": event.seq,
        "request_id": event.request_id,
        "action": event.action,
        "from": event.from_state,
        "to": event.to_state,
        "acted_by": event.acted_by,
        "office": event.office,
        "recorded_by": event.recorded_by,
        "occurred_on": event.occurred_on,
        "recorded_at": event.recorded_at,
        "data": workflow.data_of(event),
        "documents": list(event.documents),
        "warnings": list(event.warnings),
        "policy_hash": event.policy_hash,
        "prev_hash": event.prev_hash,
        "hash": event.hash,
        "entered": event.entered,
    }


def print_events(events: Sequence[Event], *, streams: bool = False) -> None:
    """Print events for people."""
    head = [
        t("序", "seq"),
        t("发生", "on"),
        t("动作", "action"),
        t("到", "to"),
        t("办理", "acted by"),
        t("登记", "recorded by"),
        t("材料", "papers"),
        t("注意", "warnings"),
    ]
    rows = [
        [
            e.seq,
            e.occurred_on,
            label(e.action, lang()),
            label(e.to_state, lang()),
            f"{e.acted_by} ({label(e.office, lang())})",
            f"{e.recorded_by} {e.recorded_at[:10]}",
            len(e.documents) or None,
            ", ".join(str(w["rule"] or w["guard"]) for w in e.warnings) or None,
        ]
        for e in events
    ]
    if streams:
        head.insert(0, t("流", "stream"))
        rows = [[e.stream, *row] for e, row in zip(events, rows, strict=True)]
    table(head, rows)


def print_decisions(found: Case, decisions: Sequence[Decision], as_of: str | None) -> None:
    """Print decisions for people: what could be done, and of what could not, every reason."""
    when = f"（{as_of}）" if as_of else ""
    out(f"{found.id}  {label(found.state, lang())}  v{found.version} {when if lang() == 'zh' else as_of or ''}")
    if not decisions:
        out(t("已办结，不能再办理动作。", "This case has ended: no further action is open."))
    for decision in decisions:
        sign = "✓" if decision.allowed else "✗"
        who = "、".join(label(o, lang()) for o in decision.who)
        opens = t(f"，自 {decision.opens_on} 起可办", f", opens on {decision.opens_on}") if decision.opens_on else ""
        out(
            f"{sign} {label(decision.action, lang())} [{decision.action}] → {label(decision.to, lang())}  ({who}){opens}"
        )
        for finding in (*decision.unmet, *decision.waiting, *decision.warnings):
            mark = {"block": t("须", "must"), "wait": t("待", "waits")}.get(finding.effect, t("注意", "note"))
            out(f"    {mark} [{finding.rule or finding.guard}] {finding.reason(lang())}  〔{finding.source}〕")
