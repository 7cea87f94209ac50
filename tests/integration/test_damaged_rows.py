"""A case's row or event that has not the form of one stops no list and no report; the case is told, and not acted on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text
from weigai.db.reports.counts import areas
from weigai.workflow import Attachment, IntegrityBroken

from tests.support import person

if TYPE_CHECKING:
    from tests.support import Desk

OTHER = {"head": {"name": "李四", "id_number": "150799196103030027", "registered_poor": True}}
RECORDS = [
    "xx", "", "null", "[]", "7", "{", '{"acts": 7}', '{"acts": {"open_case": 7}}', '{"acts": {"open_case": {"on": 7}}}',
    '{"facts": []}', '{"facts": {"record_contact": 7}}', '{"facts": {"record_contact": {"x": {}}}}', '{"household": 7}',
    '{"papers": []}', '{"publicity": 7}', "[" * 100_000,
]  # fmt: skip
DEEP = [  # of the form, and no program's
    '{"acts": {"open_case": {"on": "x"}}}', '{"intake": "none"}', '{"publicity": {"village": 7}}',
    '{"acts": {"approve": {"on": "2019-01-01", "data": {"area": "x"}}}}', '{"papers": {"danger_photo": 7}}',
]  # fmt: skip
ADDED = (
    "INSERT INTO weigai_event SELECT county, stream, 99, 'r', action, from_state, to_state, acted_by, office, recorded_by, "
    "occurred_on, recorded_at, policy_hash, hash, :body FROM weigai_event WHERE stream = :stream AND seq = 1"
)


def told(desk: Desk) -> dict[str, Any]:
    """Return what the county reads."""
    api, reader = desk.api, person("county")
    found = {
        "findings": [one for one in api.records.findings(actor=reader) if one.kind != "asleep"],
        "inbox": [row.case for row in api.inbox(actor=person("village"))],
        "search": [case.id for case in api.search("name", "张三", actor=reader)],
        "budget": api.records.budget(actor=reader),
        "overdue": api.records.overdue(actor=reader),
        "progress": api.records.progress(actor=reader),
        "refusals": api.records.refusals(actor=reader),
        "exemptions": api.records.exemptions(actor=reader),
        "list": [case.id for case in api.list(actor=reader)],
        "simulated": api.records.simulate(actor=reader, to="zhalantun-2019-b").total,
    }
    return {**found, "areas": areas(desk.session.connection(), "150783", "zhalantun-2019-a")}


def put(desk: Desk, case: str, record: str) -> None:
    """Put a record into a case's row, marked and approved so that every report reads it."""
    row = {"id": case, "record": record}
    sql = (
        "UPDATE weigai_case SET record = :record, held = 'exempt', state = 'refused', approved_on = '2019-01-01', "
        "due_on = '2019-01-01' WHERE id = :id"
    )
    desk.session.execute(text(sql), row)


@pytest.mark.parametrize("moved", ["an event beside the row", "a row behind its events"])
def test_a_case_whose_events_go_on_behind_its_row_is_told(store_desk: Desk, moved: str) -> None:
    case = store_desk.open()
    if moved == "an event beside the row":
        own = {"stream": f"case/{case}", "body": "{}"}
        store_desk.session.execute(text(ADDED.replace("99, 'r'", "2, 'r'")), own)
    else:
        store_desk.take(case, "record_contact", "village")
        store_desk.session.execute(text("UPDATE weigai_case SET version = 1 WHERE id = :id"), {"id": case})
    store_desk.session.commit()
    with pytest.raises(IntegrityBroken, match=case):
        store_desk.take(case, "record_contact", "village")
    store_desk.session.rollback()
    assert store_desk.api.records.verify(case_id=case).problems


@pytest.mark.parametrize("name", ["x/../y", "x", "450981-2019-AAAAAAA"])
def test_a_row_under_an_id_of_elsewhere_stops_no_list(store_desk: Desk, name: str) -> None:
    good, bad = store_desk.open(), store_desk.open(**OTHER)
    store_desk.session.execute(text("UPDATE weigai_case SET id = :name WHERE id = :id"), {"name": name, "id": bad})
    after = told(store_desk)
    assert after["list"] == after["inbox"] == [good]
    assert ("row_damaged", (name,)) in [(one.kind, one.cases) for one in after["findings"]]
    assert store_desk.api.records.verify().problems


@pytest.mark.parametrize("record", [*RECORDS, *DEEP])
def test_a_row_of_no_form_stops_no_report(store_desk: Desk, record: str) -> None:
    good = store_desk.open()
    before = told(store_desk)
    bad = store_desk.open(**OTHER)
    put(store_desk, bad, record)
    after = told(store_desk)
    own = [one for one in after["findings"] if bad in one.cases]
    assert [one for one in after["findings"] if bad not in one.cases] == before["findings"]
    assert record in DEEP or "row_damaged" in [one.kind for one in own]
    assert after["inbox"] == before["inbox"] == [good]
    assert set(after["list"]) == {good, bad}
    assert after["areas"] == before["areas"]
    if record in RECORDS:
        marked = {case.id: case.damaged for case in store_desk.api.list(actor=person("county"))}
        assert marked == {good: False, bad: True}
        with pytest.raises(IntegrityBroken):
            store_desk.check(bad, "reopen", "county")
    store_desk.check(good, "submit_application", "village")
    assert any(problem.stream.endswith(bad) for problem in store_desk.api.records.verify().problems)


@pytest.mark.parametrize("body", ["xx", "{}", "[]", "7"])
def test_an_event_of_no_form_stops_no_report(store_desk: Desk, body: str) -> None:
    store_desk.open()
    before = told(store_desk)
    bad = store_desk.open(**OTHER)
    store_desk.session.execute(text(ADDED), {"body": body, "stream": f"case/{bad}"})
    after = told(store_desk)
    assert [one for one in after["findings"] if bad not in one.cases] == before["findings"]
    assert "row_damaged" in [one.kind for one in after["findings"] if bad in one.cases]
    with pytest.raises(IntegrityBroken):
        store_desk.api.history(bad)


def test_an_event_of_odd_changes_is_told_by_its_case(store_desk: Desk) -> None:
    """It has the form of an event, and what it changes has not: the other cases are asked all the same."""
    bad = store_desk.open()
    kept = "SELECT body FROM weigai_event WHERE stream = :stream"
    body = store_desk.session.execute(text(kept), {"stream": f"case/{bad}"}).scalar_one()
    deep = body.replace('"changes":{', '"changes":{"acts/open_case":7,"facts":7,"facts/x/1":{},', 1)
    store_desk.session.execute(text(ADDED), {"body": deep, "stream": f"case/{bad}"})
    found = store_desk.api.records.findings(actor=person("county"), kinds=["decided_otherwise"])
    assert [(one.kind, one.cases) for one in found] == [("row_damaged", (bad,))]


EVENT = "INSERT INTO weigai_event (county, stream, seq, request_id, action, acted_by, office, recorded_by, occurred_on, recorded_at, hash, body) VALUES ('150783', '{}', 1, 'r', '{}', 'p', 'village', 'p', '2019-01-01', {}, 'h', '{}')"
AT = "'2019-01-01T00:00:00.000000Z'"
RECORD = "INSERT INTO weigai_unit_record (county, unit, action, period, seq, done_on) VALUES ('150783', '150783101201', 'submit_progress', '2019-06', 1, '{}')"
LIST = "INSERT INTO weigai_list (county, id, kind, unit, held_on, state, seq, record) VALUES ('150783', 'L', 'hand_over', '150783101201', '{}', 'sent', 1, '{}')"
ROWS = {
    "a look of no form": "INSERT INTO weigai_document SELECT county, stream, seq, 9, 'danger_photo', sha256, size, media_type, salt, 'zz', same FROM weigai_document",
    "a list of no form": LIST.format("2019-01-01", "{{"),
    "a list of no day": LIST.format("x", '{{"marks": {{}}}}'),
    "a case of no day": "UPDATE weigai_case SET state = 'construction', opened_on = 'x'",
    "a unit record without a sound event": f"{RECORD.format('2019-06-01')}; {EVENT.format('unit/150783101201', 'submit_progress', AT, '[]')}",
    "a unit record of no day": f"{RECORD.format('x')}; {EVENT.format('unit/150783101201', 'submit_progress', AT, '{{}}')}",
    "an account that is proposed by no event": EVENT.format("person/p-0007", "propose_account", AT, "7"),
    "an attempt of no form": EVENT.format("refused/p-0007", "refused", AT, "[]"),
    "an unmasking of no form": EVENT.format("unmasked/150783101201", "unmask", AT, "[]"),
    "an event of no time": EVENT.format("unit/150783101201", "x", "'x'", "[]"),
    "a policy of no time": "UPDATE weigai_policy SET stored_at = 'x'",
}  # fmt: skip


@pytest.mark.parametrize("row", ROWS)
def test_a_row_of_a_village_stops_nobody(store_desk: Desk, row: str) -> None:
    case = store_desk.open()
    photo = [Attachment("danger_photo", content=b"a picture")]
    store_desk.api.attach(case, photo, actor=person("village"), on=store_desk.today)
    for statement in ROWS[row].replace("{{", "{").replace("}}", "}").split("; "):
        store_desk.session.connection().exec_driver_sql(statement)
    api, reader = store_desk.api, person("county")
    told(store_desk)
    api.records.policies(actor=reader)
    api.records.log(actor=reader)
    api.units.late(actor=reader)
    api.units.records(actor=reader)
    api.register.pending(actor=person("admin"))
    api.records.attempts(actor=person("auditor"))
