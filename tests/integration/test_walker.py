"""A random walker over every action and fact, with good and bad data, agrees step by step with `tests/model.py`.

A failing walk prints its steps; under the profile "full" (`tests/profiles.py`) it walks longer, at random.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import text
from weigai.states import decide
from weigai.workflow import Case, Decision, GuardsNotMet, InputRefused, NoSuchAct

from tests import model as rules
from tests.model import CLOSED, PLACES, Ask, Model
from tests.profiles import examples, full
from tests.support import CHECKLIST, HEAD, VILLAGE, Desk, documents, household, person

pytestmark = pytest.mark.heavy

settings.register_profile(
    "walker",
    deadline=None,  # a step is a handful of statements on a database that others use too
    derandomize=not full(),  # CI walks the same ways every time
    database=None,
    phases=[Phase.generate],  # a walk says all of its acts; making it shorter takes minutes
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.filter_too_much,
    ],  # walks are long
)
WALKER = settings.get_profile("walker")

KINDS: dict[str, dict[str, Any]] = {
    "A": {"plan": "a"},
    "A, no house": {"plan": "a", "no_house": True},
    "B": {"plan": "b"},
    "B, after a disaster": {"plan": "b", "disaster": True},
}
DISTURBED = {"draft": "2019-06-10"}
REASON = {"reason": "材料不全"}
LATE = {**REASON, "agreed_by": "p-second"}  # what happened long ago is entered by two
PAPERS = [
    "large_family_application",
    "township_area_document",
    "photographs",
    "danger_photo",
    "registration_proof",
    "application",
    "approval_form",
    "visit_record",
]
# what a field may be bent to, by its name
BENT: dict[str, list[Any]] = {
    "mode": [*rules.BUILDERS, "palace"],
    "builder": ["household", "township"],
    "payee": ["household", "township"],
    "fund": list(rules.FUND.values()),
    "channel": ["cash", "one_card"],
    "grade": ["A", "B", "C", "D"],
    "assembly": ["committee", "villagers_meeting", "villagers_representatives"],
    "engaged_by": ["township", "county"],
    "authority": list(rules.OFFICES[3:6]),
    "level": ["village", "township", "county"],
    "place": ["village_board", "main_street", "township_board"],
    "area": ["39.99", "40.00", "40.01", "60.00", "60.01", "80.00", "80.01"],
    "kind": ["technician", "village_committee", "neighbour"],
    "rule": ["R36c", "R36c", "R60", "R46", "R36", "R21", "R22", "R999"],
    "agreed_by": ["p-second", "p-township", "p-county"],
    "present": [3, 41, 70],
    "votes_for": [0, 40, 41, 42],
    "technicians": [0, 1],
    "voucher": ["P-1", "P-2"],
    "amount": ["0.01", "15000.51", "20000.01", "25232.01", "45232.01"],
}


def certificates(classes: frozenset[str]) -> list[str]:
    return [rules.CERTIFICATES[c] for c in sorted(classes) if c in rules.CERTIFICATES]


class Right:
    """What comes next for a case, rightly: the act of its state, or the fact that it waits for."""

    def __init__(self, model: Model, choices: dict[str, Any]) -> None:
        self.model, self.choices = model, choices

    def next(self, today: date) -> tuple[Ask, int] | None:
        """Return the next right act and how many days have to pass before it."""
        m = self.model
        if m.state == "archived":
            return None
        waits = self._waits(today) if m.state not in CLOSED else None
        if waits is not None:
            return waits, 0
        ask = self.act(m.state, today)
        if m.state.endswith("_publicity"):
            level = m.state.removesuffix("_publicity")
            if down := m.notices[level].down(PLACES[level]):
                return Ask("repost_notice", level, today, {"level": level, "places": down}), 0
            opens = m.opens(level, today + timedelta(days=30))
            assert opens is not None
            days = max(0, (opens - today).days)
            return ask._replace(on=today + timedelta(days=days)), days
        return ask, 0

    def _waits(self, today: date) -> Ask | None:
        m = self.model
        if m.suspended:
            return Ask("resume", "township", today, {})
        kinds = tuple(kind for kind in m.papers if m.is_rejected(kind))
        if kinds:
            return Ask("attach", "village", today, {}, kinds)
        for number, objection in m.objections.items():
            if objection["answered"] is None:
                told = {"objection": number, "upheld": False, "outcome_reason": "不属实"}
                return Ask("answer_objection", objection["level"], today, told)
        if m.state == "identity_check":
            return self._identity(today)
        if m.state == "site_preparation":
            return self._site(today)
        if m.state == "construction" and self._new() and not m.no_house and not m.known("record_demolition"):
            return Ask("record_demolition", "township", today, {"evidence": ["photographs"]})
        return self._open_problem(today)

    def _open_problem(self, today: date) -> Ask | None:
        m = self.model
        mended = {fact[4]["inspection"] for fact in m.known("close_inspection")}
        for number, *_, data in m.known("record_inspection") if m.state == "final_acceptance" else ():
            if data["problem"] and number not in mended:
                return Ask("close_inspection", "county", today, {"inspection": number})
        return None

    def _identity(self, today: date) -> Ask | None:
        m = self.model
        if m.no_house and not any(fact[2] == "township" for fact in m.known("record_survey")):
            return Ask("record_survey", "township", today, {})
        if m.confirmed(today, no_house=m.no_house):
            return None
        told = {"no_house_confirmed": True} if m.no_house else {}
        for group in rules.CONFIRMED_BY[m.served()[0]][1] if m.served() else ():
            office = min(group)
            said = [fact for fact in m.noted if fact[4].get("authority") == office]
            if not said or said[-1][1] == "deny_identity" or (told and not said[-1][4].get("no_house_confirmed")):
                return Ask("confirm_identity", office, today, {"authority": office, **told})
        return None

    def _site(self, today: date) -> Ask | None:
        m = self.model
        if m.grade == "D" and not m.known("record_resettlement"):
            return Ask("record_resettlement", "township", date(2019, 2, 1), {"how": "rented", **LATE})
        if m.grade == "D" and not (m.known("record_sealing") or m.known("record_demolition")):
            return Ask("record_sealing", "township", date(2019, 2, 2), dict(LATE))
        if not any(fact[4]["trained"] and fact[4]["kind"] != "neighbour" for fact in m.known("appoint_supervisor")):
            return Ask("appoint_supervisor", "township", today, {"name": "王五", "kind": "technician", "trained": True})
        return None

    def _new(self) -> bool:
        return (self.model.mode or self.choices["mode"]) in rules.NEW_BUILDS

    def act(self, state: str, today: date) -> Ask:
        """Return the right act of a state, told and papered as it should be."""
        m = self.model
        office, told, papers = "county", {}, ""
        match state:
            case "draft":
                own = ["income_proof"] if m.plan == "a" else certificates(m.classes)
                action, office = "submit_application", "village"
                papers = " ".join(
                    ["application", "registration_proof", *own, *(() if m.no_house else ["danger_photo"])]
                )
                told = {
                    "contents": ["registration", "income", "danger", "wish"],
                    "signed_by_head": True,
                    "consents": True,
                    "photo_shows_reference": True,
                    "photo_shows_head": True,
                    "originals_seen": own,
                }
            case "village_deliberation":
                action, office, papers = "record_deliberation", "village", "deliberation_minutes"
                told = {
                    "assembly": "villagers_meeting",
                    "approved": True,
                    "eligible": 60,
                    "present": 41,
                    "votes_for": 40,
                }
            case "village_notice" | "township_notice" | "county_notice":
                office = state.removesuffix("_notice")
                action, papers = f"post_{state}", f"{state}_photo"
                told = {"places": list(PLACES[office]), "discloses": ["policy", "beneficiaries", "standard"]}
            case "village_publicity" | "township_publicity" | "county_publicity":
                action, office, told = f"close_{state}", state.removesuffix("_publicity"), {"hung_throughout": True}
            case "application_form":
                action, office, papers = "report_to_township", "village", "approval_form"
                told = {"form_on": today.isoformat()}
            case "township_review":
                action, office, papers = "accept_township_review", "township", "visit_record"
                told = {"papers_in_order": True, "visited_on": today.isoformat()}
            case "township_meeting":
                action, office, papers, told = (
                    "record_township_meeting",
                    "township",
                    "township_minutes",
                    {"approved": True},
                )
            case "identity_check":
                action, office, papers = "accept_identity", rules.IDENTITY[m.plan][0], "publicity_results"
            case "appraisal" if m.no_house:
                action = "waive_appraisal"
            case "appraisal":
                action, office, papers = "record_appraisal", "appraiser", "appraisal_report photographs"
                told = {
                    "grade": self.choices["grade"],
                    "body": "某鉴定所",
                    "on_site_on": today.isoformat(),
                    "engaged_by": "county",
                }
            case "county_review":
                action, told, papers = self._approval()
            case "registration":
                action = "register"
            case "agreement":
                action, office, papers = "sign_agreement", "village", "agreement"
                told = {"items": ["task", "quality", "progress", "safety", "completion"], "complete_by": "2019-08-20"}
            case "site_preparation":
                action, office = "start_works", "township"
            case "construction":
                action, office = "complete_works", "township"
                told = {"actual_cost": self.choices["cost"]} if self.choices["cost"] else {}
            case "preliminary_acceptance":
                action, office, papers = "pass_preliminary_acceptance", "township", "preliminary_acceptance_record"
                told = {"checklist": dict(CHECKLIST), **self._area()}
            case "final_acceptance":
                action, papers = "pass_final_acceptance", "final_acceptance_record"
                told = {
                    "checklist": dict(CHECKLIST),
                    **self._area(),
                    "departments": ["finance"],
                    "technicians": 1,
                    "one_homestead": True,
                }
            case "payment" if m.subsidy()[0] is None or m.payable() - m.paid <= 0:
                action, told = "close_without_payment", REASON
            case "payment":
                action, office, told = "pay", "finance", self.payment(m.payable() - m.paid)
            case "archiving" if m.returned:
                action, office, told = "reissue_payment", "finance", self.payment(m.returned, f"P-{m.version}")
            case "archiving":
                action, told = "archive", {"copies": ["county", "township", "village", "household_file"]}
                papers = "family_basics identity_proof subsidy_approval_form after_photo"
            case "returned_to_village" if m.held("resubmit"):
                action, office, told, papers = "decline_to_report", "village", REASON, "reason_letter"
            case "returned_to_village":
                action, office = "resubmit", "village"
            case "rectification":
                action, office = "complete_rectification", "township"
            case _:
                action, told = "reopen", {**REASON, "agreed_by": "p-second"}
                office = m.offices("reopen")[0]
        if m.held(action) and action in rules.UPWARD:
            return self._upheld(today)
        return Ask(action, office, today, dict(told), tuple(papers.split()))

    def _upheld(self, today: date) -> Ask:
        """Return what follows from an objection that was upheld: an end by the village, a return by the others."""
        m = self.model
        for action in ("decline_to_report", "return_to_village", "reject_approval", "withdraw", "disqualify"):
            if m.way(action) is not None:
                office = m.offices(action)[0]
                return Ask(action, office, today, dict(REASON), ("reason_letter",) if action[0] == "d" else ())
        raise AssertionError(m.state)

    def payment(self, amount: int, voucher: str = "P-0") -> dict[str, Any]:
        """Return a right payment."""
        payee = self.model.told("approve", "builder")
        return {
            "amount": str(Decimal(amount) / 100),
            "fund": rules.FUND[self.model.plan],
            "payee": payee,
            "channel": "one_card",
            "voucher": voucher,
        }

    def _approval(self) -> tuple[str, dict[str, Any], str]:
        told: dict[str, Any] = {name: self.choices[name] for name in ("mode", "builder")}
        told |= {"chosen_by_household": True, "reason": "本人申请", **self._area()}
        return "approve", told, " ".join(sorted(rules.AREA_PAPERS)) if Decimal(self.choices["area"]) > 60 else ""

    def _area(self) -> dict[str, Any]:
        return {"area": self.model.told("approve", "area") or self.choices["area"]} if self._new() else {}


GRADES = {"D": rules.NEW_BUILDS, "C": (*rules.NEW_BUILDS, "repair"), None: rules.NEW_BUILDS}


def choices(draw: Any, kind: dict[str, Any]) -> dict[str, Any]:
    """Draw what the household will have: grade, mode, builder, area, cost."""
    grade = None if kind.get("no_house") else draw(st.sampled_from("D" if kind.get("disaster") else "DC"))
    mode = draw(st.sampled_from(GRADES[grade]))
    area = draw(st.sampled_from(["58.00", "60.00", "75.00", "80.00"] if mode == "self_build" else ["38.00", "40.00"]))
    cost = draw(st.sampled_from([None, "15000.50", "30000"]))
    return {
        "grade": grade,
        "mode": mode,
        "builder": draw(st.sampled_from(rules.BUILDERS[mode])),
        "area": area,
        "cost": cost,
    }


def bend(draw: Any, ask: Ask, today: date, last: date) -> Ask:
    """Break one thing of an act: its office, its day, its papers, or something that it is told."""
    ways = [
        "office",
        "day",
        "unknown",
        *(["paper"] if ask.papers else []),
        *[f"-{n}" for n in ask.data],
        *[f"~{n}" for n in ask.data] * 2,
    ]
    ways += [f"~{n}" for n in ("area", "amount") if n in ask.data] * 12
    way = draw(st.sampled_from(ways))
    if way == "office":
        return ask._replace(office=draw(st.sampled_from(rules.OFFICES)))
    if way == "day":
        days = [last - timedelta(days=1), today + timedelta(days=1), today - timedelta(days=1)]
        return ask._replace(on=draw(st.sampled_from(days)))
    if way == "paper":
        gone = draw(st.sampled_from(ask.papers))
        return ask._replace(papers=tuple(kind for kind in ask.papers if kind != gone))
    if way == "unknown":
        return ask._replace(data={**ask.data, "colour": 1})
    name = way[1:]
    if way[0] == "-":
        return ask._replace(data={k: v for k, v in ask.data.items() if k != name})
    return ask._replace(data={**ask.data, name: bent(draw, name, ask.data[name])})


def bent(draw: Any, name: str, value: Any) -> Any:
    """Return another value for a field."""
    if name == "checklist":
        item = draw(st.sampled_from(sorted(value)))
        return {**value, item: 369 if item == "wall_thickness" else False}
    if name == "amount":
        return str(max(Decimal(0), Decimal(value) + Decimal(draw(st.sampled_from(["0.01", "-0.01", "5000", "-1000"])))))
    if name in BENT:
        return draw(st.sampled_from(BENT[name]))
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + draw(st.sampled_from([-1, 1]))
    if isinstance(value, list):
        return value[1:]
    if isinstance(value, str) and value[:3] == "201":
        return (date.fromisoformat(value) + timedelta(days=draw(st.sampled_from([-7, -1, 1])))).isoformat()
    return value


def a_fact(draw: Any, m: Model, right: Right, today: date) -> Ask:
    """Draw a fact that fits the case more or less."""
    name = draw(st.sampled_from([*sorted(m.facts), *("suspend", "raise_objection") * 8]))
    office = draw(st.sampled_from(m.facts[name][1]))
    on = today
    level = draw(st.sampled_from([*m.notices] or ["village"]))
    papers: tuple[str, ...] = ()
    told: dict[str, Any] = {}
    match name:
        case "attach" | "file_late_paper":
            papers = (draw(st.sampled_from(PAPERS)),)
        case "record_resettlement":
            told = {"how": "rented"}
        case "record_demolition" | "record_sealing" | "record_survey" | "record_contact":
            on = draw(st.sampled_from([today, today - timedelta(days=1), date(2019, 2, 2)]))
            told = dict(draw(st.sampled_from([{}, LATE, REASON])))
            if name == "record_demolition":
                told |= draw(st.sampled_from([{}, {"evidence": ["earlier_survey"]}]))
        case "appoint_supervisor":
            told = {"name": "王五", "kind": draw(st.sampled_from(BENT["kind"])), "trained": draw(st.booleans())}
        case "record_household_visit":
            told = {"visitor": "李"}
        case "confirm_identity" | "deny_identity":
            told = {"authority": office, **draw(st.sampled_from([{}, {"no_house_confirmed": True}]))}
        case "raise_objection":
            told = {"level": level, "grounds": "不符合条件"}
        case "answer_objection":
            number, known = draw(st.sampled_from([*m.objections.items()] or [(1, {"level": office})]))
            office = known["level"]
            told = {"objection": number, "upheld": draw(st.booleans()), "outcome_reason": "复核"}
        case "take_down_notice":
            told = {"level": level, "place": draw(st.sampled_from(PLACES[level]))}
            on = draw(
                st.sampled_from(
                    [
                        today,
                        today,
                        max(m.notices[level].last_change(), today - timedelta(days=4)) if level in m.notices else today,
                    ]
                )
            )
        case "repost_notice":
            told = {"level": level, **draw(st.sampled_from([{}, {"corrected": True}, {"places": list(PLACES[level])}]))}
        case "record_inspection":
            told = {"problem": draw(st.booleans()), "blocks_acceptance": draw(st.booleans())}
        case "close_inspection":
            told = {"inspection": draw(st.sampled_from([fact[0] for fact in m.known("record_inspection")] or [1]))}
        case "check_document":
            told = {"kind": draw(st.sampled_from([*m.papers] or ["application"])), "accepted": draw(st.booleans())}
        case "suspend":
            told = {"reason": "户主住院"}
        case "exempt":
            until = today + timedelta(days=draw(st.sampled_from([0, 5, 200])))
            told = {
                "rule": draw(st.sampled_from(BENT["rule"][:5])),
                "granted_by": "p-head",
                "until": until.isoformat(),
                **REASON,
                "agreed_by": "p-second",
            }
        case "correct":
            told = {
                "correction": {"household": {"note": draw(st.sampled_from("ab"))}},
                "cause": "error",
                **REASON,
                "agreed_by": "p-second",
            }
        case "answer_appeal":
            told = {"appeal": draw(st.sampled_from([*m.appeals] or [1])), "upheld": True, "outcome_reason": "复核"}
        case "payment_returned":
            told = {"amount": str(Decimal(draw(st.sampled_from([m.paid or 100, 100_000]))) / 100), **REASON}
        case "reissue_payment":
            told = right.payment(draw(st.sampled_from([m.returned or 100, 100_000])), f"P-{m.version}")
        case "record_recovery":
            told = {"amount": str(Decimal(draw(st.sampled_from([m.due_back or 100, 100_000]))) / 100)}
        case "record_alteration":
            told = {"area": draw(st.sampled_from(BENT["area"]))}
        case "record_refund":
            told = {
                "amount": "20000",
                "through": draw(st.sampled_from([["village", "township", "treasury"], ["village"]])),
            }
        case _:
            pass
    return Ask(name, office, on, told, papers)


def a_way(draw: Any, m: Model, name: str, today: date) -> Ask:
    """Draw a way off the road, or back."""
    offices = m.offices(name) or ("village",)
    told: dict[str, Any] = dict(REASON)
    papers: tuple[str, ...] = ()
    office = draw(st.sampled_from(offices))
    match name:
        case "step_back":
            office = m.steps[-1].office if m.steps else office
        case "decline_to_report":
            papers = ("reason_letter",)
        case "refuse":
            papers = ("village_refusal_record", "township_refusal_record")
        case "fail_preliminary_acceptance" | "fail_final_acceptance":
            told["mend_by"] = "2020-08-20"
        case "reopen":
            told["agreed_by"] = "p-second"
        case "appeal":
            told = {"grounds": "确无他处住房"}
        case _:
            pass
    return Ask(name, office, today, told, papers)


class Walk(RuleBasedStateMachine):
    """One household's case, walked at random; the program and the model have to agree at every step."""

    def __init__(self, desk: Desk, kind: dict[str, Any], counted: Counter[str]) -> None:
        super().__init__()
        self.desk, self.kind, self.counted = desk, kind, counted
        desk.session.rollback()
        desk.today = date(2019, 6, 10)
        self.told: list[str] = []
        counted["examples"] += 1

    # -------------------------------------------------------------- the steps

    @initialize(data=st.data(), far=st.sampled_from([0, 0, 3, 8, 13, 17, 22, 27, 40]))
    def open(self, data: Any, far: int) -> None:
        draw, plan = data.draw, self.kind["plan"]
        classes = ["registered_poor"]
        if plan == "b":
            classes = draw(
                st.sampled_from(
                    [["minimum_living"], ["disabled_poor"], ["extreme_poverty"], ["disabled_poor", "minimum_living"]]
                )
            )
        told: dict[str, Any] = {
            "classes": classes,
            **draw(st.sampled_from([{}] * 9 + [{"stably_out_of_poverty": True}, {"in_relocation_plan": True}])),
        }
        if self.kind.get("no_house"):
            told |= {"no_house": True, "head": {**HEAD, "registered_poor": True}}
        elif draw(st.sampled_from([False] * 11 + [True])):
            told |= {"dwellings": 2}
        self.told.append(f"{plan} {told}")
        self.case = self._opened(told)
        self.model = Model(
            plan,
            self.desk.today,
            frozenset(classes),
            bool(self.kind.get("no_house")),
            bool(self.kind.get("disaster")),
            dict(told),
        )
        self.choices = choices(draw, self.kind)
        if told.get("stably_out_of_poverty") and plan == "a" and self.choices["mode"] == "guaranteed_housing":
            self.choices |= {"mode": "mutual_aid_home", "builder": "township"}
        self.right = Right(self.model, self.choices)
        self.was = self.model.state
        for _ in range(far):
            if not self._stride():
                break

    def _opened(self, told: dict[str, Any]) -> str:
        if not self.kind.get("disaster"):
            return self.desk.open(self.kind["plan"], **told)
        made = self.desk.api.open_case(
            policy="zhalantun-2019-b",
            unit=VILLAGE,
            household=household("b", **told),
            actor=person("village"),
            on=self.desk.today,
            intake="disaster",
            agreed_by="p-township",
            documents=documents("village_disaster_report township_disaster_report"),
        )
        return made.id

    @rule(steps=st.sampled_from([1, 1, 2, 4]))
    def right_acts(self, steps: int) -> None:
        """Right acts, one after the other."""
        for _ in range(steps):
            if not self._stride():
                break

    @rule(steps=st.sampled_from([1, 3, 6]), by=st.sampled_from([None, None, None, "p-everybody"]))
    def more_right_acts(self, steps: int, by: str | None) -> None:
        """The same again, without which few walks get far; sometimes first by one who sits in every office."""
        for _ in range(steps):
            if not ((by is not None and self._stride(by)) or self._stride()):
                break

    def _stride(self, by: str | None = None) -> bool:
        """Take the next right act; say whether it was taken."""
        found = self.right.next(self.desk.today)
        if found is None:
            return False
        ask, days = found
        self.desk.today += timedelta(days=days)
        return self.ask(ask._replace(by=by))

    @rule(data=st.data())
    def bent_act(self, data: Any) -> None:
        """The right act with one thing broken; often that is too early a day."""
        if self.model.state in rules.STATES and data.draw(st.booleans()):
            self.ask(self.right.act(self.model.state, self.desk.today))  # at once, whatever it waits for
            return
        found = self.right.next(self.desk.today)
        if found is None:
            return
        ask, days = found
        self.desk.today += timedelta(days=data.draw(st.sampled_from(sorted({0, max(0, days - 1), days}))))
        ask = ask._replace(on=min(ask.on, self.desk.today))
        if not days or data.draw(st.booleans()):
            ask = bend(data.draw, ask, self.desk.today, self.model.last_day)
        self.ask(ask)

    @rule(data=st.data(), state=st.sampled_from(rules.STATES))
    def out_of_order(self, data: Any, state: str) -> None:
        """An act of another place of the road."""
        if not self.model.held("pay"):
            self.ask(self.right.act(state, self.desk.today))

    @rule(data=st.data())
    def fact(self, data: Any) -> None:
        """Something recorded."""
        self.ask(a_fact(data.draw, self.model, self.right, self.desk.today))

    @rule(data=st.data())
    def bent_fact(self, data: Any) -> None:
        """Something recorded, with one thing broken."""
        ask = a_fact(data.draw, self.model, self.right, self.desk.today)
        self.ask(bend(data.draw, ask, self.desk.today, self.model.last_day))

    @rule(data=st.data())
    def way(self, data: Any) -> None:
        """A way that starts here, off the road or back, sometimes with one thing broken."""
        here = [name for name in self.model.ways if self.model.way(name) is not None]
        if not here:
            return
        ask = a_way(data.draw, self.model, data.draw(st.sampled_from(here)), self.desk.today)
        if data.draw(st.sampled_from([False, False, True])):
            ask = bend(data.draw, ask, self.desk.today, self.model.last_day)
        self.ask(ask)

    @rule(data=st.data())
    def way_from_elsewhere(self, data: Any) -> None:
        """Any way, wherever it starts."""
        self.ask(a_way(data.draw, self.model, data.draw(st.sampled_from(sorted(self.model.ways))), self.desk.today))

    @rule(days=st.sampled_from([2, 5, 33]))
    def entered_later(self, days: int) -> None:
        """Recorded now although it happened some days ago, by one alone."""
        self.desk.today += timedelta(days=days)
        found = self.right.next(self.desk.today)
        if found is not None and not self.model.rests and not self.model.suspended:
            self.ask(found[0]._replace(on=max(self.model.last_day, self.desk.today - timedelta(days=days))))

    @rule(days=st.sampled_from([1, 1, 2, 5, 6, 14]))
    def time_passes(self, days: int) -> None:
        self.desk.today += timedelta(days=days)

    @precondition(lambda self: getattr(self, "model", None) is not None and self.model.state == "archived")
    @rule(days=st.sampled_from([1820, 1826, 1827]))
    def years_pass(self, days: int) -> None:
        self.desk.today = (self.model.day("pass_final_acceptance") or self.desk.today) + timedelta(days=days)
        self.desk.today = max(self.desk.today, self.model.last_day)

    # -------------------------------------------------------------- one step

    def ask(self, ask: Ask) -> bool:
        """Ask the program and the model; a walk on which they part says every act up to there."""
        self.told.append(f"{self.model.version} {self.model.state}: {ask}")
        try:
            return self._asked(ask)
        except Exception as error:
            error.add_note("\n".join(self.told))
            raise

    def _asked(self, ask: Ask) -> bool:
        self.counted["steps"] += 1
        unknown = "colour" in ask.data
        against = {"unknown"} if unknown else self.model.judge(ask, self.desk.today)
        decision = self._decision(ask)
        if unknown:
            assert decision is None
        else:
            assert decision is not None
            said = {f.rule for f in decision.unmet} | {f.guard for f in decision.unmet}
            assert decision.allowed == (not against), (
                ask,
                sorted(against),
                [(f.guard, f.rule, f.values) for f in decision.unmet],
            )
            assert against <= said, (ask, sorted(against - said), [(f.guard, f.rule) for f in decision.unmet])
        before = self._count()
        taken = self._taken(ask)
        assert taken == (not against), (ask, against)
        if taken:
            self.model.take(ask, self.desk.today)
            self.counted[ask.action] += 1
        else:
            self.counted[f"no: {ask.action}"] += 1
            assert self._count() == before, "a refused act wrote something"
        self._agree(ask)
        return taken

    def _actor(self, ask: Ask) -> Any:
        return replace(person(ask.office), person=ask.who)

    def _decision(self, ask: Ask) -> Decision | None:
        try:
            return self.desk.api.check(
                self.case,
                ask.action,
                actor=self._actor(ask),
                on=ask.on,
                data=ask.data,
                documents=documents(" ".join(ask.papers)),
            )
        except InputRefused:
            return None

    def _taken(self, ask: Ask) -> bool:
        try:
            done = self.desk.api.take(
                self.case,
                ask.action,
                actor=self._actor(ask),
                on=ask.on,
                data=ask.data,
                documents=documents(" ".join(ask.papers)),
            )
            if done.pending:
                self.desk.confirm(done)
        except (GuardsNotMet, InputRefused) as refused:
            assert not isinstance(refused, NoSuchAct)
            return False
        return True

    def _count(self) -> tuple[int, ...]:
        run = self.desk.session.connection().execute
        own = {"stream": f"case/{self.case}"}
        return tuple(
            run(text(f"SELECT count(*) FROM {table} WHERE stream = :stream"), own).scalar_one()
            for table in ("weigai_event", "weigai_document", "weigai_private")
        )

    def _agree(self, ask: Ask) -> None:
        case = self.now()
        assert case.state == self.model.state, ask
        assert case.version == self.model.version == self._count()[0]
        assert case.fen("paid_fen") == self.model.paid
        assert case.fen("returned_fen") == self.model.returned
        assert case.fen("recover_fen") == self.model.due_back
        assert case.fen("recovered_fen") == self.model.recovered
        if case.state.endswith("_publicity"):
            opens = self.model.opens(case.state.removesuffix("_publicity"), date(2030, 1, 1))
            assert case.record.get("opens_on") == (opens and opens.isoformat())
        if case.mode:
            assert case.fen("approved_fen") == self.model.approved
        self._always_so(case, ask)
        self.was = case.state

    def now(self) -> Case:
        return self.desk.api.get(self.case, actor=person("county"))

    def _always_so(self, case: Case, ask: Ask) -> None:
        """What holds at every step, whatever the model thinks."""
        if case.fen("paid_fen"):
            final, paid = case.act_on("pass_final_acceptance"), case.act_on("pay")
            assert final is not None
            assert paid is not None
            assert final <= paid, "paid before the final acceptance"
        assert 0 <= case.fen("paid_fen") <= case.fen("approved_fen"), "more paid than approved"
        assert case.fen("recovered_fen") <= self.model.ever_paid, "more recovered than paid"
        if self.was in CLOSED and case.state != self.was:
            assert ask.action == "reopen", "a closed state was left"
        if ask.action.startswith("close_") and ask.action.endswith("_publicity") and case.state != self.was:
            shown = case.record["publicity"][self.was.removesuffix("_publicity")]
            assert (ask.on - date.fromisoformat(shown["counted_from"])).days > rules.PUBLICITY_DAYS, "left too early"

    @invariant()
    def events_are_versions(self) -> None:
        if hasattr(self, "model"):
            assert self._count()[0] == self.now().version

    def teardown(self) -> None:
        if not hasattr(self, "model"):
            return
        events = self.desk.api.history(self.case)
        case = self.now()
        record: dict[str, Any] = {}
        for event in events:
            for path, value in event.changes.items():
                put(record, path.split("/"), value)
        assert record == case.record, (
            "the case is not the fold of its events",
            {
                k: (record.get(k), case.record.get(k))
                for k in {*record, *case.record}
                if record.get(k) != case.record.get(k)
            },
        )
        assert [e.seq for e in events] == list(range(1, case.version + 1))
        assert [e.to_state for e in events if e.to_state][-1] == case.state
        assert self.desk.api.records.verify(case_id=self.case).problems == ()
        self.desk.session.commit()


def put(record: dict[str, Any], path: list[str], value: Any) -> None:
    """Set or remove one path."""
    for key in path[:-1]:
        record = record.setdefault(key, {})
    if value is None:
        record.pop(path[-1], None)
    else:
        record[path[-1]] = value


def walk(desk: Desk, kind: str, many: int, steps: int, **more: Any) -> Counter[str]:
    """Walk a kind of household; return how often each act was taken."""
    counted: Counter[str] = Counter()
    how = settings(WALKER, max_examples=examples(many), stateful_step_count=steps, **more)
    run_state_machine_as_test(lambda: Walk(desk, KINDS[kind], counted), settings=how)  # type: ignore[no-untyped-call]
    return counted


@pytest.mark.parametrize("kind", KINDS)
def test_the_program_agrees_with_the_model(store_desk: Desk, kind: str) -> None:
    postgres = store_desk.engine.dialect.name == "postgresql"
    counted = walk(store_desk, kind, *(8, 25) if postgres else (96, 40))
    assert store_desk.api.records.verify().problems == ()
    plan = KINDS[kind]["plan"]
    known = {*rules.ROAD_ACTS, *rules.ways(plan), *rules.facts(plan)}
    never = {name for name in known if not counted[name] and not counted[f"no: {name}"]}
    assert postgres or len(never) <= len(known) / 10, never


PLANTED = (
    "publicity_days_complete", "area_within_limit", "not_suspended", "second_person_agreed", "in_order",
    "late_entry_agreed", "shortening_agreed", "different_person",
)  # fmt: skip


@pytest.mark.parametrize("name", PLANTED)
def test_a_guard_that_is_left_out_is_found(desk: Desk, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    right = decide.ask
    monkeypatch.setattr(decide, "ask", lambda asked, q: None if asked.guard.name == name else right(asked, q))
    with pytest.raises(AssertionError):
        for kind in KINDS:
            walk(desk, kind, 150, 40)
