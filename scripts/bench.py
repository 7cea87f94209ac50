"""Ratios against the same work in the raw driver, measured in one run, with client CPU beside them.

The floor of an advance: BEGIN (IMMEDIATE on SQLite), SELECT the case, INSERT an event of the same size, UPDATE the
case with the same indexes, COMMIT; no guards, no hash. Both sides alternate, medians are compared.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sqlalchemy.orm import Session
from weigai.db import open_engine, schema
from weigai.states.decide import decide
from weigai.states.forms.acts import read
from weigai.workflow import Actor, Approvals, Document
from weigai.workflow.cases import acts as acting
from weigai.workflow.request import Request

from tests.postgres import Server
from tests.support import KEYS

VILLAGE = "150783101201"
PAPERS = ("application", "registration_proof", "income_proof", "danger_photo")
APPLICATION = {
    "contents": ["registration", "income", "danger", "wish"],
    "signed_by_head": True,
    "consents": True,
    "originals_seen": ["income_proof"],
    "photo_shows_reference": True,
    "photo_shows_head": True,
}
HOUSEHOLD = {
    "head": {"name": "张三", "id_number": "150799195406120017", "registered_poor": True},
    "classes": ["registered_poor"],
    "lives_in_countryside": True,
    "rural_registration": True,
}
CLERK = Actor("p-1", "village", (VILLAGE,))


def now() -> datetime:
    """Return the bench's fixed moment."""
    return datetime(2019, 6, 10, 4, tzinfo=UTC)


def papers(*kinds: str) -> list[Document]:
    """Return documents that a host stored itself."""
    return [Document(kind, "0" * 64, 1000, "image/jpeg") for kind in kinds]


def timed(work, rounds: int) -> tuple[list[float], list[float]]:
    """Return wall and CPU microseconds of each round."""
    wall, cpu = [], []
    for _ in range(rounds):
        c, w = time.process_time(), time.perf_counter()
        work()
        wall.append((time.perf_counter() - w) * 1e6)
        cpu.append((time.process_time() - c) * 1e6)
    return wall, cpu


def open_cases(engine, count: int) -> list[str]:
    """Open cases and hand their applications in, so that the next act is a common one."""
    with Session(engine.execution_options(weigai_write=True)) as session, session.begin():
        approvals, cases = Approvals(session, now=now, keys=KEYS), []
        for _ in range(count):
            case = approvals.open_case(
                policy="zhalantun-2019-a", unit=VILLAGE, household=HOUSEHOLD, actor=CLERK, on=date(2019, 6, 10)
            )
            approvals.advance(case.id, "submit_application", actor=CLERK, data=APPLICATION, documents=papers(*PAPERS))
            cases.append(case.id)
        return cases


APPROVAL = {
    "mode": "self_build",
    "builder": "household",
    "area": "58.5",
    "chosen_by_household": True,
    "land": "idle_land",
    "conforms_to_plans": True,
    "planned_cost": "60000",
}
DELIBERATION = {
    "assembly": "villagers_representatives",
    "approved": True,
    "eligible": 40,
    "present": 31,
    "votes_for": 30,
    "votes_against": 1,
    "reason": "评议代表认为该户住房确属危险，家庭确有困难。",
}


def advance_once(engine, case: str) -> None:
    """Take a deliberation (a dozen guards, one paper, one private value) through the whole service, with the commit."""
    with Session(engine) as session, session.begin():
        Approvals(session, now=now, keys=KEYS).advance(
            case, "record_deliberation", actor=CLERK, data=DELIBERATION, documents=papers("deliberation_minutes")
        )


def sqlite_floor(path: str, body: str, cases: list[str]):
    """Return the floor of an advance on SQLite."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA synchronous=FULL")
    turn = iter(cases)

    def work() -> None:
        case = next(turn)
        db.execute("BEGIN IMMEDIATE")
        row = db.execute("SELECT *, record FROM weigai_case WHERE county=? AND id=?", ("150783", case)).fetchone()
        db.execute(*_event("?", case, body))
        db.execute(
            "UPDATE weigai_case SET state=?, version=?, head=?, record=? WHERE county=? AND id=?",
            ("village_notice", 3, "0" * 64, row[-1], "150783", case),
        )
        db.execute("COMMIT")

    return work


def _event(mark: str, case: str, body: str):
    values = (
        "150783",
        f"case/{case}",
        3,
        f"r{time.perf_counter_ns()}",
        "record_deliberation",
        "village_deliberation",
        "village_notice",
        "p-1",
        "village",
        "p-1",
        "2019-06-10",
        "2019-06-10T04:00:00.000000Z",
        "x",
        "0" * 64,
        body,
    )
    return f"INSERT INTO weigai_event VALUES ({','.join([mark] * len(values))})", values


def postgres_floor(url: str, body: str, cases: list[str]):
    """Return the floor of an advance on PostgreSQL."""
    import psycopg

    db = psycopg.connect(url.replace("+psycopg", ""), autocommit=True, prepare_threshold=2)
    turn = iter(cases)

    def work() -> None:
        case = next(turn)
        with db.transaction(), db.cursor() as cursor:
            cursor.execute("SELECT *, record FROM weigai_case WHERE county=%s AND id=%s", ("150783", case))
            row = cursor.fetchone()
            cursor.execute(*_event("%s", case, body))
            cursor.execute(
                "UPDATE weigai_case SET state=%s, version=%s, head=%s, record=%s WHERE county=%s AND id=%s",
                ("village_notice", 3, "0" * 64, row[-1], "150783", case),
            )

    return work


def compare_advance(name: str, url: str, floor_of, rounds: int, login=None) -> dict[str, object]:
    """Alternate advances and floors in blocks and return their medians and ratio; with a login, behind the wall."""
    engine = open_engine(url)
    schema.upgrade(engine, role="weigai_app" if login else None)
    if login:
        engine.dispose()
        engine = open_engine(login(url))
    ours, floors = open_cases(engine, rounds + 20), open_cases(engine, rounds + 20)
    writing = engine.execution_options(weigai_write=True)
    for case in ours[:20]:
        advance_once(writing, case)
    with Session(engine) as session:
        if login:
            session.connection().exec_driver_sql("SELECT set_config('weigai.units', '150783', true)")
        body = (
            session.connection()
            .exec_driver_sql("SELECT body FROM weigai_event WHERE action='record_deliberation'")
            .scalar()
        )
    floor = floor_of(url if "postgres" in url else url.removeprefix("sqlite:///"), body, floors)
    timed(floor, 20)
    todo = iter(ours[20:])
    wall, cpu, floor_wall, floor_cpu = [], [], [], []
    for _ in range(rounds // 10):
        w, c = timed(lambda: advance_once(writing, next(todo)), 10)
        fw, fc = timed(floor, 10)
        wall, cpu, floor_wall, floor_cpu = wall + w, cpu + c, floor_wall + fw, floor_cpu + fc
    return row(name, wall, cpu, floor_wall, floor_cpu)


def row(name, wall, cpu, floor_wall, floor_cpu) -> dict[str, object]:
    """Return a line of the table."""
    mine, floor = statistics.median(wall), statistics.median(floor_wall)
    return {
        "what": name,
        "us": round(mine),
        "floor_us": round(floor),
        "ratio": round(mine / floor, 2),
        "cpu_us": round(statistics.median(cpu)),
        "floor_cpu_us": round(statistics.median(floor_cpu)),
    }


def check_in_memory(url: str) -> dict[str, object]:
    """Time deciding the heaviest step of a loaded case, all findings, no words."""
    engine = open_engine(url)
    with Session(engine) as session, session.begin():
        approvals = Approvals(session, now=now, keys=KEYS)
        case = approvals.get(open_cases(engine, 1)[0], actor=CLERK)
        procedure = approvals.context.procedure(case.policy_hash)
        best, findings = {}, {}
        for action, act in procedure.acts.items():
            given = {"approve": APPROVAL, "submit_application": APPLICATION}.get(action, {})
            asked = Request(action, CLERK, CLERK, None, given, papers(*PAPERS))
            question = acting.question(approvals.context, case, asked)
            wall, _ = timed(lambda q=question, a=act, g=given: (read(a.form, g), decide(q)), 300)
            best[action], findings[action] = statistics.median(wall), len(decide(question).findings)
        heaviest = max(best, key=best.get)
        words = f"check in memory ({heaviest}, {findings[heaviest]} findings)"
        return {"what": words, "us": round(best[heaviest], 1)}


def cold(name: str, command: list[str], floor: list[str], rounds: int) -> dict[str, object]:
    """Compare a command's cold start with a floor's, in turn."""

    def run(argv: list[str]) -> None:
        subprocess.run(argv, check=False, capture_output=True)

    run(command), run(floor)
    wall, floors = [], []
    for _ in range(rounds):
        wall += timed(lambda: run(command), 1)[0]
        floors += timed(lambda: run(floor), 1)[0]
    mine, base = statistics.median(wall), statistics.median(floors)
    return {"what": name, "us": round(mine), "floor_us": round(base), "ratio": round(mine / base, 2)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    lines = []
    python, weigai = sys.executable, str(Path(sys.executable).with_name("weigai"))
    with tempfile.TemporaryDirectory() as folder, Server(durable=True) as server:
        sqlite = f"sqlite:///{folder}/bench.db"
        lines.append(compare_advance("advance + commit, SQLite", sqlite, sqlite_floor, options.rounds))
        lines.append(compare_advance("advance + commit, PostgreSQL", server.fresh(), postgres_floor, options.rounds))
        walled = "the same behind row-level security"
        lines.append(compare_advance(walled, server.fresh(), postgres_floor, options.rounds, server.login))
        lines.append(check_in_memory(sqlite))
        runs = max(options.rounds // 20, 5)
        click, sqlmodel = [python, "-c", "import click"], [python, "-c", "import sqlmodel"]
        lines.append(cold("weigai --help / import click", [weigai, "--help"], click, runs))
        lines.append(
            cold("weigai case advance --help / import click", [weigai, "case", "advance", "--help"], click, runs)
        )
        database = [weigai, "--db", f"sqlite:///{folder}/cold.db", "--as", "me"]
        subprocess.run([*database, "init"], check=True, capture_output=True)
        lines.append(cold("weigai inbox / import sqlmodel", [*database, "inbox"], sqlmodel, runs))
    print(json.dumps(lines, indent=2) if options.json else "\n".join(map(shown, lines)))


def shown(line: dict[str, object]) -> str:
    """Return a line of the table as words."""
    return (
        f"{line['what']:<46} {line['us']:>9} us  floor {line.get('floor_us', '-'):>8} us  ratio {line.get('ratio', '-'):>5}"
        f"  cpu {line.get('cpu_us', '-')} / {line.get('floor_cpu_us', '-')}"
    )


main()
