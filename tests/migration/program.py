"""Programs of different releases, each a folder of its own, run as real processes on one database."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from tests.support import VILLAGE, household

ROOT = Path(__file__).parent.parent.parent
WHEELS = {path.parent.name: path for path in sorted((Path(__file__).parent / "programs").glob("*/*.whl"))}  # by schema
ITS_OWN = (
    "import os, weigai.workflow as w; assert w.__file__.startswith(os.environ['PYTHONPATH'] + os.sep), w.__file__\n"
)
MAIN = f"{ITS_OWN}from weigai.workflow.cli.main import main; main()"
APPLICATION = {
    "contents": ["registration", "income", "danger", "wish"],
    "signed_by_head": True,
    "consents": True,
    "photo_shows_reference": True,
    "photo_shows_head": True,
    "originals_seen": ["income_proof"],
}
PAPERS = ("application", "registration_proof", "income_proof", "danger_photo")


class Program:
    """A program that lies in a folder, at a desk on a database."""

    def __init__(self, home: Path, desk: Path, url: str) -> None:
        self.desk = desk
        self.env = {
            **os.environ,
            "PYTHONPATH": str(home),
            "WEIGAI_DB": url,
            "WEIGAI_USER": "clerk",
            "PYTHONUTF8": "1",
            "XDG_DATA_HOME": str(desk / "data"),
            "WEIGAI_FILES": str(desk / "files"),
            "WEIGAI_KEYS": str(desk / "key"),
        }

    def python(self, code: str, *words: str, exit_code: int | None = 0) -> str:
        """Run a piece of Python with this program's weigai; return what it prints."""
        done = subprocess.run(
            [sys.executable, "-c", code, *words],
            cwd=self.desk,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        assert exit_code in (None, done.returncode), (words, done.returncode, done.stdout, done.stderr)
        return done.stdout

    def __call__(self, *words: str, code: int | None = 0) -> str:
        """Run a command, with any exit code where `code` is None; return what it prints."""
        return self.python(MAIN, *words, exit_code=code)

    def json(self, *words: str, code: int | None = 0):
        """Run a command; return its JSON."""
        return json.loads(self("--json", *words, code=code))

    def open(self, code: int = 0) -> str:
        """Open a case; return its id."""
        path = self.desk / "household.json"
        path.write_text(json.dumps(household()), encoding="utf-8")
        words = ("case", "open", "--policy", "zhalantun-2019-a", "--unit", VILLAGE, "--household", str(path))
        printed = self("--json", *words, "--on", "2019-06-10", code=code)
        return "" if code else json.loads(printed)["case"]

    def submit(self, case: str, code: int = 0) -> str:
        """Advance a case by its first step; return the state that it then has."""
        data = self.desk / "data.json"
        data.write_text(json.dumps(APPLICATION), encoding="utf-8")
        words = ["case", "advance", case, "submit_application", "--on", "2019-06-10", "--data", str(data)]
        for kind in PAPERS:
            (self.desk / kind).write_bytes(kind.encode())
            words += ["--document", f"{kind}={kind}"]
        printed = self("--json", *words, code=code)
        return "" if code else json.loads(printed)["to"]


def unpacked(wheel: Path, home: Path) -> Path:
    """Unpack a released program."""
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(home)
    return home


def copied(home: Path) -> Path:
    """Copy this tree's program."""
    for room in ("states", "db", "workflow"):
        shutil.copytree(ROOT / room, home / "weigai" / room, ignore=shutil.ignore_patterns("__pycache__"))
    return home


def changed(home: Path, file: str, old: str, new: str) -> None:
    """Change one place of a copied program."""
    path = home / "weigai" / file
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, (file, old, text.count(old))
    path.write_text(text.replace(old, new), encoding="utf-8")


MIGRATION = """
import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{before}"
branch_labels = None
depends_on = None
{lowest}


def upgrade():
    op.add_column("weigai_case", sa.Column("remark", sa.Text(), nullable=True))
    op.create_table(
        "weigai_note",
        sa.Column("county", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("county", "unit", name="pk_weigai_note"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
"""
TABLE = '''

class NoteRow(Base, table=True):
    """A note on a unit."""

    __tablename__ = "weigai_note"
    __table_args__ = (SMALL,)
    county: str = text(key=True)
    unit: str = text(key=True)
    words: str | None = text(null=True)
'''


def later(home: Path, schema: str, lowest: str, *, raised: bool) -> Path:
    """Make the program of a later release: one more table, one more column that it writes, and the rights on both."""
    copied(home)
    revision = f"{int(schema) + 1:04}"
    line = f'lowest = "{revision}"' if raised else ""
    migration = home / "weigai/db/migrations/versions" / f"v{revision}_notes.py"
    migration.write_text(MIGRATION.format(revision=revision, before=schema, lowest=line), encoding="utf-8")
    changed(home, "db/tables.py", f'SCHEMA = "{schema}"', f'SCHEMA = "{revision}"')
    if raised:
        changed(home, "db/tables.py", f'LOWEST = "{lowest}"', f'LOWEST = "{revision}"')
    intake = "    intake: str | None = text(null=True)\n"
    changed(home, "db/tables.py", intake, f"{intake}    remark: str | None = text(null=True)\n")
    tables = home / "weigai/db/tables.py"
    tables.write_text(tables.read_text(encoding="utf-8") + TABLE, encoding="utf-8")
    changed(
        home,
        "db/cases/cases.py",
        '            "county": case.county,\n',
        '            "remark": "later",\n            "county": case.county,\n',
    )
    changed(
        home,
        "db/row_security/rules.py",
        '"weigai_case": (*MOVED, "classes"),',
        '"weigai_case": (*MOVED, "classes", "remark"),',
    )
    changed(
        home,
        "db/row_security/rules.py",
        'by_unit = ("weigai_unit_record", "weigai_canary")',
        'by_unit = ("weigai_unit_record", "weigai_canary", "weigai_note")',
    )
    return home
