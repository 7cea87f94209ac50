"""What colluding officials try beside the next act: ways off the road, notices, objections, money, papers, other plans."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from weigai.states.counting.money import payable_fen

from tests.prove.adversary_game import NO_WAY
from tests.prove.floor_stages import Wish
from tests.walker import Next

if TYPE_CHECKING:
    from tests.prove.adversary_game import Game

AREAS = ("30", "60.01", "75", "80", "80.01", "120", "200")
MONEY = ("0.01", "1", "20000", "25232", "25232.01", "45232", "99999")


def anybody(game: Game, office: str) -> str:
    return game.colluder(office) or game.honest(office, "tricked")


def of_act(game: Game, action: str, data: dict[str, Any], papers: str = "", back: int = 0) -> Wish | None:
    """Return an act by one of its offices that the group holds, agreed to by another of the group."""
    act = game.stage.act(action)
    if act is None:
        return None
    held = [office for office in act.offices if game.colluder(office)] or list(act.offices)
    office = game.rng.choice(held)
    person = anybody(game, office)
    wish = game.wish(
        Next(action, office, papers, {"reason": "情况特殊", **data}), person, agreed_by=game.second(person)
    )
    wish.on = game.today - timedelta(days=back)
    return wish


def off_the_road(game: Game) -> Wish | None:
    """Take a way that starts here: back, off or onto the road."""
    road, case, rng = game.stage.road, game.stage.case, game.rng
    onto = {part.action for part in road.road}
    here = [name for name in road.actions(case.state) if name not in onto and name != "waive_appraisal"]
    if not here:
        return None
    more: dict[str, Any] = {"reason": "情况有变"}
    name = rng.choice([*here, "step_back", "step_back"] if "step_back" in here else here)
    if "failing" in getattr(road.act(case.state, name), "form", ""):
        more["mend_by"] = (game.today + timedelta(days=20)).isoformat()
    return of_act(game, name, more, "reason_letter village_refusal_record township_refusal_record")


def at_the_notice(game: Game) -> Wish | None:
    """Take a notice down, put it up again or anew, or let the case rest, today or on an earlier day."""
    rng, levels = game.rng, sorted(game.judge.notices)
    back = rng.choice((0, 0, 1, 3, 8))
    if rng.random() < 0.4 or not levels:
        return of_act(game, rng.choice(("suspend", "resume", "resume")), {}, back=back)
    level = rng.choice(levels)
    places = sorted(game.judge.notices[level].places) or ["village_board"]
    if rng.random() < 0.4:
        return of_act(game, "take_down_notice", {"level": level, "place": rng.choice(places)}, back=back)
    more = rng.choice(({}, {"corrected": True, "places": places}, {"places": places[:1]}))
    return of_act(game, "repost_notice", {"level": level, **more}, back=back)


def objected(game: Game) -> Wish | None:
    """Raise an objection, or answer one as it suits."""
    rng, open_ = game.rng, [int(n) for n, o in game.stage.case.record.objections.items() if "answer" not in o]
    if open_ and rng.random() < 0.7:
        told = {"objection": rng.choice(open_), "upheld": rng.random() < 0.6, "outcome_reason": "经查"}
        return of_act(game, "answer_objection", told, back=rng.choice((0, 0, 2)))
    levels = sorted(game.judge.notices)
    told = {"level": rng.choice(levels), "grounds": "有异议"} if levels else {}
    return of_act(game, "raise_objection", told, back=rng.choice((0, 0, 1, 6))) if levels else None


def of_identity(game: Game) -> Wish | None:
    """Confirm or deny an identity, for oneself or in another's name."""
    rng = game.rng
    office = rng.choice(("poverty_office", "civil_affairs", "disabled_federation", "county"))
    told = {"authority": rng.choice((office, office, "poverty_office")), "no_house_confirmed": rng.random() < 0.5}
    action = rng.choice(("confirm_identity", "deny_identity"))
    wish = game.wish(Next(action, office, "", told), anybody(game, office))
    wish.on = game.today - timedelta(days=rng.choice((0, 0, 3, 10)))
    return wish


def of_money(game: Game) -> Wish | None:
    """Pay a part, pay again, send back, recover or close the file, with an amount that suits."""
    rng, case = game.rng, game.stage.case
    left = payable_fen(case) or 0
    amount = rng.choice(
        (f"{max(left, 0) // 100}", f"{max(left, 0) // 200}", f"{case.fen('paid_fen') // 100}", rng.choice(MONEY))
    )
    try:
        told = game.valid._paying(100, f"V-{case.version}")
    except NO_WAY:
        told = {"fund": "poverty_alleviation", "payee": "household", "channel": "one_card"}
    action = rng.choice(
        ("pay", "pay_instalment", "reissue_payment", "payment_returned", "record_recovery", "close_without_payment")
    )
    if action == "close_without_payment":
        return of_act(game, action, {})
    told = {**told, "amount": amount} if action.startswith(("pay_", "re")) or action == "pay" else {"amount": amount}
    if action in ("payment_returned", "record_recovery"):
        told = {"amount": amount, **({"reason": "账号有误"} if action == "payment_returned" else {})}
    return of_act(game, action, told, back=rng.choice((0, 0, 20)))


def of_papers(game: Game) -> Wish | None:
    """Reject a paper, send one, or say that the house was enlarged."""
    rng, file = game.rng, sorted(game.judge.papers)
    choice = rng.choice(("check_document", "attach", "record_alteration"))
    if choice == "record_alteration":
        return of_act(game, choice, {"area": rng.choice(AREAS)})
    if choice == "attach" or not file:
        kinds = ("large_family_application", "township_area_document", "identity_proof", "family_basics", *file)
        return of_act(game, "attach", {}, rng.choice(kinds))
    return of_act(game, choice, {"kind": rng.choice(file), "accepted": rng.random() < 0.3})


def confirmed(game: Game) -> Wish | None:
    """Confirm what waits for a second person, by whoever of the group it is."""
    rng = game.rng
    if not game.stage.asked:
        return None
    person = rng.choice(game.setting.group)
    office = rng.choice(game.setting.cast.offices[person])
    number = rng.choice(sorted(game.stage.asked))
    return Wish("confirm_request", office, person, game.today, game.today, {"request": number})


def moved(game: Game) -> Wish | None:
    """Put the case under another plan that the check of policies takes."""
    base = game.plans.of[game.stage.name]
    others = [name for name, of in game.plans.of.items() if of == base and name != game.stage.name]
    if not others:
        return None
    person = anybody(game, "county")
    data = {"policy": game.rng.choice(others), "reason": "改用", "agreed_by": game.second(person)}
    return Wish("move_policy", "county", person, game.today, game.today, data)
