"""What the public methods take: text of one form, days, papers, whole numbers; a wrong one costs the host nothing."""

from __future__ import annotations

import inspect
from collections import deque
from contextlib import contextmanager, nullcontext
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event
from weigai.states.errors import InputRefused, WeigaiError
from weigai.states.policy.draft import County
from weigai.workflow import (
    Actor,
    Approvals,
    Attachment,
    Document,
    Evidence,
    GuardsNotMet,
    Library,
    Lists,
    NotFound,
    Offices,
    Payment,
    Records,
    Register,
    Units,
)
from weigai.workflow.arguments import checker
from weigai.workflow.exchange.persons import Enrolled

from tests.profiles import examples
from tests.support import COUNTY, TOWNSHIP, VILLAGE, Desk, documents, household, person

SERVICES = {
    "": Approvals,
    "lists": Lists,
    "register": Register,
    "units": Units,
    "records": Records,
    "evidence": Evidence,
    "offices": Offices,
    "library": Library,
}
METHODS = {
    (service, name): found
    for service, kind in SERVICES.items()
    for name, found in vars(kind).items()
    if not name.startswith("_") and inspect.isfunction(found)
}
WHEN = date(2019, 6, 10)
PAPER = Document("village_plan", "0" * 64, 1)


OTHERS = County("x-2020", ("某县方案", "A plan"), "150799", ("某县", "A county"), 2020, date(2020, 1, 1))


class Word(StrEnum):
    REASON = "reason"


def service(desk: Desk, name: str) -> Any:
    return getattr(desk.api, name) if name else desk.api


@contextmanager
def statements(desk: Desk):
    """Count what is sent to the database."""
    sent: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *more: Any) -> None:
        sent.append(statement)

    event.listen(desk.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(desk.engine, "before_cursor_execute", note)


class Calls:
    """A valid call of each public method over a small record, from which an example changes one argument."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.case = desk.open()
        self.made = desk.api.lists.new("notice", unit=VILLAGE, cases=[self.case], actor=person("village")).id
        desk.api.register.import_units([(COUNTY, "县"), (TOWNSHIP, "镇"), (VILLAGE, "村")], actor=person("admin"))
        desk.api.register.add_person(COUNTY, "p-9", "孙七", offices=[("village", VILLAGE)], actor=person("admin"))
        desk.api.attach(self.case, documents("village_plan"), actor=person("village"), on=desk.today)
        desk.api.evidence.head(actor=person("county"))
        desk.session.commit()
        usual = {
            "case_id": self.case,
            "list_id": self.made,
            "action": "submit_application",
            "fact": "raise_objection",
            "text": self.case,
            "policy": "zhalantun-2019-a",
            "unit": VILLAGE,
            "household": household(head={"name": "李四", "id_number": "150799196103030027"}),
            "documents": [PAPER],
            "reason": "核对",
            "agreed_by": "p-2",
            "on": WHEN,
            "data": {},
            "kind": "notice",
            "value": "张三",
            "cases": [self.case],
            "seq": 1,
            "no": 1,
            "to": "zhalantun-2019-a",
            "code": VILLAGE,
            "name": "甲村",
            "into": "150783101202",
            "county": COUNTY,
            "person": "p-9",
            "office": "village",
            "account": "sun",
            "who": "p-9",
            "by": "unit",
            "limit": 3,
            "offices": [("village", VILLAGE)],
            "rows": [(VILLAGE, "甲村")],
            "units": [VILLAGE],
            "admins": [("a", "甲"), ("b", "乙")],
            "parts": 1,
            "start": None,
            "end": None,
            "a": "zhalantun-2019-a",
            "b": "zhalantun-2019-b",
            "known": ["village"],
            "case": desk.api.get(self.case, actor=person("village")),
            "error": GuardsNotMet("approve", []),
            "draft": Library().text("zhalantun-2019-a"),
            "file": "new.toml",
            "heads": [],
            "request_id": "r-example",
            "recorder": person("village"),
            "actor": person("village"),
        }
        self.usual: dict[str, Any] = usual
        admin = {"actor": person("admin"), "recorder": None}
        self.own: dict[tuple[str, str], dict[str, Any]] = {
            ("", "search"): {"kind": "name"},
            ("", "erase"): {"person": "all"},
            ("units", "record"): {
                "unit": TOWNSHIP,
                "action": "submit_progress",
                "actor": person("township"),
                "recorder": person("township"),
            },
            ("", "inbox"): {},
            ("records", "reconcile"): {"rows": [Payment(1, self.case, 100, "v-1", WHEN)]},
            ("records", "refused_attempt"): {"action": "approve"},
            ("library", "drafted"): {"base": "zhalantun-2019-a", "whose": OTHERS},
            ("register", "import_persons"): {"rows": [Enrolled(1, "p-8", "甲", "village", VILLAGE)], **admin},
            ("evidence", "joined"): {"parts": [desk.api.evidence.verify_part(None, None)]},
            **{("register", name): admin for name in vars(Register) if name not in ("import_persons", "found")},
            ("register", "found"): {"units": [(COUNTY, "县"), (TOWNSHIP, "镇")]},
        }
        desk.session.rollback()

    def arguments(self, key: tuple[str, str]) -> dict[str, Any]:
        """Return valid arguments of a method, the optional ones that are known too."""
        told = {**self.usual, **self.own.get(key, {})}
        names = list(METHODS[key].__wrapped__.__annotations__)
        return {name: told[name] for name in names if name in told}


@pytest.fixture
def calls(store_desk: Desk) -> Calls:
    return Calls(store_desk)


def test_every_public_method_checks_every_argument() -> None:
    assert len(METHODS) > 60
    for key, found in METHODS.items():
        assert hasattr(found, "__wrapped__"), key
        plain = found.__wrapped__
        assert set(inspect.signature(plain).parameters) - {"self"} == set(plain.__annotations__) - {"return"}, key
        for name in set(plain.__annotations__) - {"return"}:  # nothing passes for everything
            with pytest.raises(InputRefused):
                checker(plain)((), {name: object()})


# ---------------------------------------------------------------------- wrong ones

NO_TEXT = [
    7,
    True,
    1.5,
    b"x",
    UUID(int=7),
    datetime(2019, 6, 10, tzinfo=UTC),
    [],
    {},
    object(),
]  # not None: it may be left out
WRONG: dict[str, list[Any]] = {
    "Actor": ["p-1", 7, {"person": "p-1"}, None],
    "str": [*NO_TEXT, None],
    "date": [datetime(2019, 6, 10), "20190610", "2019-W24-1", 20190610, b"x"],  # noqa: DTZ001
    "int": [-1, True, "3", 1.0, 2**63, None],
    "bool": [1, "yes", None],
    "Sequence[str]": ["x", b"x", 7, [7], [None], [""]],
    "Sequence[Attachment | Document]": [
        PAPER,
        "x.jpg",
        ["x.jpg"],
        [Attachment("Bad Kind", content=b"x")],
        [b"x"],
        7,
        [Document("photo", "", 1)],
        [Document("photo", "0" * 63 + "X", 1)],
        [Document("photo", "0" * 64, 1, "\0")],
    ],
    "Mapping[str, str]": [[], {"draft": 7}, {"\ud800": "draft"}],
    "Mapping[str, int]": [{COUNTY: "1"}, {COUNTY: -1}, 7],
    "Mapping[str, Any]": [[], "x", 7, {7: 1}, [("a", 1)]],
    "JsonObject": [{"a": 1.5}, {"a": "\0"}, {"a": {7: 1}}, {"a": {"$commit": "0"}}, {"a": object()}, []],
}


def wrong_calls() -> list[tuple[tuple[str, str], str, Any]]:
    found = []
    for key, method in METHODS.items():
        for name, annotation in method.__wrapped__.__annotations__.items():
            kind = annotation.removesuffix(" | None")
            values = [value for value in WRONG.get(kind, ()) if not (value is None and kind != annotation)]
            found += [(key, name, value) for value in values if name != "return" and (name, value) != ("rules", [""])]
    return found


def test_a_wrong_argument_is_refused_by_its_name_before_any_statement(calls: Calls) -> None:
    desk, tried = calls.desk, 0
    with statements(desk) as sent:
        for key, name, value in wrong_calls():
            arguments = {**calls.arguments(key), name: value}
            with pytest.raises(InputRefused) as refused:
                getattr(service(desk, key[0]), key[1])(**arguments)
            field = str(refused.value.field)
            assert field == name or field.startswith((f"{name}[", f"{name}.")), (key, name, value, field)
            assert field in refused.value.message("zh")
            assert field in refused.value.message("en")
            tried += 1
        assert sent == []
    assert tried > 800
    assert desk.api.get(calls.case, actor=person("village")).id == calls.case  # the host's transaction goes on
    assert desk.api.records.verify() == desk.api.records.verify()._replace(problems=(), remarks=())


def test_arguments_given_by_position_are_checked_too(calls: Calls) -> None:
    api = calls.desk.api
    for field, wrong in {
        "case_id": lambda: api.get(7, actor=person("village")),
        "action": lambda: api.advance(calls.case, 7, actor=person("village")),
        "documents[0]": lambda: api.attach(calls.case, ["x.jpg"], actor=person("village")),
        "seq": lambda: api.paper(calls.case, "1", 1, actor=person("county"), reason="核对"),
        "no": lambda: api.paper(calls.case, 1, 2.0, actor=person("county"), reason="核对"),
        "who": lambda: api.register.actors(UUID(int=1)),
        "units": lambda: api.register.area("150783"),
        "policy": lambda: api.library.text(7),
        "b": lambda: api.library.compared("zhalantun-2019-a", None),
        "heads": lambda: api.evidence.database_root("x"),
        "rows[1].fen": lambda: api.records.reconcile(
            [Payment(1, "x", 100, "v", WHEN), Payment(2, "x", 1.5, "v", WHEN)], actor=person("county")
        ),
        "rows[0].paid_on": lambda: api.records.reconcile(
            iter([Payment(1, "x", 100, "v", datetime(2019, 6, 10))]),  # noqa: DTZ001
            actor=person("county"),
        ),
        "rows[0][1]": lambda: api.register.import_units([(VILLAGE, 7)], actor=person("admin")),
        "documents[0].kind": lambda: api.attach(
            calls.case, [Attachment("张三", content=b"x")], actor=person("village")
        ),
        "limit": lambda: api.list(actor=person("county"), limit=-1),
    }.items():
        with statements(calls.desk) as sent, pytest.raises(InputRefused) as refused:
            wrong()
        assert (refused.value.field, sent) == (field, [])
        assert "张三" not in str(refused.value)


# ---------------------------------------------------------------------- right ones


def test_what_is_plainly_meant_is_taken(store_desk: Desk, tmp_path: Path) -> None:
    desk, api = store_desk, store_desk.api
    (tmp_path / "plan").write_bytes(b"a plan")
    case = api.open_case(
        policy="zhalantun-2019-a",
        unit=VILLAGE,
        household=household(),
        actor=person("village"),
        on="2019-06-10",
        request_id=str(UUID(int=12)),
    )
    changing = bytearray(b"the bytes that were hashed")
    paper = Attachment("village_plan", content=changing)
    changing[:] = b"x" * len(changing)
    papers = deque([paper, Attachment("village_plan", path=str(tmp_path / "plan"))])
    after = api.attach(case.id, papers, actor=person("village"), on="2019-06-10", request_id=Word.REASON)
    event_ = api.history(case.id)[-1]
    assert (after.version, event_.request_id, event_.occurred_on, len(event_.documents)) == (
        2,
        "reason",
        "2019-06-10",
        2,
    )
    assert api.paper(case.id, 2, 1, actor=person("county"), reason="核对") == b"the bytes that were hashed"
    again = api.attach(case.id, (d for d in papers), actor=person("village"), on=date(2019, 6, 10), request_id="reason")
    assert again.version == 2
    verified = api.records.verify()
    assert (verified.problems, verified.remarks) == ((), ())
    desk.session.commit()


def test_a_paper_that_is_gone_when_it_is_asked_for_again_is_told(desk: Desk, tmp_path: Path) -> None:
    case, path = desk.open(), tmp_path / "plan"
    path.write_bytes(b"a plan")
    ask = {"actor": person("village"), "on": WHEN, "request_id": "r-1"}
    desk.api.attach(case, [Attachment("village_plan", path)], **ask)
    path.unlink()
    with pytest.raises(InputRefused):
        desk.api.attach(case, [Attachment("village_plan", path)], **ask)


def test_a_policy_is_named_by_its_path_too(desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / ("deep" * 30) / ("deeper" * 30)
    folder.mkdir(parents=True)
    path = folder / "own.toml"
    path.write_text(desk.api.library.text("zhalantun-2019-a"), encoding="utf-8")
    assert desk.api.library.text(path) == desk.api.library.text(str(path))


def test_heads_held_outside_are_paths_or_lines_from_paper(desk: Desk, tmp_path: Path) -> None:
    desk.open()
    (made,) = desk.api.evidence.head(actor=person("county"))
    folder = tmp_path / ("deep" * 30) / ("deeper" * 30)
    folder.mkdir(parents=True)
    path = folder / "kept.heads"
    path.write_text(made.line(), encoding="utf-8")
    for held in ([path], (str(path),), [made.head.short]):
        found = desk.api.evidence.verify(held=held, papers=False)
        assert (found.problems, [proof.head for proof in found.proofs]) == ((), [made.head])
    for held in (str(path), [7], [b"x"], [None]):
        with pytest.raises(InputRefused) as refused:
            desk.api.records.verify(held=held)
        assert str(refused.value.field).startswith("held")


def test_requests_of_unmaskings_never_stand_in_each_others_way(store_desk: Desk) -> None:
    case, api = store_desk.open(), store_desk.api
    for request in ("a", "a/on/x", "a/on", "a/reason", "reason", "$commit", "a%2Fon"):
        for _ in range(2):
            assert (
                api.unmask(case, actor=person("county"), reason="核对", request_id=request).event.request_id == request
            )
    verified = api.records.verify()
    assert (verified.problems, verified.remarks) == ((), ())


def test_a_repeated_request_reads_its_file_as_the_first_did(store_desk: Desk) -> None:
    case = store_desk.open()
    for paper in (Attachment("village_plan", content=b"plan"), Attachment("village_plan", path="/dev/zero")):
        with nullcontext() if paper.content else pytest.raises(InputRefused):
            store_desk.api.attach(case, [paper], actor=person("village"), on=WHEN, request_id="r-again")


def test_who_has_no_units_has_no_county(desk: Desk) -> None:
    nobody = Actor("p-1", "admin", ())
    for ask in (desk.api.evidence.head, desk.api.evidence.heads, desk.api.evidence.export):
        with pytest.raises(NotFound):
            list(ask(actor=nobody))


# ---------------------------------------------------------------------- any value at all

ANY = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.decimals(),
    st.text(max_size=12),
    st.text(st.characters(min_codepoint=0, max_codepoint=0x2100), max_size=4),
    st.text(st.sampled_from("a/$0-_é\u0301 \0\ud800"), max_size=5),
    st.binary(max_size=4),
    st.uuids(),
    st.dates(),
    st.datetimes(),
    st.lists(st.text(max_size=3), max_size=2),
    st.sampled_from(
        [
            Word.REASON,
            Decimal(7),
            bytearray(b"x"),
            Path("x"),
            object(),
            PAPER,
            [PAPER],
            {"a": 1},
            {7: 1},
            {"reason": "核对"},
            {"reason": 7},
            "x" * 5000,
            "2019-06-11",
            "p-0007",
            VILLAGE,
            "r-" + "9" * 198,
            [("village", VILLAGE)],
            {"reason": {"$commit": "0"}},
            int,
            "审核-1",
            2**63 - 1,
        ]
    ),
)


@settings(max_examples=examples(150), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_value_is_refused_by_its_name_or_leaves_a_sound_record(calls: Calls, data: st.DataObject) -> None:
    desk, key = calls.desk, data.draw(st.sampled_from(sorted(METHODS)))
    arguments = calls.arguments(key)
    name = data.draw(st.sampled_from(sorted(set(METHODS[key].__wrapped__.__annotations__) - {"return"})))
    arguments[name] = data.draw(ANY)
    desk.session.connection()  # the transaction has begun, whoever sends the first statement
    with statements(desk) as sent:
        try:
            found = getattr(service(desk, key[0]), key[1])(**arguments)
            deque(found if inspect.isgenerator(found) else ())
        except InputRefused as error:
            if error.field is not None:
                assert error.field == name or error.field.startswith((f"{name}[", f"{name}."))
                assert sent == []
        except WeigaiError:
            pass
    verified = desk.api.evidence.verify(papers=False)
    assert (verified.problems, verified.remarks) == ((), ())
    desk.session.rollback()
