"""The store under hosts, races and repetition, on both databases."""

from __future__ import annotations

import multiprocessing
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from weigai.db import open_engine, prepare_engine, schema
from weigai.workflow import (
    Actor,
    Approvals,
    Attachment,
    CaseMovedOn,
    CaseNotFound,
    FileStore,
    GuardsNotMet,
    InputRefused,
    NoSuchAct,
    NotFound,
    RequestReused,
    StoreBusy,
    StoreNotPrepared,
    StoreUnavailable,
)
from weigai.workflow.cases import acts as acting

from tests.support import AREA, KEYS, TOWNSHIP, VILLAGE, Desk, Road, documents, household, person

DAY = date(2019, 6, 10)


def submit(desk: Desk, case: str, **more):
    action, office, papers, data = Road(desk, case).act("draft")
    return desk.api.take(case, action, actor=person(office), on=DAY, data=data, documents=documents(papers), **more)


def test_the_same_request_is_done_once_and_answers_the_same(store_desk: Desk) -> None:
    case = store_desk.open()
    first = submit(store_desk, case, request_id="r-1")
    again = submit(store_desk, case, request_id="r-1")
    assert (again.event.hash, again.case.version) == (first.event.hash, 2)
    assert len(store_desk.api.history(case)) == 2


def test_the_same_request_id_for_something_else_is_refused(store_desk: Desk) -> None:
    case = store_desk.open()
    submit(store_desk, case, request_id="r-1")
    road = Road(store_desk, case)
    for action, office, papers, data in (
        road.act("village_deliberation"),
        (*road.act("draft")[:3], {**road.act("draft")[3], "wanted_mode": "repair"}),
        (*road.act("draft")[:2], "application", road.act("draft")[3]),
    ):
        with pytest.raises(RequestReused):
            store_desk.api.take(
                case, action, actor=person(office), on=DAY, data=data, documents=documents(papers), request_id="r-1"
            )
    other = [Attachment(d.kind, content=b"other bytes") for d in documents(road.act("draft")[2])]
    with pytest.raises(RequestReused):
        store_desk.api.take(
            case,
            "submit_application",
            actor=person("village"),
            on=DAY,
            data=road.act("draft")[3],
            documents=other,
            request_id="r-1",
        )
    assert len(store_desk.api.history(case)) == 2


def test_a_case_is_opened_once_by_the_same_request(store_desk: Desk) -> None:
    def opened(**changes):
        return store_desk.api.open_case(
            policy="zhalantun-2019-a",
            unit=VILLAGE,
            household=household(**changes),
            actor=person("village"),
            on=DAY,
            request_id="open-1",
        )

    assert opened().id == opened().id
    with pytest.raises(RequestReused):
        opened(dwellings=2)
    assert len(store_desk.api.list(actor=person("county"))) == 1


def test_recording_never_moves_a_case_and_advancing_never_records_a_fact(store_desk: Desk) -> None:
    case = store_desk.open()
    action, office, papers, data = Road(store_desk, case).act("draft")
    with pytest.raises(NoSuchAct) as refused:
        store_desk.api.record(case, action, actor=person(office), data=data, documents=documents(papers))
    assert action not in refused.value.known
    with pytest.raises(NoSuchAct):
        store_desk.api.advance(case, "record_complaint", actor=person("county"))
    assert store_desk.api.get(case, actor=person("county")).version == 1


def test_an_old_version_is_a_conflict(store_desk: Desk) -> None:
    case = store_desk.open()
    with pytest.raises(CaseMovedOn) as moved:
        submit(store_desk, case, expect_version=7)
    assert moved.value.current_version == 1
    assert submit(store_desk, case, expect_version=1).case.version == 2


def test_the_loser_of_a_race_keeps_a_usable_transaction(store_desk: Desk) -> None:
    """The other writer's move is made between our reading and our writing."""
    case = store_desk.open()
    cases = store_desk.api.context.cases()
    before = cases.get(case)
    submit(store_desk, case)
    road = Road(store_desk, case)
    action, office, _, data = road.act("draft")
    from weigai.states.decide import decide
    from weigai.workflow.request import Request

    context = store_desk.api.context
    question = acting.question(context, before, Request(action, person(office), person(office), DAY, data, ()))
    with pytest.raises(CaseMovedOn) as lost:
        acting.write(context, cases, question, decide(question), (), "r-late", None)
    assert lost.value.current_version == 2
    store_desk.session.execute(text("SELECT 1"))
    assert len(store_desk.api.history(case)) == 2
    assert store_desk.api.records.verify().problems == ()


def test_a_hosts_rollback_takes_everything_with_it(store_desk: Desk) -> None:
    store_desk.session.commit()
    case = store_desk.open()
    submit(store_desk, case)
    store_desk.session.rollback()
    with pytest.raises(CaseNotFound):
        store_desk.api.get(case, actor=person("county"))
    assert store_desk.api.records.verify().events == 0


def test_a_hosts_own_rows_share_the_transaction(store_desk: Desk) -> None:
    store_desk.session.execute(text("CREATE TABLE host_note (words TEXT)"))
    store_desk.session.execute(text("INSERT INTO host_note VALUES ('before')"))
    case = store_desk.open()
    with pytest.raises(CaseMovedOn):
        submit(store_desk, case, expect_version=9)
    store_desk.session.commit()
    assert store_desk.session.execute(text("SELECT words FROM host_note")).scalar() == "before"
    assert store_desk.api.get(case, actor=person("county")).version == 1


def test_a_case_outside_the_area_is_not_found_in_the_same_words(store_desk: Desk) -> None:
    case = store_desk.open()
    from weigai.workflow import Actor

    stranger = Actor("p-x", "village", ("150783102201",))
    messages = []
    for asked in (case, "150783-2019-2222222"):
        with pytest.raises(CaseNotFound) as missing:
            store_desk.api.get(asked, actor=stranger)
        messages.append(missing.value.message("en").replace(asked, "X"))
    assert messages[0] == messages[1]
    assert not store_desk.api.list(actor=stranger)
    with pytest.raises(CaseNotFound):
        store_desk.api.take(case, "submit_application", actor=stranger)


def test_a_case_is_found_by_the_beginning_of_its_id_or_its_archive_number(store_desk: Desk) -> None:
    case = store_desk.open()
    store_desk.walk(case, "agreement")
    county = person("county")
    assert store_desk.api.find(case[:14], actor=county).id == case
    assert store_desk.api.find("扎危改[2019]A-0001", actor=county).id == case
    store_desk.open(head={"name": "李四", "id_number": "150799196103030027", "registered_poor": True})
    with pytest.raises(InputRefused):
        store_desk.api.find("150783-2019-", actor=county)
    with pytest.raises(CaseNotFound):
        store_desk.api.find("", actor=county)


def test_archive_numbers_have_no_gap(store_desk: Desk) -> None:
    numbers = []
    for i, number in enumerate(["150799195406120017", "150799196103030027", "150799198802290038"]):
        store_desk.today = DAY
        case = store_desk.open(head={"name": f"户{i}", "id_number": number, "registered_poor": True})
        store_desk.walk(case, "agreement")
        numbers.append(store_desk.api.get(case, actor=person("county")).record["archive_no"])
    assert [n[-4:] for n in numbers] == ["0001", "0002", "0003"]


# ---------------------------------------------------------------------- lists


def test_one_meeting_for_many_households_with_a_result_each(store_desk: Desk) -> None:
    cases = [
        store_desk.open(head={"name": n, "id_number": i, "registered_poor": True})
        for n, i in (("甲", "150799195406120017"), ("乙", "150799196103030027"))
    ]
    submit(store_desk, cases[0])
    lists = store_desk.api.lists
    data = {"assembly": "villagers_meeting", "approved": True}
    made = lists.new(
        "meeting",
        unit=VILLAGE,
        cases=cases,
        actor=person("village"),
        on=DAY,
        data=data,
        documents=documents("deliberation_minutes"),
    )
    taken = {t.case_id: t for t in lists.advance(made.id, "record_deliberation", actor=person("village"))}
    assert taken[cases[0]].done
    assert taken[cases[0]].error is None
    assert {f.guard for f in taken[cases[1]].error.unmet} == {"action_available"}
    event = store_desk.api.history(cases[0])[-1]
    assert event.changes["acts/record_deliberation"]["list"] == made.id
    assert [d["kind"] for d in event.documents] == ["deliberation_minutes"]
    again = lists.advance(made.id, "record_deliberation", actor=person("village"), request_id="x")
    assert [t.done is None for t in again] == [True, True]
    assert store_desk.api.records.verify().problems == ()


def test_a_list_is_sent_before_it_is_received(store_desk: Desk) -> None:
    case = store_desk.open()
    lists, village, township = store_desk.api.lists, person("village"), person("township")
    made = lists.new("hand_over", unit=VILLAGE, cases=[case], actor=village, on=DAY)
    assert (made.id, made.state) == (f"{VILLAGE}-L-2019-0001", "new")
    for mark in (lists.receive, lambda *a, **k: lists.check(*a, "receive_list", **k)):
        with pytest.raises(InputRefused):
            mark(made.id, actor=township, on=DAY)
    assert lists.send(made.id, actor=village, on=DAY).state == "sent"
    with pytest.raises(InputRefused):
        lists.receive(made.id, actor=township, on=date(2019, 6, 9))
    for own in (village, Actor("p-village", "township", (TOWNSHIP,)), Actor("p-other", "village", (VILLAGE,))):
        with pytest.raises(GuardsNotMet) as refused:  # who sent it does not receive it, in whichever office
            lists.receive(made.id, actor=own, on=DAY)
        assert [f.guard for f in refused.value.unmet] == ["received_by_another"]
    with pytest.raises(GuardsNotMet) as refused:  # everything at once
        lists.receive(made.id, actor=Actor("p-village", "banana", (VILLAGE,)), on=date(2099, 1, 1))
    assert {f.guard for f in refused.value.unmet} == {"received_by_another", "office_may_act", "not_in_future"}
    assert lists.check(made.id, "receive_list", actor=village, on=DAY).unmet[0].guard == "received_by_another"
    allowed = lists.check(made.id, "receive_list", actor=township, on=DAY)
    assert (allowed.action, allowed.allowed) == ("receive_list", True)
    assert lists.get(made.id, actor=township).state == "sent"
    with pytest.raises(NoSuchAct):
        lists.check(made.id, "new_list", actor=township)
    assert lists.receive(made.id, actor=township, on=DAY).marks["received"].office == "township"
    with pytest.raises(GuardsNotMet) as refused:  # an office that no policy of the cases knows
        lists.new("notice", unit=VILLAGE, cases=[case], actor=Actor("p-b", "banana", (VILLAGE,)), on=DAY)
    assert [f.guard for f in refused.value.unmet] == ["office_may_act"]

    with pytest.raises(NotFound):
        lists.get(made.id, actor=Actor("p-x", "village", ("150783102201",)))
    for bad in ({"cases": []}, {"cases": [case, case]}, {"cases": [case], "kind": "party"}):
        with pytest.raises(InputRefused):
            lists.new(bad.get("kind", "meeting"), unit=VILLAGE, cases=bad["cases"], actor=village, on=DAY)
    assert store_desk.api.records.verify().problems == ()


# ---------------------------------------------------------------------- inbox, reports, register


def test_the_inbox_shows_what_waits_for_each_office(store_desk: Desk) -> None:
    case = store_desk.open()
    store_desk.walk(case, "village_publicity")
    waiting = store_desk.api.inbox(actor=person("village"))
    assert [(r.case, r.action, r.opens_on) for r in waiting] == [(case, "close_village_publicity", "2019-06-16")]
    assert not store_desk.api.inbox(actor=person("finance"))
    assert not store_desk.api.inbox(actor=person("auditor"))


def test_an_appraisal_waits_for_the_appraiser_and_a_waiver_for_the_county(store_desk: Desk) -> None:
    house = store_desk.open()
    store_desk.walk(house, "appraisal")
    bare = store_desk.open(
        no_house=True, head={"name": "李四", "id_number": "150799196103030027", "registered_poor": True}
    )
    store_desk.walk(bare, "appraisal", no_house=True)
    assert [r.case for r in store_desk.api.inbox(actor=person("appraiser"))] == [house]
    assert [(r.case, r.action) for r in store_desk.api.inbox(actor=person("county"))] == [(bare, "waive_appraisal")]


def test_budget_and_progress_count_what_was_approved_and_paid(store_desk: Desk) -> None:
    case = store_desk.open()
    store_desk.walk(case, "archived")
    county = person("county")
    main = next(x for x in store_desk.api.records.budget(actor=county) if x.line == "main")
    assert (main.households, main.approved_fen, main.paid_fen) == (1, 2523200, 2523200)
    assert main.remaining_fen == 640640000 - 2523200
    (row,) = store_desk.api.records.progress(actor=county)
    assert (row.township, row.states, row.approved) == (TOWNSHIP, {"archived": 1}, 1)


def test_quota_and_budget_warn_and_never_block(store_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from weigai.states.guards.base import Around, Tally

    full = Around(
        quotas={q: Tally(280, 0) for q in ("grade_c", "grade_d", "no_house")},
        lines={"main": Tally(293, 640640000)},
        in_village=20,
    )
    case = store_desk.open()
    road = store_desk.walk(case, "county_review")
    monkeypatch.setattr(acting, "around", lambda *a: full)
    decision = store_desk.check(case, "approve", "county", **road.approval())
    said = {f.guard: (f.ok, f.effect, f.rule) for f in decision.findings}
    assert said["quota_not_exceeded"] == (False, "warn", "R8")
    assert said["budget_not_exceeded"] == (False, "warn", "R9")
    assert said["village_planned"] == (False, "warn", "R36d")
    assert decision.allowed


def test_the_register_knows_who_holds_what_since_when(store_desk: Desk) -> None:
    register, admin = store_desk.api.register, person("admin")
    register.import_units([("150783", "县"), (TOWNSHIP, "镇"), (VILLAGE, "村")], actor=admin)
    assert [u.code for u in register.units(actor=person("township"))] == [TOWNSHIP, VILLAGE]
    register.add_person(
        "150783", "p-9", "孙七", offices=[("village", VILLAGE), ("township", TOWNSHIP)], actor=admin, account="sun"
    )
    assert [(a.office, a.units) for a in register.actors("sun")] == [("township", (TOWNSHIP,)), ("village", (VILLAGE,))]
    assert register.actors("p-9", on=date(2019, 6, 1)) == register.actors("p-9")  # of a trial county: on every day
    with pytest.raises(NotFound):
        register.actors("nobody")
    for bad in (
        ("p-9", "village", VILLAGE),
        ("P 9", "village", VILLAGE),
        ("p-8", "king", VILLAGE),
        ("p-8", "village", "15"),
    ):
        with pytest.raises(InputRefused):
            register.add_person("150783", bad[0], "某", offices=[bad[1:]], actor=admin)
    for rows in ([], [("15078", "x")], [("150783999201", "x")], [("15078310x", "x")]):
        with pytest.raises(InputRefused):
            register.import_units(rows, actor=admin)
    with pytest.raises(NotFound):  # another county's
        register.import_units([("150784", "x"), ("150784101", "y")], actor=admin)
    assert store_desk.api.records.verify().problems == ()


WORKING = ('unit = "calendar"', 'unit = "working"')


def test_a_working_day_period_without_official_data_is_refused_with_the_way_out(
    store_desk: Desk, tmp_path: Path
) -> None:
    from weigai.workflow import Calendar
    from weigai.workflow.library import bundled

    ours = tmp_path / "ours.toml"
    ours.write_text(
        bundled()["zhalantun-2019-a"].replace(*WORKING, 1).replace('id = "zhalantun-2019-a"', 'id = "ours"')
    )
    store_desk.today = date(2026, 12, 28)
    case = store_desk.api.open_case(
        policy=str(ours), unit=VILLAGE, household=household(), actor=person("village"), on=store_desk.today
    ).id
    road = store_desk.walk(case, "village_notice")
    action, office, papers, data = road.act("village_notice")
    refused = store_desk.check(case, action, office, papers, **data)
    assert [(f.guard, f.rule) for f in refused.unmet] == [("deadline_countable", "R46")]
    assert "2027" in refused.unmet[0].reason("zh")
    calendar = tmp_path / "calendar.json"
    calendar.write_text('{"version": "gov-2027", "years": {"2027": {"off": ["2027-01-01"], "sources": ["gov.cn"]}}}')
    store_desk.api.context._calendar = Calendar.from_file(calendar)
    store_desk.take(case, action, office, papers, **data)
    stamp = store_desk.api.get(case, actor=person("county")).record["publicity"]["village"]
    assert stamp["opens_on"] == "2027-01-06"
    assert stamp["calendar"].startswith("gov-2027+chinesecalendar")


# ---------------------------------------------------------------------- hosts


def test_an_unprepared_engine_is_refused_before_the_first_write(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}"
    ready = open_engine(url)
    schema.upgrade(ready)
    ready.dispose()
    plain = create_engine(url)
    with Session(plain) as session, pytest.raises(StoreNotPrepared, match="prepare_engine"):
        Approvals(session, keys=KEYS).open_case(
            policy="zhalantun-2019-a", unit=VILLAGE, household=household(), actor=person("village")
        )
    plain.dispose()
    host = prepare_engine(prepare_engine(create_engine(url)))
    with Session(host) as session, session.begin():
        assert Approvals(session, keys=KEYS).open_case(
            policy="zhalantun-2019-a", unit=VILLAGE, household=household(), actor=person("village")
        )
    host.dispose()


def test_an_autocommitting_session_is_refused(engine) -> None:
    with Session(engine.execution_options(isolation_level="AUTOCOMMIT")) as session, pytest.raises(StoreNotPrepared):
        Approvals(session, keys=KEYS).open_case(
            policy="zhalantun-2019-a", unit=VILLAGE, household=household(), actor=person("village")
        )


def test_a_list_that_does_not_name_the_case_covers_no_act(store_desk: Desk) -> None:
    case, other = store_desk.open(), store_desk.open()
    listed = store_desk.api.lists.new("meeting", unit=VILLAGE, cases=[other], actor=person("village"), on=DAY).id
    for named in (listed, "150783101201-M-2019-0099", "150784101201-M-2019-0001"):
        with pytest.raises(NotFound):
            submit(store_desk, case, list_id=named)
    assert submit(store_desk, other, list_id=listed).case.version == 2


def test_a_held_lock_is_busy_not_a_crash(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}"
    engine = open_engine(url)
    schema.upgrade(engine)
    with Desk(engine, tmp_path / "files") as holder:
        holder.open()
        waiting = open_engine(url)
        with waiting.connect() as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout=50")
        with Session(waiting.execution_options(weigai_write=True)) as session, pytest.raises(StoreBusy):
            Approvals(session, keys=KEYS).list(actor=person("county"))
        waiting.dispose()
    engine.dispose()


def test_a_serialization_failure_is_a_lost_race(postgres, tmp_path: Path) -> None:
    engine = open_engine(postgres.ready())
    with Desk(engine, tmp_path / "f") as desk:
        case = desk.open()
        desk.session.commit()
        with Desk(engine.execution_options(isolation_level="REPEATABLE READ"), tmp_path / "f") as other:
            other.api.get(case, actor=person("county"))
            submit(desk, case)
            desk.session.commit()
            with pytest.raises(CaseMovedOn) as lost:
                submit(other, case)
            assert lost.value.current_version is None
    engine.dispose()


def test_a_deadlock_before_the_papers_are_stored_is_a_lost_race(postgres, tmp_path: Path, monkeypatch) -> None:
    """The transaction is lost with it: the request id cannot be looked for in it."""
    from weigai.db.cases.cases import Cases

    def deadlocked(self, case) -> None:
        with pytest.raises(DBAPIError):
            self._connection.exec_driver_sql("SELECT 1 / 0")
        raise CaseMovedOn(case.id, None)

    engine = open_engine(postgres.ready())
    with Desk(engine, tmp_path / "f") as desk:
        case = desk.open()
        desk.session.commit()
        with monkeypatch.context() as patch:
            patch.setattr(Cases, "lock", deadlocked)
            with pytest.raises(CaseMovedOn):
                submit(desk, case, request_id="r-1")
        desk.session.rollback()
        assert submit(desk, case, request_id="r-1").case.version == 2
    engine.dispose()


def test_a_server_that_is_lost_with_the_race_is_said_to_be_lost(postgres, tmp_path: Path, monkeypatch) -> None:
    """The connection is gone when the version would be read again: no error of the session's own comes out."""
    from contextlib import contextmanager

    from weigai.db.cases import cases

    @contextmanager
    def lost(connection, check):
        yield
        connection.invalidate()  # as it is done where the driver says that the server is gone
        raise cases._LostRace

    engine = open_engine(postgres.ready())
    with Desk(engine, tmp_path / "f") as desk:
        case = desk.open()
        desk.session.commit()
        with monkeypatch.context() as patch:
            patch.setattr(cases, "together", lost)
            with pytest.raises(StoreUnavailable):
                submit(desk, case, request_id="r-1")
        desk.session.rollback()
        assert submit(desk, case, request_id="r-1").case.version == 2
    engine.dispose()


def _worker(url: str, files: str, cases: list[str], rounds: int, won: multiprocessing.Queue) -> None:
    """Try to put facts on cases at once with others; count what was acknowledged."""
    engine = open_engine(url)
    for i in range(rounds):
        case = cases[i % len(cases)]
        for _ in range(200):
            try:
                with Session(engine.execution_options(weigai_write=True)) as session, session.begin():
                    Approvals(session, files=FileStore(Path(files)), keys=KEYS).record(
                        case, "record_complaint", actor=person("county"), data={"note": "群众意见"}
                    )
                won.put(case)
                break
            except (CaseMovedOn, StoreBusy):
                continue
    engine.dispose()


def test_eight_writers_leave_no_gap_and_lose_nothing(store_desk: Desk, ready_url: str, tmp_path: Path) -> None:
    cases = [store_desk.open(), store_desk.open(head={"name": "李四", "id_number": "150799196103030027"})]
    store_desk.session.commit()
    context = multiprocessing.get_context("spawn")
    won = context.Queue()
    workers = [context.Process(target=_worker, args=(ready_url, str(tmp_path / "f"), cases, 6, won)) for _ in range(8)]
    for worker in workers:
        worker.start()
    acknowledged = [won.get(timeout=120) for _ in range(48)]
    for worker in workers:
        worker.join(60)
        assert worker.exitcode == 0
    for case in cases:
        history = store_desk.api.history(case)
        assert [e.seq for e in history] == list(range(1, len(history) + 1))
        assert len(history) == 1 + acknowledged.count(case)
    assert store_desk.api.records.verify().problems == ()


def test_units_of_every_length_nest_by_prefix() -> None:
    from weigai.workflow import Actor

    assert person("county").covers(VILLAGE)
    assert person("township").covers(VILLAGE)
    assert not Actor("p", "village", ("15078310120",)).covers(VILLAGE)  # no unit has eleven digits
    assert AREA["township"] == TOWNSHIP
