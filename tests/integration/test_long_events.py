"""What would be too long to be read again is refused when it is written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text
from weigai.db.backup import foreign
from weigai.db.log import entry as entries
from weigai.db.log import event as events
from weigai.db.log import export, head_lines, held
from weigai.db.log.entry import Entry, fitting
from weigai.db.log.streams import append
from weigai.states import input_files as handed_in
from weigai.states.actor import Actor
from weigai.states.errors import GuardsNotMet, InputRefused
from weigai.workflow.exchange import verify_export

from tests.support import COUNTY, FIRST, Desk, documents, founded, person

if TYPE_CHECKING:
    from collections.abc import Sequence


def events_of(desk: Desk) -> int:
    return int(desk.session.execute(text("SELECT count(*) FROM weigai_event")).scalar() or 0)


def test_one_bound_holds_for_writing_for_exports_and_for_backups() -> None:
    assert events.LONGEST == verify_export.LONGEST == foreign.LARGEST
    assert handed_in.VALUES == verify_export.VALUES


def test_one_form_and_one_bound_of_heads_hold_for_both_verifiers() -> None:
    ours, theirs = (head_lines.FIRST, head_lines.LEAF), (verify_export.FIRST, verify_export.LEAF)
    assert [form.pattern for form in ours] == [form.pattern for form in theirs]
    assert head_lines.LAST.pattern.replace('(,"trial":true)?', '(?:,"trial":true)?') == verify_export.LAST.pattern
    assert (head_lines.LONGEST, head_lines.PIECE) == (verify_export.LONGEST_HEAD, verify_export.PIECE)
    assert (held.STRANGE, held.MOST_LINES) == (verify_export.TOLD, verify_export.MOST_LINES)


@pytest.mark.parametrize("letter", ["a", "村", "𠀀", '"'])
def test_the_longest_event_that_is_written_can_be_read_again(desk: Desk, letter: str) -> None:
    def write(length: int) -> None:
        entry = Entry(
            action="import_units",
            to=None,
            actor=Actor("p" * 200, "o" * 200, (COUNTY,)),
            recorded_by="r" * 200,
            on=desk.today,
            recorded_at="2019-06-10T00:00:00.000000Z",
            request_id="村" * 200,
            changes={"units/1": letter * length},
        )
        append(desk.session.connection(), COUNTY, "county", entry, salts=lambda n: b"\0" * n)

    width = len(json.dumps(json.dumps(letter, ensure_ascii=False))) - 6  # of a letter in a line
    least, most = (events.LONGEST - 128 * 1024) // width, 2 * events.LONGEST // width
    while most - least > 1024:
        middle = (least + most) // 2
        with desk.session.begin_nested() as tried:
            try:
                write(middle)
                least = middle
            except InputRefused as refused:
                assert refused.field == "units"
                most = middle
            tried.rollback()
    write(least)
    lines = list(export.lines(desk.session.connection(), [COUNTY], at="2019-06-10T00:00:00.000000Z"))
    longest = max(len(line.encode()) for line in lines)
    assert events.LONGEST - 128 * 1024 < longest <= events.LONGEST
    row = desk.session.execute(text("SELECT * FROM weigai_event")).one()
    assert sum(len(str(value).encode()) for value in row) < foreign.LARGEST


def test_a_sheet_of_units_that_is_too_long_for_one_event_is_refused(store_desk: Desk) -> None:
    register, before = founded(store_desk), events_of(store_desk)
    names = {f"{COUNTY}{n:03}": "𠀀" * 100 for n in range(500, 508)}
    names |= {f"{COUNTY}{n:03}{m:03}": "𠀀" * 100 for n in range(500, 508) for m in range(900)}
    with pytest.raises(InputRefused) as refused:
        register.import_units(names.items(), actor=FIRST)
    assert refused.value.field == "units"
    assert events_of(store_desk) == before


def test_a_record_that_grew_too_long_takes_no_further_act(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "_MOST", 1000)
    assert fitting("{}", {}) == "{}"
    record = {"acts": {"a": "x" * 900}, "household": {"members": "y" * 100}}
    with pytest.raises(InputRefused) as refused:
        entries.record_text(record, "approve")
    assert refused.value.field == "acts"
    assert entries.record_text(record, "erase") == entries.dumps(record)  # what is due is never too long


@pytest.mark.parametrize(("name", "value"), [("contents", ["danger"] * 1001), ("originals_seen", ["a"] * 1001)])
def test_a_list_of_ids_is_of_a_thousand_at_most(desk: Desk, name: str, value: Sequence[str]) -> None:
    case, data = desk.open(), json.loads(json.dumps({"contents": ["registration", "income", "danger", "wish"]}))
    told: dict[str, Any] = {**data, name: value}
    papers = documents("application registration_proof income_proof danger_photo", case)
    with pytest.raises((InputRefused, GuardsNotMet)) as refused:
        desk.api.take(case, "submit_application", actor=person("village"), on=desk.today, data=told, documents=papers)
    assert isinstance(refused.value, InputRefused)
    assert name in refused.value.message("en")
