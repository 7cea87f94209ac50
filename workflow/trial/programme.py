"""The programme year 2019 of both plans, played day by day through the real service by made-up people."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from ...states.calendar import Calendar
from ..context import Attachment
from ..service import Approvals
from .county import TRIAL_COUNTY, People, read, set_up
from .households import Households

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Engine

    from ...db.files import FileStore
    from ...db.keys import Keys
    from ...states.case import Document

_FIRST = date(2019, 1, 7)
_BOTH = "policy,beneficiaries,standard"


@dataclass(slots=True)
class Player:
    """One household on its way: what it is, where it lives, and the id of its case once it is opened."""

    policy: str
    fund: str
    group: dict[str, Any]
    village: str
    turn: int
    household: dict[str, Any]
    pace: int
    case: str = ""


@dataclass(slots=True)
class Year:
    """The diary of the year: what is to be done on which day, in the order in which it was planned."""

    diary: dict[date, list[Callable[[], None]]] = field(default_factory=lambda: defaultdict(list))
    calendar: Calendar = field(default_factory=Calendar.official)

    def plan(self, day: date, work: Callable[[], None]) -> date:
        """Plan a piece of work for a day, or the next working day; return the day taken."""
        while not self.calendar.is_working(day):
            day += timedelta(days=1)
        self.diary[day].append(work)
        return day

    def days(self) -> Iterator[tuple[date, list[Callable[[], None]]]]:
        """Yield the days with their work, in order; work may plan more for later days."""
        while self.diary:
            day = min(self.diary)
            yield day, self.diary.pop(day)


class Programme:
    """Plays the year; see `run`."""

    def __init__(self, engine: Engine, files: FileStore, keys: Keys | None) -> None:
        self._engine, self._files, self._keys = engine, files, keys
        self._plan = read("programme.json")
        self._people = People(self._plan["persons"])
        self._year = Year()
        self._day = _FIRST
        self._approvals: Approvals
        self._shared: dict[tuple[str, str], Document] = {}
        self.events = 0

    def run(self, person: str, name: str, account: str, tick: Callable[[date, int, int], None]) -> None:
        """Set the county up and play the year; one transaction a day, `tick(day, done, all)` after each."""
        from sqlalchemy.orm import Session

        players = self._players()
        for batch in self._batches(players):
            self._plan_batch(batch)
        writing = self._engine.execution_options(weigai_write=True)
        with Session(writing) as session, session.begin():
            self._open(session)
            set_up(self._approvals, person, name, account)
            for official in self._people.everybody():
                self._approvals.register.add_person(
                    TRIAL_COUNTY, official.person, official.person, offices=[(official.office, official.units[0])],
                    actor=official, trial=True,
                )  # fmt: skip
        for day, work in self._year.days():
            self._play(writing, day, work)
            tick(day, self.events, len(players))
        self._play(writing, self._day + timedelta(days=1), [self._latecomers])

    def _play(self, writing: Engine, day: date, work: list[Callable[[], None]]) -> None:
        from sqlalchemy.orm import Session

        self._day = day
        with Session(writing) as session, session.begin():
            self._open(session)
            for piece in work:
                piece()

    def _latecomers(self) -> None:
        """Leave three households on their way after the year, so that a visitor finds something waiting."""
        random = Random(self._day.year)  # noqa: S311 - made-up households
        plan = self._plan["plans"][-1]
        late = [
            Player(plan["policy"], plan["fund"], plan["groups"][0], "150783101201", -n - 1,
                   Households(random, self._plan["id_county"]).make(plan["groups"][0]), 0)
            for n in range(3)
        ]  # fmt: skip
        self._apply(late)
        self._deliberate(late[1:])
        self._post(late[2:], "village", "village_board,main_street")

    def _open(self, session: Any) -> None:
        self._approvals = Approvals(
            session, now=self._now, keys=self._keys, files=self._files, calendar=self._year.calendar
        )

    def _now(self) -> datetime:
        return datetime(self._day.year, self._day.month, self._day.day, 8, tzinfo=UTC)

    # ------------------------------------------------------------------ who takes part

    def _players(self) -> list[Player]:
        random = Random(self._plan["seed"])  # noqa: S311 - made-up households, the same every time
        households = Households(random, self._plan["id_county"])
        villages = [u["code"] for u in read("units.json") if len(u["code"]) == 12]
        players: list[Player] = []
        for plan in self._plan["plans"]:
            for group in plan["groups"]:
                for _ in range(group["households"]):
                    turn = len(players)
                    players.append(
                        Player(plan["policy"], plan["fund"], group, villages[turn % len(villages)], turn,
                               households.make(group), random.randrange(40))
                    )  # fmt: skip
        return players

    @staticmethod
    def _batches(players: list[Player]) -> list[list[Player]]:
        batches: dict[tuple[str, str], list[Player]] = defaultdict(list)
        for player in players:
            batches[player.policy, player.village].append(player)
        return list(batches.values())

    # ------------------------------------------------------------------ what happens when

    def _plan_batch(self, batch: list[Player]) -> None:
        """Plan the common road of a village's households under one plan, up to the agreement."""
        start = _FIRST + timedelta(days=(batch[0].turn % 48) // 2)
        plan = self._year.plan
        day = plan(start, lambda: self._apply(batch))
        day = plan(day + timedelta(days=3), lambda: self._deliberate(batch))
        day = plan(day + timedelta(days=1), lambda: self._post(batch, "village", "village_board,main_street"))
        day = plan(day + timedelta(days=6), lambda: self._report(batch))
        day = plan(day + timedelta(days=4), lambda: self._review(batch))
        day = plan(day + timedelta(days=1), lambda: self._post(batch, "township", "township_board"))
        day = plan(day + timedelta(days=6), lambda: self._meet(batch))
        day = plan(day + timedelta(days=2), lambda: self._identify(batch))
        day = plan(day + timedelta(days=5), lambda: self._appraise(batch))
        day = plan(day + timedelta(days=6), lambda: self._approve(batch))
        day = plan(day + timedelta(days=1), lambda: self._post(batch, "county", "village_board,main_street"))
        day = plan(day + timedelta(days=6), lambda: self._register(batch))
        day = plan(day + timedelta(days=3), lambda: self._agree(batch))
        for player in batch:
            self._plan_works(player, max(day, date(2019, 4, 1)))

    def _plan_works(self, p: Player, agreed: date) -> None:
        """Plan a household's own road from the start of works to the archive: house by house."""
        plan = self._year.plan
        day = plan(agreed + timedelta(days=5 + p.pace % 9), lambda: self._start(p))
        day = plan(day + timedelta(days=55 + p.pace), lambda: self._take(p, "complete_works", "township"))
        day = plan(day + timedelta(days=5), lambda: self._accept(p, "preliminary", "township"))
        day = plan(day + timedelta(days=7), lambda: self._accept(p, "final", "county"))
        day = plan(day + timedelta(days=10), lambda: self._pay(p))
        plan(max(day + timedelta(days=8), date(2019, 9, 2)), lambda: self._archive(p))

    # ------------------------------------------------------------------ how

    def _take(self, p: Player, action: str, office: str, papers: str = "", **data: Any) -> None:
        actor = self._people.of(office, p.village, p.turn)
        self._approvals.take(p.case, action, actor=actor, on=self._day, data=data, documents=self._papers(p, papers))
        self.events += 1

    def _papers(self, p: Player, kinds: str) -> list[Document]:
        """Return papers: a photograph or form of the household's own, or one that the village's households share."""
        found = []
        for kind in kinds.split():
            own = kind in ("application", "danger_photo", "after_photo")
            key = (kind, p.case if own else p.village + p.policy)
            if key not in self._shared:
                content = f"{kind}\n{key[1]}\n{self._day}\n".encode()
                self._shared[key] = self._approvals.context.stored([Attachment(kind, content=content)])[0]
            found.append(self._shared[key])
        return found

    def _list(self, batch: list[Player], kind: str, office: str, papers: str, data: dict[str, Any]) -> str:
        """Make the one record that all these households share, and return its id."""
        first = batch[0]
        actor = self._people.of(office, first.village, first.turn)
        made = self._approvals.lists.new(
            kind, unit=actor.units[0], cases=[p.case for p in batch], actor=actor, on=self._day, data=data,
            documents=self._papers(first, papers),
        )  # fmt: skip
        self.events += 1
        return str(made["id"])

    def _for_list(self, batch: list[Player], list_id: str, action: str, office: str) -> None:
        actor = self._people.of(office, batch[0].village, batch[0].turn)
        for taken in self._approvals.lists.advance(list_id, action, actor=actor):
            if taken.error is not None:
                raise taken.error
            self.events += 1

    def _apply(self, batch: list[Player]) -> None:
        certificates = {
            "registered_poor": "income_proof", "extreme_poverty": "extreme_poverty_certificate",
            "minimum_living": "minimum_living_certificate", "disabled_poor": "disability_certificate",
        }  # fmt: skip
        for p in batch:
            clerk = self._people.of("village", p.village)
            opened = self._approvals.open_case(
                policy=p.policy, unit=p.village, household=p.household, actor=clerk, on=self._day,
                request_id=f"demo-{p.turn}",
            )  # fmt: skip
            p.case = opened.id
            certificate = certificates[p.group["classes"][0]]
            photo = "" if p.group.get("no_house") else "danger_photo"
            self._take(
                p, "submit_application", "village", f"application registration_proof {certificate} {photo}",
                contents="registration,income,danger,wish", signed_by_head=True, consents=True,
                originals_seen=certificate, photo_shows_reference=bool(photo), photo_shows_head=bool(photo),
            )  # fmt: skip
            self.events += 1
            if p.group.get("no_house"):
                self._take(p, "record_survey", "township")

    def _deliberate(self, batch: list[Player]) -> None:
        data = {"assembly": "villagers_representatives", "approved": True, "present": 31, "votes_for": 31}
        made = self._list(batch, "meeting", "village", "deliberation_minutes", data)
        self._for_list(batch, made, "record_deliberation", "village")

    def _post(self, batch: list[Player], level: str, places: str) -> None:
        data = {"places": places, "discloses": _BOTH}
        made = self._list(batch, "notice", level, f"{level}_notice_photo", data)
        self._for_list(batch, made, f"post_{level}_notice", level)

    def _report(self, batch: list[Player]) -> None:
        for p in batch:
            self._take(p, "close_village_publicity", "village", hung_throughout=True)
            self._take(p, "report_to_township", "village", "approval_form", form_on=self._day.isoformat())
        self._hand_over(batch, "village", "township")

    def _hand_over(self, batch: list[Player], sender: str, receiver: str) -> None:
        made = self._list(batch, "hand_over", sender, "", {})
        village, turn = batch[0].village, batch[0].turn
        self._approvals.lists.send(made, actor=self._people.of(sender, village, turn), on=self._day)
        self._approvals.lists.receive(made, actor=self._people.of(receiver, village, turn), on=self._day)

    def _review(self, batch: list[Player]) -> None:
        for p in batch:
            self._take(
                p, "accept_township_review", "township", "visit_record", papers_in_order=True,
                visited_on=self._day.isoformat(),
            )  # fmt: skip

    def _meet(self, batch: list[Player]) -> None:
        for p in batch:
            self._take(p, "close_township_publicity", "township", hung_throughout=True)
        made = self._list(batch, "meeting", "township", "township_minutes", {"approved": True})
        self._for_list(batch, made, "record_township_meeting", "township")
        self._hand_over(batch, "township", "county")

    def _identify(self, batch: list[Player]) -> None:
        authorities = {
            "registered_poor": ("poverty_office",), "disabled_poor": ("disabled_federation", "civil_affairs"),
        }  # fmt: skip
        for p in batch:
            speaking = authorities.get(p.group["classes"][0], ("civil_affairs",))
            for authority in speaking:
                more: dict[str, Any] = {"no_house_confirmed": True} if p.group.get("no_house") else {}
                self._take(p, "confirm_identity", authority, authority=authority, **more)
            self._take(p, "accept_identity", speaking[0], "publicity_results")
            if p.group.get("grade") == "D":
                self._take(p, "record_resettlement", "township", how="borrowed")
                self._take(p, "record_sealing", "township")

    def _appraise(self, batch: list[Player]) -> None:
        for p in batch:
            if p.group.get("no_house"):
                self._take(p, "waive_appraisal", "county")
                continue
            appraiser = self._people.of("appraiser", p.village, p.turn)
            data = {
                "grade": p.group["grade"], "body": "某房屋安全鉴定所", "on_site_on": self._day.isoformat(),
                "engaged_by": "county", "standard": "建村函〔2009〕69号",
            }  # fmt: skip
            self._approvals.take(
                p.case, "record_appraisal", actor=appraiser, recorder=self._people.of("county", p.village, p.turn),
                on=self._day, data=data, documents=self._papers(p, "appraisal_report"),
            )  # fmt: skip
            self.events += 1

    def _approve(self, batch: list[Player]) -> None:
        for p in batch:
            new = p.group["mode"] != "repair"
            more = {"area": p.group["area"], "land": "old_homestead", "conforms_to_plans": True} if new else {}
            if p.group["mode"] == "guaranteed_housing":
                more["difficulty_certified"] = True
            self._take(
                p, "approve", "county", mode=p.group["mode"], builder=p.group["builder"], chosen_by_household=True,
                planned_cost="60000", **more,
            )  # fmt: skip

    def _register(self, batch: list[Player]) -> None:
        for p in batch:
            self._take(p, "close_county_publicity", "county", hung_throughout=True)
            self._take(p, "register", "county", system_number=f"XT{p.turn:06d}")

    def _agree(self, batch: list[Player]) -> None:
        for p in batch:
            self._take(
                p, "sign_agreement", "village", "agreement", items="task,quality,progress,safety,completion",
                complete_by="2019-08-25",
            )  # fmt: skip

    def _start(self, p: Player) -> None:
        if p.group.get("grade") == "D":
            self._take(p, "record_demolition", "township", evidence="photographs")
        self._take(p, "appoint_supervisor", "township", name="王监督", kind="technician", trained=True)
        self._take(p, "start_works", "township")

    def _accept(self, p: Player, part: str, office: str) -> None:
        procedure = self._approvals.context.procedure(
            self._approvals.get(p.case, actor=self._people.of("county", p.village)).policy_hash
        )
        checklist = {item.id: item.minimum or True for item, _ in procedure.items if part in item.at}
        area = {"area": p.group["area"]} if "area" in p.group else {}
        panel = {"departments": "finance,poverty_office", "technicians": 2, "one_homestead": True}
        self._take(
            p, f"pass_{part}_acceptance", office, f"{part}_acceptance_record", checklist=checklist, **area,
            **(panel if part == "final" else {}),
        )  # fmt: skip

    def _pay(self, p: Player) -> None:
        self._take(
            p, "pay", "finance", amount=p.group["amount"], fund=p.fund, payee=p.group["builder"], channel="one_card"
        )

    def _archive(self, p: Player) -> None:
        self._take(
            p, "archive", "county", "family_basics identity_proof subsidy_approval_form after_photo",
            copies="county,township,village,household_file",
        )  # fmt: skip
