"""What a policy file says is checked for sense: each slip is refused at its line, with what disagrees and how to mend it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from weigai.states.errors import PolicyRefused
from weigai.states.policy.tables import read_policy
from weigai.states.proofs.load import load_kept, load_policy
from weigai.states.proofs.remarks import remarked
from weigai.workflow.library import bundled

from tests.unit.test_describe import TEXTS

if TYPE_CHECKING:
    from weigai.states.values import Problem

A = bundled()["zhalantun-2019-a"]
MOON = '[[changes]]\nfirst = 2019-07-01\nsource = "补充通知"\nset = { %s }\n\n[[lines]]\n'


def put(*changes: tuple[str, str], text: str = A) -> str:
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def unsaid(table: str, text: str = A) -> str:
    """Return a plan without a table."""
    start = text.index(table)
    return text[:start] + text[text.index("\n[", start) + 1 :]


def change(*values: str) -> str:
    return put(("[[lines]]\n", "".join(MOON % value for value in values).replace("[[lines]]\n", "") + "[[lines]]\n"))


def refused(text: str) -> list[Problem]:
    with pytest.raises(PolicyRefused) as error:
        load_policy(text, "ours.toml")
    assert all(re.search("[一-鿿]", problem.zh) for problem in error.value.problems)
    return list(error.value.problems)


DUTY = (
    '[[duties]]\nid = "copies"\nname = { zh = "档案份数", en = "copies of the file" }\n'
    'values = { copies = %s }\nsource = "A 七"\n\n[guards.entered_in_time]\n'
)
CALENDAR = ("issued = 2019-06-04\n", "issued = 2019-06-04\nfirst_day = 2019-08-01\nlast_day = 2019-07-01\n")
QUOTA = "planned = 28\n"
BOARD = 'places = ["township_board"]'
C, D = "subsidies", "lines"
_FACT = '[[facts]]\nid = "%s"\noffices = ["%s"]\nform = "%s"\nsecond_person = true\nstates = ["payment"]\nsource = "九"\n\n[[facts]]\nid = "attach"'
_WAY = '[[ways]]\naction = "%s"\nstart = ["%s"]\noffices = ["village"]\nto = "%s"\nform = "%s"\nsource = "九"\n\n[[ways]]\naction = "step_back"'


def new_fact(*words: str) -> tuple[str, str]:
    return '[[facts]]\nid = "attach"', _FACT % words


def new_way(*words: str) -> tuple[str, str]:
    return '[[ways]]\naction = "step_back"', _WAY % words


OTHER_NAMES = (('action = "reopen"', 'action = "open_again"'), ('action = "reopen"', 'action = "open_again"'))
# what is refused: the text, the line on which it is told (its text), and words of the refusal
SLIPS: dict[str, tuple[str, str, str]] = {
    "days are true": (put(("days = 5", "days = true")), "days = true", "应为整数"),
    "days are a text": (put(("days = 5", 'days = "15"')), 'days = "15"', "应为整数"),
    "no day at all": (put(("days = 5", "days = 0")), "days = 0", "天数应从 1 起"),
    "a payment's deadline of no day": (put(('kind = "payment"\n', 'kind = "payment"\ndays = 0\n')), "days = 0", "天数应从 1 起"),
    "a change to no day": (change('"steps.village_publicity.days" = 0'), "[[changes]]", "自 2019-07-01 起：村级公示：天数应从 1 起"),
    "a change to true": (change('"steps.village_publicity.days" = true'), "[[changes]]", "应为整数"),
    "a change to a text": (change('"steps.village_publicity.days" = "15"'), "[[changes]]", "应为整数"),
    "a flag that is a number": (put(("roll = false", "roll = 0")), "roll = 0", "应为 true 或 false"),
    "a number of a duty is a text": (put(("[guards.entered_in_time]\n", DUTY % '"2"')), 'values = { copies = "2" }', "应为整数"),
    "a day of a duty is a text": (put(("[guards.entered_in_time]\n", DUTY % '"2019-06-10"')), 'values = { copies = "2019-06-10" }', "应为日期"),
    "a number in a list of a duty is a text": (put(("[guards.entered_in_time]\n", DUTY % '["x", "2"]')), 'values = { copies = ["x", "2"] }', "应为整数"),
    "a day that is a text": (put(("issued = 2019-06-04", 'issued = "2019-06-04"')), 'issued = "2019-06-04"', "应为日期"),
    "a notice without a place": (put((BOARD, "places = []")), "places = []", "没有张贴地点"),
    "a misspelt place": (put((BOARD, 'places = ["townshp_board"]')), 'places = ["townshp_board"]', "是否应为 township_board"),
    "a second person who may only be named": (unsaid("[guards.second_person_confirmed]"), 'form = "correction"', "本人登录确认"),
    "one place twice": (put((BOARD, 'places = ["township_board", "township_board"]')), 'places = ["township_board", "township_board"]', "重复"),
    "an objection that is a remark": (put(('form = "objection"\n', "")), 'id = "raise_objection"', "表单应为 objection，现为 noted"),
    "an answer that is a remark": (put(('form = "answer"\n', "")), 'id = "answer_objection"', "表单应为 answer"),
    "an objection that nobody answers": (put(('id = "answer_objection"', 'id = "answer_objections"')), 'id = "raise_objection"', "却没有答复异议"),
    "notices without objections": (
        put(('id = "raise_objection"', 'id = "raise_an_objection"')), 'id = "attach"', "有公示，却没有登记异议",
    ),
    "a suspension without an end": (put(('id = "resume"', 'id = "resumed"')), 'id = "suspend"', "却没有恢复办理"),
    "an answer by nobody who reviews": (
        put(('id = "answer_objection"\noffices = ["village", "township", "county"]', 'id = "answer_objection"\noffices = ["county"]')),
        'offices = ["county"]', "由村委会复核，却不在 answer_objection",
    ),
    "a correction by one person": (put(('form = "correction"\nstates = ["open", "archived"]\nsecond_person = true', 'form = "correction"\nstates = ["open", "archived"]\nsecond_person = false')), 'id = "correct"', "须由两人办理"),
    "an exemption by one person": (put(('form = "exemption"\nsecond_person = true', 'form = "exemption"\nsecond_person = false')), 'id = "exempt"', "须由两人办理"),
    "a mayor is paid": (put(('payee = "household"', 'payee = "mayor"')), 'payee = "mayor"', "没有收款人 mayor"),
    "the relaxed cap without papers": (put(('relaxed_papers = ["large_family_application", "township_area_document"]\n', "")), "relaxed_cap = 80", "须同写"),
    "a relaxed cap below the cap": (put(("relaxed_cap = 80", "relaxed_cap = 50")), "relaxed_cap = 50", "放宽上限 50 m² 不高于上限 60 m²"),
    "a floor above its cap": (put(("floor = 40\ncap = 60", "floor = 60\ncap = 40")), "floor = 60", "floor 60 m² 高于 cap 40 m²"),
    "a most below its floor": (put(('kind = "fixed"\nyuan = 45232', 'kind = "floor"\nyuan = 45232\nmost = 40000')), "most = 40000", "yuan 45232 元 高于 most 40000 元"),
    "the village enters for the county": (put(('id = "village"\n', 'id = "village"\nrecords_for = ["county"]\n')), 'records_for = ["county"]', "只能由上级代下级"),
    "the payer enters for the approver": (put(('id = "finance"\n', 'id = "finance"\nrecords_for = ["county"]\n')), 'records_for = ["county"]', "财政部门不得代市危改办登记"),
    "the township enters for the appraiser": (put(('records_for = ["village"]', 'records_for = ["appraiser"]')), 'records_for = ["appraiser"]', "只能由上级代下级"),
    "a table behind a catch-all": (put(('when = { modes = ["guaranteed_housing"] }\nrule = "R37"', 'rule = "R37"')), "[[subsidies]]", "第 1 张已全部包含它"),
    "a grade that nobody has": (put(('when = { modes = ["self_build"], grades = ["C"] }', 'when = { modes = ["self_build"], grades = ["Z"] }')), "[[subsidies]]", "方案没有这样的农户"),
    "units of another county": (
        put(("[[lines]]\n", '[[lines]]\nid = "x"\nname = { zh = "他县", en = "x" }\nfund = "f"\nfund_name = { zh = "f", en = "f" }\nwhen = { units = ["150784100"] }\nsource = "三"\n\n[[lines]]\n')),
        'when = { units = ["150784100"] }', "150784100 不在本县",
    ),
    "a quota of nobody": (put(('when = { grades = ["D"] }\neffect = "warn"', 'when = { grades = ["Z"] }\neffect = "warn"')), "[[quotas]]", "方案没有这样的农户"),
    "confirmed by nobody": (put(('confirmed_by = [["poverty_office"]]', "confirmed_by = [[]]")), "confirmed_by = [[]]", "谁都不必确认"),
    "the last day before the first": (put(CALENDAR), "last_day = 2019-07-01", "止于 2019-07-01，早于起日 2019-08-01"),
    "a stage that ends before it begins": (put(("last = 2019-03-31", "last = 2018-12-31")), "last = 2018-12-31", "早于起日"),
    "a year below zero": (put(("year = 2019", "year = -1")), "year = -1", "-1 不是方案的年度"),
    "issued in the far future": (put(("issued = 2019-06-04", "issued = 9999-01-01")), "issued = 9999-01-01", "与方案年度 2019 不符"),
    "a deadline of another century": (put(("by = 2019-08-31", "by = 2109-08-31")), "by = 2109-08-31", "与方案年度 2019 不符"),
    "two changes of one value on one day": (
        change('"steps.village_publicity.days" = 6', '"steps.village_publicity.days" = 8'), 'set = { "steps.village_publicity.days" = 8 }', "有两个值：6 和 8",
    ),
    "a quota below zero": (put(("planned = 265", "planned = -5")), "planned = -5", "应在 0 至"),
    "a township and its village": (
        put((QUOTA, 'planned = 28\nby_unit = { "150783106" = 20, "150783106201" = 8 }\n')),
        'by_unit = { "150783106" = 20, "150783106201" = 8 }', "150783106 与其中的 150783106201",
    ),
    "counts that disagree": (
        put((QUOTA, 'planned = 28\nby_unit = { "150783106" = 20, "150783107" = 9 }\n')), "[[quotas]]", "现为 29，planned 为 28",
    ),
    "more money than there is": (put(("yuan = 45232", 'yuan = "1e26"')), 'yuan = "1e26"', "不超过 9999999"),
    "a tenth of a fen": (put(("yuan = 45232", 'yuan = "1.005"')), 'yuan = "1.005"', "至多两位小数"),
    "a planned sum beyond everything": (put(('planned_wan = "640.64"', 'planned_wan = "640640000000.64"')), 'planned_wan = "640640000000.64"', "至多八位整数"),
    "an unknown value of a number": (put(("[{year}]A-{number}", "[{foo}]A-{number}")), 'pattern = "扎危改[{foo}]A-{number}"', "没有 {foo}"),
    "a brace without a partner": (put(("[{year}]A-{number}", "[{year]A-{number}")), 'pattern = "扎危改[{year]A-{number}"', "花括号不成对"),
    "numbers of townships that are the same": (put(('per = "county"', 'per = "township"')), 'pattern = "扎危改[{year}]A-{number}"', "几份档案会同号"),
    "an empty source": (put(('source = "A 四(一)"', 'source = ""')), 'source = ""', "不得为空"),
    "a blank source": (put(('source = "A 四(一)"', 'source = "  "')), 'source = "  "', "没有内容"),
    "a source to be filled in": (put(('source = "A 四(一)"', 'source = "待填写"')), 'source = "待填写"', "没有内容"),
    "a name without a word": (put(('zh = "自建房屋"', 'zh = " "')), 'name = { zh = " ", en = "self-build" }', "没有内容"),
    "four eyes that only warn": (put(('steps = ["review", "approval"]', 'steps = ["review", "approval"]\neffect = "warn"')), 'effect = "warn"', "不能只提醒"),
    "a quorum that only warns": (put(("[guards.quorum_reached]\n", '[guards.quorum_reached]\neffect = "warn"\n')), 'effect = "warn"', "没有作出决定"),
    "a quorum below the law": (put(('villagers_meeting = "1/2"', 'villagers_meeting = "1/3"')), 'present = { villagers_meeting = "1/3", villagers_representatives = "2/3" }', "低于法定的 1/2"),
    "an instalment that waits past the deadline": (
        put(
            ('kind = "payment"\n', 'kind = "payment"\ndays = 30\n'),
            ("[[lines]]\n", '[[instalments]]\nid = "one"\nname = { zh = "全部", en = "all" }\nshare = "1/1"\ndays = 31\nsource = "六"\n\n[[lines]]\n'),
        ),
        "days = 31", "先满 31 天",
    ),
    "one's own household only warns": (put(("[guards.not_own_case]\n", '[guards.not_own_case]\neffect = "warn"\n')), 'effect = "warn"', "与本户无利害关系"),
    "a correction under another name": (put(new_fact("tidy", "village", "correction")), 'form = "correction"', "它只属于 correct"),
    "a correction as a way": (put(new_way("tidy", "identity_check", "same", "correction")), 'form = "correction"', "它不属于 ways"),
    "a fact with the form of a way": (put(new_fact("tidy", "village", "returning")), 'form = "returning"', "它不属于 facts"),
    "a return that is called a reopening": (
        put(*OTHER_NAMES, new_way("reopen", "village_publicity", "returned_to_village", "returning")), 'form = "returning"', "表单应为 reopening",
    ),
    "a reopening under another name": (put(*OTHER_NAMES), 'form = "reopening"', "它只属于 reopen"),
    "a return that is called a resubmission": (
        put(('action = "resubmit"', 'action = "hand_in"'), new_way("resubmit", "county_publicity", "returned_to_village", "returning")),
        'form = "returning"', "表单应为 resubmission",
    ),
    "a step back under another name": (put(('action = "step_back"', 'action = "undo"')), 'form = "stepping"', "它只属于 step_back"),
    "a reopening on the road": (put(new_way("reopen", "village_publicity", "back", "reopening")), 'start = ["village_publicity"]', "还在正常流程上"),
    "no objection while a notice hangs": (
        put(('form = "objection"\n', 'form = "objection"\nstates = ["archiving"]\n'), ('form = "answer"\n', 'form = "answer"\nstates = ["archiving"]\n')),
        'states = ["archiving"]', "公示期间不能登记异议",
    ),
    "objections by the payer alone": (
        put(('id = "raise_objection"\noffices = ["village", "township", "county"]', 'id = "raise_objection"\noffices = ["finance"]')),
        'offices = ["finance"]', "张贴单位和上级都不能登记异议",
    ),
    "parts that the village pays": (
        put(new_fact("pay_instalment", "village", "instalment")), 'offices = ["village"]', "不拨付",
    ),
    "parts under another name": (put(new_fact("advance", "finance", "instalment")), 'form = "instalment"', "它只属于 pay_instalment"),
    "parts of which the plan says nothing": (put(new_fact("pay_instalment", "finance", "instalment")), 'id = "pay_instalment"', "却没有 [[instalments]]"),
    "a payment that the village says came back": (
        put(('id = "payment_returned"\noffices = ["finance"]', 'id = "payment_returned"\noffices = ["village"]')), 'offices = ["village"]', "不拨付",
    ),
    "a payment anew under another name": (put(new_fact("again", "village", "reissue")), 'form = "reissue"', "它只属于 reissue_payment"),
    "a second person who may only read": (
        put(('[guards.second_person_confirmed]\noffices = ["township", "county"]', '[guards.second_person_confirmed]\noffices = ["auditor"]')),
        'offices = ["auditor"]', "只能查看，不得确认",
    ),
    "a late entry by one person alone": (put(("[guards.late_entry_agreed]\ndays = 30", "[guards.late_entry_agreed]\ndays = 31")), "days = 31", "长于稳妥的 30 天"),
    "a period that one person alone shortens": (put(("[guards.shortening_agreed]\ndays = 3\n", "[guards.shortening_agreed]\ndays = 9999\n")), "days = 9999", "长于稳妥的 3 天"),
    "a change to late entries by one person alone": (change('"guards.late_entry_agreed.days" = 400'), "[[changes]]", "自 2019-07-01 起：guards.late_entry_agreed：400 天"),
}  # fmt: skip


@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_is_refused_at_its_line(name: str) -> None:
    text, row, words = SLIPS[name]
    found = [p for p in refused(text) if words in p.zh]
    assert found, [p.words() for p in refused(text)]
    line = found[0].line
    assert line is not None
    assert text.split("\n")[line - 1] == row or text.split("\n")[line].strip() == row, (
        line,
        text.split("\n")[line - 1],
    )


@pytest.mark.parametrize("name", [name for name in SLIPS if name not in ("counts that disagree", "an empty source")])
def test_what_is_kept_with_a_slip_is_read(name: str) -> None:
    assert load_kept(SLIPS[name][0])


@pytest.mark.parametrize("name", TEXTS)
def test_the_plans_are_accepted(name: str) -> None:
    assert load_policy(TEXTS[name])


def test_slips_are_told_all_at_once_in_the_order_of_the_file() -> None:
    text = put(
        ('confirmed_by = [["poverty_office"]]', "confirmed_by = [[]]"),
        ("days = 5", "days = 0"),
        ('offices = ["finance"]', 'offices = ["finanse"]'),
        ('payee = "household"', 'payee = "mayor"'),
        ("yuan = 45232", 'yuan = "1.005"'),
    )
    told = refused(text)
    assert len(told) == 5
    assert [p.line for p in told] == sorted(p.line or 0 for p in told)


def test_a_city_names_its_counties_by_six_digits() -> None:
    text = put((QUOTA, 'planned = 28\nby_unit = { "150783" = 20, "150784" = 8 }\n'))
    assert load_policy(text)
    assert [p.zh for p in remarked(read_policy(text), text)] == [
        "计划户数 D级户：150784 不在本县（150783），只计入合计"
    ]


ODD: dict[str, tuple[str, str]] = {
    "a meeting without a quorum": (re.sub(r"\[guards\.quorum_reached\]\n(.+\n)+", "", A), "到会和同意人数不核查"),
    "a notice without days": (put(('days = 5\nunit = "calendar"', 'unit = "calendar"'), ('silent = ["unit", ', 'silent = ["days", "unit", ')), "没有天数"),
    "a household builds and the township is paid": (
        put(('builders = ["household", "township"]\n', 'builders = ["township", "household"]\n'), ('payee = "household"\nrule = "R40a"\nsource = "A 六"\nsilent = ["payee"]\n\n[[modes.payees]]', 'payee = "township"\nrule = "R40a"\nsource = "A 六"\nsilent = ["payee"]\n\n[[modes.payees]]')),
        "收款人却是乡镇政府",
    ),
    "an amount of nothing": (put(("yuan = 45232", "yuan = 0")), "谁都领不到"),
    "an average above what a household may get": (put(('kind = "fixed"\nyuan = 45232', 'kind = "average"\nyuan = 45232\nmost = 40000')), "低于户均 45232 元"),
    "a quota of no household": (put(("planned = 265", "planned = 0")), "计划户数为 0"),
    "issued years before": (put(("issued = 2019-06-04", "issued = 2015-06-04")), "方案年度却是 2019"),
    "an office enters for its neighbour": (put(('id = "finance"\n', 'id = "finance"\nrecords_for = ["appraiser"]\n')), "代平级的鉴定机构登记"),
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_what_is_merely_odd_is_a_remark(name: str) -> None:
    text, words = ODD[name]
    policy = load_policy(text).policy
    assert [p for p in remarked(policy, text) if words in p.zh and p.line], remarked(policy, text)


def test_a_plan_that_is_in_order_has_no_remark() -> None:
    for text in bundled().values():
        assert remarked(read_policy(text), text) == []


def test_the_days_of_an_instalment_are_told_from_a_deadline() -> None:
    parts: Any = '[[instalments]]\nid = "one"\nname = { zh = "全部", en = "all" }\nshare = "1/1"\ndays = %d\nsource = "六"\n\n[[lines]]\n'
    deadline = ('kind = "payment"\n', 'kind = "payment"\ndays = 30\n')
    text = put(("[[lines]]\n", parts % 30), deadline)
    assert [p.zh for p in remarked(load_policy(text).policy, text)] == [
        "instalments：全部的 days 是至少要等的天数（30 天），不是期限；拨付期限写在拨付步骤的 days"
    ]
    [told] = refused(put(("[[lines]]\n", parts % 31), deadline))
    assert "先满 31 天" in told.zh
    assert "只有 30 天" in told.zh


def test_a_plan_without_ways_out_says_so_once_with_its_line_and_what_to_add() -> None:
    shut = re.sub(r"\[\[ways\]\]\naction = \"(?!fail_|complete_)(?:.+\n)+", "", A)
    [told] = [p for p in refused(shut) if "死路" in p.zh]
    assert told.line is not None
    assert "请在 ways 中添加由此办结的出路" in told.zh
    assert "“村级公示中”" in told.zh


def test_groups_that_leave_the_other_units_out_are_told_so() -> None:
    head, tail = A.split("[[lines]]", 1)
    text = head.replace("[[subsidies]]\n", "[[subsidies]]\n# of one township\n").replace(
        "when = { modes", 'when = { units = ["150783106"], modes'
    )
    [told] = [p for p in refused(f"{text}[[lines]]{tail}") if p.zh.startswith("subsidies：没有适用于")]
    assert "6 张表都只适用于所列单位" in told.zh
    assert "建档立卡贫困户" in told.zh


def test_a_path_names_the_steps_as_the_plan_calls_them() -> None:
    found = refused(put(('to = "preliminary_acceptance"', 'to = "payment"')))
    told = next(p for p in found if p.zh.startswith("安全：未经"))
    assert "“提交申请” → “登记民主评议” → “张贴村级公示”" in told.zh
    assert "pass_final_acceptance" not in told.zh
    assert "submit_application -> record_deliberation" in told.en
