"""Pairs of acts at once, a sample of `scripts/prove pairs`; and every hold that is left out is noticed."""

from __future__ import annotations

from threading import Barrier, Thread
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy.orm import Session
from weigai.db import open_engine, store_errors
from weigai.workflow import Actor, Approvals, CaseMovedOn, GuardsNotMet, StoreBusy

from tests import templates
from tests.prove import pairs
from tests.prove.plants import replaced
from tests.support import COUNTY, KEYS, Desk, founded

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.postgres import Server

QUICK = (
    "two approvals under one quota", "one opening twice", "an erasure beside an unmasking",
    "two administrators revoke each other", "who sends a list receives it",
)  # fmt: skip


@pytest.mark.parametrize("level", pairs.LEVELS["postgresql"])
def test_pairs_at_once_come_to_what_they_come_to_one_by_one(postgres: Server, level: str) -> None:
    url = postgres.ready("weigai_app")
    result = pairs.run(7, [(url, postgres.login(url))], names=QUICK, levels=[level], share=0.01)
    assert result.violations == []
    assert result.n >= 3 * len(QUICK)


def test_pairs_at_once_on_a_file(tmp_path: Path) -> None:
    url = templates.sqlite(tmp_path / "pairs.db")
    result = pairs.run(7, [(url, url)], names=QUICK, share=0.01)
    assert result.violations == []
    assert result.n >= 4 * len(QUICK)


def _nothing(_was: Any) -> Callable[..., None]:
    return lambda *given, **named: None


def _merely_locked(_was: Any) -> Callable[..., None]:
    """Return a hold that changes nothing: at a higher isolation the next one goes on with what it counted before."""
    from sqlalchemy import select
    from weigai.db.cases.tallies import _begun
    from weigai.db.statements import TALLY

    def hold(connection: Any, county: str, key: str) -> None:
        row = select(TALLY.c.value).where(TALLY.c.county == county, TALLY.c.key == f"held/{key}").with_for_update()
        if connection.execute(row).first() is None:
            _begun(connection, county, f"held/{key}", 0)

    return hold


LEFT_OUT = [
    ("weigai.workflow.cases.acts:hold", _nothing, "two approvals under one quota", "READ COMMITTED"),
    ("weigai.workflow.cases.acts:hold", _nothing, "two approvals under one areas", "READ COMMITTED"),
    ("weigai.workflow.cases.acts:hold", _merely_locked, "two approvals under one quota", "REPEATABLE READ"),
    ("weigai.workflow.cases.move_policy:take_turns", _nothing, "two moves under one line", "READ COMMITTED"),
    ("weigai.workflow.cases.privacy:hold_keys", _nothing, "an erasure beside an unmasking", "READ COMMITTED"),
    ("weigai.db.cases.tallies:hold", _nothing, "two declare one number", "READ COMMITTED"),
    ("weigai.db.cases.tallies:hold", _merely_locked, "two administrators revoke each other", "REPEATABLE READ"),
    ("weigai.workflow.cases.acts:share", _nothing, "a declaration beside a decision", "REPEATABLE READ"),
    ("weigai.workflow.cases.opening:share", _nothing, "a village goes over beside an opening in it", "REPEATABLE READ"),
]


@pytest.mark.parametrize(("where", "by", "pair", "level"), LEFT_OUT)
def test_a_hold_that_is_left_out_is_noticed(postgres: Server, where: str, by: Any, pair: str, level: str) -> None:
    url = postgres.ready()
    share = 1.0 if "erasure" in pair else 0.1  # an unmasking leaves something behind only where it is the first
    with replaced(where, by):
        assert pairs.run(7, [(url, url)], names=[pair], levels=[level], share=share).violations


@pytest.mark.parametrize("level", pairs.LEVELS["postgresql"])
def test_three_revocations_at_once_leave_two_administrators(postgres: Server, tmp_path: Path, level: str) -> None:
    engine = open_engine(postgres.ready())
    with Desk(engine, tmp_path / "files") as desk:
        register = founded(desk)
        four = [Actor(f"p-000{n}", "admin", (COUNTY,)) for n in (1, 2, 3, 4)]
        for one in four[2:]:
            register.add_person(COUNTY, one.person, "某人", offices=[("admin", COUNTY)], actor=four[0])
            register.confirm(one.person, actor=four[1])
        desk.session.commit()
        barrier, came = Barrier(3), []

        def revoke(who: str, by: Actor) -> None:
            for _ in range(20):
                try:
                    with store_errors(), Session(engine.execution_options(isolation_level=level)) as session:
                        own = Approvals(session, now=desk.now, keys=KEYS)
                        own.register.pending(actor=by)  # the transaction has begun
                        if not came:
                            barrier.wait(20)
                        own.register.revoke(who, "admin", COUNTY, actor=by)
                        session.commit()
                    came.append("done")
                    break
                except (StoreBusy, CaseMovedOn):
                    continue
                except GuardsNotMet as error:
                    came.append(error.unmet[0].guard)
                    break

        first = [Thread(target=revoke, args=(four[n].person, four[(n + 1) % 4])) for n in (0, 1, 2)]
        for one in first:
            one.start()
        for one in first:
            one.join(60)
        assert came.count("done") <= 2
        assert len(came) == 3
        held = {p.id for p in desk.api.register.persons() for o in p.offices if o.until is None}
        assert len(held) == 4 - came.count("done") >= 2
    engine.dispose()


def test_two_policies_of_one_pattern_give_no_archive_number_twice(store_desk: Desk, tmp_path: Path) -> None:
    """A case that went over to a copy of its policy is numbered behind those that stayed."""
    from weigai.workflow.library import bundled

    from tests.support import Road, person

    copy = tmp_path / "copy.toml"
    copy.write_text(
        bundled()["zhalantun-2019-a"].replace('id = "zhalantun-2019-a"', 'id = "copy"', 1), encoding="utf-8"
    )
    numbers = []
    for moved in (False, True):
        case = store_desk.open()
        Road(store_desk, case).to("county_notice")
        if moved:
            store_desk.api.move_policy(
                case, str(copy), actor=person("county"), reason="新版", agreed_by="p-township", on=store_desk.today
            )
        Road(store_desk, case).to("agreement")
        numbers.append(store_desk.api.get(case, actor=person("county")).record["archive_no"])
        store_desk.today = store_desk.today.replace(month=6, day=10)
    assert [number[-4:] for number in numbers] == ["0001", "0002"]
