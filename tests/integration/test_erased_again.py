"""An erasure that was stopped before its files were taken away: whoever erases again takes them away."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text
from weigai.workflow import Attachment

from tests.integration.test_privacy import erased, withdrawn
from tests.support import Desk, person


def lying(desk: Desk) -> list[str]:
    return desk.files.names("150783")


@pytest.fixture
def stopped(store_desk: Desk) -> tuple[Desk, str]:
    """A desk, and a case that was erased and whose paper's file still lies there."""
    case = withdrawn(store_desk)
    store_desk.today = date(2025, 1, 1)
    assert len(erased(store_desk, case, request_id="first").files) == 1
    assert len(lying(store_desk)) == 1
    return store_desk, case


@pytest.mark.parametrize("request_id", [None, "first"])
def test_an_erasure_that_is_repeated_takes_away_what_a_stopped_one_left(
    stopped: tuple[Desk, str], request_id: str | None
) -> None:
    desk, case = stopped
    again = erased(desk, case, request_id=request_id)
    assert len(again.files) == 1
    assert desk.api.forget(again, actor=person("county")) == ()
    assert lying(desk) == []
    assert erased(desk, case).files == ()  # nothing is left
    assert erased(desk, case, request_id="first").files == again.files  # one request has one answer
    assert desk.api.records.verify().problems == ()


def test_a_planted_key_of_a_file_under_no_name_stops_no_erasure(stopped: tuple[Desk, str]) -> None:
    desk, case = stopped
    planted = (
        "INSERT INTO weigai_key SELECT county, 'file/150783101201/zz', 'file-q', master, NULL, recorded_at FROM weigai_key, "
        "(SELECT max(recorded_at) AS recorded_at FROM weigai_event WHERE action = 'erase') AS e WHERE stream = 'check' LIMIT 1"
    )
    desk.session.execute(text(planted))
    assert len(erased(desk, case).files) == 1


def test_of_one_person_no_file_is_taken_away(stopped: tuple[Desk, str]) -> None:
    desk, _ = stopped
    other = withdrawn(desk)
    desk.today = date(2031, 1, 1)
    assert erased(desk, other, person="head").files == ()
    assert len(lying(desk)) == 2


def test_a_paper_that_was_attached_again_elsewhere_stays(stopped: tuple[Desk, str]) -> None:
    desk, case = stopped
    before = set(lying(desk))
    other = desk.open()
    desk.api.attach(other, [Attachment("danger_photo", content=b"danger_photo")], actor=person("village"))
    again = erased(desk, case)
    desk.api.forget(again, actor=person("county"))
    (left,) = lying(desk)
    assert left not in before
    living = "SELECT count(*) FROM weigai_key WHERE stream LIKE 'file/%' AND wrapped IS NOT NULL"
    assert desk.session.execute(text(living)).scalar() == 1
    assert desk.api.records.verify().problems == ()
