"""Problems of a policy file name the line that is wrong, and what a misspelt name may have meant."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from weigai.states.errors import PolicyRefused
from weigai.states.policy.tables import read_policy
from weigai.states.policy.toml_lines import line_of, lines_of, meant
from weigai.states.proofs.load import load_policy
from weigai.workflow.library import bundled

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXTS = list(bundled().values())
TEXT = bundled()["zhalantun-2019-a"]
KEY = re.compile(r"^([a-z_]+) = ")

TRICKY = '''\
# a = 1
title = "x # [steps] \\" y = 2"   # [[no]]
long = """
[not.a.table]
key = 1 \\"""
""""
raw = \'\'\'
[[neither]]\'\'\'
quoted."a b".c = 'it = [1]'
list = [
  "one", # ]
  { x = 1, y = [2,
    3] },
  [4, 5],
]
empty = []
when = 1979-05-27 07:32:00

[a.b]
c = { d.e = { f = "}" } }
[[rows]]
n = 1
[rows.sub]
m = 2
  [[rows.deep]]
  k = 1
  [[rows.deep]]
  k = 2
[[ rows ]]
[rows . deep]
k = true
'''


def paths(value: Any, above: tuple[str, ...] = ()) -> Iterator[str]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, found in inner:
        yield ".".join((*above, str(key)))
        yield from paths(found, (*above, str(key)))


@pytest.mark.parametrize("text", [*TEXTS, TRICKY, TRICKY.replace("\n", "\r\n"), "", "# nothing"])
def test_every_path_of_a_file_has_its_line_and_no_other_path_has_one(text: str) -> None:
    assert set(lines_of(text)) == set(paths(tomllib.loads(text)))


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("title", 2),
        ("long", 3),
        ("raw", 7),
        ("quoted.a b.c", 9),
        ("list", 10),
        ("list.0", 11),
        ("list.1.y", 12),
        ("list.1.y.1", 13),
        ("list.2.1", 14),
        ("empty", 16),
        ("when", 17),
        ("a", 19),
        ("a.b", 19),
        ("a.b.c.d.e.f", 20),
        ("rows", 21),
        ("rows.0", 21),
        ("rows.0.sub.m", 24),
        ("rows.0.deep.1", 27),
        ("rows.0.deep.1.k", 28),
        ("rows.1", 29),
        ("rows.1.deep.k", 31),
        ("rows.1.nothing", 29),
        ("rows.0.deep.1.no.such.thing", 27),
        ("nothing", 1),
        ("", 1),
    ],
)
def test_a_path_stands_at_its_line_or_at_what_it_stands_in(path: str, line: int) -> None:
    assert line_of(lines_of(TRICKY), path) == line


@given(st.text(alphabet="[]{}\"'=.,#\n\\ ab1-_", max_size=60))
def test_a_text_that_is_no_toml_ends_too(text: str) -> None:
    lines_of(text)


def refused(text: str) -> tuple[str, ...]:
    with pytest.raises(PolicyRefused) as error:
        load_policy(text, "ours.toml")
    assert all(re.search("[一-鿿]", problem.zh) for problem in error.value.problems), error.value.problems
    return tuple(problem.words("en") for problem in error.value.problems)


def wronged(text: str, draw: Any) -> tuple[str, int, str]:
    """Return a policy's text with one key misspelt, its line and the key as it is written now."""
    rows = text.split("\n")
    keyed = [i for i, row in enumerate(rows) if KEY.match(row)]
    number = draw(st.sampled_from(keyed))
    rows[number] = "zz_" + rows[number]
    return "\n".join(rows), number + 1, rows[number].split(" ")[0]


@given(data=st.data(), text=st.sampled_from(TEXTS))
def test_a_key_broken_anywhere_is_reported_at_its_line(data: Any, text: str) -> None:
    broken, line, key = wronged(text, data.draw)
    found = [p for p in refused(broken) if f"{key}: unknown field" in p]
    assert len(found) == 1
    assert found[0].startswith(f"line {line}: ")


@given(data=st.data(), text=st.sampled_from(TEXTS))
def test_a_value_broken_anywhere_is_reported_at_its_line(data: Any, text: str) -> None:
    rows = text.split("\n")
    plain = [i for i, row in enumerate(rows) if KEY.match(row) and row.endswith('"') and '"""' not in row]
    number = data.draw(st.sampled_from(plain))
    rows[number] = rows[number].partition(" = ")[0] + " = [[1.5]]"
    with pytest.raises(PolicyRefused) as error:
        read_policy("\n".join(rows))
    assert number + 1 in [problem.line for problem in error.value.problems]


def line(text: str, nth: int = 0, of: str = TEXT) -> int:
    return [i for i, row in enumerate(of.split("\n"), 1) if row == text][nth]


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("\ndays = 5\n", "\ndayz = 5\n", "dayz: unknown field (did you mean: days?)"),
        ("\nyear = 2019\n", "\nyaer = 2019\n", "yaer: unknown field (did you mean: year?)"),
        ("\n[guards.consent_given]\n", "\n[guards.consent_takn]\n", "(did you mean: consent_given"),
        ("\n[numbering]\n", "\n[numberings]\n", "(did you mean: numbering?)"),
        ('\nper = "county"\n', '\nqqq = "county"\n', "known: digits, effect, note, pattern, per, reading"),
        ('\nper = "county"\n', '\nper = "moon"\n', "numbering.per: Input should be"),
        ('\nunit = "calendar"\n', '\nunit = "moon"\n', "unit: Input should be"),
    ],
)
def test_a_problem_of_reading_says_its_line(old: str, new: str, where: str) -> None:
    broken = TEXT.replace(old, new, 1)
    number = line(new.strip("\n"), of=broken)
    assert any(p.startswith(f"line {number}: ") and where in p for p in refused(broken)), refused(broken)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('offices = ["finance"]', 'offices = ["finanse"]', "no such office: finanse (did you mean: finance?)"),
        ('offices = ["finance"]', 'offices = ["xyz"]', "no such office: xyz (known: admin, appraiser, "),
        (
            'confirmed_by = [["poverty_office"]]',
            'confirmed_by = [["poverty"]]',
            "poverty (did you mean: poverty_office?)",
        ),
        ('form = "failing"', 'form = "failed"', "no such form: failed (did you mean: failing?)"),
        ('at = "record_deliberation"', 'at = "record_deliberations"', "(did you mean: record_deliberation?)"),
        (
            'when = { modes = ["guaranteed_housing"] }',
            'when = { modes = ["guaranteed"] }',
            "no such mode: guaranteed (",
        ),
        ('id = "attach"', 'id = "record_survey"', "facts: record_survey occurs twice"),
    ],
)
def test_a_name_that_nothing_has_says_its_line_and_what_was_meant(old: str, new: str, problem: str) -> None:
    assert old in TEXT
    broken = TEXT.replace(old, new, 1)
    number = broken[: broken.index(new)].count("\n") + 1
    if new.startswith("id"):  # of two the later one is named
        number = broken[: broken.rindex(new)].count("\n") + 1
    assert any(p.startswith(f"line {number}: ") and problem in p for p in refused(broken)), refused(broken)


def test_a_way_that_the_graph_refuses_says_its_line() -> None:
    start = 'start = ["payment", "archiving"]'
    broken = TEXT.replace(start, 'start = ["nowhere"]', 1)
    table = broken[: broken.rindex("[[ways]]", 0, broken.index('["nowhere"]'))].count("\n") + 1
    assert any(p.startswith(f"line {table}: ways: ") and "nowhere" in p for p in refused(broken)), refused(broken)


def test_a_table_that_lacks_a_value_is_named_by_its_own_line() -> None:
    broken = TEXT.replace('[[steps]]\nkind = "report"\nlevel = "village"\n', '[[steps]]\nkind = "report"\n', 1)
    number = line('kind = "report"', of=broken) - 1
    assert refused(broken) == (f"line {number}: steps.3.level: Field required",)


def test_several_problems_come_at_once_in_the_order_of_the_file() -> None:
    broken = TEXT.replace("\n[guards.consent_given]\n", "\n[guards.consent]\n").replace("\ndays = 5\n", "\ndayz = 5\n")
    numbers = [int(p.removeprefix("line ").partition(":")[0]) for p in refused(broken)]
    assert len(numbers) > 3
    assert numbers == sorted(numbers)


def test_a_text_that_is_no_toml_says_its_line_as_ever() -> None:
    assert "line 2" in refused("a = 1\nb = \n")[0]


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a ＝ 1\n", 1, "全角符号 ＝ 应改为半角的 ="),
        ("a = 1\nb = “甲，乙”\n", 2, '弯引号 “ 应改为半角的 "'),
        ("a = ‘x’\n", 1, "弯引号 ‘ 应改为半角的 '"),
        ("a = １5\n", 1, "全角符号 １ 应改为半角的 1"),
        ("［[steps]]\n", 1, "全角符号 ［ 应改为半角的 ["),
        ("a = [1，2]\n", 1, "全角符号 ， 应改为半角的 ,"),
        ("\u3000a = 1\n", 1, "应改为半角的 空格"),
        ("a = 5天\n", 1, "数字不带单位"),
        ("a = 三\n", 1, "文字须加半角双引号"),
        ("天数 = 5\n", 1, "键名"),
        ('a = "x\nb = 1\n', 1, "没有用引号结束"),
        ("a = [1\nb = 2\n", 2, "列表没有用 ] 结束"),
        ("[a]\nb = 1\n[a]\n", 3, "同一个表头写了两次"),
        ("a = 1\na = 2\n", 2, "同一个键写了两次"),
        ("a =\n", 1, "值的写法不对"),
    ],
)
def test_a_slip_of_toml_says_in_chinese_its_line_and_usual_cause(text: str, line: int, said: str) -> None:
    with pytest.raises(PolicyRefused) as error:
        read_policy(text)
    found = error.value.problems[0]
    assert (found.line, said in found.zh) == (line, True), found


@given(st.data())
def test_every_full_width_sign_between_the_texts_is_told_at_once(data: st.DataObject) -> None:
    rows = TEXT.split("\n")
    keyed = [i for i, row in enumerate(rows) if KEY.match(row)]
    chosen = data.draw(st.lists(st.sampled_from(keyed), min_size=1, max_size=5, unique=True))
    for number in chosen:
        rows[number] = rows[number].replace(" = ", " ＝ ", 1)
    assert [p.split(":")[0] for p in refused("\n".join(rows))] == [f"line {n + 1}" for n in sorted(chosen)]


def test_a_name_far_from_all_lists_them() -> None:
    assert meant("dayz", ("days", "unit")) == ("（是否应为 days？）", " (did you mean: days?)")
    assert meant("colour", ("unit", "days")) == ("（可用：days, unit）", " (known: days, unit)")
