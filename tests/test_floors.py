"""Each room has floors: a file imports what stands on its own floor or below, and no import leads back to where it began."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

FLOORS = {
    "states": (
        "words values",
        "errors inputs units calendar identity_number",
        "record entry",
        "actor case forms personal",
        "policy policies",
        "procedure",
        "counting reading",
        "guards",
        "floor proofs",
        "decide recheck",
        "effects",
        "replay",
    ),
    "db": (
        "columns tables engine prepared drivers faults stoppable revision child readable",
        "statements",
        "scope",
        "log vault",
        "cases register reports row_security duties",
        "schema migrations",
        "audit backup",
    ),
    "workflow": (
        "words arguments request papers pictures library context scoped actors database",
        "policies exchange evidence",
        "cases register duties duty_plans reports offices",
        "services approvals",
        "health store",
        "trial",
        "cli",
    ),
}


def modules() -> dict[str, Path]:
    """Return every module of the rooms by its dotted name."""
    found = {}
    for room in FLOORS:
        for path in (ROOT / room).rglob("*.py"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def reached(name: str, path: Path, known: dict[str, Path]) -> set[str]:
    """Return the modules of the rooms that a module imports, for type checking and inside functions too."""
    inside = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = inside[: len(inside) - node.level + 1]
            module = ".".join([*base, *(node.module.split(".") if node.module else [])])
            found |= {f"{module}.{alias.name}" if f"{module}.{alias.name}" in known else module for alias in node.names}
    return (found & known.keys()) - {name}


KNOWN = modules()
IMPORTS = {name: reached(name, path, KNOWN) for name, path in KNOWN.items()}


@pytest.mark.parametrize("room", FLOORS)
def test_no_import_runs_back_up(room: str) -> None:
    floors = {entry: number for number, floor in enumerate(FLOORS[room]) for entry in floor.split()}
    names = [name for name in IMPORTS if name.startswith(f"{room}.")]
    assert {name.split(".")[1] for name in names} == floors.keys()
    up = [
        f"{name} -> {other}"
        for name in names
        for other in IMPORTS[name]
        if other.startswith(f"{room}.") and floors[other.split(".")[1]] > floors[name.split(".")[1]]
    ]
    assert up == []


def test_no_import_leads_back_to_where_it_began() -> None:
    """Neither between files nor between what a room shows in its own folder."""
    entries: dict[str, set[str]] = {}
    for name, others in IMPORTS.items():
        own = ".".join(name.split(".")[:2])
        entries.setdefault(own, set()).update({".".join(other.split(".")[:2]) for other in others} - {own})
    for graph in (IMPORTS, entries):
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            pytest.fail(" -> ".join(error.args[1]))


@pytest.mark.parametrize(
    "folder", sorted({path.parent for path in KNOWN.values()}), ids=lambda f: str(f.relative_to(ROOT))
)
def test_a_folder_is_seen_at_a_glance(folder: Path) -> None:
    hidden = {"__init__.py", "__pycache__", "py.typed"}
    assert len([entry for entry in folder.iterdir() if entry.name not in hidden]) <= 25
