"""docs/embedding.md, word for word: its files in a project made by the real `alembic init`, its commands as real processes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text
from weigai.db.tables import LOWEST, METADATA, SCHEMA, VERSION_TABLE

PAGE = Path(__file__).parent.parent.parent / "docs" / "embedding.md"
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
pytestmark = pytest.mark.heavy


class Project:
    """A host's project on a database, with the programs of this environment."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self.env = {**os.environ, "DATABASE_URL": url, "PATH": programs, "PYTHONUTF8": "1"}

    def __call__(self, line: str, code: int = 0) -> str:
        """Run a command line; return what it says."""
        done = subprocess.run(
            ["bash", "-c", line], cwd=self.folder, env=self.env, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, (line, done.stdout, done.stderr)
        return done.stdout + done.stderr

    def follow(self) -> None:
        """Make the project as the page says, write each file and run each command, in the order of the page."""
        self("alembic init migrations")
        for kind, block in BLOCKS:
            if kind == "python":
                name = re.match(r"# (\S+)\n", block)
                assert name, block
                (self.folder / name[1]).write_text(block, encoding="utf-8")
            else:
                for line in block.splitlines():
                    self(line)

    def versions(self) -> list[str]:
        """Return the text of every migration of the host's, the newest last."""
        files = sorted((self.folder / "migrations/versions").glob("*.py"), key=lambda file: file.stat().st_mtime_ns)
        return [file.read_text(encoding="utf-8") for file in files]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project that the page makes, once on each back end."""
    folder = tmp_path_factory.mktemp("host")
    sqlite = request.param == "sqlite"
    url = f"sqlite:///{folder / 'app.db'}" if sqlite else request.getfixturevalue("postgres").fresh()
    made = Project(folder, url)
    made.follow()
    return made


def test_the_page_is_short() -> None:
    assert len(PAGE.read_text(encoding="utf-8").splitlines()) <= 80


def test_the_page_makes_a_project_that_runs(project: Project) -> None:
    notes = project.versions()[-1]
    assert "create_table('note'" in notes
    assert "weigai" not in notes
    project("alembic revision --autogenerate -m nothing")
    assert re.findall(r"^    pass$", project.versions()[-1], re.MULTILINE) == ["    pass"] * 2
    engine = create_engine(project.env["DATABASE_URL"])
    with engine.connect() as connection:
        found = set(inspect(connection).get_table_names())
        assert found == {*METADATA.tables, VERSION_TABLE, "alembic_version", "note"}
        rows = text("SELECT n.words, c.state FROM note n JOIN weigai_case c ON c.id = n.case_id")
        assert connection.execute(rows).all() == [("telephoned", "draft")]
    engine.dispose()


def test_without_the_filter_the_tables_would_go(project: Project) -> None:
    env = project.folder / "migrations/env.py"
    kept = env.read_text(encoding="utf-8")
    env.write_text(kept.replace(", include_name=not_weigais", ""), encoding="utf-8")
    project("alembic upgrade head")
    assert "weigai_case" in project("alembic check", code=255)
    env.write_text(kept, encoding="utf-8")


def test_a_function_of_the_hosts_own_is_asked_beside_it(project: Project) -> None:
    env = project.folder / "migrations/env.py"
    kept = env.read_text(encoding="utf-8")
    own = """

def include_name(name, kind, parents):
    return {} and name != "note"


with writing"""
    asked = re.search(r"`include_name` returns `(.*?) and", PAGE.read_text(encoding="utf-8"))
    assert asked
    mine = kept.replace("include_name=not_weigais", "include_name=include_name").replace("\nwith writing", own)
    env.write_text(mine.replace("{} and", f"{asked[1]} and"), encoding="utf-8")
    told = project("alembic check", code=255)
    assert "'note'" in told  # it is left out, so that Alembic would make it
    assert "weigai" not in told.rpartition("New upgrade operations")[2]
    env.write_text(kept, encoding="utf-8")


def test_a_later_schema_is_refused_at_the_start(project: Project) -> None:
    project("python app.py")
    engine = create_engine(project.env["DATABASE_URL"])
    with engine.begin() as connection:
        before = connection.execute(text("SELECT count(*) FROM weigai_case")).scalar()
        connection.execute(text("UPDATE weigai_lowest SET revision = '0999'"))
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '0999'"))
    assert "SchemaTooNew" in project("python app.py", code=1)
    with engine.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM weigai_case")).scalar() == before
        connection.execute(text(f"UPDATE weigai_lowest SET revision = '{LOWEST}'"))
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '{SCHEMA}'"))
    engine.dispose()


def test_offline_it_is_said_in_words(project: Project) -> None:
    assert "run the migration on the database itself" in project("alembic upgrade head --sql", code=1)
