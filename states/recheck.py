"""Ask every guard of the steps already taken again, on the present record.

If you ask them before and after a change of recorded facts, the difference is exactly the guards that used these facts.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from .actor import Actor
from .decide import ask, exempted, papers_of, traits_of
from .forms.acts import restored
from .guards.base import Around, Question

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from .actor import Document
    from .calendar import Calendar
    from .case import Case
    from .procedure.graph import Act, Procedure
    from .values import Finding


def again(
    case: Case, procedure: Procedure, calendar: Calendar, *, on: date, documents: tuple[Document, ...] = ()
) -> dict[str, Finding]:
    """Return what the lasting guards and papers of every step taken say now, by "action:guard" (a paper by its kind).

    `on` is the day as of which exemptions hold, beside those of each step's own day; `documents` are about to come.
    """
    answers: dict[str, Finding] = {}
    for action, entry in case.record.get("acts", {}).items():
        act = procedure.acts.get(action)
        if act is None or act.kind in ("way", "archiving") or (act.kind == "payment" and not case.fen("paid_fen")):
            continue  # a payment of which nothing is out any more decides nothing
        q = replace(question_of(case, procedure, act, entry, calendar), documents=documents)
        exempt = [*case.exemptions(q.on), *case.exemptions(on)]
        for asked in act.guards:
            if not asked.guard.of_moment and (finding := ask(asked, q)) is not None:
                answers[f"{action}:{finding.guard}"] = exempted(finding, exempt)
        for finding in papers_of(q, act.papers):
            answers[f"{action}:{finding.guard}:{finding.values['paper']}"] = exempted(finding, exempt)
    return answers


def unsound(answers: Mapping[str, Finding]) -> tuple[Finding, ...]:
    """Return the answers that would bar their step."""
    return tuple(f for f in answers.values() if not f.ok and f.effect == "block")


def no_longer(before: Mapping[str, Finding], after: Mapping[str, Finding]) -> dict[str, Finding]:
    """Return the answers that held before a change, or were not needed, and are unmet after it."""
    return {key: f for key, f in after.items() if not f.ok and (key not in before or before[key].ok)}


def told(finding: Finding) -> dict[str, Any]:
    """Return a finding as a doubt keeps it."""
    return {"guard": finding.guard, "rule": finding.rule, "source": finding.source}


def healed(doubts: Mapping[str, Any], after: Mapping[str, Finding]) -> tuple[str, ...]:
    """Return the doubts of earlier corrections that hold again; what an authority denied only itself takes back."""
    return tuple(key for key, doubt in doubts.items() if "by" not in doubt and (key not in after or after[key].ok))


def question_of(case: Case, procedure: Procedure, act: Act, entry: Mapping[str, Any], calendar: Calendar) -> Question:
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
