"""The rows of a founded county's register dressed for one command, and put back: by whoever has the database's password."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

from weigai.db.register.areas import SUCCESSION
from weigai.db.register.grants import GRANT
from weigai.db.register.register import PERSON

from tests.machines import at, county, hired, whole
from tests.prove.result import Result, proof
from tests.support import COUNTY, TOWNSHIP, VILLAGE

if TYPE_CHECKING:
    from tests.forks import Machine, Terminal

_COLUMNS = {table.name: table.columns.keys() for table in (GRANT, PERSON, SUCCESSION)}
MORNING = datetime(2019, 6, 10, 1, tzinfo=UTC)
OTHER, FAR = "150783101202", "150783102201"
CASE = "<a case>"  # stands for the number of a case that the clerk opened before


class Attack(NamedTuple):
    """What is changed in the rows, and which user of the system gives which command meanwhile."""

    dressed: str
    login: str
    words: tuple[str, ...]
    how: tuple[str, ...]


def opened(unit: str, *more: str, on: str = "2019-06-10") -> tuple[str, ...]:
    """Return the command that opens a case."""
    own = ("case", "open", "--policy", "zhalantun-2019-a", "--unit", unit, "--household", "household.json")
    return (*more, *own, "--on", on)


def _grant(person: str, office: str, unit: str) -> str:
    values = f"'{COUNTY}', '{person}', 9, '{office}', '{unit}', '2000-01-01', NULL, 'p-0001', 'p-0002'"
    return f"INSERT INTO weigai_grant VALUES ({values})"


ATTACKS = {
    "an office that nobody granted": Attack(_grant("p-0007", "village", OTHER), "a-p-0007", opened(OTHER), ("office",)),
    "an office of a wider area": Attack(
        f"UPDATE weigai_grant SET unit = '{TOWNSHIP}' WHERE person = 'p-0007'", "a-p-0007", opened(OTHER), ("office",)),
    "an office that was taken away": Attack(
        "UPDATE weigai_grant SET until = NULL WHERE person = 'p-0008'", "a-p-0008", opened(FAR), ("office",)),
    "an office from an earlier day on": Attack(
        "UPDATE weigai_grant SET since = '2000-01-01' WHERE person = 'p-0006'", "a-p-0006", opened(VILLAGE, on="2019-06-05"), ("office",)),
    "an office that waits": Attack(
        "UPDATE weigai_grant SET confirmed_by = 'p-0002' WHERE person = 'p-0005'", "a-p-0005", opened(FAR), ("office",)),
    "another office": Attack(
        "UPDATE weigai_grant SET office = 'village' WHERE person = 'p-0004'", "a-p-0004", opened(FAR), ("office",)),
    "another's account": Attack(
        "UPDATE weigai_person SET account = 'mallory' WHERE id = 'p-0007'", "mallory", opened(VILLAGE), ("login",)),
    "a leave": Attack(
        _grant("p-0006", "proxy_entry", COUNTY), "a-p-0006", opened(VILLAGE, "--as", "p-0007"), ("login",)),
    "a village that went over": Attack(
        f"INSERT INTO weigai_succession VALUES ('{COUNTY}', '{FAR}', '{VILLAGE}', '2000-01-01')", "a-p-0007", opened(FAR),
        ("office",)),
    "an administrator": Attack(
        _grant("p-0007", "admin", COUNTY), "a-p-0007", ("user", "grant", "p-0007", f"county@{COUNTY}"), ("office",)),
    "an administrator who confirms": Attack(
        _grant("p-0007", "admin", COUNTY), "a-p-0007", ("user", "confirm", "p-0005"), ("office",)),
    "an administrator who names units": Attack(
        _grant("p-0007", "admin", COUNTY), "a-p-0007", ("unit", "rename", VILLAGE, "新村"), ("office",)),
    "an office that only looks": Attack(
        _grant("p-0007", "county", COUNTY), "a-p-0007", ("case", "unmask", CASE, "--reason", "核对"), ("office",)),
    "the account of an administrator": Attack(
        "UPDATE weigai_person SET account = 'mallory' WHERE id = 'p-0002'", "mallory", ("user", "confirm", "p-0005"),
        ("login",)),
}  # fmt: skip


def place(folder: Path) -> Machine:
    """Found a county with clerks: one for years, one dismissed, one new, one proposed, one who only reads, one with a leave."""
    made = county(folder, ahead=(MORNING - datetime.now(UTC)).total_seconds())
    since = ("--since", "2019-01-01")
    hired(made, "p-0007", f"village@{VILLAGE}", *since)
    hired(made, "p-0008", f"village@{FAR}", *since)
    hired(made, "p-0006", f"village@{VILLAGE}")
    hired(made, "p-0004", f"discipline@{FAR}", *since)
    hired(made, "p-0009", f"proxy_entry@{VILLAGE}", *since)
    made("user", "add", "p-0005", "--office", f"village@{FAR}", *since, "--account", "a-p-0005", stdin="某人\n")
    made.ahead += 3600
    made("user", "revoke", "p-0008", f"village@{FAR}", "--on", "2019-06-01")
    made.ahead += 3600
    return made


def sitting(machine: Machine, login: str) -> Terminal:
    """Return a terminal of the same machine, and the same clock, at which another user of the system sits."""
    made = at(machine, login)
    made.ahead = machine.ahead
    return made


def attacked(machine: Machine, attack: Attack) -> None:
    """Dress the rows, give the command, and put back what was dressed."""
    words = [_opened(machine) if word == CASE else word for word in attack.words]
    before = _rows(machine)
    _run(machine, [(attack.dressed, ())])
    dressed = _rows(machine)
    terminal = sitting(machine, attack.login)
    ran = terminal.run(words, env=terminal.env, stdin=b"")
    assert ran.code == 0, ran.err.decode()
    away = [_away(*one) for one in dressed - before]
    again = [(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row) for table, row in before - dressed]
    _run(machine, [*away, *again])


def _opened(machine: Machine) -> str:
    ran = sitting(machine, "a-p-0007")("--json", *opened(VILLAGE))
    return str(json.loads(ran)["case"])


def _away(table: str, row: tuple[Any, ...]) -> tuple[str, tuple[Any, ...]]:
    names = _COLUMNS[table]
    return f"DELETE FROM {table} WHERE {' AND '.join(f'{name} IS ?' for name in names)}", row


def _run(machine: Machine, statements: list[tuple[str, tuple[Any, ...]]]) -> None:
    with closing(sqlite3.connect(machine.folder / "weigai.db")) as raw:
        for statement in statements:
            raw.execute(*statement)
        raw.commit()


def _rows(machine: Machine) -> set[tuple[str, tuple[Any, ...]]]:
    """Return the rows of the register, each with its table."""
    with closing(sqlite3.connect(machine.folder / "weigai.db")) as raw:
        return {
            (table, row)
            for table, names in _COLUMNS.items()
            for row in raw.execute(f"SELECT {', '.join(names)} FROM {table}")
        }


def told(machine: Machine) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return what the findings say of acts without an office: by whom, the action, and how."""
    ran = machine.run(["--json", "report", "findings", "--kind", "no_office"], env=machine.env, stdin=b"")
    assert ran.code in (0, 3), ran.err.decode()
    found = json.loads(ran.out)
    return [(one["evidence"]["by"], one["evidence"]["action"], tuple(one["evidence"]["how"])) for one in found]


def run(seed: int, n: int) -> Result:
    """Give `n` commands over a register that was dressed for each, in every way in turn; each is told, and nothing else is."""
    with proof("dressed") as result:
        for number in range(n):
            name = sorted(ATTACKS)[(seed + number) % len(ATTACKS)]
            with TemporaryDirectory(prefix="weigai-prove-") as folder:
                machine = place(Path(folder))
                honest = told(machine)
                attacked(machine, ATTACKS[name])
                ways = [how for _, _, how in told(machine)]
                if honest or ways != [ATTACKS[name].how]:
                    result.broke(f"{name}: told {ways}, and before it {honest}")
                if not whole(machine):
                    result.broke(f"{name}: was not put back")
            result.n += 1
    return result
