"""Event format v1, written out: these bytes and hashes can never change."""

from __future__ import annotations

import hashlib
from datetime import date

import pytest
from weigai.db.log import event as events
from weigai.db.log.entry import Entry, written
from weigai.db.log.hashes import digest
from weigai.states.actor import Actor, Document
from weigai.states.errors import InputRefused, IntegrityBroken
from weigai.states.record import folded

SALT = bytes(range(16))
BODY = (
    '{"acted_by":"p-1","action":"submit_application","alg":"sha256","changes":{"acts/submit_application":{"by":"p-1",'
    '"data":{"consents":true,"reason":{"$commit":"2a4b0f8f"}},"office":"village","on":"2019-06-10","seq":2}},'
    '"county":"150783"}'
)


def entry() -> Entry:
    changes = {
        "acts/submit_application": {
            "seq": 2,
            "on": "2019-06-10",
            "by": "p-1",
            "office": "village",
            "data": {"consents": True, "reason": "房屋危险"},
        }
    }
    return Entry(
        action="submit_application",
        to="village_deliberation",
        actor=Actor("p-1", "village", ("150783101201",)),
        recorded_by="p-2",
        on=date(2019, 6, 10),
        recorded_at="2019-06-10T04:00:00.000000Z",
        request_id="r-1",
        changes=changes,
        documents=[Document("application", "ab" * 32, 3, "image/png")],
        findings=[{"guard": "entered_in_time", "rule": "R78", "source": "A", "values": {"late": 11}}],
        policy="sha256:x",
    )


HEAD = {"county": "150783", "stream": "case/150783-2019-7K3F9QD", "seq": 2, "from": "draft", "prev": "ee" * 32}
GOLDEN_BODY = (
    '{"acted_by":"p-1","action":"submit_application","alg":"sha256","changes":{"acts/submit_application":{"by":"p-1",'
    '"data":{"consents":true,"reason":{"$commit":"COMMIT-REASON"}},"office":"village","on":"2019-06-10","seq":2}},'
    '"county":"150783","documents":[{"commit":"COMMIT-PAPER","kind":"application","media_type":"image/png","size":3}],'
    '"findings":[{"guard":"entered_in_time","rule":"R78","source":"A","values":{"late":11}}],"from":"draft",'
    '"occurred_on":"2019-06-10","office":"village","policy":"sha256:x","prev":"' + "ee" * 32 + '",'
    '"recorded_at":"2019-06-10T04:00:00.000000Z","recorded_by":"p-2","request_id":"r-1","seq":2,'
    '"stream":"case/150783-2019-7K3F9QD","to":"village_deliberation","v":1}'
)


def commit_by_hand(field: str, value: str) -> str:
    place = f'["150783","case/150783-2019-7K3F9QD",2,"{field}"]'.encode()
    return hashlib.sha256(
        b"weigai.private.v1\x00" + SALT + len(place).to_bytes(8, "big") + place + value.encode()
    ).hexdigest()


def test_the_golden_event() -> None:
    reason = commit_by_hand("acts/submit_application/data/reason", '"房屋危险"')
    paper = commit_by_hand("documents/1", '"' + "ab" * 32 + '"')
    assert reason == "6e9b8680c436f02e3807410765d5e76030ad5fa55a53d319b3772c6bc78cfc7f"
    body = GOLDEN_BODY.replace("COMMIT-REASON", reason).replace("COMMIT-PAPER", paper)
    event, rows, _ = written(entry(), HEAD, lambda n: SALT[:n], "sha256")
    assert rows["event"]["body"] == body
    by_hand = hashlib.sha256(b"weigai.event.v1\x00" + len(body.encode()).to_bytes(8, "big") + body.encode()).hexdigest()
    assert event.hash == by_hand == "f8462247d62d3e40223282a3ddba76941b9a0933b2ce1a3604be2b335c986b91"
    assert rows["private"][0]["value"] == '"房屋危险"'


def test_the_golden_event_with_sm3() -> None:
    event, rows, _ = written(entry(), HEAD, lambda n: SALT[:n], "sm3")
    assert '"alg":"sm3"' in rows["event"]["body"]
    assert event.hash == "957e6fdb9de1d037f5e2490bb88acd9705e9dbeb7847c784e61f8d9806cf6542"
    assert digest("sm3", b"abc") == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


def test_an_unknown_algorithm_is_refused() -> None:
    with pytest.raises(IntegrityBroken):
        digest("md5", b"")


@pytest.mark.parametrize(
    "value",
    [1.5, {"a": [1.0]}, float("nan"), "a\0b", "\ud800", "e\u0301", b"x", {1, 2}],
    ids=[str(n) for n in range(8)],
)
def test_what_has_no_one_form_is_refused(value: object) -> None:
    with pytest.raises(InputRefused):
        events.canonical(value)


@pytest.mark.parametrize(
    "text",
    [
        '{"v":1}', "[]", "x", BODY, '{"v":1,"v":1}',
    ],
)  # fmt: skip
def test_what_is_no_event_is_not_read(text: str) -> None:
    with pytest.raises(ValueError):
        events.parse_body(text)


def test_duplicate_keys_floats_and_blanks_are_not_read() -> None:
    _, rows, _ = written(entry(), HEAD, lambda n: SALT[:n], "sha256")
    good = rows["event"]["body"]
    assert events.parse_body(good)["seq"] == 2
    for bad in (
        good.replace('"seq":2,"stream"', '"seq":2,"seq":2,"stream"'),
        good.replace('"size":3', '"size":3.0'),
        good.replace('"size":3', '"size":NaN'),
        good.replace('"v":1', '"v": 1'),
        good.replace('"v":1', '"v":2'),
        good.replace('"v":1', '"v":1,"w":1'),
    ):
        with pytest.raises(ValueError):
            events.parse_body(bad)


def test_changes_fold_without_touching_what_was() -> None:
    before = {"acts": {"a": {"seq": 1}}, "opens_on": "x"}
    after = folded(before, {"acts/b": {"seq": 2}, "opens_on": None, "papers/k/2": 1})
    assert after == {"acts": {"a": {"seq": 1}, "b": {"seq": 2}}, "papers": {"k": {"2": 1}}}
    assert before == {"acts": {"a": {"seq": 1}}, "opens_on": "x"}


def test_personal_values_come_back_where_they_stood() -> None:
    changes = {"household": {"head": {"name": "张三"}, "members": [{"name": "李四", "relation": "spouse"}]}}
    sealed, taken = events.seal(changes, "150783", "case/x", 1, lambda n: SALT[:n], "sha256")
    assert {(t.field, t.person) for t in taken} == {
        ("household/head/name", "head"),
        ("household/members/0/name", "member-0"),
    }
    import json

    values = {t.field: json.loads(t.value) for t in taken}
    assert events.reveal(sealed["household"], values, "household") == changes["household"]
    assert events.reveal(sealed["household"], {}, "household")["head"]["name"] is None
