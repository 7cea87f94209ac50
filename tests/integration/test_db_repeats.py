"""The same request beside itself, again, and with other content; races, deadlocks and lost connections."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session
from weigai.db import open_engine
from weigai.db.cases.tallies import next_number
from weigai.workflow import (
    Actor,
    Approvals,
    CaseMovedOn,
    CaseNotFound,
    InputRefused,
    RequestReused,
    StoreBusy,
    StoreUnavailable,
)

from tests.support import COUNTY, KEYS, TOWNSHIP, VILLAGE, Desk, Road, documents, forged, household, person

DAY = date(2019, 6, 10)
SECOND = {"name": "李四", "id_number": "150799196103030027", "registered_poor": True}


@pytest.fixture
def server(postgres):
    engine = open_engine(postgres.ready())
    yield engine
    engine.dispose()


def submit(desk: Desk, case: str, request: str | None = None):
    action, office, papers, data = Road(desk, case).act("draft")
    return desk.api.take(
        case, action, actor=person(office), on=DAY, data=data, documents=documents(papers), request_id=request
    )


def beside(work: Callable[[], Any], then: Callable[[], Any]) -> Any:
    """Start `work` in a thread, let it run into the lock, do `then`, and return what the work came to."""
    came: list[Any] = []

    def run() -> None:
        try:
            came.append(work())
        except Exception as error:  # noqa: BLE001 - the test looks at it
            came.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(0.7)
    then()
    thread.join(30)
    return came[0]


def test_one_request_beside_itself_opens_one_case(server, tmp_path: Path) -> None:
    def opened(desk: Desk) -> str:
        return desk.api.open_case(
            policy="zhalantun-2019-a",
            unit=VILLAGE,
            household=household(),
            actor=person("village"),
            on=DAY,
            request_id="twice",
        ).id

    with Desk(server, tmp_path / "f") as one, Desk(server, tmp_path / "f") as other:
        one.open()  # the policy is kept by now, so that the second opening waits for the case and not for that
        one.session.commit()
        first = opened(one)
        assert beside(lambda: opened(other), one.session.commit) == first
        other.session.commit()
        assert len(one.api.list(actor=person("county"))) == 2
        assert other.api.records.verify().problems == ()


def test_one_request_beside_itself_acts_once_and_answers_the_same(server, tmp_path: Path) -> None:
    with Desk(server, tmp_path / "f") as one, Desk(server, tmp_path / "f") as other:
        case = one.open()
        one.session.commit()
        first = submit(one, case, "same")
        again = beside(lambda: submit(other, case, "same"), one.session.commit)
        assert (again.event.hash, again.case.version) == (first.event.hash, 2)
        other.session.execute(text("SELECT 1"))
        assert len(other.api.history(case)) == 2


def test_two_requests_beside_each_other_have_one_winner(server, tmp_path: Path) -> None:
    with Desk(server, tmp_path / "f") as one, Desk(server, tmp_path / "f") as other:
        case = one.open()
        one.session.commit()
        submit(one, case, "one")
        lost = beside(lambda: submit(other, case, "other"), one.session.commit)
        assert isinstance(lost, CaseMovedOn)
        assert lost.current_version == 2
        other.session.execute(text("SELECT 1"))


def test_a_deadlock_is_a_conflict_and_never_an_unreachable_database(server, tmp_path: Path) -> None:
    with Desk(server, tmp_path / "f") as one, Desk(server, tmp_path / "f") as other:
        a, b = one.open(), one.open(head=SECOND)
        one.session.commit()
        ours, theirs = one.api.context.cases(), other.api.context.cases()
        first, second = ours.get(a), ours.get(b)
        ours.lock(first)
        theirs.lock(second)
        came: list[Any] = []

        def crosswise() -> None:
            try:
                ours.lock(second)
                came.append("done")
            except (CaseMovedOn, StoreBusy):
                one.session.rollback()
                came.append("conflict")

        lost = beside(lambda: theirs.lock(first) or "done", crosswise)
        other.session.rollback()
        results = [came[0], "conflict" if isinstance(lost, (CaseMovedOn, StoreBusy)) else lost]
        assert sorted(results) == ["conflict", "done"]


@pytest.mark.parametrize("how", ["read", "write"])
def test_a_killed_connection_is_unavailable_and_the_session_closes(server, tmp_path: Path, how: str) -> None:
    with Desk(server, tmp_path / "f") as desk:
        case = desk.open()
        desk.session.commit()
        cases, connection = desk.api.context.cases(), desk.session.connection()
        own = desk.session.execute(text("SELECT pg_backend_pid()")).scalar()
        with server.connect() as killer:
            killer.execute(text(f"SELECT pg_terminate_backend({own}, 5000)"))
        with pytest.raises(StoreUnavailable):
            cases.get(case) if how == "read" else next_number(connection, COUNTY, "x")
        desk.session.rollback()
        assert desk.api.get(case, actor=person("county")).version == 1


def test_a_connection_killed_while_an_event_is_written_is_unavailable(server, tmp_path: Path) -> None:
    from weigai.db.log.entry import Entry

    with Desk(server, tmp_path / "f") as desk:
        case = desk.open()
        desk.session.commit()
        cases = desk.api.context.cases()
        before = cases.get(case)
        own = desk.session.execute(text("SELECT pg_backend_pid()")).scalar()
        with server.connect() as killer:
            killer.execute(text(f"SELECT pg_terminate_backend({own}, 5000)"))
        entry = Entry(
            action="x",
            to=None,
            actor=person("county"),
            recorded_by="p",
            on=DAY,
            request_id="r",
            recorded_at="2019-06-10T04:00:00.000000Z",
            changes={"opens_on": "2019-06-16"},
        )
        with pytest.raises(StoreUnavailable):
            cases.record(before, entry)
        desk.session.rollback()
        assert desk.api.get(case, actor=person("county")).version == 1


# ---------------------------------------------------------------------- the same request again


def test_an_opening_repeated_with_other_content_is_refused_and_tells_another_village_nothing(store_desk: Desk) -> None:
    def opened(unit: str, **changes: Any):
        return store_desk.api.open_case(
            policy="zhalantun-2019-a",
            unit=unit,
            household=household(**changes),
            actor=Actor("p-1", "village", (unit,)),
            on=DAY,
            request_id="open-1",
        )

    first = opened(VILLAGE)
    assert opened(VILLAGE).id == first.id
    with pytest.raises(RequestReused):
        opened(VILLAGE, no_house=True)
    foreign = "150783101202"
    other = opened(foreign)  # a request id counts in its village: elsewhere nobody learns that it was used
    assert other.id != first.id
    assert opened(foreign).id == other.id


def test_a_list_is_made_once_and_no_other_under_its_request(store_desk: Desk) -> None:
    case, lists = store_desk.open(), store_desk.api.lists
    village = person("village")

    def made(kind: str = "hand_over", request: str = "n-1", **more: Any):
        return lists.new(kind, unit=VILLAGE, cases=[case], actor=village, on=DAY, request_id=request, **more)

    first = made()
    assert made() == first
    for other in ({"kind": "notice"}, {"data": {"places": ["x"]}}, {"documents": documents("notice")}):
        with pytest.raises(RequestReused):
            made(**other)
    sent = lists.send(first.id, actor=village, on=DAY, request_id="s-1")
    assert lists.send(first.id, actor=village, on=DAY, request_id="s-1") == sent
    with pytest.raises(RequestReused):
        made(request="s-1")
    with pytest.raises(RequestReused):
        lists.receive(first.id, actor=person("township"), on=DAY, request_id="s-1")
    assert lists.get(first.id, actor=village).state == "sent"


def test_units_change_only_with_an_event(store_desk: Desk) -> None:
    register, admin = store_desk.api.register, person("admin")
    rows = [(COUNTY, "县"), (TOWNSHIP, "镇")]
    for _ in range(2):
        assert register.import_units(rows, actor=admin, request_id="u-1") == 2
    with pytest.raises(RequestReused):
        register.import_units([(COUNTY, "他县")], actor=admin, request_id="u-1")
    assert [u.name for u in register.units()] == ["县", "镇"]
    assert store_desk.api.records.verify().problems == ()


def test_no_account_is_another_persons_id(store_desk: Desk) -> None:
    register, admin = store_desk.api.register, person("admin")

    def add(who: str, account: str | None, office: str = "village") -> None:
        register.add_person(COUNTY, who, "某", offices=[(office, COUNTY)], actor=admin, account=account)

    add("p-2", "yi", "county")
    for who, account in (("p-1", "p-2"), ("yi", None), ("yi", "x")):
        with pytest.raises(InputRefused):
            add(who, account)
    add("p-3", "p-3")
    assert [a.office for a in register.actors("p-2")] == ["county"]


# ---------------------------------------------------------------------- areas and pages


@pytest.mark.parametrize("units", [("",), ("15",), ("15078",), ("15078310120",)])
def test_what_a_search_does_not_show_cannot_be_read_either(store_desk: Desk, units: tuple[str, ...]) -> None:
    case = store_desk.open()
    assert not store_desk.api.context.cases().find(units)
    with pytest.raises(CaseNotFound):
        store_desk.api.get(case, actor=forged("p-x", "village", units))


def test_the_pages_of_an_inbox_hold_every_case_once_in_order(store_desk: Desk) -> None:
    opened = []
    for day in (0, 0, 1, 2, 2, 3, 4, 4):
        store_desk.today = DAY + timedelta(days=day)
        opened.append((day, store_desk.open(head=SECOND)))
    seen: list[str] = []
    while page := store_desk.api.inbox(actor=person("village"), limit=3, after=seen[-1] if seen else None):
        seen += [row.case for row in page]
    assert seen == [case for _, case in sorted(opened)]


def test_a_session_reads_what_its_host_wrote_before(store_desk: Desk) -> None:
    with Session(store_desk.engine.execution_options(weigai_write=True)) as session:
        store_desk.session.commit()
        assert not Approvals(session, keys=KEYS).list(actor=person("county"))
