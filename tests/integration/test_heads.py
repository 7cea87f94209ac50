"""Published heads: what they prove when they are held outside, and what happens to them inside."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import text
from weigai.db.audit import chunks as audit_chunks
from weigai.db.audit import reading as audit_reading
from weigai.db.audit import verify as audit
from weigai.db.log import event as events
from weigai.db.log import heads
from weigai.db.log.hashes import digest
from weigai.db.log.heads import Head, Leaf, Published
from weigai.db.log.held import Held
from weigai.states.errors import InputRefused, IntegrityBroken, NotFound, StoreBusy
from weigai.workflow import Actor, Approvals, Witness

from tests.prove import tampering
from tests.support import COUNTY, KEYS, TOWNSHIP, VILLAGE, Desk, founded, holds, person
from tests.support import tampering as tampered

VERIFIER = Path(__file__).parent.parent.parent / "workflow/exchange/verify_export.py"


def made(desk: Desk) -> Published:
    (one,) = desk.api.evidence.head(actor=person("county"))
    return one


def kept(tmp_path: Path, *published: Published) -> str:
    path = tmp_path / "kept.heads"
    Witness(path).append(published)
    return str(path)


def walked(desk: Desk) -> str:
    case = desk.open()
    desk.walk(case, "village_publicity")
    return case


def test_a_head_covers_every_stream_and_the_next_only_what_moved(store_desk: Desk) -> None:
    case = walked(store_desk)
    store_desk.api.register.import_units([(COUNTY, "县")], actor=person("admin"))
    first = made(store_desk)
    assert (first.head.no, first.head.events, first.head.leaves, first.head.prev) == (1, 5, 2, None)
    assert [leaf.stream for leaf in first.leaves] == [f"case/{case}", "county"]
    assert made(store_desk) == first
    store_desk.take(case, "attach", "village", "village_plan")
    second = made(store_desk)
    assert (second.head.no, second.head.events, second.head.prev) == (2, 6, first.head.root)
    assert [(leaf.stream, leaf.seq) for leaf in second.leaves] == [(f"case/{case}", 5)]
    assert store_desk.api.records.verify().problems == ()


def test_the_root_of_a_head_is_what_the_document_says() -> None:
    head = Head("150783", 2, "sha256", "2019-06-10T04:00:00.000000Z", 6, 1, "ab" * 32, "")
    by_hand = (
        b'weigai.head.v1\0{"alg":"sha256","county":"150783","events":6,"leaves":1,"made_at":"2019-06-10T04:00:00.000000Z",'
        b'"no":2,"prev":"' + b"ab" * 32 + b'","v":1}\n["case/x",5,"' + b"cd" * 32 + b'"]\n'
    )
    leaves = [Leaf("case/x", 5, "cd" * 32)]
    assert heads.root_of(head, leaves) == digest("sha256", by_hand)
    assert heads.root_of(head, leaves) == "61beaba9d69f3c7f160c86794634ba35c2233779c75cf892fd946031782d5b2d"
    other = heads.root_of(head._replace(alg="sm3"), leaves)
    assert other == digest("sm3", by_hand.replace(b'"sha256"', b'"sm3"'))
    assert other == "606d57e5e18ae89e0d18a803bc3b94f678adabcce165a3cdc93c767405e100d6"


def test_what_is_proved_reaches_to_the_last_head_held_outside(store_desk: Desk, tmp_path: Path) -> None:
    case = walked(store_desk)
    first = made(store_desk)
    (nothing,) = store_desk.api.records.verify().proofs
    assert (nothing.head, nothing.later) == (None, 4)
    store_desk.take(case, "attach", "village", "village_plan")
    made(store_desk)
    for held in (kept(tmp_path, first), first.head.short):
        verified = store_desk.api.records.verify(held=[held])
        (proof,) = verified.proofs
        assert (proof.head, proof.later, verified.problems) == (first.head, 1, ())


def test_a_head_of_another_record_proves_nothing(store_desk: Desk, tmp_path: Path) -> None:
    walked(store_desk)
    mine = made(store_desk)
    for foreign in (mine.head._replace(no=7, prev="a" * 64), mine.head._replace(made_at="2020-01-01T00:00:00.000000Z")):
        other = Published(foreign._replace(root=heads.root_of(foreign, mine.leaves)), mine.leaves)
        verified = store_desk.api.records.verify(held=[kept(tmp_path / "..", other)])
        assert verified.problems
        assert verified.proofs == ()
        (tmp_path / ".." / "kept.heads").unlink()


def test_a_rewritten_stream_is_found_between_two_heads(store_desk: Desk, tmp_path: Path) -> None:
    case = store_desk.open()
    first = made(store_desk)
    store_desk.walk(case, "village_publicity")
    second = made(store_desk)
    session = store_desk.session
    log = tampering.read_log(session.connection())
    rows = log[f"case/{case}"]
    body = json.loads(rows[2]["body"])
    rows[2]["body"] = events.canonical({**body, "acted_by": "p-x"})
    rows[2]["acted_by"] = "p-x"
    tampering.rechained(rows)
    with tampered(session):
        tampering.store(session.connection(), log)
    session.execute(text("UPDATE weigai_case SET head = :h"), {"h": rows[-1]["hash"]})
    verified = store_desk.api.records.verify()
    assert [(p.seq, p.what) for p in verified.problems] == [
        (4, "between 2 and 4 an event was changed: head #2 holds another event")
    ]
    with tampered(session):
        session.execute(text("DELETE FROM weigai_leaf"))
        session.execute(text("DELETE FROM weigai_head"))
    assert store_desk.api.records.verify().problems == ()  # the chain alone does not show it
    problems = store_desk.api.records.verify(held=[kept(tmp_path, first, second)]).problems
    assert (problems[0].stream, problems[0].seq) == (f"{COUNTY}:case/{case}", 2)
    assert "up to 1 it is the same" in problems[0].what


INSIDE = {
    "a root": "UPDATE weigai_head SET root = 'f' WHERE no = 1",
    "a time": "UPDATE weigai_head SET made_at = '2019-01-01T00:00:00.000000Z' WHERE no = 2",
    "a count": "UPDATE weigai_head SET events = 1 WHERE no = 2",
    "an algorithm": "UPDATE weigai_head SET alg = 'md5' WHERE no = 2",
    "a leaf's hash": "UPDATE weigai_leaf SET hash = 'f' WHERE no = 1",
    "a leaf's number": "UPDATE weigai_leaf SET seq = 9 WHERE no = 2",
    "a leaf taken away": "DELETE FROM weigai_leaf WHERE no = 1",
    "a leaf put in": "INSERT INTO weigai_leaf VALUES ('150783', 1, 'case/none', 1, 'f')",
    "a leaf of no head": "INSERT INTO weigai_leaf VALUES ('150783', 9, 'case/none', 1, 'f')",
    "the first head taken away": "DELETE FROM weigai_head WHERE no = 1",
}


@pytest.mark.parametrize("kind", INSIDE)
def test_a_head_that_was_changed_inside_is_found(store_desk: Desk, kind: str) -> None:
    case = store_desk.open()
    made(store_desk)
    store_desk.walk(case, "village_publicity")
    made(store_desk)
    assert store_desk.api.records.verify().problems == ()
    tampering.unguarded(store_desk.session.connection())
    assert store_desk.session.execute(text(INSIDE[kind])).rowcount == 1
    assert store_desk.api.records.verify().problems


def test_heads_are_for_whole_counties_only(store_desk: Desk) -> None:
    walked(store_desk)
    for actor, county in ((person("village"), None), (person("county"), "150784")):
        with pytest.raises(NotFound):
            store_desk.api.evidence.head(actor=actor, county=county)
        with pytest.raises(NotFound):
            list(store_desk.api.evidence.export(actor=actor, county=county))
    assert [h.no for h in store_desk.api.evidence.last_heads(actor=person("village"))] == []
    made(store_desk)
    assert [h.no for h in store_desk.api.evidence.last_heads(actor=person("village"))] == [1]


def test_two_heads_at_once_are_settled_by_their_number(store_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    case = walked(store_desk)
    first = made(store_desk)
    store_desk.take(case, "attach", "village", "village_plan")
    monkeypatch.setattr(heads, "newest", lambda connection, county: None)  # read before the other one wrote
    with pytest.raises(StoreBusy):
        made(store_desk)
    monkeypatch.undo()
    assert made(store_desk).head.prev == first.head.root


# ---------------------------------------------------------------------- the witness file


def test_a_witness_is_only_added_to_and_only_its_owners(store_desk: Desk, tmp_path: Path) -> None:
    case = walked(store_desk)
    first = made(store_desk)
    path = Path(kept(tmp_path, first))
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_bytes(path.read_bytes() + first.line().encode()[:50])  # cut off while it was written
    store_desk.take(case, "attach", "village", "village_plan")
    second = made(store_desk)
    Witness(path).append([second])
    assert Witness(path).newest() == {COUNTY: second.head}
    verified = store_desk.api.records.verify(held=[path])
    assert (verified.problems, verified.strange) == ((), (f"{path}:2",))
    assert verified.proofs[0].head == second.head
    Witness(path).refuse_older([first, second])
    with pytest.raises(IntegrityBroken):
        Witness(path).refuse_older([first])


@pytest.mark.parametrize("content", [b"", b"x\n", b"{}\n", b'{"v":1}\n', b"\xff\n", b"[" * 90_000])
def test_a_file_without_a_head_is_refused(store_desk: Desk, tmp_path: Path, content: bytes) -> None:
    walked(store_desk)
    path = tmp_path / "other"
    path.write_bytes(content)
    for held in (path, tmp_path / "none"):
        with pytest.raises(InputRefused):
            store_desk.api.records.verify(held=[held])


# ---------------------------------------------------------------------- SM3, the export, the second verifier


def exported(desk: Desk, tmp_path: Path, *held: str) -> tuple[int, str]:
    path = tmp_path / "export.jsonl"
    path.write_text("".join(desk.api.evidence.export(actor=person("county"))), encoding="utf-8")
    command = [sys.executable, "-I", "-S", str(VERIFIER), str(path), *held]  # -S: no package can be found
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    assert not done.stderr, done.stderr
    return done.returncode, done.stdout


def test_an_export_is_verified_by_one_file_and_python_alone(store_desk: Desk, tmp_path: Path) -> None:
    case = walked(store_desk)
    first = made(store_desk)
    store_desk.take(case, "attach", "village", "village_plan")
    made(store_desk)
    code, said = exported(store_desk, tmp_path)
    assert code == 0
    assert "no head was given" in said
    for held in (kept(tmp_path, first), first.head.short):
        code, said = exported(store_desk, tmp_path, held)
        assert code == 0
        assert "head #1 of " in said
        assert "the 1 later events" in said
    wrong = first.head.short.replace(f"sha256:{first.head.root[:4]}", "sha256:0000")
    assert exported(store_desk, tmp_path, wrong)[0] == 7
    tampering.unguarded(store_desk.session.connection())
    store_desk.session.execute(text("UPDATE weigai_event SET body = replace(body, 'p-v', 'p-w') WHERE seq = 3"))
    code, said = exported(store_desk, tmp_path, first.head.short)
    assert code == 7
    assert f"case/{case} #3: the hash does not fit the body" in said


def test_an_export_that_was_cut_off_or_is_none_does_not_verify(desk: Desk, tmp_path: Path) -> None:
    walked(desk)
    lines = list(desk.api.evidence.export(actor=person("county")))
    path = tmp_path / "cut.jsonl"
    for some in (
        lines[:-1],
        lines[:-2],
        [lines[0], *lines[2:]],
        [lines[0], lines[2], lines[1], *lines[3:]],
        lines[1:],
        [],
    ):
        path.write_text("".join(some), encoding="utf-8")
        assert subprocess.run([sys.executable, VERIFIER, path], capture_output=True, check=False).returncode == 7
    assert (
        subprocess.run([sys.executable, VERIFIER, tmp_path / "none"], capture_output=True, check=False).returncode == 2
    )


def test_no_personal_value_is_exported(store_desk: Desk) -> None:
    store_desk.open(
        head={"name": "金丝雀", "id_number": "150799195406120017", "registered_poor": True}, note="金丝雀备注"
    )
    made(store_desk)
    told = "".join(store_desk.api.evidence.export(actor=person("county"))).encode().decode("unicode_escape")
    assert "丝雀" not in told
    assert "150799195406120017" not in told
    assert "registered_poor" in told


def test_sm3_reaches_every_writer_and_streams_may_change_midway(store_desk: Desk, tmp_path: Path) -> None:
    case = walked(store_desk)
    first = made(store_desk)
    store_desk.api = Approvals(store_desk.session, now=store_desk.now, files=store_desk.files, keys=KEYS, alg="sm3")
    store_desk.take(case, "attach", "village", "village_plan")
    opened = store_desk.open(head={"name": "李四", "id_number": "150799196103030027", "registered_poor": True})
    register, admin = store_desk.api.register, person("admin")
    register.import_units([(COUNTY, "县"), (TOWNSHIP, "镇"), (VILLAGE, "村")], actor=admin)
    register.add_person(COUNTY, "p-9", "孙", offices=[("village", VILLAGE)], actor=admin)
    listed = store_desk.api.lists.new("notice", unit=VILLAGE, cases=[case], actor=person("village"))
    store_desk.api.lists.send(listed["id"], actor=person("village"))
    second = made(store_desk)
    rows = store_desk.session.execute(text("SELECT stream, seq, body FROM weigai_event")).all()
    algs = {(row.stream, row.seq): json.loads(row.body)["alg"] for row in rows}
    assert {alg for (stream, seq), alg in algs.items() if (stream, seq < 5) == (f"case/{case}", True)} == {"sha256"}
    later = {key: alg for key, alg in algs.items() if key[0] != f"case/{case}" or key[1] > 4}
    assert set(later.values()) == {"sm3"}
    assert {key[0] for key in later} == {f"case/{case}", f"case/{opened}", "county", "person/p-9", f"unit/{VILLAGE}"}
    assert (first.head.alg, second.head.alg) == ("sha256", "sm3")
    held = kept(tmp_path, first, second)
    verified = store_desk.api.records.verify(held=[held])
    assert (verified.problems, verified.proofs[0].later) == ((), 0)
    assert exported(store_desk, tmp_path, held)[0] == 0


def test_an_unknown_algorithm_is_refused_at_once(store_desk: Desk) -> None:
    with pytest.raises(InputRefused):
        Approvals(store_desk.session, alg="md5")


# ---------------------------------------------------------------------- how it reads


def test_a_clock_that_goes_back_is_a_remark_and_no_problem(store_desk: Desk) -> None:
    store_desk.today = date(2019, 6, 12)
    case = store_desk.open()
    store_desk.today = date(2019, 6, 11)
    store_desk.take(case, "attach", "village", "village_plan", on=None)
    verified = store_desk.api.records.verify()
    where = f"{COUNTY}:case/{case}"
    assert [(r.stream, r.seq) for r in verified.remarks] == [
        (where, 1),
        (where, 2),
    ]  # later than now, and before the last
    assert verified.problems == ()
    store_desk.today = date(2019, 6, 12)
    assert [(r.stream, r.seq) for r in store_desk.api.records.verify().remarks] == [(where, 2)]


@pytest.mark.parametrize("chunk", [1, 2, 3, 7])
def test_pieces_of_any_size_and_parts_come_to_the_same(
    store_desk: Desk, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = walked(store_desk)
    store_desk.open(head={"name": "李四", "id_number": "150799196103030027", "registered_poor": True})
    store_desk.api.lists.new("notice", unit=VILLAGE, cases=[case], actor=person("village"))
    made(store_desk)
    connection = store_desk.session.connection()
    monkeypatch.setattr(audit_chunks, "SIZE", chunk)
    assert audit.verify(connection)[:3] == (6, 3, ())
    tampering.unguarded(connection)
    connection.execute(text("UPDATE weigai_document SET kind = 'other' WHERE seq = 2 AND no = 1"))
    connection.execute(text(f"DELETE FROM weigai_event WHERE stream = 'case/{case}' AND seq = 4"))
    whole = audit.verify(connection)
    assert {p.seq for p in whole.problems} >= {2, 3}
    marks = audit.places(connection, 3, 0)
    ends = [None, *marks, None]
    parts = [audit.part(connection, start=a, end=b) for a, b in pairwise(ends)]
    assert len(parts) > 1
    assert audit.joined(connection, parts) == whole


def test_text_that_is_no_utf8_is_found_and_not_a_crash(desk: Desk) -> None:
    case = walked(desk)
    tampering.unguarded(desk.session.connection())
    desk.session.execute(text("UPDATE weigai_event SET body = CAST(X'7bff7d' AS TEXT) WHERE seq = 3"))
    desk.session.execute(text("UPDATE weigai_event SET acted_by = CAST(X'ff' AS TEXT) WHERE seq = 4"))
    problems = desk.api.records.verify().problems
    assert (problems[0].stream, problems[0].seq) == (f"{COUNTY}:case/{case}", 3)
    assert "column acted_by differs from the body" in {p.what for p in problems if p.seq == 4}


def test_an_act_taken_while_the_record_is_read_is_no_fault(
    engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Desk(engine, tmp_path / "files") as desk:
        case = walked(desk)
        desk.session.commit()
        beside, acts = audit_reading.side_of, []

        def acted(connection, chunk):
            if not acts:
                acts.append(desk.take(case, "attach", "village", "village_plan"))
                desk.session.commit()
            return beside(connection, chunk)

        monkeypatch.setattr(audit_reading, "side_of", acted)
        options = {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}
        with engine.execution_options(**options).connect() as connection:
            assert audit.verify(connection)[:3] == (4, 1, ())
            assert acts
        with engine.connect() as connection:
            assert audit.verify(connection)[:3] == (5, 1, ())


def test_a_head_that_is_not_in_view_is_not_passed_over(store_desk: Desk, tmp_path: Path) -> None:
    walked(store_desk)
    head = kept(tmp_path, made(store_desk))
    foreign = "450981 #1 sha256:00000000000000000000000000000000"
    evidence, county = store_desk.api.evidence, person("county")
    for verify in (evidence.verify, evidence.verify_chain):
        assert [p.stream for p in verify(held=[foreign], actor=county).problems] == ["450981:head"]
        assert [p.stream for p in verify(held=[head, foreign], actor=county).problems] == ["450981:head"]
        assert verify(held=Held([head, foreign], every=False), actor=county).problems == ()
        assert [r.stream for r in verify(held=Held([head, foreign], every=False), actor=county).remarks] == [
            "450981:head"
        ]
        assert verify(held=Held([foreign], every=False), actor=county).problems  # nothing at all was compared
        elsewhere = Actor("p-x", "auditor", ("450982",))
        assert verify(held=[head], actor=elsewhere).problems


def test_whose_area_is_a_part_compares_the_cases_in_it_with_a_head(store_desk: Desk, tmp_path: Path) -> None:
    case = walked(store_desk)
    head = kept(tmp_path, made(store_desk))
    evidence, auditor = store_desk.api.evidence, Actor("p-t", "auditor", (TOWNSHIP,))
    found = evidence.verify(held=[head], actor=auditor)
    assert (found.problems, len(found.remarks), found.proofs) == ((), 1, ())
    elsewhere = evidence.verify(held=[head], actor=Actor("p-t", "auditor", ("150783102",)))
    assert (elsewhere.events, elsewhere.problems, len(elsewhere.remarks)) == (0, (), 1)
    with tampered(store_desk.session):  # the whole case goes back by one event, and fits
        rolled_back(store_desk, case)
    for verify in (evidence.verify, evidence.verify_chain):
        assert any("held outside is missing" in p.what for p in verify(held=[head], actor=auditor).problems)


def rolled_back(desk: Desk, case: str) -> None:
    desk.session.execute(text(f"DELETE FROM weigai_event WHERE stream = 'case/{case}' AND seq > 3"))
    desk.session.execute(text("DELETE FROM weigai_leaf"))
    desk.session.execute(text("DELETE FROM weigai_head"))


def test_an_area_that_the_events_do_not_give_is_found(store_desk: Desk) -> None:
    register = founded(store_desk)
    holds(register, "p-aud", "auditor", COUNTY)
    assert store_desk.api.evidence.verify(actor=Actor("p-aud", "auditor", (TOWNSHIP,))).problems == ()
    store_desk.session.execute(text(f"UPDATE weigai_grant SET unit = '{TOWNSHIP}' WHERE person = 'p-aud'"))
    for verify in (store_desk.api.evidence.verify, store_desk.api.evidence.verify_chain):
        assert verify(actor=Actor("p-aud", "auditor", (TOWNSHIP,))).problems


def test_up_to_a_head_that_is_the_same_it_stays_proved(store_desk: Desk, tmp_path: Path) -> None:
    case = walked(store_desk)
    first = made(store_desk)
    store_desk.take(case, "attach", "village", "village_plan")
    second = made(store_desk)
    lost = Published(second.head._replace(root="0" * 64), second.leaves)
    found = store_desk.api.records.verify(held=[first.head.short, f"{lost.head.short}"])
    assert found.problems
    assert [proof.head.no for proof in found.proofs if proof.head] == [1]
