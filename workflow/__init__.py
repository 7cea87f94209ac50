"""weigai's public Python API. Everything here is loaded when it is first used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..db.audit import Verified
    from ..db.audit_reading import VerifiedPart
    from ..db.backup import Saved
    from ..db.engine import prepare_engine
    from ..db.files import FileStore
    from ..db.heads import Head, Held, Published
    from ..db.keys import Keys
    from ..db.rekey import Rotated
    from ..states.calendar import Calendar, Period, first_allowed, parse_date, shanghai_date
    from ..states.case import Actor, Case, Decision, Document, Event, Finding, Seat
    from ..states.compare import Change
    from ..states.describe import PlanPart
    from ..states.errors import (
        CaseMovedOn,
        CaseNotFound,
        ClockBehind,
        ClockDiffers,
        GuardsNotMet,
        InputRefused,
        IntegrityBroken,
        KeysMissing,
        KeysNeeded,
        KeysOutdated,
        NoSuchAct,
        NotADatabase,
        NotAdopted,
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
    from ..states.template import County
    from .actors import as_actor, as_overseer, as_reader
    from .context import Done
    from .evidence import Evidence
    from .exchange.export_file import write_export
    from .exchange.persons import Enrolled, read_persons
    from .exchange.reconcile import Payment, read_payments
    from .handed_in import read_json, read_text
    from .health import Check
    from .lists import Lists, Taken
    from .offices import Offices
    from .papers import Attachment
    from .policies import Library
    from .privacy import Erased, Unmasked
    from .records import Records
    from .register import Register
    from .schemas import action_schema, household_schema, policy_schema
    from .service import Approvals
    from .simulating import Outcome, Simulation
    from .store import Adopted, Census, Protected, Restored, Store, Upgraded
    from .suspicions import Limits
    from .trial.county import Trial, set_up_trial
    from .trial.programme import Programme
    from .units import Units
    from .witness import Witness

_HOMES = {
    "..db.audit": "Verified",
    "..db.audit_reading": "VerifiedPart",
    "..db.backup": "Saved",
    "..db.engine": "prepare_engine",
    "..db.files": "FileStore",
    "..db.heads": "Head Held Published",
    "..db.keys": "Keys",
    "..db.rekey": "Rotated",
    "..states.calendar": "Calendar Period first_allowed parse_date shanghai_date",
    "..states.case": "Actor Case Decision Document Event Finding Seat",
    "..states.compare": "Change",
    "..states.describe": "PlanPart",
    "..states.errors": "CaseMovedOn CaseNotFound ClockBehind ClockDiffers GuardsNotMet InputRefused IntegrityBroken KeysMissing KeysNeeded KeysOutdated NoSuchAct NotADatabase NotAdopted NotFound OutsideArea PolicyRefused RequestReused RightMissing SchemaTooNew SchemaTooOld StoreBusy StoreError StoreLost StoreNotPrepared StoreUnavailable TransactionFailed WallMissing WeigaiError YearUndetermined",
    "..states.template": "County",
    ".actors": "as_actor as_overseer as_reader",
    ".context": "Done",
    ".evidence": "Evidence",
    ".exchange.export_file": "write_export",
    ".exchange.persons": "Enrolled read_persons",
    ".exchange.reconcile": "Payment read_payments",
    ".handed_in": "read_json read_text",
    ".health": "Check",
    ".lists": "Lists Taken",
    ".offices": "Offices",
    ".papers": "Attachment",
    ".policies": "Library",
    ".privacy": "Erased Unmasked",
    ".records": "Records",
    ".register": "Register",
    ".schemas": "action_schema household_schema policy_schema",
    ".service": "Approvals",
    ".simulating": "Outcome Simulation",
    ".store": "Adopted Census Protected Restored Store Upgraded",
    ".suspicions": "Limits",
    ".trial.county": "Trial set_up_trial",
    ".trial.programme": "Programme",
    ".units": "Units",
    ".witness": "Witness",
}
_WHERE = {name: home for home, names in _HOMES.items() for name in names.split()}

__all__ = [
    "Actor",
    "Adopted",
    "Approvals",
    "Attachment",
    "Calendar",
    "Case",
    "CaseMovedOn",
    "CaseNotFound",
    "Census",
    "Change",
    "Check",
    "ClockBehind",
    "ClockDiffers",
    "County",
    "Decision",
    "Document",
    "Done",
    "Enrolled",
    "Erased",
    "Event",
    "Evidence",
    "FileStore",
    "Finding",
    "GuardsNotMet",
    "Head",
    "Held",
    "InputRefused",
    "IntegrityBroken",
    "Keys",
    "KeysMissing",
    "KeysNeeded",
    "KeysOutdated",
    "Library",
    "Limits",
    "Lists",
    "NoSuchAct",
    "NotADatabase",
    "NotAdopted",
    "NotFound",
    "Offices",
    "Outcome",
    "OutsideArea",
    "Payment",
    "Period",
    "PlanPart",
    "PolicyRefused",
    "Programme",
    "Protected",
    "Published",
    "Records",
    "Register",
    "RequestReused",
    "Restored",
    "RightMissing",
    "Rotated",
    "Saved",
    "SchemaTooNew",
    "SchemaTooOld",
    "Seat",
    "Simulation",
    "Store",
    "StoreBusy",
    "StoreError",
    "StoreLost",
    "StoreNotPrepared",
    "StoreUnavailable",
    "Taken",
    "TransactionFailed",
    "Trial",
    "Units",
    "Unmasked",
    "Upgraded",
    "Verified",
    "VerifiedPart",
    "WallMissing",
    "WeigaiError",
    "Witness",
    "YearUndetermined",
    "action_schema",
    "as_actor",
    "as_overseer",
    "as_reader",
    "first_allowed",
    "household_schema",
    "parse_date",
    "policy_schema",
    "prepare_engine",
    "read_json",
    "read_payments",
    "read_persons",
    "read_text",
    "set_up_trial",
    "shanghai_date",
    "write_export",
]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_WHERE[name], __name__), name)
