"""Collect what the events of a stream say about other rows: policies, running numbers, erasures and lists."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from .register import Registered, registered

if TYPE_CHECKING:
    from collections.abc import Mapping


class Taken(NamedTuple):
    """An act that was taken for a list: the list, its event's hash (None by an earlier program), and its open numbers."""

    seq: int
    list_id: str
    list_event: str | None
    numbers: Mapping[str, int]


class Numbered(NamedTuple):
    """An archive number that an event gave: under which policy, in which village, of a case opened on which day."""

    policy: str
    unit: str
    opened_on: str


@dataclass(slots=True)
class Noted:
    """What one stream's events say of other rows.

    `policies` holds by hash the first event that names it and when it was recorded, `erasures` (moment, person),
    `made` by list the number of the event that made it and how many papers came with it, `alone` what one person did
    with the county's units, by event.
    """

    policies: dict[str, tuple[int, str]] = field(default_factory=dict)
    numbered: list[Numbered] = field(default_factory=list)
    erasures: list[tuple[str, str]] = field(default_factory=list)
    made: dict[str, tuple[int, int]] = field(default_factory=dict)
    taken: list[Taken] = field(default_factory=list)
    alone: list[tuple[int, str]] = field(default_factory=list)

    def take(self, body: Mapping[str, Any], text: str, record: Mapping[str, Any], opened_on: str) -> None:
        """Note what an event says; `record` is what it leads to, `opened_on` the day of the stream's first event."""
        changes, seq = body["changes"], body["seq"]
        at, named = str(body["recorded_at"]), body["policy"]
        if named is not None and str(named) not in self.policies:
            self.policies[str(named)] = seq, at
        if body["stream"].startswith("unit/"):
            self._of_unit(body)
        elif '"list":"' in text:
            self.taken += _taken(seq, changes)
        if changes.get("archive_no") and body["action"] != "move_policy":
            self.numbered.append(Numbered(str(named), str(record.get("unit")), str(opened_on)))
        if body["action"] == "erase":
            told = changes.get(f"erased/{seq}", {})
            self.erasures.append((at, str(told.get("person"))))

    def _of_unit(self, body: Mapping[str, Any]) -> None:
        for path, told in body["changes"].items():
            if path.startswith("duties/"):
                for named in told.get("policies", {}).values():
                    self.policies.setdefault(str(named), (body["seq"], str(body["recorded_at"])))
            elif body["action"] == "new_list" and path.startswith("lists/"):
                self.made[path.removeprefix("lists/")] = body["seq"], len(body["documents"])


def _taken(seq: int, changes: Mapping[str, Any]) -> list[Taken]:
    entries = (entry for path, entry in changes.items() if path.startswith(("acts/", "facts/")))
    return [
        Taken(seq, entry["list"], entry.get("list_event"), whole_numbers(entry.get("data") or {}))
        for entry in entries
        if isinstance(entry, dict) and type(entry.get("list")) is str
    ]


def whole_numbers(data: Mapping[str, Any]) -> dict[str, int]:
    """Return the open whole numbers and yes or no of an entry's data: no reading changes their form."""
    return {name: value for name, value in data.items() if type(value) in (int, bool)}


@dataclass(slots=True)
class Gathered:
    """What all streams say of rows that belong to none.

    `policies`: when each was first named, by hash; `numbers`: the last of each running number, by county and key;
    `erasures`: their moments, by county; `registers`: what the register of each county comes to.
    """

    policies: dict[str, str] = field(default_factory=dict)
    numbers: Counter[tuple[str, str]] = field(default_factory=Counter)
    erasures: set[tuple[str, str]] = field(default_factory=set)
    registers: dict[str, Registered] = field(default_factory=dict)

    def add(self, other: Gathered) -> None:
        """Add what another part of the record says."""
        for named, at in other.policies.items():
            self.policies[named] = min(at, self.policies.get(named, at))
        self.numbers.update(other.numbers)
        self.erasures |= other.erasures
        for county, own in other.registers.items():
            self.registers.setdefault(county, Registered()).add(own)

    def stream(self, county: str, noted: Noted, policies: Mapping[str, Any]) -> None:
        """Add what one stream says; `policies` are those kept, by hash."""
        for named, (_, at) in noted.policies.items():
            self.policies[named] = min(at, self.policies.get(named, at))
        self.erasures |= {(county, at) for at, _ in noted.erasures}
        for number in noted.numbered:
            kept = policies.get(number.policy)
            key = kept.number_key(number.unit, number.opened_on) if kept is not None else None
            if key is not None:
                self.numbers[county, key] += 1
        for list_id in noted.made:
            key, _, no = list_id.rpartition("-")
            if no.isascii() and no.isdigit():
                self.numbers[county, f"list/{key}"] = max(int(no), self.numbers[county, f"list/{key}"])

    def register(self, name: str, seq: int, record: dict[str, Any], noted: Noted) -> None:
        """Add what a stream, named with its county, comes to where it is one of the register; `seq` is its last event."""
        county, _, stream = name.partition(":")
        own = registered(county, stream, seq, record, noted.alone)
        if own is not None:
            self.registers.setdefault(county, Registered()).add(own)
