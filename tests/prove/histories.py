"""Concurrent histories: many clients on few cases at a time, and the log that they leave judged by `checker`.

A history is the whole life of one case under all clients. Clients sit in several processes, two threads each, on
connections of their own; a barrier before each round keeps them on the same cases.
"""

from __future__ import annotations

import multiprocessing
import pickle
import threading
import traceback
from collections import Counter, defaultdict
from datetime import date, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

from weigai.db import open_engine
from weigai.db.audit import verify as audit
from weigai.workflow.library import bundled

from tests.prove.checker import check, lawful, within_cap
from tests.prove.clients import (
    DAY,
    VILLAGE,
    Client,
    Wish,
    case_of,
    family,
    heads_of,
    kept,
    lines_of,
    official,
    prepared,
)
from tests.prove.result import Result, proof
from tests.support import BOTH, Road

if TYPE_CHECKING:
    from collections.abc import Sequence

    from weigai.workflow import Approvals

PROCESSES, THREADS, CASES = 4, 2, 4
CAP, QUOTA_EVERY = 2, 20
# the state, and the act that leads out of it: who, how many days after the opening, papers, data
NEXT: dict[str, list[tuple[str, str, int, str, dict[str, Any]]]] = {
    "draft": [
        ("submit_application", "village", 0, "application registration_proof income_proof danger_photo", {
            "contents": ["registration", "income", "danger", "wish"], "signed_by_head": True, "consents": True,
            "photo_shows_reference": True, "photo_shows_head": True, "originals_seen": ["income_proof"]}),
        ("withdraw", "village", 0, "", {"reason": "自愿放弃"}),
    ],
    "village_deliberation": [
        ("record_deliberation", "village", 0, "deliberation_minutes", {
            "assembly": "villagers_meeting", "approved": True, "eligible": 60, "present": 41, "votes_for": 40})],
    "village_notice": [
        ("post_village_notice", "village", 0, "village_notice_photo village_notice_photo", {
            "places": ["village_board", "main_street"], **BOTH})],
    "village_publicity": [
        ("close_village_publicity", "village", 6, "", {"hung_throughout": True}),
        ("close_village_publicity", "village", 5, "", {"hung_throughout": True}),  # a day too early
        ("raise_objection", "village", 2, "", {"level": "village", "grounds": "不符合条件"}),
    ],
    "application_form": [("report_to_township", "village", 6, "approval_form", {"form_on": "2019-06-16"})],
    "township_review": [
        ("accept_township_review", "township", 7, "visit_record", {"papers_in_order": True, "visited_on": "2019-06-17"}),
        ("return_to_village", "township", 7, "", {"reason": "材料不全"}),
    ],
    "returned_to_village": [("resubmit", "village", 8, "", {})],
    "township_notice": [
        ("post_township_notice", "township", 8, "township_notice_photo", {"places": ["township_board"], **BOTH})],
}  # fmt: skip
FACTS = ("record_complaint", "record_contact")
WALK = ("draft", "village_deliberation", "village_notice", "village_publicity", "application_form")


class Play(NamedTuple):
    """What is played: the seed, how many rounds, every how many of them is about a quota, and where."""

    seed: int
    rounds: int
    quota_every: int
    url: str
    folder: Path

    def is_quota(self, number: int) -> bool:
        """Tell whether a round is about the last place of a quota; the last one of a short play is."""
        last = number == self.rounds - 1 < self.quota_every - 1
        return number % self.quota_every == self.quota_every - 1 or last


def run(seed: int, n: int, url: str, *, processes: int = PROCESSES, quota_every: int = QUOTA_EVERY) -> Result:
    """Prove that `n` concurrent histories on the database at `url` could have happened one act after another."""
    name = url.split(":", 1)[0].split("+", maxsplit=1)[0]
    with proof(f"histories {name}") as result, TemporaryDirectory(prefix="weigai-prove-") as folder:
        prepared(url)
        place = Path(folder)
        (place / "capped.toml").write_text(_capped(), encoding="utf-8")
        rounds = max(1, n // CASES)
        play = Play(seed, rounds, quota_every, url, place)
        notes, faults = _played(play, processes)
        result.broke(*faults)
        _judge(result, play, notes)
    return result


def _capped() -> str:
    full = 'planned = 28\nwhen = { grades = ["D"] }\neffect = "warn"'
    capped = bundled()["zhalantun-2019-a"].replace(full, full.replace("28", str(CAP)).replace("warn", "block"))
    return capped.replace('id = "zhalantun-2019-a"', 'id = "capped"', 1)


def _played(play: Play, processes: int) -> tuple[list[Any], list[str]]:
    """Let the clients play all rounds; return what they noted and what they could not explain."""
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(processes * THREADS)
    Client(play.url, play.folder).close()  # makes the key file once
    crew = [context.Process(target=_process, args=(play, number, barrier)) for number in range(processes)]
    for one in crew:
        one.start()
    for one in crew:
        one.join()
    notes, faults = [], []
    for number, one in enumerate(crew):
        path = play.folder / f"notes-{number}"
        if one.exitcode or not path.exists():
            faults.append(f"client process {number} ended with {one.exitcode}")
            continue
        own, wrong = pickle.loads(path.read_bytes())
        notes += own
        faults += wrong
    return notes, faults


def _process(play: Play, number: int, barrier: Any) -> None:
    clients = [Client(play.url, play.folder) for _ in range(THREADS)]
    crew = [
        threading.Thread(target=_client, args=(play, client, number * THREADS + i, barrier))
        for i, client in enumerate(clients)
    ]
    for one in crew:
        one.start()
    for one in crew:
        one.join()
    notes = [op for client in clients for op in client.notes]
    faults = [fault for client in clients for fault in client.faults]
    (play.folder / f"notes-{number}").write_bytes(pickle.dumps((notes, faults)))
    for client in clients:
        client.close()


def _client(play: Play, client: Client, who: int, barrier: Any) -> None:
    try:
        for number in range(play.rounds):
            rng = Random(f"{play.seed}/{number}/{who}")
            turn = _quota_round if play.is_quota(number) else _round
            turn(client, who, play.seed, number, rng, barrier)
    except threading.BrokenBarrierError:
        client.faults.append("another client was lost, or waited for too long")
    except Exception:  # noqa: BLE001 - told as a violation
        client.faults.append(traceback.format_exc(limit=-3))
        barrier.abort()


def requests_of(seed: int, number: int) -> list[str]:
    """Return the requests that open the cases of a round."""
    return [f"o-{seed}-{number}-{k}" for k in range(CASES)]


def _round(client: Client, who: int, seed: int, number: int, rng: Random, barrier: Any) -> None:
    requests = requests_of(seed, number)
    mine = who % CASES
    walked = Random(f"{seed}/{number}/walked").random() < 0.3
    if not walked or who < CASES:
        other = who >= CASES and rng.random() < 0.2  # the same request, with another household
        client.open(requests[mine], number * CASES + mine + (500_000 if other else 0))
        if walked:
            _walk(client, requests[mine], WALK)
    barrier.wait(120)
    cases = [case_of(request) for request in requests]
    for turn in range(3):
        _turn(client, cases, rng, f"{number}-{who}-{turn}")
    barrier.wait(120)


def _walk(client: Client, request: str, states: Sequence[str]) -> None:
    """Take the road's acts in one transaction."""
    wishes = [_wish(case_of(request), f"w-{state}", NEXT[state][0]) for state in states]
    client.take(*wishes)


def _wish(case: str, request: str, act: tuple[str, str, int, str, dict[str, Any]], **more: Any) -> Wish:
    action, office, days, papers, data = act
    return Wish(f"case/{case}", request, action, office, DAY + timedelta(days=days), data, papers, **more)


def _turn(client: Client, cases: list[str], rng: Random, name: str) -> None:
    case, dice = rng.choice(cases), rng.random()
    if dice < 0.12:  # a request that everybody makes; sometimes with other content
        day = DAY + timedelta(days=int(rng.random() < 0.2))
        client.take(Wish(f"case/{case}", f"dup-{case[-7:]}", FACTS[0], "county", day, {"note": "群众意见"}))
    elif dice < 0.24:  # two cases in one transaction, in either order
        pair = rng.sample(cases, 2)
        client.take(*(_wish(c, f"p-{name}", (FACTS[1], "village", 0, "", {"spoken_to": "户主"})) for c in pair))
    elif dice < 0.30:
        _listed(client, cases, rng, name)
    elif dice < 0.36:  # a form of an old version, or the right one
        client.look(case)
        seen = client.notes[-1].seq or 1
        client.take(
            _wish(case, f"v-{name}", _likely(client, case, rng), expect=max(1, seen - rng.choice((0, 0, 1, 2))))
        )
    elif dice < 0.42:  # the wrong office, or out of order
        act = rng.choice(NEXT[rng.choice(list(NEXT))])
        client.take(_wish(case, f"x-{name}", (act[0], rng.choice(("finance", "county", act[1])), *act[2:])))
    else:
        client.take(_wish(case, f"a-{name}", _likely(client, case, rng)))


def _likely(client: Client, case: str, rng: Random) -> Any:
    state = client.look(case)
    acts = NEXT.get(state or "", [])
    weights = [4, *[1] * (len(acts) - 1)]
    if not acts or rng.random() < 0.1:
        return (rng.choice(FACTS), "township", 0, "", {"note": "走访"})
    return rng.choices(acts, weights[: len(acts)])[0]


def _listed(client: Client, cases: list[str], rng: Random, name: str) -> None:
    """Make a list of two cases, under a request that others may make too, and put a fact on both in the same breath."""
    pair = sorted(rng.sample(cases, 2))
    round_ = name.split("-", maxsplit=1)[0]
    made = Wish(f"unit/{VILLAGE}", f"l-{round_}-{pair[0][-3:]}{pair[1][-3:]}", "new_list", "village")
    facts = [Wish(f"case/{case}", f"f-{name}", FACTS[0], "township", data={"note": "名单"}) for case in pair]

    def work(api: Approvals) -> list[Any]:
        listed = api.lists.new(
            "meeting",
            unit=VILLAGE,
            cases=pair,
            actor=official("village"),
            on=DAY,
            request_id=made.request,
            documents=kept("deliberation_minutes"),
        )
        taken = api.lists.advance(
            listed.id, FACTS[0], actor=official("township"), on=DAY, data={"note": "名单"}, request_id=f"f-{name}"
        )
        events = {t.case_id: t.done.event for t in taken if t.done}
        return [_made(api, made), *(events.get(fact.case) for fact in facts)]

    client.all_of([made, *facts], work)


def _made(api: Approvals, wish: Wish) -> Any:
    from weigai.db.log.streams import request_done

    return request_done(api.context.connection, VILLAGE[:6], wish.stream, wish.request)


# ------------------------------------------------------------------ the last place of a quota


def _quota_round(client: Client, who: int, seed: int, number: int, rng: Random, barrier: Any) -> None:
    """Bring cases before the approval under a cap, let everybody approve them at once, then free the places again."""
    requests = requests_of(seed, number)
    if who < CASES:
        client.open(requests[who], number * CASES + who, policy=str(client.folder / "capped.toml"))
        client.take(*road_to_approval(f"case/{case_of(requests[who])}"))
    barrier.wait(120)
    for turn, request in enumerate(rng.sample(requests, CASES)):
        client.look(case_of(request))
        client.take(approval(f"case/{case_of(request)}", f"q-{who}-{turn}"))
    barrier.wait(120)
    if who < CASES:
        wish = Wish(
            f"case/{case_of(requests[who])}",
            f"q-out-{who}",
            "withdraw",
            "village",
            date(2019, 7, 5),
            {"reason": "自愿放弃"},
        )
        client.take(wish)
    barrier.wait(120)


class _Clock:
    """As much of a desk as a road needs: a day that moves on, and facts that are taken on the way."""

    def __init__(self) -> None:
        self.today = DAY
        self.taken: list[tuple[str, str, str, date, dict[str, Any]]] = []

    def take(self, case: str, action: str, office: str, papers: str = "", on: date | None = None, **data: Any) -> None:
        """Note an act."""
        self.taken.append((action, office, papers, on or self.today, data))


def road_to_approval(stream: str) -> list[Wish]:
    """Return the acts of the road from the draft to the county's review."""
    clock = _Clock()
    road = Road(clock, "", plan="a")  # type: ignore[arg-type]
    for state in (
        "draft",
        "village_deliberation",
        "village_notice",
        "village_publicity",
        "application_form",
        "township_review",
        "township_notice",
        "township_publicity",
        "township_meeting",
        "identity_check",
        "appraisal",
    ):
        action, office, papers, data = road.act(state)
        clock.take("", action, office, papers, **data)
    return [
        Wish(stream, f"r-{i}", action, office, on, data, papers)
        for i, (action, office, papers, on, data) in enumerate(clock.taken)
    ]


def approval(stream: str, request: str) -> Wish:
    """Return the approval of a case that came along that road."""
    road = Road(_Clock(), "", plan="a")  # type: ignore[arg-type]
    return Wish(stream, request, "approve", "county", date(2019, 6, 30), road.approval())


# ------------------------------------------------------------------ the judgement


def _judge(result: Result, play: Play, notes: list[Any]) -> None:
    engine = open_engine(play.url)
    with engine.connect() as connection:
        lines, heads = lines_of(connection), heads_of(connection)
        problems = audit.verify(connection, most=20).problems
    engine.dispose()
    result.n = sum(stream.startswith("case/") for stream in heads)
    result.broke(*check(notes, lines, heads))
    result.broke(*(f"{p.stream} #{p.seq}: {p.what}" for p in problems))
    by_stream = defaultdict(list)
    for line in lines:
        by_stream[line.stream].append(line)
    for stream, events in by_stream.items():
        if stream.startswith("case/"):
            result.broke(*lawful(stream, sorted(events, key=lambda e: e.seq), "a", family(0)))
    quota = {f"case/{case_of(q)}" for r in range(play.rounds) if play.is_quota(r) for q in requests_of(play.seed, r)}
    result.broke(*within_cap([op for op in notes if op.stream in quota], CAP))
    _tell(result, notes, len(lines))


def _tell(result: Result, notes: list[Any], lines: int) -> None:
    told = Counter(op.outcome for op in notes)
    why = Counter(op.why for op in notes if op.why)
    acted = ", ".join(f"{count} {name}" for name, count in sorted(told.items()))
    refused = ", ".join(f"{count} {name}" for name, count in sorted(why.items()))
    result.note(f"{lines} events; {acted}; errors: {refused or 'none'}")
