"""The demonstration: the programme year of both plans comes out at the plans' own sums."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path


def test_the_programme_year_comes_out_at_the_plans_sums(tmp_path: Path) -> None:
    code = [sys.executable, "-c", "from weigai.workflow.cli.main import main; main()", "--json"]
    env = {**os.environ, "WEIGAI_USER": "visitor"}
    done = subprocess.run([*code, "demo", "--to", "d/w.db"], cwd=tmp_path, capture_output=True, check=False, env=env)
    assert done.returncode == 0, done.stderr.decode()
    told = json.loads(done.stdout)
    lines = {(x["policy"][-1], x["line"]): x for x in told["budget"]}
    assert lines["a", "main"]["approved_fen"] == lines["a", "main"]["paid_fen"] == 640_649_600
    assert lines["a", "main"]["approved_wan"] == "640.64"
    assert (lines["a", "main"]["households"], lines["a", "main"]["within_plan"]) == (293, True)
    assert lines["a", "no_house"]["households"] == 280
    assert lines["b", "main"]["approved_fen"] == lines["b", "main"]["paid_fen"] == 334_193_600
    assert lines["b", "main"]["approved_wan"] == "334.2"
    modes = {mode: m["households"] for mode, m in lines["b", "main"]["by_mode"].items()}
    assert modes == {"repair": 50, "self_build": 48, "guaranteed_housing": 25}
    archived = {
        p: sum(r["states"].get("archived", 0) for r in told["progress"] if r["policy"].endswith(p)) for p in "ab"
    }
    assert archived == {"a": 573, "b": 123}
    assert len({r["township"] for r in told["progress"]}) == 16
    env["WEIGAI_DB"] = f"sqlite:///{tmp_path}/d/w.db"
    verified = subprocess.run([*code, "audit", "verify"], capture_output=True, check=False, env=env)
    assert json.loads(verified.stdout)["ok"] is True
    waiting = subprocess.run([*code, "inbox"], capture_output=True, check=False, env=env)
    assert json.loads(waiting.stdout), "the tour has something to look at"
