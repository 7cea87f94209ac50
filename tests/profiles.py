"""The two Hypothesis profiles: "ci" draws as many examples as a test names, "full" ten times as many.

`scripts/test --hypothesis-profile full` takes the second. It draws at random in every run. "ci" does so too, but not where
the environment variable CI is set: there it draws the same in every run, so that no change fails by chance.
"""

from __future__ import annotations

from hypothesis import settings

_TIMES = {"ci": 1, "full": 10}


def register() -> None:
    """Make both known to Hypothesis, before it reads `--hypothesis-profile`; "ci" holds where none is named."""
    settings.register_profile("ci", deadline=None)  # a busy machine is no failure
    settings.register_profile("full", deadline=None, derandomize=False, print_blob=True)
    settings.load_profile("ci")


def full() -> bool:
    """Tell whether this is the full run."""
    return settings.get_current_profile_name() == "full"


def examples(usual: int) -> int:
    """Return how many examples a property draws under the profile of this run."""
    return usual * _TIMES.get(settings.get_current_profile_name(), 1)
