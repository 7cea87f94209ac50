"""What every service shares: the host's session, the clock, keys, files and calendar."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import replace
from datetime import UTC, date, datetime
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from ..db.cases.cases import Cases
from ..db.cases.policies import content
from ..db.engine import connecting, require_prepared, store_errors
from ..db.log.clock import server_differs
from ..db.log.hashes import ALGORITHMS
from ..db.scope import enter
from ..db.vault import places
from ..db.vault.files import FileStore
from ..db.vault.keys import Keys
from ..db.vault.papers import lock_new, lock_of, name_of
from ..db.vault.renewal import plain, renew, stored_again
from ..db.vault.values import Vault
from ..states import arguments as given
from ..states.actor import Document, Seat
from ..states.calendar import Calendar, shanghai_date, utc_text
from ..states.errors import InputRefused, IntegrityBroken
from .library import Library, compiled

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from sqlalchemy import Connection
    from sqlalchemy.orm import Session

    from ..states.actor import Actor
    from ..states.case import Case
    from ..states.errors import ClockDiffers
    from ..states.procedure.graph import Procedure
    from ..states.values import Decision, Event
    from .papers import Attachment


# By content hash: the same content is the same procedure in every database, so it is read and compiled once.
_PROCEDURES: dict[str, Procedure] = {}


def utc_now() -> datetime:
    """Return the present moment; the one clock of the whole program, given to `Approvals` as its default."""
    return datetime.now(UTC)


class Done(NamedTuple):
    """The result of an act: the changed case, its event, and the decision."""

    case: Case
    event: Event
    decision: Decision


class Asked(NamedTuple):
    """What a caller asks for: an act, by whom, entered by whom, on which day, with which data and papers."""

    action: str
    actor: Actor
    recorder: Actor
    on: date | None
    data: Mapping[str, Any]
    documents: Sequence[Attachment | Document]


class Context:
    """A host's session with what weigai needs beside it. It never commits."""

    def __init__(
        self,
        session: Session,
        *,
        now: Callable[[], datetime] = utc_now,
        keys: Keys | None = None,
        files: FileStore | None = None,
        calendar: Calendar | None = None,
        policies: Path | None = None,
        alg: str = "sha256",
        seat: Seat | None = None,
    ) -> None:
        if alg not in ALGORITHMS:
            raise given.refused("alg", "散列算法应为 sha256 或 sm3。", "the hash must be sha256 or sm3.")
        if not callable(now):
            raise given.refused("now", "应为函数。", "pass a function that returns the present moment.")
        self.alg = alg
        self.seat = None if seat is None else given.exactly(seat, "seat", Seat)
        self.session = _of_host(session)
        self.policies = None if policies is None else given.path(policies, "policies")
        self.now = now
        self.keys, self.files = _secret(keys), _folder(files)
        self._calendar = None if calendar is None else given.exactly(calendar, "calendar", Calendar)
        self._listed = False  # the files folder lists the database
        self._trial = False  # who asks is of a trial county
        self._compared, self.apart = False, cast("ClockDiffers | None", None)  # the machine's clock with the server's
        self.inside = False  # a public method is at work and has set the scope

    def enter(self, asker: Actor | None) -> None:
        """Let the statements that follow see what lies in somebody's area; without anybody, nothing."""
        self._trial = asker is not None and asker.trial
        units, person = (asker.units, asker.person) if asker else ((), "")
        enter(self.connection, units, person)

    @property
    def calendar(self) -> Calendar:
        """Return the working-day calendar; the package's own is looked up when it is first needed."""
        if self._calendar is None:
            self._calendar = Calendar.official()
        return self._calendar

    @property
    def connection(self) -> Connection:
        """Return the session's connection, with the host's pending rows flushed first, outside our own `try`.

        Raises:
            StoreBusy, StoreUnavailable: the transaction could not begin.
        """
        self.session.flush()
        with store_errors(), connecting():
            connection = self.session.connection()
        told = connection.get_execution_options()
        if (told.get("weigai_alg", "sha256"), told.get("weigai_seat")) != (self.alg, self.seat):
            connection.execution_options(weigai_alg=self.alg, weigai_seat=self.seat)  # what its writers go by
        return connection

    @property
    def writing(self) -> Connection:
        """Return the connection for a write; the machine's clock is compared with the server's before the first one.

        Raises:
            StoreNotPrepared: the engine was not prepared, or the session autocommits.
            ClockDiffers: the server's clock is another by more than minutes; not in a trial county.
        """
        connection = self.connection
        require_prepared(connection)
        if not self._compared:
            self._compared, self.apart = True, self.clock_differs(connection)
        if self.apart is not None and not self._trial:
            raise self.apart
        return connection

    def clock_differs(self, connection: Connection) -> ClockDiffers | None:
        """Return how the machine's clock differs from the server's; a clock that the host passed is not compared."""
        return server_differs(connection, self.now()) if self.now is utc_now else None

    def today(self) -> date:
        """Return today's date in Asia/Shanghai."""
        return shanghai_date(self.now())

    def recorded_at(self) -> str:
        """Return the present moment as UTC text for an event."""
        return utc_text(self.now())

    @property
    def library(self) -> Library:
        """Return where policies are looked up: the package, the host's folder, this database."""
        return Library(self.policies, self.connection)

    def procedure(self, policy_hash: str) -> Procedure:
        """Return the procedure of the content that a case is pinned to, kept in the database."""
        if policy_hash not in _PROCEDURES:
            _PROCEDURES[policy_hash] = compiled(content(self.connection, policy_hash), policy_hash)
        return _PROCEDURES[policy_hash]

    def road(self, case: Case) -> Procedure:
        """Return the procedure that a case goes by: its policy's, in the order of the way that it came in.

        Raises:
            IntegrityBroken: its record names an intake that its policy does not have.
        """
        own, intake = self.procedure(case.policy_hash), case.record.get("intake")
        if intake is not None and intake not in own.variants:
            raise IntegrityBroken([f"case/{case.id}: intake"])
        return own.of(intake, case.act_on("open_case"))

    def stored(self, unit: str, documents: Sequence[Attachment | Document]) -> tuple[Document, ...]:
        """Store every attachment's bytes, encrypted, for the unit of the case or list, and return the documents that name them.

        Raises:
            InputRefused: a file cannot be read, is empty or too large, or no file store was given.
            KeysMissing: there are no keys to encrypt it with.
        """
        return tuple(self._named(unit, d) if isinstance(d, Document) else self._store(unit, d) for d in documents)

    def renew(self, unit: str, stream: str, hold: Callable[[], object]) -> None:
        """Give papers that an earlier release stored for a stream the names of today; `hold` holds the stream."""
        if self.keys is not None and self.files is not None and plain(self.connection, unit, stream):
            hold()
            renew(self.writing, self.vault, self.files, unit, stream)

    def fingerprint(self, paper: Attachment | Document) -> str:
        """Return the SHA-256 of a paper's bytes; nothing is stored.

        Raises:
            InputRefused: the file cannot be read, or no file store was given.
        """
        if isinstance(paper, Document):
            return paper.sha256
        return hashlib.sha256(self._file_store.read(paper.path or paper.content or b"")).hexdigest()

    @property
    def _file_store(self) -> FileStore:
        if self.files is None:
            raise InputRefused(
                "没有指定文件库（files），无法附文件。", "no file store was given (files), so no file can be attached."
            )
        return self.files

    def _store(self, unit: str, attachment: Attachment) -> Document:
        store = self._file_store
        if not self._listed:
            places.begin(self.connection, store.root)
            self._listed = True
        content = store.read(attachment.path or attachment.content or b"")
        sha256 = hashlib.sha256(content).hexdigest()
        store.put(unit[:6], content, lock_new(self.vault, unit, sha256))
        look = attachment.look(content, sha256)
        return Document(attachment.kind, sha256, len(content), attachment.media_type, look, unit)

    def _named(self, unit: str, paper: Document) -> Document:
        """Return a paper with whose file it is, where weigai has stored it; else the host keeps it."""
        if paper.unit is not None or self.keys is None or self.files is None:
            return paper
        vault = self.vault
        there = lock_of(vault, unit[:6], name_of(vault, unit, paper.sha256)) is not None
        return replace(paper, unit=unit) if there or stored_again(vault, self.files, unit, paper.sha256) else paper

    def cases(self, *, writing: bool = False) -> Cases:
        """Return the cases over the session's connection."""
        return Cases(self.writing if writing else self.connection, keys=self.keys, alg=self.alg)

    @property
    def vault(self) -> Vault:
        """Return what seals and opens personal values over the session's connection."""
        return Vault(self.connection, self.keys)


def _of_host(session: Any) -> Session:
    flush = getattr(session, "flush", None)
    if not callable(flush) or iscoroutinefunction(flush):
        raise given.refused(
            "session",
            "应为 SQLAlchemy 的 Session；AsyncSession 请在 run_sync 中使用。",
            "pass a SQLAlchemy Session; use an AsyncSession inside its run_sync.",
        )
    return cast("Session", session)


def _secret(keys: Any) -> Keys | None:
    if keys is None:
        return None
    return given.exactly(keys, "keys", Keys)


def _folder(files: Any) -> FileStore | None:
    if files is None:
        return None
    return given.exactly(files, "files", FileStore)


def named(documents: Sequence[Attachment | Document]) -> tuple[Document, ...]:
    """Return documents for a question only: nothing is stored, an attachment counts by its kind."""
    return tuple(d if isinstance(d, Document) else Document(d.kind, "", 0, d.media_type) for d in documents)


def fresh_request() -> str:
    """Return a fresh request id."""
    return uuid.uuid4().hex
