"""The chain verified alone: as strict as the full verification in what concerns it, and silent on everything else."""

from __future__ import annotations

import json
import random
import re
import sqlite3
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import text
from weigai.db.audit import chain as audit_chain
from weigai.db.audit import verify as audit
from weigai.db.log import event as events
from weigai.states.errors import CaseNotFound

from tests.acceptance.test_cli import ROAD, go
from tests.forks import Terminal
from tests.machines import opened
from tests.prove import logs, tampering, verifying
from tests.support import COUNTY, VILLAGE, Desk, person

PREV, HASH = "ab" * 32, "cd" * 32
BODY = {
    "v": 1,
    "alg": "sha256",
    "county": COUNTY,
    "stream": "case/x",
    "seq": 7,
    "request_id": "r",
    "action": "a",
    "from": None,
    "to": "draft",
    "acted_by": "p-1",
    "office": "county",
    "recorded_by": "p-1",
    "occurred_on": "2019-06-10",
    "recorded_at": "2019-06-10T04:00:00.000000Z",
    "policy": "sha256:x",
    "changes": {"facts/a/1": {"n": 1}},
    "documents": [{"kind": "photo"}],
    "findings": [{"guard": "g"}],
    "prev": PREV,
}
TEXT = events.canonical(BODY)
TAIL = TEXT[TEXT.index(',"policy"') :]


def sure(body: str, seq: int = 7, prev: str = PREV, stream: str = "case/x", county: str = COUNTY) -> bool:
    alg = "sm3" if '"alg":"sm3"' in body[:60] else "sha256"
    return audit_chain.fits(body, events.event_hash(alg, body), (county, stream, seq), f'"{prev}"')


def test_a_body_in_its_one_form_needs_no_second_look() -> None:
    assert sure(TEXT)
    assert sure(events.canonical({**BODY, "alg": "sm3"}))
    assert sure(events.canonical({**BODY, "changes": {"a": {"text": 'say "x" \\ 行'}}}))
    assert not sure(TEXT, seq=8)
    assert not sure(TEXT, prev=HASH)
    assert not sure(TEXT, stream="case/y")
    assert not sure(TEXT, county="150784")
    assert not audit_chain.fits(TEXT, HASH, (COUNTY, "case/x", 7), f'"{PREV}"')
    assert not sure(TEXT.replace('"alg":"sha256"', '"alg":"md5"'))


HOSTILE = {
    "the tail in a text": TEXT.replace(TAIL, TAIL.replace('"', '\\"') + '"}').replace('"county"', '"x":"', 1),
    "the tail inside an object": TEXT[:-1] + "}}",
    "the tail twice": TEXT[:-1].replace('"seq":7', '"seq":8') + TAIL,
    "another prev behind it": TEXT[:-1] + f',"prev":"{HASH}"}}',
    "another seq in front": TEXT.replace('"documents":', '"seq":8,"documents":'),
    "an escaped county behind": TEXT.replace('"documents":', '"\\u0063ounty":"150784","documents":'),
    "another county behind": TEXT.replace('"documents":', '"county":"150784","documents":'),
    "another county with a blank": TEXT.replace('"documents":', '"county" :"150784","documents":'),
    "another county that is no text": TEXT.replace('"documents":', '"county":1,"documents":'),
    "the county inside an object": TEXT.replace('"county":"150783"', '"county":{"county":"150783"}'),
    "a number as text": TEXT.replace('"seq":7', '"seq":"7"'),
    "a leading nought": TEXT.replace('"seq":7', '"seq":07'),
    "a float": TEXT.replace('"seq":7', '"seq":7.0'),
    "a line end": TEXT + "\n",
    "cut off": TEXT[:-1],
    "a nought byte in the stream": TEXT.replace("case/x", "case/x\0"),
}  # fmt: skip


@pytest.mark.parametrize("kind", HOSTILE)
def test_no_form_makes_it_read_another_place_than_a_reader_of_json(kind: str) -> None:
    body = HOSTILE[kind]
    assert body != TEXT
    if sure(body):
        read = json.loads(body)
        assert (read["county"], read["stream"], read["seq"], read["prev"]) == (COUNTY, "case/x", 7, PREV)
    else:
        assert kind != "another seq in front"  # of two the last one counts, as everywhere


def test_random_changes_never_make_it_read_another_place() -> None:
    rng, read_otherwise = random.Random(4), 0
    words = [
        '"prev":',
        '"seq":8,',
        '"county":"150784",',
        "}",
        "{",
        '"',
        ",",
        "\\",
        "\\u0063",
        ' "county"',
        '"stream":"case/y",',
        TAIL,
    ]
    for _ in range(20_000):
        body = TEXT
        for _ in range(rng.choice((1, 1, 2, 3))):
            at = rng.choice([m.start() for m in re.finditer('[{},"]', body)] or [0])
            body = body[:at] + rng.choice(words) + body[at + rng.choice((0, 0, 1)) :]
        try:
            read = json.loads(body)
            place = (read["county"], read["stream"], read["seq"], read["prev"])
        except (ValueError, KeyError, TypeError):
            continue
        if place != (COUNTY, "case/x", 7, PREV):
            read_otherwise += 1
            assert not sure(body), body
    assert read_otherwise > 20


def test_it_overlooks_nothing_that_the_full_strength_finds_in_the_chain(engine) -> None:
    tampering.run(engine, seed=1, per_kind=0, honest=0, logs_=0)
    seed, count = random.randrange(10**9), 150 if engine.dialect.name == "sqlite" else 30
    with tampering.trial(engine, random.Random(seed), tampering.plan()) as world:
        assert logs.chain_agreement(world, seed, count) == []


@pytest.mark.parametrize("blind", ["links", "heads", "leaves"])
def test_a_chain_verification_that_overlooks_something_is_told_of(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, blind: str
) -> None:
    """The harness itself can fail."""
    if blind == "links":
        monkeypatch.setattr(audit_chain, "fits", lambda text, own, place, prev: True)
    elif blind == "heads":
        monkeypatch.setattr(audit_chain._Chains, "_close", lambda self: self._led() or self._ended.clear())
    else:
        monkeypatch.setattr(audit_chain, "_leaves", lambda connection, county, streams: iter(()))
    assert tampering.run(desk.engine, seed=11, per_kind=0, honest=0, logs_=600).missed


def walked(desk: Desk) -> str:
    case = desk.open()
    desk.walk(case, "village_publicity")
    desk.open(head={"name": "李四", "id_number": "150799196103030027", "registered_poor": True})
    desk.api.lists.new("notice", unit=VILLAGE, cases=[case], actor=person("village"))
    desk.api.evidence.head(actor=person("county"))
    return case


@pytest.mark.parametrize("chunk", [1, 2, 7, 1000])
def test_both_strengths_count_the_same_and_parts_come_to_the_same(
    store_desk: Desk, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = walked(store_desk)
    connection = store_desk.session.connection()
    monkeypatch.setattr(audit_chain, "_CHUNK", chunk)
    monkeypatch.setattr(audit_chain, "_STREAMS", chunk)
    whole = audit_chain.verify(connection)
    assert whole == audit.verify(connection)
    assert (whole.events, whole.streams, whole.problems) == (6, 3, ())
    tampering.unguarded(connection)
    connection.execute(text(f"DELETE FROM weigai_event WHERE stream = 'case/{case}' AND seq IN (2, 4)"))
    whole = audit_chain.verify(connection)
    assert {(p.seq, p.what) for p in whole.problems} >= {(3, "a gap: 1 is followed by 3")}
    ends = [None, *audit.places(connection, 3, 0), None]
    parts = [audit_chain.part(connection, start=a, end=b) for a, b in pairwise(ends)]
    assert len(parts) > 1
    assert audit.joined(connection, parts, chain=True) == whole


def test_one_case_and_an_area_are_verified_too(store_desk: Desk) -> None:
    case = walked(store_desk)
    evidence = store_desk.api.evidence
    assert evidence.verify_chain(case_id=case, actor=person("village"))[:3] == (4, 1, ())
    assert evidence.verify_chain(actor=person("village"))[:3] == (5, 2, ())
    other = type(person("village"))("p-2", "village", ("150783102201",))
    with pytest.raises(CaseNotFound):
        evidence.verify_chain(case_id=case, actor=other)
    tampering.unguarded(store_desk.session.connection())
    store_desk.session.execute(text("UPDATE weigai_case SET version = 9 WHERE id = :id"), {"id": case})
    assert evidence.verify_chain(case_id=case).problems


def test_text_that_is_no_utf8_or_no_text_is_found_and_not_a_crash(desk: Desk) -> None:
    case = walked(desk)
    tampering.unguarded(desk.session.connection())
    desk.session.execute(text("UPDATE weigai_event SET body = CAST(X'7bff7d' AS TEXT) WHERE seq = 3"))
    problems = desk.api.evidence.verify_chain().problems
    assert (problems[0].stream, problems[0].seq) == (f"{COUNTY}:case/{case}", 3)


# ---------------------------------------------------------------------- at the command line


def test_the_command_comes_to_the_same_in_both_strengths_and_says_what_it_did_not_look_at(
    tmp_path: Path, trial: Path
) -> None:
    term = Terminal.copied(trial, tmp_path)
    case = opened(term)
    for step in ROAD[:4]:
        go(term, case, step)
    found = verifying.run(tmp_path, 500, source=tmp_path / "weigai.db", user="clerk")
    assert [(one.strength, one.jobs) for one in found] == [("full", 1), ("full", 2), ("chain", 1), ("chain", 2)]
    same = {"strength": "", "opened": None}  # the two that differ
    first = {**found[0].told, **same}
    assert all({**one.told, **same} == first for one in found)
    assert found[0].events > 2500
    assert all("CPU s" in one.line() for one in found)
    term("audit", "head", "--to", "kept.heads")
    said = term("--lang", "en", "audit", "verify", "--chain", "--head", "kept.heads")
    assert "head #1 of " in said
    assert "It did not verify the columns that copy events, personal values, files" in said
    assert term.json("audit", "verify", "--chain", "--case", case)["events"] == 5
    with closing(sqlite3.connect(tmp_path / "weigai.db")) as db, db:
        for (trigger,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            db.execute(f"DROP TRIGGER {trigger}")
        db.execute("UPDATE weigai_event SET body = replace(body, '\"village\"', '\"willage\"') WHERE seq = 4")
    told = term.json("audit", "verify", "--chain", "--head", "kept.heads", code=7)
    assert told["problems"][0] == {
        "stream": f"150783:case/{case}",
        "seq": 4,
        "problem": "the hash does not fit the body",
    }
    assert told["proofs"] == []


def test_no_record_falls_into_more_parts_than_it_has_events(store_desk: Desk) -> None:
    walked(store_desk)
    connection = store_desk.session.connection()
    assert audit.places(connection, 1_000_000_000, 0) == audit.places(connection, 1_000, 0)
