"""Check the arguments of a public method, and limit it to the area of the person who asks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import wraps
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar, cast

from sqlalchemy.exc import DBAPIError, PendingRollbackError

from ..db.faults import known
from ..states.calendar import out_of_range
from ..states.errors import TransactionFailed
from .arguments import checker

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..states.actor import Actor
    from ..states.errors import WeigaiError
    from .context import Context

F = TypeVar("F", bound="Callable[..., Any]")


def scoped(method: F) -> F:
    """Check what a public method is called with, and let it see the area of who asks, and only that.

    Who asks is the `recorder` where one is named, else the `actor`. It is told to the database anew for each call, since
    nothing may be left of the one before; a method that was called without either sees no one's rows. What a method
    calls in turn stays in its scope, and is not checked again. What yields tells it anew as it goes on. See `db.scope`.
    """
    clean = checker(method)

    @wraps(method)
    def within(self: Any, *args: Any, **kwargs: Any) -> Any:
        context: Context = self.__dict__.get("context") or self.__dict__["_context"]
        if context.inside:
            return method(self, *args, **kwargs)
        args = clean(args, kwargs)
        asker = kwargs.get("recorder") or kwargs.get("actor")
        with _scope_of(context, asker):
            made = method(self, *args, **kwargs)
        return _going_on(context, asker, made) if isinstance(made, Iterator) else made

    return cast("F", within)


@contextmanager
def _scope_of(context: Context, asker: Actor | None) -> Iterator[None]:
    """Let what is inside see the area of who asks, and only that; the database's own errors come out as weigai's."""
    context.session.flush()  # an error of the host's own rows is the host's
    try:
        context.enter(asker)
        context.inside = True
        yield
    except Exception as error:
        if (told := _told(error)) is not None:
            raise told from None
        raise
    finally:
        context.inside = False


_AT_ONCE = 100


def _going_on(context: Context, asker: Actor | None, made: Iterator[Any]) -> Iterator[Any]:
    """Yield what a method yields, some at a time, each time in the scope of who asked: other calls may come between."""
    while some := _next(context, asker, made):
        yield from some


def _next(context: Context, asker: Actor | None, made: Iterator[Any]) -> list[Any]:
    with _scope_of(context, asker):
        return list(islice(made, _AT_ONCE))


def _told(error: Exception) -> WeigaiError | None:
    """Return weigai's error for one of the database's that a method let pass, or a day beyond the calendar; else None."""
    if isinstance(error, PendingRollbackError):
        return TransactionFailed()
    if isinstance(error, OverflowError):
        return out_of_range()
    return known(error) if isinstance(error, DBAPIError) else None
