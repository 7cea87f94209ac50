"""Find events in a founded county's register that the program would have refused to write.

A founded county's offices, accounts of others and units that go over count once a second administrator confirmed them,
and two administrators are always left. The founding itself is by two who vouch for each other; a trial county knows none
of it, and neither did the register of before grants had numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ...states.replay.entries import founding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_TWO = 2

Record = dict[str, Any]


def refused(body: Mapping[str, Any], before: Record) -> Iterator[str]:
    """Yield what a founded county's program refuses of an event of a person; `before` is the record that it changes."""
    person, changes = body["stream"].removeprefix("person/"), body["changes"]
    if _on_trial(person, before, changes):
        return
    for path, told in changes.items():
        kind, _, of = path.partition("/")
        name, *rest = of.split("/")
        if kind == "grants" and len(rest) == 1:
            yield from _granted(body, person, rest[0], told)
        elif kind == "grants":
            yield from _changed(body, person, before["grants"][name][rest[0]], rest[1], told)
        elif kind == "accounts" and rest == ["confirmed_by"]:
            yield from _second(body, told, "an account", before["accounts"][name]["proposed_by"])
        elif kind == "persons" and rest == ["account"] and body["acted_by"] != person:
            yield from _account(changes, before, told)
        elif kind == "persons" and rest != ["account"] and before:
            yield f"it says anew who {person} is"


def went_over(body: Mapping[str, Any], before: Record) -> Iterator[str]:
    """Yield what a founded county's program refuses of an event of the county: units that go over by one person alone."""
    changes = body["changes"]
    confirmed = [path.split("/")[1] for path in changes if _ends(path, "proposals", "confirmed_by")]
    said = [before.get("proposals", {}).get(no, {}) for no in confirmed]
    for no, one in zip(confirmed, said, strict=True):
        yield from _second(body, changes[f"proposals/{no}/confirmed_by"], "a unit that goes over", one["proposed_by"])
    for path, day in changes.items():
        kind, _, of = path.partition("/")
        code, *rest = of.split("/")
        if kind == "units" and rest[:1] == ["into"]:
            wanted = (code, rest[1], day)
            if wanted not in [(one.get("code"), one.get("into"), one.get("since")) for one in said]:
                yield f"{code} goes over into {rest[1]}, and nobody proposed it to a second person"


def _on_trial(person: str, before: Record, changes: Mapping[str, Any]) -> bool:
    told = before.get("persons", {}).get(person) or changes.get(f"persons/{person}") or {}
    return told.get("trial") is not False


def _ends(path: str, kind: str, name: str) -> bool:
    first, *rest = path.split("/")
    return first == kind and rest[1:] == [name]


def _granted(body: Mapping[str, Any], person: str, key: str, told: Mapping[str, Any]) -> Iterator[str]:
    if body["seq"] == 1 and founding(body["county"], person, key, told):
        return
    if told["confirmed_by"] is not None:
        yield f"{key} is granted at once, and no second person confirmed it"
    if told["proposed_by"] != body["acted_by"]:
        yield f"{key} is proposed in the name of {told['proposed_by']}"


def _changed(body: Mapping[str, Any], person: str, grant: Mapping[str, Any], name: str, told: Any) -> Iterator[str]:
    """Yield what is wrong with a change of a grant: it is confirmed once, by another, and its end only comes nearer."""
    if name == "confirmed_by":
        if grant["confirmed_by"] is not None:
            yield "it confirms what was confirmed before"
        yield from _second(body, told, "an office", grant["proposed_by"], person)
    elif name != "until" or told is None or (grant["until"] is not None and told >= grant["until"]):
        yield f"it gives a grant another {name}, and no office grows longer"


def _second(body: Mapping[str, Any], by: Any, what: str, *others: str) -> Iterator[str]:
    if by != body["acted_by"]:
        yield f"{what} is confirmed in the name of {by}"
    if str(by).casefold() in {str(other).casefold() for other in others}:
        yield f"{what} is confirmed by who proposed it, or for whom it is"


def _account(changes: Mapping[str, Any], before: Record, told: Any) -> Iterator[str]:
    confirmed = [path.split("/")[1] for path in changes if _ends(path, "accounts", "confirmed_by")]
    if [before["accounts"][no]["account"] for no in confirmed] != [told]:
        yield "another's account is changed, and nobody proposed it to a second person"


@dataclass(slots=True)
class Registered:
    """What the streams of a county's register come to: whether it was founded, its administrators, and what is refused if so."""

    founded: bool = False
    admins: set[str] = field(default_factory=set)
    trial: list[tuple[str, int]] = field(default_factory=list)
    alone: list[tuple[str, int, str]] = field(default_factory=list)

    def add(self, other: Registered) -> None:
        """Add what other streams of the county come to."""
        self.founded = self.founded or other.founded
        self.admins |= other.admins
        self.trial += other.trial
        self.alone += other.alone

    def problems(self, county: str) -> Iterator[tuple[str, int, str]]:
        """Yield (stream, event, what) of a founded county; of any other nothing."""
        if not self.founded:
            return
        yield from self.alone
        for stream, seq in self.trial:
            yield stream, seq, "somebody of a trial is registered in a founded county"
        if len(self.admins) < _TWO:
            told = ", ".join(sorted(self.admins)) or "nobody"
            yield f"{county}:register", 0, f"fewer than two administrators without a known end are left ({told})"


def registered(
    county: str, stream: str, seq: int, record: Record, alone: Sequence[tuple[int, str]]
) -> Registered | None:
    """Return what a stream of the register comes to, None of any other; `alone` is what `went_over` told."""
    kind, _, person = stream.partition("/")
    if kind == "county":
        return Registered(alone=[(f"{county}:county", at, what) for at, what in alone])
    if kind != "person":
        return None
    told = record.get("persons", {}).get(person, {})
    found = Registered(trial=[(f"{county}:{stream}", seq)] if told.get("trial") is True else [])
    if told.get("offices"):  # as it was written before a county could be founded
        found.alone.append((f"{county}:{stream}", seq, "offices that nobody proposed"))
    for no, grants in record.get("grants", {}).items():
        for key, grant in grants.items():
            if key == f"admin@{county}" and grant["confirmed_by"] is not None and grant["until"] is None:
                found.admins.add(person)
            founders = no == "1" and told.get("trial") is False and founding(county, person, key, grant)
            found.founded = found.founded or founders
    return found
