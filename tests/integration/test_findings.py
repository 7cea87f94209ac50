"""Findings over the whole database: each kind is found where it is planted, and not beside it."""

from __future__ import annotations

import io
import json
import random
import struct
import zlib
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image, ImageDraw
from sqlalchemy import event, text
from weigai.db.vault.keys import Keys
from weigai.states.identity_number import synthetic
from weigai.states.replay.suspicions import Suspicion
from weigai.workflow import Attachment, InputRefused
from weigai.workflow.pictures import UNKNOWN, decoded, look_kept, look_of
from weigai.workflow.reports.suspicions import KINDS, Limits

from tests.hostile.pictures import scans
from tests.support import HEAD, Desk, Road, household, person

if TYPE_CHECKING:
    from pathlib import Path

COUNTY = person("county")
OTHER = {**HEAD, "name": "李四", "id_number": "150799196103030027", "registered_poor": True}
CARD = {"card": "6217000000000002", "card_holder": "李四"}
REASON = {"reason": "x"}


@pytest.fixture
def office(store_desk: Desk) -> Desk:
    store_desk.api.context.keys = Keys(b"k" * 32)
    return store_desk


def found(desk: Desk, *kinds: str, **limits: int) -> list[tuple[str, str | None, tuple[str, ...]]]:
    # the road of these tests enters the winter's resettlement in June, which is late indeed
    wanted = kinds or [kind for kind in KINDS if kind != "entered_late"]
    every = desk.api.records.findings(actor=COUNTY, kinds=wanted, limits=Limits(**limits))
    assert all(s.reason("zh") and s.reason("en") for s in every)
    return [(s.kind, s.rule, s.cases) for s in every]


def two(desk: Desk, **more: Any) -> tuple[str, str]:
    return desk.open(), desk.open(head=OTHER, **{"account": CARD, **more})


def test_a_clean_record_gives_nothing(office: Desk) -> None:
    first, second = two(office)
    office.walk(first, "archived")
    Road(office, second).to("archived")
    assert found(office) == []


def test_a_person_in_two_cases_is_found_unless_one_ended_or_goes_on_from_it(office: Desk) -> None:
    first, _ = two(office)
    again = office.open("b", head=HEAD)
    assert found(office, "same_person") == [("same_person", "R77", tuple(sorted((first, again))))]
    assert "150799195406120017" not in str(office.api.records.findings(actor=COUNTY))
    office.take(again, "withdraw", "village", **REASON)
    assert found(office, "same_person") == []
    office.take(first, "withdraw", "village", **REASON)
    made = office.api.open_case(
        policy="zhalantun-2019-b",
        unit="150783101201",
        household=household("b"),
        actor=person("village"),
        on=office.today,
        follows=first,
    )
    assert made.record["follows"] == first
    assert found(office, "same_person") == []
    office.take(first, "reopen", "township", **REASON, agreed_by="p-x")
    assert found(office, "same_person") == []  # the later one says that it goes on from the first


def test_a_member_counts_like_a_head(office: Desk) -> None:
    first = office.open(members=[{"name": "张小", "id_number": OTHER["id_number"], "relation": "child"}])
    second = office.open(head=OTHER, account=CARD)
    assert found(office, "same_person") == [("same_person", "R77", tuple(sorted((first, second))))]


def test_one_card_of_one_household_in_two_cases_is_no_second_finding(office: Desk) -> None:
    first = office.open()
    second = office.open("b", head=HEAD)
    third = office.open(
        "b", head=OTHER, members=[{"name": "张三", "id_number": HEAD["id_number"], "relation": "spouse"}]
    )
    assert found(office, "same_card") == []
    assert found(office, "same_person") == [("same_person", "R77", tuple(sorted((first, second, third))))]


def test_one_card_for_two_households_is_found(office: Desk) -> None:
    cases = two(office, account={"card": "6217000000000001", "card_holder": "张三"})
    assert found(office, "same_card") == [("same_card", "R77", tuple(sorted(cases)))]


def picture(seed: int, *, quality: int = 90, size: tuple[int, int] = (640, 480)) -> bytes:
    """Return a made-up photograph: blocks of grey, the same for the same seed, as a JPEG."""
    drawn = Image.new("L", (640, 480))
    draw = ImageDraw.Draw(drawn)
    for n in range(40):
        value = (seed * 7919 + n * 104729) % 65521
        x, y = value % 600, (value // 7) % 440
        draw.rectangle([x, y, x + 120, y + 90], fill=(value * 31) % 256)
    out = io.BytesIO()
    drawn.resize(size).save(out, "JPEG", quality=quality)
    return out.getvalue()


def photograph(desk: Desk, case: str, content: bytes, kind: str = "after_photo") -> None:
    desk.api.attach(case, [Attachment(kind, content=content)], actor=person("village"), on=desk.today)


def test_the_same_picture_in_two_cases_is_found_and_a_shared_notice_is_not(office: Desk) -> None:
    cases = two(office)
    for case in cases:
        photograph(office, case, picture(1), "village_notice_photo")
    assert found(office, "same_photo", "like_photo") == []
    for case in cases:
        photograph(office, case, picture(2))
    assert found(office, "same_photo", "like_photo") == [("same_photo", "R78", tuple(sorted(cases)))]


def test_a_paper_of_a_list_is_shared_by_its_households(office: Desk) -> None:
    cases = two(office)
    made = office.api.lists.new("meeting", unit="150783101201", cases=cases, actor=person("village"), on=office.today)
    shared = [Attachment("after_photo", content=picture(2))]
    taken = office.api.lists.advance(made.id, "attach", actor=person("village"), documents=shared)
    assert all(t.done for t in taken)
    assert found(office, "same_photo", "like_photo") == []
    photograph(office, cases[0], picture(2))  # once more by itself: the other has it by the list alone
    assert found(office, "same_photo", "like_photo") == []


def test_a_picture_saved_again_looks_alike(office: Desk) -> None:
    first, second = two(office)
    photograph(office, first, picture(2))
    photograph(office, second, picture(3))
    assert found(office, "like_photo") == []
    photograph(office, second, picture(2, quality=40, size=(800, 600)))
    assert found(office, "like_photo") == [("like_photo", "R78", tuple(sorted((first, second))))]


def test_what_is_no_picture_has_no_look() -> None:
    blank = io.BytesIO()
    Image.new("RGB", (300, 200), "white").save(blank, "PNG")
    for content in (blank.getvalue(), b"\xff\xd8\xffbroken", b"text", picture(1)[:400]):
        assert look_of(content) is None or content == picture(1)[:400]
    huge = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x01\x00\x00\x00\x01\x00\x00\x08\x02\x00\x00\x00"
    assert look_of(huge) is None


def png(width: int, height: int) -> bytes:
    """Return the bytes of a PNG that says to be of this size and has no pixel."""
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"")),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )


@pytest.mark.parametrize("size", [(7000, 9000), (10_000, 10_000), (60_000, 60_000)])
def test_a_huge_picture_has_no_look_and_is_never_refused(size: tuple[int, int]) -> None:
    assert look_of(png(*size)) is None  # Pillow's own warnings are errors in these tests


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP"])
def test_a_broken_picture_is_never_refused(form: str) -> None:
    out = io.BytesIO()
    Image.open(io.BytesIO(picture(4))).save(out, form)
    good = out.getvalue()
    assert look_of(good)
    chance = random.Random(form)
    for number in range(200):
        broken = bytearray(good[: chance.randrange(12, len(good))])
        for _ in range(chance.choice((1, 5, 20))):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        look = look_of(bytes(broken)) if number < 5 else decoded(bytes(broken))  # a process takes its time
        assert look is None or len(look) == 16


def test_a_picture_of_an_undone_step_counts_by_its_own_day(office: Desk) -> None:
    case, _ = two(office)
    road = Road(office, case)
    road.to("village_deliberation")
    office.today += timedelta(days=1)
    office.take(case, "record_demolition", "township", on=office.today, evidence="photographs")
    office.today += timedelta(days=1)
    photograph(office, case, b"another", "danger_photo")
    forge(office, case, acts__submit_application=None)  # as a step back leaves it: the log alone has its day
    assert found(office, "photo_after_demolition") == []


def test_a_picture_from_before_that_came_after_the_demolition_is_found(office: Desk) -> None:
    first, second = two(office)
    office.take(first, "record_demolition", "township", on=office.today, evidence="photographs")
    office.today += timedelta(days=1)
    Road(office, first).to("village_deliberation")
    Road(office, second).to("village_deliberation")
    office.take(second, "record_demolition", "township", on=office.today + timedelta(days=1), evidence="photographs")
    assert found(office, "photo_after_demolition") == [("photo_after_demolition", "R29e", (first,))]


def test_a_notice_that_was_down_makes_its_publicity_short(office: Desk) -> None:
    first, second = two(office)
    road = office.walk(first, "county_publicity")
    posted = office.today
    road.to("registration")
    Road(office, second).to("registration")
    told = {"level": "county", "place": "main_street", **REASON, "agreed_by": "p-second"}
    office.take(first, "take_down_notice", "county", on=posted + timedelta(days=1), **told)
    assert found(office) == [("publicity_short", "R54", (first,)), ("doubt", "R77", (first,))]


def forge(desk: Desk, case: str, **values: Any) -> None:
    """Write values straight into a case row, as no act of weigai would."""
    row = desk.session.execute(text("SELECT record FROM weigai_case WHERE id = :c"), {"c": case}).scalar_one()
    record = json.loads(row)
    for path, value in values.items():
        *parents, leaf = path.split("__")
        node = record
        for key in parents:
            node = node[key]
        if value is None:
            del node[leaf]
        else:
            node[leaf] = value
    told = {"r": json.dumps(record), "c": case}
    desk.session.execute(text("UPDATE weigai_case SET record = :r WHERE id = :c"), told)


@pytest.mark.parametrize(
    ("values", "kind", "rule"),
    [
        ({"acts__pay__on": "2019-06-01"}, "paid_before_acceptance", "R40a"),
        ({"acts__pass_final_acceptance__data__area": "61.00"}, "area_over_limit", "R74"),
        ({"paid_fen": 2_523_201}, "paid_too_much", "R37"),
        ({"acts__close_county_publicity__on": "2019-06-20"}, "publicity_short", "R54"),
        # the day on record was moved with the day of closing: the plan's period is counted again
        (
            {"acts__close_county_publicity__on": "2019-06-20", "publicity__county__opens_on": "2019-06-20"},
            "publicity_short",
            "R54",
        ),
    ],
)
def test_what_no_act_would_write_is_found(office: Desk, values: dict[str, Any], kind: str, rule: str) -> None:
    first, second = two(office)
    office.walk(first, "archived")
    Road(office, second).to("archived")
    forge(office, first, **values)
    assert found(office) == [(kind, rule, (first,))]


def test_a_voucher_in_two_cases_is_found(office: Desk) -> None:
    cases = two(office)
    for case in cases:
        Road(office, case, pay={"voucher": "P-7"}).to("archiving")
    assert found(office, "same_voucher") == [("same_voucher", "R40", tuple(sorted(cases)))]


def test_an_entry_long_after_the_act_is_found(office: Desk) -> None:
    first, _ = two(office)
    then = office.today
    office.today += timedelta(days=11)
    office.api.record(first, "record_survey", actor=person("village"), on=then)
    (late,) = office.api.records.findings(actor=COUNTY, kinds=["entered_late"])
    assert (late.cases, late.evidence) == ((first,), {"count": 1, "days": 11})


@pytest.mark.parametrize(("days", "late"), [(10, False), (11, True)])
def test_late_is_counted_in_days_of_shanghai(office: Desk, days: int, late: bool) -> None:
    first, _ = two(office)
    then = office.today
    office.today += timedelta(days=days)
    office.api.context.now = lambda: datetime.combine(office.today - timedelta(days=1), time(20), UTC)  # 04:00 there
    office.api.record(first, "record_survey", actor=person("village"), on=then)
    assert [c for _, _, c in found(office, "entered_late")] == ([(first,)] if late else [])


def test_a_long_burst_is_told_once_with_all_its_cases_and_one_by_a_list_is_not(office: Desk) -> None:
    numbers = [synthetic("150799", date(1960, 1, day), day) for day in range(1, 5)]
    cases = [
        office.open(
            head={"name": "王", "id_number": n, "registered_poor": True},
            account={"card": f"621700000000010{i}", "card_holder": "王"},
        )
        for i, n in enumerate(numbers)
    ]
    for case in cases:
        Road(office, case).to("county_review")
    listed = office.api.lists.new("meeting", unit="150783101201", cases=cases[:2], actor=COUNTY, on=office.today)
    road = Road(office, cases[0])
    taken = office.api.lists.advance(listed.id, "approve", actor=COUNTY, on=office.today, data=road.approval())
    assert all(t.done for t in taken), [t.error for t in taken]
    assert found(office, "burst", burst=1) == []
    for case in cases[2:]:
        office.take(case, *road.act("county_review")[:3], **road.approval())
    assert found(office, "burst", burst=1) == [("burst", "R77", tuple(sorted(cases[2:])))]


def test_a_policy_narrows_every_kind(office: Desk) -> None:
    first, _ = two(office)
    again = office.open("b", head=HEAD)
    for policy, some in (("zhalantun-2019-a", True), ("zhalantun-2019-b", True), ("other", False)):
        told = office.api.records.findings(actor=COUNTY, kinds=["same_person"], policy=policy)
        assert [s.cases for s in told] == ([tuple(sorted((first, again)))] if some else [])
    office.today += timedelta(days=61)
    asleep = office.api.records.findings(actor=COUNTY, kinds=["asleep"], policy="zhalantun-2019-b")
    assert [s.cases for s in asleep] == [(again,)]


def test_the_words_name_levels_and_yuan() -> None:
    short = Suspicion(
        "publicity_short",
        "R54",
        ("x",),
        {"level": "county", "posted": "2019-06-01", "closed": "2019-06-03", "opens": None},
    )
    assert short.reason("zh").startswith("县级公示不足")
    paid = Suspicion("paid_too_much", "R37", ("x",), {"paid_fen": 2_523_201, "entitled_fen": 2_523_200})
    assert ("25,232.01 元" in paid.reason("zh"), "25,232.01 yuan" in paid.reason("en")) == (True, True)


@pytest.mark.parametrize(
    ("kind", "slot", "how"),
    [("id_number", "self", "own_number"), ("id_number", "relative-1", "relative"), ("card", "self", "own_card")],
)
def test_an_official_in_a_household_is_found(office: Desk, kind: str, slot: str, how: str) -> None:
    first, _ = two(office)
    assert found(office, "own_case") == []
    number = HEAD["id_number"] if kind == "id_number" else "6217000000000001"
    keys = office.api.context.keys
    assert keys is not None
    row = {"kind": kind, "token": keys.token(kind, number), "person": slot}
    for person_id, county in (("p-kin", "150783"), ("p-far", "150784")):
        office.session.execute(
            text(
                "INSERT INTO weigai_index (county, kind, token, stream, person) VALUES (:county, :kind, :token, :stream, :person)"
            ),
            {**row, "county": county, "stream": f"person/{person_id}"},
        )
    assert found(office, "own_case") == [("own_case", "R77", (first,))]
    assert found(office, "same_person", "same_card") == []
    [suspicion] = office.api.records.findings(actor=COUNTY, kinds=["own_case"])
    assert suspicion.evidence == {"persons": ["p-kin"], "how": [how]}
    assert number not in suspicion.reason("zh") + suspicion.reason("en")


def test_an_account_changed_after_the_approval_is_found(office: Desk) -> None:
    first, second = two(office)
    for case in (first, second):
        Road(office, case).to("county_review")
    told = {"cause": "error", **REASON, "agreed_by": "p-second"}
    account = {"correction": {"household": {"account": {"card": "6217000000000009", "card_holder": "张三"}}}}
    office.take(second, "correct", "county", **account, **told)  # before: in order
    for case in (first, second):
        Road(office, case).to("county_notice")
    assert found(office, "account_changed") == []
    office.take(first, "correct", "county", **account, **told)
    assert found(office, "account_changed") == [("account_changed", "R40a", (first,))]


def test_approvals_in_a_burst_and_cases_asleep_are_found(office: Desk) -> None:
    cases = two(office)
    for case in cases:
        Road(office, case).to("county_review")
    road = Road(office, cases[0])
    for case in cases:
        office.take(case, *road.act("county_review")[:3], **road.approval())
    assert found(office, "burst", burst=1) == [("burst", "R77", tuple(sorted(cases)))]
    assert found(office, "burst", burst=2) == []
    office.take(cases[0], "withdraw", "village", **REASON)
    assert found(office, "asleep") == []
    office.today += timedelta(days=61)
    assert found(office, "asleep") == [("asleep", "R53", (cases[1],))]


def test_only_the_own_area_is_looked_at_and_kinds_are_known(office: Desk) -> None:
    two(office, account={"card": "6217000000000001", "card_holder": "张三"})
    elsewhere = type(COUNTY)("p-t", "township", ("150783199",))
    assert office.api.records.findings(actor=elsewhere) == []
    with pytest.raises(InputRefused, match="same_person"):
        office.api.records.findings(actor=COUNTY, kinds=["colour"])
    assert len(KINDS) == 22


def test_attached_files_get_a_look(office: Desk, tmp_path: Path) -> None:
    path = tmp_path / "after.jpg"
    path.write_bytes(picture(5))
    case, _ = two(office)
    office.api.attach(case, [Attachment("after_photo", path=path)], actor=person("village"), on=office.today)
    row = office.session.execute(text("SELECT look FROM weigai_document WHERE kind = 'after_photo'")).scalar_one()
    assert row == look_of(path)
    assert office.api.records.verify().problems == ()
    assert date(2019, 6, 10) == office.today


def test_a_picture_is_looked_at_before_anything_is_locked(office: Desk, tmp_path: Path) -> None:
    """While an act waits for another one, whose pictures take long is known already; changed since, they are looked at again."""
    path = tmp_path / "after.jpg"
    path.write_bytes(picture(5))
    paper = Attachment("after_photo", path=path).looked_at()
    path.write_bytes(picture(6))
    case, _ = two(office)
    office.api.attach(case, [paper], actor=person("village"), on=office.today)
    row = office.session.execute(text("SELECT look FROM weigai_document WHERE kind = 'after_photo'")).scalar_one()
    assert row == look_of(path)
    statements: list[str] = []
    event.listen(office.engine, "before_cursor_execute", lambda *told: statements.append(told[2]))
    office.session.commit()
    gone = Attachment("after_photo", path=tmp_path / "gone.jpg")
    assert gone.looked_at() is gone
    with pytest.raises(InputRefused):
        office.api.attach(case, [gone], actor=person("village"), on=office.today)
    seen: list[int] = []
    object.__setattr__(paper, "_seen", None)
    path.write_bytes(picture(7))

    class Watched(Attachment):
        __slots__ = ()

        def looked_at(self) -> Attachment:
            seen.append(len(statements))
            return super().looked_at()

    statements.clear()
    office.api.attach(case, [Watched("after_photo", path=path)], actor=person("village"), on=office.today)
    assert seen[0] == 0
    assert statements


def test_a_look_that_is_not_made_here_is_no_change(office: Desk) -> None:
    """Another release, or a machine that can start no process, kept a look of what is not decoded here."""
    case, _ = two(office)
    many = scans(400, 300, 200)
    assert (look_of(many), look_kept(many)) == (None, UNKNOWN)
    office.api.attach(case, [Attachment("after_photo", content=many)], actor=person("village"), on=office.today)
    office.session.execute(text("UPDATE weigai_document SET look = '0123456789abcdef' WHERE kind = 'after_photo'"))
    assert office.api.records.verify().problems == ()
