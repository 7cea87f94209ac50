"""Honest logs verify; every kind of tampering by raw SQL is found, and the first bad place is named."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import text

from tests.support import Desk, documents, person, tampering

EVENTS = "UPDATE weigai_event SET {} WHERE stream = 'case/{case}' AND seq = 3"
TAMPERING = {
    "a day changed in a body": (EVENTS.format("body = replace(body, '2019-06-10', '2019-06-09')", case="{case}"), 3),
    "a body that is no JSON": (EVENTS.format("body = 'x'", case="{case}"), 3),
    "a body with a blank more": (EVENTS.format("body = replace(body, ',\"to\"', ', \"to\"')", case="{case}"), 3),
    "a copy changed: who acted": (EVENTS.format("acted_by = 'p-other'", case="{case}"), 3),
    "a copy changed: the day": (EVENTS.format("occurred_on = '2019-01-01'", case="{case}"), 3),
    "a copy changed: the state": (EVENTS.format("to_state = 'archived'", case="{case}"), 3),
    "a hash changed": (EVENTS.format("hash = 'f'", case="{case}"), 3),
    "an event deleted": ("DELETE FROM weigai_event WHERE stream = 'case/{case}' AND seq = 3", 4),
    "the last event deleted": ("DELETE FROM weigai_event WHERE stream = 'case/{case}' AND seq = 4", 3),
    "every event deleted": ("DELETE FROM weigai_event WHERE stream = 'case/{case}'", 0),
    "an event moved behind": (EVENTS.format("seq = 9", case="{case}"), 4),
    "a state changed in the case row": ("UPDATE weigai_case SET state = 'payment' WHERE id = '{case}'", 4),
    "a version changed": ("UPDATE weigai_case SET version = 9 WHERE id = '{case}'", 4),
    "a record changed": ("UPDATE weigai_case SET record = '{{}}' WHERE id = '{case}'", 4),
    "a summary column changed": ("UPDATE weigai_case SET approved_fen = 1 WHERE id = '{case}'", 4),
    "the classes changed": ("UPDATE weigai_case SET classes = '[\"disabled_poor\"]' WHERE id = '{case}'", 4),
    "the township changed": ("UPDATE weigai_case SET township = '150783999' WHERE id = '{case}'", 4),
    "the village changed": ("UPDATE weigai_case SET unit = '150783101202' WHERE id = '{case}'", 4),
    "an inbox's moves changed": ("UPDATE weigai_policy SET moves = '{{}}'", 0),
    "the case row deleted": ("DELETE FROM weigai_case WHERE id = '{case}'", 4),
    "a personal value changed": ("UPDATE weigai_private SET value = '\"李四\"' WHERE field = 'household/head/name'", 1),
    "a salt changed": ("UPDATE weigai_private SET salt = '{salt}' WHERE field = 'household/head/name'", 1),
    "a personal value put in": (
        "INSERT INTO weigai_private VALUES ('150783', 'case/{case}', 2, 'made/up', 'head', '{salt}', '1')", 2),
    "a paper's file exchanged": ("UPDATE weigai_document SET sha256 = '{salt}{salt}' WHERE seq = 2 AND no = 1", 2),
    "a paper's kind exchanged": ("UPDATE weigai_document SET kind = 'other' WHERE seq = 2 AND no = 1", 2),
    "personal values of no stream": (
        "INSERT INTO weigai_private VALUES ('150783', 'case/none', 1, 'x', 'head', '{salt}', '1')", 0),
}  # fmt: skip


def walked(desk: Desk) -> str:
    case = desk.open()
    desk.walk(case, "village_publicity")
    assert desk.api.get(case, actor=person("county")).version == 4
    return case


def test_an_honest_log_verifies(store_desk: Desk) -> None:
    walked(store_desk)
    verified = store_desk.api.records.verify()
    assert (verified.events, verified.streams, verified.problems) == (4, 1, ())


@pytest.mark.parametrize("kind", TAMPERING)
def test_tampering_is_found_and_placed(store_desk: Desk, kind: str) -> None:
    case = walked(store_desk)
    sql, seq = TAMPERING[kind]
    with tampering(store_desk.session):
        done = store_desk.session.execute(text(sql.format(case=case, salt="0" * 32)))
    assert done.rowcount >= 1
    problems = store_desk.api.records.verify().problems
    assert problems
    assert min(p.seq for p in problems) == seq, problems


def test_two_events_swapped_are_found(store_desk: Desk) -> None:
    case = walked(store_desk)
    with tampering(store_desk.session):
        for old, new in ((2, 99), (3, 2), (99, 3)):
            store_desk.session.execute(
                text(f"UPDATE weigai_event SET seq = {new} WHERE stream = 'case/{case}' AND seq = {old}")
            )
    assert {p.seq for p in store_desk.api.records.verify().problems} >= {2, 3}


def test_one_case_can_be_verified_alone(store_desk: Desk) -> None:
    bad = walked(store_desk)
    good = store_desk.open(head={"name": "李四", "id_number": "150799196103030027"})
    store_desk.session.execute(text(f"UPDATE weigai_case SET state = 'payment' WHERE id = '{bad}'"))
    assert store_desk.api.records.verify(case_id=good).problems == ()
    assert store_desk.api.records.verify(case_id=bad).problems


def test_a_changed_or_lost_file_is_found(store_desk: Desk) -> None:
    walked(store_desk)
    files = sorted(p for p in store_desk.files.root.rglob("*") if p.is_file())
    files[0].write_bytes(b"other")
    files[1].unlink()
    said = [p.what for p in store_desk.api.records.verify().problems]
    assert sum("missing or changed" in what for what in said) == 2


def test_values_and_papers_that_are_gone_without_an_erasure_are_found(store_desk: Desk) -> None:
    case = walked(store_desk)
    for table in ("private", "document"):
        with store_desk.session.begin_nested() as undone:
            store_desk.session.execute(text(f"DELETE FROM weigai_{table} WHERE stream = 'case/{case}' AND seq = 2"))
            if table == "private":
                store_desk.session.execute(text("DELETE FROM weigai_private WHERE field = 'household/head/name'"))
            problems = store_desk.api.records.verify().problems
            assert problems
            told = {"search tokens differ from the personal values"} if table == "private" else set()
            assert {p.what for p in problems if "no erasure names" not in p.what} == told
            undone.rollback()


def test_a_stream_of_a_unit_is_verified_too(store_desk: Desk) -> None:
    case = walked(store_desk)
    store_desk.api.lists.new(
        "notice", unit="150783101201", cases=[case], actor=person("village"), documents=documents("notice")
    )
    store_desk.session.execute(text("UPDATE weigai_stream SET head = 'f'"))
    assert [p.what for p in store_desk.api.records.verify().problems] == [
        "the head of the stream is not its last event"
    ]


CANARY = {
    "head": {"name": "金丝雀", "id_number": "150799195406120017", "registered_poor": True, "phone": "13900000001"},
    "members": [{"name": "银丝雀", "id_number": "150799196103030027", "relation": "spouse"}],
    "account": {"card": "6217009999999999", "card_holder": "金丝雀"},
    "house": {"address": "金丝雀巷一号"},
    "note": "金丝雀备注",
}


def test_no_personal_value_stands_in_an_event_or_a_case_row(store_desk: Desk) -> None:
    case = store_desk.open(**CANARY)
    road = store_desk.walk(case, "village_publicity", record_deliberation={"reason": "金丝雀理由"})
    store_desk.take(case, "raise_objection", "village", level="village", grounds="金丝雀异议", raised_by="银丝雀")
    assert road
    plain = ["丝雀", "150799195406120017", "150799196103030027", "6217009999999999", "13900000001", 'registered_poor"']
    for query in ("SELECT body FROM weigai_event", "SELECT record FROM weigai_case"):
        for (found,) in store_desk.session.execute(text(query)):
            said = found.replace('"registered_poor":', "")  # the flag's own name
            assert not [value for value in plain if value in said]
    shown = store_desk.api.unmask(case, actor=person("county"), reason="核对").household
    assert shown["members"][0]["name"] == "银丝雀"
    assert shown["note"] == "金丝雀备注"


def test_a_body_is_the_canonical_text_of_version_one(store_desk: Desk) -> None:
    walked(store_desk)
    for (body,) in store_desk.session.execute(text("SELECT body FROM weigai_event")):
        read = json.loads(body)
        assert json.dumps(read, sort_keys=True, separators=(",", ":"), ensure_ascii=False) == body
        assert sorted(read) == sorted(
            [
                "v",
                "alg",
                "county",
                "stream",
                "seq",
                "request_id",
                "action",
                "from",
                "to",
                "acted_by",
                "office",
                "recorded_by",
                "occurred_on",
                "recorded_at",
                "policy",
                "changes",
                "documents",
                "findings",
                "prev",
            ]
        )


def test_an_account_moved_to_another_person_is_found(store_desk: Desk) -> None:
    store_desk.api.register.add_person(
        "150783", "p-9", "孙七", offices=[("village", "150783101201")], actor=person("admin"), account="sun"
    )
    assert store_desk.api.records.verify().problems == ()
    store_desk.session.execute(text("UPDATE weigai_person SET account = 'moon'"))
    assert store_desk.api.records.verify().problems


def test_free_text_of_a_list_is_sealed_and_can_be_erased(store_desk: Desk) -> None:
    case = walked(store_desk)
    made = store_desk.api.lists.new(
        "meeting",
        unit="150783101201",
        cases=[case],
        actor=person("village"),
        data={"reason": "金丝雀一家", "approved": True},
    )
    for query in ("SELECT record FROM weigai_list", "SELECT body FROM weigai_event"):
        assert not [row for (row,) in store_desk.session.execute(text(query)) if "丝雀" in row]
    assert store_desk.api.lists.get(made.id, actor=person("village")).data["reason"] == "***"
    shown = store_desk.api.lists.unmask(made.id, actor=person("village"), reason="核对")
    assert shown.data["reason"] == "金丝雀一家"
    store_desk.session.execute(text("DELETE FROM weigai_private WHERE stream LIKE 'unit/%'"))
    assert store_desk.api.lists.get(made.id, actor=person("village")).data == {"reason": None, "approved": True}
    assert store_desk.api.records.verify().problems  # a list's text is not erased


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE weigai_private SET salt = upper(salt)", "UPDATE weigai_document SET salt = upper(salt)",
        "UPDATE weigai_private SET value = value || '!'", "UPDATE weigai_key SET wrapped = wrapped || ' '",
    ],
)  # fmt: skip
def test_another_text_of_the_same_bytes_is_found(store_desk: Desk, statement: str) -> None:
    walked(store_desk)
    assert store_desk.api.records.verify().problems == ()
    store_desk.session.execute(text(statement))
    assert store_desk.api.records.verify().problems


def test_a_value_that_moves_with_its_entry_is_not_missed(store_desk: Desk) -> None:
    """A step back puts the approval back as it was, with the commitment of its reason: the value stands at its event."""
    case = store_desk.open()
    store_desk.walk(case, "county_notice", approve={"reason": "补录", "agreed_by": "p-second"})
    store_desk.take(case, "reject_approval", "county", reason="退回重审")
    store_desk.take(case, "step_back", "county", reason="误操作")
    assert "$commit" in store_desk.api.get(case, actor=person("county")).record["acts"]["approve"]["data"]["reason"]
    assert store_desk.api.records.verify().problems == ()
    emptied = "UPDATE weigai_private SET salt = '', value = '' WHERE field = 'acts/approve/data/reason'"
    store_desk.session.execute(text(emptied))
    assert len(store_desk.api.records.verify().problems) == 1
