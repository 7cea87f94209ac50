"""Check that notices, objections and meetings of a policy can do what they are for."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from ..policy.toml_lines import meant
from ..procedure.road import parts
from ..reading.phrases import called
from ..values import Problem
from ..words.ids import PLACES, label

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..policy.step_tables import Fact
    from ..policy.tables import Policy

# What begins something, and what ends it: with the first alone a case would wait for ever.
_ENDS = (
    ("raise_objection", "answer_objection"),
    ("suspend", "resume"),
    ("take_down_notice", "repost_notice"),
    ("record_inspection", "close_inspection"),
    ("payment_returned", "reissue_payment"),
)
_LEVELS = ("village", "township", "county")
# Of the law on village committees (articles 22 and 26): who must be there, and more than half of them agree.
LEGAL = {"villagers_meeting": Fraction(1, 2), "villagers_representatives": Fraction(2, 3)}
LEGAL_AGREE = Fraction(1, 2)


def places(policy: Policy) -> Iterator[Problem]:
    """A notice hangs somewhere, at places that have a word, at each once."""
    for at, step in enumerate(policy.steps):
        path, zh, en = f"steps.{at}.places", called("steps", step, "zh"), called("steps", step, "en")
        if step.kind == "publicity" and not step.places:
            mend = "请写 places，方案未写明的同时列入 silent"
            mend_en = "write places, and name it under silent if the plan does not say"
            yield Problem(path, f"{zh}：没有张贴地点；{mend}", f"{en}: it hangs nowhere; {mend_en}")
        for number, place in enumerate(step.places):
            if place not in PLACES:
                hint = meant(place, PLACES)
                yield Problem(
                    f"{path}.{number}", f"{zh}：没有地点 {place}{hint[0]}", f"{en}: no such place: {place}{hint[1]}"
                )
            elif place in step.places[:number]:
                yield Problem(f"{path}.{number}", f"{zh}：{label(place)}重复", f"{en}: {place} occurs twice")


def days(policy: Policy) -> Iterator[Problem]:
    """A period has a day at least."""
    for at, step in enumerate(policy.steps):
        if step.days is not None and step.days < 1:
            zh, en = called("steps", step, "zh"), called("steps", step, "en")
            mend = "方案未定天数的，不写 days 而列入 silent"
            mend_en = "if the plan does not say, leave days out and name it under silent"
            yield Problem(
                f"steps.{at}.days", f"{zh}：天数应从 1 起；{mend}", f"{en}: days must be 1 or more; {mend_en}"
            )


def ends(policy: Policy) -> Iterator[Problem]:
    """What begins in a case can end there too; and where a notice hangs, somebody can object to it."""
    facts = {fact.id: (at, fact) for at, fact in enumerate(policy.facts)}
    posted = any(step.kind == "publicity" for step in policy.steps)
    if posted and "raise_objection" not in facts:
        zh = "facts：有公示，却没有登记异议（raise_objection）；请照样例方案添加，表单为 objection"
        en = "facts: there are notices, but no raise_objection; add it as the sample plans have it, with the form objection"
        yield Problem("facts", zh, en)
    for first, last in _ENDS:
        if first not in facts:
            continue
        at, begun = facts[first]
        if last not in facts:
            zh = f"facts：有{label(first)}（{first}），却没有{label(last)}（{last}），户档会一直停在那里；请添加 {last}"
            en = f"facts: there is {first}, but no {last}: a case would wait for ever; add {last}"
            yield Problem(f"facts.{at}", zh, en)
        elif missing := _states(begun) - _states(facts[last][1]):
            names = "、".join(label(state) for state in sorted(missing))
            zh = f"facts：{label(first)}可在 {names} 登记，{label(last)}却不能；请补入 {last} 的 states"
            en = f"facts: {first} is open in {', '.join(sorted(missing))}, and {last} is not; add it to the states of {last}"
            yield Problem(f"facts.{facts[last][0]}.states", zh, en)


def heard(policy: Policy) -> Iterator[Problem]:
    """While a notice hangs, an objection to it can be raised and answered, by who posted it or by a level above."""
    for at, fact in enumerate(policy.facts):
        for step in policy.steps if fact.id in _ENDS[0] else ():
            offices = {*step.offices, *_LEVELS[_LEVELS.index(step.level) :]}
            state = parts(step)[-1].state
            zh, en = f"facts：{label(step.at)}公示期间", f"facts: while the notice of {step.at} hangs, "
            if step.kind == "publicity" and not {"open", state} & set(fact.states):
                said = f"{zh}不能{label(fact.id)}（{fact.id}）；请在 states 中写 open，或补入 {state}"
                yield Problem(
                    f"facts.{at}.states", said, f"{en}{fact.id} is not open; name open or {state} in its states"
                )
            if step.kind == "publicity" and not offices & set(fact.offices):
                who = "、".join(map(label, sorted(offices)))
                said = f"{zh}，张贴单位和上级都不能{label(fact.id)}（{fact.id}）；请在 offices 中补入{who}之一"
                yield Problem(f"facts.{at}.offices", said, f"{en}{fact.id} is for none of {', '.join(sorted(offices))}")


def _states(fact: Fact) -> set[str]:
    """Return where a fact is open; "open" stands for every state that is not closed."""
    return set(fact.states) - {"archived"} if "open" not in fact.states else {"open"}


def answered(policy: Policy) -> Iterator[Problem]:
    """The office that reviews an objection can also record its answer."""
    at, answer = next(((at, f) for at, f in enumerate(policy.facts) if f.id == "answer_objection"), (0, None))
    for hearing in policy.hearings if answer else ():
        if answer is not None and not set(hearing.offices) & set(answer.offices):
            zh = f"facts：{label(hearing.level)}公示的异议由{'、'.join(map(label, hearing.offices))}复核，却不在 answer_objection 的 offices 中"
            en = f"facts: {', '.join(hearing.offices)} reviews objections to the {hearing.level} publicity, but is not among the offices of answer_objection"
            yield Problem(f"facts.{at}.offices", zh, en)


def quorum(policy: Policy) -> Iterator[Problem]:
    """A meeting without its quorum decides nothing, and no plan wants less than the law."""
    table, path = policy.guards.quorum_reached, "guards.quorum_reached"
    if table is None:
        return
    if table.effect != "block":
        zh = f'{path}：到会或同意人数不足的会议没有作出决定，不能只提醒；请删去 effect = "warn"'
        yield Problem(
            f"{path}.effect",
            zh,
            f'{path}: a meeting without its quorum decided nothing, so it cannot only warn; take out effect = "warn"',
        )
    shares = [(f"present.{name}", label(name), text, LEGAL.get(name)) for name, text in table.present.items()]
    shares.append(("agree", "同意", table.agree or "1/1", LEGAL_AGREE))
    for name, zh, text, least in shares:
        if least is not None and Fraction(text) < least:
            said = f"{path}.{name}：{zh}的比例 {text} 低于法定的 {least}"
            yield Problem(f"{path}.{name}", said, f"{path}.{name}: the share {text} is below the {least} of the law")
