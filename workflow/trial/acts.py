"""Take the acts of a household in the trial year, each with the office, papers and data that it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..papers import Attachment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from ...states.actor import Document
    from ..approvals import Approvals
    from .county import People
    from .households import Player

_BOTH = "policy,beneficiaries,standard"


class TrialYear:
    """The acts of the year, taken through the service on the day that it stands at."""

    def __init__(self, people: People, first: date) -> None:
        self.people = people
        self.day = first
        self.events = 0
        self.approvals: Approvals
        self._shared: dict[tuple[str, str], Document] = {}

    def take(self, p: Player, action: str, office: str, papers: str = "", **data: Any) -> int:
        """Take an act of a household today, by an office; return its number in the case's history."""
        actor = self.people.of(office, p.village, p.turn)
        done = self.approvals.take(
            p.case, action, actor=actor, on=self.day, data=data, documents=self._papers(p, papers)
        )
        self.events += 1
        if done.pending is None:
            return done.event.seq
        self.events += 2
        return self.approvals.confirm(done.pending, actor=self.people.second(p.village, p.turn)).event.seq

    def record(self, p: Player) -> Mapping[str, Any]:
        """Return the record of a household's case."""
        return self.approvals.get(p.case, actor=self.people.of("county", p.village)).record

    def _papers(self, p: Player, kinds: str) -> list[Document]:
        """Return papers: a photograph or form of the household's own, or one that the village's households share."""
        found = []
        for number, kind in enumerate(kinds.split()):
            own = kind in ("application", "danger_photo", "after_photo")
            key = (f"{kind} {number}" if "notice" in kind else kind, p.case if own else p.village + p.policy)
            if key not in self._shared:
                content = f"{key[0]}\n{key[1]}\n{self.day}\n".encode()
                self._shared[key] = self.approvals.context.stored(p.village, [Attachment(kind, content=content)])[0]
            found.append(self._shared[key])
        return found

    def _list(self, batch: list[Player], kind: str, office: str, papers: str, data: dict[str, Any]) -> str:
        """Make the one record that all these households share, and return its id."""
        first = batch[0]
        actor = self.people.of(office, first.village, first.turn)
        made = self.approvals.lists.new(
            kind,
            unit=actor.units[0],
            cases=[p.case for p in batch],
            actor=actor,
            on=self.day,
            data=data,
            documents=self._papers(first, papers),
        )
        self.events += 1
        return made.id

    def _for_list(self, batch: list[Player], list_id: str, action: str, office: str) -> None:
        actor = self.people.of(office, batch[0].village, batch[0].turn)
        for taken in self.approvals.lists.advance(list_id, action, actor=actor):
            if taken.error is not None:
                raise taken.error
            self.events += 1

    def apply(self, batch: list[Player]) -> None:
        """Open the cases and hand the applications in (R41-R44)."""
        for p in batch:
            self.open(p)
            self.submit(p)
            if p.group.get("no_house"):
                self.take(p, "record_survey", "township")

    def open(self, p: Player, papers: str = "", **way: Any) -> None:
        """Open a household's case, on the road's own way in or another (R15)."""
        clerk = self.people.of("village", p.village)
        p.case = self.approvals.open_case(
            policy=p.policy,
            unit=p.village,
            household=p.household,
            actor=clerk,
            on=self.day,
            request_id=f"demo-{p.turn}",
            documents=self._papers(p, papers),
            **way,
        ).id
        self.events += 1

    def submit(self, p: Player) -> None:
        """Hand a household's application in (R41-R44)."""
        certificates = {
            "registered_poor": "income_proof",
            "extreme_poverty": "extreme_poverty_certificate",
            "minimum_living": "minimum_living_certificate",
            "disabled_poor": "disability_certificate",
        }
        certificate = certificates[p.group["classes"][0]]
        photo = "" if p.group.get("no_house") else "danger_photo"
        self.take(
            p,
            "submit_application",
            "village",
            f"application registration_proof {certificate} {photo}",
            contents="registration,income,danger,wish",
            signed_by_head=True,
            consents=True,
            originals_seen=certificate,
            photo_shows_reference=bool(photo),
            photo_shows_head=bool(photo),
        )

    def deliberate(self, batch: list[Player]) -> None:
        """Hold one village assembly for all (R45)."""
        data = {
            "assembly": "villagers_representatives",
            "approved": True,
            "eligible": 36,
            "present": 31,
            "votes_for": 30,
            "votes_against": 1,
        }
        made = self._list(batch, "meeting", "village", "deliberation_minutes", data)
        self._for_list(batch, made, "record_deliberation", "village")

    def post(self, batch: list[Player], level: str, places: str) -> None:
        """Put one notice up for all (R46, R50, R54)."""
        data = {"places": places, "discloses": _BOTH}
        photos = " ".join(f"{level}_notice_photo" for _ in places.split(","))
        made = self._list(batch, "notice", level, photos, data)
        self._for_list(batch, made, f"post_{level}_notice", level)

    def report(self, batch: list[Player]) -> None:
        """Close the village publicity and report to the township (R47)."""
        for p in batch:
            self.take(p, "close_village_publicity", "village", hung_throughout=True)
            self.take(p, "report_to_township", "village", "approval_form", form_on=self.day.isoformat())
        self.hand_over(batch, "village", "township")

    def hand_over(self, batch: list[Player], sender: str, receiver: str) -> None:
        """Send a list to the next level, which receives it."""
        made = self._list(batch, "hand_over", sender, "", {})
        village, turn = batch[0].village, batch[0].turn
        self.approvals.lists.send(made, actor=self.people.of(sender, village, turn), on=self.day)
        self.approvals.lists.receive(made, actor=self.people.of(receiver, village, turn), on=self.day)

    def review(self, batch: list[Player]) -> None:
        """Visit and review each household (R49)."""
        for p in batch:
            self.take(
                p,
                "accept_township_review",
                "township",
                "visit_record",
                papers_in_order=True,
                visited_on=self.day.isoformat(),
            )

    def meet(self, batch: list[Player]) -> None:
        """Close the township publicity and hold one meeting for all (R51)."""
        for p in batch:
            self.take(p, "close_township_publicity", "township", hung_throughout=True)
        made = self._list(batch, "meeting", "township", "township_minutes", {"approved": True})
        self._for_list(batch, made, "record_township_meeting", "township")
        self.hand_over(batch, "township", "county")

    def identify(self, batch: list[Player]) -> None:
        """Have each household's identity confirmed (R25-R28)."""
        authorities = {
            "registered_poor": ("poverty_office",),
            "disabled_poor": ("disabled_federation", "civil_affairs"),
        }
        for p in batch:
            speaking = authorities.get(p.group["classes"][0], ("civil_affairs",))
            for authority in speaking:
                more: dict[str, Any] = {"no_house_confirmed": True} if p.group.get("no_house") else {}
                self.take(p, "confirm_identity", authority, authority=authority, **more)
            self.take(p, "accept_identity", speaking[0], "publicity_results")
            if p.group.get("grade") == "D":
                self.take(p, "record_resettlement", "township", how="borrowed")
                self.take(p, "record_sealing", "township")

    def appraise(self, batch: list[Player]) -> None:
        """Appraise each house; a no-house household's appraisal is waived (R29a, R29b)."""
        for p in batch:
            if p.group.get("no_house"):
                self.take(p, "waive_appraisal", "county")
                continue
            appraiser = self.people.of("appraiser", p.village, p.turn)
            data = {
                "grade": p.group["grade"],
                "body": "某房屋安全鉴定所",
                "on_site_on": self.day.isoformat(),
                "engaged_by": "county",
                "standard": "建村函〔2009〕69号",
            }
            self.approvals.take(
                p.case,
                "record_appraisal",
                actor=appraiser,
                recorder=self.people.of("county", p.village, p.turn),
                on=self.day,
                data=data,
                documents=self._papers(p, "appraisal_report"),
            )
            self.events += 1

    def approve(self, batch: list[Player]) -> None:
        """Approve each household (R54)."""
        for p in batch:
            new = p.group["mode"] != "repair"
            more = {"area": p.group["area"], "land": "old_homestead", "conforms_to_plans": True} if new else {}
            if p.group["mode"] == "guaranteed_housing":
                more["difficulty_certified"] = True
            self.take(
                p,
                "approve",
                "county",
                mode=p.group["mode"],
                builder=p.group["builder"],
                chosen_by_household=True,
                planned_cost="60000",
                **more,
            )

    def register(self, batch: list[Player]) -> None:
        """Close the county publicity and register each household (R54)."""
        for p in batch:
            self.take(p, "close_county_publicity", "county", hung_throughout=True)
            self.take(p, "register", "county", system_number=f"XT{p.turn:06d}")

    def agree(self, batch: list[Player]) -> None:
        """Sign each household's agreement (R69)."""
        for p in batch:
            self.take(
                p,
                "sign_agreement",
                "village",
                "agreement",
                items="task,quality,progress,safety,completion",
                complete_by="2019-08-25",
            )

    def start(self, p: Player) -> None:
        """Record what a start rests on, and start the works (R60, R62)."""
        if p.group.get("grade") == "D":
            self.take(p, "record_demolition", "township", evidence="photographs")
        self.take(p, "appoint_supervisor", "township", name="王监督", kind="technician", trained=True)
        self.take(p, "start_works", "township")

    def accept(self, p: Player, part: str, office: str) -> None:
        """Accept a house, preliminarily or finally (R57)."""
        procedure = self.approvals.context.procedure(
            self.approvals.get(p.case, actor=self.people.of("county", p.village)).policy_hash
        )
        checklist = {item.id: item.minimum or True for item, _ in procedure.items if part in item.at}
        area = {"area": p.group["area"]} if "area" in p.group else {}
        panel = {"departments": "finance,poverty_office", "technicians": 2, "one_homestead": True}
        self.take(
            p,
            f"pass_{part}_acceptance",
            office,
            f"{part}_acceptance_record",
            checklist=checklist,
            **area,
            **(panel if part == "final" else {}),
        )

    def pay(self, p: Player) -> None:
        """Pay a household's subsidy (R40a)."""
        self.take(
            p, "pay", "finance", amount=p.group["amount"], fund=p.fund, payee=p.group["builder"], channel="one_card"
        )

    def archive(self, p: Player) -> None:
        """Archive a household's file (R78)."""
        self.take(
            p,
            "archive",
            "county",
            "family_basics identity_proof subsidy_approval_form after_photo",
            copies="county,township,village,household_file",
        )
