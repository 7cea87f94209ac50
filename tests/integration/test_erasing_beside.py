"""An erasure beside somebody who attaches the same bytes: the one keeps a paper that opens, the other leaves none."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from weigai.states.errors import CaseMovedOn, CaseNotFound, StoreBusy
from weigai.workflow import Actor, Attachment

from tests.integration.test_db_repeats import beside
from tests.support import Desk, household, person

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import Engine

OTHER = {"name": "李四", "id_number": "150799196103030027", "registered_poor": True}
PAPER = [Attachment("danger_photo", content=b"the same bytes")]


def attach(desk: Desk, case: str) -> None:
    desk.api.attach(case, PAPER, actor=person("village"), on=desk.today)


def erase(desk: Desk, case: str) -> Any:
    return desk.api.erase(case, actor=person("county"), agreed_by="p-second", reason="期满")


def stored(desk: Desk, case: str) -> bytes:
    event = desk.api.history(case, actor=person("county"))[-1]
    return desk.api.paper(case, event.seq, 1, actor=person("county"), reason="核对")


@pytest.fixture(params=[None, "REPEATABLE READ", "SERIALIZABLE"])
def two(engine: Engine, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[tuple[Desk, str, Desk, str]]:
    """Two desks: one over an ended case with the paper, whose time is over; the other over a case without."""
    if request.param and engine.dialect.name == "postgresql":
        engine = engine.execution_options(isolation_level=request.param)
    with Desk(engine, tmp_path / "files") as one, Desk(engine, tmp_path / "files") as other:
        first, second = one.open(), one.open()
        attach(one, first)
        one.take(first, "withdraw", "village", reason="不改了")
        one.session.commit()
        one.today = other.today = date(2025, 1, 1)
        yield one, first, other, second


def again(desk: Desk, came: Any, work: Callable[[], Any]) -> Any:
    """Return what it came to; whoever lost the race at a higher isolation rolls back and does it once more."""
    if not isinstance(came, Exception):
        return came
    assert isinstance(came, (CaseMovedOn, StoreBusy)), came
    desk.session.rollback()
    return work()


def settle(one: Desk, done: Any, other: Desk, second: str) -> None:
    """Drop what the erasure left, and look at both."""
    one.session.commit()
    one.api.forget(done, actor=person("county"))
    one.session.commit()
    assert stored(other, second) == b"the same bytes"
    other.session.commit()
    assert one.api.records.verify().problems == ()


def test_who_attaches_first_keeps_the_paper(two: tuple[Desk, str, Desk, str]) -> None:
    one, first, other, second = two
    attach(other, second)
    done = again(one, beside(lambda: erase(one, first), other.session.commit), lambda: erase(one, first))
    assert done.files == ()
    settle(one, done, other, second)


def test_who_attaches_while_it_is_erased_keeps_the_paper(two: tuple[Desk, str, Desk, str]) -> None:
    one, first, other, second = two
    done = erase(one, first)
    assert len(done.files) == 1
    again(other, beside(lambda: attach(other, second), one.session.commit), lambda: attach(other, second))
    other.session.commit()
    settle(one, done, other, second)


def test_who_attaches_between_the_erasure_and_the_dropping_keeps_the_paper(two: tuple[Desk, str, Desk, str]) -> None:
    one, first, other, second = two
    done = erase(one, first)
    one.session.commit()
    attach(other, second)
    forget = lambda: one.api.forget(done, actor=person("county"))  # noqa: E731
    again(one, beside(forget, other.session.commit), forget)
    settle(one, done, other, second)


def test_what_nobody_attached_again_is_dropped_by_who_has_the_case(two: tuple[Desk, str, Desk, str]) -> None:
    one, first, *_ = two
    done = erase(one, first)
    one.session.commit()
    (path,) = one.files.lying("150783", before=float("inf"))
    with pytest.raises(CaseNotFound):
        one.api.forget(done, actor=Actor("p-x", "county", ("150784",)))
    one.session.rollback()
    assert path.exists()
    one.api.forget(done, actor=person("county"))
    assert not path.exists()


def test_the_wall_lets_the_same_role_drop_it(walled_desk: Desk) -> None:
    case = walled_desk.open()
    attach(walled_desk, case)
    walled_desk.take(case, "withdraw", "village", reason="不改了")
    walled_desk.today = date(2025, 1, 1)
    done = erase(walled_desk, case)
    walled_desk.session.commit()
    walled_desk.api.forget(done, actor=person("county"))
    assert list(walled_desk.files.lying("150783", before=float("inf"))) == []


def test_who_has_a_part_of_the_county_leaves_anothers_paper_whole(walled_desk: Desk) -> None:
    first = walled_desk.open()
    second = walled_desk.api.open_case(
        policy="zhalantun-2019-a",
        unit="150783102201",
        household=household(head=OTHER),
        on=walled_desk.today,
        actor=Actor("p-v2", "village", ("150783102201",)),
    ).id
    attach(walled_desk, first)
    walled_desk.api.attach(second, PAPER, actor=Actor("p-v2", "village", ("150783102201",)), on=walled_desk.today)
    walled_desk.take(first, "withdraw", "village", reason="不改了")
    walled_desk.today = date(2025, 1, 1)
    done = walled_desk.api.erase(
        first, actor=Actor("p-part", "county", ("150783101",)), agreed_by="p-second", reason="期满"
    )
    assert len(done.files) == 1  # its own; the other village keeps one of its own
    walled_desk.session.commit()
    walled_desk.api.forget(done, actor=person("county"))
    assert stored(walled_desk, second) == b"the same bytes"
