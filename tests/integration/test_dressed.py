"""A register that was dressed for one command and put back: what was done by it is told, and honest work never is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.machines import hired
from tests.prove.dressed import ATTACKS, attacked, opened, place, sitting, told
from tests.support import TOWNSHIP, VILLAGE

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", ATTACKS)
def test_what_was_done_by_a_dressed_register_is_told(tmp_path: Path, name: str) -> None:
    machine, attack = place(tmp_path), ATTACKS[name]
    assert told(machine) == []
    attacked(machine, attack)
    assert [how for _, _, how in told(machine)] == [attack.how]


def test_honest_work_is_not_told(tmp_path: Path) -> None:
    machine = place(tmp_path)
    clerk = sitting(machine, "a-p-0007")
    clerk(*opened(VILLAGE))
    sitting(machine, "a-p-0009")(*opened(VILLAGE, "--as", "p-0007", on="2019-06-05"))
    machine.ahead += 3600
    machine("user", "revoke", "p-0007", f"village@{VILLAGE}", "--on", "2019-06-01")
    machine.ahead += 3600
    hired(machine, "p-0010", f"township@{TOWNSHIP}", "--since", "2019-01-01")
    assert told(machine) == []
