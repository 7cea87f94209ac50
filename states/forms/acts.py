"""Find the form of an act or fact by its name, and read data with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from ..errors import InputRefused
from . import facts, steps
from .fields import listed
from .form import Form, Nothing, needed_of, readable

if TYPE_CHECKING:
    from collections.abc import Mapping


FORMS: dict[str, type[Form]] = {
    "application": steps.Application,
    "deliberation": steps.Deliberation,
    "posting": steps.Posting,
    "closing": steps.Closing,
    "unpaid": facts.Reasoned,
    "unit_record": facts.UnitRecord,
    "report": steps.Report,
    "review": steps.Review,
    "meeting": steps.Meeting,
    "identity": Nothing,
    "appraisal": steps.Appraisal,
    "waiver": Nothing,
    "approval": steps.Approval,
    "registration": steps.Registration,
    "agreement": steps.Agreement,
    "start": steps.Start,
    "completion": steps.Completion,
    "acceptance": steps.Acceptance,
    "payment": steps.SubsidyPayment,
    "archiving": steps.Archiving,
    "reasoned": facts.Reasoned,
    "failing": facts.Failing,
    "confirmation": facts.Confirmation,
    "objection": facts.Objection,
    "answer": facts.ReviewOutcome,
    "inspection": facts.Inspection,
    "inspection_closed": facts.InspectionClosed,
    "supervisor": facts.Supervisor,
    "noted": facts.Remark,
    "visit": facts.Visit,
    "resettlement": facts.Resettlement,
    "demolition": facts.Demolition,
    "contact": facts.Contact,
    "returning": facts.Returning,
    "resubmission": facts.Remark,
    "mending": facts.Remark,
    "reopening": facts.Reopening,
    "stepping": facts.Reasoned,
    "appealing": facts.Appealing,
    "appeal_answer": facts.AppealAnswer,
    "taking_down": facts.TakingDown,
    "reposting": facts.Reposting,
    "check": facts.PaperMark,
    "suspending": facts.Suspending,
    "resuming": facts.Remark,
    "correction": facts.Correction,
    "exemption": facts.Exemption,
    "confirming": facts.Confirming,
    "moving": facts.MovedPolicy,
    "instalment": steps.SubsidyPayment,
    "returned_payment": facts.ReturnedPayment,
    "reissue": steps.SubsidyPayment,
    "recovery": facts.Money,
    "refund": facts.Refund,
    "resale": facts.HouseSale,
    "alteration": facts.Alteration,
    "upkeep": facts.Remark,
    "late_paper": facts.Remark,
}


def read(form: str, data: dict[str, Any] | None) -> Form:
    """Read an act's data with the form of that name.

    Raises:
        InputRefused: an unknown field, or a value that is not of its form. Absent fields are not refused here.
    """
    try:
        return FORMS[form].model_validate(data or {})
    except ValidationError as error:
        zh, en = listed(error)
        raise InputRefused(f"所填内容不符合要求：{zh}", f"the data has the wrong form: {en}") from None


def restored(form: str, data: Mapping[str, Any]) -> Form:
    """Return the form of data as it stands in a record; a sealed value is there, but not readable.

    Raises:
        InputRefused: it is not of its form.
    """
    return read(form, given(form, data)).said(confirmed=data.get("confirmed"))


def given(form: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return data as it stands in a record as a caller would give it."""
    plain: dict[str, Any] = {}
    for name, field in FORMS[form].model_fields.items():
        stored = data.get(field.serialization_alias or name)
        if stored is None:
            continue
        if isinstance(stored, dict) and set(stored) == {"$commit"}:
            stored = "***"
        elif field.serialization_alias:
            stored = readable(stored)
        plain[name] = stored
    return plain


def schema(form: str) -> dict[str, Any]:
    """Return the JSON Schema of a form, with the needed fields as required."""
    model = FORMS[form]
    out = model.model_json_schema(by_alias=False)
    out["required"] = list(needed_of(model))
    return out
