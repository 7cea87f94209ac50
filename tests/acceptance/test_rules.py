"""Each rule of the two plans, broken alone, at the command line: what bars exits 3 by its id, what flags is recorded.

Everything up to the act is prepared through the public API in a database of its own; the act is a fork (`tests/forks.py`).
"""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import text
from weigai.db import open_engine, schema
from weigai.workflow import Decision
from weigai.workflow.library import bundled

from tests.forks import Machine
from tests.rules import ENTERED_LATE, FIRST_DAY, FUND, LATE, LINES, NO_BAR, OVERLAPS, Crowd, Line, Number, Told
from tests.support import COUNTY, KEYS, VILLAGE, Desk, Road, documents, founded, holds, household, person

POLICIES = {plan: tomllib.loads(bundled()[f"zhalantun-2019-{plan}"]) for plan in "ab"}
FACTS = {plan: {fact["id"] for fact in policy["facts"]} for plan, policy in POLICIES.items()}
OFFICES = [office["id"] for office in POLICIES["a"]["offices"]]


def spread() -> Iterator[tuple[Line, str]]:
    """Yield each line with its plans: of a rule and a guard shown in both, further ways take the plans in turn."""
    rules: set[tuple[str, str]] = set()
    guards: set[str] = set()
    turn = 0
    for line in LINES:
        plans = line.plans
        if (line.rule, line.effect) in rules and line.guard in guards and len(plans) > 1:
            turn += 1
            plans = plans[turn % len(plans)]
        rules.add((line.rule, line.effect))
        guards.add(line.guard)
        yield from ((line, plan) for plan in plans)


CASES = {f"{line.rule} {plan}: {line.words}": (line, plan) for line, plan in spread()}


# ---------------------------------------------------------------------- what is prepared


@dataclass(frozen=True)
class Wish:
    """All that a prepared case depends on."""

    plan: str
    start: date
    opened: dict[str, Any]
    choices: dict[str, Any]
    state: str
    before: tuple[Told, ...]
    act: Told | None
    crowd: Crowd | None
    skipped: tuple[str, ...]
    listed: bool


@dataclass(frozen=True)
class Ready:
    """A case that waits for its act: where its database lies, the valid act there, and the day."""

    folder: Path
    case: str
    act: Told
    today: date
    list_id: str | None


def valid(line: Line, plan: str) -> Wish:
    return Wish(plan, FIRST_DAY, line.opened, line.choices, line.state, line.before, line.act, line.crowd, (), False)


def broken(line: Line, plan: str) -> Wish:
    return replace(
        valid(line, plan),
        start=line.broken_start or FIRST_DAY,
        opened={**line.opened, **line.broken_opened},
        choices={**line.choices, **line.broken_choices},
        state=line.broken_state or line.state,
        before=line.before if line.broken_before is None else line.broken_before,
        act=line.broken_act or line.act,
        crowd=line.broken_crowd or line.crowd,
        skipped=line.skipped,
        listed=line.listed,
    )


class Stood(NamedTuple):
    """A case on its road: where its database lies, and the day there."""

    folder: Path
    case: str
    today: date


class Forgetful(Desk):
    """A desk that leaves some facts unrecorded."""

    skipped: tuple[str, ...] = ()

    def take(self, case: str, action: str, *args: Any, **data: Any) -> Any:
        return None if action in self.skipped else super().take(case, action, *args, **data)


class Preparer:
    """Prepares each wish once and keeps its database."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.folders = 0
        self.made: dict[str, Ready] = {}
        self.stood: dict[str, Stood] = {}
        self.decided: dict[str, Decision] = {}
        self.empty = folder / "empty"
        self.empty.mkdir()
        engine = open_engine(f"sqlite:///{self.empty / 'weigai.db'}")
        schema.upgrade(engine)
        with Desk(engine, self.empty / "weigai.db.files") as desk:
            register = founded(desk)  # nobody is of a trial
            for office in OFFICES:
                someone = person(office)
                holds(register, someone.person, office, someone.units[0], date(2019, 1, 1))
            holds(register, "p-second", "county", COUNTY, date(2019, 1, 1))
            desk.session.commit()
        engine.dispose()

    def ready(self, wish: Wish) -> Ready:
        key = repr(wish)
        if key not in self.made:
            with self._sitting(self._stood(wish).folder) as (desk, folder):
                self.made[key] = self._prepare(desk, folder, wish)
        return self.made[key]

    def _stood(self, wish: Wish) -> Stood:
        """Return a case that the road brought to its state; wishes differ in what is done then."""
        key = repr((wish.plan, wish.start, wish.opened, wish.choices, wish.skipped, wish.state))
        if key not in self.stood:
            with self._sitting(self.empty) as (desk, folder):
                desk.today = wish.start
                case = opened(desk, wish)
                desk.skipped = wish.skipped
                desk.walk(case, wish.state, plan=wish.plan, **wish.choices)
                self.stood[key] = Stood(folder, case, desk.today)
        return self.stood[key]

    @contextmanager
    def _sitting(self, template: Path) -> Iterator[tuple[Forgetful, Path]]:
        """Sit at a desk on a copy of a folder, and keep what is done there."""
        self.folders += 1
        folder = self.folder / str(self.folders)
        shutil.copytree(template, folder)
        with at_desk(folder) as desk, pytest.MonkeyPatch.context() as patch:
            patch.setattr("os.fsync", lambda number: None)  # nothing here has to outlive a power cut
            yield desk, folder
            desk.session.commit()

    def allowed(self, wish: Wish, on: date | None) -> Decision:
        """Return what the public API says of the valid act on a prepared case, on its day."""
        key = f"{wish} {on}"
        if key not in self.decided:
            ready = self.ready(wish)
            with at_desk(ready.folder) as desk:
                desk.today = max(ready.today, on or ready.today)
                told = ready.act
                self.decided[key] = desk.api.check(
                    ready.case,
                    told.action,
                    actor=person(told.office),
                    on=on or ready.today,
                    data=told.data,
                    documents=documents(told.papers),
                )
        return self.decided[key]

    def _prepare(self, desk: Forgetful, folder: Path, wish: Wish) -> Ready:
        _, case, desk.today = self._stood(wish)
        road = Road(desk, case, plan=wish.plan, **wish.choices)
        desk.skipped = wish.skipped
        act = wish.act or valid_act(road, wish.state)
        desk.skipped = ()
        for told in wish.before:
            day = desk.today + timedelta(days=told.days)
            desk.take(case, told.action, told.office, told.papers, on=day, **filled(desk, case, wish.plan, told.data))
        if wish.crowd:
            crowd(desk, case, wish.crowd)
        made = None
        if wish.listed:
            made = desk.api.lists.new("notice", unit=VILLAGE, cases=[case], actor=person(act.office), on=desk.today)
        act = replace(act, data=filled(desk, case, wish.plan, act.data))
        return Ready(folder, case, act, desk.today, made and made.id)


@contextmanager
def at_desk(folder: Path) -> Iterator[Forgetful]:
    """Sit at a desk on a prepared database."""
    engine = open_engine(f"sqlite:///{folder / 'weigai.db'}")
    with Forgetful(engine, folder / "weigai.db.files") as desk:
        yield desk
    engine.dispose()


def opened(desk: Desk, wish: Wish) -> str:
    """Open the wished case; one that came in another way is opened by village and township together."""
    told = dict(wish.opened)
    intake = told.pop("intake", None)
    if intake is None:
        return desk.open(wish.plan, **told)
    made = desk.api.open_case(
        policy=f"zhalantun-2019-{wish.plan}",
        unit=VILLAGE,
        household=household(wish.plan, **told),
        on=desk.today,
        actor=person("village"),
        intake=intake,
        agreed_by="p-township",
        documents=documents("village_disaster_report township_disaster_report"),
    )
    return made.id


def valid_act(road: Road, state: str) -> Told:
    action, office, papers, data = road.act(state)
    return Told(action, office, papers, {**data, **road.more.get(action, {})})


def filled(desk: Desk, case: str, plan: str, data: dict[str, Any]) -> dict[str, Any]:
    """Put numbers of the history where the data names events, and the plan's own fund."""
    last: dict[str, Any] = {event.action: event.seq for event in desk.api.history(case)}
    last[FUND.of] = POLICIES[plan]["lines"][0]["fund"]
    return {k: last[v.of] if isinstance(v, Number) else v for k, v in data.items()}


def crowd(desk: Desk, case: str, wanted: Crowd) -> None:
    """Put other approved households beside the case: its own row again and again, with what differs."""
    connection = desk.session.connection()
    row = dict(connection.execute(text("SELECT * FROM weigai_case WHERE id = :id"), {"id": case}).mappings().one())
    if "line" not in wanted.row:
        row["line"] = "no_house" if row["no_house"] else "main"
    rows = [{**row, **wanted.row, "id": f"{case}{n}"} for n in range(wanted.count)]
    columns = ", ".join(row)
    values = ", ".join(f":{name}" for name in row)
    connection.execute(text(f"INSERT INTO weigai_case ({columns}) VALUES ({values})"), rows)


@pytest.fixture(scope="session")
def preparer(tmp_path_factory: pytest.TempPathFactory) -> Preparer:
    return Preparer(tmp_path_factory.mktemp("rules"))


@pytest.fixture
def term(tmp_path: Path) -> Machine:
    made = Machine(tmp_path)
    made.env["WEIGAI_MASTER_KEY"] = KEYS.text()  # what the desk prepared is encrypted with
    return made


# ---------------------------------------------------------------------- the act at the command line


def taken(term: Machine, ready: Ready, line: Line, plan: str, *, code: int) -> Any:
    """Take the broken act as its office does and return what is printed."""
    shutil.copytree(ready.folder, term.folder, dirs_exist_ok=True)
    told = ready.act
    data = {k: v for k, v in {**LATE, **told.data, **line.change}.items() if v is not None}
    kinds = told.papers.split()
    for kind in line.without.split():
        kinds.remove(kind)
    words = []
    for n, kind in enumerate(kinds):
        (term.folder / f"{n}.jpg").write_bytes(f"{kind} {n}".encode())
        words += ["--document", f"{kind}={n}.jpg"]
    on = (line.broken_on or line.on or ready.today) + timedelta(days=line.days)
    where = ["--list", ready.list_id] if ready.list_id else [ready.case]
    found = term.json(
        "--as",
        person(line.office or told.office).person,
        "case",
        "record" if told.action in FACTS[plan] else "advance",
        *where,
        told.action,
        "--on",
        on.isoformat(),
        "--data",
        term.file("data.json", data),
        *words,
        code=code,
    )
    found = found[0] if ready.list_id else found
    waits = code == 0 and found.get("pending")
    return term.json("--as", "p-second", "case", "confirm", found["pending"]) if waits else found


def unmet(findings: list[dict[str, Any]]) -> set[tuple[str, str, str]]:
    return {(f["guard"], f["rule"], f["effect"]) for f in findings if not f["ok"]} - {ENTERED_LATE}


@pytest.mark.parametrize("name", CASES)
def test_the_rule_broken_alone(term: Machine, preparer: Preparer, name: str) -> None:
    line, plan = CASES[name]
    sound = preparer.allowed(valid(line, plan), line.on)
    assert sound.allowed, [(f.guard, f.rule) for f in sound.unmet]
    assert not [f for f in sound.findings if not f.ok and f.rule == line.rule and f.guard == line.guard]

    ready = preparer.ready(broken(line, plan))
    expected = (line.guard, line.rule, line.effect)
    if line.effect == "block":
        told = taken(term, ready, line, plan, code=3)
        assert told.get("allowed", False) is False
        found = unmet(told["findings"])
        assert expected in found
        barred = {rule for _, rule, effect in found if effect == "block"}
        assert barred == {line.rule, *line.beside}
    else:
        told = taken(term, ready, line, plan, code=0)
        general = ENTERED_LATE if expected == ENTERED_LATE else None
        found = unmet(told["warnings"]) | ({general} if general else set())
        assert all(f["effect"] == "warn" for f in told["warnings"])
        assert ENTERED_LATE in {(f["guard"], f["rule"], f["effect"]) for f in told["warnings"]}
        assert expected in found
        event = term.json("--as", "p-county", "case", "history", ready.case)[-1]
        assert event["action"] == ready.act.action
        assert (line.guard, line.rule) in {(w["guard"], w["rule"]) for w in event["warnings"]}


def test_a_disaster_case_without_the_townships_application_is_not_opened(tmp_path: Path, preparer: Preparer) -> None:
    term = Machine.copied(preparer.empty, tmp_path)
    term.env["WEIGAI_MASTER_KEY"] = KEYS.text()
    path = term.file("household.json", household("b"))
    words = [
        "--lang",
        "en",
        "--as",
        "p-village",
        "case",
        "open",
        "--policy",
        "zhalantun-2019-b",
        "--unit",
        VILLAGE,
        "--household",
        path,
        "--intake",
        "disaster",
        "--on",
        "2019-06-10",
        "--reason",
        "补录",
        "--agreed-by",
        "p-township",
    ]
    both = term.papers("village_disaster_report township_disaster_report")
    assert term(*words, *both[:2], code=3) == ""
    assert set(re.findall(r"R\d+\w*", term.err)) == {"R15"}
    term(*words[:-2], *both, code=3)
    assert set(re.findall(r"R\d+\w*", term.err)) == {"R15", "R78"}  # nobody joins in, nor agrees to so late an entry
    assert json.loads(term("--json", *words, *both))["state"] == "identity_check"


# ---------------------------------------------------------------------- the table is whole


def tables(value: Any, effect: str = "block") -> Iterator[tuple[str, str]]:
    """Yield every (rule, effect) of a policy's tables."""
    if isinstance(value, dict):
        effect = value.get("effect", effect)
        yield from ((value[key], effect) for key in ("rule", "identity_rule") if key in value)
        for item in value.values():
            yield from tables(item, effect)
    elif isinstance(value, list):
        for item in value:
            yield from tables(item, effect)


def rules_of(plan: str) -> set[tuple[str, str]]:
    """Return what a policy carries out on a case; what units owe bars no case."""
    return {pair for name, part in POLICIES[plan].items() if name != "duties" for pair in tables(part)}


@pytest.mark.parametrize("plan", "ab")
def test_every_rule_that_a_policy_carries_out_is_in_the_table(plan: str) -> None:
    covered = {(line.rule, line.effect) for line, of in CASES.values() if of == plan} | {("R15", "block")}
    assert {pair for pair in rules_of(plan) - covered if pair[0] not in NO_BAR} == set()
    assert not {rule for rule, _ in covered} & set(NO_BAR)
    owed = {rule for rule, _ in tables(POLICIES[plan]["duties"])}
    assert owed - {rule for rule, _ in covered} <= set(NO_BAR)


@pytest.mark.parametrize("plan", "ab")
def test_every_guard_that_a_policy_switches_on_is_in_the_table(plan: str) -> None:
    confirmed = {"second_person_confirmed"}  # what it asks for waits, and is not refused: test_cli_confirm.py
    assert set(POLICIES[plan]["guards"]) - {line.guard for line, of in CASES.values() if of == plan} == confirmed


def test_overlaps_are_used_and_every_line_has_a_name_of_its_own() -> None:
    used = {(line.rule, other) for line in LINES for other in line.beside}
    assert used == {(rule, other) for rule, others in OVERLAPS.items() for other in others}
    assert len(CASES) == len(list(spread()))
    assert {line.words for line, _ in CASES.values()} == {line.words for line in LINES}
