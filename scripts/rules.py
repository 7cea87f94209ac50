"""Write docs/rules.md: every rule of the two plans, where it is carried out, and the tests that hold it.

`scripts/rules` writes the file; `tests/test_rules_doc.py` fails when it is out of date or a rule has no line.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from weigai.states.guards import load
from weigai.workflow.library import bundled, procedure_of

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
_ID = r"R[0-9]{1,2}[a-z]?[0-9]?"
_RULE = re.compile(rf"\b{_ID}\b")
_HEAD = """# Where each rule is carried out

Made by `scripts/rules` from the policy files, the guards and the tests; do not edit it by hand. The rules are those of
the two 2019 plans, numbered as in the catalogue that the project was built from.

*Effect*: "block" means that weigai refuses the step, "warn" that weigai takes it and flags it, "report" that weigai computes
or records something. *Where*: guards by name, papers as `paper:kind@action`, other tables of the policy file by their place.

| rule | what | plan and clause | effect | where | tests |
|---|---|---|---|---|---|
"""


def rendered() -> str:
    """Return the text of docs/rules.md."""
    tables, guards, tests = _tables(), _guards(), _tests()
    with (ROOT / "docs" / "rules.csv").open(encoding="utf-8", newline="") as file:
        lines = [_line(row, tables, guards, tests) for row in csv.DictReader(file)]
    return _HEAD + "\n".join(lines) + "\n"


def _line(
    row: dict[str, str],
    tables: dict[str, list[tuple[str, str, str]]],
    guards: dict[str, set[str]],
    tests: dict[str, set[str]],
) -> str:
    rule = row["rule"]
    sources = sorted({source for _, source, _ in tables[rule]})
    where = sorted({place for place, _, _ in tables[rule]} | {f"`{name}`" for name in guards[rule]})
    effects = sorted({effect for _, _, effect in tables[rule]})
    told = "; ".join(part for part in (row["how"], ", ".join(where)) if part)
    clause = "<br>".join(sources) or row["plans"]
    effect = ", ".join(effects) or "report"
    held = ", ".join(f"`{name}`" for name in sorted(tests[rule])) or "—"
    return f"| {rule} | {row['en']} ({row['zh']}) | {clause} | {effect} | {told} | {held} |"


def _tables() -> dict[str, list[tuple[str, str, str]]]:
    """Return, by rule, the tables of the policies that carry it out: (place, clause, effect)."""
    found: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for policy_id in bundled():
        policy = procedure_of(policy_id).policy.model_dump()
        for table, value in policy.items():
            for place, entry in _entries(table, value):
                effect = "report" if table in _REPORTED else entry.get("effect", "block")
                found[entry["rule"]].append((place, entry["source"], effect))
                if entry.get("identity_rule"):
                    found[entry["identity_rule"]].append(("`identity_confirmed`", entry["identity_source"], "block"))
    return found


_REPORTED = ("facts", "duties", "numbering", "lines")
_NAMED = ("id", "action", "kind", "level", "builder", "state")


def _entries(place: str, value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every table below a place that names a rule, with a name for the place."""
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _entries(place, item)
    elif isinstance(value, dict):
        name = next((str(value[key]) for key in _NAMED if value.get(key)), "")
        here = f"{place} {name}".strip()
        if place == "papers":
            here = f"paper:{name}@{value['at']}"
        elif place == "four_eyes":
            here = f"four_eyes {'/'.join(value['steps'])}"
        elif place == "steps" and value.get("part"):
            here = f"steps {value['part']} acceptance"
        if value.get("rule"):
            yield here, value
        for key, item in value.items():
            inner = f"`{key}`" if place == "guards" else f"{here} {key}"
            if isinstance(item, (dict, list, tuple)) and key not in ("name", "when", "values", "names"):
                yield from _entries(inner, item)


def _guards() -> dict[str, set[str]]:
    """Return, by rule, the guards whose docstring names it."""
    found: dict[str, set[str]] = defaultdict(set)
    for name, guard in load().items():
        for rule in _RULE.findall(_spelled(guard.check.__doc__ or "")):
            found[rule].add(name)
    return found


def _spelled(text: str) -> str:
    """Write ranges such as R25-R27 out."""
    spans = re.findall(r"R([0-9]+)-R([0-9]+)", text)
    return text + " ".join(f"R{n}" for low, high in spans for n in range(int(low), int(high) + 1))


def _tests() -> dict[str, set[str]]:
    """Return, by rule, the test files that name it: in a string, or as the remark beside an assertion."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        if path.name == "test_rules_doc.py":
            continue
        for rule in re.findall(rf"[\"']({_ID})[\"']", text) + re.findall(rf"# ({_ID})$", text, re.MULTILINE):
            found[rule].add(path.relative_to(ROOT / "tests").as_posix())
    table = (ROOT / "tests" / "rules.py").read_text(encoding="utf-8")  # what acceptance/test_rules.py goes through
    for rule in re.findall(rf"(?:Line|quota|budget)\(\"({_ID})\"", table):
        found[rule].add("acceptance/test_rules.py")
    return found


if __name__ == "__main__":
    (ROOT / "docs" / "rules.md").write_text(rendered(), encoding="utf-8")
