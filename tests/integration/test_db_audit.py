"""The verifier is never fooled nor brought down: forged bodies, broken rows, and rows that no event accounts for."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import pytest
from sqlalchemy import text
from weigai.db.audit import verify as audit
from weigai.db.log import event as events

from tests.support import COUNTY, TOWNSHIP, VILLAGE, Desk, person, tampering

ROWS = {
    "a case under another plan": "UPDATE weigai_case SET policy_id = 'zhalantun-2019-b'",
    "a case opened on another day": "UPDATE weigai_case SET opened_on = '2018-01-01'",
    "a case opened at another time": "UPDATE weigai_case SET opened_at = '2018-01-01T00:00:00.000000Z'",
    "a rule changed in a policy": "UPDATE weigai_policy SET content = content || '# x'",
    "a policy taken away": "DELETE FROM weigai_policy",
    "a salt that is none": "UPDATE weigai_private SET salt = 'zz' WHERE field = 'household/head/name'",
    "a paper's salt that is none": "UPDATE weigai_document SET salt = 'zz'",
    "a record that is no JSON": "UPDATE weigai_case SET record = 'x'",
    "classes that are no JSON": "UPDATE weigai_private SET value = 'x' WHERE field = 'household/classes'",
    "a list received that was not sent": "UPDATE weigai_list SET state = 'received'",
    "a household taken off a list": "DELETE FROM weigai_list_case",
    "a list taken away": "DELETE FROM weigai_list",
    "an office granted": "INSERT INTO weigai_grant VALUES ('150783', 'p-9', 1, 'county', '150783', '2019-01-01', NULL, 'p-9', 'p-9')",
    "an office granted to nobody": (
        "INSERT INTO weigai_grant VALUES ('150783', 'p-x', 1, 'county', '150783', '2019-01-01', NULL, 'p-x', 'p-x')"
    ),
    "an office widened": "UPDATE weigai_grant SET unit = '150783'",
    "an office backdated": "UPDATE weigai_grant SET since = '2018-01-01'",
    "a trial person made real": "UPDATE weigai_person SET trial = 1 - trial",
    "a person put in": "INSERT INTO weigai_person VALUES ('150783', 'p-x', NULL, 0)",
    "a unit renamed": "UPDATE weigai_unit SET name = 'x'",
    "a unit put in": "INSERT INTO weigai_unit VALUES ('150783', '150783102', 'x', 'township', NULL, NULL)",
    "the county's events deleted": "DELETE FROM weigai_event WHERE stream = 'county'",
    "a head deleted": "DELETE FROM weigai_stream WHERE stream = 'county'",
}
FORGED: dict[str, tuple[str, Any]] = {
    "another algorithm": ("alg", "md5"), "algorithms": ("alg", ["sha256"]), "changes in a row": ("changes", []),
    "changes in a word": ("changes", "x"), "no changes": ("changes", None), "a record in a word": ("changes", {"acts": "x"}),
    "a path through a word": ("changes", {"household/head": "x", "household/head/a/b": 1}),
    "a path through a row": ("changes", {"household": [1], "household/0": 1}),
    "an act in a word": ("changes", {"acts/approve": "x"}), "an act without data": ("changes", {"acts/approve": {}}),
    "an act of nothing": ("changes", {"acts/approve": {"seq": 1, "on": "x", "data": None}}),
    "a household in a word": ("changes", {"household": "x"}), "a commitment in a number": ("changes", {"a": {"$commit": 5}}),
    "no papers": ("documents", None), "papers in numbers": ("documents", [1]), "an empty paper": ("documents", [{}]),
    "papers by name": ("documents", {"a": 1}), "a number in a row": ("seq", [3]), "a number in a word": ("seq", "3"),
    "a huge number": ("seq", 10**30), "a state in a row": ("to", ["x"]), "from a row": ("from", ["x"]),
    "another county": ("county", 1), "a number before": ("prev", 1), "a version that is true": ("v", True),
    "findings without end": ("findings", json.loads("[" * 500 + "]" * 500)),
}  # fmt: skip


def filled(desk: Desk) -> str:
    case = desk.open()
    desk.walk(case, "village_publicity")
    made = desk.api.lists.new("notice", unit=VILLAGE, cases=[case], actor=person("village"))
    desk.api.lists.send(made.id, actor=person("village"))
    register, admin = desk.api.register, person("admin")
    register.import_units([(COUNTY, "县"), (TOWNSHIP, "镇")], actor=admin)
    register.add_person(COUNTY, "p-9", "孙", offices=[("village", VILLAGE)], actor=admin, account="sun")
    return case


def test_an_honest_record_of_every_kind_of_stream_verifies(store_desk: Desk) -> None:
    filled(store_desk)
    verified = store_desk.api.records.verify()
    assert (verified.streams, verified.problems) == (4, ())


@pytest.mark.parametrize("kind", ROWS)
def test_a_row_that_its_events_do_not_account_for_is_found(store_desk: Desk, kind: str) -> None:
    filled(store_desk)
    with tampering(store_desk.session):
        assert store_desk.session.execute(text(ROWS[kind])).rowcount >= 1
    assert store_desk.api.records.verify().problems


@pytest.mark.parametrize("seq", [1, 4])
@pytest.mark.parametrize("kind", FORGED)
def test_a_forged_body_with_its_true_hash_is_found(desk: Desk, kind: str, seq: int) -> None:
    case = filled(desk)
    place = {"stream": f"case/{case}", "seq": seq}
    where = "WHERE stream = :stream AND seq = :seq"
    body = json.loads(desk.session.execute(text(f"SELECT body FROM weigai_event {where}"), place).scalar())
    name, value = FORGED[kind]
    forged = events._ENCODER.encode({**body, name: value})
    own = events.event_hash("sha256", forged)
    with tampering(desk.session):
        desk.session.execute(
            text(f"UPDATE weigai_event SET body = :body, hash = :hash {where}"), {**place, "body": forged, "hash": own}
        )
    assert desk.api.records.verify().problems


@pytest.mark.parametrize("body", ["[" * 100_000, '{"v":' + "9" * 6000 + "}", "", "null", "\ufeff{}"])
def test_a_body_that_no_reader_survives_is_found(desk: Desk, body: str) -> None:
    filled(desk)
    with tampering(desk.session):
        desk.session.execute(text("UPDATE weigai_event SET body = :body WHERE seq = 2"), {"body": body})
    problems = desk.api.records.verify().problems
    assert (problems[0].seq, problems[0].what) == (2, "the body is not an event of v1")


def test_case_rows_are_not_gathered_in_memory(desk: Desk) -> None:
    case = desk.open()
    names = "county, unit, township, policy_id, policy_hash, state, version, head, opened_on, opened_at, no_house"
    desk.session.execute(
        text(
            f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) INSERT INTO weigai_case "
            f"({names}, id, record) SELECT {names}, id || i, record || printf('%8000s', '') FROM weigai_case, n "
            f"WHERE id = '{case}'"
        )
    )
    tracemalloc.start()
    problems = audit.verify(desk.session.connection(), most=10).problems
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(problems) == 10
    assert peak < 12_000_000  # the rows' records alone are twice that
