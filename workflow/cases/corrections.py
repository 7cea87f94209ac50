"""Find what a correction changes, and which guards no longer hold then."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...states.calendar import parse_date
from ...states.counting.publicity import recounted, suspensions
from ...states.decide import traits_of
from ...states.effects import computed
from ...states.errors import InputRefused
from ...states.forms.acts import FORMS, read
from ...states.forms.form import readable, recorded
from ...states.forms.household import Household, read_household
from ...states.guards.base import Corrected
from ...states.personal import PERSONAL
from ...states.recheck import again, as_doubt, healed, no_longer, question_of
from ...states.record import ACTS, FACTS, HOUSEHOLD, OPENS_ON, PUBLICITY
from .classes import classes_known

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from ...states.case import Case
    from ...states.forms.form import Form
    from ...states.procedure.graph import Act, Procedure
    from ...states.values import Notice
    from ..context import Context

_FIXED = frozenset({"pay", "open_case", "close_without_payment"})  # money that moved is put right by money facts


def corrected(context: Context, case: Case, procedure: Procedure, act: Act, data: Form, on: date) -> Corrected | None:
    """Work a correction out without writing it; None where nothing was asked for.

    Raises:
        InputRefused: a value is not of its form, or the household is not whole any more.
    """
    asked = getattr(data, "correction", None)
    if asked is None:
        return None
    unknown = [name for name in asked if name not in ("household", "acts")]
    changes = _household(context, case, procedure, asked.get("household") or {})
    actions = tuple(_mapping(asked.get("acts")))
    for action in actions:
        if action in _FIXED or action not in case.record.acts or action not in procedure.acts:
            unknown.append(f"acts.{action}")
            continue
        right, wrong = _act(case, procedure, action, _mapping(asked["acts"][action]), on)
        changes |= right
        unknown += wrong
    after = replace(
        case,
        record=case.record.folded(changes),
        classes=frozenset(changes.get(HOUSEHOLD.path("classes"), case.classes)),
    )
    more = _counted_again(context, case, after, procedure, asked)
    changes |= {path: value for path, value in more.items() if after.record.at(path) != value}
    after = replace(after, record=after.record.folded(changes))
    noted = FACTS.path(act.name, case.version + 1), {"on": on.isoformat(), "data": {"changed": sorted(changes)}}
    seen = replace(after, record=after.record.folded(dict([noted])))
    old, new = (again(c, procedure, context.calendar, on=on) for c in (case, seen))
    found = no_longer(old, new)
    doubts = {key: as_doubt(f) for key, f in found.items()}
    cured = healed(case.record.doubts, new)
    known = tuple(action for action in actions if action in case.record.acts)
    traits = traits_of(after, procedure, act, data)
    return Corrected(changes, tuple(unknown), doubts, cured, tuple(found.values()), known, traits)


def with_changes(case: Case, data: Form, found: Corrected) -> Form:
    """Return the correction with what the program says of it: the paths changed, open values before and after."""
    values = {
        path: [case.record.at(path), value]
        for path, value in found.changes.items()
        if _open(path, value) and _open(path, case.record.at(path))
    }
    return data.model_copy(update={"changed": tuple(sorted(found.changes)), "values": values})


def _open(path: str, value: Any) -> bool:
    return path.rsplit("/", 1)[-1] not in PERSONAL and not isinstance(value, (dict, list, tuple))


def _mapping(value: Any) -> Mapping[str, Any]:
    if value is not None and not isinstance(value, dict):
        raise InputRefused("更正内容应为 JSON 对象。", "a correction must be a JSON object.")
    return value or {}


def _household(context: Context, case: Case, procedure: Procedure, patch: Any) -> dict[str, Any]:
    """Return the changed fields of the household, read as strictly as when it was opened."""
    if not _mapping(patch):
        return {}
    plain = context.cases().revealed_household(case)
    stored = {field.serialization_alias or name: name for name, field in Household.model_fields.items()}
    whole = {stored[name]: _input(name, value) for name, value in plain.items()}
    opened = case.act_on("open_case") or context.today()
    household = read_household({**whole, **patch}, at=opened)
    classes_known(household.classes, procedure)
    new = household.model_dump(mode="json", by_alias=True, exclude_none=True)
    new["classes"] = sorted(new["classes"])
    names = {field.serialization_alias or name for name, field in Household.model_fields.items() if name in patch}
    return {HOUSEHOLD.path(name): new.get(name) for name in sorted(names) if new.get(name) != plain.get(name)}


def _input(name: str, value: Any) -> Any:
    return readable(value) if name.endswith("_fen") else value


def _act(
    case: Case, procedure: Procedure, action: str, fields: Mapping[str, Any], on: date
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the changed fields of a step's data and its day, and the fields that may not be changed so.

    A value is put right, never taken out: what a step was told decides which rules are asked.
    """
    entry = case.record.acts[action]
    name = procedure.acts[action].form
    given = {field: value for field, value in fields.items() if field != "on"}
    unknown = tuple(f"acts.{action}.{field}" for field, value in fields.items() if value is None)
    new = recorded(read(name, given))
    changes = {}
    for field in given:
        stored = FORMS[name].model_fields[field].serialization_alias or field
        if new.get(stored) != entry["data"].get(stored):
            changes[ACTS.path(action, "data", stored)] = new.get(stored)
    if fields.get("on") is not None:
        day = parse_date(fields["on"])
        if not _in_order(case, action, day, on):
            return {}, (*unknown, f"acts.{action}.on")
        if day.isoformat() != entry["on"]:
            changes[ACTS.path(action, "on")] = day.isoformat()
    return ({}, unknown) if unknown else (changes, ())


def _in_order(case: Case, action: str, day: date, on: date) -> bool:
    """Tell whether a day lies between the steps before and after the one that it is corrected for, and not after `on`."""
    acts = sorted(case.record.acts.items(), key=lambda item: int(item[1]["seq"]))
    place = [name for name, _ in acts].index(action)
    before = [entry["on"] for _, entry in acts[:place]]
    after = [entry["on"] for _, entry in acts[place + 1 :]]
    return max(before, default="0000") <= day.isoformat() <= min(after, default=on.isoformat())


def _counted_again(
    context: Context, case: Case, after: Case, procedure: Procedure, asked: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the values that corrected steps compute: a notice's end, what was approved, the day that is agreed."""
    changes: dict[str, Any] = {}
    redone = {*_mapping(asked.get("acts")), *(["approve"] if asked.get("household") else [])}
    for action in sorted(redone & set(after.record.acts)):
        act, entry = procedure.acts.get(action), after.record.acts[action]
        if act is None:
            continue
        if act.kind == "posting":
            changes |= _notice(context, case, after, act.level or "", action)
        else:
            changes |= computed(question_of(after, procedure, act, entry, context.calendar), entry["seq"])
    return changes


def _notice(context: Context, case: Case, after: Case, level: str, action: str) -> dict[str, Any]:
    """Count a notice again whose day of posting was corrected; its end moves later, never earlier (R46)."""
    old, new = case.record.acts[action]["on"], after.record.acts[action]["on"]
    shown = after.record.publicity.get(level)
    step = context.road(case).levels.get(level)
    if shown is None or step is None or old == new:
        return {}
    places = {
        place: [[new if span[0] == old and n == 0 else span[0], span[1]] for n, span in enumerate(spans)]
        for place, spans in shown["places"].items()
    }
    from_then = new if shown["counted_from"] == old else shown["counted_from"]
    moved: Notice = {**shown, "posted_on": new, "counted_from": from_then, "places": places}
    counted = recounted(moved, step, suspensions(after.record), context.calendar)
    here = {OPENS_ON: counted["opens_on"]} if after.state == f"{level}_publicity" else {}
    return {PUBLICITY.path(level): counted, **here}
