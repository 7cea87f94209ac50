"""What a plan lacks it says: a village publicity or an identity step that a file neither has nor declares is refused."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from weigai.states.errors import PolicyRefused
from weigai.states.proofs.load import load_kept, load_policy
from weigai.states.reading.describe import described
from weigai.workflow.library import bundled

from tests.unit.safety import SOURCE, toml

FOLDER = Path(__file__).parent.parent / "counties" / "policies"
TEXTS = {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.toml"))} | bundled()
LACKING = {name: {lack["step"] for lack in tomllib.loads(text).get("lacks", ())} for name, text in TEXTS.items()}


def changed(name: str, **tables: Any) -> str:
    return toml({**tomllib.loads(TEXTS[name]), **tables})


def refused(text: str) -> list[tuple[str | None, str, str]]:
    with pytest.raises(PolicyRefused) as told:
        load_policy(text)
    return [(problem.path, problem.zh, problem.en) for problem in told.value.problems]


def test_six_and_eight_of_the_ten_plans_say_what_they_lack() -> None:
    assert sum("village_publicity" in lacking for lacking in LACKING.values()) == 6
    assert sum("identity" in lacking for lacking in LACKING.values()) == 8
    assert not LACKING["zhalantun-2019-a"] | LACKING["zhalantun-2019-b"]


@pytest.mark.parametrize("name", [name for name, lacking in LACKING.items() if lacking])
def test_a_file_that_neither_has_nor_declares_a_step_is_refused(name: str) -> None:
    found = refused(changed(name, lacks=[]))
    assert len(found) == len(LACKING[name])
    for (path, zh, en), step in zip(found, sorted(LACKING[name], reverse=True), strict=True):
        assert path == "steps"
        assert f'[[lacks]] step = "{step}"' in zh
        assert f'[[lacks]] step = "{step}"' in en


@pytest.mark.parametrize("step", ["village_publicity", "identity"])
def test_what_a_plan_has_is_not_declared_as_lacking(step: str) -> None:
    [(path, _, en)] = refused(changed("zhalantun-2019-a", lacks=[{"step": step, **SOURCE}]))
    assert (path, "the plan has the step" in en) == ("lacks.0.step", True)


def test_one_step_is_declared_once() -> None:
    lacks = [{"step": name, **SOURCE} for name in ("village_publicity", "identity", "identity")]
    [(path, _, en)] = refused(changed("chayuan-2024", lacks=lacks))
    assert (path, "named before" in en) == ("lacks.2.step", True)


def test_a_notice_of_the_results_is_no_village_publicity() -> None:
    plan = tomllib.loads(TEXTS["jinzhai-2021"])
    [village] = [step for step in plan["steps"] if step["kind"] == "publicity"]
    late = {**village, "name": "results", "title": {"zh": "结果", "en": "results"}}
    rest = [step for step in plan["steps"] if step is not village]
    at = next(number for number, step in enumerate(rest) if step["kind"] == "payment") + 1
    plan["steps"] = [*rest[:at], late, *rest[at:]]
    assert any('[[lacks]] step = "village_publicity"' in en for _, _, en in refused(toml(plan)))


def test_a_kept_plan_that_declares_nothing_is_still_read() -> None:
    assert load_kept(changed("chayuan-2024", lacks=[])).policy.lacks == ()


@pytest.mark.parametrize(("lang", "words"), [("zh", "村级公示"), ("en", "village publicity")])
def test_what_a_plan_lacks_is_told_first(lang: str, words: str) -> None:
    first = described(load_policy(TEXTS["chayuan-2024"]).policy, lang)[0]
    assert (first.name, first.lines[0].text) == ("lacks", words)
