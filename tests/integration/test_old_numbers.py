"""Ids that an earlier program took as numbers: the body has the number, the column its text; remarked, and no tampering."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from weigai.db.audit import chain as audit_chain
from weigai.db.audit import verify as audit
from weigai.db.log import entry as entries
from weigai.db.log import event as events
from weigai.db.log import held as outside
from weigai.db.log.export import lines
from weigai.db.register.register import Newcomer, add_person, import_units
from weigai.db.register.rows import OfficeHeld
from weigai.workflow import Actor, Document, Keys
from weigai.workflow.cases.acts import taken
from weigai.workflow.cases.lists import Lists
from weigai.workflow.exchange import verify_export
from weigai.workflow.register.grants import entering
from weigai.workflow.request import Request

from tests.acceptance.test_cli import Terminal
from tests.prove import tampering
from tests.support import COUNTY, KEYS, TOWNSHIP, VILLAGE, Desk, documents, person

PAPER = Document("village_plan", "0" * 64, 1, "image/jpeg")


def numbered(who: Any, office: Any = "village", unit: str = VILLAGE) -> Actor:
    """Return an actor as an earlier program took it."""
    actor = Actor("x", "x", (unit,))
    object.__setattr__(actor, "person", who)
    object.__setattr__(actor, "office", office)
    return actor


@contextmanager
def earlier(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    """Write as an earlier program did: bodies have what was handed in, text columns its text."""
    true = entries.written

    def written(*args: Any) -> Any:
        event, rows, changes = true(*args)
        rows["event"] = {
            name: str(value) if type(value) is int and name != "seq" else value for name, value in rows["event"].items()
        }
        rows["documents"] = [{**row, "media_type": str(row["media_type"])} for row in rows["documents"]]
        return event, rows, changes

    with monkeypatch.context() as patched:
        for module in [m for name, m in sys.modules.items() if name.startswith("weigai.db")]:
            if getattr(module, "written", None) is true:
                patched.setattr(module, "written", written)
        yield


def old_record(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> str:
    """Write a case, a list and an office of a trial county whose people and requests are numbers."""
    case = desk.open()
    with earlier(desk, monkeypatch):
        clerk, context = numbered(7), desk.api.context
        context.enter(clerk)
        paper = Document("village_plan", "0" * 64, 1)
        object.__setattr__(paper, "media_type", 5)
        recorder = numbered(8, "township", TOWNSHIP)
        taken(context, case, Request("attach", clerk, recorder, desk.today, {}, [paper], 12, moves=False))
        held = [OfficeHeld(office="village", unit=VILLAGE, since=desk.today.isoformat())]
        by = entering(context, numbered(3, "admin", COUNTY), desk.today, "r-1")
        new = Newcomer(county=COUNTY, person="p-9", name="孙七", account=None)
        add_person(by, new, held, confirmed_by=by.actor.person, trial=True)
    return case


def told(desk: Desk) -> tuple[int, list[str]]:
    """Return the exit code and the lines of the printed verifier over an export of the record."""
    said: list[str] = []
    verifier = verify_export.Verifier(said.append)
    for number, line in enumerate(lines(desk.session.connection(), [COUNTY], at="2019-06-10"), 1):
        verifier.line(number, line.encode())
    return verifier.finish([]), said


def counts(remark: str) -> dict[str, int]:
    """Return the counts that a remark ends with."""
    return {name: int(count) for name, count in re.findall(r"(\w+): (\d+)", remark.rpartition("(")[2])}


def old_cases(desk: Desk, monkeypatch: pytest.MonkeyPatch, cases: int, events_each: int) -> None:
    """Write cases with some events each whose actor is a number."""
    for _ in range(cases):
        case = desk.open()
        with earlier(desk, monkeypatch):
            desk.api.context.enter(numbered(7))
            for _ in range(events_each):
                recorder = numbered(8, "township", TOWNSHIP)
                request = Request("attach", numbered(7), recorder, desk.today, {}, [PAPER], moves=False)
                taken(desk.api.context, case, request)


def test_old_numbers_push_no_other_remark_out(store_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = store_desk
    old_cases(desk, monkeypatch, 3, 4)
    back = desk.open()
    for day in (date(2019, 6, 9), date(2019, 6, 8)):
        desk.today = day
        desk.take(back, "attach", "village", "village_plan", on=None)
    desk.today = date(2019, 6, 12)
    connection = desk.session.connection()
    (made,) = desk.api.evidence.head(actor=person("county"))
    where = {"held": outside.Held(["450981 #1 sha256:" + "0" * 32, made.head.short], every=False), "within": (COUNTY,)}
    found = audit.verify(connection, **where)
    assert [r.stream for r in found.remarks[:2]] == ["450981:head", f"{COUNTY}:case/{back}"]
    assert (found.remarks[1].seq, counts(found.remarks[1].what)) == (2, {"events": 2})
    assert [counts(r.what) for r in found.remarks[2:]] == [{"fields": 8, "events": 4}] * 3
    assert found.more == 0
    code, said = told(desk)
    assert code == 0
    assert sorted((counts(line) for line in said if line.startswith("- ")), key=len) == [
        {"events": 2},
        *[{"fields": 8, "events": 4}] * 3,
    ]
    few = audit.verify(connection, **where, most=2)
    assert (few.remarks, few.more) == (found.remarks[:2], 3)
    chain = audit_chain.verify(connection, **where)
    assert ([r.stream for r in chain.remarks], chain.more) == (["450981:head"], 0)


def test_a_number_that_its_column_has_as_text_is_remarked(store_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = store_desk
    case = old_record(desk, monkeypatch)
    body = json.loads(desk.session.execute(text("SELECT body FROM weigai_event WHERE request_id = '12'")).scalar())
    assert [body[name] for name in sorted(events.NUMBERED)] == [7, "village", 8, 12]
    found = desk.api.evidence.verify(papers=False)
    assert found.problems == ()
    of_case = [(r.seq, r.what) for r in found.remarks if r.stream == f"{COUNTY}:case/{case}"]
    assert [(seq, counts(what)) for seq, what in of_case] == [(2, {"fields": 4, "events": 1})]
    chain = desk.api.evidence.verify_chain()
    assert (chain.problems, chain.events) == ((), found.events)
    code, said = told(desk)
    assert code == 0
    assert [line for line in said if line.startswith("x ")] == []
    of_case = [line for line in said if line.startswith(f"- {COUNTY}:case/{case} #2:")]
    assert [counts(line) for line in of_case] == [
        {"fields": 3, "events": 1}
    ]  # a paper's media type is no field of an id
    office = [r.what for r in found.remarks if r.stream == f"{COUNTY}:person/p-9"]
    assert [counts(what) for what in office] == [{"fields": 2, "events": 1, "rows": 1}]  # the row: who confirmed it


@pytest.mark.parametrize(
    ("field", "kept", "told_", "wrong"),
    [
        ("acted_by", "07", 7, True),
        ("acted_by", "1", True, True),
        ("request_id", "8", 12, True),
        ("recorded_by", " 8", 8, True),
        ("acted_by", "7", [7], True),
        ("recorded_by", "", 0, True),
        ("action", "7", 7, True),
        ("occurred_on", "7", 7, True),
        ("office", "7", 7, False),
        ("acted_by", "-7", -7, False),
        ("request_id", "9" * 30, int("9" * 30), False),
    ],
)
def test_only_the_same_number_is_the_exception(
    store_desk: Desk, field: str, kept: str, told_: Any, wrong: bool
) -> None:
    desk = store_desk
    case = desk.open()
    connection = desk.session.connection()
    tampering.unguarded(connection)
    log = tampering.read_log(connection)
    row = log[f"case/{case}"][0]
    row["body"] = events.canonical({**json.loads(row["body"]), field: told_})
    row[field], row["hash"] = kept, events.event_hash("sha256", row["body"])
    tampering.store(connection, log)
    connection.execute(text("UPDATE weigai_case SET head = :h"), {"h": row["hash"]})
    found = audit.verify(connection)
    columns = [p.what for p in found.problems if p.what.startswith("column")]
    assert columns == ([f"column {field} differs from the body"] if wrong else [])
    assert len(found.remarks) == (0 if wrong else 1)
    assert audit_chain.verify(connection).problems == ()
    code, said = told(desk)
    of_a_kind = field in events.NUMBERED and type(told_) is int  # an export has no columns to compare it with
    assert code == (0 if of_a_kind else 7)
    assert any(line.startswith("- ") for line in said) is of_a_kind


def test_an_old_record_goes_on_with_the_same_ids_as_text(store_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = store_desk
    case = old_record(desk, monkeypatch)
    clerk, recorder = Actor("7", "village", (VILLAGE,)), Actor("8", "township", (TOWNSHIP,))
    event = desk.api.history(case)[-1]
    assert (event.acted_by, event.recorded_by, event.request_id) == ("7", "8", "12")
    desk.walk(case, "village_publicity")
    assert desk.api.records.log(actor=person("county"))
    assert desk.api.records.findings(actor=person("county")) is not None
    done = desk.api.records.simulate(actor=person("county"), to="zhalantun-2019-a")
    assert done is not None
    assert desk.api.attach(case, documents("village_plan"), actor=clerk, recorder=recorder, on=desk.today).version > 2
    assert desk.api.evidence.verify(papers=False).problems == ()


def test_who_is_a_number_in_an_old_list_is_the_same_person(store_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = store_desk
    case = desk.open()
    made = desk.api.lists.new("notice", unit=VILLAGE, cases=[case], actor=person("village"))
    with earlier(desk, monkeypatch):
        desk.api.context.enter(numbered(7))
        desk.api.context.inside = True
        Lists(desk.api.context).send(made.id, actor=numbered(7), request_id="r-9")
        desk.api.context.inside = False
    from weigai.workflow import GuardsNotMet

    with pytest.raises(GuardsNotMet) as refused:
        desk.api.lists.receive(made.id, actor=Actor("7", "township", (TOWNSHIP,)))
    assert [f.guard for f in refused.value.unmet] == ["received_by_another"]
    found = desk.api.evidence.verify(papers=False)
    assert (found.problems, [counts(r.what) for r in found.remarks]) == ((), [{"fields": 2, "events": 1}])


def test_a_unit_whose_name_was_a_number_is_remarked(desk: Desk) -> None:
    root = person("admin")
    by = entering(desk.api.context, root, desk.today, "r-1")
    import_units(by, {COUNTY: "县", VILLAGE[:9]: 7})
    found = desk.api.evidence.verify()
    assert (found.problems, [r.stream for r in found.remarks]) == ((), [f"{COUNTY}:county"])


def test_the_command_and_the_printed_verifier_end_with_zero(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from weigai.db import open_engine

    term = Terminal(tmp_path)
    term("init")
    engine = open_engine(f"sqlite:///{tmp_path / 'weigai.db'}")
    with Desk(engine, tmp_path / "weigai.db.files") as desk:
        desk.today = date.today()  # noqa: DTZ011 - the command line has today's clock
        keys = Keys.from_file(tmp_path / "weigai.db.key")
        desk.api.context.keys = keys
        case = old_record(desk, monkeypatch)
        desk.session.commit()
    engine.dispose()
    assert keys != KEYS
    found = term.json("audit", "verify", "--no-files")
    assert (found["ok"], found["problems"]) == (True, [])
    assert {"stream": f"{COUNTY}:case/{case}", "seq": 2} in [
        {"stream": r["stream"], "seq": r["seq"]} for r in found["remarks"]
    ]
    assert term.json("audit", "verify", "--chain")["ok"]
    term("audit", "export", "log.jsonl")
    (tmp_path / "verify.py").write_text(term("audit", "verifier"), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "verify.py", "log.jsonl"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, f"case/{case} #2: numbers" in done.stdout) == (0, True)
