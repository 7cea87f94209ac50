"""Who sits at the machine of a founded county, and whom they name: nothing is done in the name of another.

What is held against the program is read from the tables: whose account the login is, which leave that person has, and
what every new event says of who acted, who recorded and which user of the system entered it.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import text
from weigai.db import open_engine

from tests.machines import at, county, hired, whole
from tests.prove import dressed
from tests.prove.clients import family
from tests.prove.result import Result, proof
from tests.support import COUNTY, TOWNSHIP, VILLAGE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Engine

    from tests.forks import Machine, Ran

OTHER, IDLE = "150783102201", "p-0011"  # a village outside the leave; somebody whose office nobody confirms
# administrators, clerks, the holders of a leave for a township and for the county; then users whose account nobody has
SEATED = ("zhang", "li", "a-p-0007", "a-p-0008", "a-p-0009", "a-p-0010")
LOGINS = (*SEATED, *SEATED, "p-0002", "p-0007", "nobody", "LI", f"{COUNTY}/li")
PERSONS = ("p-0001", "p-0002", "p-0007", "p-0008", "p-0009", "p-0010", IDLE, "p-0404")
WAYS = ("--as", "WEIGAI_USER", "LOGNAME", "USER", "")
NAMING = WAYS[:2]  # the ways by which somebody is named; no other one counts
OFFICES = (
    f"village@{VILLAGE}", f"village@{OTHER}", f"township@{TOWNSHIP}", f"finance@{COUNTY}", f"admin@{COUNTY}",
    f"admin@{TOWNSHIP}", f"proxy_entry@{VILLAGE}",
)  # fmt: skip
READS = (["user", "list"], ["user", "pending"], ["unit", "list"], ["inbox"], ["audit", "refused"])


class Attempt(NamedTuple):
    """A command that somebody gives: which user of the system, naming whom, and in which way."""

    login: str
    way: str
    name: str
    words: Sequence[str]
    writes: bool

    def given(self, machine: Machine) -> Ran:
        """Give the command at the machine."""
        env = {self.way: self.name} if self.way not in ("--as", "") else {}
        term = at(machine, self.login, **env)
        words = [*(["--as", self.name] if self.way == "--as" else []), *self.words]
        return term.run(words, env=term.env, stdin=b"")

    def __str__(self) -> str:
        return f"{self.login}, {self.way or 'nothing'} {self.name}: {' '.join(self.words[:5])}"


class Grant(NamedTuple):
    """An office that is held or proposed."""

    person: str
    no: int
    office: str
    unit: str
    confirmed_by: str | None


class Known(NamedTuple):
    """The register before an attempt."""

    accounts: dict[str, str]  # by account: the person
    grants: list[Grant]

    def own(self, attempt: Attempt) -> str | None:
        """Return whose account the login is."""
        return self.accounts.get(attempt.login)

    def named(self, attempt: Attempt) -> str | None:
        """Return whom an attempt names: by an account or an id, either behind the county."""
        name = (attempt.name if attempt.way in NAMING else attempt.login).removeprefix(f"{COUNTY}/")
        return self.accounts.get(name) or (name if name in self.accounts.values() else None)

    def may_be(self, attempt: Attempt) -> set[tuple[str, str]]:
        """Return (person, office) of whom the leave of the login lets it work as: of whom it names, inside the leave."""
        mine = self.own(attempt)
        units = [g.unit for g in self.grants if (g.person, g.office) == (mine, "proxy_entry") and g.confirmed_by]
        return {
            (g.person, g.office)
            for g in self.grants
            if g.person == self.named(attempt) and g.confirmed_by and g.office not in ("admin", "proxy_entry")
            if any(g.unit.startswith(unit) or unit.startswith(g.unit) for unit in units)
        }


def run(seed: int, n: int, url: str) -> Result:
    """Give `n` commands drawn from a seed at the one machine of a founded county, and look at all that is written."""
    draw, counted = random.Random(seed), Counter[str]()
    engine = open_engine(url)
    with proof(f"logins {engine.dialect.name}") as result, TemporaryDirectory(prefix="weigai-prove-") as folder:
        machine = _machine(Path(folder), url)
        seen, proposed = set[tuple[str, int]](), dict[str, str]()
        result.broke(*_alone(_new(engine, seen), proposed))
        for number in range(n):
            known = _known(engine)
            attempt = _drawn(draw, machine, known, number)
            ran = attempt.given(machine)
            new = _new(engine, seen)
            counted.update([f"exit {ran.code}", *(body["action"] for body in new)])
            told = [*_let_in(attempt, known, ran), *_written(attempt, known, ran.code, new), *_alone(new, proposed)]
            result.broke(*(f"{attempt}: {one}" for one in told))
            result.n += 1
        if not whole(machine):
            result.broke("the record does not verify")
        result.broke(*(f"honest work is told: {one}" for one in dressed.told(machine)))
        result.note(", ".join(f"{name}: {count}" for name, count in sorted(counted.items())))
    engine.dispose()
    return result


# ------------------------------------------------------------------ what is drawn


def _machine(folder: Path, url: str) -> Machine:
    machine = county(folder, WEIGAI_DB=url.replace("+psycopg", ""))
    hired(machine, "p-0007", f"village@{VILLAGE}")
    hired(machine, "p-0008", f"village@{OTHER}")
    hired(machine, "p-0009", f"proxy_entry@{TOWNSHIP}")
    hired(machine, "p-0010", f"proxy_entry@{COUNTY}")
    machine("user", "add", IDLE, "--office", f"village@{VILLAGE}", "--account", f"a-{IDLE}", stdin="某人\n")
    return machine


def _drawn(draw: random.Random, machine: Machine, known: Known, number: int) -> Attempt:
    writes = draw.random() < 0.8
    words = _writing(draw, machine, known, number) if writes else list(draw.choice(READS))
    names = [*PERSONS, *known.accounts, "nobody"]
    name = draw.choice(names) if draw.random() < 0.8 else f"{COUNTY}/{draw.choice(names)}"
    return Attempt(draw.choice(LOGINS), draw.choice(WAYS), name, words, writes)


def _writing(draw: random.Random, machine: Machine, known: Known, number: int) -> list[str]:
    kind = draw.choice(("grant", "confirm", "confirm", "rename", "open"))
    if kind == "grant":
        return ["user", "grant", draw.choice([p for p in PERSONS if p != IDLE]), draw.choice(OFFICES)]
    if kind == "confirm":
        waits = [(g.person, str(g.no)) for g in known.grants if g.confirmed_by is None and g.person != IDLE]
        return ["user", "confirm", *draw.choice(waits or [("p-0404", "1")])]
    unit = draw.choice((VILLAGE, OTHER))
    if kind == "rename":
        return ["unit", "rename", unit, f"{number}村"]
    household = machine.file("household.json", family(number))
    return ["case", "open", "--policy", "zhalantun-2019-a", "--unit", unit, "--household", household]


# ------------------------------------------------------------------ what the tables say


def _known(engine: Engine) -> Known:
    grants = "SELECT person, no, office, unit, confirmed_by FROM weigai_grant WHERE until IS NULL ORDER BY person, no"
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT account, id FROM weigai_person ORDER BY id")).all()
        return Known({row[0]: row[1] for row in rows}, [Grant(*row) for row in connection.execute(text(grants))])


def _new(engine: Engine, seen: set[tuple[str, int]]) -> list[dict[str, Any]]:
    """Return the bodies of the events that were not seen yet."""
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT stream, seq, body FROM weigai_event ORDER BY stream, seq")).all()
    new = [json.loads(body) for stream, seq, body in rows if (stream, seq) not in seen]
    seen |= {(stream, seq) for stream, seq, _ in rows}
    return new


# ------------------------------------------------------------------ what must hold


def _let_in(attempt: Attempt, known: Known, ran: Ran) -> Iterator[str]:
    """Tell of somebody who was let in without a right to, and of one who was kept from being themselves."""
    own, named = known.own(attempt), known.named(attempt)
    if ran.code not in (0, 3, 4) or b"Traceback" in ran.err:
        yield f"exit {ran.code}: {ran.err.decode(errors='replace')[:200]}"
    if ran.code and ran.out:
        yield "was refused and told something"
    if not ran.code and (named is None or named != own) and not known.may_be(attempt):
        yield f"worked as {named}"
    if named is not None and named == own and b"own_login" in ran.err:
        yield "may not work as themselves"


def _written(attempt: Attempt, known: Known, code: int, new: list[dict[str, Any]]) -> Iterator[str]:
    """Tell of events in the name of another, without the login, or without need; and of a refusal that left none."""
    own, lent = known.own(attempt), known.may_be(attempt)
    for body in new:
        who = (body["acted_by"], body["office"])
        if body["recorded_by"] != body["acted_by"] or not (who[0] == own or who in lent):
            yield f"{body['action']} of {who}, recorded by {body['recorded_by']}"
        entered = body["changes"].get(f"entered/{body['seq']}")
        if entered is None or entered["user"] != attempt.login:
            yield f"{body['action']} was entered by {entered}"
    told = [body for body in new if body["action"] == "refused_attempt"]
    wanted = 1 if attempt.writes and code and own is not None else 0
    if len(told) != wanted:
        yield f"exit {code}: {len(told)} attempts on the record"
    if len(new) > len(told) and (code or not attempt.writes):
        yield f"wrote with exit {code}: {', '.join(body['action'] for body in new)}"


def _alone(new: list[dict[str, Any]], proposed: dict[str, str]) -> Iterator[str]:
    """Tell of what one login proposed and confirmed; what is newly proposed is kept by person and number."""
    for body in new:
        login = body["changes"].get(f"entered/{body['seq']}", {}).get("user")
        for name in (name for name in body["changes"] if name.startswith("grants/")):
            what = f"{body['stream']} {name.removesuffix('/confirmed_by')}"
            if body["action"] == "confirm_grant" and proposed.get(what, login) == login:
                yield f"{login} proposed and confirmed {what}"
            proposed.setdefault(what, login)
