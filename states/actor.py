"""The person who acts: the office, the units, and the stored papers that a host hands in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from . import arguments as given
from .units import inside

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

READERS = frozenset({"auditor", "discipline"})  # read everything in their area and change nothing, whatever a plan says
PROXY = "proxy_entry"  # the leave to work as another person at the command line: no office that acts or reads itself
NEVER_ACT = READERS | {"admin", PROXY}  # on cases; who keeps the register takes no step of a household's either


def may_agree(held: Sequence[tuple[str, Sequence[str]]] | None) -> bool:
    """Tell whether who holds these offices, each with its units, may be a second person; None where nobody is registered."""
    return held is None or any(office not in READERS for office, _ in held)


@dataclass(frozen=True, slots=True)
class Actor:
    """A person who acts: in one office, for the units (codes of 6, 9 or 12 digits) that the office covers.

    A county or township is covered whole by its code; by its code filled up with zeros to twelve digits it is covered
    alone, without what lies in it.

    `trial` marks a person of a trial county, who holds every office alone: weigai then only warns if a second person is missing.

    Raises:
        InputRefused: person, office or a unit is not text of one form (a UUID or a number is passed as `str(...)`).
    """

    person: str
    office: str
    units: tuple[str, ...]
    trial: bool = False

    if TYPE_CHECKING:  # the units may come as a list

        def __init__(self, person: str, office: str, units: Iterable[str], trial: bool = False) -> None: ...

    def __post_init__(self) -> None:
        object.__setattr__(self, "person", given.identifier(self.person, "actor.person"))
        object.__setattr__(self, "office", given.identifier(self.office, "actor.office"))
        object.__setattr__(self, "units", given.identifiers(self.units, "actor.units"))
        given.flag(self.trial, "actor.trial")

    @classmethod
    def recorded(cls, person: Any, office: Any, unit: str) -> Actor:
        """Return the person who took a recorded act, as text; an old record may have another form and is not refused."""
        actor = object.__new__(cls)
        for name, value in {"person": str(person), "office": str(office), "units": (unit,), "trial": False}.items():
            object.__setattr__(actor, name, value)
        return actor

    def covers(self, unit: str) -> bool:
        """Tell whether `unit` lies in this actor's area (codes nest by prefix 6-9-12)."""
        return inside(unit, self.units)

    def may_act_as(self, offices: Sequence[str]) -> bool:
        """Tell whether the person's office is one of these, and may take acts at all."""
        return self.office in offices and self.office not in NEVER_ACT


class Seat(NamedTuple):
    """The user of the operating system at a command line, and whether they checked the machine's clock."""

    login: str
    clock_checked: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """A stored paper: its kind, the SHA-256 (hex) of its bytes, size in bytes, media type, and a picture's look.

    `look` is a 64-bit perceptual hash (hex) by which like pictures are found; None for what is no picture. `unit` is
    whose the stored file is, where weigai stores it; None for a paper that the host keeps itself.

    Raises:
        InputRefused: a field is not of its type.
    """

    kind: str
    sha256: str
    size: int
    media_type: str = "application/octet-stream"
    look: str | None = None
    unit: str | None = None

    def __post_init__(self) -> None:
        for name in ("kind", "sha256", "media_type"):
            object.__setattr__(self, name, given.text(getattr(self, name), f"document.{name}"))
        object.__setattr__(self, "size", given.whole(self.size, "document.size"))
        if self.look is not None:
            object.__setattr__(self, "look", given.text(self.look, "document.look"))
        if self.unit is not None:
            object.__setattr__(self, "unit", given.identifier(self.unit, "document.unit"))
