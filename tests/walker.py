"""A road walker for any policy: of each state it takes the valid act, with the office, papers and data that it needs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from weigai.states.counting.floor_area import limit_of
from weigai.states.counting.money import parts_fen, payable_fen, subsidy_for
from weigai.states.decide import traits_of
from weigai.states.forms.acts import read
from weigai.states.guards.base import REGISTRY
from weigai.states.identity_number import synthetic
from weigai.states.procedure.conditions import fits
from weigai.states.procedure.graph import Act, Part
from weigai.states.proofs.load import load_policy
from weigai.workflow import Actor, Case, Decision, Done

from tests.support import Desk, documents

AREAS = {"village": 12, "township": 9}  # an office's area is as many digits of the village's code; else the county
RESTS_ON: dict[str, dict[str, Any]] = {  # facts that acts of the road may rest on, with their data
    "record_resettlement": {"how": "rented"},
    "record_sealing": {},
    "record_demolition": {"evidence": ["photographs"]},
    "appoint_supervisor": {"name": "王五", "kind": "technician", "trained": True},
}
ALL = ("registration", "income", "danger", "wish")


@dataclass(frozen=True)
class Household:
    """What a case of the tables says of a household; `choice` are the values that its road takes."""

    classes: tuple[str, ...]
    members: int = 1
    no_house: bool = False
    choice: dict[str, Any] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)

    def told(self) -> dict[str, Any]:
        """Return the household file."""
        people = [
            {"name": f"张{number}", "id_number": synthetic("150799", date(1960, 1, 1), number)}
            for number in range(1, self.members + 1)
        ]
        others = [{**person, "relation": "child"} for person in people[1:]]
        house = {"no_house": True, "dwellings": 0, "no_house_marked": True} if self.no_house else {}
        attested = {"lives_in_countryside": True, "rural_registration": True}
        account = {"card": "6217000000000001", "card_holder": "张1"}
        return {
            "head": people[0],
            "members": others,
            "classes": list(self.classes),
            "account": account,
            **attested,
            **house,
            **self.more,
        }


@dataclass(frozen=True)
class Next:
    """The valid act of a state: action, office, papers with blanks between, data."""

    action: str
    office: str
    papers: str
    data: dict[str, Any]


class Walker:
    """Walks one case of any policy along its road."""

    def __init__(self, desk: Desk, policy: str, text: str, household: Household, on: date) -> None:
        self.desk, self.household = desk, household
        desk.today = on
        self.procedure = load_policy(text).of(None, on)
        self.village = f"{self.procedure.policy.county}101201"
        opening = self.procedure.road[0].step.offices[0]
        self.id = desk.api.open_case(
            policy=policy, unit=self.village, household=household.told(), actor=self.person(opening), on=on
        ).id

    def person(self, office: str) -> Actor:
        """Return the made-up official of an office."""
        return Actor(f"p-{office.replace('_', '-')}", office, (self.village[: AREAS.get(office, 6)],))

    @property
    def case(self) -> Case:
        """Return the case as it stands."""
        return self.desk.api.get(self.id, actor=self.person("county"))

    def check(self, act: Next) -> Decision:
        """Ask about an act today."""
        return self.desk.api.check(self.id, act.action, **self._told(act))

    def take(self, act: Next) -> Done:
        """Take an act today."""
        return self.desk.api.take(self.id, act.action, **self._told(act))

    def _told(self, act: Next) -> dict[str, Any]:
        """Return how an act is taken: by somebody of its office who takes nothing else, as plans of four eyes want it."""
        papers = documents(act.papers, self.id)
        own = self.person(act.office)
        actor = replace(own, person=f"{own.person}-{act.action.replace('_', '-')}")
        return {"actor": actor, "on": self.desk.today, "data": act.data, "documents": papers}

    def to(self, until: str) -> None:
        """Take valid acts until the case stands in a state."""
        for _ in range(60):
            if self.case.state == until:
                return
            self.take(self.next())
        raise AssertionError(f"{until} was not reached: the case stands in {self.case.state}")

    # ------------------------------------------------------------------ the valid act of a state

    def next(self) -> Next:
        """Return the valid act of the state; what it rests on is recorded first, and the clock waits for its day."""
        case = self.case
        part = next(part for part in self.procedure.road if part.state == case.state)
        if case.record.get("opens_on"):
            self.desk.today = max(self.desk.today, date.fromisoformat(case.record["opens_on"]))
        if part.kind == "identity":
            self._confirmed()
        if part.kind == "payment":
            return self._settling(part)
        return self._based(self._valid(part))

    def _valid(self, part: Part) -> Next:
        if part.kind == "appraisal" and self.household.no_house and "waive_appraisal" in self.procedure.acts:
            return self._next(self.procedure.acts["waive_appraisal"], {})
        return self._next(self.procedure.acts[part.action], self.data(part))

    def _next(self, act: Act, data: dict[str, Any]) -> Next:
        case = self.case
        traits = traits_of(case, self.procedure, act, read(act.form, data))
        wanted = [paper for paper, fit in act.papers if fits(fit, traits)]
        seen = [paper.kind for paper in wanted if paper.original]
        photos = [f"{act.level}_notice_photo"] * (len(data.get("places", ())) if act.kind == "posting" else 0)
        kinds = [paper.kind for paper in wanted if paper.kind not in case.papers and paper.kind not in photos]
        told = {**data, "originals_seen": seen} if seen else data
        return Next(act.name, act.offices[0], " ".join([*kinds, *photos]), told)

    def data(self, part: Part) -> dict[str, Any]:
        """Return the valid data of a road's act, by the kind of the act."""
        made = getattr(self, f"_{part.kind}", None)
        return made(part) if made else {}

    def _application(self, part: Part) -> dict[str, Any]:
        shown = {"photo_shows_reference": True, "photo_shows_head": True}
        return {"contents": list(ALL), "signed_by_head": True, "consents": True, **shown}

    def _deliberation(self, part: Part) -> dict[str, Any]:
        allowed = self.procedure.policy.guards.assembly_allowed
        assembly = allowed.any[0] if allowed else "villagers_meeting"
        return {"assembly": assembly, "approved": True, "eligible": 60, "present": 41, "votes_for": 40}

    def _posting(self, part: Part) -> dict[str, Any]:
        shown = self.procedure.policy.guards.notice_discloses
        places = list(part.step.places) or [f"{part.step.level}_board"]
        return {"places": places, "discloses": list(part.step.shows or (shown.all if shown else ()))}

    def _closing(self, part: Part) -> dict[str, Any]:
        return {"hung_throughout": True}

    def _report(self, part: Part) -> dict[str, Any]:
        return {"form_on": self.desk.today.isoformat()}

    def _review(self, part: Part) -> dict[str, Any]:
        return {"papers_in_order": True, "visited_on": self.desk.today.isoformat()}

    def _meeting(self, part: Part) -> dict[str, Any]:
        return {"approved": True}

    def _appraisal(self, part: Part) -> dict[str, Any]:
        engaged = self.procedure.policy.guards.appraiser_engaged
        by = engaged.any[0] if engaged else "county"
        day = self.desk.today.isoformat()
        return {
            "grade": self._grade(),
            "body": "某鉴定所",
            "on_site_on": day,
            "engaged_by": by,
            "standard": "JGJ/T 363",
        }

    def _grade(self) -> str:
        return str(self.household.choice.get("grade", "D"))

    def _approval(self, part: Part) -> dict[str, Any]:
        choice = self.household.choice
        mode = self.procedure.modes[choice.get("mode", next(iter(self.procedure.modes)))]
        data = {"mode": mode.id, "builder": choice.get("builder", mode.builders[0]), "chosen_by_household": True}
        data |= {"difficulty_certified": True}
        if mode.area or mode.new_build:
            area = choice.get("area") or self._fitting(mode.id)
            data |= {"area": area, "land": "old_homestead", "conforms_to_plans": True}
        return {**data, **self._amount(data)}

    def _fitting(self, mode: str) -> str:
        """Return an area within the limits of a mode."""
        area = self.procedure.modes[mode].area
        limit = limit_of(area, self.household.members) if area else None
        return str((limit and (limit.cap or limit.floor)) or 50)

    def _amount(self, data: dict[str, Any]) -> dict[str, str]:
        """Return the amount, where the plan leaves it to the approval."""
        act = self.procedure.acts["approve"]
        table = subsidy_for(self.procedure, traits_of(self.case, self.procedure, act, read(act.form, data)))
        if table is None or table.kind not in ("floor", "average"):
            return {}
        most = [n for n in (table.yuan, table.most) if n is not None]
        return {"subsidy": str(self.household.choice.get("subsidy", min(most)))}

    def _agreement(self, part: Part) -> dict[str, Any]:
        wanted = self.procedure.policy.guards.agreement_complete
        until = self.desk.today + timedelta(days=90)
        return {"items": list(wanted.all if wanted else ("task",)), "complete_by": until.isoformat()}

    def _completion(self, part: Part) -> dict[str, Any]:
        return {"actual_cost": "60000"}

    def _preliminary(self, part: Part) -> dict[str, Any]:
        return self._built(part)

    def _final(self, part: Part) -> dict[str, Any]:
        panel = {"departments": ["finance"], "technicians": 1, "one_homestead": True}
        return {**self._built(part), **panel}

    def _built(self, part: Part) -> dict[str, Any]:
        approved = self.case.approved_area
        items = {i.id: True if i.minimum is None else i.minimum for i, _ in self.procedure.items}
        return {"checklist": items, **({} if approved is None else {"area": str(approved)})}

    def _archiving(self, part: Part) -> dict[str, Any]:
        kept = self.procedure.policy.guards.report_copies_kept
        return {"copies": list(kept.all if kept else ("county",))}

    # ------------------------------------------------------------------ what acts rest on

    def _based(self, act: Next) -> Next:
        """Record the facts that an act rests on and that are not there yet: who lives where, what is pulled down."""
        for finding in self.check(act).unmet:
            fact = REGISTRY[finding.guard].mended_by if finding.guard in REGISTRY else None
            if fact in RESTS_ON and fact in self.procedure.acts:
                self.take(self._next(self.procedure.acts[fact], RESTS_ON[fact]))
        return act

    def _confirmed(self) -> None:
        """Record what the authorities say who have to confirm the household's classes."""
        if self.household.no_house and "record_survey" in self.procedure.acts:
            self.take(self._next(self.procedure.acts["record_survey"], {}))
        served = [c for c in self.procedure.policy.classes if c.id in self.household.classes]
        for authority in dict.fromkeys(group[0] for entry in served for group in entry.confirmed_by):
            said: dict[str, Any] = {"authority": authority}
            said |= {"no_house_confirmed": True} if self.household.no_house else {}
            self.take(Next("confirm_identity", authority, "", said))

    def _settling(self, part: Part) -> Next:
        """Return the payment; of parts the earlier ones are paid first; without an amount the file is closed unpaid."""
        due = payable_fen(self.case)
        if due is None:
            return self._next(self.procedure.acts["close_without_payment"], {"reason": "方案未定补助数额"})
        done = len(self.case.facts("pay_instalment"))
        for number, one in list(enumerate(self.procedure.policy.instalments[:-1]))[done:]:
            self._wait_for(one.after, one.days)
            self._pay_part(number)
        for one in self.procedure.policy.instalments[-1:]:
            self._wait_for(one.after, one.days)
        left = payable_fen(self.case) or 0
        return self._next(self.procedure.acts[part.action], self._paying(left, "P-last"))

    def _wait_for(self, action: str, days: int) -> None:
        after = self.case.act_on(action)
        assert after is not None
        self.desk.today = max(self.desk.today, after + timedelta(days=days))

    def _pay_part(self, number: int) -> None:
        entitled = (payable_fen(self.case) or 0) + self.case.fen("paid_fen")
        data = self._paying(parts_fen(self.procedure, entitled)[number], f"P-{number + 1}")
        self.take(self._next(self.procedure.acts["pay_instalment"], data))

    def _paying(self, fen: int, voucher: str) -> dict[str, Any]:
        case = self.case
        line = next(line for line, _ in self.procedure.lines if line.id == case.record["line"])
        mode = self.procedure.modes[str(case.mode)]
        payee = next(row.payee for row in mode.payees if row.builder == case.builder)
        allowed = self.procedure.policy.guards.channel_allowed
        channel = allowed.any[0] if allowed else "one_card"
        amount = f"{fen // 100}.{fen % 100:02d}"
        return {"amount": amount, "fund": line.fund, "payee": payee, "channel": channel, "voucher": voucher}
