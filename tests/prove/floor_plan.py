"""A policy's file as the independent model of the floor reads it: with tomllib alone, by the published list of names."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

CLOSED = ("not_reported", "ineligible", "withdrawn", "refused", "disqualified", "died_out", "archived")
_ABOVE = {"village": "township", "township": "county", "county": "county"}
# kind of step: the states that it makes, with the act out of each; {at} is its name, part or level
_MADE: dict[str, tuple[tuple[str, str, str], ...]] = {
    "application": (("draft", "submit_application", "application"),),
    "deliberation": (("{at}_deliberation", "record_deliberation", "deliberation"),),
    "publicity": (
        ("{at}_notice", "post_{at}_notice", "posting"),
        ("{at}_publicity", "close_{at}_publicity", "closing"),
    ),
    "report": (("{form}", "report_to_{above}", "report"),),
    "review": (("{at}_review", "accept_{at}_review", "review"),),
    "meeting": (("{at}_meeting", "record_{at}_meeting", "meeting"),),
    "identity_check": (("identity_check", "accept_identity", "identity"),),
    "appraisal": (("appraisal", "record_appraisal", "appraisal"),),
    "approval": (("{at}_review", "approve", "approval"),),
    "registration": (("registration", "register", "registration"),),
    "agreement": (("agreement", "sign_agreement", "agreement"),),
    "start": (("site_preparation", "start_works", "start"),),
    "works": (("construction", "complete_works", "works"),),
    "acceptance": (("{at}_acceptance", "pass_{at}_acceptance", "{part}"),),
    "payment": (("payment", "pay", "payment"),),
    "archive": (("archiving", "archive", "archiving"),),
}


class Place(NamedTuple):
    """A place of the road: its state, the act out of it, what kind of act that is, and the step's table."""

    state: str
    action: str
    kind: str
    step: dict[str, Any]


@dataclass
class Plan:
    """One policy file, with its road by intake."""

    text: str
    told: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.told = tomllib.loads(self.text)
        self._roads: dict[str | None, list[Place]] = {}

    def road(self, intake: str | None) -> list[Place]:
        """Return the places that a case of an intake passes, in order."""
        if intake not in self._roads:
            self._roads[intake] = [place for step in self._steps(intake) for place in _places(step)]
        return self._roads[intake]

    def _steps(self, intake: str | None) -> list[dict[str, Any]]:
        steps = self.told["steps"]
        if intake is None:
            return list(steps)
        table = next(one for one in self.told["intakes"] if one["id"] == intake)
        reading = next(one for one in table["readings"] if one["id"] == table["taken"])
        keys = _keys(steps)
        first = [keys[name] for name in reading.get("first", ())]
        gone = [keys[name] for name in reading.get("without", ())]
        return [*first, *(step for step in steps if all(step is not other for other in (*first, *gone)))]

    def guard(self, name: str) -> dict[str, Any]:
        """Return a guard's table, empty where the plan has none."""
        found: dict[str, Any] = self.told["guards"].get(name) or {}
        return found

    def mode(self, name: str | None) -> dict[str, Any]:
        """Return a mode's table, empty where the plan has none."""
        return next((mode for mode in self.told["modes"] if mode["id"] == name), {})

    def hearing(self, level: str) -> dict[str, Any]:
        """Return what becomes of an objection to a level's notice."""
        return next((one for one in self.told.get("hearings", ()) if one["level"] == level), {})


def at_of(step: dict[str, Any]) -> str:
    """Return what a step's states are named after."""
    return str(step.get("name") or step.get("part") or step["level"])


def _places(step: dict[str, Any]) -> list[Place]:
    at = at_of(step)
    words = {
        "at": at,
        "part": step.get("part", ""),
        "form": "application_form" if at == "village" else f"{at}_report",
        "above": step.get("name") or _ABOVE[step["level"]],
    }
    return [Place(*(word.format(**words) for word in made), step) for made in _MADE[step["kind"]]]


def _keys(steps: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the steps by the names under which an intake orders them."""
    several = ("publicity", "acceptance")
    named = [(f"{at_of(s)}_{s['kind']}" if s["kind"] in several or s.get("name") else str(s["kind"]), s) for s in steps]
    keys = [key for key, _ in named]
    return {(key if keys.count(key) == 1 else f"{s['level']}_{key}"): s for key, s in named}


def cap_of(mode: dict[str, Any], persons: int) -> Decimal | None:
    """Return the cap on a household's area in m2, None where the mode has none."""
    area = mode.get("area") or {}
    caps = [area["cap"]] if "cap" in area else []
    band = next((b for b in area.get("bands", ()) if persons <= b.get("persons_to", persons)), {})
    caps += [band["cap"]] if "cap" in band else []
    found = [Decimal(str(cap)) for cap in caps]
    found += [Decimal(str(band["cap_per_head"])) * persons] if "cap_per_head" in band else []
    return min(found, default=None)


def applies(when: dict[str, Any] | None, known: dict[str, Any]) -> bool:
    """Tell whether a table is for a case of which this is known; what is not known fits no condition on it."""
    for name, wanted in (when or {}).items():
        have = known.get(name)
        if isinstance(wanted, list):
            if not set(wanted) & (set(have) if isinstance(have, (set, frozenset)) else {have}):
                return False
        elif have is not wanted:
            return False
    return True
