"""The Hypothesis profiles, in a process of its own with and without the environment variable CI."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
ASKED = """
import sys
from hypothesis import settings
from tests import profiles
profiles.register()
settings.load_profile(sys.argv[1])
print(settings().derandomize, profiles.examples(7))
"""


@pytest.mark.parametrize(
    ("profile", "ci", "told"),
    [
        ("full", {}, "False 70"),
        ("full", {"CI": "true"}, "False 70"),
        ("ci", {}, "False 7"),
        ("ci", {"CI": "true"}, "True 7"),
    ],
)
def test_the_full_profile_draws_at_random_everywhere(profile: str, ci: dict[str, str], told: str) -> None:
    known = {"CI", "GITHUB_ACTIONS", "GITLAB_CI", "BUILDKITE", "CIRCLECI", "TF_BUILD", "TEAMCITY_VERSION", "CI_NAME"}
    env = {name: value for name, value in os.environ.items() if name not in known} | ci
    done = subprocess.run(
        [sys.executable, "-c", ASKED, profile], cwd=ROOT, env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == told
