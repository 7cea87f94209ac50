"""The main procedure: the states and actions that a policy's steps contribute, in order."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..words.ids import Named, made

if TYPE_CHECKING:
    from ..policy.step_tables import Intake, Step
    from ..policy.tables import Policy

_UP = {"village": "township", "township": "county", "county": "county"}
# What each kind of step contributes, in order: (state, action out of it, kind of act, form).
_KINDS: dict[str, tuple[tuple[str, str, str, str], ...]] = {
    "application": (("draft", "submit_application", "application", "application"),),
    "deliberation": (("{at}_deliberation", "record_deliberation", "deliberation", "deliberation"),),
    "publicity": (
        ("{at}_notice", "post_{at}_notice", "posting", "posting"),
        ("{at}_publicity", "close_{at}_publicity", "closing", "closing"),
    ),
    "report": (("{filing}", "report_to_{above}", "report", "report"),),
    "review": (("{at}_review", "accept_{at}_review", "review", "review"),),
    "meeting": (("{at}_meeting", "record_{at}_meeting", "meeting", "meeting"),),
    "identity_check": (("identity_check", "accept_identity", "identity", "identity"),),
    "appraisal": (("appraisal", "record_appraisal", "appraisal", "appraisal"),),
    "approval": (("{at}_review", "approve", "approval", "approval"),),
    "registration": (("registration", "register", "registration", "registration"),),
    "agreement": (("agreement", "sign_agreement", "agreement", "agreement"),),
    "start": (("site_preparation", "start_works", "start", "start"),),
    "works": (("construction", "complete_works", "completion", "completion"),),
    "acceptance": (("{at}_acceptance", "pass_{at}_acceptance", "{part}", "acceptance"),),
    "payment": (("payment", "pay", "payment", "payment"),),
    "archive": (("archiving", "archive", "archiving", "archiving"),),
}


class Part(NamedTuple):
    """A state of the road with the action out of it, the kind of that act, and its form."""

    step: Step
    state: str
    action: str
    kind: str
    form: str


def parts(step: Step) -> list[Part]:
    """Return the states and actions that a step contributes, in order."""
    filing = "application_form" if step.at == "village" else f"{step.at}_report"
    names = {"at": step.at, "part": step.part or "", "filing": filing, "above": step.name or _UP[step.level]}
    return [Part(step, *(word.format(**names) for word in part)) for part in _KINDS[step.kind]]


def ordered(policy: Policy, intake: Intake | None) -> list[Step]:
    """Return the steps in the order in which a case passes them, by the intake's reading (R15)."""
    if intake is None:
        return list(policy.steps)
    reading = next(r for r in intake.readings if r.id == intake.taken)
    named = policy.keyed
    rest = [step for key, step in named.items() if key not in (*reading.first, *reading.without)]
    return [*(named[key] for key in reading.first), *rest]


def own_names(policy: Policy, road: tuple[Part, ...]) -> dict[str, Named]:
    """Return the ids that the policy itself names: modes, classes, offices, and what its titled steps are made of."""
    found = {mode.id: Named.of(mode.id, mode.name) for mode in policy.modes}
    found |= {served.id: Named.of(served.id, served.name) for served in policy.classes}
    found |= {office.id: Named.of(office.id, office.name) for office in policy.offices if office.name}
    for part in (part for part in road if part.step.title is not None):
        for name in (part.state, part.action):
            found[name] = made(name, str(part.step.name), part.step.title)
    return found
