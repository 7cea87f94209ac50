"""The harness of `scripts/prove` at a small size: it is quiet on the program as it is, and sees what is planted in it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from weigai.db import open_engine

from tests.postgres import DISK, Server
from tests.prove import (
    canaries,
    clocks,
    defects,
    ends,
    guessing,
    histories,
    kills,
    logins,
    probes,
    rotations,
    stops,
    torn,
    upgrades,
)
from tests.prove.planted import DEFECTS

pytestmark = pytest.mark.heavy

SEED = 20190610
ROOT = Path(__file__).parent.parent.parent
# one of each kind; `scripts/prove defects` plants all of them
SOME = [
    "SQLite writers begin without IMMEDIATE", "no unique key on the request (PostgreSQL)",
    "the event is written and the case is not moved", "the answer is given before the commit",
    "a row names a file before it is stored", "an upgrade commits each statement",
    "who wraps a data key goes by the key file alone", "a restore brings back what was erased", "a publicity's days are not counted", "the office is not asked",
    "cases are found and listed without the area", "a beginning of a code is an area",
    "the user of the system is taken from LOGNAME", "a clock behind the newest event is not refused",
    "keys and files are taken from whoever shares them", "a lost witness is begun anew",
    "hashes are not computed again", "an erasure keeps the name of an earlier paper's key", "an event's prev is not compared",
]  # fmt: skip


def test_concurrent_histories_could_have_happened_one_after_another(ready_url: str) -> None:
    result = histories.run(SEED, 24, ready_url, quota_every=3)
    assert result.violations == []
    assert result.n == 24


def test_clients_killed_at_any_instant_lose_and_double_nothing(ready_url: str) -> None:
    result = kills.run(SEED, 4, ready_url)
    assert (result.n, result.violations) == (4, [])


def test_no_data_key_is_lost_to_a_rotation_beside_openings(store_url: str) -> None:
    results = list(rotations.run(SEED, 60, store_url))
    assert [result.violations for result in results] == [[], [], []]
    assert [result.n for result in results] == [60, 20, 7]


def test_no_number_is_guessed_of_an_erased_paper(ready_url: str) -> None:
    results = list(guessing.run(SEED, 2_000, ready_url))
    assert [(result.n, result.violations) for result in results] == [(2_000, []), (2_000, [])]


def test_nothing_is_done_in_the_name_of_another_login(store_url: str) -> None:
    result = logins.run(SEED, 60, store_url)
    assert (result.n, result.violations) == (60, [])


def test_a_wrong_clock_is_refused_or_told_of(store_url: str) -> None:
    result = clocks.run(SEED, 30, store_url)
    assert (result.n, result.violations) == (30, [])


def test_every_answer_has_a_sync_before_it() -> None:
    result = ends.durable(SEED, 5)
    assert (result.n, result.violations) == (5, [])
    assert ends.fsyncs(SEED, 2).violations == []


def test_a_full_disk_is_survived() -> None:
    assert ends.full(SEED, 1).violations == []


def test_a_damaged_file_never_tells_another_history() -> None:
    result = torn.run(SEED, 12)
    assert (result.n, result.violations) == (12, [])


def test_an_upgrade_cut_off_leaves_the_old_schema_or_the_new(tmp_path: Path) -> None:
    numbers = iter(range(100))
    result = upgrades.cut_off(SEED, 4, lambda: f"sqlite:///{tmp_path / f'{next(numbers)}.db'}")
    assert result.violations == []


def shown(server: Server, name: str) -> str:
    """Return a setting of a server."""
    engine = open_engine(server.fresh())
    with engine.connect() as connection:
        told = str(connection.exec_driver_sql(f"SHOW {name}").scalar())
    engine.dispose()
    return told


def test_hard_stops_of_the_server_lose_and_double_nothing() -> None:
    with Server(durable=True) as server:
        folder = Path(shown(server, "data_directory")).parent
        assert folder.stat().st_dev == DISK.stat().st_dev
        assert shown(server, "fsync") == "on"
        result = stops.run(SEED, 2, server)
    assert (result.n, result.violations) == (2, [])


def test_no_probe_is_lost() -> None:
    record = "areas refusals tampered chained rolled_back backups locks masks erasures"
    beside = "shared witnesses one_name marks put_back planted_rows exempted"
    assert set(probes.PROBES) == {*record.split(), *beside.split()}


@pytest.mark.parametrize("name", probes.PROBES)
def test_a_probe_finds_nothing(name: str) -> None:
    assert probes.PROBES[name]() == []


def test_planted_defects_are_noticed(postgres: Server) -> None:
    result = defects.run(SEED, postgres, names=SOME)
    assert (result.n, result.violations) == (len(SOME), [])
    assert len({defect.name for defect in DEFECTS}) == len(DEFECTS) >= 20


def test_the_script_prints_what_it_proved() -> None:
    asked = ["durable", "torn", "--scale", "0.001", "--seed", "7", "--json"]
    words = [sys.executable, str(ROOT / "scripts/prove.py"), *asked]
    done = subprocess.run(words, capture_output=True, check=False, cwd=ROOT)
    told = json.loads(done.stdout)
    assert (done.returncode, told["seed"], told["scale"]) == (0, 7, 0.001)
    assert [(r["name"], r["n"], r["violations"]) for r in told["results"]] == [
        ("durable", 1, []),
        ("torn files", 3, []),
    ]


def test_planted_personal_values_are_never_seen_in_plain() -> None:
    result = canaries.run(SEED, 20)
    assert result.violations == []
    assert result.n >= 20
