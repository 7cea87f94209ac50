"""JSON Schemas of what people hand in: a household file, an action's data, a policy file."""

from __future__ import annotations

from typing import Any

from ...states.errors import NoSuchAct
from ...states.forms.acts import FORMS, schema
from ...states.forms.household import Household
from ...states.policy.tables import Policy
from ...states.reading.phrases import name_of
from ...states.words.findings import WORDS
from ..library import Library

_EARLIER = ("rule_exemptible",)  # tables that only kept policies have; a new file is refused for them


def household_schema() -> dict[str, Any]:
    """Return the JSON Schema of a household file."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Household.model_json_schema(by_alias=False)}


def policy_schema() -> dict[str, Any]:
    """Return the JSON Schema of a policy file, made for editors: every key says in both languages what it is."""
    made = Policy.model_json_schema()
    for name in _EARLIER:
        del made["$defs"]["Guards"]["properties"][name]
    del made["$defs"]["Never"]
    tables = [made, *made["$defs"].values()]
    for table in tables:
        for name, value in table.get("properties", {}).items():
            value["description"] = _told(name, value, rule=table["title"] == "Guards")
            value.pop("title", None)
            if name == "silent":
                value["items"] = {"enum": sorted(table["properties"])}
            if name == "form":
                value["enum"] = sorted(FORMS)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:weigai:policy:1",
        **made,
        "title": "weigai policy",
    }


def _told(name: str, value: dict[str, Any], *, rule: bool) -> str:
    """Return what a key of a policy file is: its words in Chinese and English, and what the model says of it."""
    words = WORDS[name][:2] if rule else name_of(name)
    return " ".join(dict.fromkeys((*words, *([value["description"]] if "description" in value else []))))


def action_schema(policy: str, action: str, library: Library | None = None) -> dict[str, Any]:
    """Return the JSON Schema of an action's data under a policy, with the papers that it wants.

    Raises:
        NoSuchAct: the policy has no such action or fact.
    """
    procedure = (library or Library()).readable(policy)
    act = procedure.acts.get(action)
    if act is None:
        raise NoSuchAct(action, procedure.policy.id, tuple(procedure.acts))
    papers = [
        {
            "kind": wanted.paper.kind,
            "name": wanted.paper.name.model_dump(),
            "rule": wanted.paper.rule,
            "source": wanted.paper.source,
            "effect": wanted.paper.effect,
            "original": wanted.paper.original,
            "when": wanted.paper.when.model_dump(exclude_none=True, mode="json"),
        }
        for wanted in act.papers
    ]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema(act.form),
        "title": action,
        "x-policy": procedure.policy.id,
        "x-offices": list(act.offices),
        "x-documents": papers,
        "x-guards": [asked.guard.name for asked in act.guards],
    }
