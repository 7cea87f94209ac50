"""What people hand in: one way to write each thing, and every field accounted for."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from weigai.states.errors import InputRefused
from weigai.states.forms import acts as forms
from weigai.states.forms.fields import Text
from weigai.states.forms.form import missing, recorded
from weigai.states.forms.household import House, Household, Person, read_household
from weigai.states.personal import PERSONAL
from weigai.states.policy.sourced import When
from weigai.states.procedure.conditions import Traits, compiled, fits

from tests.support import household

AT = date(2019, 6, 10)


@pytest.mark.parametrize(
    ("form", "data"),
    [
        ("approval", {"area": value}) for value in (-1, "-1", "nan", "1e3", "１２", "1_0", 5.5, "5.555", "", True, "100000", None.__class__)
    ]
    + [("deliberation", {"present": value}) for value in ("１", "1_0", 1.5, -1, True, "9999999999", 10**5000, "x")]
    + [("deliberation", {"approved": value}) for value in ("maybe", 1, 0, "1", [], "ＴＲＵＥ")]
    + [("report", {"form_on": value}) for value in ("2019-02-30", "20190610", 20190610, datetime(2019, 6, 10), "")]  # noqa: DTZ001
    + [("payment", {"amount": value}) for value in ("-0.01", "0.001", "1e9", "Infinity", 1.0, "99999999999", 10**5000)]
    + [("nothing", {}) for _ in ()]
    + [("posting", {"places": value}) for value in (["Village Board"], "看板", [1], {"a": 1})]
    + [("objection", {"grounds": value}) for value in ("", " ", "a\0b", "\x1b[2J", "a\u202eb", "\ud800", 7, "x" * 1001)]
    + [("appraisal", {"grade": value}) for value in ("", "D 级", "ＤD")]
    + [("acceptance", {"checklist": value}) for value in ({"safe": "x"}, {"Safe": True}, [], {"wall": -1})],
)  # fmt: skip
def test_a_value_that_is_not_of_its_form_is_refused(form: str, data: dict) -> None:
    with pytest.raises(InputRefused) as refused:
        forms.read(form, data)
    assert next(iter(data)) in refused.value.message("en")
    assert not [word for word in ("4300", "function-", " at 0x") if word in refused.value.message("en")]  # Python's own


@given(st.decimals(0, 99999, places=2), st.decimals(0, 9_999_999, places=2))
def test_areas_and_money_are_exact(area: Decimal, yuan: Decimal) -> None:
    read = forms.read("approval", {"area": str(area), "planned_cost": yuan})
    told = recorded(read)
    assert Decimal(told["area"]) == area
    assert told["planned_cost_fen"] == int(yuan * 100)


def test_a_form_says_what_is_missing_and_its_schema_agrees() -> None:
    assert missing(forms.read("agreement", None)) == ("items", "complete_by")
    assert forms.schema("agreement")["required"] == ["items", "complete_by"]
    assert missing(forms.read("agreement", {"items": "task", "complete_by": "2019-08-01"})) == ()


def text_fields(model: type[BaseModel]):
    for name, field in model.model_fields.items():
        kinds = {field.annotation, *get_args(field.annotation)}
        if (str in kinds and any("_text" in repr(m) for m in field.metadata)) or any(
            "_text" in repr(getattr(k, "__metadata__", "")) for k in kinds
        ):
            yield name


# Free text that names no person: what a body, a standard or a number of a paper is called.
PUBLIC = {"body", "standard", "system_number", "voucher"}


@pytest.mark.parametrize("model", [*forms.FORMS.values(), Person, House, Household], ids=lambda m: m.__name__)
def test_every_free_text_is_personal_or_listed_as_public(model: type[BaseModel]) -> None:
    assert Text
    assert set(text_fields(model)) <= PERSONAL | PUBLIC


def test_household_numbers_are_brought_into_form() -> None:
    read = read_household(household(head={"name": " 张三 ", "id_number": "11010519491231002x"}), at=AT)
    assert (read.head.name, read.head.id_number) == ("张三", "11010519491231002X")


def test_a_household_that_is_no_object_is_refused() -> None:
    for data in ([], "x", None, 1):
        with pytest.raises(InputRefused, match="one JSON object"):
            read_household(data, at=AT)


def test_conditions_hold_only_where_what_they_ask_is_known() -> None:
    plain = Traits(
        frozenset({"a"}),
        no_house=False,
        grades=None,
        modes="repair",
        builders=None,
        new_build=False,
        relaxed_area=False,
        demolished_first=False,
    )
    assert fits(compiled(When()), plain)
    assert fits(compiled(When(classes=("a", "b"), modes=("repair",), new_build=False)), plain)
    assert not fits(compiled(When(classes=("b",))), plain)
    assert not fits(compiled(When(grades=("C",))), plain)
    assert not fits(compiled(When(no_house=True)), plain)
