"""The errors: one that a process made is the same in another."""

from __future__ import annotations

import copy
import pickle

import pytest
from weigai.states.errors import (
    CaseMovedOn,
    ClockBehind,
    ClockDiffers,
    InputRefused,
    IntegrityBroken,
    KeysMissing,
    KeysOutdated,
    NotAdopted,
    NotFound,
    OutsideArea,
    SchemaTooNew,
    SchemaTooOld,
    StoreBusy,
    WeigaiError,
    YearUndetermined,
)


@pytest.mark.parametrize(
    "error",
    [
        InputRefused("错", "wrong", field="on"),
        NotFound("150783-2019-AAAAAAA"),
        OutsideArea(),
        CaseMovedOn("150783-2019-AAAAAAA", 3),
        StoreBusy(),
        KeysMissing(None),
        KeysOutdated("0123456789ab"),
        IntegrityBroken(["a", "b"]),
        YearUndetermined(2031, "1.2"),
        ClockDiffers("2019-06-10 09:00", "2019-06-15 09:00"),
        ClockBehind("2019-06-10 09:00", "2019-06-15 09:00"),
        NotAdopted(True, ["sqlite:1:2"]),
        NotAdopted(False, []),
        SchemaTooNew("0009"),
        SchemaTooOld(None),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_goes_to_another_process_as_it_is(error: WeigaiError) -> None:
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert (type(again), str(again), again.__dict__) == (type(error), str(error), error.__dict__)
        assert [again.message(lang) for lang in ("zh", "en")] == [error.message(lang) for lang in ("zh", "en")]
