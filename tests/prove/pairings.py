"""The pairs of acts that can meet: on one case, under one count, in one register, on one list, beside an erasure."""

from __future__ import annotations

from datetime import date
from random import Random
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from weigai.workflow import Attachment
from weigai.workflow.library import bundled

from tests.prove.clients import family
from tests.prove.pairs import Met, Pair
from tests.support import COUNTY, TOWNSHIP, VILLAGE, Road, documents, person

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable

    from weigai.workflow import Approvals

    from tests.prove.pairs import Act, Stage
    from tests.prove.result import Result

A = "zhalantun-2019-a"
BLOCK = 'effect = "block"'
REASON = {"reason": "登记有误", "agreed_by": "p-other"}
# what each of four plans counts, so that one household more is one too many
PLANS = {
    "quota": ('planned = 28\nwhen = { grades = ["D"] }\neffect = "warn"',
              f'planned = 1\nwhen = {{ grades = ["D"] }}\n{BLOCK}'),
    "line": ('[guards.budget_not_exceeded]\nrule = "R9"\neffect = "warn"',
             f'[guards.budget_not_exceeded]\nrule = "R9"\n{BLOCK}'),
    "village": ('at_least = 10\nrule = "R36d"\neffect = "warn"', f'at_least = 2\nrule = "R36d"\n{BLOCK}'),
    "areas": ("[guards.quota_not_exceeded]",
              f'[guards.area_average_kept]\nmost = "50"\nrule = "R74"\n{BLOCK}\nsource = "A"\n\n[guards.quota_not_exceeded]'),
}  # fmt: skip


def ready(stage: Stage) -> None:
    """Write the plans, and open what each needs before anybody meets."""
    for name, (old, new) in PLANS.items():
        content = bundled()[A]
        assert old in content
        made = content.replace(old, new, 1).replace(f'id = "{A}"', f'id = "{stage.plan(name)}"', 1)
        if name == "line":
            made = made.replace('planned_wan = "640.64"', 'planned_wan = "3.00"', 1)
        (stage.folder / f"{stage.plan(name)}.toml").write_text(made, encoding="utf-8")
    register, admin = stage.fresh().api.register, person("admin")
    register.import_units([(COUNTY, "县"), (TOWNSHIP, "镇"), (VILLAGE, "村")], actor=admin)
    for who in ("p-second", "p-other", "p-township"):  # who agrees is registered, since some officials are
        if who not in {one.id for one in register.persons(actor=admin)}:
            register.add_person(COUNTY, who, "某人", offices=[("county", COUNTY), ("township", COUNTY)], actor=admin)


# ------------------------------------------------------------------ what is made ready


def opened(stage: Stage, policy: str = A, unit: str = VILLAGE) -> str:
    """Open a case of a household of its own."""
    desk = stage.desk
    path = policy if policy == A else str(stage.folder / f"{stage.plan(policy)}.toml")
    told = family(uuid4().int % 300_000)
    return desk.api.open_case(policy=path, unit=unit, household=told, actor=person("village"), on=desk.today).id


def walked(stage: Stage, state: str, policy: str = A, **choices: Any) -> str:
    """Open a case and walk it to a state."""
    stage.fresh()
    case = opened(stage, policy)
    Road(stage.desk, case, **choices).to(state)
    stage.desk.session.commit()
    return case


def taking(stage: Stage, case: str, action: str, office: str, papers: str = "", **data: Any) -> Act:
    """Return an act on a case as one request, however often it is made."""
    request, on = uuid4().hex, stage.desk.today

    def act(api: Approvals) -> None:
        api.take(
            case, action, actor=person(office), on=on, data=data, documents=documents(papers, case), request_id=request
        )

    return act


def stepping(stage: Stage, case: str) -> Act:
    """Return the road's next act on a case; what it rests on is recorded now."""
    state = stage.desk.api.get(case, actor=person("county")).state
    action, office, papers, data = Road(stage.desk, case).act(state)
    stage.desk.session.commit()
    return taking(stage, case, action, office, papers, **data)


def leaving(stage: Stage, *cases: str) -> Callable[[], None]:
    """Return what frees the places of cases."""

    def out() -> None:
        for case in cases:
            if stage.desk.api.get(case, actor=person("county")).state not in ("withdrawn", "not_reported"):
                stage.desk.take(case, "withdraw", "village", reason="自愿放弃")
        stage.desk.session.commit()

    return out


def correcting(stage: Stage, case: str, **what: Any) -> Act:
    """Return a correction of a case."""
    return taking(stage, case, "correct", "county", correction=what, cause="error", **REASON)


def _card(stage: Stage, case: str) -> Act:
    number = f"6217{uuid4().int % 10**12:012d}"
    return correcting(stage, case, household={"account": {"card": number, "card_holder": "户主"}})


# ------------------------------------------------------------------ on one case

OTHERS: dict[str, Callable[[Stage, str], Act]] = {
    "the same step": stepping,
    "a paper": lambda stage, case: taking(stage, case, "attach", "village", f"other_{uuid4().hex[:6]}"),
    "a complaint": lambda stage, case: taking(stage, case, "record_complaint", "county", note="群众意见"),
    "a correction": _card,
    "an objection": lambda stage, case: taking(stage, case, "raise_objection", "village", level="village", grounds="x"),
    "a suspension": lambda stage, case: taking(stage, case, "suspend", "county", **REASON),
    "a withdrawal": lambda stage, case: taking(stage, case, "withdraw", "village", reason="自愿放弃"),
}
STATES = (
    "draft", "village_deliberation", "village_notice", "village_publicity", "application_form", "township_review",
    "township_notice", "township_publicity", "township_meeting", "identity_check", "appraisal", "county_review",
    "county_notice", "county_publicity", "registration", "agreement", "site_preparation", "construction",
    "preliminary_acceptance", "final_acceptance", "payment", "archiving",
)  # fmt: skip
_GOING_ON = ("the same step", "a paper", "a complaint", "a correction")


def roads(stage: Stage, rng: Random, share: float, result: Result, told: Counter[str]) -> int:
    """Walk whole roads of which each step meets another act; what ends or holds up a case meets it in each state."""
    tried = 0
    for name in rng.sample(_GOING_ON, max(1, round(len(_GOING_ON) * share))):
        case = walked(stage, "draft")
        for state in STATES:
            tried += 1
            _met(stage, rng, case, name, state, result, told)
            road = Road(stage.desk, case)
            if stage.desk.api.get(case, actor=person("county")).state == state:
                road.step(state)  # the other act was first, and the step no longer held
            stage.desk.session.commit()
    ending = [(name, state) for name in OTHERS if name not in _GOING_ON for state in STATES]
    for name, state in rng.sample(ending, max(1, round(len(ending) * share))):
        tried += 1
        _met(stage, rng, walked(stage, state), name, state, result, told)
    return tried


def _met(stage: Stage, rng: Random, case: str, name: str, state: str, result: Result, told: Counter[str]) -> None:
    """Let the road's act meet another on one case: each is done or refused, and the case is what its events say."""
    step = stepping(stage, case)
    acts = [step, OTHERS[name](stage, case)]
    rng.shuffle(acts)
    before = stage.desk.api.get(case, actor=person("county")).version
    stage.desk.session.commit()
    answers = stage.meet(acts[0], acts[1], rng.randint(1, 9))
    ends = [stage.again(act, answer) for act, answer in zip(acts, answers, strict=True)]
    told.update(answer.kind for answer in answers)
    with stage.looking() as api:
        wrong = [f"{a.kind}: {a.raw[-600:]}" for a in ends if a.kind.startswith("RAW")]
        wrong += [f"{p.stream} #{p.seq}: {p.what}" for p in api.records.verify(case_id=case).problems]
        done = sum(answer.kind == "done" for answer in ends)
        version = api.get(case, actor=person("county")).version
    if version != before + done or not done or (name == "the same step" and done != 1):
        wrong.append(f"{done} done ({[a.kind for a in ends]}), version {before} became {version}")
    result.broke(*(f"{stage.level}, {state} beside {name}: {words}" for words in wrong))


# ------------------------------------------------------------------ under one count


def _approving(plan: str) -> Callable[[Stage], Met]:
    area = {"area": "58.00"}

    def make(stage: Stage) -> Met:
        if plan == "areas" and not stage.desk.api.list(actor=person("county"), policy=stage.plan(plan)):
            walked(
                stage, "county_notice", policy=plan, area="40.00"
            )  # with it one more is within the average, and two are not
        cases = [walked(stage, "county_review", policy=plan, **area) for _ in range(2)]
        data = Road(stage.desk, "", **area).approval()  # type: ignore[arg-type]
        acts = [taking(stage, case, "approve", "county", **data) for case in cases]
        return Met(acts[0], acts[1], cases, after=leaving(stage, *cases))

    return make


def moving(stage: Stage, case: str, plan: str) -> Act:
    """Return the move of a case to a plan."""
    request, on = uuid4().hex, stage.desk.today
    path = str(stage.folder / f"{stage.plan(plan)}.toml")
    return lambda api: api.move_policy(
        case, path, actor=person("county"), on=on, reason="换方案", agreed_by="p-township", request_id=request
    )


def _moving(plan: str) -> Callable[[Stage], Met]:
    def make(stage: Stage) -> Met:
        cases = [walked(stage, "county_notice") for _ in range(2)]
        return Met(moving(stage, cases[0], plan), moving(stage, cases[1], plan), cases, after=leaving(stage, *cases))

    return make


def _move_beside_approval(stage: Stage) -> Met:
    mine, theirs = walked(stage, "county_review", policy="quota"), walked(stage, "county_notice")
    acts = (stepping(stage, mine), moving(stage, theirs, "quota"))
    return Met(*acts, (mine, theirs), after=leaving(stage, mine, theirs))


def _reopening(stage: Stage) -> Met:
    cases = []
    for _ in range(2):
        cases.append(walked(stage, "county_notice", policy="quota"))
        leaving(stage, cases[-1])()
    acts = [taking(stage, case, "reopen", "township", **REASON) for case in cases]
    return Met(acts[0], acts[1], cases, after=leaving(stage, *cases))


def _correction_beside_approval(stage: Stage) -> Met:
    mine, theirs = walked(stage, "county_notice", policy="quota"), ""
    correcting(stage, mine, acts={"record_appraisal": {"grade": "C"}})(stage.desk.api)
    stage.desk.session.commit()
    theirs = walked(stage, "county_review", policy="quota")
    acts = (correcting(stage, mine, acts={"record_appraisal": {"grade": "D"}}), stepping(stage, theirs))
    return Met(*acts, (mine, theirs), after=leaving(stage, mine, theirs))


def _registering(stage: Stage) -> Met:
    """Two archive numbers at once: no gap, none twice."""
    cases = [walked(stage, "registration") for _ in range(2)]
    return Met(stepping(stage, cases[0]), stepping(stage, cases[1]), cases)


# ------------------------------------------------------------------ the same request, and openings


def _opening_twice(stage: Stage) -> Met:
    stage.fresh()
    told, request, on = family(uuid4().int % 300_000), uuid4().hex, stage.desk.today

    def act(api: Approvals) -> None:
        api.open_case(policy=A, unit=VILLAGE, household=told, actor=person("village"), on=on, request_id=request)

    def look(api: Approvals) -> int:
        return len(api.search("id_number", told["head"]["id_number"], actor=person("county")))

    return Met(act, act, look=look)


def _acting_twice(stage: Stage) -> Met:
    case = walked(stage, "village_deliberation")
    act = stepping(stage, case)
    return Met(act, act, (case,))


# ------------------------------------------------------------------ beside an erasure


def _erasing(stage: Stage, case: str, who: str = "all") -> Act:
    request = uuid4().hex
    return lambda api: api.erase(
        case, actor=person("county"), agreed_by="p-second", reason="期满", person=who, request_id=request
    )


def _unmasking(stage: Stage, case: str) -> Act:
    request = uuid4().hex
    return lambda api: api.unmask(case, actor=person("county"), reason="核对", request_id=request)


PAPER = [Attachment("danger_photo", content=b"the same bytes")]


def _expired(stage: Stage, *, paper: bool = False) -> str:
    """Return an ended case whose time is over; unmasked once, so that reason and key of before are there too."""
    stage.fresh()
    case = opened(stage)
    if paper:
        stage.desk.api.attach(case, PAPER, actor=person("village"), on=stage.desk.today)
    stage.desk.take(case, "withdraw", "village", reason="不改了")
    if next(stage.numbers) % 2:
        _unmasking(stage, case)(stage.desk.api)
    stage.desk.today = date(2025, 1, 1)
    stage.desk.session.commit()
    return case


def _erasure_beside(other: Callable[[Stage, str], Act], who: str = "all") -> Callable[[Stage], Met]:
    def make(stage: Stage) -> Met:
        case = _expired(stage)
        return Met(_erasing(stage, case, who), other(stage, case), (case,))

    return make


def _erasure_beside_the_same_bytes(stage: Stage) -> Met:
    stage.fresh()
    other = opened(stage)
    case, request = _expired(stage, paper=True), uuid4().hex
    attach = lambda api: api.attach(other, PAPER, actor=person("village"), request_id=request)  # noqa: E731
    return Met(_erasing(stage, case), attach, (case, other))


def _unmasking_beside(name: str) -> Callable[[Stage], Met]:
    def make(stage: Stage) -> Met:
        case = walked(stage, "township_review")
        return Met(_unmasking(stage, case), OTHERS[name](stage, case), (case,))

    return make


def _two_unmaskings(stage: Stage) -> Met:
    case = walked(stage, "village_notice")
    return Met(_unmasking(stage, case), _unmasking(stage, case), (case,))


PAIRS = (
    *(Pair(f"two approvals under one {plan}", _approving(plan)) for plan in PLANS),
    *(Pair(f"two moves under one {plan}", _moving(plan)) for plan in PLANS if plan != "areas"),
    Pair("a move beside an approval", _move_beside_approval),
    Pair("two reopenings", _reopening),
    Pair("a correction beside an approval", _correction_beside_approval),
    Pair("two registrations", _registering),
    Pair("one opening twice", _opening_twice),
    Pair("one act twice", _acting_twice),
    Pair("an erasure beside an unmasking", _erasure_beside(_unmasking)),
    Pair("an erasure of the head beside an unmasking", _erasure_beside(_unmasking, "head")),
    Pair("two erasures", _erasure_beside(_erasing)),
    Pair("an erasure beside a paper", _erasure_beside(OTHERS["a paper"])),
    Pair("an erasure beside a correction", _erasure_beside(_card)),
    Pair("an erasure beside the same bytes", _erasure_beside_the_same_bytes),
    Pair("an unmasking beside a step", _unmasking_beside("the same step")),
    Pair("an unmasking beside a correction", _unmasking_beside("a correction")),
    Pair("two unmaskings", _two_unmaskings),
)
