"""Every way to read, and every way to ask for one thing by its id: what comes out may tell of one's own area only."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from weigai.states.errors import GuardsNotMet, WeigaiError
from weigai.workflow import Actor, Approvals, Attachment, Payment

from tests.prove.world import PLAN, VILLAGES, Planted
from tests.support import household

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    Read = Callable[[Approvals, Actor], Any]
    Ask = Callable[[Approvals, Actor, str], Any]

TODAY = date(2019, 12, 20)
_NAMES = [f"鸟{unit[5:]}号{number}" for unit in VILLAGES for number in (1, 2, 3)]

WHOLE: dict[str, Read] = {
    "list": lambda api, a: api.list(actor=a, limit=1000),
    "list of a policy": lambda api, a: api.list(actor=a, policy=PLAN),
    "inbox": lambda api, a: api.inbox(actor=a),
    "available": lambda api, a: [api.available(c.id, actor=a, on=TODAY) for c in api.list(actor=a)],
    "history": lambda api, a: [api.history(c.id, actor=a) for c in api.list(actor=a)],
    "household": lambda api, a: [api.household(c.id, actor=a) for c in api.list(actor=a)],
    "budget": lambda api, a: api.records.budget(actor=a),
    **{f"spending by {by}": lambda api, a, by=by: api.records.spending(by, actor=a) for by in ("unit", "class", "grade", "mode")},
    "quotas": lambda api, a: api.records.quotas(actor=a),
    "refusals": lambda api, a: api.records.refusals(actor=a),
    "exemptions": lambda api, a: api.records.exemptions(actor=a),
    "progress": lambda api, a: api.records.progress(actor=a),
    "search": lambda api, a: [api.search("name", name, actor=a) for name in _NAMES],
    "findings": lambda api, a: api.records.findings(actor=a),
    "overdue": lambda api, a: api.records.overdue(actor=a, today=TODAY),
    "policies": lambda api, a: api.records.policies(actor=a),
    "simulate": lambda api, a: api.records.simulate(actor=a, to=PLAN),
    "reconcile": lambda api, a: api.records.reconcile([], actor=a),
    "log": lambda api, a: api.records.log(actor=a, limit=10000),
    "verify": lambda api, a: api.records.verify(actor=a),
    "units": lambda api, a: api.register.units(actor=a),
    "persons": lambda api, a: api.register.persons(actor=a),
    "unit records": lambda api, a: api.units.records(actor=a),
    "late": lambda api, a: api.units.late(actor=a, today=TODAY),
}  # fmt: skip

_PAPER = [Attachment("photo", content=b"a picture")]

OF_CASE: dict[str, Ask] = {
    "get": lambda api, a, x: api.get(x, actor=a),
    "find": lambda api, a, x: api.find(x, actor=a),
    "find its beginning": lambda api, a, x: api.find(x[:-1], actor=a),
    "household": lambda api, a, x: api.household(x, actor=a),
    "unmask": lambda api, a, x: api.unmask(x, actor=a, reason="核对"),
    "a paper": lambda api, a, x: api.paper(x, 2, 1, actor=a, reason="核对"),
    "erase": lambda api, a, x: api.erase(x, actor=a, reason="期满", agreed_by="p-2"),
    "basis": lambda api, a, x: api.basis(x, "approve", actor=a),
    "history": lambda api, a, x: api.history(x, actor=a),
    "check": lambda api, a, x: api.check(x, "approve", actor=a),
    "check what no plan has": lambda api, a, x: api.check(x, "fly", actor=a),
    "available": lambda api, a, x: api.available(x, actor=a),
    "advance": lambda api, a, x: api.advance(x, "submit_application", actor=a),
    "advance at a version": lambda api, a, x: api.advance(x, "submit_application", actor=a, expect_version=99),
    "record": lambda api, a, x: api.record(x, "record_survey", actor=a),
    "attach": lambda api, a, x: api.attach(x, _PAPER, actor=a),
    "move policy": lambda api, a, x: api.move_policy(x, "zhalantun-2019-b", actor=a, reason="换方案"),
    "check a move": lambda api, a, x: api.check_move(x, "zhalantun-2019-b", actor=a),
    "follow": lambda api, a, x: _opened(api, a, follows=x),
    "list with it": lambda api, a, x: api.lists.new("meeting", unit=a.units[0], cases=[x], actor=a),
    "verify": lambda api, a, x: api.records.verify(case_id=x, actor=a),
    "its stream": lambda api, a, x: api.records.log(actor=a, stream=f"case/{x}"),
    "its unmaskings": lambda api, a, x: api.records.log(actor=a, stream=f"unmasked/{x}"),
    "inbox after it": lambda api, a, x: [row.case for row in api.inbox(actor=a, after=x)],
    "reconcile": lambda api, a, x: api.records.reconcile([Payment(1, x, 100, "V-1", TODAY)], actor=a)[0],
}
OF_LIST: dict[str, Ask] = {
    "show": lambda api, a, x: api.lists.get(x, actor=a),
    "unmask": lambda api, a, x: api.lists.unmask(x, actor=a, reason="核对"),
    "send": lambda api, a, x: api.lists.send(x, actor=a),
    "receive": lambda api, a, x: api.lists.receive(x, actor=a),
    "advance": lambda api, a, x: api.lists.advance(x, "record_deliberation", actor=a),
}
OF_UNIT: dict[str, Ask] = {
    "list": lambda api, a, x: api.list(actor=a, unit=x),
    "open a case": lambda api, a, x: _opened(api, a, unit=x),
    "make a list": lambda api, a, x: api.lists.new("meeting", unit=x, cases=[], actor=a),
    "record a duty": lambda api, a, x: api.units.record(x, "adopt_village_plan", actor=a, request_id="r-1"),
    "records": lambda api, a, x: api.units.records(actor=a, unit=x),
    "stream": lambda api, a, x: api.records.log(actor=a, stream=f"unit/{x}"),
    "simulate": lambda api, a, x: api.records.simulate(actor=a, to=PLAN, unit=x).total,
    "late": lambda api, a, x: api.units.late(actor=a, today=TODAY)[:0],
}  # fmt: skip


def _opened(api: Approvals, actor: Actor, *, unit: str | None = None, follows: str | None = None) -> str:
    unit = unit or (actor.units[0] if len(actor.units[0]) == 12 else actor.units[0].ljust(9, "1") + "201")
    api.open_case(policy=PLAN, unit=unit, household=household(), actor=actor, on=date(2019, 6, 10), follows=follows)
    return "opened"


def shown(value: Any) -> str:
    """Return everything that a value says, words of findings and suspicions too, as one text."""
    if isinstance(value, (str, int, float, bool)) or value is None:
        return str(value)
    told = [value.reason(lang) for lang in ("zh", "en")] if hasattr(value, "reason") else []
    if is_dataclass(value) and not isinstance(value, type):
        value = {field.name: getattr(value, field.name) for field in fields(value)} | ({"said": told} if told else {})
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {shown(v)}" for k, v in value.items()) + "}"
    if hasattr(value, "_asdict"):
        return shown({**value._asdict(), "said": told})
    if isinstance(value, (list, tuple, set, frozenset)):
        return (
            "["
            + ", ".join(shown(v) for v in (value if isinstance(value, (list, tuple)) else sorted(value, key=str)))
            + "]"
        )
    return str(value)


def outcome(ask: Callable[[], Any], asked: str) -> tuple[str, str]:
    """Return what came of asking: the class of a refusal with its exit code, and every word, the id asked for left out."""
    try:
        said = ("told", shown(ask()))
    except GuardsNotMet as error:
        said = (
            f"{type(error).__name__} {error.exit_code}",
            error.message("zh") + error.message("en") + shown(error.findings),
        )
    except WeigaiError as error:
        said = (f"{type(error).__name__} {error.exit_code}", error.message("zh") + error.message("en"))
    return said[0], said[1].replace(asked, "*").replace(asked[:-1], "*")


def foreign(world: Mapping[str, Planted], actor: Actor) -> list[Planted]:
    """Return what was planted outside an actor's area, by exact codes and nothing of this program."""
    return [planted for unit, planted in world.items() if not in_area(unit, actor.units)]


def in_area(unit: str, codes: Iterable[str]) -> bool:
    """Tell whether a village lies in one of these units: an independent reading of how codes nest."""
    return bool({unit, unit[:9], unit[:6]} & set(codes))


def leaks(text: str, world: Mapping[str, Planted], actor: Actor, given: Iterable[str] = ()) -> list[str]:
    """Return the planted words from outside an actor's area that a text has, but for what the asker said itself."""
    return sorted(
        word
        for planted in foreign(world, actor)
        for word in planted.words
        if word in text and not any(word in own for own in given)
    )


def ghosts(planted: Planted) -> dict[str, str]:
    """Return, for each id that can be asked for, one of its form that does not exist."""
    unit = planted.unit
    found = {case: f"{unit[:6]}-2019-{'2345'[n]}222222" for n, case in enumerate(planted.cases)}
    return {**found, planted.list_id: f"{unit}-M-2019-9999", planted.archive_no: planted.archive_no[:-4] + "9999"}


def levels() -> list[tuple[str, tuple[str, ...]]]:
    """Return every area that is asked for, with its name: nested, foreign, and such as are none."""
    village, township, county = VILLAGES[0], VILLAGES[0][:9], VILLAGES[0][:6]
    return [
        ("own village", (village,)),
        ("sister village", (VILLAGES[1],)),
        ("own township", (township,)),
        ("another township", (VILLAGES[2][:9],)),
        ("own county", (county,)),
        ("another county", (VILLAGES[3][:6],)),
        ("two villages", (village, VILLAGES[2])),
        ("a village and another county", (village, VILLAGES[3][:6])),
        ("five digits", (county[:5],)),
        ("seven digits", (county + "1",)),
        ("eight digits", (township[:8],)),
        ("ten digits", (village[:10],)),
        ("eleven digits", (village[:11],)),
        ("thirteen digits", (village + "1",)),
        ("nothing", ()),
        ("an empty code", ("",)),
        ("a blank", (township + " ",)),
        ("a pattern", ("150783%",)),
        ("full-width digits", ("１５０７８３",)),
        ("twelve nines", ("9" * 12,)),
    ]
