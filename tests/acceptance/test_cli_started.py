"""Every command once as a process that a shell would start: from a cold interpreter to its exit code."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from weigai.workflow.library import bundled

from tests.acceptance.test_cli import ALL
from tests.acceptance.test_cli_register import founded
from tests.forks import RealTerminal, Terminal
from tests.machines import opened
from tests.support import COUNTY, TOWNSHIP, VILLAGE

__all__ = ["founded"]
PLAN = "zhalantun-2019-a"
OTHER = {"name": "李四", "id_number": "150799196103030027", "registered_poor": True}
NUMBER = "150799195406120017"
SECOND = "--agreed-by p-0002 --reason x"

# The words of a command and a piece of what it prints; {case}, {ended}, {list}, {sent} and {no} are of `working`.
RUNS = {
    "init": ("--db sqlite:///new.db init", '"new": true'),
    "inbox": ("inbox", '"action": "submit_application"'),
    "doctor": ("doctor", '"ok": true'),
    "completion": ("completion bash", "_WEIGAI_COMPLETE"),
    "case advance": ("case advance {case} withdraw --reason x --on 2019-06-11", '"to": "withdrawn"'),
    "case attach": ("case attach {case} --document village_plan=p.jpg --on 2019-06-11", '"version": 4'),
    "case check": ("case check {case} withdraw --reason x --on 2019-06-11", '"allowed": true'),
    "case confirm": ("case confirm {pending}", '"action": "exempt"'),
    "case deny": ("case deny {denied} --reason x", '"action": "deny_request"'),
    "case correct": (
        f"case correct {{case}} --set household.dwellings=0 --cause error {SECOND}",
        '"action": "correct"',
    ),
    "case erase": (f"case erase {{ended}} {SECOND}", '"files": 0'),
    "case explain": ("case explain {case}", '"action": "submit_application"'),
    "case history": ("case history {case}", '"action": "open_case"'),
    "case list": ("case list --state draft", "{case}"),
    "case move-policy": (f"case move-policy {{case}} --to longer.toml {SECOND}", '"allowed": true'),
    "case open": (f"case open --policy {PLAN} --unit {VILLAGE} --household household.json", '"state": "draft"'),
    "case record": ("case record {case} suspend --reason x", '"action": "suspend"'),
    "case schema": ("case schema", '"required"'),
    "case search": ("case search", "{case}"),
    "case show": ("case show {case}", '"name": "张*"'),
    "case unmask": ("case unmask {case} --reason x", '"name": "张三"'),
    "list new": (f"list new meeting --unit {VILLAGE} --case {{case}}", '"state": "new"'),
    "list receive": ("list receive {sent}", '"state": "received"'),
    "list send": ("list send {list}", '"state": "sent"'),
    "list show": ("list show {list}", "{case}"),
    "list unmask": ("list unmask {list} --reason x", "金丝雀"),
    "policy check": (f"policy check {PLAN}", '"ok": true'),
    "policy diff": (f"policy diff {PLAN} longer.toml", '"what"'),
    "policy graph": (f"policy graph {PLAN}", "stateDiagram-v2"),
    "policy list": ("policy list --kept", '"file": "same"'),
    "policy new": (
        f"policy new --from {PLAN} --id new --county 150784 --county-name x --title x --year 2026 --issued 2026-01-01",
        "new.toml",
    ),
    "policy schema": ("policy schema", '"properties"'),
    "policy show": (f"policy show {PLAN}", f'"id": "{PLAN}"'),
    "policy simulate": ("policy simulate --to longer.toml", '"total"'),
    "report budget": ("report budget", '"line": "main"'),
    "report exemptions": ("report exemptions", "[]"),
    "report findings": ("report findings --kind same_person", "[]"),
    "report overdue": ("report overdue --on 2019-10-01", '"submit_self_check"'),
    "report progress": ("report progress", '"draft": 1'),
    "report reconcile": ("report reconcile sheet.csv", '"ok": true'),
    "report refusals": ("report refusals", "["),
    "user account": ("user account p-0002 wang", '"wang"'),
    "user add": (f"user add p-0003 --office village@{VILLAGE}", "p-0003"),
    "user confirm": ("user confirm p-0007", "p-0007"),
    "user declare": ("user declare p-0001 --data own.json", '"declared": true'),
    "user grant": (f"user grant p-0002 finance@{COUNTY}", '"office": "finance"'),
    "user import": ("user import persons.csv", "p-0011"),
    "user list": ("user list", "p-0002"),
    "user pending": ("user pending", "p-0007"),
    "user revoke": (f"user revoke p-0002 county@{COUNTY} --on 2999-01-01", '"until": "2998-12-31"'),
    "unit confirm": ("unit confirm", "150783102209"),
    "unit history": (f"unit history {VILLAGE}", "["),
    "unit import": ("unit import units.csv", '"imported": 1'),
    "unit list": ("unit list", VILLAGE),
    "unit merge": (f"unit merge {VILLAGE} --into 150783102209 --name 乙九村", "150783102209"),
    "unit record": (f"unit record {VILLAGE} adopt_village_plan --on 2019-06-11 --document village_plan=p.jpg", VILLAGE),
    "unit records": ("unit records", '"action": "adopt_village_plan"'),
    "unit rename": (f"unit rename {TOWNSHIP} 新甲镇", '"name": "新甲镇"'),
    "unit unmask": (f"unit unmask {VILLAGE} {{no}} --reason x", "金丝雀"),
    "audit export": ("audit export log.jsonl", '"lines"'),
    "audit head": ("audit head", '"heads"'),
    "audit log": ("audit log", '"action": "open_case"'),
    "audit refused": ("audit refused", '"person": "p-0001"'),
    "audit verifier": ("audit verifier", "import hashlib"),
    "audit verify": ("audit verify", '"ok": true'),
    "db backup": ("db backup --to again.db --keys again.keys", '"to": "again.db"'),
    "db check": ("db check", '"ok": true'),
    "db protect": ("db protect", "PostgreSQL"),
    "db restore": ("--db sqlite:///new.db db restore b.db --keys b.keys", '"ok": true'),
    "db rotate-key": ("db rotate-key", '"wrapped"'),
    "db retire-key": ("db retire-key", '"retired"'),
    "db adopt": ("db adopt --alone", '"listed"'),
    "db upgrade": ("db upgrade", '"after"'),
}
OF_TWO = (
    "user confirm",
    "user pending",
    "unit confirm",
    "user account",
    "unit merge",
)  # in a county of two administrators
EXEMPTED = ("rule=R36c", "granted_by=p-0002", "until=2999-12-31")
SITS = {"user confirm": "li", "unit confirm": "li"}  # the second administrator
STDIN = {"case search": NUMBER, "user add": "某人"}
CODES = {"db protect": 6}  # there is nothing to protect in SQLite


@pytest.fixture(scope="module")
def working(trial: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A trial county at work, and the ids in it."""
    term = Terminal.copied(trial, tmp_path_factory.mktemp("working"))
    term("user", "add", "p-0002", "--office", f"county@{COUNTY}", stdin="王\n")
    case, ended = opened(term), opened(term, head=OTHER)
    term("case", "advance", ended, "withdraw", "--reason", "x", "--on", "2019-06-11")
    new = ("list", "new", "meeting", "--unit", VILLAGE, "--case", case, "--set", "reason=金丝雀")
    lists = [str(term.json(*new)["id"]) for _ in range(2)]
    term("list", "send", lists[1])
    plan = ("unit", "record", VILLAGE, "adopt_village_plan", "--on", "2019-06-10", "--set", "note=金丝雀")
    term(*plan, *term.papers("village_plan"))
    no = str(term.json("unit", "records")[0]["seq"])
    term("case", "record", case, "exempt", code=3)
    sets = [word for each in EXEMPTED for word in ("--set", each)]
    ask = ("--as", "p-0002", "case", "record", case, "exempt", *sets, "--reason", "x")
    waiting = [str(term.json(*ask)["pending"]) for _ in range(2)]
    term("db", "backup", "--to", "b.db", "--keys", "b.keys")
    for name, content in {
        "longer.toml": bundled()[PLAN].replace("days = 5\n", "days = 8\n", 1),
        "p.jpg": "another plan",
        "sheet.csv": "case,amount,voucher,paid_on\n",
        "own.json": {"id_number": NUMBER},
        "persons.csv": f"编号,姓名,账号,职务,单位\np-0011,王一,w1,finance,{COUNTY}\n",
        "units.csv": "150783901,新镇\n",
    }.items():
        term.file(name, content)
    return term.folder, {
        "case": case,
        "ended": ended,
        "list": lists[0],
        "sent": lists[1],
        "no": no,
        "pending": waiting[0],
        "denied": waiting[1],
    }


@pytest.fixture(scope="module")
def pending(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A county of two administrators, one of whom has entered a grant and a change of units."""
    term = Terminal.copied(founded, tmp_path_factory.mktemp("pending"))
    term.env["WEIGAI_USER"] = term.login = "zhang"
    term("user", "add", "p-0007", "--office", f"village@{VILLAGE}", stdin="王五\n")
    term("unit", "merge", VILLAGE, "--into", "150783102209", "--name", "乙九村", "--on", "2020-05-01")
    return term.folder


def test_every_command_is_started_once() -> None:
    names = {" ".join(path) for path, command in ALL if not isinstance(command, click.Group)}
    assert names - set(RUNS) == {"demo"}  # tests/acceptance/test_demo.py starts it, for it plays a whole year
    assert set(RUNS) <= names
    assert all(name in words for name, (words, _) in RUNS.items())


@pytest.mark.heavy
@pytest.mark.parametrize("name", RUNS)
def test_a_command_is_started_and_ends(
    name: str, working: tuple[Path, dict[str, str]], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    folder, ids = working
    term = RealTerminal.copied(request.getfixturevalue("pending") if name in OF_TWO else folder, tmp_path)
    term.login = SITS.get(name, "zhang") if name in OF_TWO else "clerk"
    term.env["WEIGAI_USER"] = term.login
    words, sign = RUNS[name]
    for key, value in ids.items():
        words, sign = (text.replace(f"{{{key}}}", value) for text in (words, sign))
    said = term("--json", *words.split(), code=CODES.get(name, 0), stdin=STDIN.get(name, ""))
    assert sign in (term.err if name in CODES else said)
