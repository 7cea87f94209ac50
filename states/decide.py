"""Decide whether an act may be taken: ask every guard, and return all findings at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .counting.floor_area import limit_of
from .forms.form import missing
from .guards.base import Answer, Question
from .procedure.conditions import Traits, fits, units_of
from .values import Decision, Finding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal
    from typing import Any

    from .case import Case
    from .procedure.graph import Act, Asked, Procedure, Wanted


def decide(q: Question) -> Decision:
    """Answer a question with every finding; the act is allowed when none of those that block is unmet."""
    to = q.procedure.target(q.case, q.act.name) if q.act.moves else None
    findings = [*_order(q, to), _office(q), *_data(q)]
    exempt = q.case.exemptions(q.on)
    findings += [exempted(f, exempt) for f in papers_of(q, q.act.papers)]
    for asked in q.act.guards:
        finding = ask(asked, q)
        if finding is not None:
            findings.append(finding if asked.guard.of_moment else exempted(finding, exempt))
    findings += [_in_force(q, number, granted) for number, granted in exempt]
    allowed = all(f.ok or f.effect != "block" for f in findings)
    names = q.procedure.names
    return Decision(
        names.get(q.act.name, q.act.name),
        to and names.get(to, to),
        allowed,
        tuple(f if f.ok else _named(f, names) for f in findings),
        tuple(names.get(office, office) for office in q.act.offices),
    )


def _named(finding: Finding, names: Mapping[str, Any]) -> Finding:
    """Return a finding whose ids carry the policy's own names; they stay ids for everybody else."""
    values = {
        key: tuple(names.get(v, v) if isinstance(v, str) else v for v in value)
        if isinstance(value, tuple)
        else names.get(value, value)
        if isinstance(value, str)
        else value
        for key, value in finding.values.items()
    }
    return finding._replace(values=values) if values else finding


def exempted(finding: Finding, exempt: Sequence[tuple[int, Mapping[str, Any]]]) -> Finding:
    """Turn a bar into a warning where the household is exempted from the rule."""
    if finding.ok or finding.effect != "block" or not any(e["rule"] == finding.rule for _, e in exempt):
        return finding
    return finding._replace(effect="warn")


def _in_force(q: Question, number: int, granted: Mapping[str, Any]) -> Finding:
    """Show an exemption in every decision for as long as it holds."""
    values = {"exempt": granted["rule"], "number": number, "by": granted["granted_by"], "until": granted["until"]}
    return Finding("exemption_in_force", granted["rule"], False, "warn", q.act.table.source, values)


def ask(asked: Asked, q: Question) -> Finding | None:
    """Ask one guard and make its answer a finding; None where the guard has nothing to say here."""
    answer = asked.guard.check(q, asked.table)
    if answer is None:
        return None
    table, effect = asked.table, "warn" if asked.guard.warns else None
    if isinstance(answer, Answer):
        table = answer.by or table
        return Finding(
            asked.guard.name,
            table.rule,
            answer.ok,
            effect or answer.effect or table.effect,
            table.source,
            answer.values,
            answer.opens_on,
            answer.who or asked.who,
            bool(table.silent),
        )
    return Finding(
        asked.guard.name,
        table.rule,
        answer,
        effect or table.effect,
        table.source,
        who=asked.who,
        silent=bool(table.silent),
    )


def traits_of(case: Case, procedure: Procedure, act: Act, data: object) -> Traits:
    """Say what the case is, taking what the question itself brings (grade, mode, builder, area) first."""
    grade = getattr(data, "grade", None) if act.kind == "appraisal" else None
    mode = builder = None
    area: Decimal | None = None
    if act.kind == "approval":
        mode, builder = getattr(data, "mode", None), getattr(data, "builder", None)
    if act.kind in ("approval", "preliminary", "final"):
        area = getattr(data, "area", None)
    mode, area = mode or case.mode, area if area is not None else case.approved_area
    known = procedure.mode(mode)
    limit = limit_of(known.area, case.persons) if known and known.area else None
    return Traits(
        classes=case.classes,
        no_house=case.no_house,
        grades=grade or case.grade,
        modes=mode,
        builders=builder or case.builder,
        new_build=known.new_build if known else None,
        relaxed_area=bool(limit and limit.relaxed_cap and limit.cap and area is not None and area > limit.cap),
        demolished_first=_demolished_first(case, act, data),
        intakes=case.record.get("intake") or "application",
        units=units_of(case.unit),
    )


def _demolished_first(case: Case, act: Act, data: object) -> bool:
    gone = case.fact_on("record_demolition")
    if gone is None or act.kind != "appraisal":
        return False
    seen = getattr(data, "on_site_on", None)
    return seen is None or gone < seen


def _order(q: Question, to: str | None) -> list[Finding]:
    """Say whether the act can be taken in this state, and else which acts have to come first, by rule."""
    table = q.act.table
    if not q.act.moves:
        open_here = q.case.state not in q.procedure.closed
        ok = (
            open_here
            if q.act.states is None
            else q.case.state in q.act.states or ("open" in q.act.states and open_here)
        )
        values = {"state": q.case.state, "action": q.act.name, "first": ()}
        return [Finding("action_available", table.rule, ok, "block", table.source, values, None, q.act.offices)]
    if to is not None:
        values = {"state": q.case.state, "action": q.act.name, "to": to}
        return [Finding("action_available", table.rule, True, "block", table.source, values, None, q.act.offices)]
    first = q.procedure.first(q.case.state, q.act.name)
    values = {"state": q.case.state, "action": q.act.name, "first": first}
    found = [Finding("action_available", table.rule, False, "block", table.source, values, None, q.act.offices)]
    said = {table.rule}
    ended = q.case.last_step[0] if q.case.state in q.procedure.closed and q.case.last_step else None
    for name in reversed(first if first or ended is None else (ended,)):
        act = q.procedure.acts[name]
        if act.table.rule not in said:
            said.add(act.table.rule)
            values = {"state": q.case.state, "action": q.act.name, "first": (name,)}
            found.append(
                Finding("action_available", act.table.rule, False, "block", act.table.source, values, None, act.offices)
            )
    return found


def _office(q: Question) -> Finding:
    table = q.act.table
    ok = q.actor.may_act_as(q.act.offices)
    values = {"office": q.actor.office, "offices": q.act.offices}
    return Finding("office_may_act", table.rule, ok, "block", table.source, values, None, q.act.offices)


def _data(q: Question) -> list[Finding]:
    absent = missing(q.data)
    if not absent:
        return []
    table = q.act.table
    values = {"missing": absent}
    return [Finding("data_complete", table.rule, False, "block", table.source, values, None, q.act.offices)]


def papers_of(q: Question, wanted: Sequence[Wanted]) -> list[Finding]:
    """Say of each paper that the plan wants here whether it is on the file or comes with the act."""
    if not wanted:
        return []
    have = q.case.papers | {document.kind for document in q.documents}
    seen = getattr(q.data, "originals_seen", None) or ()
    found = []
    for paper, fit in wanted:
        if not fits(fit, q.traits):
            continue
        there = paper.kind in have or any(kind in have for kind in paper.or_kinds)
        values = {"paper": paper.kind, "names": paper.name}
        found.append(_paper("paper_attached", paper, there, values, q))
        if paper.original:
            found.append(_paper("original_seen", paper, paper.kind in seen, values, q))
    return found


def _paper(guard: str, paper: object, ok: bool, values: dict[str, object], q: Question) -> Finding:
    rule, effect, source = paper.rule, paper.effect, paper.source  # type: ignore[attr-defined]
    return Finding(guard, rule, ok, effect, source, values, None, q.act.offices, bool(paper.silent))  # type: ignore[attr-defined]
