"""Prove the record: verify it, publish heads, export it for an auditor."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

from ...db.audit.chain import part as chain_part
from ...db.audit.chain import verify as verify_chain
from ...db.audit.problem import Problem
from ...db.audit.verify import joined, part, places, verify
from ...db.log.export import lines
from ...db.log.heads import database_root, heads, make_head, newest, published
from ...db.log.held import Held
from ...db.row_security.census import census
from ...db.scope import hidden
from ...states.errors import InputRefused, NotFound
from ..pictures import look_kept
from ..scoped import scoped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from ...db.audit.verify import Place, Verified, VerifiedPart
    from ...db.log.heads import Head, Published
    from ...states.actor import Actor
    from ..context import Context


class Evidence:
    """The proof of a record: verify it, publish heads, export it for an auditor's own program."""

    def __init__(self, context: Context) -> None:
        self._context = context

    @scoped
    def head(self, *, actor: Actor, county: str | None = None) -> Sequence[Published]:
        """Make the heads of the actor's counties, or of one; if nothing changed, return the last head again.

        A head proves something only if somebody else keeps it: give them `Published.line()`. See docs/events.md.

        Raises:
            NotFound: the actor's area is not a whole county, or not that one.
            StoreBusy: somebody else made a head at this moment; roll back and repeat.
        """
        connection, at, alg = self._context.writing, self._context.recorded_at(), self._context.alg
        made = [make_head(connection, code, at=at, alg=alg) for code in _counties(actor, county)]
        return [head for head in made if head is not None]

    @scoped
    def heads(self, *, actor: Actor, after: Mapping[str, int] | None = None) -> Iterator[Published]:
        """Yield the heads of the actor's counties with their leaves; `after` gives by county the number after which to begin."""
        connection = self._context.connection
        for county in _counties(actor, None):
            for head in list(heads(connection, county, (after or {}).get(county))):
                yield published(connection, head)

    @scoped
    def last_heads(self, *, actor: Actor) -> Sequence[Head]:
        """Return the last head of every county that the actor's area lies in, without leaves."""
        found = [newest(self._context.connection, code) for code in sorted({unit[:6] for unit in actor.units})]
        return [head for head in found if head is not None]

    @scoped
    def database_root(self, heads: Sequence[Head]) -> str:
        """Return one hash over the heads of several counties."""
        return database_root(heads, self._context.alg)

    @scoped
    def export(self, *, actor: Actor, county: str | None = None) -> Iterator[str]:
        """Yield the lines of an export of the actor's counties, or of one: every event and head, no personal value.

        `weigai audit verifier` prints the program that an auditor verifies it with, on Python alone. A county without
        any event is not in it.

        Raises:
            NotFound: the actor's area is not a whole county, or not that one.
            InputRefused: there is no event yet; it is raised when the first line is asked for.
        """
        return lines(self._context.connection, _counties(actor, county), at=self._context.recorded_at())

    @staticmethod
    def verifier() -> str:
        """Return the source of the independent verifier of an export: one file that runs on Python 3.8 or later alone."""
        return resources.files("weigai.workflow.exchange").joinpath("verify_export.py").read_text(encoding="utf-8")

    @scoped
    def verify(
        self,
        *,
        case_id: str | None = None,
        most: int = 100,
        held: Sequence[str | Path] | Held = (),
        papers: bool = True,
        actor: Actor | None = None,
    ) -> Verified:
        """Verify every chain, copy, commitment and file, every case against its replay, every head, and what guards the record.

        On PostgreSQL give it a session in REPEATABLE READ where others write at the same time.

        Args:
            case_id: only this case.
            most: how many problems are told at most, and how many remarks; `more` is how many remarks are not told.
            held: heads held outside: head files, witness files, or short forms copied from paper. One of a county that
                is not in view is a fault, unless `Held(..., every=False)` says that it may be another's.
            papers: whether the file of every paper is read too.
            actor: only what lies in this actor's area: a county's every stream, else the cases of the units.

        Raises:
            CaseNotFound: the case is not there, or not in the actor's area.
            InputRefused: a file of `held` cannot be read, or holds no head; or no actor was named where PostgreSQL
                holds rows back, so that nothing would be proved.
        """
        context = self._context
        only, within = self._reach(case_id, actor)
        found = verify(
            context.connection,
            keys=context.keys,
            files=context.files if papers else None,
            only=only,
            most=most,
            held=_held(held),
            within=within,
            reader=actor.person if actor else None,
            now=context.recorded_at(),
            look=look_kept,
        )
        return found if case_id else self._guarded(found, most)

    @scoped
    def verify_chain(
        self,
        *,
        case_id: str | None = None,
        most: int = 100,
        held: Sequence[str | Path] | Held = (),
        actor: Actor | None = None,
    ) -> Verified:
        """Verify only that nobody changed, deleted, swapped, inserted, cut off or rolled back events: about five times as fast.

        Every event's hash and place and the hash before it, the heads of streams, the published heads, and what guards
        the record. Columns that copy events, personal values, files, and cases against their replay are not looked at,
        nor whether a body has the canonical form. For arguments and errors see `verify`.
        """
        only, within = self._reach(case_id, actor)
        found = verify_chain(
            self._context.connection,
            only=only,
            most=most,
            held=_held(held),
            within=within,
            reader=actor.person if actor else None,
        )
        return found if case_id else self._guarded(found, most)

    def _reach(self, case_id: str | None, actor: Actor | None) -> tuple[str | None, Sequence[str] | None]:
        """Return which case and which units are verified."""
        within = None if actor is None else actor.units
        if actor is None and hidden(self._context.connection):
            raise InputRefused(
                "请指明核验人：核验只及于其辖区。", "name the person who verifies: weigai verifies that person's area."
            )
        if case_id is not None and within is not None:
            self._context.cases().row(case_id, within)
            within = None
        return case_id, within

    @scoped
    def places(self, parts: int, *, at_least: int = 0, actor: Actor | None = None) -> Sequence[Place]:
        """Return the streams that divide the record into `parts` of like size; none if it has fewer events than `at_least`."""
        return places(self._context.connection, parts, at_least, None if actor is None else actor.units)

    @scoped
    def verify_part(
        self,
        start: Place | None,
        end: Place | None,
        *,
        most: int = 100,
        papers: bool = True,
        chain: bool = False,
        actor: Actor | None = None,
    ) -> VerifiedPart:
        """Verify the streams from `start` on and before `end`; for `joined`, which may be another process.

        With `chain` as `verify_chain` does.
        """
        context, within = self._context, None if actor is None else actor.units
        if chain:
            return chain_part(context.connection, most=most, start=start, end=end, within=within)
        files = context.files if papers else None
        return part(
            context.connection,
            keys=context.keys,
            files=files,
            most=most,
            start=start,
            end=end,
            within=within,
            now=context.recorded_at(),
            look=look_kept,
        )

    @scoped
    def joined(
        self,
        parts: Sequence[VerifiedPart],
        *,
        most: int = 100,
        held: Sequence[str | Path] | Held = (),
        chain: bool = False,
        actor: Actor | None = None,
    ) -> Verified:
        """Put the verified parts of a whole record together. See `verify` and `verify_chain`."""
        within = None if actor is None else actor.units
        found = joined(
            self._context.connection,
            parts,
            most=most,
            held=_held(held),
            within=within,
            chain=chain,
            reader=actor.person if actor else None,
            keys=self._context.keys,
        )
        return self._guarded(found, most)

    def _guarded(self, found: Verified, most: int) -> Verified:
        """Add what is missing of tables, triggers, rights and row-level security."""
        guards = tuple(Problem("schema", 0, what) for what in census(self._context.connection))
        return found._replace(problems=(*found.problems, *guards)[:most])


def _held(sources: Sequence[str | Path] | Held) -> Held | None:
    return sources if isinstance(sources, Held) else Held(sources) if sources else None


def _counties(actor: Actor, county: str | None) -> list[str]:
    """Return the whole counties of an actor's area, or that one of them."""
    whole = sorted({unit for unit in actor.units if len(unit) == 6})
    if not whole or (county is not None and county not in whole):
        raise NotFound(county or next(iter(actor.units), "-")[:6])
    return whole if county is None else [county]
