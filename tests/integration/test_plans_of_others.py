"""A content that is kept for nobody, or damaged, stops no report; the cases that name it are told, and not acted on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text
from weigai.db.cases import policies as contents
from weigai.states.errors import IntegrityBroken, NotFound, PolicyRefused
from weigai.states.policy.tables import policy_hash
from weigai.workflow import context as contexts
from weigai.workflow.library import bundled

from tests.put_back import FEWER_CONTACTS, changed, open_own, own_plan, quoted
from tests.support import VILLAGE, documents, person

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support import Desk

REAL = bundled()["zhalantun-2019-b"]
MINE = 'id = "own-plan"\ncounty = "150783"\n'
ROWS = {
    "no TOML": ("own-plan", "no policy at all", "{}"),
    "TOML of no county": ("own-plan", 'id = "own-plan"', "{}"),
    "no policy of this county": ("own-plan", f"{MINE}year = 2019\n", "{}"),
    "a county that is no text": ("own-plan", 'id = "own-plan"\ncounty = 150783\n', "{}"),
    "tables without end": ("own-plan", f"{MINE}x = {'[' * 5000}", "{}"),
    "a number without end": ("own-plan", f"{MINE}x = {'9' * 5000}", "{}"),
    "a true plan under another id": ("own-plan", REAL, "{}"),
    "moves that are none": ("zhalantun-2019-b", REAL, "xx"),
    "moves of another form": ("zhalantun-2019-b", REAL, '{"village": 7}'),
}


@pytest.fixture(autouse=True)
def _anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process read every policy anew, as another one does."""
    monkeypatch.setattr(contexts, "_PROCEDURES", {})
    monkeypatch.setattr(contents, "_SAID", {})


@pytest.fixture
def own(tmp_path: Path) -> str:
    """Return the path of a plan that no other test of this process has read."""
    return own_plan(tmp_path)


def planted(desk: Desk, name: str, content: str, moves: str) -> str:
    """Keep a content as whoever may add rows can; return its hash."""
    row = {"hash": policy_hash(content), "id": name, "content": content, "moves": moves}
    insert = "INSERT INTO weigai_policy VALUES (:hash, :id, :content, :moves, '2999-01-01T00:00:00Z')"
    desk.session.execute(text(insert), row)
    return row["hash"]


def told(desk: Desk) -> dict[str, Any]:
    """Return what everybody of the county reads who goes by the plans."""
    api, reader = desk.api, person("county")
    found = {
        "inbox": api.inbox(actor=person("village")),
        "findings": list(api.records.findings(actor=reader)),
        "budget": api.records.budget(actor=reader),
        "quotas": api.records.quotas(actor=reader),
        "overdue": api.records.overdue(actor=reader),
        "progress": api.records.progress(actor=reader),
        "policies": api.records.policies(actor=reader),
        "duties": api.units.duties(VILLAGE),
        "late": api.units.late(actor=reader),
        "offices": api.library.offices(("village",)),
        "text": list(api.library.text("own-plan")),
    }
    own = {name: [one for one in every if not _of_other(one)] for name, every in found.items()}
    return {**own, "unusable": api.records.unusable(actor=reader)}


def _of_other(one: Any) -> bool:
    """Tell whether a line of a report is of the other plan, which may come to be kept."""
    policy = one.get("policy") if isinstance(one, dict) else getattr(one, "policy", None)
    return policy == "zhalantun-2019-b"


@pytest.mark.parametrize("row", ROWS)
def test_a_content_that_no_case_names_changes_no_report(store_desk: Desk, own: str, row: str) -> None:
    open_own(store_desk, own)
    before = told(store_desk)
    hash_ = planted(store_desk, *ROWS[row])
    after = told(store_desk)
    assert {name: after[name] for name in before if after[name] != before[name]} == {}
    open_own(store_desk, "own-plan")
    if row.startswith(("a true plan", "moves")):
        made = open_own(store_desk, "zhalantun-2019-b")
        assert store_desk.api.find(made, actor=person("county")).policy_hash == hash_
        waits = {r.case: (r.policy, r.action) for r in store_desk.api.inbox(actor=person("village"))}
        assert waits[made] == ("zhalantun-2019-b", "submit_application")
    assert any(p.stream.startswith("policy/") for p in store_desk.api.records.verify().problems)


@pytest.mark.parametrize("row", [name for name in ROWS if not name.startswith(("a true plan", "moves"))])
def test_a_case_that_names_no_plan_is_told_and_the_others_go_on(store_desk: Desk, own: str, row: str) -> None:
    bad, good = open_own(store_desk, own), open_own(store_desk, own)
    hash_ = planted(store_desk, *ROWS[row])
    name = "UPDATE weigai_case SET policy_hash = :hash WHERE id = :id"
    store_desk.session.execute(text(name), {"hash": hash_, "id": bad})
    after = told(store_desk)
    assert after["unusable"] == {hash_: [bad]}
    assert [s.cases for s in after["findings"] if s.kind == "policy_lost"] == [(bad,)]
    assert [r.case for r in after["inbox"]] == [good]
    assert [r.file for r in after["policies"] if r.hash == hash_] == ["broken"]
    assert after["budget"]
    found = store_desk.api.records.simulate(actor=person("county"), to=None, calendar=store_desk.api.context.calendar)
    assert found.unusable == (bad,)
    with pytest.raises(PolicyRefused):
        store_desk.take(bad, "submit_application", "village", "application")
    store_desk.check(good, "submit_application", "village")


def test_a_list_with_a_case_that_names_no_plan_is_acted_on_for_the_others(store_desk: Desk, own: str) -> None:
    bad, good = open_own(store_desk, own), open_own(store_desk, own)
    clerk = person("village")
    made = store_desk.api.lists.new("meeting", unit=VILLAGE, cases=[bad, good], actor=clerk, on=store_desk.today)
    hash_ = planted(store_desk, *ROWS["no TOML"])
    name = "UPDATE weigai_case SET policy_hash = :hash WHERE id = :id"
    store_desk.session.execute(text(name), {"hash": hash_, "id": bad})
    taken = store_desk.api.lists.advance(made.id, "submit_application", actor=clerk, documents=documents("application"))
    assert {one.case_id: type(one.error).__name__ for one in taken}[bad] == "PolicyRefused"
    assert {one.case_id: type(one.error).__name__ for one in taken}[good] != "PolicyRefused"


def test_a_case_that_names_a_content_that_is_not_kept_is_told(store_desk: Desk, own: str) -> None:
    bad, good = open_own(store_desk, own), open_own(store_desk, own)
    store_desk.session.execute(text("UPDATE weigai_case SET policy_hash = 'none' WHERE id = :id"), {"id": bad})
    after = told(store_desk)
    assert after["unusable"] == {"none": [bad]}
    assert [s.cases for s in after["findings"] if s.kind == "policy_lost"] == [(bad,)]
    assert [r.case for r in after["inbox"]] == [good]
    with pytest.raises(NotFound):
        store_desk.check(bad, "submit_application", "village")


def test_a_damaged_content_of_others_is_not_read(store_desk: Desk, own: str) -> None:
    open_own(store_desk, own)
    planted(store_desk, "zhalantun-2019-b", REAL, "{}")
    before = told(store_desk)
    with changed(store_desk, "policy", "content", "content || '# x'", "id = 'zhalantun-2019-b'"):
        assert told(store_desk) == before


def test_a_damaged_content_is_told_by_the_cases_that_name_it(store_desk: Desk, own: str) -> None:
    bad, good = open_own(store_desk, own), open_own(store_desk, "zhalantun-2019-b")
    contexts._PROCEDURES.clear()
    reader = person("county")
    with changed(store_desk, *FEWER_CONTACTS):
        (hash_,) = store_desk.api.records.unusable(actor=reader)
        assert store_desk.api.records.unusable(actor=reader)[hash_] == [bad]
        found = store_desk.api.records.findings(actor=reader)
        assert [s.cases for s in found if s.kind == "policy_lost"] == [(bad,)]
        assert [row.case for row in store_desk.api.inbox(actor=person("village"))] == [good]
        assert {row.policy: row.file for row in store_desk.api.records.policies(actor=reader)} == {
            "own-plan": "broken",
            "zhalantun-2019-b": "same",
        }
        assert {line.policy for line in store_desk.api.records.budget(actor=reader)} == {"zhalantun-2019-b"}
        store_desk.api.records.overdue(actor=reader)
        with pytest.raises(IntegrityBroken):
            store_desk.check(bad, "submit_application", "village")
        store_desk.check(good, "submit_application", "village")
    assert store_desk.api.records.unusable(actor=reader) == {}


def test_an_act_under_a_former_policy_that_is_damaged_is_told(store_desk: Desk, own: str) -> None:
    case = open_own(store_desk, own)
    store_desk.take(case, "record_contact", "village")
    now = "UPDATE weigai_case SET policy_hash = :hash, policy_id = 'zhalantun-2019-b' WHERE id = :id"
    store_desk.session.execute(text(now), {"hash": planted(store_desk, "zhalantun-2019-b", REAL, "{}"), "id": case})
    contexts._PROCEDURES.clear()
    with changed(store_desk, *FEWER_CONTACTS):
        found = store_desk.api.records.findings(actor=person("county"), kinds=["decided_otherwise"])
    assert [(s.kind, s.cases) for s in found] == [("policy_lost", (case,))]


def test_the_rows_own_id_and_moves_decide_nothing(store_desk: Desk, own: str) -> None:
    open_own(store_desk, own)
    before = told(store_desk)
    for column, value in (("id", "'another-plan'"), ("moves", quoted(json.dumps({"village": 7})))):
        with changed(store_desk, "policy", column, value, "id = 'own-plan'" if column == "moves" else "1 = 1"):
            contents._SAID.clear()
            assert told(store_desk) == before
