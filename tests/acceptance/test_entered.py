"""Every event of the command line says which user of the system entered it, and no answer changes by it."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

from tests.forks import Terminal
from tests.support import VILLAGE, household


def bodies(folder: Path) -> list[dict[str, Any]]:
    """Return the body of every event."""
    with sqlite3.connect(folder / "weigai.db") as rows:
        return [json.loads(body) for [body] in rows.execute("SELECT body FROM weigai_event ORDER BY stream, seq")]


def test_every_event_names_the_user_of_the_system(trial: Path, tmp_path: Path) -> None:
    term = Terminal.copied(trial, tmp_path)
    term.login = "zhang"
    before = bodies(tmp_path)
    opening = [
        "case",
        "open",
        "--policy",
        "zhalantun-2019-a",
        "--unit",
        VILLAGE,
        "--on",
        "2019-06-10",
        "--household",
        term.file("household.json", household()),
        "--request-id",
        "r-1",
    ]
    case = term.json(*opening)["case"]
    term.login = "li"
    assert term.json(*opening)["case"] == case  # the same request, at another desk
    record = ["case", "record", case, "record_complaint", "--set", "note=意见", "--on", "2019-06-11"]
    first = term.json(*record, "--request-id", "r-2")["event"]
    term.login = "zhang"
    assert term.json(*record, "--request-id", "r-2")["event"] == first
    listed = ["list", "new", "meeting", "--unit", VILLAGE, "--case", case, "--on", "2019-06-11", "--request-id", "r-3"]
    assert term.json(*listed)["id"] == term.json(*listed)["id"]
    grant = ["user", "grant", "p-0001", f"township@{VILLAGE[:9]}", "--request-id", "r-4"]
    assert term.json(*grant) == term.json(*grant)
    units = term.file("units.csv", "150783901,新镇\n")
    for _ in range(2):
        term("unit", "import", units, "--request-id", "r-5")
    for _ in range(2):
        term("user", "revoke", "p-0001", f"township@{VILLAGE[:9]}", "--on", "2999-01-01", "--request-id", "r-6")
    term("case", "unmask", case, "--reason", "核对")
    term("case", "advance", case, "pay", code=3)
    new = [body for body in bodies(tmp_path) if body not in before]
    told = {str(body["action"]): body["changes"][f"entered/{body['seq']}"] for body in new}
    assert told.pop("record_complaint") == {"user": "li"}
    assert [*told.values()] == [{"user": "zhang"}] * 7
    assert {"open_case", "new_list", "import_units", "unmask", "refused_attempt", "revoke_grant"} < set(told)
    assert [e["entered"] for e in term.json("case", "history", case)] == [{"user": "zhang"}, {"user": "li"}]
    assert term.json("audit", "verify")["ok"] is True
    assert term.json("case", "show", case)["case"] == case
