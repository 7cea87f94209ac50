"""The demonstration: the programme year of both plans comes out at the plans' own sums."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from tests.forks import RealTerminal, Terminal

# a believable share of every way off the road, at the least
OFF_THE_ROAD = {
    "raise_objection": 20, "answer_objection": 20, "take_down_notice": 15, "repost_notice": 15, "return_to_village": 15,
    "resubmit": 15, "check_document": 15, "step_back": 5, "correct": 8, "exempt": 3, "suspend": 3, "resume": 3,
    "record_inspection": 10, "close_inspection": 10, "fail_preliminary_acceptance": 10, "complete_rectification": 10,
    "payment_returned": 5, "reissue_payment": 5, "file_late_paper": 3, "appeal": 2, "answer_appeal": 2,
    "record_contact": 8, "refuse": 4, "disqualify": 2, "record_recovery": 1, "archive_ended_file": 1,
    "submit_progress": 160, "circulate_progress": 10, "submit_survey": 16, "submit_self_check": 16,
}  # fmt: skip
ENDS = Counter({"not_reported": 8, "withdrawn": 5, "ineligible": 10, "refused": 4, "disqualified": 2})


@pytest.mark.heavy
def test_the_programme_year_comes_out_at_the_plans_sums(tmp_path: Path) -> None:
    started = RealTerminal(tmp_path)
    started.env["WEIGAI_USER"] = "visitor"
    told = started.json("demo", "--to", "d/w.db")
    lines = {(x["policy"][-1], x["line"]): x for x in told["budget"]}
    assert lines["a", "main"]["approved_fen"] == lines["a", "main"]["paid_fen"] == 640_649_600
    assert lines["a", "main"]["approved_wan"] == "640.64"
    assert (lines["a", "main"]["households"], lines["a", "main"]["within_plan"]) == (293, True)
    assert lines["a", "no_house"]["households"] == 280
    assert lines["b", "main"]["approved_fen"] == lines["b", "main"]["paid_fen"] == 334_193_600
    assert lines["b", "main"]["approved_wan"] == "334.2"
    modes = {mode: m["households"] for mode, m in lines["b", "main"]["by_mode"].items()}
    assert modes == {"repair": 50, "self_build": 48, "guaranteed_housing": 25}
    archived = {
        p: sum(r["states"].get("archived", 0) for r in told["progress"] if r["policy"].endswith(p)) for p in "ab"
    }
    assert archived == {"a": 573, "b": 123}
    assert len({r["township"] for r in told["progress"]}) == 16
    term = Terminal(tmp_path)
    term.env |= {"WEIGAI_USER": "visitor", "WEIGAI_DB": f"sqlite:///{tmp_path}/d/w.db"}
    assert term.json("audit", "verify")["ok"] is True
    for plan in "ab":  # each case's acts, asked again by its own plan, come out as they did
        simulated = term.json("policy", "simulate", f"--policy=zhalantun-2019-{plan}", f"--to=zhalantun-2019-{plan}")
        assert simulated["cases"] == []
        assert simulated["total"]["same"] == simulated["total"]["cases"] > 100
    with closing(sqlite3.connect(f"{tmp_path}/d/w.db")) as db:
        taken = Counter(action for (action,) in db.execute("SELECT action FROM weigai_event"))
    assert {action for action in OFF_THE_ROAD if taken[action] < OFF_THE_ROAD[action]} == set()
    ended = Counter()
    for row in told["progress"]:
        ended.update({state: n for state, n in row["states"].items() if state in ENDS})
    assert ended == ENDS
    assert term.json("inbox"), "the tour has something to look at"
