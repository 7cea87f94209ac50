"""The two Hypothesis profiles: "ci" draws as many examples as a test names, "full" ten times as many.

`scripts/test --hypothesis-profile full` takes the second; what a test draws in "full" is drawn at random each time.
"""

from __future__ import annotations

from hypothesis import settings

_TIMES = {"ci": 1, "full": 10}


def register() -> None:
    """Make both known to Hypothesis, before it reads `--hypothesis-profile`; "ci" holds where none is named."""
    for name in _TIMES:
        settings.register_profile(name, deadline=None)  # a busy machine is no failure
    settings.load_profile("ci")


def full() -> bool:
    """Tell whether this is the full run."""
    return settings.get_current_profile_name() == "full"


def examples(usual: int) -> int:
    """Return how many examples a property draws under the profile of this run."""
    return usual * _TIMES.get(settings.get_current_profile_name(), 1)
