"""The rules of the house, held by a machine: who imports whom, names that exist, documents that do not drift."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("states", "db", "workflow")
FILES = sorted(p for room in ROOMS for p in (ROOT / room).rglob("*.py"))
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

# Which third-party packages a room may import at all, and which only one of its files may.
MAY = {
    "states": {"pydantic", "transitions", "chinese_calendar"},
    "db": {"sqlmodel", "sqlalchemy", "alembic", "cryptography", "weigai"},
    "workflow": {"sqlalchemy", "click", "platformdirs", "openpyxl", "PIL"},
}
ONLY = {
    "transitions": "states/procedure/graph.py",
    "chinese_calendar": "states/calendar.py",
    "openpyxl": "workflow/exchange/sheets.py",
    "PIL": "workflow/pictures.py",
}


def imports(path: Path) -> set[tuple[int, str]]:
    """Return (level, module) of every import of a file, those for type checking too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {(0, alias.name) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {(node.level, node.module or alias.name) for alias in node.names}
    return found


def rooms_of(path: Path) -> set[str]:
    """Return the rooms that a file reaches by relative imports."""
    depth = len(path.relative_to(ROOT).parts) - 1
    return {module.split(".")[0] for level, module in imports(path) if level == depth + 1}


@pytest.mark.parametrize("path", FILES, ids=[str(p.relative_to(ROOT)) for p in FILES])
def test_a_file_imports_only_what_its_room_may(path: Path) -> None:
    room, name = path.relative_to(ROOT).parts[0], str(path.relative_to(ROOT))
    outside = {m.split(".")[0] for level, m in imports(path) if level == 0} - set(sys.stdlib_module_names)
    assert outside <= MAY[room], outside - MAY[room]
    for package, only in ONLY.items():
        assert package not in outside or name == only
    assert "click" not in outside or name.startswith("workflow/cli/")
    allowed = {"states": set(), "db": {"states"}, "workflow": {"states", "db"}}[room]
    assert rooms_of(path) <= allowed | {room}
    assert not {m for level, m in imports(path) if level == 0 and m.split(".")[0] in ROOMS}


LONG = {  # every error, table and public name on one page, and the program that an auditor takes along
    "states/errors.py": 350,
    "db/tables.py": 350,
    "workflow/__init__.py": 330,
    "workflow/exchange/verify_export.py": 600,
}
OF_WORDS = ("states/words/", "db/migrations/versions/")  # one entry after another


@pytest.mark.parametrize("path", FILES, ids=[str(p.relative_to(ROOT)) for p in FILES])
def test_files_and_functions_stay_readable(path: Path) -> None:
    text, name = path.read_text(encoding="utf-8"), str(path.relative_to(ROOT))
    assert not re.search(r"\b(TODO|FIXME|XXX)\b", text)
    if name.startswith(OF_WORDS):
        return
    assert text.count("\n") <= LONG.get(name, 300), text.count("\n")
    assert "fmt: skip" not in text
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            lines = body[-1].end_lineno - body[0].lineno + 1 if body else 0
            assert lines <= 30, (node.name, lines)
            assert node.name not in RIDDLES, f"{node.name} does not say what it gives"
            assert parameters(node) <= 7 or is_called_by_keywords(node), (node.name, "more than seven parameters")


RIDDLES = {"told", "kept", "one"}  # each had several meanings; say what the function gives


def parameters(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return how many parameters a function has, `self` not counted."""
    named = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return len([each for each in named if each.arg not in ("self", "cls")])


def is_called_by_keywords(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Tell whether a function is a command, or a public one whose parameters behind the first are keywords."""
    words = {name for each in node.decorator_list for name in re.findall(r"\w+", ast.unparse(each))}
    public = not node.name.startswith("_") or node.name == "__init__"
    return bool(words & {"command", "scoped", "checked"}) or (public and len(node.args.args) <= 2)


def test_no_two_public_classes_share_a_name() -> None:
    homes: dict[str, list[str]] = {}
    for path in FILES:
        if path.is_relative_to(ROOT / "scripts"):
            continue
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes.setdefault(node.name, []).append(str(path.relative_to(ROOT)))
    assert {name: paths for name, paths in homes.items() if len(paths) > 1} == {}


def test_the_variables_of_the_environment_are_read_in_one_place() -> None:
    read = re.compile(r"os\.(environ(?!\.setdefault)|getenv)")
    readers = {str(path.relative_to(ROOT)) for path in FILES if read.search(path.read_text(encoding="utf-8"))}
    assert readers == {"workflow/cli/settings.py"}


def test_the_command_line_imports_only_what_is_public() -> None:
    """Besides the standard library, click and itself: names that `weigai.workflow`, its words and its store offer."""
    from weigai import workflow
    from weigai.workflow import store, words

    offered = {None: workflow.__all__, "words": words.__all__, "store": store.__all__}
    for path in sorted((ROOT / "workflow/cli").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        depth = len(path.relative_to(ROOT / "workflow").parts)
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom) and node.level == depth + 1:
                assert (node.module, [alias.name for alias in node.names]) == (None, ["workflow"]), path.name
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "workflow":
                assert node.attr in workflow.__all__, (path.name, node.lineno, node.attr)
            elif isinstance(node, ast.ImportFrom) and node.level == depth:
                assert node.module in offered, (path.name, node.lineno, node.module)
                taken = {alias.name for alias in node.names}
                assert taken <= set(offered[node.module]), (path.name, node.lineno, taken)
            elif isinstance(node, ast.ImportFrom):
                assert node.level < depth, (path.name, node.lineno)
        outside = {m.split(".")[0] for level, m in imports(path) if level == 0} - set(sys.stdlib_module_names)
        assert outside <= {"click"}, (path.name, outside)
        reached = {node.attr for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Attribute)}
        assert "context" not in reached, path.name


def test_the_table_classes_stay_in_their_room() -> None:
    for path in FILES:
        if "workflow" in path.parts:
            named = {m for _, m in imports(path) if m.endswith("db.tables")}
            assert not named or path == ROOT / "workflow/store.py", path  # the schema's number, no table


def test_the_flat_names_are_never_imported() -> None:
    code = (
        "import sys, weigai.workflow, weigai.db.cases.cases, weigai.states.proofs.load, weigai.workflow.approvals\n"
        "assert not {'states', 'db', 'workflow'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd="/")


def test_every_folder_that_holds_files_is_a_package_of_the_wheel() -> None:
    listed = set(PYPROJECT["tool"]["setuptools"]["packages"])
    folders = {
        "weigai." + ".".join(p.parent.relative_to(ROOT).parts)
        for room in ROOMS
        for p in (ROOT / room).rglob("*")
        if p.is_file() and "__pycache__" not in p.parts
    }
    assert listed == folders


def test_every_data_file_is_package_data() -> None:
    data = PYPROJECT["tool"]["setuptools"]["package-data"]
    for room in ROOMS:
        for path in (ROOT / room).rglob("*"):
            if path.is_file() and path.suffix != ".py" and "__pycache__" not in path.parts:
                package = "weigai." + ".".join(path.parent.relative_to(ROOT).parts)
                assert any(path.match(pattern) for pattern in data.get(package, ())), path


def test_every_lint_ignore_has_its_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    block = text[text.index("ignore = [") : text.index("[tool.ruff.lint.flake8-type-checking]")]
    for line in block.splitlines():
        assert not re.match(r'\s+"[A-Z]+[0-9]*"', line) or "#" in line, line
    for path in FILES:
        for line in path.read_text(encoding="utf-8").splitlines():
            found = re.search(r"# noqa: [A-Z0-9, ]+(.*)", line)
            assert not found or found.group(1).strip().startswith("-"), (path, line)


def test_every_error_is_on_one_page_with_a_docstring() -> None:
    from weigai.states import errors
    from weigai.states.errors import WeigaiError

    for name in dir(errors):
        found = getattr(errors, name)
        if isinstance(found, type) and issubclass(found, Exception) and found is not WeigaiError:
            assert issubclass(found, WeigaiError) or found is errors.Unfit  # pydantic catches ValueErrors only
            assert re.match(r"(Raised|Base of)", found.__doc__ or ""), name
    page = (ROOT / "states/errors.py").read_text(encoding="utf-8")
    strays = [
        (p.name, node.name)
        for p in FILES
        for node in ast.walk(ast.parse(p.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef) and f"class {node.name}" not in page and not node.name.startswith("_")
        if any("Error" in ast.unparse(b) or "Refused" in ast.unparse(b) for b in node.bases)
    ]
    assert not strays


def test_the_public_api_is_what_it_lists() -> None:
    workflow = importlib.import_module("weigai.workflow")
    for name in workflow.__all__:
        assert getattr(workflow, name).__name__ == name
        assert getattr(workflow, name).__doc__, name
    with pytest.raises(AttributeError):
        _ = workflow.nothing


def test_every_public_method_has_a_docstring() -> None:
    workflow = importlib.import_module("weigai.workflow")
    names = (
        "Approvals",
        "Evidence",
        "Library",
        "Lists",
        "Offices",
        "Records",
        "Register",
        "Store",
        "Units",
        "Witness",
    )
    for name in names:
        kind = getattr(workflow, name)
        for member in dir(kind):
            found = inspect.getattr_static(kind, member)
            if callable(found) or isinstance(found, (property, staticmethod)):
                assert member.startswith("_") or found.__doc__, (name, member)


@pytest.mark.parametrize("name", ["README.md", "README.zh.md"])
def test_the_readmes_commands_exist(name: str) -> None:
    from tests.acceptance.test_cli import ALL

    known = {" ".join(path) for path, _ in ALL}
    text = (ROOT / name).read_text(encoding="utf-8")
    text = "\n".join(re.findall(r"^```\n(.*?)^```", text, re.DOTALL | re.MULTILINE))
    used = set(re.findall(r"^(?:\$ )?weigai ((?:[a-z]+ ?){1,2})", text, re.MULTILINE))
    assert used
    for words in used:
        parts = words.split()
        assert " ".join(parts[:2]) in known or parts[0] in known, words
    for script in re.findall(r"`?(scripts/[a-z-]+)`?", text):
        assert (ROOT / script).exists(), script


def test_the_readmes_python_runs() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert blocks
    exec(compile("\n".join(blocks), "README.md", "exec"), {})
