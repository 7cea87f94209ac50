"""Check the arguments of the public methods before the first statement runs; annotations say how."""

from __future__ import annotations

import os
from functools import cache, wraps
from importlib import import_module
from typing import TYPE_CHECKING, Any, ForwardRef, TypeVar, cast

from ..db.log.held import Held
from ..states.actor import Actor
from ..states.inputs import arguments as given
from .papers import papers, papers_in_question

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Check = Callable[[object, str], object]

F = TypeVar("F", bound="Callable[..., object]")


def _actor(value: object, field: str) -> Actor:
    return value if isinstance(value, Actor) else given.exactly(value, field, Actor)


def _made(home: str, name: str) -> Check:
    """Return the check for a value of a class that is loaded only where it is used."""
    return lambda value, field: given.exactly(value, field, _loaded(home, name))


@cache
def _loaded(home: str, name: str) -> type:
    """Return a class, and import its module where that was not done yet."""
    return cast("type", getattr(import_module(home, __package__), name))


@cache
def _fields(row: type) -> dict[str, tuple[Check, bool]]:
    """Return by field of a row how it is checked, and whether it may be None."""
    return _checks(row.__name__, row.__annotations__)


def _row(home: str, name: str) -> Check:
    """Return the check for a row: each of its fields as its annotation says, named by the row."""

    def check(value: object, field: str) -> object:
        kind = _loaded(home, name)
        row: Any = given.exactly(value, field, kind)
        clean = {}
        for own, (known, none) in _fields(kind).items():
            told = getattr(row, own)
            clean[own] = told if told is None and none else known(told, f"{field}.{own}")
        return row._replace(**clean)

    return check


def _each(check: Check) -> Check:
    return lambda value, field: given.several(value, field, check)


def _pair(value: object, field: str) -> tuple[str, str]:
    found = given.several(value, field, given.name)
    if len(found) != 2:
        raise given.refused(field, "应为两项。", "pass a pair.")
    return found[0], found[1]


def _some(check: Check) -> Check:
    def at_least_one(value: object, field: str) -> object:
        if not (found := given.several(value, field, check)):
            raise given.refused(field, "为空；至少一项。", "it is empty; pass at least one.")
        return found

    return at_least_one


def _one_of(*known: str) -> Check:
    def check(value: object, field: str) -> str:
        if value not in known:
            raise given.refused(field, f"应为 {' 或 '.join(known)}。", f"pass {' or '.join(known)}.")
        return given.text(value, field)

    return check


def _plan(value: object, field: str) -> str:
    """Return which policy is meant: its id, or the path of a file."""
    text = str(given.path(value, field)) if isinstance(value, os.PathLike) else value
    of_file = isinstance(text, str) and text.endswith(".toml")
    return given.words(text, field) if of_file else given.identifier(text, field)


def _source(value: object, field: str) -> object:
    """Return where heads are held: a path, or a line copied from paper."""
    path = given.path(value, field)
    return str.__str__(value) if isinstance(value, str) else path


def _held(value: object, field: str) -> object:
    return value if isinstance(value, Held) else given.several(value, field, _source)


def _mapping_of(check: Check) -> Check:
    """Return the check for a mapping: its names are ids, and each value is checked under its name."""

    def checked_each(value: object, field: str) -> object:
        found = given.mapping(value, field)
        names = {name: given.identifier(name, field) for name in found}
        return {name: check(found[own], f"{field}.{name}") for own, name in names.items()}

    return checked_each


_KINDS: dict[str, Check] = {
    "Actor": _actor,
    "Calendar": _made("..states.calendar", "Calendar"),
    "Case": _made("..states.case", "Case"),
    "County": _row("..states.policy.draft", "County"),
    "Erased": _made(".cases.erasure", "Erased"),
    "GuardsNotMet": _made("..states.errors", "GuardsNotMet"),
    "Iterable[Enrolled]": _each(_row(".exchange.persons", "Enrolled")),
    "Iterable[Payment]": _each(_row(".exchange.reconcile", "Payment")),
    "Iterable[tuple[str, str]]": _each(_pair),
    "Limits": _made(".reports.suspicions", "Limits"),
    "Mapping[str, Any]": given.mapping,
    "JsonObject": given.json_object,
    "Mapping[str, int]": _mapping_of(given.whole),
    "Mapping[str, str]": _mapping_of(given.identifier),
    "Path": given.file,
    "Place": _pair,
    "Sequence[Attachment | Document]": papers,
    "Sequence[Head]": _each(_made("..db.log.heads", "Head")),
    "Sequence[VerifiedPart]": _some(_made("..db.audit.reading", "VerifiedPart")),
    "Sequence[str | Path]": _held,
    "Sequence[str | Path] | Held": _held,
    "Sequence[str]": given.identifiers,
    "Sequence[tuple[str, str]]": _each(_pair),
    "bool": given.flag,
    "date": given.day,
    "date | str": given.day_or_id,
    "int": given.whole,
    "str": given.identifier,
    "tuple[str, str]": _pair,
}
# What a name says more closely than its annotation; with the method before it, of that method alone.
_BY_NAME: dict[str, Check] = {
    **dict.fromkeys(("reason", "drafted.file", "find.text", "to_fill_in.file"), given.words),
    **dict.fromkeys(("Enrolled.id", "Enrolled.office", "Enrolled.unit", "Enrolled.account"), given.words),
    **dict.fromkeys(("Payment.case", "Payment.voucher"), given.words),
    **dict.fromkeys(("policy", "to", "a", "b", "base"), _plan),
    **dict.fromkeys(("limit", "most", "places.parts"), given.counted),
    **dict.fromkeys(("refused_attempt.action", "refused_attempt.case_id", "refused_attempt.command"), given.text),
    "to_fill_in.draft": given.text,
    "backup.to": given.file,
    "rotate_key.given_up": given.text,
    "refused_attempt.rules": _each(given.text),
    **dict.fromkeys(("check.documents", "check_opening.documents"), papers_in_question),
    **dict.fromkeys(("name", "value"), given.name),
    "County.name": _pair,
    "Payment.fen": given.amount,
    "lang": _one_of("zh", "en"),
    "rotate_key.cipher": _one_of("aes", "sm4"),
}


_UNKNOWN: tuple[Check, bool] = (lambda value, _: value, False)  # Python itself refuses an argument that there is not


def _checks(of: str, annotations: Mapping[str, str | ForwardRef]) -> dict[str, tuple[Check, bool]]:
    """Return by argument how it is checked, and whether it may be None.

    Raises:
        TypeError: an argument has no check.
    """
    found = {}
    for name, told in annotations.items():
        if name != "return":
            annotation = told.__forward_arg__ if isinstance(told, ForwardRef) else told  # a NamedTuple keeps its own so
            kind = annotation.removesuffix(" | None")
            check = _BY_NAME.get(f"{of}.{name}") or _BY_NAME.get(name) or _KINDS.get(kind)
            if check is None:
                raise TypeError(f"{of}({name}: {annotation}): this module has no check for such an argument")
            found[name] = check, kind != annotation
    return found


def checker(method: Callable[..., object]) -> Callable[[tuple[object, ...], dict[str, object]], tuple[object, ...]]:
    """Return what checks a call: it puts the named arguments in their one form, and returns the positional ones in theirs."""
    checks = _checks(method.__name__, method.__annotations__)
    code = method.__code__
    placed = [(name, *checks[name]) for name in code.co_varnames[1 : code.co_argcount]]

    def clean(args: tuple[object, ...], kwargs: dict[str, object]) -> tuple[object, ...]:
        for name, value in kwargs.items():
            check, none = checks.get(name, _UNKNOWN)
            if not (none and value is None):
                kwargs[name] = check(value, name)
        if not args:
            return args
        own = [
            value if value is None and none else check(value, name)
            for value, (name, check, none) in zip(args, placed, strict=False)
        ]
        return (*own, *args[len(own) :])

    return clean


def checked(method: F) -> F:
    """Check what a public method is called with; for one that asks no database, or sets its scope itself."""
    clean = checker(method)

    @wraps(method)
    def within(self: object, *args: object, **kwargs: object) -> object:
        return method(self, *clean(args, kwargs), **kwargs)

    return cast("F", within)
