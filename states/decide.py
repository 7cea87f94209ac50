"""Decide whether an act may be taken: ask every guard, and return all findings at once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .counting.floor_area import limit_of
from .forms.form import missing
from .guards.base import Answer, Inquiry, Matter, Question
from .procedure.conditions import Traits, fits, units_of
from .values import Decision, Finding

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from decimal import Decimal
    from typing import Any

    from .case import Case
    from .policy.tables import Paper
    from .procedure.graph import Act, Bound, Procedure, Wanted
    from .values import Data


def decide(q: Question | Matter) -> Decision:
    """Answer a question on any subject with every finding; the act is allowed when none of those that block is unmet."""
    return _on_case(q) if isinstance(q, Question) else _on_matter(q)


def _on_case(q: Question) -> Decision:
    to = q.procedure.target(q.case, q.act.name) if q.act.moves else None
    q = with_exemptions(q)
    findings = [*_order(q, to), _office(q), *_data(q)] if q.act.ordered else [_office(q)]
    findings += papers_of(q, q.act.papers)
    findings += [lifted(finding, asked, q) for asked in q.act.guards if (finding := ask(asked, q)) is not None]
    findings += [_in_force(q, number, granted) for number, granted in q.case.exemptions(q.on)]
    return _decided(q, findings, q.procedure.names, to)


def _on_matter(q: Matter) -> Decision:
    answers = (ask(asked, q) for asked in q.act.guards)
    office = [_office(q)] if q.act.office_guard else []
    findings = [*office, *(f for f in answers if f is not None)]
    return _decided(q, findings, q.procedure.names if q.procedure else {})


def _decided(q: Inquiry, findings: Sequence[Finding], names: Mapping[str, Any], to: str | None = None) -> Decision:
    """Return the decision that follows from the findings, with the policy's own names."""
    return Decision(
        names.get(q.act.name, q.act.name),
        to and names.get(to, to),
        all(f.ok or f.effect != "block" for f in findings),
        tuple(f if f.ok else _named(f, names) for f in findings),
        tuple(names.get(office, office) for office in q.act.offices),
    )


def joined(decisions: Sequence[Decision]) -> Decision:
    """Join the decisions of several policies on one act; a finding that they share under one rule appears once."""
    findings: dict[tuple[str, str, bool, str], Finding] = {}
    for f in (finding for decision in decisions for finding in decision.findings):
        findings.setdefault((f.guard, f.rule or f.source, f.ok, f.effect), f)
    return Decision(
        decisions[0].action,
        None,
        all(decision.allowed for decision in decisions),
        tuple(findings.values()),
        tuple(dict.fromkeys(office for decision in decisions for office in decision.who)),
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


def with_exemptions(q: Question, granted: Iterable[tuple[int, Data]] | None = None) -> Question:
    """Return a question that knows from which rules the household is exempted at its act: those in force, or the given."""
    if granted is None:
        granted = q.case.exemptions(q.on, q.act.name)
    rules = frozenset(str(data.get("rule")) for _, data in granted)
    return replace(q, exempt=rules & q.procedure.exempting.rules) if rules else q


def lifted(finding: Finding, asked: Bound, q: Question) -> Finding:
    """Turn a bar into a warning where the household is exempted from the rule, and the guard is not of the floor."""
    if finding.ok or finding.effect != "block" or not asked.guard.liftable:
        return finding
    exempt = finding.rule in q.exempt and finding.rule in q.procedure.exempting.lifts
    return finding._replace(effect="warn") if exempt else finding


def _in_force(q: Question, number: int, granted: Mapping[str, Any]) -> Finding:
    """Show an exemption in every decision for as long as it holds."""
    rule, told = granted.get("rule"), {name: granted.get(name) for name in ("act", "until")}
    values = {"exempt": rule, "number": number, "by": granted.get("granted_by"), **told}
    return Finding("exemption_in_force", rule, False, "warn", q.act.table.source, values)


def ask(asked: Bound, q: Inquiry) -> Finding | None:
    """Ask one guard and return its answer as a finding; None if the guard does not apply."""
    answer = asked.guard.check(q, asked.table)
    if answer is None:
        return None
    given = answer if isinstance(answer, Answer) else Answer(answer)
    table = given.by or asked.table
    return Finding(
        asked.guard.name,
        table.rule,
        given.ok,
        _effect(asked, q, given),
        table.source,
        given.values,
        given.opens_on,
        given.who or asked.who,
        bool(table.silent),
    )


def _effect(asked: Bound, q: Inquiry, answer: Answer) -> str:
    """Return whether an unmet guard blocks or warns. A guard of an act beside the road blocks, even if the plan's table warns."""
    if asked.guard.warns:
        return "warn"
    if answer.effect is None and (asked.guard.firm or (asked.guard.of_step and not q.act.ordered)):
        return "block"
    return answer.effect or str((answer.by or asked.table).effect)


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
        intakes=case.record.intake or "application",
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


def _office(q: Inquiry) -> Finding:
    """Say whether the office held may take the act."""
    act, table = q.act, q.act.table
    ok = q.actor.office in act.offices if act.reads else q.actor.may_act_as(act.offices)
    values = {"office": q.actor.office, "offices": act.offices}
    return Finding(act.office_guard or "", table.rule, ok, "block", table.source, values, None, act.offices)


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
        values: dict[str, object] = {"paper": paper.kind, "names": paper.name}
        if not there and (instead := _instead(q, paper, have)):
            found.append(_paper("paper_replaced", paper, False, {**values, "papers": instead}, q, effect="warn"))
            continue
        found.append(_paper("paper_attached", paper, there, values, q))
        if paper.original:
            found.append(_paper("original_seen", paper, paper.kind in seen, values, q))
    return found


def _instead(q: Question, paper: Paper, have: Collection[str]) -> tuple[str, ...]:
    """Return the papers that replace a missing one, where an exemption allows it and all of them are there."""
    kinds = q.procedure.exempting.instead.get((paper.rule or "", paper.kind), ()) if paper.rule in q.exempt else ()
    return kinds if all(kind in have for kind in kinds) else ()


def _paper(
    guard: str, paper: Paper, ok: bool, values: dict[str, object], q: Question, *, effect: str | None = None
) -> Finding:
    effect = effect or paper.effect
    return Finding(guard, paper.rule, ok, effect, paper.source, values, None, q.act.offices, bool(paper.silent))
