"""The checker of concurrent histories: silent on a sound one, and it names each kind of fault that is planted in one."""

from __future__ import annotations

from datetime import date

import pytest

from tests.prove.checker import Head, Line, Op, check, lawful, within_cap

S = "case/x"
DAY = "2019-06-10"


def line(seq: int, request: str, action: str = "note", *, source=None, to=None, stream=S, **more) -> Line:
    return Line(
        stream, seq, request, action, "village", DAY, source, to, f"h{seq - 1}" if seq > 1 else None, f"h{seq}", **more
    )


def op(request: str, seq: int, began: int, ended: int, action: str = "note", outcome: str = "done", **more) -> Op:
    answer = {"seq": seq, "hash": f"h{seq}"} if outcome == "done" else {}
    return Op(more.pop("stream", S), request, action, "village", DAY, outcome, began, ended, **answer, **more)


def sound() -> tuple[list[Op], list[Line], dict[str, Head]]:
    lines = [line(1, "a", "open_case", to="draft"), line(2, "b", "submit", source="draft", to="review"), line(3, "c")]
    ops = [
        op("a", 1, 0, 10, "open_case"),
        op("b", 2, 20, 40, "submit"),
        op("c", 3, 30, 50),
        op("b", 2, 60, 70, "submit"),  # the same request later: the same event
        op("d", 0, 30, 45, outcome="refused"),
        op("e", 0, 46, 90, outcome="unknown"),
        Op(S, "", "", "", "", "read", 52, 55, 3, state="review"),
    ]
    return ops, lines, {S: Head("review", 3, "h3")}


def test_a_sound_history_is_not_complained_of() -> None:
    assert check(*sound()) == []


def planted(name: str) -> tuple[list[Op], list[Line], dict[str, Head]]:
    ops, lines, heads = sound()
    match name:
        case "a gap":
            lines[2] = lines[2]._replace(seq=4)
        case "two events of one number":
            lines.append(line(2, "z"))
        case "a fork":
            lines[2] = lines[2]._replace(prev="h1")
        case "a move from another state":
            lines[1] = lines[1]._replace(source="payment")
        case "an acknowledged act is lost":
            ops.append(op("f", 4, 80, 90))
        case "an act is there twice":
            lines.append(line(4, "c"))
            heads = {S: Head("review", 4, "h4")}
        case "a refused act is there":
            lines.append(line(4, "d"))
            heads = {S: Head("review", 4, "h4")}
        case "an event that nobody asked for":
            lines.append(line(4, "ghost"))
            heads = {S: Head("review", 4, "h4")}
        case "an unknown act is there twice":
            lines += [line(4, "e"), line(5, "e")]
            heads = {S: Head("review", 5, "h5")}
        case "other content under the same request":
            ops[3] = ops[3]._replace(action="pay")
        case "an earlier act has the larger number":
            ops[2] = ops[2]._replace(began=1, ended=15)
        case "a stale read":
            ops[-1] = ops[-1]._replace(seq=1, state="draft")
        case "a read of what never was":
            ops[-1] = ops[-1]._replace(state="payment")
        case "a form of an old version":
            ops[2] = ops[2]._replace(expect=1)
        case "the row is behind":
            heads = {S: Head("draft", 2, "h2")}
        case "the row is missing":
            heads = {}
        case "a row without events":
            heads["case/y"] = Head("draft", 1, "h1")
        case "half a transaction":
            ops[2] = ops[2]._replace(group="g")
            ops.append(op("c", 0, 30, 50, outcome="unknown", stream="case/y", group="g"))
            assert lines
    return ops, lines, heads


PLANTED = {
    "a gap": "missing or there twice", "two events of one number": "missing or there twice", "a fork": "does not name",
    "a move from another state": "stood in", "an acknowledged act is lost": "is not there",
    "an act is there twice": "wrote 2 events", "a refused act is there": "nobody was told",
    "an event that nobody asked for": "nobody was told", "an unknown act is there twice": "wrote 2 events",
    "other content under the same request": "other content", "an earlier act has the larger number": "had ended before",
    "a stale read": "had been acknowledged", "a read of what never was": "never was",
    "a form of an old version": "form of version 1", "the row is behind": "the row says",
    "the row is missing": "without a row", "a row without events": "without events",
    "half a transaction": "only a part",
}  # fmt: skip


@pytest.mark.parametrize("name", PLANTED)
def test_each_kind_of_fault_is_named(name: str) -> None:
    assert any(PLANTED[name] in told for told in check(*planted(name)))


def test_an_unknown_act_may_have_happened_or_not() -> None:
    ops, lines, _ = sound()
    assert check(ops, [*lines, line(4, "e")], {S: Head("review", 4, "h4")}) == []


def test_a_cap_counts_only_places_that_are_surely_held() -> None:
    def approve(case: str, began: int, ended: int) -> Op:
        return op("q", 1, began, ended, "approve", stream=case)

    first, second = approve("a", 0, 10), approve("b", 5, 20)
    assert within_cap([first, second], 2) == []
    assert within_cap([first, second], 1) == ["b: place 2 of 1 was given"]
    left = op("w", 2, 11, 30, "withdraw", stream="a")
    assert within_cap([first, second, left], 1) == []
    assert within_cap([first, second, left._replace(began=21)], 1)


def test_the_guards_hold_in_the_small_model() -> None:
    household = {"classes": ["registered_poor"], "dwellings": 1}
    data = {
        "contents": ["registration", "income", "danger", "wish"],
        "signed_by_head": True,
        "consents": True,
        "photo_shows_reference": True,
        "photo_shows_head": True,
        "originals_seen": ["income_proof"],
    }
    papers = ("application", "registration_proof", "income_proof", "danger_photo")
    opened = line(1, "a", "open_case", to="draft")
    applied = line(2, "b", "submit_application", source="draft", to="village_deliberation", data=data, papers=papers)
    assert lawful(S, [opened, applied], "a", household) == []
    for wrong, why in (
        (applied._replace(office="finance"), "office_may_act"),
        (applied._replace(papers=papers[:3]), "R44"),
        (applied._replace(action="pay", to="archiving"), "action_available"),
        (applied._replace(to="payment"), "by the rules to village_deliberation"),
        (applied._replace(on=str(date(2019, 6, 9))), "in_order"),
    ):
        assert why in lawful(S, [opened, wrong], "a", household)[0]
