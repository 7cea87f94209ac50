"""Two policies compared in words: what differs, what only reads differently, and that nothing is left out."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from weigai.states.policy.step_tables import Step
from weigai.states.policy.tables import Policy, read_policy
from weigai.states.reading.compare import compare
from weigai.states.words.policy_terms import FIELDS, STEPS, TABLES
from weigai.workflow.library import bundled

TEXT = bundled()["zhalantun-2019-a"]
A, B = (read_policy(text) for text in bundled().values())
STEP = re.compile(r"\[\[steps\]\]\n(?:(?!\[\[).*\n)*")


def table(head: str, holds: str) -> str:
    """Return the text of the first table under a header that holds some text."""
    return next(m.group(0) for m in re.finditer(rf"{re.escape(head)}\n(?:(?!\[).*\n)*", TEXT) if holds in m.group(0))


TOWNSHIP = table("[[steps]]", 'kind = "publicity"\nlevel = "township"')


def edited(within: str, *edits: str) -> Policy:
    """Return plan A with edits made within one of its tables."""
    new = within
    for old, now in zip(edits[::2], edits[1::2], strict=True):
        assert old in new, old
        new = new.replace(old, now, 1)
    return read_policy(TEXT.replace(within, new, 1))


def said(a: Policy, b: Policy) -> list[tuple[str, str]]:
    return [(c.sentence("zh"), c.sentence("en")) for c in compare(a, b)]


@pytest.mark.parametrize(
    ("within", "edits", "zh", "en"),
    [
        (
            TOWNSHIP, ('unit = "calendar"', 'unit = "working"'),
            "乡镇公示：5 个自然日 → 5 个工作日", "township publicity: 5 calendar days -> 5 working days",
        ),
        (
            TOWNSHIP, ("days = 5", "days = 7", 'unit = "calendar"', 'unit = "working"'),
            "乡镇公示：5 个自然日 → 7 个工作日", "township publicity: 5 calendar days -> 7 working days",
        ),
        (
            TOWNSHIP, ("roll = false", "roll = true"),
            "乡镇公示：遇节假日顺延 否 → 是", "township publicity: rolls over days off no -> yes",
        ),
        (
            TOWNSHIP, ('silent = ["unit", ', "silent = ["),
            "乡镇公示：计日方式 方案未定 → 已定", "township publicity: unit the plan is silent -> settled",
        ),
        (
            table("[[steps]]", '"payment"'), ('["finance"]', '["finance", "county"]'),
            "资金发放：承办单位 财政部门 → 财政部门、市危改办", "payment: offices finance -> finance, county housing office",
        ),
        (
            table("[[subsidies]]", "45232"), ("45232", "46000"),
            "补助（改造方式 政府兜底房）：金额 45232 元 → 46000 元",
            "subsidy (modes guaranteed housing): amount 45232 yuan -> 46000 yuan",
        ),
        (
            table("[[subsidies]]", "45232"), ('"guaranteed_housing"', '"guaranteed_housing"], grades = ["D"'),
            "补助（改造方式 政府兜底房）：取消（类别 定额；金额 45232 元）",
            "subsidy (modes guaranteed housing): removed (kind fixed; amount 45232 yuan)",
        ),
        (
            table("[[quotas]]", "265"), ("265", "300"),
            "计划户数 C级户：计划户数 265 户 → 300 户", "quota grade C households: planned households 265 households -> 300 households",
        ),
        (
            table("[guards.entered_in_time]", ""), ('"warn"', '"block"', "days = 10", "days = 20"),
            "规则 R78 entered_in_time：天数 10 天 → 20 天", "rule R78 entered_in_time: days 10 days -> 20 days",
        ),
        (
            table("[guards.entered_in_time]", ""), ('"warn"', '"block"'),
            "规则 R78 entered_in_time：效力 提示后可办 → 不符不办", "rule R78 entered_in_time: effect done and flagged -> refused",
        ),
        (
            table("[guards.land_preferred]", ""), (table("[guards.land_preferred]", ""), ""),
            "规则 R5 land_preferred：取消（效力 提示后可办；具备其一 村内空闲用地、闲置宅基地、老宅基地）",
                "rule R5 land_preferred: removed (effect done and flagged; any of idle land, idle homestead, old homestead)",
        ),
        (
            table("[guards.quorum_reached]", ""), ('villagers_meeting = "1/2"', 'villagers_meeting = "2/3"'),
            "规则 R45 quorum_reached·到会比例：村民大会 1/2 → 2/3", "rule R45 quorum_reached, share present: villagers' meeting 1/2 -> 2/3",
        ),
        (
            table("[[papers]]", '"income_proof"'), ("original = true\n", ""),
            "材料 收入证明（扶贫办开具，原件和复印件）（提交申请）：须见原件 是 → 否",
            "paper proof of income issued by the poverty office (original and copy) (submit application): original seen yes -> no",
        ),
        (
            TOWNSHIP, ('source = "A 七(三)"', 'source = "A 七"'),
            "乡镇公示：出处 A 七(三) → A 七", "township publicity: source A 七(三) -> A 七",
        ),
    ],
)  # fmt: skip
def test_a_change_is_said_in_both_languages(within: str, edits: tuple[str, ...], zh: str, en: str) -> None:
    assert (zh, en) in said(A, edited(within, *edits))


def test_one_change_is_one_line() -> None:
    assert len(said(A, edited(TOWNSHIP, 'unit = "calendar"', 'unit = "working"'))) == 1


def test_a_step_that_moved_is_said_as_moved() -> None:
    steps = STEP.findall(TEXT)
    text = TEXT.replace("".join(steps[4:6]), steps[5] + steps[4])
    (change,) = compare(A, read_policy(text))
    assert change.kind == "moved"
    assert not change.only_words
    assert (change.sentence("zh"), change.sentence("en")) in [
        (
            "乡镇公示：移动：在乡镇审核之后 → 在上报乡镇之后",
            "township publicity: moved: after township review -> after report to the township",
        ),
        (
            "乡镇审核：移动：在上报乡镇之后 → 在乡镇公示之后",
            "township review: moved: after report to the township -> after township publicity",
        ),
    ]


def test_a_step_that_fell_away_moves_no_other() -> None:
    steps = STEP.findall(TEXT)
    assert [c.sentence("zh").split("（")[0] for c in compare(A, read_policy(TEXT.replace(steps[6], "", 1)))] == [
        "乡镇会议：取消"
    ]


def test_a_policy_does_not_differ_from_itself() -> None:
    assert compare(A, read_policy(TEXT + "\n# a remark\n")) == ()


def test_what_is_added_one_way_is_removed_the_other_way() -> None:
    there, back = compare(A, B), compare(B, A)
    turned = {"added": "removed", "removed": "added", "changed": "changed", "moved": "moved"}
    assert sorted((c.path, turned[c.kind]) for c in there) == sorted((c.path, c.kind) for c in back)
    assert [c.only_words for c in there] == sorted(c.only_words for c in there)


def test_sources_alone_are_wording() -> None:
    other = read_policy(TEXT.replace('source = "A ', 'source = "甲 ').replace('note = "', 'note = "N.B. '))
    assert {c.only_words for c in compare(A, other)} == {True}


@given(data=st.data(), text=st.sampled_from(list(bundled().values())))
def test_no_difference_of_two_policies_is_left_out(data: Any, text: str) -> None:
    plan = tomllib.loads(text)
    name = data.draw(st.sampled_from([n for n, v in plan.items() if isinstance(v, list) and len(v) > 2]))
    number, other = (data.draw(st.integers(0, len(plan[name]) - 1)) for _ in range(2))
    if data.draw(st.booleans()):
        del plan[name][number]
    else:
        plan[name][number], plan[name][other] = plan[name][other], plan[name][number]
    before, after = read_policy(text), Policy.model_validate(plan)
    found = compare(before, after)
    assert bool(found) is (before != after)
    assert len({c.path for c in found if c.kind != "moved"}) == len([c for c in found if c.kind != "moved"])
    assert all(c.sentence("zh") and c.sentence("en") for c in found)


@given(data=st.data())
def test_every_number_that_changes_is_said(data: Any) -> None:
    number = re.compile(r"^(days|yuan|planned|years|cap|relaxed_cap|minimum) = (\d+)$", re.MULTILINE)
    one = data.draw(st.sampled_from(list(number.finditer(TEXT))))
    now = data.draw(st.integers(1, 300))
    b = read_policy(f"{TEXT[: one.start(2)]}{now}{TEXT[one.end(2) :]}")
    found = compare(A, b)
    assert len(found) == (now != int(one.group(2)))
    assert all(str(now) in c.sentence("zh") and one.group(2) in c.sentence("en") for c in found)


def test_a_field_of_a_later_release_is_compared_too() -> None:
    class LaterStep(Step):
        colour: str = "red"

    class Later(Policy):
        steps: tuple[LaterStep, ...]
        weather: str | None = None

    plan = tomllib.loads(TEXT)
    a = Later.model_validate(plan)
    plan["weather"] = "rain"
    plan["steps"][0]["colour"] = "blue"
    assert sorted(said(a, Later.model_validate(plan))) == [
        ("方案：weather 无 → rain", "plan: weather none -> rain"),
        ("申请：colour red → blue", "application: colour red -> blue"),
    ]


def test_every_table_of_today_has_its_words() -> None:
    lists = {name for name, field in Policy.model_fields.items() if "tuple[weigai" in str(field.annotation)}
    assert lists - {"steps"} <= set(TABLES)
    assert not [s.key for s in (*A.steps, *B.steps) if s.key not in STEPS and not s.key.islower()]
    assert {"days", "cap", "relaxed_cap", "floor", "yuan", "planned", "offices", "effect"} <= set(FIELDS)
