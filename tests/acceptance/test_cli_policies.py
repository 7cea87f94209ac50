"""A county's own plan on the command line: its problems by line, and what differs from the plan it was copied from."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from weigai.workflow.library import bundled

from tests.acceptance.test_cli import ROAD, go
from tests.forks import Terminal
from tests.machines import opened
from tests.support import VILLAGE, household

PLAN = "zhalantun-2019-a"
COUNTIES = Path(__file__).parent.parent / "counties" / "policies"
TEXT = bundled()[PLAN]
OURS = TEXT.replace("\n[numbering]\n", '\n[numbering]\nnote = "ours"\n').replace(
    'level = "township"\noffices = ["township"]\nrule = "R50"\nsource = "A 七(三)"\ndays = 5\nunit = "calendar"',
    'level = "township"\noffices = ["township"]\nrule = "R50"\nsource = "A 七(三)"\ndays = 5\nunit = "working"',
)


@pytest.fixture
def county(tmp_path: Path) -> Terminal:
    made = Terminal(tmp_path)
    made.file("ours.toml", OURS)
    return made


def test_what_differs_is_said_in_either_language(county: Terminal) -> None:
    told = county("policy", "diff", PLAN, "ours.toml").splitlines()
    assert told == [
        f"{PLAN} → ours.toml",
        "内容不同：1 处",
        "  乡镇公示：5 个自然日 → 5 个工作日",
        "",
        "只有出处或措辞不同：1 处",
        "  档案编号：说明 无 → ours",
    ]
    told = county("--lang", "en", "policy", "diff", PLAN, "ours.toml").splitlines()
    assert told[:3] == [
        f"{PLAN} -> ours.toml",
        "differences: 1",
        "  township publicity: 5 calendar days -> 5 working days",
    ]
    assert told[-2:] == ["differences in sources or wording only: 1", "  numbering: note none -> ours"]


def test_what_differs_as_json(county: Terminal) -> None:
    assert county.json("--lang", "en", "policy", "diff", PLAN, "ours.toml") == [
        {"where": "township publicity", "what": "period", "a": "5 calendar days", "b": "5 working days"},
        {"where": "numbering", "what": "note", "a": None, "b": "ours"},
    ]
    assert county.json("policy", "diff", PLAN, PLAN) == []


def test_much_wording_is_counted_unless_it_is_asked_for(county: Terminal) -> None:
    short = county("policy", "diff", PLAN, "zhalantun-2019-b")
    long = county("policy", "diff", PLAN, "zhalantun-2019-b", "--wording")
    assert "--wording" in short
    assert "出处 A 九(五) → B 八(五)" not in short
    assert "出处 A 九(五) → B 八(五)" in long
    assert len(long.splitlines()) > len(short.splitlines()) + 100


def test_equal_policies_are_said_to_be_equal(county: Terminal) -> None:
    county.file("same.toml", TEXT + "\n# a remark\n")
    assert county("policy", "diff", PLAN, PLAN) == "两份方案完全相同。\n"
    assert "only comments" in county("--lang", "en", "policy", "diff", PLAN, "same.toml")


def test_what_cannot_be_compared_is_refused(county: Terminal) -> None:
    county.file("bad.toml", TEXT.replace("\nyear = 2019\n", "\nyaer = 2019\n"))
    county("policy", "diff", PLAN, "bad.toml", code=3)
    assert "yaer：没有这一项（是否应为 year？）" in county.err
    county("policy", "diff", PLAN, "nowhere", code=4)
    county("policy", "diff", PLAN, code=2)


@pytest.mark.parametrize("command", ["check", "show"])
def test_what_a_plan_lacks_is_told_first(county: Terminal, command: str) -> None:
    text = (COUNTIES / "chayuan-2024.toml").read_text(encoding="utf-8")
    county.file("plan.toml", text)
    told = county("policy", command, "plan.toml").splitlines()
    assert told[:5] == [
        "【方案没有的环节】",
        "  村级公示",
        "      〔兴国县茶园乡2024年方案 ｜ 方案未提及〕",
        "  身份确认",
        "      〔兴国县茶园乡2024年方案 ｜ 方案未提及〕",
    ]
    english = county("--lang", "en", "policy", command, "plan.toml").splitlines()
    assert english[:2] == ["== steps that the plan lacks ==", "  village publicity"]
    found = county.json("policy", command, "plan.toml")["lacks"]
    assert [lack["step"] for lack in found] == ["village_publicity", "identity"]
    county.file("plan.toml", text.replace('[[lacks]]\nstep = "identity"', '[[lacks]]\nstep = "village_publicity"'))
    county("policy", command, "plan.toml", code=3)


@pytest.mark.parametrize("form", [[], ["--json"], ["--lang", "en"]])
def test_every_problem_of_a_file_names_its_line_in_order(county: Terminal, form: list[str]) -> None:
    county.file("bad.toml", TEXT.replace("\ndays = 5\n", "\ndayz = 5\n").replace("\nyear = 2019\n", "\nyaer = 2019\n"))
    line = TEXT[: TEXT.index("\ndays = 5\n") + 1].count("\n") + 1
    told = county(*form, "policy", "check", "bad.toml", code=3)
    said = f"第 {line} 行：steps.2.dayz：没有这一项（是否应为 days？）"
    if "--json" in form:
        assert {
            "line": line,
            "path": "steps.2.dayz",
            "reason": "steps.2.dayz：没有这一项（是否应为 days？）",
        } in json.loads(told)["problems"]
        return
    assert told == ""
    if "en" in form:
        said = f"line {line}: steps.2.dayz: unknown field (did you mean: days?)"
    assert said in county.err
    assert county.err.index("yaer") < county.err.index("steps.2.dayz") < county.err.index("steps.5.dayz")


def test_a_plan_is_tried_out_on_the_cases_that_there_are(county: Terminal) -> None:
    county("init")
    case = opened(county)
    for step in ROAD[:4]:
        go(county, case, step)
    county.file("longer.toml", TEXT.replace("days = 5\n", "days = 8\n", 1))
    told = county("policy", "simulate", "--to", "longer.toml")
    assert "会推迟：1 户" in told
    assert f"  {case}  村级公示期满" in told
    assert "最多推迟 3 天，末步推迟 3 天" in told
    assert "未核查" in county.err
    told = county("--lang", "en", "policy", "simulate", "--to", "longer.toml", "--policy", PLAN)
    assert "at most 3 days, the last step 3" in told
    found = county.json("policy", "simulate", "--to", "longer.toml")
    assert (found["total"]["cases"], found["total"]["delayed"], found["total"]["end_days"]) == (1, 1, 3)
    [one] = found["cases"]
    assert (one["case"], one["refused"], one["would_be"]) == (case, [], one["state"])
    assert [moved["days"] for moved in one["delayed"]] == [3]
    county("policy", "simulate", code=2)
    county("policy", "simulate", "--to", "nowhere", code=4)
    county("policy", "simulate", "--calendar", "nowhere.json", code=3)
    county.file("bad.toml", TEXT.replace("\nyear = 2019\n", "\nyaer = 2019\n"))
    county("policy", "simulate", "--to", "bad.toml", code=3)


WHY = ("--reason", "县里印发新版", "--agreed-by", "p-0002")


def test_chosen_cases_are_moved_to_a_new_version_with_a_result_for_each(county: Terminal) -> None:
    county("init")
    county("user", "add", "p-0002", "--office", "county@150783", stdin="王\n")
    first, second = (
        opened(county),
        opened(county, head={"name": "李四", "id_number": "150799196103030027", "registered_poor": True}),
    )
    for step in ROAD[:4]:
        go(county, first, step)
    longer = county.file("longer.toml", TEXT.replace("days = 5\n", "days = 8\n", 1))
    told = county("case", "move-policy", first, second, "--to", longer, *WHY, "--dry-run", code=3)
    assert "“村级公示期满”办于 2019-06-16，按新方案最早应为 2019-06-19。" in told
    assert "共 2 户：可以转入 1 户，不能转 1 户。" in county.err
    assert county.json("case", "show", second)["version"] == 1
    results = county.json("case", "move-policy", first, second, "--to", longer, *WHY, "--request-id", "r1", code=3)
    assert [(one["case"], one["allowed"]) for one in results] == [(first, False), (second, True)]
    assert [f["guard"] for f in results[0]["findings"] if not f["ok"]] == ["step_not_early"]
    history = county.json("case", "history", second)
    assert (history[-1]["action"], history[-1]["policy_hash"]) == ("move_policy", results[1]["policy_hash"])
    assert history[0]["policy_hash"] != history[-1]["policy_hash"]
    assert "转入另一方案" in county("case", "history", second)
    again = county.json("case", "move-policy", second, "--to", longer, *WHY, "--request-id", "r1")
    assert (again[0]["version"], county.json("case", "show", second)["version"]) == (2, 2)
    assert county.json("audit", "verify")["ok"] is True
    kept = county.json("policy", "list", "--kept")
    assert [(row["open"], row["ended"], row["file"]) for row in kept] == [(1, 0, "same"), (1, 0, "changed")]
    assert "已改" in county("policy", "list", "--kept")


def test_all_running_cases_of_a_plan_are_counted_first(county: Terminal) -> None:
    county("init")
    county("user", "add", "p-0002", "--office", "county@150783", stdin="王\n")
    case = opened(county)
    longer = county.file("longer.toml", TEXT.replace("days = 5\n", "days = 8\n", 1))
    county("case", "move-policy", "--policy", PLAN, "--to", longer, *WHY, stdin="n\n", code=130)
    assert county.json("case", "show", case)["version"] == 1
    told = county("--lang", "en", "case", "move-policy", "--policy", PLAN, "--to", longer, *WHY, "--yes")
    assert case in told
    assert "1 cases: 1 moved, 0 refused." in county.err
    assert (
        county.json("case", "move-policy", "--policy", PLAN, "--state", "payment", "--to", longer, *WHY, "--yes") == []
    )


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((), 2), (("nothing",), 4), (("--policy", PLAN, "nothing"), 2), (("--policy", PLAN, "--expect-version", "1"), 2),
    ],
)  # fmt: skip
def test_a_bad_choice_of_cases_is_wrong_usage_or_not_found(county: Terminal, words: tuple[str, ...], code: int) -> None:
    county("init")
    county("case", "move-policy", *words, "--to", PLAN, *WHY, "--yes", code=code)
    county("case", "move-policy", opened(county), "--to", PLAN, "--map", "x", *WHY, code=2)


NEW = (
    "policy",
    "new",
    "--from",
    PLAN,
    "--id",
    "our-2026",
    "--county",
    "150783",
    "--county-name",
    "某市",
    "--title",
    "某市2026年方案",
    "--year",
    "2026",
    "--issued",
    "2019-03-01",
)


def test_a_new_county_s_file_is_drafted_filled_in_and_used(county: Terminal) -> None:
    told = county(*NEW)
    assert "our-2026.toml" in told
    path = county.folder / "our-2026.toml"
    county("policy", "check", "our-2026.toml", code=3)
    assert "steps.2.source：待填写" in county.err
    found = county.json("policy", "check", "our-2026.toml", code=3)
    assert (found["ok"], len(found["problems"])) == (False, path.read_text(encoding="utf-8").count('= "待填"'))
    assert {"line", "path", "reason"} == set(found["problems"][0])
    path.write_text(path.read_text(encoding="utf-8").replace('"待填"', '"三(二)"'), encoding="utf-8")
    unchecked = county.json("policy", "check", "our-2026.toml", code=3)["problems"]
    assert all("还没有核对" in problem["reason"] for problem in unchecked)
    path.write_text(re.sub(r" # 待核，.*", "", path.read_text(encoding="utf-8")), encoding="utf-8")
    assert county.json("policy", "check", "our-2026.toml") | {"hash": ""} == {
        "policy": "our-2026",
        "hash": "",
        "ok": True,
        "states": 30,
        "lacks": [],
        "remarks": [{"line": 16, "path": "issued", "reason": "issued：印发于 2019-03-01，方案年度却是 2026"}],
    }
    assert "年度：2026" in county("policy", "show", "our-2026.toml")
    county("init")
    household_file = county.file("h.json", household())
    words = ("case", "open", "--policy", "our-2026.toml", "--unit", VILLAGE, "--household", household_file)
    assert county.json(*words, "--on", "2019-06-10")["policy"] == "our-2026"


def test_a_draft_is_asked_for_and_overwrites_nothing(county: Terminal) -> None:
    answers = "zhalantun-2019-b\ntheirs\n150784\n某旗\n2026\n某旗方案\n2026-02-30\n2026-02-28\n"
    told = county.json("policy", "new", stdin=answers)
    assert (told["from"], told["policy"], told["file"]) == ("zhalantun-2019-b", "theirs", "theirs.toml")
    assert told["to_fill_in"] > 100
    before = (county.folder / "theirs.toml").read_bytes()
    county(*NEW[:4], "--id", "theirs", code=2)
    assert (county.folder / "theirs.toml").read_bytes() == before
    county(*NEW[:4], "--id", PLAN, code=2)
    county(*NEW[:4], "--id", "x2", "--county", "1507", *NEW[8:], code=3)
    assert not (county.folder / "x2.toml").exists()
    county("policy", "new", stdin="", code=130)


def test_a_folder_with_a_draft_in_it_is_listed_all_the_same(county: Terminal) -> None:
    county(*NEW)
    rows = county.json("policy", "list", WEIGAI_POLICIES=str(county.folder))
    listed = {row["policy"]: row["problems"] for row in rows}
    assert listed["our-2026"] > 100
    assert listed[PLAN] == 1  # ours.toml has its id and another content
    assert listed["zhalantun-2019-b"] == 0
    told = county("policy", "list", WEIGAI_POLICIES=str(county.folder))
    assert "处问题，请运行 policy check" in told


DAMAGED = {
    "changed": "UPDATE weigai_policy SET content = content || '# x'",
    "none": "UPDATE weigai_case SET policy_hash = 'sha256:none'",
}


@pytest.mark.parametrize("how", DAMAGED)
@pytest.mark.parametrize(
    "command", [("report", "budget"), ("report", "overdue"), ("report", "progress"), ("inbox",), ("policy", "list", "--kept")]
)  # fmt: skip
def test_a_policy_that_cannot_be_used_stops_no_report(
    trial: Path, tmp_path: Path, how: str, command: tuple[str, ...]
) -> None:
    term = Terminal.copied(trial, tmp_path)
    case = opened(term)
    with closing(sqlite3.connect(term.folder / "weigai.db")) as raw, raw:
        raw.execute(DAMAGED[how])
    said = term("--lang", "en", *command)
    if command[0] == "policy":
        assert ("content in the database unusable" in said) == (how == "changed")
    elif command != ("report", "progress"):
        assert case in term.err
        term.json(*command)
    (told,) = [s for s in term.json("report", "findings", code=3) if s["kind"] == "policy_lost"]
    assert told["cases"] == [case]
    term("case", "explain", case, code=7 if how == "changed" else 4)
