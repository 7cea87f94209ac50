"""Something is changed, an act is taken, and it is put back: the change is not believed, or it shows afterwards."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from weigai.db.cases.policies import is_content
from weigai.db.log import event as events
from weigai.states.errors import GuardsNotMet, IntegrityBroken
from weigai.states.policy.tables import policy_hash
from weigai.workflow import context as contexts

from tests.put_back import FEWER_CONTACTS, READERS, changed, open_own, own_plan, quoted
from tests.support import VILLAGE, Desk, documents, person

if TYPE_CHECKING:
    from pathlib import Path

VOTES = {"eligible": 60, "present": 41, "votes_for": 4, "votes_against": 37}
MEETING = {"assembly": "villagers_meeting", "approved": True, **VOTES}


FORGED = {"votes_for": 40, "votes_against": 1}


@pytest.fixture
def own(tmp_path: Path) -> str:
    """Return the path of a plan that no other test of this process has read."""
    return own_plan(tmp_path)


@pytest.fixture
def anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process read every policy anew, as another one does."""
    monkeypatch.setattr(contexts, "_PROCEDURES", {})


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.usefixtures("anew")
def test_a_changed_content_is_believed_by_nobody(store_desk: Desk, own: str, reader: str) -> None:
    case = open_own(store_desk, own)
    contexts._PROCEDURES.clear()
    with (
        changed(store_desk, *FEWER_CONTACTS),
        pytest.raises(IntegrityBroken) as broken,
    ):
        READERS[reader](store_desk, case)
    assert broken.value.exit_code == 7


@pytest.mark.usefixtures("anew")
def test_a_content_is_not_kept_over_a_changed_one(store_desk: Desk, own: str) -> None:
    open_own(store_desk, own)
    with (
        changed(store_desk, "policy", "content", "content || '# x'", "id = 'own-plan'"),
        pytest.raises(IntegrityBroken),
    ):
        open_own(store_desk, own)


def test_what_is_no_text_is_no_content() -> None:
    """A bit that flips in a file may leave nothing, a number or bytes where a content stood."""
    assert is_content("a = 1\n", policy_hash("a = 1\n"))
    assert not any(is_content(damaged, policy_hash("")) for damaged in (None, 7, b""))


def listed(desk: Desk) -> tuple[str, str]:
    """Make a case that waits for its deliberation, and the list of the meeting that voted against it."""
    case = desk.open()
    desk.walk(case, "village_deliberation")
    made = desk.api.lists.new(
        "meeting",
        unit=VILLAGE,
        cases=[case],
        actor=person("village"),
        on=desk.today,
        data=MEETING,
        documents=documents("deliberation_minutes"),
    )
    return case, made.id


def test_what_a_row_of_a_list_says_changes_nothing(store_desk: Desk) -> None:
    _, list_id = listed(store_desk)
    told = {"data": {**MEETING, **FORGED}, "documents": 0, "seq": 1, "marks": {}}
    with changed(store_desk, "list", "record", quoted(json.dumps(told)), f"id = '{list_id}'"):
        taken = store_desk.api.lists.advance(list_id, "record_deliberation", actor=person("village"))
        assert store_desk.api.lists.get(list_id, actor=person("village")).data == MEETING
    assert isinstance(taken[0].error, GuardsNotMet)
    assert [f.guard for f in taken[0].error.findings if not f.ok] == ["votes_add_up", "quorum_reached"]


def test_a_changed_event_of_a_list_is_not_read(store_desk: Desk) -> None:
    _, list_id = listed(store_desk)
    with changed(store_desk, "event", "body", "replace(body, '37', '38')", "action = 'new_list'"):
        for ask in (
            lambda: store_desk.api.lists.get(list_id, actor=person("village")),
            lambda: store_desk.api.lists.advance(list_id, "record_deliberation", actor=person("village")),
            lambda: store_desk.api.lists.send(list_id, actor=person("village")),
        ):
            with pytest.raises(IntegrityBroken):
                ask()


def test_a_list_that_is_put_back_is_told_by_the_household_that_took_it(store_desk: Desk) -> None:
    case, list_id = listed(store_desk)
    where = "action = 'new_list'"
    body = store_desk.session.execute(text(f"SELECT body FROM weigai_event WHERE {where}")).scalar_one()
    forged = body
    for name, votes in FORGED.items():
        forged = forged.replace(f'"{name}":{VOTES[name]}', f'"{name}":{votes}')
    own = events.event_hash("sha256", forged)
    with (
        changed(store_desk, "event", "body", quoted(forged), where),
        changed(store_desk, "event", "hash", f"'{own}'", where),
    ):
        taken = store_desk.api.lists.advance(list_id, "record_deliberation", actor=person("village"))
        assert taken[0].done is not None
    (problem,) = store_desk.api.records.verify().problems
    assert (problem.stream, problem.seq) == (f"150783:case/{case}", taken[0].done.event.seq)
