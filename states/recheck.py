"""Ask every guard of the steps already taken again, on the present record.

If you ask them before and after a change of recorded facts, the difference is exactly the guards that used these facts.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from .actor import Actor
from .decide import ask, lifted, papers_of, traits_of, with_exemptions
from .forms.acts import restored
from .guards.base import Around, Question
from .record import PAID_FEN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .actor import Document
    from .calendar import Calendar
    from .case import Case
    from .procedure.graph import Act, Procedure
    from .values import Doubt, Finding, StepEntry


def again(
    case: Case, procedure: Procedure, calendar: Calendar, *, on: date, documents: tuple[Document, ...] = ()
) -> dict[str, Finding]:
    """Return what the lasting guards and papers of every step taken say now, by "action:guard" (a paper by its kind).

    `on` is the day as of which exemptions hold, beside those of each step's own day; `documents` are about to come.
    """
    answers: dict[str, Finding] = {}
    for action, entry in case.record.acts.items():
        act = procedure.acts.get(action)
        if act is None or act.kind in ("way", "archiving") or (act.kind == "payment" and not case.fen(PAID_FEN)):
            continue  # a payment of which nothing is out any more decides nothing
        q = replace(question_of(case, procedure, act, entry, calendar), documents=documents)
        q = with_exemptions(q, [granted for day in (q.on, on) for granted in case.exemptions(day, action, taken=True)])
        for asked in act.guards:
            if not asked.guard.of_moment and (finding := ask(asked, q)) is not None:
                answers[f"{action}:{finding.guard}"] = lifted(finding, asked, q)
        for finding in papers_of(q, act.papers):
            answers[f"{action}:{finding.guard}:{finding.values['paper']}"] = finding
    return answers


def lifted_floor(case: Case, procedure: Procedure, calendar: Calendar, *, on: date) -> tuple[Finding, ...]:
    """Return what bars a step already taken and an exemption carried: it is of the floor, and no exemption lifts it."""
    rules = {entry["data"].get("rule") for entry in case.record.facts("exempt").values()}
    return tuple(f for f in unsound(again(case, procedure, calendar, on=on)) if f.rule in rules) if rules else ()


def unsound(answers: Mapping[str, Finding]) -> tuple[Finding, ...]:
    """Return the answers that would bar their step."""
    return tuple(f for f in answers.values() if not f.ok and f.effect == "block")


def no_longer(before: Mapping[str, Finding], after: Mapping[str, Finding]) -> dict[str, Finding]:
    """Return the answers that held before a change, or were not needed, and are unmet after it."""
    return {key: f for key, f in after.items() if not f.ok and (key not in before or before[key].ok)}


def as_doubt(finding: Finding) -> Doubt:
    """Return a finding as a doubt keeps it."""
    return {"guard": finding.guard, "rule": finding.rule, "source": finding.source}


def healed(doubts: Mapping[str, Doubt], after: Mapping[str, Finding]) -> tuple[str, ...]:
    """Return the doubts of earlier corrections that hold again; what an authority denied only itself takes back."""
    return tuple(key for key, doubt in doubts.items() if "by" not in doubt and (key not in after or after[key].ok))


def question_of(case: Case, procedure: Procedure, act: Act, entry: StepEntry, calendar: Calendar) -> Question:
    """Return the question of a step that was taken, as it would be asked on the record that the case now has."""
    data = restored(act.form, entry["data"])
    on = date.fromisoformat(entry["on"])
    actor = Actor.recorded(entry["by"], entry["office"], case.unit)
    return Question(
        case=case,
        procedure=procedure,
        act=act,
        actor=actor,
        recorder=actor,
        on=on,
        today=on,
        data=data,
        documents=(),
        calendar=calendar,
        traits=traits_of(case, procedure, act, data),
        around=Around(quotas={}, lines={}),
    )
