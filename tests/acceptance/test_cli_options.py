"""An option exists only on commands that use it, and a global one is understood wherever it is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.forks import Terminal
from tests.support import TOWNSHIP, VILLAGE

LIST = f"{VILLAGE}-N-2019-0001"


@pytest.fixture
def office(tmp_path: Path, trial: Path) -> Terminal:
    return Terminal.copied(trial, tmp_path)


@pytest.mark.parametrize(
    ("command", "unused"),
    [
        (["user", "add", "p-0005", "--office", f"village@{VILLAGE}"], ["--expect-version", "--for", "--reason"]),
        (["list", "send", LIST], ["--expect-version", "--reason", "--agreed-by"]),
        (["list", "receive", LIST], ["--expect-version", "--reason", "--agreed-by"]),
        (["list", "new", "notice", "--unit", VILLAGE], ["--expect-version"]),
        (["unit", "record", VILLAGE, "adopt_village_plan"], ["--expect-version"]),
        (["case", "open", "--policy", "p", "--unit", VILLAGE, "--household", "x.json"], ["--expect-version"]),
        (["user", "grant", "p-0001", f"village@{VILLAGE}"], ["--on", "--for", "--reason"]),
        (["case", "check", "c", "approve"], ["--dry-run", "--request-id", "--expect-version"]),
    ],
    ids=lambda value: " ".join(value[:2]),
)
def test_an_option_that_a_command_does_not_use_is_no_option_of_it(
    office: Terminal, command: list[str], unused: list[str]
) -> None:
    for option in unused:
        office(*command, option, "1", code=2)
        assert "No such option" in office.err and option in office.err, office.err


def test_a_version_is_not_expected_of_a_whole_list(office: Terminal) -> None:
    office("case", "advance", "--list", LIST, "post_village_notice", "--expect-version", "3", code=2)
    assert "--expect-version" in office.err


@pytest.mark.parametrize(
    "words",
    [
        ["--json", "unit", "list"],
        ["unit", "--json", "list"],
        ["unit", "list", "--json"],
    ],
)
def test_a_global_option_is_understood_in_any_place(office: Terminal, words: list[str]) -> None:
    assert json.loads(office(*words)) == office.json("unit", "list")


def test_every_global_option_is_understood_behind_a_command(office: Terminal, tmp_path: Path) -> None:
    own = office.json("user", "list", "--lang", "en", "--clock-checked")
    assert own == office.json("user", "list")
    office("inbox", "--as", "nobody-here", code=4)
    assert "nobody-here" in office.err
    office("inbox", "--db", f"sqlite:///{tmp_path / 'none.db'}", code=4)
    assert "weigai init" in office.err
    assert "village" in office("unit", "list", "--lang", "en")
    assert "village" in office("--lang", "zh", "unit", "list", "--lang", "en")


def test_the_value_of_another_option_is_no_global_option(office: Terminal) -> None:
    words = ["unit", "record", TOWNSHIP, "submit_progress", "--on", "2019-05-14", *office.papers("progress_report")]
    assert "请求号" in office(*words, "--reason", "--json")
