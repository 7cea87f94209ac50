"""The program from a built wheel, in an environment of its own: nothing of the checkout is needed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def run(*words: str, **more) -> str:
    done = subprocess.run(words, capture_output=True, text=True, check=False, **more)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_program_runs_from_a_built_wheel(tmp_path: Path) -> None:
    source = tmp_path / "source"
    left = shutil.ignore_patterns(
        ".*", "build", "*.egg-info", "__pycache__"
    )  # what an older build left goes in no wheel
    shutil.copytree(ROOT, source, ignore=left)
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(source)]
    run(*build, cwd=tmp_path)
    (wheel,) = tmp_path.glob("weigai-*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert not [n for n in names if not n.startswith("weigai")]
    assert {
        "weigai/states/policies/zhalantun-2019-a.toml",
        "weigai/workflow/trial/units.json",
        "weigai/db/migrations/versions/v0004_two_programs.py",
        "weigai/states/py.typed",
    } <= set(names)
    venv.create(tmp_path / "env", with_pip=False)
    python = tmp_path / "env" / "bin" / "python"
    site = next((tmp_path / "env" / "lib").glob("python*")) / "site-packages"
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(site)
    # the dependencies are those of this environment; weigai itself comes from the wheel alone
    dependencies = [p for p in sys.path if p.endswith("site-packages")]
    (site / "dependencies.pth").write_text("\n".join(dependencies), encoding="utf-8")
    env = {**os.environ, "WEIGAI_DB": f"sqlite:///{tmp_path / 'w.db'}", "WEIGAI_USER": "me"}
    main = [str(python), "-c", "from weigai.workflow.cli.main import main; main()"]
    where = run(str(python), "-c", "import weigai.db.tables as t; print(t.__file__)", cwd=tmp_path)
    assert str(site) in where
    run(*main, "init", cwd=tmp_path, env=env)
    assert "zhalantun-2019-a" in run(*main, "policy", "list", cwd=tmp_path, env=env)
    run(*main, "inbox", cwd=tmp_path, env=env)
