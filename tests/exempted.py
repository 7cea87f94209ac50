"""Cases in each of their states, and what every act says under exemptions that an earlier program granted."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from weigai.states.calendar import Calendar
from weigai.states.decide import decide, traits_of
from weigai.states.effects import changes_of
from weigai.states.forms.acts import FORMS, read
from weigai.states.guards.base import Around, Question, Tally
from weigai.workflow.library import bundled

from tests.support import Desk, person

if TYPE_CHECKING:
    from collections.abc import Collection

    from weigai.states.case import Case
    from weigai.states.procedure.graph import Procedure

OLD = '[guards.rule_exemptible]\nrule = "R77"\nsource = "A 九(四)"\nnever = []\nsilent = ["never"]\n'
# the guards that an exemption may lift; every other one is of the floor
LIFTABLE = {
    "checklist_complete",
    "lives_in_countryside",
    "rural_registration",
    "no_house_marked",
    "within_means",
    "land_preferred",
    "works_on_time",
}
BARE = dict.fromkeys(("basic_functions", "safe", "seismic", "workmanship"), True)
STATES = ("draft", "village_publicity", "township_review", "appraisal", "county_review", "county_publicity", "agreement",
          "site_preparation", "construction", "final_acceptance", "payment", "archiving", "archived")  # fmt: skip
BANK: dict[str, Any] = {
    "contents": ["registration"], "signed_by_head": True, "consents": True, "assembly": "villagers_meeting", "approved": True,
    "places": ["village_board"], "hung_throughout": True, "form_on": "2019-06-20", "papers_in_order": True, "grade": "D",
    "body": "x", "on_site_on": "2019-06-20", "mode": "self_build", "builder": "household", "chosen_by_household": True,
    "items": ["task"], "complete_by": "2019-08-01", "checklist": BARE, "amount": "100", "fund": "poverty_alleviation",
    "payee": "household", "channel": "one_card", "reason": "x", "mend_by": "2019-09-01", "authority": "county",
    "level": "village", "grounds": "x", "place": "main_street", "accepted": True, "appeal": 3, "correction": {},
    "cause": "error", "rule": "R36c", "granted_by": "p-x", "through": ["village"], "objection": 4, "upheld": True,
    "outcome_reason": "x", "problem": True, "inspection": 5, "name": "x", "kind": "technician", "trained": True,
    "visitor": "x", "how": "rented", "area": "200",
}  # fmt: skip


def named(plan: str, text: str = "") -> str:
    """Return a bundled plan as another policy, with something else as what may be exempted."""
    was = bundled()[f"zhalantun-2019-{plan}"].replace(f'id = "zhalantun-2019-{plan}"', 'id = "our-plan"', 1)
    start = was.index("[[exemptible]]")
    end = was.index("# -----", start)
    return was[:start] + (text or was[start:end]) + was[end:]


def of_rule(rule: str, **more: Any) -> str:
    told = {"rule": rule, "source": "A 九", **more}
    return "[[exemptible]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in told.items()) + "\n"


def in_each_state(desk: Desk) -> dict[str, Case]:
    """Bring a case to its end, and return it as it stood in each state."""
    case, found = desk.open(), {}
    for state in STATES:
        desk.walk(case, state)
        found[state] = desk.api.get(case, actor=person("county"))
    return found


def told_at(act: Any, left_out: Collection[str] = ()) -> dict[str, Any]:
    """Return made-up data of an act, without some values."""
    return {name: BANK[name] for name in FORMS[act.form].model_fields if name in BANK and name not in left_out}


def lifted(
    case: Case, procedure: Procedure, name: str, rules: Collection[str], left_out: Collection[str] = ()
) -> set[str]:
    """Return the guards of the floor that exemptions from these rules lift at an act; it is judged, and done if allowed."""
    act = procedure.acts[name]
    exempted, told = with_exempt(case, rules), told_at(act, left_out)
    plain, after = (decide(question(one, procedure, act, told)) for one in (case, exempted))
    more = {(f.guard, f.rule) for f in plain.unmet} - {(f.guard, f.rule) for f in after.unmet}
    if after.allowed:
        to = procedure.target(case, name) if act.moves else None
        changes_of(question(exempted, procedure, act, told), 900, to=to)
    return {guard for guard, _ in more} - LIFTABLE


def with_exempt(case: Case, rules: Collection[str]) -> Case:
    """Return a case with exemptions from these rules on its record."""
    entry = {"on": "2019-06-01", "by": "p-x", "office": "county"}
    given = {
        f"facts/exempt/{800 + n}": {**entry, "data": {"rule": rule, "granted_by": "p-y", "until": "2030-01-01"}}
        for n, rule in enumerate(sorted(rules))
    }
    return replace(case, record=case.record.folded(given))


def question(case: Case, procedure: Procedure, act: Any, told: dict[str, Any]) -> Question:
    """Return the question of an act on a case, by an office of it, long after its steps."""
    form, actor = read(act.form, told), person(act.offices[0])
    return Question(
        case=case,
        procedure=procedure,
        act=act,
        actor=actor,
        recorder=actor,
        on=date(2019, 10, 1),
        today=date(2019, 10, 1),
        data=form,
        calendar=Calendar.official(),
        traits=traits_of(case, procedure, act, form),
        around=Around(
            quotas={quota.id: Tally() for quota, _ in procedure.quotas},
            lines={line.id: Tally() for line, _ in procedure.lines},
        ),
    )
