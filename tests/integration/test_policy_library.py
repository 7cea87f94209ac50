"""A county's own policy files: from a folder, and kept in the database; never one content for another in silence."""

from __future__ import annotations

import os
from datetime import date
from typing import TYPE_CHECKING

import pytest
from weigai.states.errors import InputRefused, NotFound
from weigai.states.policy.draft import County
from weigai.workflow import Approvals
from weigai.workflow.library import Library, bundled

from tests.support import KEYS, VILLAGE, Desk, documents, household, person

if TYPE_CHECKING:
    from pathlib import Path

TEXT = bundled()["zhalantun-2019-a"]
OWN = TEXT.replace('id = "zhalantun-2019-a"', 'id = "our-plan"', 1)


def open_under(desk: Desk, policy: str, folder: Path | None = None) -> str:
    api = Approvals(desk.session, now=desk.now, files=desk.files, keys=KEYS, policies=folder)
    told = household("a")
    return api.open_case(policy=policy, unit=VILLAGE, household=told, actor=person("village"), on=desk.today).id


def test_a_folder_and_the_database_are_looked_up_by_id(desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "plans"
    folder.mkdir()
    (folder / "any-name.toml").write_text(OWN, encoding="utf-8")
    with pytest.raises(NotFound):
        open_under(desk, "our-plan")
    first = desk.api.get(open_under(desk, "our-plan", folder), actor=person("county"))
    (folder / "any-name.toml").unlink()
    again = desk.api.get(open_under(desk, "our-plan", folder), actor=person("county"))
    by_hash = desk.api.get(open_under(desk, f"our-plan@{first.policy_hash[:20]}"), actor=person("county"))
    assert again.policy_hash == by_hash.policy_hash == first.policy_hash
    assert desk.walk(first.id, "village_publicity")
    with pytest.raises(NotFound):
        open_under(desk, "our-plan@sha256:00000000")


def test_another_content_under_the_same_id_is_a_new_version_that_says_so(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "our.toml"
    path.write_text(OWN, encoding="utf-8")
    first = open_under(desk, str(path))
    path.write_text(OWN.replace("days = 5", "days = 7"), encoding="utf-8")
    second = open_under(desk, str(path))
    told = [[w["guard"] for w in desk.api.history(case)[0].warnings] for case in (first, second)]
    assert told == [[], ["policy_unchanged"]]
    desk.walk(first, "village_publicity")
    found = {f.guard: f for f in desk.check(first, "close_village_publicity", "village").findings}
    assert found["publicity_days_complete"].values["days"] == 5
    open_under(desk, str(path))


def test_one_id_in_the_folder_and_the_package_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(TEXT.replace("days = 5", "days = 7"), encoding="utf-8")
    library = Library(tmp_path)
    with pytest.raises(InputRefused, match="several contents"):
        library.text("zhalantun-2019-a")
    assert "days = 7" in library.text(str(tmp_path / "a.toml"))
    (tmp_path / "a.toml").write_text(TEXT, encoding="utf-8")
    assert library.text("zhalantun-2019-a") == TEXT


def test_every_version_is_kept_with_its_cases(store_desk: Desk, tmp_path: Path) -> None:
    desk = store_desk
    folder = tmp_path / "plans"
    folder.mkdir()
    path = folder / "own.toml"
    path.write_text(OWN, encoding="utf-8")
    first = open_under(desk, "our-plan", folder)
    path.write_text(OWN.replace("days = 5", "days = 7"), encoding="utf-8")
    open_under(desk, "our-plan", folder)
    desk.open()
    desk.take(first, "withdraw", "village", reason="moved", papers="withdrawal_statement")
    api = Approvals(desk.session, now=desk.now, files=desk.files, keys=KEYS, policies=folder)

    def told(actor: object) -> list[tuple[object, ...]]:
        rows = api.records.policies(actor=actor)
        return sorted((row.policy, row.open, row.ended, row.file) for row in rows)

    county = person("county")
    assert told(county) == [
        ("our-plan", 0, 1, "changed"),
        ("our-plan", 1, 0, "same"),
        ("zhalantun-2019-a", 1, 0, "same"),
    ]
    assert not told(type(county)("p-1", "county", ("999999",)))
    path.unlink()
    assert {row[3] for row in told(county) if row[0] == "our-plan"} == {"gone"}


def test_what_the_command_line_does_with_policies_the_api_does(store_desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "our.toml"
    path.write_text(OWN.replace("days = 5", "days = 7", 1), encoding="utf-8")
    case = store_desk.api.get(open_under(store_desk, str(path)), actor=person("county"))
    library = store_desk.api.library
    kept = f"our-plan@{case.policy_hash[:20]}"
    path.unlink()
    assert "村级公示：5 个自然日 → 7 个自然日" in [
        change.sentence("zh") for change in library.compared("zhalantun-2019-a", kept)
    ]
    steps = next(part for part in library.described(kept, "en") if part.name == "steps")
    assert any("7 calendar days" in line.text for line in steps.lines)
    whose = County("ours", ("某旗方案", "Ours"), "150784", ("某旗", "Ours"), 2026, date(2026, 3, 1))
    assert 'id = "ours"' in library.drafted(kept, whose)


def test_one_id_in_two_files_of_the_folder_is_refused_and_no_other(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(OWN, encoding="utf-8")
    (tmp_path / "b.toml").write_text(OWN.replace("days = 5", "days = 7"), encoding="utf-8")
    library = Library(tmp_path)
    with pytest.raises(InputRefused, match=r"a\.toml, b\.toml"):
        library.text("our-plan")
    assert library.procedure("zhalantun-2019-b")
    (tmp_path / "b.toml").write_text(OWN, encoding="utf-8")
    assert library.text("our-plan") == OWN


def test_a_file_of_the_folder_that_cannot_be_read_stops_no_other_and_is_told(tmp_path: Path) -> None:
    text = bundled()["zhalantun-2019-a"].replace('id = "zhalantun-2019-a"', 'id = "ours"')
    (tmp_path / "good.toml").write_text(text, encoding="utf-8")
    (tmp_path / "bytes.toml").write_bytes(b"id = \xff\xff\n")
    (tmp_path / "large.toml").write_text("k = 1\n" * 200_000, encoding="utf-8")
    (tmp_path / "loop.toml").symlink_to("loop.toml")
    (tmp_path / "folder.toml").mkdir()
    os.mkfifo(tmp_path / "pipe.toml")
    library = Library(tmp_path)
    assert library.procedure("ours").policy.id == "ours"
    assert list(library.own) == ["ours"]
    assert set(library.unread) == {"bytes.toml", "large.toml", "loop.toml", "folder.toml", "pipe.toml"}
    assert library.procedure("zhalantun-2019-b").policy.id == "zhalantun-2019-b"
    for asked in ("bytes", "pipe", "nowhere"):  # of the last, any of them may be the file
        with pytest.raises(InputRefused):
            library.text(asked)
    (tmp_path / "pipe.toml").unlink()
    with pytest.raises(InputRefused):
        library.text(str(tmp_path / "loop.toml"))


def test_a_first_case_of_a_shorter_intake_keeps_the_moves_of_the_whole_plan(store_desk: Desk, tmp_path: Path) -> None:
    text = bundled()["zhalantun-2019-b"].replace('id = "zhalantun-2019-b"', 'id = "shorter"', 1)
    text = text.replace('id = "full"\n', 'id = "full"\nwithout = ["report"]\n', 1)
    assert 'without = ["report"]' in text
    path = tmp_path / "shorter.toml"
    path.write_text(text, encoding="utf-8")
    store_desk.api.open_case(
        policy=str(path), unit=VILLAGE, household=household("b"), actor=person("village"), on=store_desk.today,
        intake="disaster", agreed_by="p-township", documents=documents("village_disaster_report township_disaster_report"),
    )  # fmt: skip
    assert store_desk.api.records.verify().problems == ()
