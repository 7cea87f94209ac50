"""A policy that a database keeps stays readable when a later release checks more; nothing new opens under it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from weigai.states.errors import PolicyRefused
from weigai.states.proofs import load
from weigai.workflow import Approvals, context, library
from weigai.workflow.library import bundled

from tests.integration.test_units import UNITS
from tests.support import KEYS, VILLAGE, household, person

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support import Desk

TEXT = bundled()["zhalantun-2019-a"].replace('id = "zhalantun-2019-a"', 'id = "our-plan"', 1)
NOWHERE = TEXT.replace('places = ["township_board"]', "places = []", 1)


@pytest.fixture
def forgotten() -> Iterator[None]:
    """Forget what was read before: the next process has another release's checks."""
    _forget()
    yield
    _forget()


def _forget() -> None:
    library.compiled.cache_clear()
    library.sound.cache_clear()
    context._PROCEDURES.clear()


def open_under(desk: Desk, policy: str) -> str:
    api = Approvals(desk.session, now=desk.now, files=desk.files, keys=KEYS)
    told = household("a")
    return api.open_case(policy=policy, unit=VILLAGE, household=told, actor=person("village"), on=desk.today).id


@pytest.fixture
def kept(desk: Desk, tmp_path: Path, forgotten: None) -> str:
    """Return a case that a release opened which did not ask yet where a notice hangs."""
    path = tmp_path / "our.toml"
    path.write_text(NOWHERE, encoding="utf-8")
    with pytest.MonkeyPatch.context() as earlier:
        earlier.setattr(load, "senseless", lambda policy, content: ())
        case = open_under(desk, str(path))
    _forget()
    path.unlink()
    return case


def test_a_case_under_a_kept_policy_that_todays_checks_refuse_goes_on(desk: Desk, kept: str) -> None:
    desk.walk(kept, "village_publicity")
    assert desk.api.get(kept, actor=person("village")).state == "village_publicity"
    hash_ = desk.api.get(kept, actor=person("county")).policy_hash
    shown = Approvals(desk.session, now=desk.now).library
    assert shown.readable(f"our-plan@{hash_}").hash == hash_
    assert shown.described(f"our-plan@{hash_}")
    assert desk.api.records.verify(actor=person("county")).problems == ()


def test_nothing_new_opens_under_a_kept_policy_that_todays_checks_refuse(desk: Desk, kept: str) -> None:
    with pytest.raises(PolicyRefused) as refused:
        open_under(desk, "our-plan")
    assert [p.line for p in refused.value.problems] == [NOWHERE.split("\n").index("places = []") + 1]
    assert "没有张贴地点" in refused.value.message("zh")


def test_a_case_moves_from_a_kept_policy_to_a_mended_one_and_not_back(desk: Desk, kept: str, tmp_path: Path) -> None:
    path = tmp_path / "mended.toml"
    path.write_text(TEXT, encoding="utf-8")
    told = {"reason": "mended", "agreed_by": "p-township", "actor": person("county"), "on": desk.today}
    before = desk.api.get(kept, actor=person("county")).policy_hash
    desk.api.move_policy(kept, str(path), **told)
    assert desk.api.get(kept, actor=person("county")).policy_hash != before
    with pytest.raises(PolicyRefused):
        desk.api.move_policy(kept, f"our-plan@{before}", **told)


def test_a_duty_is_recorded_under_a_kept_policy_and_under_no_new_one_that_todays_checks_refuse(
    desk: Desk, kept: str, tmp_path: Path
) -> None:
    path = tmp_path / "new.toml"
    path.write_text(NOWHERE.replace('id = "our-plan"', 'id = "new-plan"', 1), encoding="utf-8")
    told = {"actor": person("township"), "on": date(2019, 6, 15)}
    desk.today = date(2019, 6, 15)
    desk.api.register.import_units(UNITS, actor=person("admin"))
    with pytest.raises(PolicyRefused):
        desk.api.units.record(VILLAGE[:9], "submit_progress", policy=str(path), **told)
    assert desk.api.units.record(VILLAGE[:9], "submit_progress", policy="our-plan", **told)
