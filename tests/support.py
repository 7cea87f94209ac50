"""A desk to sit at in tests: the public API over one session, a clock that is set, people in their offices, and a
whole road of valid acts from which a test leaves the one that it is about."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import text
from sqlalchemy.orm import Session
from weigai.db.row_security.census_tables import TRIGGERS
from weigai.workflow import Actor, Approvals, Attachment, Decision, Done, FileStore, Keys

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from sqlalchemy import Engine

VILLAGE, TOWNSHIP, COUNTY = "150783101201", "150783101", "150783"
AREA = {"village": VILLAGE, "township": TOWNSHIP}
BOTH = {"discloses": ["policy", "beneficiaries", "standard"]}
KEYS = Keys(b"k" * 32)
HEAD = {"name": "张三", "id_number": "150799195406120017"}
GOOD_BUILD = [
    "basic_functions",
    "safe",
    "seismic",
    "workmanship",
    "ring_beams",
    "tie_bars",
    "cement_mortar",
    "cold_proof_openings",
    "insulated_roof",
    "materials_to_standard",
    "uniform_facade",
    "stove",
    "kang",
    "whitewash",
    "heating",
]
CHECKLIST = {**dict.fromkeys(GOOD_BUILD, True), "wall_thickness": 370}


def person(office: str) -> Actor:
    """Return the made-up official of an office, with that office's area."""
    return Actor(f"p-{office.replace('_', '-')}", office, (AREA.get(office, COUNTY),))


def forged(who: str, office: str, units: tuple[str, ...]) -> Actor:
    """Return an actor past its own checks: units of any text are to reach nothing, whoever makes them."""
    actor = Actor(who, office, ())
    object.__setattr__(actor, "units", units)
    return actor


def household(plan: str = "a", **changes: Any) -> dict[str, Any]:
    """Return a household that a plan serves, with changes."""
    classes = ["registered_poor"] if plan == "a" else ["minimum_living"]
    base: dict[str, Any] = {
        "head": {**HEAD, "registered_poor": plan == "a"},
        "classes": classes,
        "lives_in_countryside": True,
        "rural_registration": True,
        "account": {"card": "6217000000000001", "card_holder": "张三"},
    }
    if changes.get("no_house"):
        base |= {"dwellings": 0, "no_house_marked": True}
    return {**base, **changes}


class Desk:
    """The public API over one writing session, with a clock that follows the acts."""

    def __init__(self, engine: Engine, files: Path) -> None:
        self.engine = engine
        self.today = date(2019, 6, 10)
        self.files = FileStore(files)
        self.session = Session(engine.execution_options(weigai_write=True))
        self.api = Approvals(self.session, now=self.now, files=self.files, keys=KEYS)

    def __enter__(self) -> Desk:
        return self

    def __exit__(self, *ended: object) -> None:
        self.session.close()

    def now(self) -> datetime:
        """Return noon of today in Shanghai."""
        return datetime(self.today.year, self.today.month, self.today.day, 4, tzinfo=UTC)

    def open(self, plan: str = "a", **changes: Any) -> str:
        """Open a case of a plan and return its id."""
        made = self.api.open_case(
            policy=f"zhalantun-2019-{plan}",
            unit=VILLAGE,
            household=household(plan, **changes),
            actor=person("village"),
            on=self.today,
        )
        return made.id

    def take(self, case: str, action: str, office: str, papers: str = "", on: date | None = None, **data: Any) -> Done:
        """Take an act by an office, today or on a day; the clock moves there. What waits for a second person is confirmed."""
        done = self.ask(case, action, office, papers, on, **data)
        return self.confirm(done) if done.pending else done

    def ask(self, case: str, action: str, office: str, papers: str = "", on: date | None = None, **data: Any) -> Done:
        """Take an act by an office as its first person does: what waits for a second person waits."""
        self.today = max(self.today, on) if on else self.today
        return self.api.take(
            case, action, actor=person(office), on=on or self.today, data=data, documents=documents(papers, case)
        )

    def confirm(self, done: Done) -> Done:
        """Let the second person confirm what waits: who was named, else one of the county."""
        [first, *_] = done.waits_for
        who = "p-second" if first in ("township", "county") else first
        return self.api.confirm(str(done.pending), actor=Actor(who, "county", (COUNTY,)))

    def check(
        self, case: str, action: str, office: str, papers: str = "", on: date | None = None, **data: Any
    ) -> Decision:
        """Ask about an act by an office."""
        return self.api.check(
            case, action, actor=person(office), on=on or self.today, data=data, documents=documents(papers, case)
        )

    def walk(self, case: str, until: str, **choices: Any) -> Road:
        """Take valid acts until the case stands in the state `until`; see `Road` for the choices."""
        road = Road(self, case, **choices)
        road.to(until)
        return road


LEFT = {
    "private": "value <> ''",
    "document": "sha256 <> ''",
    "index": "token NOT LIKE '-%'",
}  # a row that is not emptied


@contextmanager
def tampering(session: Any) -> Iterator[None]:
    """Take SQLite's triggers away for raw changes of what is only ever added to, and put them back, as an attacker would."""
    names = TRIGGERS if session.connection().dialect.name == "sqlite" else {}
    for name in names:
        session.execute(text(f"DROP TRIGGER {name}"))
    yield
    for sql in names.values() if names else ():
        session.execute(text(sql))


def documents(kinds: str, whose: str = "") -> list[Attachment]:
    """Return papers, by kinds with blanks between; no two of a case, and no two cases', have the same bytes."""
    names = kinds.split()
    return [
        Attachment(kind, content=f"paper: {kind} {names[:n].count(kind)} {whose}".encode())
        for n, kind in enumerate(names)
    ]


class Road:
    """The valid acts of a case's main road, each with the office, papers and data that it needs."""

    def __init__(
        self,
        desk: Desk,
        case: str,
        *,
        plan: str = "a",
        grade: str = "D",
        mode: str = "self_build",
        builder: str = "household",
        area: str | None = "58.00",
        no_house: bool = False,
        authorities: tuple[str, ...] | None = None,
        certificate: str = "",
        amount: str = "25232",
        **more: Any,
    ) -> None:
        self.desk, self.case, self.plan, self.no_house = desk, case, plan, no_house
        self.grade, self.mode, self.builder, self.area, self.amount = grade, mode, builder, area, amount
        self.authorities = authorities or (("poverty_office",) if plan == "a" else ("civil_affairs",))
        self.certificate = certificate or ("income_proof" if plan == "a" else "minimum_living_certificate")
        self.more: Mapping[str, Mapping[str, Any]] = more

    def to(self, until: str) -> None:
        """Take acts until the state is reached."""
        for _ in range(40):
            state = self.desk.api.get(self.case, actor=person("county")).state
            if state == until:
                return
            self.step(state)
        raise AssertionError(f"{until} was not reached")

    def step(self, state: str) -> None:
        """Take the valid act of a state."""
        action, office, papers, data = self.act(state)
        self.desk.take(self.case, action, office, papers, **{**data, **self.more.get(action, {})})

    def act(self, state: str) -> tuple[str, str, str, dict[str, Any]]:
        """Return the valid act of a state: action, office, papers, data. Facts that it rests on are recorded."""
        return getattr(self, f"_{state}")()  # type: ignore[no-any-return]

    def _later(self, days: int) -> str:
        self.desk.today += timedelta(days=days)
        return self.desk.today.isoformat()

    def _draft(self) -> Any:
        photo = "" if self.no_house else " danger_photo"
        data = {
            "contents": ["registration", "income", "danger", "wish"],
            "signed_by_head": True,
            "consents": True,
            "photo_shows_reference": True,
            "photo_shows_head": True,
            "originals_seen": self.certificate.split(),
        }
        return "submit_application", "village", f"application registration_proof {self.certificate}{photo}", data

    def _village_deliberation(self) -> Any:
        data = {"assembly": "villagers_meeting", "approved": True, "eligible": 60, "present": 41, "votes_for": 40}
        return "record_deliberation", "village", "deliberation_minutes", data

    def _village_notice(self) -> Any:
        data = {"places": ["village_board", "main_street"], **BOTH}
        return "post_village_notice", "village", "village_notice_photo village_notice_photo", data

    def _village_publicity(self) -> Any:
        self._later(6)
        return "close_village_publicity", "village", "", {"hung_throughout": True}

    def _application_form(self) -> Any:
        return "report_to_township", "village", "approval_form", {"form_on": self.desk.today.isoformat()}

    def _township_review(self) -> Any:
        data = {"papers_in_order": True, "visited_on": self._later(1)}
        return "accept_township_review", "township", "visit_record", data

    def _township_notice(self) -> Any:
        return "post_township_notice", "township", "township_notice_photo", {"places": ["township_board"], **BOTH}

    def _township_publicity(self) -> Any:
        self._later(6)
        return "close_township_publicity", "township", "", {"hung_throughout": True}

    def _township_meeting(self) -> Any:
        return "record_township_meeting", "township", "township_minutes", {"approved": True}

    def _identity_check(self) -> Any:
        if self.no_house:
            self.desk.take(self.case, "record_survey", "township")
        for authority in self.authorities:
            more = {"no_house_confirmed": True} if self.no_house else {}
            self.desk.take(self.case, "confirm_identity", authority, authority=authority, **more)
        return "accept_identity", self.authorities[0], "publicity_results", {}

    def _appraisal(self) -> Any:
        if self.no_house:
            return "waive_appraisal", "county", "", {}
        data = {
            "grade": self.grade,
            "body": "某鉴定所",
            "on_site_on": self._later(1),
            "engaged_by": "county",
            "standard": "JGJ/T 363-2014",
        }
        return "record_appraisal", "appraiser", "appraisal_report", data

    def approval(self) -> dict[str, Any]:
        """Return the valid data of an approval."""
        data: dict[str, Any] = {"mode": self.mode, "builder": self.builder, "chosen_by_household": True}
        if self.mode != "repair":
            data |= {"area": self.area, "land": "old_homestead", "conforms_to_plans": True}
        if self.mode == "guaranteed_housing":
            data["difficulty_certified"] = True
        return data

    def _county_review(self) -> Any:
        return "approve", "county", "", self.approval()

    def _county_notice(self) -> Any:
        data = {"places": ["village_board", "main_street"], **BOTH}
        return "post_county_notice", "county", "county_notice_photo county_notice_photo", data

    def _county_publicity(self) -> Any:
        self._later(6)
        return "close_county_publicity", "county", "", {"hung_throughout": True}

    def _registration(self) -> Any:
        return "register", "county", "", {}

    def _agreement(self) -> Any:
        items = ["task", "quality", "progress", "safety", "completion"]
        return "sign_agreement", "village", "agreement", {"items": items, "complete_by": "2019-08-20"}

    def _site_preparation(self) -> Any:
        if not self.no_house and self.grade == "D":
            late = {"reason": "冬季已安置", "agreed_by": "p-second"}  # what was before is entered late by two
            self.desk.take(self.case, "record_resettlement", "township", on=date(2019, 2, 1), how="rented", **late)
            self.desk.take(self.case, "record_sealing", "township", on=date(2019, 2, 2), **late)
        self.desk.take(self.case, "appoint_supervisor", "township", name="王五", kind="technician", trained=True)
        return "start_works", "township", "", {}

    def _construction(self) -> Any:
        if not self.no_house and self.mode != "repair":
            self.desk.take(self.case, "record_demolition", "township")
        self._later(20)
        return "complete_works", "township", "", {}

    def built(self) -> dict[str, Any]:
        """Return the valid data that both acceptances need."""
        area = {} if self.mode == "repair" else {"area": self.area}
        return {"checklist": CHECKLIST, **area}

    def _preliminary_acceptance(self) -> Any:
        return "pass_preliminary_acceptance", "township", "preliminary_acceptance_record", self.built()

    def _final_acceptance(self) -> Any:
        panel = {"departments": ["finance"], "technicians": 1, "one_homestead": True}
        return "pass_final_acceptance", "county", "final_acceptance_record", {**self.built(), **panel}

    def _payment(self) -> Any:
        fund = "poverty_alleviation" if self.plan == "a" else "local_finance"
        data = {"amount": self.amount, "fund": fund, "payee": self.builder, "channel": "one_card"}
        return "pay", "finance", "", data

    def _archiving(self) -> Any:
        papers = "family_basics identity_proof subsidy_approval_form after_photo"
        return "archive", "county", papers, {"copies": ["county", "township", "village", "household_file"]}

    def _rectification(self) -> Any:
        return "complete_rectification", "township", "", {}


FIRST, SECOND = Actor("p-0001", "admin", (COUNTY,)), Actor("p-0002", "admin", (COUNTY,))
UNITS = [
    (COUNTY, "县"), (TOWNSHIP, "甲镇"), (VILLAGE, "甲一村"), ("150783101202", "甲二村"), ("150783102", "乙镇"),
    ("150783102201", "乙一村"),
]  # fmt: skip


def founded(desk: Desk) -> Any:
    """Found the county with two administrators, `FIRST` and `SECOND`, and return its register."""
    desk.api.register.found(COUNTY, UNITS, [("zhang", "张一"), ("li", "李二")])
    return desk.api.register


def holds(register: Any, who: str, office: str, unit: str, since: date | None = None) -> Actor:
    """Register somebody, whose account is the id, in an office, by the two administrators; return the actor."""
    register.add_person(COUNTY, who, "某人", offices=[(office, unit)], actor=FIRST, since=since, account=who)
    register.confirm(who, actor=SECOND)
    return Actor(who, office, (unit,))


def merged(register: Any, code: str, into: str, **how: Any) -> Any:
    """Let a unit go over into another, proposed and confirmed by the two administrators."""
    register.confirm_unit(register.merge_unit(code, into, actor=FIRST, **how).no, actor=SECOND)
