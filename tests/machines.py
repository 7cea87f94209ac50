"""Machines that tests sit at: of a founded county, and of one user with several databases."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from tests.forks import WEIGAI, Machine, Terminal
from tests.support import COUNTY, UNITS, VILLAGE, household

if TYPE_CHECKING:
    from collections.abc import Iterable

LONG_AGO = (1_000, 1_000)

# every report that is printed, the exit code of those that find something, and the mark of a trial county
SHEET = "archive_no,amount,voucher,paid_on\n"
REPORTS = {
    "budget": "report budget", "budget by unit": "report budget --by unit", "budget by quota": "report budget --by quota",
    "progress": "report progress", "overdue": "report overdue --on 2019-12-31", "findings": "report findings --sleep 1",
    "reconcile": "report reconcile sheet.csv", "refusals": "report refusals", "exemptions": "report exemptions",
}  # fmt: skip
CODES = {"findings": 3}
MARKS = {"zh": "试用县", "en": "trial county"}


def county(folder: Path, first: str = "zhang", ahead: float = 0, **env: str) -> Machine:
    """Found a county on a machine, whose clock may go before."""
    made = Machine(folder)
    made.env |= env
    made.login, made.ahead = first, ahead
    made.file("units.csv", "\n".join(["代码,名称", *(f"{code},{name}" for code, name in UNITS)]))
    made.file("household.json", household())
    made("init", "--county", COUNTY, "--units", "units.csv", "--admin", first, "--second", "li", stdin="张一\n李二\n")
    return made


def at(machine: Terminal, login: str | None, kind: type[Terminal] = Terminal, **env: str) -> Terminal:
    """Return a terminal of the same machine at which one user of the system sits."""
    made = kind(machine.folder)
    made.env = {**machine.env, **env}
    made.login = login
    return made


def hired(real: Machine, who: str, office: str, *more: str) -> None:
    """Let one administrator register a person in an office, and the other one confirm it."""
    real("user", "add", who, "--office", office, "--account", f"a-{who}", *more, stdin="某人\n")
    real("--as", "li", "user", "confirm", who)


def opened(term: Terminal, **changes: object) -> str:
    """Open a case of 2019; return its id."""
    path = term.file("household.json", household(**changes))
    words = ("case", "open", "--policy", "zhalantun-2019-a", "--unit", VILLAGE, "--household", path)
    return str(term.json(*words, "--on", "2019-06-10")["case"])


# ------------------------------------------------------------------ several databases of one user


def terminal(folder: Path, url: str, kind: type[Terminal] = Terminal) -> Terminal:
    """Return a terminal of the one user whose data folder it is, on a database; no place is given."""
    made = kind(folder)
    made.env |= {"WEIGAI_DB": url, "XDG_DATA_HOME": str(folder / "data")}
    for name in ("WEIGAI_KEYS", "WEIGAI_FILES", "WEIGAI_MASTER_KEY"):
        made.env.pop(name, None)
    return made


def with_paper(term: Terminal, text: str = "picture") -> str:
    """Open a case with a paper; return its id."""
    case = opened(term)
    (term.folder / "p.jpg").write_text(text)
    term("case", "attach", case, "--document", "danger_photo=p.jpg", "--on", "2019-06-10")
    return case


def aged(folder: Path) -> list[Path]:
    """Let every stored file below a folder look a day old and more; return them."""
    found = [p for p in folder.rglob("*") if p.is_file() and p.parent.parent.name.isdigit()]
    for path in found:
        os.utime(path, LONG_AGO)
    return found


def whole(term: Terminal) -> bool:
    """Tell whether every value and file of a record opens."""
    return term.run(["audit", "verify"], env=term.env, stdin=b"").code == 0


# ------------------------------------------------------------------ commands beside each other


def at_once(term: Terminal, commands: Iterable[list[str]]) -> list[tuple[int, str]]:
    """Run commands as processes beside each other; return exit code and words of each."""
    runs = [
        subprocess.Popen(
            [*WEIGAI, *words], cwd=term.folder, env=term.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for words in commands
    ]
    told = [run.communicate(timeout=300) for run in runs]
    return [(run.returncode, err.decode()) for run, (_, err) in zip(runs, told, strict=True)]


def left_over(folder: Path) -> list[str]:
    """Return the temporary files that lie about."""
    return [path.name for path in folder.iterdir() if path.name.startswith(".")]
