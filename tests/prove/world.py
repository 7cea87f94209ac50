"""A small world of villages in which every case carries values by which it is known again: its canaries."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session
from weigai.states.identity_number import synthetic
from weigai.workflow import Actor, Approvals, Done, Keys
from weigai.workflow.library import bundled

from tests.support import Desk, Road, documents, household

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

COUNTY, TOWNSHIP, VILLAGE = "150783", "150783101", "150783101201"
SISTER, OTHER, CONFUSED = "150783101202", "150783110201", "150784101201"
VILLAGES = (VILLAGE, SISTER, OTHER, CONFUSED)
PLAN = "zhalantun-2019-a"
CARD = "6217000000000017"  # one card and one person in every village: pairs of which one case lies outside
SHARED = {"name": "共有人", "id_number": synthetic("150799", date(1954, 6, 12), 77)}


@dataclass
class Planted:
    """What was planted in a village: the words that tell of it, and the ids to ask for."""

    unit: str
    words: set[str] = field(default_factory=set)
    cases: list[str] = field(default_factory=list)
    archive_no: str = ""
    list_id: str = ""
    request: str = ""


class Place(Desk):
    """A desk whose people are those of one village and of what lies above it."""

    def __init__(self, engine: Engine, files: Path, unit: str, folder: Path) -> None:
        super().__init__(engine, files)
        self.unit = unit
        own = {"keys": Keys(b"k" * 32), "policies": folder}
        self.session.close()
        self.session = Session(engine.execution_options(weigai_write=True))
        self.api = Approvals(self.session, now=self.now, files=self.files, **own)

    def person(self, office: str) -> Actor:
        """Return the official of an office who serves this village."""
        area = self.unit[: {"village": 12, "township": 9}.get(office, 6)]
        return Actor(f"p-{office.replace('_', '-')}-{area}", office, (area,))

    def take(self, case: str, action: str, office: str, papers: str = "", on: date | None = None, **data: Any) -> Done:
        """Take an act by an office of this place."""
        self.today = max(self.today, on) if on else self.today
        told = {"on": on or self.today, "data": data, "documents": documents(papers, case)}
        return self.api.take(case, action, actor=self.person(office), **told)

    def walk_here(self, case: str, until: str) -> None:
        """Take valid acts until a state is reached."""
        road = Road(self, case)
        while (state := self.api.get(case, actor=self.person("county")).state) != until:
            action, office, papers, data = road.act(state)
            self.take(case, action, office, papers, **data)


def _told(unit: str, number: int, **more: Any) -> dict[str, Any]:
    head = {"name": f"鸟{unit[5:]}号{number}", "id_number": _number(unit, number)}
    return household(head=head, account={"card": CARD, "card_holder": head["name"]}, **more)


def _number(unit: str, number: int) -> str:
    return synthetic("150799", date(1950, 1, 1 + VILLAGES.index(unit)), 100 + number)


def plant(engine: Engine, folder: Path) -> dict[str, Planted]:
    """Plant cases, lists, duties, persons and units in every village; return what tells of each."""
    (folder / "policies").mkdir(exist_ok=True)
    text = bundled()[PLAN].replace(COUNTY, CONFUSED[:6]).replace(f'id = "{PLAN}"', 'id = "confused-2019-a"')
    text = text.replace("扎危改", "邻危改")
    (folder / "policies" / "confused.toml").write_text(text, encoding="utf-8")
    world = {}
    for unit in VILLAGES:
        with Place(engine, folder / "files", unit, folder / "policies") as place:
            world[unit] = _planted(place)
            place.session.commit()
    return world


def _planted(place: Place) -> Planted:
    unit, found = place.unit, Planted(place.unit)
    _registered(place, found)
    policy = PLAN if unit[:6] == COUNTY else "confused-2019-a"
    for number, members in ((1, []), (2, []), (3, [{**SHARED, "relation": "child"}])):
        told = _told(unit, number, members=members)
        found.request = f"open-{unit}-{number}"
        case = place.api.open_case(
            policy=policy,
            unit=unit,
            household=told,
            actor=place.person("village"),
            on=date(2019, 6, 10),
            request_id=found.request,
        )
        found.cases.append(case.id)
        found.words |= {case.id, told["head"]["name"], told["head"]["id_number"]}
    _acted(place, found)
    found.words |= {f"p-{office}-{unit}" for office in ("village", "clerk")} | {unit}
    return found


def _registered(place: Place, found: Planted) -> None:
    unit, admin = place.unit, place.person("admin")
    names = [(unit[:6], f"县名{unit[:6]}"), (unit[:9], f"乡名{unit[5:9]}"), (unit, f"村名{unit[5:]}")]
    place.api.register.import_units(names, actor=admin)
    name = f"干部{unit[5:]}"
    place.api.register.add_person(
        unit[:6], f"p-clerk-{unit}", name, offices=[("village", unit)], account=f"clerk-{unit}", actor=admin
    )
    found.words |= {name, f"clerk-{unit}", f"村名{unit[5:]}"}


def _acted(place: Place, found: Planted) -> None:
    """Let one case be archived, one be refused after an exemption, one be returned and forgotten; and a list, a duty."""
    first, second, third = found.cases
    place.today = date(2019, 6, 10)
    place.take(second, "record_contact", "village", note="不愿意")
    place.take(second, "record_contact", "village", on=date(2019, 6, 12), note="不愿意")
    place.take(second, "refuse", "village", "village_refusal_record township_refusal_record", reason="自愿")
    place.walk_here(third, "township_review")
    place.take(third, "return_to_village", "township", reason="材料不清")
    lists = place.api.lists
    made = lists.new("meeting", unit=place.unit, cases=[first, third], actor=place.person("village"), on=place.today)
    found.list_id = made.id
    found.words.add(found.list_id)
    place.walk_here(first, "archived")
    found.archive_no = str(place.api.get(first, actor=place.person("county")).record["archive_no"])
    found.words.add(found.archive_no)
