"""The command line as its users meet it: real processes, real files, exit codes, JSON, Chinese and English."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest
from weigai.db.tables import SCHEMA
from weigai.workflow.cli import language
from weigai.workflow.cli.main import COMMANDS, cli

from tests.forks import WEIGAI, Terminal
from tests.machines import opened
from tests.support import CHECKLIST, VILLAGE, household

CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture
def term(tmp_path: Path, trial: Path) -> Terminal:
    return Terminal.copied(trial, tmp_path)


APPLICATION = {
    "contents": ["registration", "income", "danger", "wish"],
    "signed_by_head": True,
    "consents": True,
    "photo_shows_reference": True,
    "photo_shows_head": True,
    "originals_seen": ["income_proof"],
}
NOTICE = ["--set", "discloses=policy,beneficiaries,standard"]
BUILT = {"area": "58.5", "checklist": CHECKLIST}
ROAD = [
    ("submit_application", "2019-06-10", "application registration_proof income_proof danger_photo", APPLICATION, []),
    ("record_deliberation", "2019-06-10", "deliberation_minutes", None,
     ["--set", "assembly=villagers_meeting", "--set", "approved=true"]),
    ("post_village_notice", "2019-06-10", "village_notice_photo", None,
     ["--set", "places=village_board,main_street", *NOTICE]),
    ("close_village_publicity", "2019-06-16", "", None, ["--set", "hung_throughout=yes"]),
    ("report_to_township", "2019-06-16", "approval_form", None, ["--set", "form_on=2019-06-16"]),
    ("accept_township_review", "2019-06-17", "visit_record", None,
     ["--set", "papers_in_order=是", "--set", "visited_on=2019-06-17"]),
    ("post_township_notice", "2019-06-17", "township_notice_photo", None, ["--set", "places=township_board", *NOTICE]),
    ("close_township_publicity", "2019-06-23", "", None, ["--set", "hung_throughout=true"]),
    ("record_township_meeting", "2019-06-23", "township_minutes", None, ["--set", "approved=true"]),
    ("confirm_identity", "2019-06-23", "", None, ["--set", "authority=poverty_office"]),
    ("accept_identity", "2019-06-24", "publicity_results", None, []),
    ("record_appraisal", "2019-06-24", "appraisal_report",
     {"grade": "D", "body": "某鉴定所", "on_site_on": "2019-06-24", "engaged_by": "county", "standard": "JGJ/T 363"}, []),
    ("approve", "2019-06-25", "", {"mode": "self_build", "builder": "household", "area": 58.5,
                                   "chosen_by_household": True, "land": "old_homestead", "conforms_to_plans": True}, []),
    ("post_county_notice", "2019-06-25", "county_notice_photo", None,
     ["--set", "places=village_board,main_street", *NOTICE]),
    ("close_county_publicity", "2019-07-01", "", None, ["--set", "hung_throughout=true"]),
    ("register", "2019-07-01", "", None, []),
    ("sign_agreement", "2019-07-02", "agreement", None,
     ["--set", "items=task,quality,progress,safety,completion", "--set", "complete_by=2019-08-20"]),
    ("record_resettlement", "2019-02-01", "", None, ["--set", "how=rented"]),
    ("record_demolition", "2019-07-02", "", None, []),
    ("appoint_supervisor", "2019-07-02", "", {"name": "王五", "kind": "technician", "trained": True}, []),
    ("start_works", "2019-07-03", "", None, []),
    ("complete_works", "2019-08-20", "", None, []),
    ("pass_preliminary_acceptance", "2019-08-21", "preliminary_acceptance_record", BUILT, []),
    ("pass_final_acceptance", "2019-08-25", "final_acceptance_record",
     {**BUILT, "departments": ["finance"], "technicians": 2, "one_homestead": True}, []),
    ("pay", "2019-08-28", "", None, ["--set", "amount=25232", "--set", "fund=poverty_alleviation", "--set",
                                     "payee=household", "--set", "channel=one_card"]),
    ("archive", "2019-09-10", "family_basics identity_proof subsidy_approval_form after_photo", None,
     ["--set", "copies=county,township,village,household_file"]),
]  # fmt: skip
FACTS = {"confirm_identity", "record_resettlement", "record_demolition", "appoint_supervisor"}


def go(term: Terminal, case: str, step: tuple, **more):
    action, on, papers, data, sets = step
    words = ["case", "record" if action in FACTS else "advance", case, action, "--on", on, *sets, *term.papers(papers)]
    if data is not None:
        words += ["--data", term.file("data.json", data)]
    return term.json(*words, *more.get("words", ()), code=more.get("code", 0))


def test_an_official_carries_a_household_from_opening_to_archive(term: Terminal) -> None:
    case = opened(term)
    for step in ROAD:
        done = go(term, case, step)
        assert done["action"] == step[0]
    shown = term.json("case", "show", case[:14])
    assert (shown["state"], shown["approved_fen"], shown["paid_fen"]) == ("archived", 2523200, 2523200)
    assert shown["household"]["head"]["name"] == "张*"
    assert term.json("case", "show", shown["archive_no"])["case"] == case
    history = term.json("case", "history", case)
    assert [e["seq"] for e in history] == list(range(1, len(ROAD) + 2))
    keys = "seq request_id action from to acted_by office recorded_by occurred_on recorded_at data documents warnings policy_hash prev_hash hash entered"
    assert set(history[0]) == set(keys.split())
    assert term.json("audit", "verify")["ok"] is True
    assert term.json("report", "progress")[0]["states"] == {"archived": 1}
    assert term("case", "history", case)
    assert "已归档" in term("case", "explain", case)
    assert "Archived" in term("--lang", "en", "case", "explain", case) or "archived" in term(
        "--lang", "en", "case", "explain", case
    )


def test_explain_and_check_say_what_the_contract_says(term: Terminal) -> None:
    case = opened(term)
    for step in ROAD[:3]:
        go(term, case, step)
    told = term.json("case", "explain", case, "--on", "2019-06-13")
    assert set(told) == {"case", "state", "version", "policy", "policy_hash", "as_of", "pending", "actions"}
    assert (told["state"], told["version"], told["as_of"]) == ("village_publicity", 4, "2019-06-13")
    close = next(a for a in told["actions"] if a["action"] == "close_village_publicity")
    assert {"action", "to", "allowed", "who", "opens_on", "findings"} <= set(close)
    days = next(f for f in close["findings"] if f["guard"] == "publicity_days_complete")
    assert {
        "rule": "R46",
        "ok": False,
        "effect": "block",
        "source": "A 七(二)",
        "opens_on": "2019-06-16",
        "who": ["village"],
    }.items() <= days.items()
    words = ["case", "check", case, "close_village_publicity", "--set", "hung_throughout=true", "--on"]
    early = term.json(*words, "2019-06-15", code=3)
    assert (early["allowed"], early["opens_on"]) == (False, "2019-06-16")
    assert term.json(*words, "2019-06-16")["allowed"] is True
    refused = term.json("case", "advance", *words[2:], "2019-06-15", code=3)
    assert refused == early
    dry = term.json("case", "advance", *words[2:], "2019-06-16", "--dry-run")
    assert dry["allowed"] is True
    assert term.json("case", "show", case)["version"] == 4
    assert "须" in term(*words, "2019-06-15", code=3)
    assert "must" in term("--lang", "en", *words, "2019-06-15", code=3)


def test_request_ids_versions_and_reasons(term: Terminal) -> None:
    case = opened(term)
    first = go(term, case, ROAD[0], words=["--request-id", "r-1", "--reason", "周一纸质办理"])
    assert set(first) >= {"case", "action", "from", "to", "version", "event", "warnings"}
    assert go(term, case, ROAD[0], words=["--request-id", "r-1", "--reason", "周一纸质办理"])["event"] == first["event"]
    go_code = ["--request-id", "r-1", "--reason", "另一理由"]
    path = term.file("data.json", APPLICATION)
    words = ["case", "advance", case, "submit_application", "--on", "2019-06-10", "--data", path]
    term(*words, *term.papers(ROAD[0][2]), *go_code, code=3)
    term("case", "advance", case, "record_deliberation", "--expect-version", "1", code=5)
    # entered years after the act, by one person: in a trial county that is flagged only
    assert {(w["guard"], w["rule"]) for w in first["warnings"]} == {
        ("entered_in_time", "R78"),
        ("late_entry_agreed", "R78"),
    }


def test_a_clerk_enters_for_an_appraiser_with_the_paper(term: Terminal) -> None:
    case = opened(term)
    for step in ROAD[:11]:
        go(term, case, step)
    data = term.file("data.json", ROAD[11][3])
    words = [
        "case",
        "advance",
        case,
        "record_appraisal",
        "--on",
        "2019-06-24",
        "--data",
        data,
        "--for",
        "p-77/appraiser",
    ]
    done = term.json(*words, *term.papers("appraisal_report"))
    assert done["to"] == "county_review"
    event = term.json("case", "history", case)[-1]
    assert (event["acted_by"], event["office"], event["recorded_by"]) == ("p-77", "appraiser", "p-0001")


def test_one_notice_for_a_list_with_a_result_for_each(term: Terminal) -> None:
    cases = [
        opened(term),
        opened(term, head={"name": "李四", "id_number": "150799196103030027", "registered_poor": True}),
    ]
    go(term, cases[0], ROAD[0])
    words = ["list", "new", "meeting", "--unit", VILLAGE, "--on", "2019-06-10", "--set", "assembly=villagers_meeting"]
    named = [w for c in cases for w in ("--case", c)]
    made = term.json(*words, "--set", "approved=true", *named, *term.papers("deliberation_minutes"))
    taken = term.json("case", "advance", "--list", made["id"], "record_deliberation", code=3)
    assert {t["case"]: t["done"] for t in taken} == {cases[0]: True, cases[1]: False}
    assert term.json("list", "show", made["id"])["cases"] == sorted(cases)
    term("list", "receive", made["id"], code=3)
    assert term.json("list", "send", made["id"])["state"] == "sent"
    assert term.json("list", "receive", made["id"])["state"] == "received"
    assert term.json("case", "show", cases[0])["state"] == "village_notice"


def test_inbox_attach_and_lists_of_cases(term: Terminal) -> None:
    case = opened(term)
    assert [(r["case"], r["action"]) for r in term.json("inbox")] == [(case, "submit_application")]
    assert term.json("case", "attach", case, *term.papers("village_plan"), "--on", "2019-06-11")["version"] == 2
    assert term.json("case", "list", "--state", "draft")[0]["case"] == case
    assert term.json("case", "list", "--state", "payment") == []
    assert case in term("inbox")
    assert "village_plan" in term("case", "show", case)


@pytest.mark.parametrize("content", [[1], ["x"], [[]], [None], [{"code": 1, "name": []}], {}, [{}], "x", True])
def test_a_json_file_that_is_no_table_of_units_is_refused(term: Terminal, content: object) -> None:
    term("unit", "import", term.file("units.json", json.dumps(content)), code=3)
    assert "units.json" in term.err


def test_users_and_units(term: Terminal) -> None:
    units = term.file("units.csv", "代码,名称\n150783,县\n150783900,新镇\n150783900201,新村\n")
    assert term.json("unit", "import", units)["imported"] == 3
    assert {"code": "150783900201", "name": "新村", "level": "village"} in term.json("unit", "list")
    gbk = term.folder / "gbk.csv"
    gbk.write_bytes("150783901,另镇\n".encode("gb18030"))
    assert term.json("unit", "import", "gbk.csv")["imported"] == 1
    term("user", "add", "p-0300", "--office", "village@150783900201", "--account", "new", stdin="新人\n")
    listed = term.json("user", "list")
    assert next(p for p in listed if p["id"] == "p-0300")["name"] == "新*"
    case = opened(term)
    term("--as", "new", "case", "show", case, code=4)
    missing = term.err.replace(case, "X")
    term("--as", "new", "case", "show", "150783-2019-2222222", code=4)
    assert term.err.replace("150783-2019-2222222", "X") == missing
    term("--as", "nobody", "inbox", code=4)
    term("user", "add", "p-0300", "--office", "village@150783900201", stdin="又\n", code=3)
    term("user", "add", "p-0301", "--office", "village", stdin="又\n", code=2)


def test_policies_and_schemas(term: Terminal) -> None:
    assert [p["policy"] for p in term.json("policy", "list")] == ["zhalantun-2019-a", "zhalantun-2019-b"]
    assert "七(二)" in term("policy", "show", "zhalantun-2019-a")
    assert term.json("policy", "show", "zhalantun-2019-b")["id"] == "zhalantun-2019-b"
    assert term.json("policy", "check", "zhalantun-2019-a")["ok"] is True
    assert term("policy", "graph", "zhalantun-2019-a").startswith("stateDiagram-v2")
    assert term("policy", "graph", "zhalantun-2019-a", "--format", "svg").startswith("<svg")
    assert term.json("policy", "schema")["properties"]
    assert "head" in term.json("case", "schema")["required"]
    made = term.json("case", "schema", "--action", "approve")
    assert {"mode", "builder", "chosen_by_household"} <= set(made["required"])
    papers = term.json("case", "schema", "--action", "submit_application")["x-documents"]
    assert "income_proof" in {p["kind"] for p in papers}
    term("case", "schema", "--action", "fly", code=2)
    term("policy", "show", "nowhere", code=4)


def test_health_log_completion_and_schema(term: Terminal) -> None:
    assert all(c["ok"] for c in term.json("doctor"))
    assert term.json("db", "check") == {"schema": SCHEMA, "ok": True, "problems": []}
    assert term.json("db", "upgrade") == {"before": SCHEMA, "after": SCHEMA}
    opened(term)
    log = term.json("audit", "log", "--limit", "1")
    assert log[0]["action"] == "open_case"
    assert "open_case" not in term("audit", "log", "--stream", "county")
    for shell in ("bash", "zsh", "fish"):
        assert "_WEIGAI_COMPLETE" in term("completion", shell)
    again = term.json("init")
    assert again["new"] is False


def test_a_backup_is_restored_and_verified(term: Terminal) -> None:
    case = opened(term)
    go(term, case, ROAD[0])
    words = ["--to", "b.db", "--keys", "b.keys", "--files", "b.files"]
    made = term.json("db", "backup", *words)
    assert (made["to"], made["files"], made["missing"]) == ("b.db", 4, [])
    term("db", "backup", *words, code=3)
    master = {"WEIGAI_KEYS": str(term.folder / "weigai.db.key")}  # it is in neither file
    away = {"WEIGAI_DB": f"sqlite:///{term.folder / 'away.db'}", **master}
    back = term.json("db", "restore", "b.db", "--keys", "b.keys", "--files", "b.files", **away)
    assert (back["ok"], back["rows"], back["files"]) == (True, made["rows"], 4)
    assert term.json("case", "show", case, **away)["version"] == 2
    assert term.json("audit", "verify", **away)["ok"] is True
    term("db", "restore", "b.db", "--keys", "b.keys", **away, code=3)
    term("db", "restore", "b.db", code=2)
    assert (back["erased"], term.json("case", "show", case, **away)["household"]["head"]["name"]) == (0, "张*")
    sure = {"WEIGAI_DB": "sqlite:///b.db"}  # a backup is a database itself
    assert term.json("audit", "verify", **sure, WEIGAI_FILES=str(term.folder / "b.files"))["ok"] is True
    (term.folder / "b.files").rename(term.folder / "gone.files")
    lost = {"WEIGAI_DB": f"sqlite:///{term.folder / 'lost.db'}", **master}
    told = term.json("db", "restore", "b.db", "--keys", "b.keys", "--files", "b.files", **lost, code=7)
    assert len(told["missing"]) == 4
    assert "备份" in term("db", "backup", "--to", "c.db")
    assert "--keys" in term.err


# ---------------------------------------------------------------------- bad input

BAD_HOUSEHOLDS = {
    "a wrong identity number": ({"head": {"name": "张三", "id_number": "150799195406120018"}}, "check character"),
    "a date like 2019-02-30": ({"surveyed_on": "2019-02-30"}, "surveyed_on"),
    "a date like 20190610": ({"surveyed_on": "20190610"}, "surveyed_on"),
    "a negative area": ({"house": {"area": "-5"}}, "house.area"),
    "an area of nan": ({"house": {"area": "nan"}}, "house.area"),
    "full-width digits": ({"dwellings": "１"}, "dwellings"),
    "an unknown field": ({"colour": 1}, "colour: unknown field"),
    "no classes": ({"classes": []}, "classes"),
    "a class that the plan does not know": ({"classes": ["pensioner", "registered_poor"]}, "has no class pensioner"),
    "a class that is no word": ({"classes": ["张三"]}, "classes"),
    "a terminal escape in a name": ({"head": {"name": "\x1b[31m张", "id_number": "150799195406120017"}}, "head.name"),
    "the same member twice": (
        {"members": [{"name": "李四", "id_number": "150799195406120017", "relation": "son"}]}, "same identity number"),
    "a no-house household with a house": ({"no_house": True, "dwellings": 1}, "dwellings"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_HOUSEHOLDS)
def test_a_bad_household_file_is_refused_in_one_sentence(term: Terminal, name: str) -> None:
    changes, why = BAD_HOUSEHOLDS[name]
    path = term.file("bad.json", {**household(), **changes})
    term("--lang", "en", "case", "open", "--policy", "zhalantun-2019-a", "--unit", VILLAGE, "--household", path, code=3)
    assert why in term.err
    assert "1507991954" not in term.err
    term("case", "open", "--policy", "zhalantun-2019-a", "--unit", VILLAGE, "--household", path, code=3)
    assert term.json("case", "list") == []


def test_a_class_that_the_plan_does_not_know_is_refused_at_the_application(term: Terminal) -> None:
    case = opened(term, classes=["minimum_living"])
    told = go(term, case, ROAD[0], code=3)
    assert {f["rule"] for f in told["findings"] if not f["ok"] and f["effect"] == "block"} == {"R19"}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "JSON"),
        ('{"a": 1, "a": 2}', "JSON"),
        ("[]", "one JSON object"),
        ('{"a": NaN}', "JSON"),
        ("[" * 100000, "JSON"),
    ],
)
def test_what_is_no_json_object_is_refused(term: Terminal, content: str, why: str) -> None:
    path = term.file("bad.json", content)
    term("--lang", "en", "case", "open", "--policy", "zhalantun-2019-a", "--unit", VILLAGE, "--household", path, code=3)
    assert why in term.err


BAD_CALLS = [
    (["fly"], 2),
    (["case", "advance"], 2),
    (["case", "advance", "x", "y", "z"], 2),
    (["case", "list", "--limit", "０"], 2),
    (["case", "explain", "150783-2019-2222222", "--on", "2019-02-30"], 2),
    (["case", "explain", "150783-2019-2222222", "--on", "20190610"], 2),
    (["case", "show", "150783-2019-2222222"], 4),
    (["case", "record", "150783-2019-2222222", "attach", "--set", "id_number=1"], 2),
    (["case", "record", "150783-2019-2222222", "attach", "--document", "nopath"], 2),
    (["case", "open", "--policy", "nowhere", "--unit", VILLAGE, "--household", "h.json"], 4),
    (["case", "open", "--policy", "zhalantun-2019-a", "--unit", "15078310120", "--household", "h.json"], 3),
    (["case", "open", "--policy", "zhalantun-2019-a", "--unit", VILLAGE, "--household", "none.json"], 3),
    (["policy", "check", "bad.toml"], 3),
    (["unit", "import", "none.csv"], 3),
    (["list", "show", "150783101201-N-2019-0001"], 4),
    (["user", "add", "P!", "--office", "village@150783101201"], 3),
]


@pytest.mark.parametrize(("words", "code"), BAD_CALLS, ids=[" ".join(w)[:60] for w, _ in BAD_CALLS])
def test_a_bad_call_has_its_exit_code_and_one_sentence(term: Terminal, words: list[str], code: int) -> None:
    term.file("h.json", household())
    term.file("bad.toml", "format = 1\ncolour = 2\n")
    out = term(*words, code=code, stdin="某人\n")
    assert out == ""
    assert term.err.strip()


def test_an_action_that_the_policy_does_not_know(term: Terminal) -> None:
    case = opened(term)
    term("case", "advance", case, "fly", code=2)
    term("case", "record", case, "submit_application", code=2)
    term("case", "record", case, "submit_application", "--dry-run", code=2)
    term("case", "advance", case, "record_complaint", code=2)
    assert "submit_application" in term.err
    term("case", "advance", case, "submit_application", "--set", "colour=1", code=3)
    assert "colour" in term.err


def test_databases_that_do_not_fit(term: Terminal) -> None:
    import sqlite3

    letter = term.folder / "letter.db"
    letter.write_bytes(b"a letter")
    term("inbox", code=6, WEIGAI_DB=f"sqlite:///{letter}")
    assert letter.read_bytes() == b"a letter"
    term("inbox", code=4, WEIGAI_DB=f"sqlite:///{term.folder}/none.db")
    assert not (term.folder / "none.db").exists()
    term("inbox", code=6, WEIGAI_DB="postgresql://nobody@127.0.0.1:1/none")
    term("inbox", code=6, WEIGAI_DB="nonsense")
    empty = sqlite3.connect(term.folder / "empty.db")
    empty.execute("CREATE TABLE host (a)")
    empty.commit()
    empty.close()
    term("inbox", code=6, WEIGAI_DB=f"sqlite:///{term.folder}/empty.db")
    assert "weigai db upgrade" in term.err
    newer = sqlite3.connect(term.folder / "weigai.db")
    newer.execute("UPDATE weigai_version SET version_num = '9999'")
    newer.execute("UPDATE weigai_lowest SET revision = '9999'")
    newer.commit()
    newer.close()
    term("inbox", code=6)
    term("db", "upgrade", code=6)


def test_the_command_line_works_on_postgresql(postgres, tmp_path: Path) -> None:
    term = Terminal(tmp_path)
    term.env["WEIGAI_DB"] = postgres.fresh().replace("+psycopg", "")
    term("inbox", code=6)
    assert "weigai db upgrade" in term.err
    term("init")
    case = opened(term)
    go(term, case, ROAD[0])
    assert [r["case"] for r in term.json("inbox")] == [case]
    assert term.json("audit", "verify")["ok"] is True
    term.env["WEIGAI_DB"] = postgres.login(term.env["WEIGAI_DB"])  # a clerk's own login, no owner's
    assert all(c["ok"] for c in term.json("doctor"))


def test_a_tampered_record_exits_seven(term: Terminal) -> None:
    import sqlite3

    case = opened(term)
    raw = sqlite3.connect(term.folder / "weigai.db")
    raw.execute("UPDATE weigai_case SET state = 'payment'")
    raw.commit()
    raw.close()
    told = term.json("audit", "verify", code=7)
    assert told["problems"][0]["stream"] == f"150783:case/{case}"


def test_personal_values_never_reach_the_output(term: Terminal) -> None:
    case = opened(term, head={"name": "金丝雀", "id_number": "150799195406120017", "phone": "13900000001"})
    for words in (("case", "show", case), ("case", "history", case), ("audit", "log"), ("case", "list"), ("inbox",)):
        for flags in ((), ("--json",)):
            out = term(*flags, *words) + term.err
            assert not [v for v in ("丝雀", "195406120017", "13900000001", "6217000000000001") if v in out]


# ---------------------------------------------------------------------- terminals


def test_gbk_and_ascii_terminals_and_pipes(term: Terminal) -> None:
    for env in (
        {"PYTHONIOENCODING": "gbk", "PYTHONUTF8": "0"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"},
    ):
        assert term("policy", "show", "zhalantun-2019-a", **env)
    json.loads(
        term("--json", "policy", "show", "zhalantun-2019-a", LC_ALL="C", PYTHONUTF8="0", PYTHONIOENCODING="ascii")
    )
    shell = subprocess.run(
        [
            "bash",
            "-c",
            f"{sys.executable} -c 'from weigai.workflow.cli.main import main; main()' policy schema | head -1",
        ],
        capture_output=True,
        check=False,
        env=term.env,
    )
    assert shell.stdout.strip() == b"{"
    assert b"Traceback" not in shell.stderr


def test_a_full_disk_is_said(term: Terminal) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*WEIGAI, "policy", "list"], stdout=full, stderr=subprocess.PIPE, check=False, env=term.env
        )
    assert done.returncode == 6
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_demo_ends_quietly(tmp_path: Path, number: int, code: int) -> None:
    term = Terminal(tmp_path)
    running = subprocess.Popen(
        [*WEIGAI, "demo", "--to", "demo.db"], cwd=tmp_path, env=term.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    deadline = time.monotonic() + 30
    while not (tmp_path / "demo.db").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(1.5)
    running.send_signal(number)
    _, err = running.communicate(timeout=60)
    assert (running.returncode, b"Traceback" in err) == (code, False)


# ---------------------------------------------------------------------- help


def commands(group: click.Group, path: tuple[str, ...] = ()):
    for name in group.list_commands(click.Context(group)):
        found = group.get_command(click.Context(group), name)
        yield (*path, name), found
        if isinstance(found, click.Group):
            yield from commands(found, (*path, name))


ALL = list(commands(cli))


@pytest.mark.parametrize(("path", "command"), ALL, ids=[" ".join(p) for p, _ in ALL])
def test_every_command_has_a_help_with_an_example(path: tuple[str, ...], command: click.Command) -> None:
    try:
        for chosen, example in (("zh", "例：weigai"), ("en", "Example: weigai")):
            language.choose(["--lang", chosen])
            assert example in command.help
            shown = [o.help for o in command.params if isinstance(o, click.Option)] + [command.help.split("\n\n")[0]]
            shown.append(command.get_short_help_str())
            assert all(text.strip() for text in shown), (path, chosen, shown)
            assert {bool(CHINESE.search(text)) for text in shown} == {chosen == "zh"}, (path, shown)
    finally:
        language.choose([])


def test_the_contracts_commands_are_there() -> None:
    wanted = (
        "init demo inbox doctor completion|case open|case show|case list|case history|case explain|case check|case advance|"
        "case record|case attach|case schema|list new|list show|list send|list receive|policy list|policy show|"
        "policy check|policy diff|policy graph|policy schema|report budget|report progress|user add|user list|unit import|unit list|"
        "audit log|audit refused|audit verify|db upgrade|db check|db protect|db backup|db restore|case unmask|case erase|case search|"
        "user grant|user confirm|user revoke|user pending|user import|user account|user declare|unit rename|unit merge|unit confirm|unit history"
    )
    names = {" ".join(path) for path, _ in ALL}
    missing = [w for w in [*wanted.split("|", maxsplit=1)[0].split(), *wanted.split("|")[1:]] if w not in names]
    assert not missing
    assert set(COMMANDS) == {path[0] for path, _ in ALL}


@pytest.mark.parametrize("group", ["", *(name for name in COMMANDS if name != "completion")])
def test_help_loads_no_heavy_part(group: str) -> None:
    code = (
        f"import sys; sys.argv = ['weigai', *{group!r}.split(), '--help']\n"
        "from weigai.workflow.cli.main import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "heavy = {'pydantic', 'sqlalchemy', 'sqlmodel', 'transitions', 'alembic', 'rich', 'cryptography'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_findings_say_so_with_their_exit_code(term: Terminal) -> None:
    assert term.json("report", "findings") == []
    opened(term)
    assert "没有发现" in term("report", "findings", "--kind", "same_person")
    opened(term)
    (found,) = term.json("report", "findings", "--kind", "same_person", code=3)
    assert (found["kind"], found["rule"], len(found["cases"])) == ("same_person", "R77", 2)
    term("report", "findings", "--kind", "colour", code=3)
    assert term.json("report", "findings", "--kind", "same_person", "--policy", "zhalantun-2019-b") == []
    assert len(term.json("report", "findings", "--limit", "1", code=3)) == 1
    assert "身份证" not in term("report", "findings", code=3)
    assert "150799195406120017" not in term("report", "findings", code=3)


def test_ways_off_the_road_and_reports_of_them(term: Terminal) -> None:
    case = opened(term)
    for step in ROAD[:6]:
        go(term, case, step)
    on = ["--on", "2019-06-18"]
    term("case", "advance", case, "return_to_village", *on, "--reason", "材料不清")
    shown = term.json("case", "show", case)
    assert (shown["state"], shown["clocks"]["return"]["due"]) == ("returned_to_village", "2019-07-03")
    words = ["case", "correct", case, "--set", "household.dwellings=0", "--cause", "error", "--reason", "录入有误"]
    told = term.json(*words, *on, code=3)
    assert "second_person_agreed" in {f["guard"] for f in told["findings"] if not f["ok"]}
    term("user", "add", "p-0002", "--office", "county@150783", stdin="王\n")
    assert term.json(*words, "--agreed-by", "p-0002")["action"] == "correct"
    assert term.json("case", "show", case, "--decision", "record_deliberation")["findings"]
    term("case", "show", case, "--decision", "record_deliberation")
    term("case", "advance", case, "resubmit", *on)
    term("case", "record", case, "suspend", "--reason", "户主住院")
    assert "中止办理" in term("inbox")
    for words in (["refusals"], ["exemptions"], ["budget", "--by", "quota"], ["budget", "--by", "class"], ["overdue"]):
        term("report", *words)
        assert isinstance(term.json("report", *words), list)
