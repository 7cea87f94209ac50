"""Personal values: encrypted where they are kept, masked where they are shown, found by number, destroyed when erased."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session
from weigai.db import Keys
from weigai.db.vault.master_keys import masters
from weigai.db.vault.rotation import rewrap
from weigai.states.errors import IntegrityBroken
from weigai.workflow import (
    Actor,
    Approvals,
    Attachment,
    CaseNotFound,
    GuardsNotMet,
    InputRefused,
    KeysMissing,
    KeysOutdated,
    NotFound,
    RequestReused,
)

from tests.support import KEYS, LEFT, VILLAGE, Desk, household, person

if TYPE_CHECKING:
    from pathlib import Path

CANARY = {
    "head": {"name": "金丝雀", "id_number": "150799195406120017", "registered_poor": True, "phone": "13900000001"},
    "members": [{"name": "银丝雀", "id_number": "150799196103030027", "relation": "spouse"}],
    "account": {"card": "6217009999999999", "card_holder": "金丝雀"},
    "house": {"address": "金丝雀巷一号"},
    "note": "金丝雀备注",
}
PLAIN = ("丝雀", "150799195406120017", "150799196103030027", "6217009999999999", "13900000001", '"registered_poor"')
DECLARED = {
    "id_number": "150799198802290038",
    "relatives": [{"name": "铜丝雀", "id_number": "150799196103030027", "relation": "spouse"}],
}
TABLES = (
    "case", "event", "private", "key", "document", "index", "stream", "list", "list_case", "person", "grant", "unit",
    "tally", "unit_record",
)  # fmt: skip


def everything(desk: Desk) -> str:
    """Return every cell of every table as one text."""
    cells = []
    for table in TABLES:
        for row in desk.session.execute(text(f"SELECT * FROM weigai_{table}")):
            cells += [str(cell) for cell in row]
    return "\n".join(cells).replace('"registered_poor":', "")  # the flag's own name


def walked(desk: Desk) -> str:
    case = desk.open(**CANARY)
    desk.walk(case, "village_publicity", record_deliberation={"reason": "金丝雀理由"})
    desk.take(case, "raise_objection", "village", level="village", grounds="金丝雀异议", raised_by="银丝雀")
    desk.api.lists.new("meeting", unit=VILLAGE, cases=[case], actor=person("village"), data={"reason": "金丝雀"})
    desk.api.register.add_person(
        "150783", "p-9", "金丝雀员", offices=[("village", VILLAGE)], actor=person("admin"), account="sun"
    )
    return case


def withdrawn(desk: Desk) -> str:
    case = desk.open(**CANARY)
    desk.take(case, "attach", "village", "danger_photo")
    desk.take(case, "withdraw", "village", "", reason="金丝雀不改了")
    return case


def erased(desk: Desk, case: str, **changes: Any) -> Any:
    asked = {"actor": person("county"), "agreed_by": "p-second", "reason": "期满", "on": desk.today, **changes}
    return desk.api.erase(case, **asked)


def test_no_personal_value_stands_in_the_clear_in_any_table(store_desk: Desk) -> None:
    walked(store_desk)
    found = everything(store_desk)
    assert not [value for value in PLAIN if value in found]


def test_no_personal_value_stands_in_a_stored_file(store_desk: Desk) -> None:
    case = store_desk.open()
    store_desk.take(case, "attach", "village", "danger_photo")
    contents = [p.read_bytes() for p in store_desk.files.root.rglob("*") if p.is_file()]
    assert contents
    assert not [c for c in contents if b"danger_photo" in c]


def test_outputs_are_masked_unless_they_are_unmasked(store_desk: Desk) -> None:
    case = walked(store_desk)
    shown = json.dumps(store_desk.api.household(case, actor=person("county")), ensure_ascii=False)
    shown = shown.replace('"registered_poor":', "")  # the flag's own name
    assert not [value for value in PLAIN if value in shown]
    listed = store_desk.api.lists.get("150783101201-M-2019-0001", actor=person("village"))
    assert listed.data["reason"] == "***"
    unmasked = store_desk.api.unmask(case, actor=person("county"), reason="核对")
    assert unmasked.household["head"]["name"] == "金丝雀"
    assert unmasked.household["classes"] == ["registered_poor"]
    assert "金丝雀异议" in unmasked.values.values()


def test_an_unmasking_is_an_event_of_its_own_and_verifies(store_desk: Desk) -> None:
    case = walked(store_desk)
    version = store_desk.api.get(case, actor=person("county")).version
    event = store_desk.api.unmask(case, actor=person("county"), reason="核对金丝雀").event
    assert (event.stream, event.action, event.acted_by, event.office) == (
        f"unmasked/{case}",
        "unmask",
        "p-county",
        "county",
    )
    assert store_desk.api.get(case, actor=person("county")).version == version
    assert "金丝雀" not in everything(store_desk)
    assert store_desk.api.records.verify().problems == ()
    store_desk.session.execute(text(f"UPDATE weigai_stream SET head = 'f' WHERE stream = 'unmasked/{case}'"))
    assert store_desk.api.records.verify().problems


def test_unmasking_takes_a_right_and_a_reason(desk: Desk) -> None:
    case = desk.open(**CANARY)
    with pytest.raises(GuardsNotMet) as refused:
        desk.api.unmask(case, actor=person("admin"), reason=" ")
    assert {f.guard for f in refused.value.unmet} == {"unmasking_allowed", "reason_given"}
    assert desk.api.unmask(case, actor=person("auditor"), reason="审计").household["head"]["name"] == "金丝雀"


def test_words_of_lists_and_units_take_the_same_right_and_reason(store_desk: Desk) -> None:
    walked(store_desk)
    api, listed = store_desk.api, "150783101201-M-2019-0001"
    api.register.import_units([("150783", "某县"), ("150783101", "某镇"), (VILLAGE, "某村")], actor=person("admin"))
    done = api.units.record(
        VILLAGE,
        "adopt_village_plan",
        actor=person("village"),
        on=store_desk.today,
        data={"note": "金丝雀规划"},
        documents=[Attachment("village_plan", content=b"plan")],
    )
    assert done.data["note"] == "***"
    ways = (
        lambda **who: api.lists.unmask(listed, **who).data["reason"],
        lambda **who: api.units.unmask(VILLAGE, done.seq, **who).data["note"],
    )
    for unmask, words in zip(ways, ("金丝雀", "金丝雀规划"), strict=True):
        with pytest.raises(GuardsNotMet) as refused:
            unmask(actor=person("admin"), reason=" ")
        assert {f.guard for f in refused.value.unmet} == {"unmasking_allowed", "reason_given"}
        with pytest.raises(NotFound):
            unmask(actor=Actor("p-x", "county", ("150784",)), reason="核对")
        assert unmask(actor=person("auditor"), reason="审计金丝雀") == words
    log = api.records.log(actor=person("county"), stream=f"unit/{VILLAGE}")
    assert [(e.action, e.acted_by) for e in log][:2] == [("unmask", "p-auditor")] * 2
    assert "金丝雀" not in everything(store_desk)
    assert api.records.verify().problems == ()


def test_the_same_request_unmasks_once(desk: Desk) -> None:
    case = desk.open(**CANARY)
    first = desk.api.unmask(case, actor=person("county"), reason="核对", request_id="r-1").event
    assert desk.api.unmask(case, actor=person("county"), reason="核对", request_id="r-1").event.hash == first.hash
    with pytest.raises(RequestReused):
        desk.api.unmask(case, actor=person("township"), reason="核对", request_id="r-1")


def test_a_paper_is_shown_like_a_value(store_desk: Desk) -> None:
    case = store_desk.open()
    event = store_desk.take(case, "attach", "village", "danger_photo").event
    content = store_desk.api.paper(case, event.seq, 1, actor=person("county"), reason="核对")
    assert b"danger_photo" in content
    with pytest.raises(GuardsNotMet):
        store_desk.api.paper(case, event.seq, 1, actor=person("admin"), reason="核对")


def test_a_case_is_found_by_number_and_name_inside_the_area_only(store_desk: Desk) -> None:
    case = store_desk.open(**CANARY)
    api, elsewhere = store_desk.api, Actor("p-x", "village", ("150783101202",))
    for kind, value in (
        ("id_number", "150799196103030027"),
        ("id_number", "１５０７９９１９６１０３０３００２７"),
        ("name", "银丝雀"),
        ("phone", "13900000001"),
        ("card", "6217 0099 9999 9999"),
    ):
        assert [c.id for c in api.search(kind, value, actor=person("village"))] == [case]
        assert api.search(kind, value, actor=elsewhere) == []
    assert api.search("name", "丝雀", actor=person("village")) == []
    with pytest.raises(InputRefused):
        api.search("address", "x", actor=person("village"))


def test_a_value_moved_to_another_place_opens_nowhere(store_desk: Desk) -> None:
    case = store_desk.open(**CANARY)
    name, address = "household/head/name", "household/house/address"
    store_desk.session.execute(
        text(
            "UPDATE weigai_private SET value = (SELECT p.value FROM weigai_private p WHERE p.field = :b)"
            " WHERE field = :a"
        ),
        {"a": name, "b": address},
    )
    with pytest.raises(IntegrityBroken):
        store_desk.api.household(case, actor=person("county"))
    assert any("commitment" in p.what for p in store_desk.api.records.verify().problems)


def test_a_data_key_given_to_another_person_opens_nothing(store_desk: Desk) -> None:
    case = store_desk.open(**CANARY)
    store_desk.session.execute(
        text(
            "UPDATE weigai_key SET wrapped = (SELECT k.wrapped FROM weigai_key k WHERE k.person = 'member-0')"
            " WHERE person = 'head'"
        )
    )
    with pytest.raises(IntegrityBroken):
        store_desk.api.household(case, actor=person("county"))


def test_without_keys_nothing_personal_is_written_or_read(store_desk: Desk) -> None:
    case = store_desk.open(**CANARY)
    bare = Approvals(store_desk.session, now=store_desk.now, files=store_desk.files)
    with pytest.raises(KeysMissing):
        bare.household(case, actor=person("county"))
    with pytest.raises(KeysMissing):
        bare.open_case(
            policy="zhalantun-2019-a", unit=VILLAGE, household=household(), actor=person("village"), on=store_desk.today
        )
    other = Approvals(store_desk.session, now=store_desk.now, keys=Keys(b"o" * 32))
    with pytest.raises(KeysMissing):
        other.household(case, actor=person("county"))


@pytest.mark.parametrize("cipher", ["aes", "sm4"])
def test_both_ciphers_keep_and_show_values(store_desk: Desk, cipher: str) -> None:
    store_desk.api.context.keys = replace(KEYS, cipher=cipher)
    case = walked(store_desk)
    assert store_desk.api.unmask(case, actor=person("county"), reason="x").household["note"] == "金丝雀备注"
    marks = {value[:1] for (value,) in store_desk.session.execute(text("SELECT value FROM weigai_private"))}
    assert marks == {{"aes": "Q", "sm4": "U"}[cipher]}  # the first letter of the mark's base 64
    assert store_desk.api.records.verify().problems == ()


def test_a_rotation_wraps_every_data_key_anew_and_touches_no_value(store_desk: Desk) -> None:
    case = walked(store_desk)
    values = store_desk.session.execute(text("SELECT value FROM weigai_private ORDER BY 1")).all()
    new = KEYS.rotated()
    connection = store_desk.session.connection()
    assert len(masters(connection)) == 1
    connection.execute(text("UPDATE weigai_master SET master = :new"), {"new": new.master[0]})
    after: tuple[str, str, str] | None = ("", "", "")
    while after:
        after = rewrap(connection, new, after=after, most=3).last
    assert list(masters(connection)) == [new.master[0]]
    assert store_desk.session.execute(text("SELECT value FROM weigai_private ORDER BY 1")).all() == values
    store_desk.api.context.keys = new.retired({new.master[0]})
    assert store_desk.api.unmask(case, actor=person("county"), reason="x").household["head"]["name"] == "金丝雀"
    assert store_desk.api.records.verify().problems == ()
    store_desk.api.context.keys = KEYS
    with pytest.raises(KeysOutdated):
        store_desk.api.household(case, actor=person("county"))


def test_erasing_a_household_destroys_keys_values_salts_tokens_and_papers(store_desk: Desk) -> None:
    case = withdrawn(store_desk)
    store_desk.today = date(2025, 1, 1)
    done = erased(store_desk, case)
    where = f"stream = 'case/{case}'"
    for table, left in (("private", 1), ("index", 0), ("document", 0)):  # the reason of the erasure itself
        query = f"SELECT count(*) FROM weigai_{table} WHERE {where} AND {LEFT[table]}"
        assert store_desk.session.execute(text(query)).scalar() == left
    salts = store_desk.session.execute(text(f"SELECT count(*) FROM weigai_private WHERE {where} AND salt <> ''"))
    assert salts.scalar() == 1
    keys = store_desk.session.execute(text(f"SELECT wrapped FROM weigai_key WHERE {where}")).scalars().all()
    assert [k for k in keys if k is not None] == keys[-1:] or sum(k is not None for k in keys) == 1
    assert store_desk.session.execute(text(f"SELECT classes FROM weigai_case WHERE id = '{case}'")).scalar() is None
    assert len(done.files) == 1
    assert store_desk.api.household(case, actor=person("county"))["head"]["name"] is None
    assert store_desk.api.search("id_number", "150799195406120017", actor=person("county")) == []
    assert store_desk.api.records.verify().problems == ()


def test_a_household_whose_key_is_lost_is_erased(store_desk: Desk) -> None:
    case = withdrawn(store_desk)
    store_desk.today = date(2025, 1, 1)
    damaged = "UPDATE weigai_key SET wrapped = 'AAAA' || substr(wrapped, 5) WHERE stream = :stream"
    store_desk.session.execute(text(damaged), {"stream": f"case/{case}"})
    erased(store_desk, case)
    assert not store_desk.api.find(case, actor=person("county")).key_lost
    assert store_desk.api.household(case, actor=person("county"))["head"]["name"] is None
    assert store_desk.api.records.verify().problems == ()


def test_erasing_one_person_leaves_the_others(store_desk: Desk) -> None:
    case = withdrawn(store_desk)
    store_desk.today = date(2025, 1, 1)
    erased(store_desk, case, person="member-0")
    shown = store_desk.api.unmask(case, actor=person("county"), reason="x").household
    assert (shown["head"]["name"], shown["members"][0]["name"]) == ("金丝雀", None)
    assert store_desk.api.search("name", "银丝雀", actor=person("county")) == []
    assert store_desk.api.records.verify().problems == ()
    with pytest.raises(InputRefused):
        erased(store_desk, case, person="member-0")


def test_a_file_under_a_duty_to_keep_is_not_erased(desk: Desk) -> None:
    case = withdrawn(desk)
    for day in (date(2019, 7, 1), date(2024, 6, 10)):
        desk.today = day
        with pytest.raises(GuardsNotMet) as refused:
            erased(desk, case)
        assert [f.guard for f in refused.value.unmet] == ["retention_over"]
        assert refused.value.unmet[0].opens_on == date(2024, 6, 10)
    desk.today = date(2024, 6, 11)
    assert erased(desk, case).event.action == "erase"


def test_a_day_that_has_not_come_ends_no_duty_to_keep(desk: Desk) -> None:
    case = withdrawn(desk)
    with pytest.raises(GuardsNotMet) as refused:
        erased(desk, case, on=date(2099, 1, 1))
    assert [f.guard for f in refused.value.unmet] == ["not_in_future"]
    assert desk.api.unmask(case, actor=person("county"), reason="x").household["head"]["name"] == "金丝雀"


def test_why_a_household_was_unmasked_is_erased_with_it(store_desk: Desk) -> None:
    case = withdrawn(store_desk)
    store_desk.api.unmask(case, actor=person("county"), reason="核对金丝雀住址")
    store_desk.today = date(2025, 1, 1)
    erased(store_desk, case)
    where = f"stream = 'unmasked/{case}' AND {LEFT['private']}"
    left = store_desk.session.execute(text(f"SELECT count(*) FROM weigai_private WHERE {where}"))
    assert left.scalar() == 0
    assert store_desk.api.records.verify().problems == ()


def test_of_corrected_members_only_all_are_erased(store_desk: Desk) -> None:
    case = store_desk.open(**CANARY)
    store_desk.take(
        case,
        "correct",
        "county",
        correction={"household": {"members": []}},
        cause="error",
        reason="登记有误",
        agreed_by="p-second",
    )
    store_desk.take(case, "withdraw", "village", "", reason="不改了")
    store_desk.today = date(2025, 1, 1)
    with pytest.raises(InputRefused):
        erased(store_desk, case, person="member-0")
    for unknown in ("other", "household", "member", "nobody"):
        with pytest.raises(InputRefused):
            erased(store_desk, case, person=unknown)
    erased(store_desk, case)
    assert store_desk.api.records.verify().problems == ()


def test_a_request_that_erased_or_unmasked_does_nothing_else(store_desk: Desk) -> None:
    case = withdrawn(store_desk)
    api, county = store_desk.api, person("county")
    api.unmask(case, actor=county, reason="核对", request_id="u")
    with pytest.raises(RequestReused):
        api.unmask(case, actor=county, reason="另一理由", request_id="u")
    store_desk.today = date(2025, 1, 1)
    with pytest.raises(RequestReused):  # what is shown on another day is another showing
        api.unmask(case, actor=county, reason="核对", request_id="u")
    done = erased(store_desk, case, request_id="e")
    again = erased(store_desk, case, request_id="e")
    assert (again.event.hash, again.files) == (done.event.hash, done.files)
    assert len(done.files) == 1
    others = (
        {"agreed_by": "p-third"},
        {"reason": "另一理由"},
        {"on": date(2024, 12, 1)},
        {"person": "head"},
        {"actor": Actor("p-else", "county", ("150783",))},
    )
    for other in others:
        with pytest.raises(RequestReused):
            erased(store_desk, case, request_id="e", **other)


def test_an_unmasking_of_a_list_says_which_and_one_request_opens_one(store_desk: Desk) -> None:
    case = walked(store_desk)
    api, who = store_desk.api, person("village")
    first = "150783101201-M-2019-0001"
    second = api.lists.new("meeting", unit=VILLAGE, cases=[case], actor=who, data={"reason": "金丝雀二"}).id
    api.lists.unmask(first, actor=who, reason="核对", request_id="u")
    with pytest.raises(RequestReused):
        api.lists.unmask(second, actor=who, reason="核对", request_id="u")
    event = api.records.log(actor=person("county"), stream=f"unit/{VILLAGE}")[0]
    assert event.changes["unmaskings/u"]["of"] == first


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE weigai_key SET wrapped = NULL WHERE stream LIKE 'file/%'", "DELETE FROM weigai_key WHERE stream LIKE 'file/%'",
        "UPDATE weigai_key SET wrapped = NULL WHERE stream LIKE 'case/%' AND person = 'head'",
        "DELETE FROM weigai_key WHERE stream LIKE 'case/%' AND person = 'member-0'", "UPDATE weigai_key SET wrapped = NULL",
        "DELETE FROM weigai_index WHERE stream LIKE 'case/%' AND kind = 'id_number'",
        "UPDATE weigai_index SET token = substr(token, 2) || '0' WHERE stream LIKE 'person/%'",
        "DELETE FROM weigai_index WHERE stream LIKE 'person/%' AND person <> 'self'",
        ("INSERT INTO weigai_index (county, kind, token, stream, person) SELECT county, kind, 'f', stream, 'head'"
         " FROM weigai_index WHERE kind = 'card' AND person = 'household'"),
    ],
)  # fmt: skip
def test_keys_and_tokens_that_are_gone_or_changed_without_an_erasure_are_found(
    store_desk: Desk, statement: str
) -> None:
    case = withdrawn(store_desk)
    store_desk.api.register.add_person(
        "150783", "p-9", "金丝雀员", offices=[("village", VILLAGE)], actor=person("admin"), account="sun"
    )
    store_desk.api.register.declare("p-9", DECLARED, actor=Actor("p-9", "village", (VILLAGE,)))
    store_desk.api.register.declare(
        "p-9", {"id_number": DECLARED["id_number"]}, actor=Actor("p-9", "village", (VILLAGE,))
    )
    assert store_desk.api.records.verify().problems == ()
    store_desk.session.execute(text(statement))
    assert store_desk.api.records.verify().problems, case


def test_a_running_or_archived_case_is_not_erased_nor_by_one_person(desk: Desk) -> None:
    running = desk.open(**CANARY)
    desk.today = date(2040, 1, 1)
    with pytest.raises(GuardsNotMet) as refused:
        erased(desk, running, actor=person("township"), agreed_by="p-township", reason="")
    assert {f.guard for f in refused.value.unmet} == {
        "erasing_allowed",
        "case_ended",
        "retention_over",
        "second_person_agreed",
        "reason_given",
    }


def test_nobody_erases_by_anothers_hand_nor_outside_the_area(desk: Desk) -> None:
    case = withdrawn(desk)
    desk.today = date(2025, 1, 1)
    for office in ("auditor", "admin", "township"):
        with pytest.raises(GuardsNotMet) as refused:
            erased(desk, case, recorder=person(office))
        assert [f.guard for f in refused.value.unmet] == ["by_own_hand"]
    with pytest.raises(CaseNotFound):
        erased(desk, case, actor=Actor("p-x", "county", ("150784",)), recorder=person("county"))
    assert erased(desk, case).event.action == "erase"


def test_an_archived_file_is_kept_since_the_plan_sets_no_end(desk: Desk) -> None:
    case = desk.open()
    desk.walk(case, "archived")
    desk.today = date(2090, 1, 1)
    with pytest.raises(GuardsNotMet) as refused:
        erased(desk, case)
    assert [f.guard for f in refused.value.unmet] == ["retention_over"]


def test_values_of_an_older_schema_are_encrypted_by_the_upgrade(store_url: str, tmp_path: Path) -> None:
    from weigai.db import open_engine, schema
    from weigai.db.migrations import run

    engine = open_engine(store_url)
    with engine.connect().execution_options(weigai_write=True) as connection, connection.begin():
        run(connection, "0002")
        connection.execute(
            text(
                "INSERT INTO weigai_private VALUES ('150783', 'unit/150783101201', 1, 'lists/x/data/reason', 'other', :s, :v)"
            ),
            {"s": "0" * 32, "v": '"金丝雀"'},
        )
    with pytest.raises(KeysMissing):
        schema.upgrade(engine)
    schema.upgrade(engine, keys=KEYS)
    with Session(engine) as session:
        kept = session.execute(text("SELECT value FROM weigai_private")).scalar()
        assert "丝雀" not in kept
        assert session.execute(text("SELECT count(*) FROM weigai_key")).scalar() == 1
    engine.dispose()


def test_a_rotation_that_would_leave_rows_out_touches_nothing(walled_desk: Desk, tmp_path: Path) -> None:
    from sqlalchemy import create_engine
    from weigai.db.vault.rotation import rotate
    from weigai.states.errors import StoreUnavailable

    case = walled_desk.open(**CANARY)
    walled_desk.session.commit()
    path = tmp_path / "weigai.key"
    KEYS.to_file(path)
    with pytest.raises(StoreUnavailable):
        rotate(walled_desk.engine, path)
    assert Keys.from_file(path) == KEYS
    owner = create_engine(walled_desk.engine.url.set(username="postgres"))
    done = rotate(owner, path)
    assert (done.wrapped > 0, list(done.masters)) == (True, [done.keys.master[0]])
    assert Keys.from_file(path).masters == (*KEYS.masters, done.keys.masters[-1])
    owner.dispose()
    walled_desk.api.context.keys = done.keys
    assert walled_desk.api.unmask(case, actor=person("county"), reason="x").household["note"] == "金丝雀备注"


def test_unmasking_searching_and_erasing_work_behind_the_wall(walled_desk: Desk) -> None:
    case = withdrawn(walled_desk)
    walled_desk.today = date(2025, 1, 1)
    county = person("county")
    assert walled_desk.api.unmask(case, actor=county, reason="核对").household["head"]["name"] == "金丝雀"
    assert b"danger_photo" in walled_desk.api.paper(case, 2, 1, actor=county, reason="核对")
    assert [c.id for c in walled_desk.api.search("name", "银丝雀", actor=county)] == [case]
    assert len(erased(walled_desk, case).files) == 1
    assert walled_desk.api.household(case, actor=county)["head"]["name"] is None
    assert walled_desk.api.search("name", "银丝雀", actor=county) == []
    assert walled_desk.api.records.verify(actor=county).problems == ()
