"""Find the person who acts and the person who records."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .. import Actor, NotFound, as_actor
from .language import t

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from .. import Approvals


UID_MAP = Path("/proc/self/uid_map")  # how Linux numbers the users of a process


def system_user() -> str:
    """Return the name of the system's user who runs this program; no variable of the environment changes it.

    In a user namespace (`unshare --user`, a rootless container) whoever makes it says who they are: there a user has a
    name that no account of the system has.
    """
    if sys.platform == "win32":
        return os.getlogin()
    import pwd

    if _in_namespace():
        return f"uid{os.getuid()}-namespace"
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a user without a name, as in some containers
        return f"uid{os.getuid()}"


def _in_namespace() -> bool:
    """Tell whether the numbers of users are others here than the system's own; only Linux has such places."""
    try:
        return UID_MAP.read_text(encoding="ascii").split() != ["0", "0", "4294967295"]
    except OSError:
        return False


def acting(
    held_on: Callable[[date | None], list[Actor]],
    approvals: Approvals,
    offices: tuple[str, ...],
    for_: str | None,
    unit: str,
    on: date | None,
) -> tuple[Actor, Actor]:
    """Return who acts and who records: the user in the first office held that may act here, or whom `--for` names.

    Who acts held the office on the day of the act, who records holds one today. In a trial county `--for` may name
    somebody who is not registered. `held_on` gives the user once for each office held on a day, on None today.

    Raises:
        NotFound: whoever `--for` names did not hold that office here on that day: in the same words as nobody at all.
        GuardsNotMet: the user held no office on that day (`office_held`).
    """
    held = held_on(None)
    near = [a for a in held if a.covers(unit)] or held
    if for_ is None:
        then = held if on is None else held_on(on)
        actor = as_actor(then, offices, unit, person=held[0].person, on=on)
        return actor, next((a for a in near if a.office == actor.office), near[0])
    person, _, office = for_.partition("/")
    if not person or not office:
        raise click.UsageError(
            t("--for 应写作 人员/职务，例：p-0007/village", "write --for PERSON/OFFICE, e.g. p-0007/village")
        )
    recorder = next((a for o in ("county", "township", office) for a in near if a.office == o), near[0])
    theirs = _theirs(approvals, person, office, unit, on)
    there = next((a for a in theirs if a.covers(unit)), None)
    if there is None and (theirs or not recorder.trial):
        raise NotFound(for_)
    return there or Actor(person, office, recorder.units, trial=True), recorder


def _theirs(approvals: Approvals, person: str, office: str, unit: str, on: date | None) -> list[Actor]:
    """Return another person in an office held on a day, nobody where that is not registered."""
    try:
        found = approvals.register.actors(person, on=on, county=unit[:6])
    except NotFound:
        return []
    return [a for a in found if a.office == office]
