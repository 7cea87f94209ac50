"""The JSON Schema of a policy file: what an editor shows and what it underlines."""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from weigai.states.errors import PolicyRefused
from weigai.states.policy.tables import read_policy
from weigai.workflow.policies.schemas import policy_schema

from tests.unit.test_describe import TEXTS

SCHEMA = policy_schema()
VALIDATOR = Draft202012Validator(SCHEMA)
TEXT = TEXTS["zhalantun-2019-a"]


def plain(text: str) -> Any:
    """Return a TOML text as an editor's validator sees it: dates are strings."""
    return json.loads(json.dumps(tomllib.loads(text), default=str))


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$id"]


@pytest.mark.parametrize("name", TEXTS)
def test_every_plan_fits(name: str) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(plain(TEXTS[name]))] == []


def test_every_key_says_what_it_is_in_both_languages() -> None:
    for table in (SCHEMA, *SCHEMA["$defs"].values()):
        assert table["description"]
        assert table["additionalProperties"] is False
        for name, value in table["properties"].items():
            assert re.search("[一-鿿].*[A-Za-z]", value["description"]), (table["title"], name)


def test_it_offers_no_table_that_a_new_file_is_refused_for() -> None:
    assert "rule_exemptible" not in SCHEMA["$defs"]["Guards"]["properties"]
    table = '[guards.rule_exemptible]\nsource = "A 九"\nnever = []\n\n[guards.entered_in_time]\n'
    assert list(VALIDATOR.iter_errors(plain(TEXT.replace("[guards.entered_in_time]\n", table, 1))))


MISTAKES = [
    ("days = 5\n", "dayz = 5\n"), ('kind = "publicity"', 'kind = "publicty"'), ("year = 2019\n", ""),
    ('unit = "calendar"', 'unit = "weeks"'), ("days = 5\n", 'days = "five"\n'), ('source = "A 七(二)"', 'source = ""'),
    ('effect = "warn"', 'effect = "maybe"'), ('form = "returning"', 'form = "retuning"'),
    ('silent = ["kind"', 'silent = ["knid"'), ("format = 1", "format = 2"), ('county = "150783"', 'county = "1507"'),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong"), MISTAKES)
def test_a_mistake_that_the_reading_refuses_is_underlined(right: str, wrong: str) -> None:
    if right not in TEXT:
        right, wrong = 'silent = ["start"', 'silent = ["strat"'
    text = TEXT.replace(right, wrong, 1)
    assert text != TEXT
    assert list(VALIDATOR.iter_errors(plain(text)))
    if wrong != 'form = "retuning"':  # names of forms are looked up after the reading
        with pytest.raises(PolicyRefused):
            read_policy(text)
