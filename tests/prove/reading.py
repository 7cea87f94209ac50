"""A second reading of a policy file: which office may take what, in which state, written apart from the program."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import Any

CLOSED = {"not_reported", "ineligible", "withdrawn", "refused", "disqualified", "archived"}
NEVER = {"auditor", "discipline", "admin"}
ABOVE = {"village": "township", "township": "county", "county": "county"}


def road(step: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the (state, action) pairs that a step of a plan stands for."""
    at, kind = step.get("name") or step["level"], step["kind"]
    if kind == "publicity":
        return [(f"{at}_notice", f"post_{at}_notice"), (f"{at}_publicity", f"close_{at}_publicity")]
    if kind == "report":
        state = "application_form" if at == "village" else f"{at}_report"
        return [(state, f"report_to_{step.get('name') or ABOVE[step['level']]}")]
    if kind == "acceptance":
        at = step.get("name") or step.get("part")
        return [(f"{at}_acceptance", f"pass_{at}_acceptance")]
    return {
        "application": [("draft", "submit_application")],
        "deliberation": [(f"{at}_deliberation", "record_deliberation")],
        "review": [(f"{at}_review", f"accept_{at}_review")],
        "meeting": [(f"{at}_meeting", f"record_{at}_meeting")],
        "identity_check": [("identity_check", "accept_identity")],
        "appraisal": [("appraisal", "record_appraisal")],
        "approval": [(f"{at}_review", "approve")],
        "registration": [("registration", "register")],
        "agreement": [("agreement", "sign_agreement")],
        "start": [("site_preparation", "start_works")],
        "works": [("construction", "complete_works")],
        "payment": [("payment", "pay")],
        "archive": [("archiving", "archive")],
    }[kind]


@dataclass
class Reading:
    """Who may do what under a plan, as its file says it."""

    offices: set[str]
    enters: dict[str, set[str]]  # for which offices an office may enter acts
    states: list[str]
    acts: list[str]
    table: dict[tuple[str, str], set[str]]  # (state, act): the offices; nothing where it cannot be taken there

    def may_act(self, state: str, act: str, office: str) -> bool:
        """Tell whether an office may take an act in a state."""
        return office in self.table.get((state, act), set()) - NEVER

    def may_enter(self, recorder: str, office: str, *, same_person: bool, paper: bool) -> bool:
        """Tell whether somebody in one office may enter what another office did."""
        if same_person and recorder == office:
            return True
        return paper and recorder not in NEVER and office in self.enters.get(recorder, set())


def read(text: str) -> Reading:
    """Read a policy file for who may do what."""
    plan = tomllib.loads(text)
    table: dict[tuple[str, str], set[str]] = {}
    order: list[str] = []
    for step in plan["steps"]:
        for state, action in road(step):
            order.append(state)
            table[state, action] = set(step["offices"])
            if step["kind"] == "appraisal" and "waived_when" in step:
                table[state, "waive_appraisal"] = set(step.get("waived_by") or step["offices"])
    ways = plan.get("ways", [])
    targets = {way["to"] for way in ways} - {"back", "step", "same"}
    states = list(dict.fromkeys([*order, "archived", *sorted(targets)]))
    for way in ways:
        starts = [s for s in states if s not in CLOSED] if way["start"] == ["open"] else way["start"]
        for state in starts:
            table[state, way["action"]] = set(way["offices"])
    for fact in plan.get("facts", []):
        for start in fact.get("states", ["open"]):
            for state in [s for s in states if s not in CLOSED] if start == "open" else [start]:
                table[state, fact["id"]] = set(fact["offices"])
    acts = list(dict.fromkeys(act for _, act in table))
    enters = {office["id"]: set(office.get("records_for", ())) for office in plan["offices"]}
    return Reading({office["id"] for office in plan["offices"]}, enters, states, acts, table)
