"""Planted defects of whoever sits at a machine, of its clock, and of what lies beside the database.

Each is planted in the process that forks the commands, as Python that it runs before the first one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from weigai.db import open_engine

from tests.prove import clocks, dressed, logins, one_alone, probes
from tests.prove.defects import Defect, Ground
from tests.prove.plants import gone, in_commands, swap

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_ASKS_THE_ENVIRONMENT = """
import os
from weigai.workflow.cli import who
asked, before = who.system_user, os.environ.get("LOGNAME")
who.system_user = lambda: asked() if os.environ.get("LOGNAME") == before else os.environ["LOGNAME"]
"""
_ANYBODY = """
from weigai.db.register.offices import actors
from weigai.workflow.register import register
register.seated = lambda context, who, login, on, county: actors(context.connection, who, on, county)
"""
_UNMARKED = """
from weigai.workflow.cli import trial_mark
trial_mark.mark.__code__ = (lambda *, trial: "").__code__
"""


def _logins(n: int) -> Callable[[Ground], Sequence[str]]:
    return lambda ground: logins.run(ground.seed, n, ground.sqlite()).violations


def _clocks(n: int, kind: str = "sqlite") -> Callable[[Ground], Sequence[str]]:
    return lambda ground: clocks.run(ground.seed, n, getattr(ground, kind)()).violations


def _probe(name: str) -> Callable[[Ground], Sequence[str]]:
    return lambda ground: probes.PROBES[name]()


def _dressed(n: int) -> Callable[[Ground], Sequence[str]]:
    return lambda ground: dressed.run(ground.seed, n).violations


def _one_alone(n: int) -> Callable[[Ground], Sequence[str]]:
    def look(ground: Ground) -> Sequence[str]:
        engine = open_engine(ground.sqlite())
        found = one_alone.run(engine, ground.seed, n).violations
        engine.dispose()
        return found

    return look


def _set(module: str, name: str, value: str) -> Callable[[Ground], object]:
    """Return the plant that gives a name of a module, which has to be there, another value."""
    return in_commands(f"import weigai.{module} as home; home.{name}; home.{name} = {value}")


SEATS = (
    Defect("the user of the system is taken from LOGNAME", in_commands(_ASKS_THE_ENVIRONMENT), _logins(60)),
    Defect("whom --as names is believed", in_commands(_ANYBODY), _logins(60)),
    Defect("a leave reaches an administrator's office", _set("workflow.register.seats", "ADMIN", "'nobody'"), _logins(150)),
    Defect("an event does not say who entered it",
           _set("db.log.entry", "entered", "lambda *a, **k: None"), _logins(60)),
    Defect("refused attempts are not written down", _set("workflow.cli.desk", "note_down", "lambda *a, **k: None"), _logins(60)),
    Defect("a server's clock is not asked", _set("db.log.clock", "server_differs", "lambda *a: None"), _clocks(20, "postgres"),
           "postgresql"),
    Defect("a clock behind the newest event is not refused", _set("states.actor", "Seat.clock_checked", "True"), _clocks(30)),
    Defect("times that cannot be true are not told", _set("db.audit.times", "Times._tell", "lambda *a: None"), _clocks(30)),
    Defect("keys and files are taken from whoever shares them", _set("db.vault.places", "require", "lambda *a: None"), _probe("shared")),
    Defect("a lost witness is begun anew", _set("workflow.evidence.witness", "Witness.refuse_missing", "lambda *a: None"), _probe("witnesses")),
    Defect("a witness that is lost is not missed", _set("workflow.evidence.witness", "Witness.missing", "lambda *a: []"), _probe("witnesses")),
    Defect("a line of a trial county is not marked", in_commands(_UNMARKED), _probe("marks")),
    Defect("a policy's content is believed without its hash", gone("weigai.db.cases.policies:is_content", answer=True),
           _probe("put_back")),
    Defect("the register's events are not asked of an act",
           _set("workflow.reports.suspicions", "without_office", "lambda *a: ()"), _dressed(1)),
    Defect("who confirms a grant is not compared with who proposed it",
           swap("weigai.db.audit.register:_second", lambda was: lambda *a: iter(())), _one_alone(len(one_alone.PLANTED))),
    Defect("administrators are not counted", swap("weigai.db.audit.register:_TWO", lambda was: 0),
           _one_alone(len(one_alone.PLANTED))),
)  # fmt: skip

SEATED: dict[str, Callable[[Ground], Sequence[str]]] = {
    "logins": _logins(60), "clocks": _clocks(20), "clocks on PostgreSQL": _clocks(20, "postgres"),
    "dressed": _dressed(2), "one alone": _one_alone(4),
    **{name: _probe(name) for name in ("shared", "witnesses", "marks", "put_back")},
}  # fmt: skip
