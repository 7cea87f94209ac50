"""Clients of a database under proof: what they ask for, each in a transaction of its own, noted as it is answered."""

from __future__ import annotations

import json
import time
import traceback
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session
from weigai.db import open_engine, schema
from weigai.db.engine import store_errors
from weigai.states.errors import StoreBusy, StoreUnavailable, WeigaiError
from weigai.states.identity_number import synthetic
from weigai.workflow import Actor, Approvals, Document, FileStore, Keys
from weigai.workflow.cases.ids import case_id

from tests.prove.checker import Head, Line, Op
from tests.support import AREA, COUNTY, VILLAGE, household

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from sqlalchemy import Connection, Engine

DAY = date(2019, 6, 10)
POLICY = "zhalantun-2019-a"


def now() -> datetime:
    """Return the fixed moment of every proof: after the last day that any act of theirs is dated."""
    return datetime(2019, 7, 20, 4, tzinfo=UTC)


def official(office: str) -> Actor:
    """Return the official of an office; of a trial county, so that who may act is not the question here."""
    return Actor(f"p-{office.replace('_', '-')}", office, (AREA.get(office, COUNTY),), trial=True)


def case_of(request: str) -> str:
    """Return the id of the case that a request opens."""
    return case_id(VILLAGE, DAY.year, request)


def family(number: int) -> dict[str, Any]:
    """Return a household that nobody else has."""
    place = number // 998
    day = date(1940 + place // 336, 1 + place // 28 % 12, 1 + place % 28)
    head = {"name": f"户{number}", "id_number": synthetic("150799", day, 1 + number % 998), "registered_poor": True}
    return household(head=head, account={"card": f"62170000{number:08d}", "card_holder": f"户{number}"})


class Wish(NamedTuple):
    """One act that a client wants taken on a stream, under a request id."""

    stream: str
    request: str
    action: str
    office: str
    on: date = DAY
    data: Mapping[str, Any] = MappingProxyType({})
    papers: str = ""
    expect: int | None = None

    @property
    def case(self) -> str:
        """Return the id of the case."""
        return self.stream.removeprefix("case/")

    def by(self, api: Approvals) -> Any:
        """Have it taken."""
        return api.take(
            self.case,
            self.action,
            actor=official(self.office),
            on=self.on,
            data=self.data,
            documents=kept(self.papers),
            expect_version=self.expect,
            request_id=self.request,
        )


def kept(kinds: str) -> list[Document]:
    """Return papers that a host keeps itself."""
    return [Document(kind, "0" * 64, 1000, "image/jpeg") for kind in kinds.split()]


class Client:
    """One connection's worth of work on a database; every call is noted with when it began and ended."""

    def __init__(self, url: str, folder: Path) -> None:
        self.engine = open_engine(url)
        self.folder = folder
        self.keys = Keys.from_file(folder / "weigai.key")
        self.notes: list[Op] = []
        self.faults: list[str] = []

    def api(self, session: Session) -> Approvals:
        """Return the API over a session."""
        return Approvals(session, now=now, keys=self.keys, files=FileStore(self.folder / "files"))

    def all_of(self, wishes: Sequence[Wish], work: Callable[[Approvals], Sequence[Any]]) -> Sequence[Any] | None:
        """Do a piece of work in one transaction, which answers with what was done for each wish; None where refused."""
        began = time.monotonic_ns()
        try:
            with store_errors(), Session(self.engine.execution_options(weigai_write=True)) as session, session.begin():
                done = work(self.api(session))
        except WeigaiError as error:
            self._failed(wishes, began, error)
            return None
        except Exception as error:  # noqa: BLE001 - whatever is not weigai's own is what a proof looks for
            self.faults.append(
                f"{wishes[0].action}: {type(error).__module__}.{type(error).__name__}: {traceback.format_exc(limit=-9)}"
            )
            self._note(wishes, began, "unknown", why=type(error).__name__)
            return None
        ended = time.monotonic_ns()
        for wish, event in zip(wishes, done, strict=True):
            answer = {"seq": event.seq, "hash": event.hash} if event is not None else {}
            self._note([wish], began, "done" if event is not None else "refused", ended, len(wishes) > 1, **answer)
        return done

    def _failed(self, wishes: Sequence[Wish], began: int, error: WeigaiError) -> None:
        waited = time.monotonic_ns() - began
        if isinstance(error, StoreBusy) and self.engine.dialect.name == "sqlite" and waited < 4_000_000_000:
            self.faults.append(f"{wishes[0].action}: busy after {waited // 1_000_000} ms, without waiting its turn")
        outcome = "unknown" if isinstance(error, StoreUnavailable) else "refused"
        self._note(wishes, began, outcome, why=type(error).__name__)

    def _note(
        self,
        wishes: Sequence[Wish],
        began: int,
        outcome: str,
        ended: int | None = None,
        grouped: bool = False,
        **answer: Any,
    ) -> None:
        group = f"{wishes[0].request}@{began}" if grouped and wishes[0].action != "open_case" else None
        for wish in wishes:
            self.notes.append(
                Op(
                    wish.stream,
                    wish.request,
                    wish.action,
                    wish.office,
                    wish.on.isoformat(),
                    outcome,
                    began,
                    ended or time.monotonic_ns(),
                    expect=wish.expect,
                    group=group,
                    **answer,
                )
            )

    def take(self, *wishes: Wish) -> Sequence[Any] | None:
        """Take acts in one transaction, in this order."""
        return self.all_of(wishes, lambda api: [wish.by(api).event for wish in wishes])

    def open(self, request: str, number: int, *, on: date = DAY, policy: str = POLICY) -> Any:
        """Open a case; the request decides its id."""
        wish = Wish(f"case/{case_of(request)}", request, "open_case", "village", on)

        def work(api: Approvals) -> list[Any]:
            made = api.open_case(
                policy=policy,
                unit=VILLAGE,
                household=family(number),
                actor=official("village"),
                on=on,
                request_id=request,
            )
            return [api.history(made.id)[0]]

        return self.all_of([wish], work)

    def look(self, case: str) -> str | None:
        """Read a case, note the version and state that were seen, and return the state."""
        began = time.monotonic_ns()
        try:
            with store_errors(), Session(self.engine) as session:
                seen = self.api(session).get(case, actor=official("county"))
        except WeigaiError:
            return None
        self.notes.append(
            Op(f"case/{case}", "", "", "", "", "read", began, time.monotonic_ns(), seen.version, state=seen.state)
        )
        return seen.state

    def close(self) -> None:
        """Close the connections."""
        self.engine.dispose()


# ------------------------------------------------------------------ what the database holds


def prepared(url: str) -> Engine:
    """Bring a fresh database to this release; a deadlock is then found out at once and not after a second."""
    engine = open_engine(url)
    schema.upgrade(engine)
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(f"ALTER DATABASE {engine.url.database} SET deadlock_timeout = '20ms'")
    engine.dispose()
    return engine


def lines_of(connection: Connection, streams: Sequence[str] | None = None) -> list[Line]:
    """Return the events as they are, read from their bodies."""
    where = "" if streams is None else " WHERE stream = :stream"
    statement = text(f"SELECT stream, seq, request_id, hash, body FROM weigai_event{where}")
    found = []
    for one in [None] if streams is None else streams:
        for row in connection.execute(statement, {} if one is None else {"stream": one}):
            body = json.loads(row.body)
            found.append(
                Line(
                    row.stream,
                    row.seq,
                    row.request_id,
                    body["action"],
                    body["office"],
                    body["occurred_on"],
                    body["from"],
                    body["to"],
                    body["prev"],
                    row.hash,
                    _told(body),
                    tuple(p["kind"] for p in body["documents"]),
                )
            )
    return found


def _told(body: dict[str, Any]) -> dict[str, Any]:
    own = (f"acts/{body['action']}", f"facts/{body['action']}/{body['seq']}")
    entry = next((body["changes"][key] for key in own if key in body["changes"]), {})
    return entry.get("data", {}) if isinstance(entry, dict) else {}


def heads_of(connection: Connection, streams: Sequence[str] | None = None) -> dict[str, Head]:
    """Return the case rows and the heads of the other streams."""
    cases = connection.execute(text("SELECT id, state, version, head FROM weigai_case"))
    heads = {f"case/{row.id}": Head(row.state, row.version, row.head) for row in cases}
    others = connection.execute(text("SELECT stream, seq, head FROM weigai_stream"))
    heads |= {row.stream: Head(None, row.seq, row.head) for row in others}
    return heads if streams is None else {name: head for name, head in heads.items() if name in streams}
