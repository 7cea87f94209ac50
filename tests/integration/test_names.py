"""People are found and known whichever dot, blank or unseen character was typed, in records of earlier releases too."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from datetime import date
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from weigai.db.cases.kin import in_household
from weigai.states.errors import WeigaiError
from weigai.workflow.reports.suspicions import Limits

from tests.support import COUNTY, HEAD, KEYS, TOWNSHIP, VILLAGE, Desk, person, tampering

if TYPE_CHECKING:
    from weigai.states.actor import Actor

CLERK = person("village")
DOTS = "·•・．‧⋅∙"


def opened(desk: Desk, name: str) -> str:
    return desk.open(head={**HEAD, "name": name, "registered_poor": True})


def of_before(kind: str, value: str) -> str:
    """Return the token that releases up to this one made."""
    own = hmac.new(KEYS.secret, f"weigai.index.{kind}".encode(), hashlib.sha256).digest()
    normal = "".join(unicodedata.normalize("NFKC", value).split()).upper()
    return hmac.new(own, normal.encode(), hashlib.sha256).hexdigest()


def put_token(desk: Desk, token: str) -> None:
    """Let the name's row of the index be another one."""
    with tampering(desk.session):
        desk.session.execute(text("UPDATE weigai_index SET token = :token WHERE kind = 'name'"), {"token": token})


def found(desk: Desk, name: str, actor: Actor = CLERK) -> list[str]:
    return [case.id for case in desk.api.search("name", name, actor=actor)]


def problems(desk: Desk) -> tuple[object, ...]:
    return tuple(desk.api.records.verify().problems)


def test_no_dot_and_nothing_unseen_hides_a_person(store_desk: Desk) -> None:
    case = opened(store_desk, "阿·买")
    for dot in DOTS:
        assert found(store_desk, f"阿{dot}买") == [case], dot
    for typed in ("阿·\u200b买", "\ufeff阿 ·　买", "阿\u200d·\u00ad买\u200e"):
        assert found(store_desk, typed) == [case], ascii(typed)
    assert found(store_desk, "阿买") == []


@pytest.mark.parametrize("kept", DOTS)
def test_a_record_of_before_is_found_by_each_dot_and_verifies(desk: Desk, kept: str) -> None:
    case = opened(desk, f"阿{kept}买")
    put_token(desk, of_before("name", f"阿{kept}买"))
    for dot in DOTS:
        assert found(desk, f"阿{dot}\u200b买") == [case], dot
    assert problems(desk) == ()


def test_a_record_of_before_verifies_on_both_databases_and_another_token_does_not(store_desk: Desk) -> None:
    opened(store_desk, "阿•买")
    put_token(store_desk, of_before("name", "阿•买"))
    assert problems(store_desk) == ()
    put_token(store_desk, of_before("name", "阿买"))
    assert problems(store_desk)


def test_a_correction_takes_the_token_of_before_away(desk: Desk) -> None:
    case = opened(desk, "阿•买")
    put_token(desk, of_before("name", "阿•买"))
    found_before = found(desk, "阿·买")
    head = {**HEAD, "name": "王五", "registered_poor": True}
    desk.take(
        case,
        "correct",
        "county",
        correction={"household": {"head": head}},
        cause="error",
        reason="登记有误",
        agreed_by="p-township",
    )
    assert (found_before, found(desk, "阿·买"), found(desk, "王五")) == ([case], [], [case])
    assert problems(desk) == ()


def test_a_number_is_kept_without_what_nobody_sees(store_desk: Desk) -> None:
    number = HEAD["id_number"]
    typed = f"\ufeff{number[:6]}\u200b{number[6:]}\u200e"
    case = store_desk.open(head={**HEAD, "id_number": typed, "registered_poor": True})
    assert [c.id for c in store_desk.api.search("id_number", number, actor=CLERK)] == [case]
    assert [c.id for c in store_desk.api.search("id_number", typed, actor=CLERK)] == [case]
    assert problems(store_desk) == ()


def test_an_officials_own_household_is_known_whatever_was_typed(store_desk: Desk) -> None:
    number, relative = "150799196103030027", "11010519491231002X"
    register, admin = store_desk.api.register, person("admin")
    register.import_units([(COUNTY, "县"), (TOWNSHIP, "镇"), (VILLAGE, "村")], actor=admin)
    register.add_person(COUNTY, "p-9", "\ufeff李　四\u200b", offices=[("village", VILLAGE)], actor=admin)
    told = {"id_number": f"\ufeff{number[:9]}\u200b{number[9:]}", "card": "6217000000000001\u200e"}
    kin = {"name": "王\u00ad五", "id_number": f"{relative[:-1]}\u2060ｘ", "relation": "child"}
    register.declare("p-9", {**told, "relatives": [kin]}, actor=admin)
    case = store_desk.open(
        head={"name": "李四", "id_number": number, "registered_poor": True},
        members=[{"name": "王五", "id_number": relative, "relation": "child"}],
    )
    known = in_household(store_desk.session.connection(), case, ["p-9"], [])
    assert known == (("p-9", "own_card"), ("p-9", "own_number"), ("p-9", "relative"))
    assert [p["name"] for p in register.persons(actor=admin)] == ["李 四"]
    assert problems(store_desk) == ()


@pytest.mark.parametrize("who", ["\ud800", "a\0b", "x" * 5000, ["p-2"], {"a": 1}, 7, True, "张三"])
def test_an_id_that_is_none_is_refused_before_anything_is_asked_of_the_database(store_desk: Desk, who: object) -> None:
    case = store_desk.open()
    for act in ("withdraw", "suspend", "correct"):
        with pytest.raises(WeigaiError) as refused:
            store_desk.api.take(
                case, act, actor=person("county"), on=store_desk.today, data={"agreed_by": who, "reason": "x"}
            )
        assert "agreed_by" in refused.value.message("en")
    assert store_desk.api.get(case, actor=CLERK).version == 1


@pytest.mark.parametrize("day", [date.min, date.max])
def test_a_day_at_either_end_of_the_calendar_is_refused_or_answered(desk: Desk, day: date) -> None:
    case = desk.open()
    road = desk.walk(case, "village_publicity")
    assert road
    for decision in desk.api.available(case, actor=CLERK, on=day):
        assert not decision.allowed or decision.findings
    for act in ("raise_objection", "suspend", "withdraw", "record_demolition"):
        with pytest.raises(WeigaiError):
            desk.api.take(case, act, actor=CLERK, on=day, data={"reason": "x"})
    desk.api.records.findings(actor=person("county"), limits=Limits(sleep=2**63 - 1, minutes=2**63 - 1))
