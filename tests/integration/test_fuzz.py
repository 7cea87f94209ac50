"""The fuzz of the command line at a small size: it finds nothing, and sees what is planted in a command."""

from __future__ import annotations

import click
import pytest
from weigai.workflow.cli.main import cli

from tests.prove import fuzz
from tests.prove.inputs import commands

SEED = 20190610


def test_no_hostile_input_brings_a_command_down() -> None:
    result = fuzz.run(SEED, 40)
    assert (result.n, result.violations) == (40, [])


def test_the_fuzz_takes_every_command_of_the_program() -> None:
    def names(command: click.Command, path: str) -> set[str]:
        if not isinstance(command, click.Group):
            return {path}
        found = (
            command.get_command(click.Context(command), name) for name in command.list_commands(click.Context(command))
        )
        return set().union(*(names(c, f"{path} {c.name}") for c in found if c is not None))

    assert len(commands()) == len(names(cli, "")) > 60
    assert {path[-1] for path, _ in commands()} >= {"restore", "declare", "import", "verify", "explain"}


@pytest.mark.heavy
@pytest.mark.parametrize("planted", [fuzz.TORN, fuzz.TOLD])
def test_the_fuzz_sees_what_is_planted(planted: str) -> None:
    assert fuzz.run(SEED, 120, planted).violations
