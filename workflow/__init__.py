"""weigai's public Python API. Everything here is loaded when it is first used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..db.audit.reading import VerifiedPart
    from ..db.audit.verify import Verified
    from ..db.backup.backup import Saved
    from ..db.cases.histories import Basis
    from ..db.cases.lists import CaseList, ListMark
    from ..db.duties import DutyRecord, UnitPaper
    from ..db.engine import prepare_engine
    from ..db.log.heads import Head, Published
    from ..db.log.held import Held
    from ..db.register.rows import (
        Grant,
        OfficeHeld,
        OfficeHolder,
        ProposedAccount,
        ProposedMerger,
        RegisteredPerson,
        RegisteredUnit,
        UnitChange,
    )
    from ..db.vault.files import FileStore
    from ..db.vault.keys import Keys
    from ..db.vault.rotation import Rotated
    from ..states.actor import Actor, Document, Seat
    from ..states.calendar import Calendar, Period, first_allowed, parse_date, shanghai_date
    from ..states.case import Case
    from ..states.entry import data_of
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
    from ..states.policy.draft import County
    from ..states.reading.compare import Change
    from ..states.reading.describe import PlanPart
    from ..states.record import CaseRecord
    from ..states.replay.suspicions import Suspicion
    from ..states.values import Decision, Event, Finding, Row
    from .actors import as_actor, as_overseer, as_reader
    from .approvals import Approvals
    from .cases.erasure import Erased
    from .cases.inbox import Waiting
    from .cases.lists import Lists, Taken
    from .cases.privacy import Unmasked
    from .duties import Units
    from .duty_plans import MissedDuty, UnitDuty
    from .evidence.evidence import Evidence
    from .evidence.witness import Witness
    from .exchange.export_file import write_export
    from .exchange.files import read_json, read_text
    from .exchange.persons import Enrolled, read_persons
    from .exchange.reconcile import Payment, Reconciled, read_payments
    from .health.check import Check
    from .library import Library
    from .offices import Offices
    from .papers import Attachment
    from .policies.schemas import action_schema, household_schema, policy_schema
    from .register.confirmation import ProposalConfirmed
    from .register.grants import OfficesGranted
    from .register.mergers import UnitMerged
    from .register.persons import AccountChanged
    from .register.register import Register
    from .reports.attempts import RefusedAttempt
    from .reports.budget import BudgetLine, ModeShare
    from .reports.overdue import Overdue
    from .reports.policies import PolicyVersion
    from .reports.progress import Progress
    from .reports.records import Records
    from .reports.shares import GrantedExemption, QuotaUse, Refusal, Spending
    from .reports.simulation import Outcome, Simulation
    from .reports.suspicions import Limits
    from .request import Done
    from .store import Adopted, Census, Protected, Restored, Store, Upgraded
    from .trial.county import Trial, set_up_trial
    from .trial.programme import Programme

_HOMES = {
    "..db.audit.verify": "Verified",
    "..db.audit.reading": "VerifiedPart",
    "..db.backup.backup": "Saved",
    "..db.cases.lists": "CaseList ListMark",
    "..db.duties": "DutyRecord UnitPaper",
    "..db.engine": "prepare_engine",
    "..db.vault.files": "FileStore",
    "..db.log.heads": "Head Published",
    "..db.log.held": "Held",
    "..db.vault.keys": "Keys",
    "..db.register.rows": "Grant OfficeHeld OfficeHolder ProposedAccount ProposedMerger RegisteredPerson RegisteredUnit UnitChange",
    "..db.vault.rotation": "Rotated",
    "..states.actor": "Actor Document Seat",
    "..states.calendar": "Calendar Period first_allowed parse_date shanghai_date",
    "..states.case": "Case",
    "..states.entry": "data_of",
    "..states.record": "CaseRecord",
    "..states.values": "Decision Event Finding Row",
    "..states.reading.compare": "Change",
    "..states.reading.describe": "PlanPart",
    "..states.policy.draft": "County",
    "..states.errors": "CaseMovedOn CaseNotFound ClockBehind ClockDiffers GuardsNotMet InputRefused IntegrityBroken KeysMissing KeysNeeded KeysOutdated NoSuchAct NotADatabase NotAdopted NotFound OutsideArea PolicyRefused RequestReused RightMissing SchemaTooNew SchemaTooOld StoreBusy StoreError StoreLost StoreNotPrepared StoreUnavailable TransactionFailed WallMissing WeigaiError YearUndetermined",
    "..db.cases.histories": "Basis",
    "..states.replay.suspicions": "Suspicion",
    ".actors": "as_actor as_overseer as_reader",
    ".approvals": "Approvals",
    ".cases.inbox": "Waiting",
    ".cases.lists": "Lists Taken",
    ".papers": "Attachment",
    ".cases.erasure": "Erased",
    ".cases.privacy": "Unmasked",
    ".request": "Done",
    ".duties": "Units",
    ".duty_plans": "MissedDuty UnitDuty",
    ".evidence.evidence": "Evidence",
    ".evidence.witness": "Witness",
    ".exchange.export_file": "write_export",
    ".exchange.persons": "Enrolled read_persons",
    ".exchange.reconcile": "Payment Reconciled read_payments",
    ".exchange.files": "read_json read_text",
    ".health.check": "Check",
    ".offices": "Offices",
    ".library": "Library",
    ".policies.schemas": "action_schema household_schema policy_schema",
    ".register.confirmation": "ProposalConfirmed",
    ".register.grants": "OfficesGranted",
    ".register.mergers": "UnitMerged",
    ".register.persons": "AccountChanged",
    ".register.register": "Register",
    ".reports.attempts": "RefusedAttempt",
    ".reports.budget": "BudgetLine ModeShare",
    ".reports.overdue": "Overdue",
    ".reports.policies": "PolicyVersion",
    ".reports.progress": "Progress",
    ".reports.shares": "GrantedExemption QuotaUse Refusal Spending",
    ".reports.records": "Records",
    ".reports.simulation": "Outcome Simulation",
    ".reports.suspicions": "Limits",
    ".store": "Adopted Census Protected Restored Store Upgraded",
    ".trial.county": "Trial set_up_trial",
    ".trial.programme": "Programme",
}
_WHERE = {name: home for home, names in _HOMES.items() for name in names.split()}

__all__ = [
    "AccountChanged",
    "Actor",
    "Adopted",
    "Approvals",
    "Attachment",
    "Basis",
    "BudgetLine",
    "Calendar",
    "Case",
    "CaseList",
    "CaseMovedOn",
    "CaseNotFound",
    "CaseRecord",
    "Census",
    "Change",
    "Check",
    "ClockBehind",
    "ClockDiffers",
    "County",
    "Decision",
    "Document",
    "Done",
    "DutyRecord",
    "Enrolled",
    "Erased",
    "Event",
    "Evidence",
    "FileStore",
    "Finding",
    "Grant",
    "GrantedExemption",
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
    "ListMark",
    "Lists",
    "MissedDuty",
    "ModeShare",
    "NoSuchAct",
    "NotADatabase",
    "NotAdopted",
    "NotFound",
    "OfficeHeld",
    "OfficeHolder",
    "Offices",
    "OfficesGranted",
    "Outcome",
    "OutsideArea",
    "Overdue",
    "Payment",
    "Period",
    "PlanPart",
    "PolicyRefused",
    "PolicyVersion",
    "Programme",
    "Progress",
    "ProposalConfirmed",
    "ProposedAccount",
    "ProposedMerger",
    "Protected",
    "Published",
    "QuotaUse",
    "Reconciled",
    "Records",
    "Refusal",
    "RefusedAttempt",
    "Register",
    "RegisteredPerson",
    "RegisteredUnit",
    "RequestReused",
    "Restored",
    "RightMissing",
    "Rotated",
    "Row",
    "Saved",
    "SchemaTooNew",
    "SchemaTooOld",
    "Seat",
    "Simulation",
    "Spending",
    "Store",
    "StoreBusy",
    "StoreError",
    "StoreLost",
    "StoreNotPrepared",
    "StoreUnavailable",
    "Suspicion",
    "Taken",
    "TransactionFailed",
    "Trial",
    "UnitChange",
    "UnitDuty",
    "UnitMerged",
    "UnitPaper",
    "Units",
    "Unmasked",
    "Upgraded",
    "Verified",
    "VerifiedPart",
    "Waiting",
    "WallMissing",
    "WeigaiError",
    "Witness",
    "YearUndetermined",
    "action_schema",
    "as_actor",
    "as_overseer",
    "as_reader",
    "data_of",
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
