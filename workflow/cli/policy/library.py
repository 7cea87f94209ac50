"""Find policies for commands: in the package, in the county's folder, or in the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from .... import workflow
from .. import settings
from ..desk import Desk

if TYPE_CHECKING:
    from collections.abc import Callable

    import click

    from ... import Library

R = TypeVar("R")


def with_library(ctx: click.Context, work: Callable[[Library], R], *names: str) -> R:
    """Do what needs policies of these names: the database is only opened for a version that it keeps ("id@sha256:...")."""
    if any("@" in name for name in names):
        return Desk(ctx).read(lambda approvals: work(approvals.library))
    return work(library())


def library() -> workflow.Library:
    """Return where commands without a database look policies up: the package and WEIGAI_POLICIES."""
    return workflow.Library(settings.policies())
