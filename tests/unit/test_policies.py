"""The two plans as data: their differences, their graphs, and files that are refused."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from weigai.states.errors import PolicyRefused
from weigai.states.policy.tables import policy_hash, read_policy
from weigai.states.proofs.load import load_policy
from weigai.states.proofs.safety import path_to
from weigai.states.reading.diagram import mermaid, svg
from weigai.states.words.ids import label
from weigai.workflow.library import bundled, procedure_of

A, B = procedure_of("zhalantun-2019-a"), procedure_of("zhalantun-2019-b")
CATALOGUE = Path(__file__).parent.parent.parent / "states"
ROAD = [
    "draft",
    "village_deliberation",
    "village_notice",
    "village_publicity",
    "application_form",
    "township_review",
    "township_notice",
    "township_publicity",
    "township_meeting",
    "identity_check",
    "appraisal",
    "county_review",
    "county_notice",
    "county_publicity",
    "registration",
    "agreement",
    "site_preparation",
    "construction",
    "preliminary_acceptance",
    "final_acceptance",
    "payment",
    "archiving",
]


@pytest.mark.parametrize("procedure", [A, B], ids=["A", "B"])
def test_the_road_has_the_states_of_the_names_in_order(procedure: Any) -> None:
    assert [part.state for part in procedure.road] == ROAD
    assert procedure.start == "draft"
    assert procedure.table["archiving"]["archive"] == "archived"


@pytest.mark.parametrize("procedure", [A, B], ids=["A", "B"])
def test_the_table_is_what_the_machine_itself_does(procedure: Any) -> None:
    class Model:
        state = ""

    for state, moves in procedure.table.items():
        for name, event in procedure.machine.events.items():
            model = Model()
            model.state = state
            back = procedure.back_table[state].get(name)
            assert (state in event.transitions) is (name in moves or back is not None)
            if name in moves:
                procedure.machine.events[name].trigger(model)
                assert model.state == moves[name]
            elif back is not None:
                assert {str(move.dest) for move in event.transitions[state]} == back


@pytest.mark.parametrize("procedure", [A, B], ids=["A", "B"])
def test_no_action_has_a_bypass(procedure: Any) -> None:
    assert not [name for name in procedure.machine.events if name.startswith("to_")]
    assert all(not procedure.table[state] for state in procedure.closed)


def value(procedure: Any, *path: str) -> Any:
    found: Any = procedure.policy
    for name in path:
        found = getattr(found, name)
    return found


def test_the_differences_of_the_two_plans_come_from_their_files() -> None:
    assert set(A.classes) == {"registered_poor"}
    assert set(B.classes) == {"extreme_poverty", "minimum_living", "disabled_poor"}
    assert B.elsewhere["registered_poor"].see == "zhalantun-2019-a"
    assert value(A, "guards", "not_in_relocation_plan") and value(B, "guards", "not_in_relocation_plan") is None
    assert value(A, "guards", "report_copies_kept") and value(B, "guards", "report_copies_kept") is None
    assert value(A, "guards", "not_stably_out_of_poverty") and value(B, "guards", "not_stably_out_of_poverty") is None
    assert value(B, "guards", "has_dwelling") and value(A, "guards", "has_dwelling") is None
    assert "waive_appraisal" in A.acts and "waive_appraisal" not in B.acts
    assert {line.fund for line, _ in A.lines} == {"poverty_alleviation"}
    assert {line.fund for line, _ in B.lines} == {"local_finance"}
    assert {line.planned_wan for line, _ in A.lines} == {"640.64", None}
    assert [quota.planned for quota, _ in A.quotas] == [265, 28, 280]
    assert [quota.planned for quota, _ in B.quotas] == [123]


def test_no_plans_name_stands_in_the_code() -> None:
    root = Path(__file__).parent.parent.parent
    for room in ("states", "db", "workflow"):
        for path in (root / room).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            if "cli" not in path.parts:  # help texts give examples
                assert "zhalantun" not in text, path


@pytest.mark.parametrize("name", list(bundled()))
def test_every_table_of_a_plan_has_its_source(name: str) -> None:
    policy = read_policy(bundled()[name])
    missing = [
        table
        for table in (
            "classes",
            "steps",
            "ways",
            "facts",
            "papers",
            "modes",
            "subsidies",
            "lines",
            "checklist",
            "duties",
        )
        for entry in getattr(policy, table)
        if policy.label not in entry.source or entry.rule is None
    ]
    assert not missing


# ---------------------------------------------------------------------- refusals

TEXT = bundled()["zhalantun-2019-a"]


def changed(old: str, new: str, count: int = 1) -> str:
    assert old in TEXT, old
    return TEXT.replace(old, new, count)


STEP = re.compile(r"\[\[steps\]\]\n(?:(?!\[\[).*\n)*")


def without_step(kind: str, nth: int = 0) -> str:
    steps = [m.group(0) for m in STEP.finditer(TEXT) if f'kind = "{kind}"' in m.group(0)]
    return TEXT.replace(steps[nth], "", 1)


def moved_step(kind: str, before: str) -> str:
    found = {m.group(0) for m in STEP.finditer(TEXT)}
    one = next(s for s in found if f'kind = "{kind}"' in s and 'part = "preliminary"' not in s)
    other = next(s for s in found if f'kind = "{before}"' in s)
    return TEXT.replace(one, "", 1).replace(other, one + other, 1)


def of_deliberation(line: str) -> str:
    return changed('kind = "deliberation"', f'kind = "deliberation"\n{line}')


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("format = ", "not valid TOML"),
        (changed("year = 2019", "year = 2019\ncolour = 1"), "colour: unknown field"),
        (changed("year = 2019", "year = 2019\ncolour = 1"), "known: .*checklist"),
        (changed("days = 5\n", "days = 5.5\n"), "days"),
        (changed("days = 5\n", "dayz = 5\n"), "dayz: unknown field"),
        (
            changed(
                'silent = ["unit", "count_posting_day", "roll", "interruption", "suspension"]', 'silent = ["colour"]'
            ),
            "silent names values that",
        ),
        (changed('unit = "calendar"', 'unit = "moon"'), "unit"),
        (changed("[guards.consent_given]", "[guards.consent_taken]"), "consent_taken: unknown field"),
        (changed("yuan = 45232\n", ""), "yuan"),
        (changed("yuan = 45232", "yuan = 452.32"), "yuan"),
        (changed('offices = ["finance"]', 'offices = ["treasury"]'), "no such office: treasury"),
        (changed('when = { modes = ["guaranteed_housing"] }', 'when = { modes = ["palace"] }'), "no such mode: palace"),
        (changed('form = "failing"', 'form = "failure"'), "no such form: failure"),
        (changed('at = "record_deliberation"', 'at = "deliberate"'), "no such action: deliberate"),
        (changed('id = "attach"', 'id = "record_survey"'), "occurs twice"),
        (changed('builder = "township"\npayee', 'builder = "nobody"\npayee'), "names no payee where township builds"),
        (without_step("acceptance", 1), "safety: pay without pass_final_acceptance"),
        (without_step("agreement"), "safety: start_works without sign_agreement"),
        (without_step("appraisal"), "safety: start_works without record_appraisal"),
        (moved_step("payment", "start"), "safety: pay without pass_final_acceptance"),
        (moved_step("start", "appraisal"), "safety: start_works without record_appraisal"),
        (
            changed('start = ["payment", "archiving"]\nto = "archiving"', 'start = ["construction"]\nto = "payment"'),
            "safety: pay without",
        ),
        (
            changed(
                'start = ["payment", "archiving"]\nto = "archiving"', 'start = ["village_publicity"]\nto = "archiving"'
            ),
            "while the publicity still runs",
        ),
        (
            changed('start = ["payment", "archiving"]\nto = "archiving"', 'start = ["archived"]\nto = "archiving"'),
            "that state is closed",
        ),
        (
            changed(
                'start = ["payment", "archiving"]\nto = "archiving"', 'start = ["payment", "archiving"]\nto = "limbo"'
            ).replace('["open"]', '["draft"]'),
            "limbo is a trap",
        ),
        (
            changed('start = ["payment", "archiving"]\nto = "archiving"', 'start = ["nowhere"]\nto = "archiving"'),
            "starts from nowhere",
        ),
        (of_deliberation('shows = ["names"]'), "write places and shows only in a publicity step"),
        (of_deliberation("days = 5"), "write days only in a publicity step"),
        (of_deliberation('title = { zh = "评议", en = "Review" }'), "write title only in a step with a name"),
        (of_deliberation('part = "final"'), "an acceptance step, and no other"),
        (of_deliberation("waived_when = { no_house = true }"), "write waived_when only in an appraisal step"),
        (
            changed('kind = "identity_check"', 'kind = "identity_check"\nname = "again"'),
            "write name only in a step of kind",
        ),
        (changed("yuan = 45232", 'yuan = 45232\narea_cap = "60"'), "write area_cap only with per_m2"),
        (changed("yuan = 45232", 'yuan = 45232\nmost = "60000"'), "write most only with floor"),
        (changed("planned = 265", 'planned = 265\nby_unit = { "15078" = 265 }'), "with their codes of 6, 9 or 12"),
        (changed("due_days = [1, 15]", "due_days = [1, 15]\ndue = [2019-06-30]"), "write due dates in one way only"),
        (bundled()["zhalantun-2019-b"].replace('taken = "full"', 'taken = "swift"'), "no reading of that name: swift"),
    ],
)
def test_an_unsound_file_is_refused_with_what_is_wrong(text: str, why: str) -> None:
    with pytest.raises(PolicyRefused) as refused:
        load_policy(text, "ours.toml")
    assert re.search(why, str(refused.value)), refused.value.problems
    assert "ours.toml" in refused.value.message("zh")


def test_a_violated_property_names_its_path() -> None:
    with pytest.raises(PolicyRefused) as refused:
        load_policy(moved_step("payment", "start"))
    path = next(p.en for p in refused.value.problems if p.en.startswith("safety: pay without pass_final"))
    assert "submit_application -> record_deliberation" in path
    assert path.endswith("-> pay")


def test_an_independent_search_finds_no_payment_without_acceptance() -> None:
    for procedure in (A, B):
        assert not path_to(procedure.edges, "draft", lambda e: e.action == "pay", {"pass_final_acceptance"})
        stack, seen = ["draft"], set()
        while stack:  # a plain depth-first walk over the table instead of the edges
            state = stack.pop()
            if state in seen:
                continue
            seen.add(state)
            stack += [to for action, to in procedure.table[state].items() if action != "pass_final_acceptance"]
        assert "payment" not in seen


def test_a_hash_is_of_the_text_whatever_its_line_ends() -> None:
    assert policy_hash(TEXT) == policy_hash(TEXT.replace("\n", "\r\n"))
    assert policy_hash(TEXT) != policy_hash(TEXT + "#")
    assert A.hash == policy_hash(TEXT)


@pytest.mark.parametrize("procedure", [A, B], ids=["A", "B"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_both_drawings_show_every_move(procedure: Any, lang: str) -> None:
    text, drawn = mermaid(procedure, lang), svg(procedure, lang)
    for edge in procedure.edges:
        assert f"{edge.source} --> {edge.target}" in text
    root = ET.fromstring(drawn)
    boxes = {g.get("id") for g in root.iter("{http://www.w3.org/2000/svg}g")}
    assert boxes == set(procedure.states)
    paths = [p for p in root.iter("{http://www.w3.org/2000/svg}path") if p.get("marker-end")]
    assert len(paths) == len(procedure.edges)


def test_the_schema_of_a_policy_file_is_its_reader() -> None:
    from weigai.workflow.policies.schemas import policy_schema

    made = policy_schema()
    assert made["additionalProperties"] is False
    assert set(made["properties"]) == set(type(A.policy).model_fields)
    json.dumps(made)


RESULT = """[[steps]]
kind = "publicity"
name = "result"
level = "village"
offices = ["village"]
source = "a made-up plan"
silent = ["days"]
places = ["village_board"]

[[steps]]
kind = "archive"
"""
HEARING = """[[hearings]]
level = "result"
offices = ["village"]
source = "a made-up plan"

[[hearings]]
level = "village"
"""


def test_a_notice_with_a_name_of_its_own_hangs_a_second_time_at_one_level() -> None:
    text = changed('[[steps]]\nkind = "archive"\n', RESULT).replace('[[hearings]]\nlevel = "village"\n', HEARING, 1)
    road = [part.state for part in load_policy(text).road]
    assert road[road.index("payment") + 1 :] == ["result_notice", "result_publicity", "archiving"]
    assert label("post_result_notice") == "张贴result公示"
    with pytest.raises(PolicyRefused, match="two steps make the state village_notice"):
        load_policy(text.replace('name = "result"\n', ""))
    with pytest.raises(PolicyRefused, match="days listed under silent"):
        load_policy(text.replace('silent = ["days"]\n', ""))
    with pytest.raises(PolicyRefused, match="hearings: no entry for the result publicity"):
        load_policy(text.replace(HEARING, HEARING.split("\n\n")[1]))


READING = [
    ('[[ways]]\naction = "withdraw"', "offices", r"ways: withdraw: auditor may only read"),
    ('[[facts]]\nid = "record_contact"', "offices", r"facts: record_contact: auditor may only read"),
    ('[[steps]]\nkind = "approval"', "offices", r"steps: approval: auditor may only read"),
    ("[privacy]", "erase", r"privacy: auditor may only read"),
    ('[[offices]]\nid = "auditor"', "records_for", r"offices: auditor may only read, and not enter"),
]


@pytest.mark.parametrize(("table", "field", "said"), READING, ids=[table.split()[-1] for table, _, _ in READING])
def test_an_office_that_reads_is_given_nothing_to_do(table: str, field: str, said: str) -> None:
    text = bundled()["zhalantun-2019-a"]
    assert table in text
    before, after = text.split(table)
    if field != "records_for":
        after = re.sub(rf"{field} = \[", f'{field} = ["auditor", ', after, count=1)
        named = before + table + after
    else:
        named = f'{before}{table}\nrecords_for = ["village"]{after}'
    with pytest.raises(PolicyRefused) as refused:
        load_policy(named)
    assert any(re.search(said, problem.en) for problem in refused.value.problems), refused.value.problems


def test_an_archive_number_counts() -> None:
    text = bundled()["zhalantun-2019-a"]
    assert "{number}" in text
    with pytest.raises(PolicyRefused) as refused:
        load_policy(text.replace("{number}", ""))
    assert any("numbering" in problem.en and "{number}" in problem.zh for problem in refused.value.problems)
