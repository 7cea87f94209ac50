"""Where commands look policies up: the package, the county's folder, and a database for a version that it keeps."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    import click

    from ..policies import Library

R = TypeVar("R")


def policies_folder() -> Path | None:
    """Return the folder of the county's own policy files: WEIGAI_POLICIES, None where it is not set."""
    named = os.environ.get("WEIGAI_POLICIES")
    return Path(named) if named else None


def with_library(ctx: click.Context, work: Callable[[Library], R], *names: str) -> R:
    """Do what needs policies of these names: the database is only opened for a version that it keeps ("id@sha256:...")."""
    if any("@" in name for name in names):
        from .desk import Desk

        return Desk(ctx).read(lambda approvals: work(approvals.library))
    return work(library())


def library() -> Library:
    """Return where commands without a database look policies up: the package and WEIGAI_POLICIES."""
    from ..policies import Library

    return Library(policies_folder())
