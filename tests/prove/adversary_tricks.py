"""What colluding officials try on a case: each trick is one act that a right official would not take now, or not so."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from weigai.states.forms.acts import FORMS

from tests.prove.adversary_beside import (
    AREAS,
    MONEY,
    anybody,
    at_the_notice,
    confirmed,
    moved,
    objected,
    of_act,
    of_identity,
    of_money,
    of_papers,
    off_the_road,
)
from tests.prove.adversary_game import NO_WAY, OFFICES
from tests.prove.floor_stages import Wish
from tests.walker import Next

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.prove.adversary_game import Game

    Trick = Callable[[Game], "Wish | None"]

_WORDS = (
    "village",
    "township",
    "county",
    "A",
    "B",
    "C",
    "D",
    "repair",
    "self_build",
    "household",
    "mayor",
    "transfer",
    "task",
)
_MORE: tuple[dict[str, Any], ...] = (
    {"body_is_builder": True}, {"body_is_applicant": True}, {"subsidy": "99999"}, {"planned_cost": "1"}, {"consents": False},
    {"excluded": {"living_room": "20"}}, {"actual_cost": "90000"}, {"stepped_aside": ["p-x"]}, {"hung_throughout": False},
    {"reason": "情况特殊"}, {"held_on": "2019-01-01"}, {"engaged_by": "village"}, {"approved": False}, {"signed_by_head": False},
    {"grade": "A"}, {"area": "200"}, {"mode": "repair"},
)  # fmt: skip


def _next(game: Game) -> Next | None:
    part = game.part()
    try:
        return None if part is None else game.valid.own_data(part)
    except NO_WAY:
        return None


def too_early(game: Game) -> Wish | None:
    """Take the next act at once, whatever it waits for or rests on."""
    act = _next(game)
    return act and game.wish(act, anybody(game, act.office))


def bent(game: Game) -> Wish | None:
    """Take the next act with one thing in its data another than it should be."""
    act = _next(game)
    return act and game.wish(replace(act, data=_bent(game, act.data)), anybody(game, act.office))


def _bent(game: Game, data: dict[str, Any]) -> dict[str, Any]:
    if not data or game.rng.random() < 0.35:
        return {**data, **game.rng.choice(_MORE)}
    name = game.rng.choice(sorted(data))
    return {key: value for key, value in {**data, name: _other(game, name, data[name])}.items() if value is not None}


def _other(game: Game, name: str, value: Any) -> Any:
    rng = game.rng
    if rng.random() < 0.1:
        return None
    if isinstance(value, bool):
        return not value
    if isinstance(value, list):
        return value[: rng.randrange(len(value))] if value else ["other"]
    if isinstance(value, dict):
        return {key: (not v if isinstance(v, bool) else v) for key, v in value.items() if rng.random() < 0.8}
    if isinstance(value, int):
        return max(0, value - rng.choice((1, 20, 40)))
    if name == "area":
        return rng.choice(AREAS)
    if name in ("amount", "subsidy", "actual_cost", "planned_cost"):
        return rng.choice(MONEY)
    try:
        return (date.fromisoformat(value) + timedelta(days=rng.choice((-30, -6, -1, 1, 6)))).isoformat()
    except ValueError:
        return rng.choice(_WORDS)


def without_papers(game: Game) -> Wish | None:
    """Take the next act without some of its papers."""
    act = _next(game)
    if act is None or not act.papers:
        return None
    kept = " ".join(kind for kind in act.papers.split() if game.rng.random() < 0.4)
    return game.wish(replace(act, papers=kept), anybody(game, act.office))


def by_the_same(game: Game) -> Wish | None:
    """Take the next act by somebody who took another one, perhaps written otherwise."""
    act = _next(game)
    took = sorted({line.by for line in game.judge.stands.values()})
    if act is None or not took:
        return None
    person = game.rng.choice([*took, *game.setting.group])
    return game.wish(act, game.rng.choice((person, person, person.upper())))


def by_another_office(game: Game) -> Wish | None:
    """Take the next act in another office."""
    act = _next(game)
    office = game.rng.choice(OFFICES)
    return act and game.wish(replace(act, office=office), anybody(game, office))


def out_of_turn(game: Game) -> Wish | None:
    """Take an act of another place of the road."""
    part = game.rng.choice(game.stage.road.road)
    try:
        act = game.valid.own_data(part)
    except NO_WAY:
        return None
    return game.wish(act, anybody(game, act.office))


def entered_late(game: Game) -> Wish | None:
    """Enter the next act some days after it is said to have happened, with or without who agreed."""
    act = _next(game)
    last = game.stage.case.last_move_on
    if act is None or last is None:
        return None
    game.wait(game.rng.choice((0, 2, 5, 12, 35)))
    person = anybody(game, act.office)
    more = {"reason": "补录", "agreed_by": game.second(person)} if game.rng.random() < 0.7 else {}
    wish = game.wish(act, person, **more)
    wish.on = last + timedelta(days=game.rng.randrange(max((game.today - last).days, 0) + 1))
    return wish


def exempted(game: Game) -> Wish | None:
    """Exempt the household from a rule that the policy offers, seldom from another one."""
    rules = _offered(game) if game.rng.random() < 0.8 else sorted(game.stage.road.rules)
    return _exempt(game, game.rng.choice(rules)) if rules else None


def _offered(game: Game) -> list[str]:
    """Return the rules that the policy lets somebody be exempted from."""
    road = game.stage.road
    if (exempting := getattr(road, "exempting", None)) is not None:
        return sorted(exempting.rules)
    return sorted(road.rules - set(getattr(road.policy.guards.rule_exemptible, "never", ())))


def _exempt(game: Game, rule: str) -> Wish | None:
    rng = game.rng
    bound: dict[str, Any] = {"until": (game.today + timedelta(days=rng.choice((0, 30, 300)))).isoformat()}
    if "act" in FORMS["exemption"].model_fields and rng.random() < 0.5:
        bound = {"act": rng.choice([part.action for part in game.stage.road.road])}
    granted = {"rule": rule, "granted_by": game.setting.group[0], "reason": "困难", **bound}
    return of_act(game, "exempt", granted)


def lifted(game: Game) -> Wish | None:
    """Exempt the household from what bars a forbidden act, and from what bars that, and then take the act."""
    wish = game.rng.choice((too_early, bent, bent, bent, without_papers, by_the_same, waived, out_of_turn))(game)
    decision = wish and game.stage.ask(wish)
    if wish is None or decision is None or decision.allowed:
        return wish
    for rule in sorted({f.rule for f in decision.unmet if f.rule}):
        for one in (rule, *_barring(game, rule), rule):
            granted = _exempt(game, one)
            if granted is not None and game.do(granted) and one == rule:
                break
    return wish


def _barring(game: Game, rule: str) -> list[str]:
    """Return the rules that bar an exemption from a rule."""
    granted = _exempt(game, rule)
    decision = granted and game.stage.ask(granted)
    return sorted({f.rule for f in decision.unmet if f.rule}) if decision else []


def corrected(game: Game) -> Wish | None:
    """Put right what was right: of the household, or of a step."""
    rng, stands = game.rng, game.judge.stands
    if rng.random() < 0.35 or not stands:
        told = game.setting.household
        patches: tuple[dict[str, Any], ...] = (
            {"no_house": True, "dwellings": 0}, {"no_house": False, "dwellings": 1}, {"members": []}, {"dwellings": 2},
            {"classes": [rng.choice(sorted(game.stage.road.classes))]}, {"members": told.told()["members"]},
        )  # fmt: skip
        return of_act(game, "correct", {"correction": {"household": rng.choice(patches)}, "cause": "error"})
    line = stands[rng.choice(sorted(stands))]
    fields = {name: value for name, value in _bent(game, line.data).items() if line.data.get(name) != value}
    if rng.random() < 0.4 or not fields:
        fields = {"on": (line.on + timedelta(days=rng.choice((-9, -5, -1, 1, 3)))).isoformat()}
    fields = {name: value for name, value in fields.items() if name not in ("agreed_by", "originals_seen")}
    return of_act(game, "correct", {"correction": {"acts": {line.act: fields}}, "cause": "error"})


def put_right_again(game: Game) -> Wish | None:
    """Correct a step to what it should have been."""
    part = game.rng.choice(game.stage.road.road)
    try:
        right = game.valid.data(part)
    except NO_WAY:
        return None
    was = game.judge.stands.get(part.action)
    fields = {name: value for name, value in right.items() if was is not None and was.data.get(name) != value}
    return (
        of_act(game, "correct", {"correction": {"acts": {part.action: fields}}, "cause": "error"}) if fields else None
    )


def waived(game: Game) -> Wish | None:
    """Waive the appraisal."""
    return of_act(game, "waive_appraisal", {})


TRICKS: tuple[tuple[Trick, int], ...] = (
    (too_early, 6), (bent, 12), (without_papers, 4), (by_the_same, 8), (by_another_office, 3), (out_of_turn, 4),
    (entered_late, 3), (exempted, 3), (lifted, 7), (corrected, 6), (put_right_again, 2), (waived, 3), (off_the_road, 4), (at_the_notice, 5),
    (objected, 4), (of_identity, 2), (of_money, 5), (of_papers, 3), (moved, 2), (confirmed, 2),
)  # fmt: skip
