"""Two approvals at once never take the last place of a capped quota (R8)."""

from __future__ import annotations

from pathlib import Path
from threading import Barrier, Thread

from sqlalchemy.orm import Session
from weigai.db import open_engine
from weigai.workflow import Approvals, CaseMovedOn, FileStore, GuardsNotMet, StoreBusy

from tests.support import KEYS, Desk, Road, documents, person
from tests.unit.test_after import capped


def test_two_at_once_do_not_take_the_last_place(store_desk: Desk, tmp_path: Path) -> None:
    cases = capped(store_desk, tmp_path)
    act = Road(store_desk, cases[0]).act("county_review")
    store_desk.session.commit()
    url = store_desk.engine.url.render_as_string(hide_password=False)
    barrier, outcomes = Barrier(2), []

    def approve(case: str) -> None:
        engine = open_engine(url)
        barrier.wait(20)
        for _ in range(20):
            try:
                with Session(engine.execution_options(weigai_write=True)) as session, session.begin():
                    api = Approvals(session, now=store_desk.now, files=FileStore(tmp_path / "f"), keys=KEYS)
                    api.take(
                        case,
                        act[0],
                        actor=person(act[1]),
                        on=store_desk.today,
                        data=act[3],
                        documents=documents(act[2]),
                    )
                outcomes.append("done")
                break
            except GuardsNotMet as error:
                outcomes.append(next(f.guard for f in error.unmet))
                break
            except (StoreBusy, CaseMovedOn):
                continue
        engine.dispose()

    both = [Thread(target=approve, args=(case,)) for case in cases]
    for one in both:
        one.start()
    for one in both:
        one.join(60)
    assert sorted(outcomes) == ["done", "quota_not_exceeded"]
