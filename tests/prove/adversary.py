"""An adversarial walk: colluding officials try to bring a case to a payment or an archive that the floor forbids.

Each game is one case under a plan of the tests, or a mutant of one that the check of policies takes. It mostly goes on by
right acts; before each the group tries what is forbidden, and goes on from there where it is let. After each act an
independent model (`floor_model`) says whether a payment or the archive of a paid case stands that it should not.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from datetime import date, timedelta
from itertools import count
from multiprocessing import get_context
from random import Random
from typing import TYPE_CHECKING, Any

from weigai.db import open_engine, schema

from tests.prove.adversary_beside import of_money
from tests.prove.adversary_counts import Counts, Setting
from tests.prove.adversary_game import OFFICES, Crashed, Game
from tests.prove.adversary_plans import Plans, plans
from tests.prove.adversary_tricks import TRICKS
from tests.prove.floor_kept import Kept
from tests.prove.floor_stages import Bare, Cast
from tests.prove.result import Result, proof
from tests.support import Desk
from tests.walker import Household

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from weigai.states.procedure.graph import Procedure

    from tests.prove.adversary_plans import Mutation
    from tests.prove.floor_stages import Wish

    Stages = Callable[[Setting], "Bare | Kept"]

TURNS = 120  # of a game
TIRED = 3  # turns without a move after which a case is left
_TRICKS, _WEIGHTS = [trick for trick, _ in TRICKS], [weight for _, weight in TRICKS]


# ---------------------------------------------------------------------- a game


def setting_of(rng: Random, made: Plans, plan: str) -> Setting:
    """Draw a household, a group and an opening."""
    road = made.roads[plan]
    intake = rng.choice([None, None, *road.variants])
    household = _household(rng, road)
    group = tuple(("p-x", "p-y", "p-z")[: rng.choice((1, 2, 3, 3))])
    offices = {name: tuple(rng.sample(OFFICES, rng.choice((2, 3, 5, 8)))) for name in group}
    offices |= {"p-joined": ("township", "village"), "h-county-agreeing": ("county",)}
    kin = frozenset({rng.choice(group)}) if rng.random() < 0.2 else frozenset[str]()
    first = road.policy.first_day or road.policy.issued
    on = max(first, date(first.year, 3, 1)) + timedelta(days=rng.randrange(120))
    return Setting(plan, household, group, Cast(f"{road.policy.county}101201", offices, kin), intake, on)


def _household(rng: Random, road: Procedure) -> Household:
    policy = road.policy
    served = rng.choice(policy.classes).id
    houses = [(grade, False) for mode in policy.modes for row in mode.open_to for grade in row.grades]
    houses += [("D", True) for mode in policy.modes for row in mode.open_to if row.no_house]
    grade, no_house = rng.choice(houses)
    fit = [m for m in policy.modes if any(r.no_house if no_house else grade in r.grades for r in m.open_to)]
    mode = rng.choice(fit or list(policy.modes))
    choice: dict[str, Any] = {"grade": grade, "mode": mode.id, "builder": rng.choice(mode.builders)}
    return Household((served,), rng.choice((1, 1, 2, 3, 5)), no_house, choice)


def played(rng: Random, made: Plans, stages: Stages, counts: Counts, most: int) -> None:
    """Play games until so many acts were asked, or what is looked for was shown."""
    names, mutants = [n for n, of in made.of.items() if n == of], [n for n, of in made.of.items() if n != of]
    while counts.acts < most and not counts.found:
        plan = rng.choice(mutants if mutants and rng.random() < 0.5 else names[:3] if rng.random() < 0.5 else names)
        setting = setting_of(rng, made, plan)
        counts.games += 1
        game = Game(rng, made, setting, stages(setting), counts)
        try:
            if game.open():
                _through(rng, game)
        except Crashed:
            continue


def _through(rng: Random, game: Game) -> None:
    tired = 0
    for _ in range(TURNS):
        for _ in range(rng.choice((0, 0, 1, 1, 2, 3))):
            _tricked(rng, game)
        if rng.random() < 0.1:
            game.wait(rng.choice((1, 2, 5, 6)))
        tired = 0 if game.forward() else tired + 1
        if tired >= TIRED:
            return


def _tricked(rng: Random, game: Game) -> None:
    """Try one thing that is forbidden; where money goes out, more often one about money."""
    late = game.stage.case.state in ("payment", "archiving", "archived")
    trick = of_money if late and rng.random() < 0.6 else rng.choices(_TRICKS, _WEIGHTS)[0]
    wish = trick(game)
    if wish is not None:
        game.do(wish)


def replayed(made: Plans, setting: Setting, wishes: list[Wish], counts: Counts) -> None:
    """Play a history again under the rules alone."""
    game = Game(Random(0), made, setting, Bare(made.roads, setting.plan, setting.cast), counts)
    try:
        if wishes and wishes[0].action == "open_case" and game.opened(wishes[0]):
            for wish in wishes[1:]:
                game.do(wish)
    except Crashed:
        return


def shrunk(made: Plans, kind: str, setting: Setting, wishes: list[Wish]) -> list[Wish]:
    """Return the history without the acts that what it shows does not need."""
    for at in range(len(wishes) - 2, 0, -1):
        fewer = [*wishes[:at], *wishes[at + 1 :]]
        counts = Counts()
        replayed(made, setting, fewer, counts)
        if kind in counts.wrong:
            wishes = fewer
    return wishes


# ---------------------------------------------------------------------- the three places


def in_rules(
    seed: int, most: int, mutants: int, wanted: str = "", how: tuple[Mutation, ...] = ()
) -> tuple[Counts, Plans]:
    """Play under the rules alone, until what is looked for is shown; `how` are the mutations of the plans."""
    rng, made, counts = Random(f"adversary {seed}"), plans(), Counts(wanted=wanted)
    made.mutate(rng, mutants, 4 * mutants, how)
    played(rng, made, lambda s: Bare(made.roads, s.plan, s.cast), counts, most)
    for kind, (setting, wishes, when) in list(counts.shown.items()):
        counts.shown[kind] = (setting, shrunk(made, kind, setting, wishes), when)
    return counts, made


def _part(seed: int, most: int, mutants: int) -> tuple[Counts, int, int]:
    counts, made = in_rules(seed, most, mutants)
    return counts, len(made.of), made.tried


def rules(seed: int, n: int, processes: int = 2) -> Result:
    """Play under the rules alone in so many processes, `n` acts in all."""
    with proof("adversary in rules") as result:
        share, mutants = max(1, n // processes), max(12, min(400, n // 1_000))
        if processes == 1:
            parts = [_part(seed, share, mutants)]
        else:
            with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
                parts = list(pool.map(_part, range(seed, seed + processes), [share] * processes, [mutants] * processes))
        counts = Counts()
        for part, _, _ in parts:
            counts.add(part)
        tell(result, counts)
        result.note(f"{sum(plans for _, plans, _ in parts)} plans; {sum(tried for _, _, tried in parts)} mutants tried")
    return result


def _kept(desk: Desk, made: Plans, files: dict[str, str], setting: Setting) -> Kept:
    """Return a case in a database whose register knows nobody: of the household is only who steps aside."""
    setting.cast.kin = frozenset()
    return Kept(desk, made.roads, files, setting.plan, setting.cast)


def database(seed: int, n: int, url: str, folder: Path) -> Result:
    """Play by the public API over a database, `n` acts."""
    engine = open_engine(url)
    with proof(f"adversary {engine.dialect.name}") as result:
        schema.upgrade(engine)
        rng, made, counts = Random(f"adversary {seed} {engine.dialect.name}"), plans(), Counts()
        made.mutate(rng, max(4, min(40, n // 500)), 200)
        files = {name: str(folder / f"{name}.toml") for name in made.texts}
        for name, path in files.items():
            (folder / f"{name}.toml").write_text(made.texts[name], encoding="utf-8")
            assert path
        with Desk(engine, folder / "files") as desk:
            for goal in count(500, 500):  # a commit now and then, as long as there is something to do
                played(rng, made, lambda s: _kept(desk, made, files, s), counts, min(goal, n))
                desk.session.commit()
                if counts.acts >= n:
                    break
            result.broke(*(f"{p.stream} #{p.seq}: {p.what}" for p in desk.api.records.verify().problems))
        tell(result, counts)
    engine.dispose()
    return result


def tell(result: Result, counts: Counts) -> None:
    """Say what a walk came to."""
    result.n = counts.acts
    paid = {name: counts.taken[name] for name in ("pay", "pay_instalment", "reissue_payment", "archive")}
    done = sum(number for name, number in counts.taken.items() if not name.startswith("no: "))
    told = ", ".join(f"{number} {name}" for name, number in paid.items())
    result.note(f"{counts.games} cases, {done} acts taken, {counts.acts - done} refused; reached: {told}")
    for kind, (setting, wishes, when) in sorted(counts.shown.items(), key=lambda item: item[1][2]):
        result.broke(f"{kind} ({counts.wrong[kind]} times, first shown at act {when}): {history(setting, wishes)}")


def history(setting: Setting, wishes: list[Wish]) -> str:
    """Return a history in short words."""
    acts = [
        f"{w.on:%m-%d} {w.action} by {w.person}/{w.office} {w.data if w.action != 'open_case' else ''}" for w in wishes
    ]
    return f"{setting.plan} {setting.household} {setting.intake or ''}\n      " + "\n      ".join(acts)
