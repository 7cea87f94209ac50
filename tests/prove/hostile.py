"""Hostile files of every kind, each handed to the program: memory, seconds, exit code, words, and what is left."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

from tests.forks import Terminal
from tests.hostile.kinds import KINDS, complaints
from tests.prove.result import Result, proof

EVERY = 1_000  # from here on no file is left out


def run(seed: int, n: int) -> Result:
    """Hand over every file, or `n` in a thousand of each kind, drawn by the seed."""
    chance = random.Random(seed)
    with proof("hostile") as result, tempfile.TemporaryDirectory(prefix="weigai-hostile-") as place:
        trial = Terminal(Path(place) / "trial")
        trial.folder.mkdir()
        trial("init")
        for label, kind in KINDS.items():
            share = min(len(kind.files), max(1, len(kind.files) * n // EVERY))
            most, longest = (0, ""), (0.0, "")
            for name in chance.sample(sorted(kind.files), share):
                result.n += 1
                with tempfile.TemporaryDirectory(dir=place) as folder:
                    Terminal.copied(trial.folder, Path(folder))
                    wrong, mb, seconds = complaints(kind, name, Path(folder))
                result.broke(*(f"{label}: {what}" for what in wrong))
                most, longest = max(most, (mb, name)), max(longest, (seconds, name))
            result.note(f"{label}: {share} files, at most {most[0]} MB ({most[1]}), {longest[0]:.1f} s ({longest[1]})")
    return result
