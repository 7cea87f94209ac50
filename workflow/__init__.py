"""weigai's public Python API. Everything here is loaded when it is first used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..db.engine import prepare_engine
    from ..db.vault.files import FileStore
    from ..db.vault.keys import Keys
    from ..states.actor import Actor, Document, Seat
    from ..states.calendar import Calendar, Period, first_allowed
    from ..states.case import Case
    from ..states.errors import (
        CaseMovedOn,
        CaseNotFound,
        ClockBehind,
        ClockDiffers,
        GuardsNotMet,
        InputRefused,
        IntegrityBroken,
        KeysMissing,
        KeysOutdated,
        NoSuchAct,
        NotADatabase,
        NotFound,
        OutsideArea,
        PolicyRefused,
        RequestReused,
        RightMissing,
        SchemaTooNew,
        SchemaTooOld,
        StoreBusy,
        StoreError,
        StoreLost,
        StoreNotPrepared,
        StoreUnavailable,
        TransactionFailed,
        WallMissing,
        WeigaiError,
        YearUndetermined,
    )
    from ..states.values import Decision, Event, Finding
    from .approvals import Approvals
    from .cases.lists import Lists, Taken
    from .cases.papers import Attachment
    from .cases.privacy import Erased, Unmasked
    from .context import Done
    from .duties import Units
    from .evidence.evidence import Evidence
    from .exchange.reconcile import Payment, read_payments
    from .policies.library import Library
    from .register.register import Register
    from .reports.records import Records

_HOMES = {
    "..db.engine": ("prepare_engine",),
    "..db.vault.files": ("FileStore",),
    "..db.vault.keys": ("Keys",),
    "..states.calendar": ("Calendar", "Period", "first_allowed"),
    "..states.actor": ("Actor", "Document", "Seat"),
    "..states.case": ("Case",),
    "..states.values": ("Decision", "Event", "Finding"),
    "..states.errors": (
        "CaseMovedOn", "CaseNotFound", "ClockBehind", "ClockDiffers", "GuardsNotMet", "InputRefused",
        "IntegrityBroken", "KeysMissing", "KeysOutdated", "NoSuchAct", "NotADatabase", "NotFound", "OutsideArea", "PolicyRefused",
        "RequestReused", "RightMissing", "SchemaTooNew", "SchemaTooOld", "StoreBusy", "StoreError", "StoreLost",
        "StoreNotPrepared", "StoreUnavailable", "TransactionFailed", "WallMissing", "WeigaiError",
        "YearUndetermined",
    ),
    ".context": ("Done",),
    ".evidence.evidence": ("Evidence",),
    ".exchange.reconcile": ("Payment", "read_payments"),
    ".cases.lists": ("Lists", "Taken"),
    ".cases.papers": ("Attachment",),
    ".policies.library": ("Library",),
    ".cases.privacy": ("Erased", "Unmasked"),
    ".reports.records": ("Records",),
    ".register.register": ("Register",),
    ".approvals": ("Approvals",),
    ".duties": ("Units",),
}  # fmt: skip
_WHERE = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Actor", "Approvals", "Attachment", "Calendar", "Case", "CaseMovedOn", "CaseNotFound", "ClockBehind", "ClockDiffers", "Decision", "Document",
    "Done", "Erased", "Event", "Evidence", "FileStore", "Finding", "GuardsNotMet", "InputRefused", "IntegrityBroken", "Keys", "KeysMissing",
    "KeysOutdated", "Library", "Lists",
    "NoSuchAct", "NotADatabase", "NotFound", "OutsideArea", "Payment", "Period", "PolicyRefused", "Records", "Register", "RequestReused",
    "RightMissing", "SchemaTooNew", "SchemaTooOld", "Seat", "StoreBusy", "StoreError", "StoreLost",
    "StoreNotPrepared", "StoreUnavailable", "Taken", "TransactionFailed", "Units", "Unmasked", "WallMissing",
    "WeigaiError", "YearUndetermined", "first_allowed", "prepare_engine",
    "read_payments",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_WHERE[name], __name__), name)
