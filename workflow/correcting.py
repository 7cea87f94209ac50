"""What a correction of recorded values comes to: the changed paths, and every guard that no longer holds on them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..db.cases import Cases
from ..states.calendar import parse_date
from ..states.case import folded
from ..states.effects import computed
from ..states.errors import InputRefused
from ..states.forms import FORMS, read, readable, recorded
from ..states.guards.base import Corrected
from ..states.household import Household, read_household
from ..states.personal import PERSONAL
from ..states.recheck import again, healed, no_longer, question_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from ..states.case import Case
    from ..states.forms import Form
    from ..states.procedure import Procedure
    from .context import Context

_FIXED = frozenset({"pay", "open_case", "close_without_payment"})  # money that moved is put right by money facts


def corrected(context: Context, case: Case, procedure: Procedure, data: Form, on: date) -> Corrected | None:
    """Work a correction out without writing it; None where nothing was asked for.

    Raises:
        InputRefused: a value is not of its form, or the household is not whole any more.
    """
    asked = getattr(data, "correction", None)
    if asked is None:
        return None
    unknown = [name for name in asked if name not in ("household", "acts")]
    changes = _household(context, case, procedure, asked.get("household") or {})
    for action, fields in _mapping(asked.get("acts")).items():
        if action in _FIXED or action not in case.record.get("acts", {}) or action not in procedure.acts:
            unknown.append(f"acts.{action}")
        else:
            changes |= _act(case, procedure, action, _mapping(fields), on)
    after = replace(
        case, record=folded(case.record, changes),
        classes=frozenset(changes.get("household/classes", case.classes)),
    )  # fmt: skip
    more = _counted_again(context, after, procedure, asked)
    changes |= {path: value for path, value in more.items() if _at(after.record, path) != value}
    after = replace(after, record=folded(after.record, changes))
    old, new = (again(c, procedure, context.calendar, on=on) for c in (case, after))
    found = no_longer(old, new)
    doubts = {key: {"guard": f.guard, "rule": f.rule, "source": f.source} for key, f in found.items()}
    cured = healed(case.record.get("doubts", {}), new)
    return Corrected(changes, tuple(unknown), doubts, cured, tuple(found.values()))


def told(case: Case, data: Form, found: Corrected) -> Form:
    """Return the correction with what the program says of it: the paths changed, open values before and after."""
    values = {
        path: [_at(case.record, path), value] for path, value in found.changes.items()
        if _open(path, value) and _open(path, _at(case.record, path))
    }  # fmt: skip
    return data.model_copy(update={"changed": tuple(sorted(found.changes)), "values": values})


def _open(path: str, value: Any) -> bool:
    return path.rsplit("/", 1)[-1] not in PERSONAL and not isinstance(value, (dict, list, tuple))


def _mapping(value: Any) -> Mapping[str, Any]:
    if value is not None and not isinstance(value, dict):
        raise InputRefused("更正内容应为 JSON 对象。", "a correction is a JSON object.")
    return value or {}


def _household(context: Context, case: Case, procedure: Procedure, patch: Any) -> dict[str, Any]:
    """Return the changed fields of the household, read as strictly as when it was opened."""
    if not _mapping(patch):
        return {}
    from .opening import classes_known

    plain = Cases(context.connection).revealed(case, "household")
    stored = {field.serialization_alias or name: name for name, field in Household.model_fields.items()}
    whole = {stored[name]: _input(name, value) for name, value in plain.items()}
    opened = case.act_on("open_case") or context.today()
    household = read_household({**whole, **patch}, at=opened)
    classes_known(household.classes, procedure)
    new = household.model_dump(mode="json", by_alias=True, exclude_none=True)
    new["classes"] = sorted(new["classes"])
    names = {field.serialization_alias or name for name, field in Household.model_fields.items() if name in patch}
    return {f"household/{name}": new.get(name) for name in sorted(names) if new.get(name) != plain.get(name)}


def _input(name: str, value: Any) -> Any:
    return readable(value) if name.endswith("_fen") else value


def _act(case: Case, procedure: Procedure, action: str, fields: Mapping[str, Any], on: date) -> dict[str, Any]:
    """Return the changed fields of a step's data, and its day."""
    entry = case.record["acts"][action]
    form = FORMS[procedure.acts[action].form]
    given = {name: value for name, value in fields.items() if name != "on"}
    new = recorded(read(procedure.acts[action].form, given))
    changes = {}
    for name in given:
        stored = form.model_fields[name].serialization_alias or name
        if new.get(stored) != entry["data"].get(stored):
            changes[f"acts/{action}/data/{stored}"] = new.get(stored)
    if "on" in fields:
        day = parse_date(fields["on"])
        if day > on:
            raise InputRefused("更正后的日期在将来。", "the corrected day lies in the future.")
        if day.isoformat() != entry["on"]:
            changes[f"acts/{action}/on"] = day.isoformat()
    return changes


def _counted_again(context: Context, after: Case, procedure: Procedure, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that corrected steps compute: a notice's end, what was approved; too much paid is to come back."""
    changes: dict[str, Any] = {}
    redone = {*_mapping(asked.get("acts")), *(["approve"] if asked.get("household") else [])}
    for action in sorted(redone & set(after.record.get("acts", {}))):
        act = procedure.acts.get(action)
        if act is not None and act.kind in ("approval", "posting"):
            q = question_of(after, procedure, act, after.record["acts"][action], context.calendar)
            changes |= computed(q, after.record["acts"][action]["seq"])
    if after.state.removesuffix("_publicity") not in procedure.levels:
        changes.pop("opens_on", None)
    paid, approved = after.fen("paid_fen"), changes.get("approved_fen")
    if approved is not None and paid > approved:
        changes["recover_fen"] = paid - approved
    return changes


def _at(record: Any, path: str) -> Any:
    for key in path.split("/"):
        record = record.get(key) if isinstance(record, dict) else None
    return record
