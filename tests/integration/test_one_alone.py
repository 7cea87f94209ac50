"""Events that somebody with the database's password writes into a founded county's register, and no honest program does."""

from __future__ import annotations

import pytest

from tests.prove.one_alone import OTHER, PLANTED, county, planted, told, where
from tests.support import COUNTY, FIRST, SECOND, TOWNSHIP, VILLAGE, Desk, holds


def test_what_two_persons_do_is_not_told(store_desk: Desk) -> None:
    county(store_desk)
    register = store_desk.api.register
    register.confirm("p-9", 3, actor=SECOND)
    register.confirm("p-9", 4, actor=SECOND)
    register.confirm_unit(actor=SECOND)
    register.change_account("p-0001", "zhang2", actor=FIRST)
    holds(register, "p-8", "admin", COUNTY)
    register.revoke("p-0001", "admin", COUNTY, actor=SECOND)
    register.revoke("p-9", "village", VILLAGE, actor=SECOND)
    assert store_desk.api.records.verify().problems == ()


@pytest.mark.parametrize("kind", PLANTED)
def test_what_one_person_planted_is_told(store_desk: Desk, kind: str) -> None:
    county(store_desk)
    assert told(store_desk) == set()
    planted(store_desk, *PLANTED[kind])
    assert {stream for stream, _ in told(store_desk)} == {where(kind)}


def test_an_office_made_longer_by_an_event_is_told(store_desk: Desk) -> None:
    county(store_desk)
    store_desk.api.register.revoke("p-9", "village", VILLAGE, actor=SECOND)
    planted(store_desk, "person/p-9", "revoke_grant", FIRST, {f"grants/1/village@{VILLAGE}/until": None})
    assert {stream for stream, _ in told(store_desk)} == {f"{COUNTY}:person/p-9"}


def test_in_a_trial_county_one_person_is_not_told(store_desk: Desk) -> None:
    register = store_desk.api.register
    register.import_units([(COUNTY, "县"), (TOWNSHIP, "镇"), (VILLAGE, "村"), (OTHER, "二村")], actor=FIRST)
    register.add_person(COUNTY, "p-0001", "某", offices=[("admin", COUNTY)], actor=FIRST)
    register.add_person(COUNTY, "p-9", "某", offices=[("village", VILLAGE)], actor=FIRST)
    register.grant("p-9", "admin", COUNTY, actor=FIRST)
    register.change_account("p-9", "sun", actor=FIRST)
    register.merge_unit(OTHER, VILLAGE, actor=FIRST)
    assert store_desk.api.records.verify().problems == ()
