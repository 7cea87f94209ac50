"""Small proofs of one question each, over a county of two villages: who sees what, what is refused, what is found out."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select
from weigai.db import open_engine
from weigai.db.backup import backup as backups_of
from weigai.db.backup import restore as restores_of
from weigai.states.errors import GuardsNotMet, NotFound, WeigaiError
from weigai.workflow import Actor, Approvals

from tests.prove.probes_floor import FLOOR
from tests.prove.probes_inside import INSIDE
from tests.prove.probes_places import PLACES
from tests.prove.probes_record import chained, rolled_back, tampered
from tests.prove.sitting import sitting
from tests.support import FIRST, HEAD, LEFT, VILLAGE, Desk, Road, documents, forged, founded, person

if TYPE_CHECKING:
    from weigai.workflow import Done

OTHER_VILLAGE = "150783102201"
STRANGERS = {
    "another village": OTHER_VILLAGE, "another township": "150783102", "another county": "150784",
    "a beginning of the code": "1507831", "a beginning without a digit": "15078310120", "nothing": "",
}  # fmt: skip


# ------------------------------------------------------------------ who sees what


def areas() -> list[str]:
    """Return every reading by which somebody whose area a case is not in came to know of it."""
    with sitting() as desk:
        case = desk.open()
        desk.walk(case, "village_publicity")
        listed = desk.api.lists.new("notice", unit=VILLAGE, cases=[case], actor=person("village"), on=desk.today).id
        seen = []
        for who, unit in STRANGERS.items():
            stranger = forged("p-x", "village", (unit,))
            for name, read in _readings(desk.api, case, listed, stranger).items():
                told = _told(read, typed=name in _TYPED)
                if case in told or listed in told or "150783101" in told:
                    seen.append(f"{name}: seen by somebody of {who}")
        return seen


_TYPED = frozenset(
    ["get", "find", "history", "household", "available", "check", "log of its stream", "a list"]
)  # whoever asks so has typed the id already, so an error may say it again


def _told(read: Any, *, typed: bool) -> str:
    """Return all that a reading tells, the words of an error too."""
    try:
        return repr(read())
    except WeigaiError as error:
        return "" if typed else error.message("en")


def _readings(api: Approvals, case: str, listed: str, who: Actor) -> dict[str, Any]:
    return {
        "get": lambda: api.get(case, actor=who),
        "find": lambda: api.find(case, actor=who),
        "find by a beginning": lambda: api.find(case[:14], actor=who),
        "list": lambda: api.list(actor=who),
        "history": lambda: api.history(case, actor=who),
        "household": lambda: (case, api.household(case, actor=who)),
        "available": lambda: (case, api.available(case, actor=who)),
        "check": lambda: (case, api.check(case, "close_village_publicity", actor=who)),
        "inbox": lambda: api.inbox(actor=who),
        "log": lambda: api.records.log(actor=who),
        "log of its stream": lambda: api.records.log(actor=who, stream=f"case/{case}"),
        "progress": lambda: api.records.progress(actor=who),
        "a list": lambda: api.lists.get(listed, actor=who),
    }


# ------------------------------------------------------------------ what is refused


def refusals() -> list[str]:
    """Return every act that was taken although one rule stands against it."""
    with sitting() as desk:
        return [name for name, one in _TRESPASSES.items() if _taken(desk, one)]


def _taken(desk: Desk, one: Any) -> bool:
    desk.session.rollback()
    desk.today = date(2019, 6, 10)
    try:
        one(desk, desk.open())
    except WeigaiError:
        return False
    finally:
        desk.session.rollback()
    return True


def _too_early(desk: Desk, case: str) -> None:
    desk.walk(case, "village_publicity")
    desk.take(case, "close_village_publicity", "village", on=desk.today + timedelta(days=5), hung_throughout=True)


def _objected(desk: Desk, case: str) -> None:
    road = desk.walk(case, "village_publicity")
    desk.take(case, "raise_objection", "village", level="village", grounds="不符合条件")
    action, office, papers, data = road.act("village_publicity")
    desk.take(case, action, office, papers, **data)


def _wrong_office(desk: Desk, case: str) -> None:
    action, _, papers, data = Road(desk, case).act("draft")
    desk.take(case, action, "finance", papers, **data)


def _no_paper(desk: Desk, case: str) -> None:
    action, office, papers, data = Road(desk, case).act("draft")
    desk.take(case, action, office, papers.replace("danger_photo", ""), **data)


def _out_of_order(desk: Desk, case: str) -> None:
    desk.take(case, *Road(desk, case).act("village_deliberation")[:3], assembly="villagers_meeting", approved=True)


def _in_the_future(desk: Desk, case: str) -> None:
    action, office, papers, data = Road(desk, case).act("draft")
    desk.api.take(
        case,
        action,
        actor=person(office),
        on=desk.today + timedelta(days=1),
        data=data,
        documents=documents(papers, case),
    )


def _own_household(desk: Desk, case: str) -> None:
    desk.api.register.add_person("150783", "p-kin", "某人", offices=[("village", VILLAGE)], actor=person("admin"))
    kin = Actor("p-kin", "village", (VILLAGE,))
    desk.api.register.declare("p-kin", {"id_number": HEAD["id_number"]}, actor=kin)
    road = Road(desk, case)
    road.to("village_deliberation")
    action, _, papers, data = road.act("village_deliberation")
    desk.api.take(case, action, actor=kin, on=desk.today, data=data, documents=documents(papers, case))


def _long_after(desk: Desk, case: str) -> None:
    day, desk.today = desk.today, desk.today + timedelta(days=60)
    action, office, papers, data = Road(desk, case).act("draft")
    desk.take(case, action, office, papers, on=day, **data)


def _for_another(desk: Desk, case: str) -> None:
    action, office, papers, data = Road(desk, case).act("draft")
    desk.api.take(
        case,
        action,
        actor=person(office),
        recorder=person("finance"),
        on=desk.today,
        data=data,
        documents=documents(papers, case),
    )


def _confirmed_alone(desk: Desk, _case: str) -> None:
    register = founded(desk)
    register.add_person("150783", "p-9", "某人", offices=[("village", VILLAGE)], actor=FIRST)
    register.confirm("p-9", actor=FIRST)


def _unmasked(desk: Desk, case: str) -> None:
    desk.api.unmask(case, actor=person("admin"), reason="核对")


def _unmasked_list(desk: Desk, case: str) -> None:
    made = desk.api.lists.new("meeting", unit=VILLAGE, cases=[case], actor=person("village"), on=desk.today)
    desk.api.lists.unmask(made.id, actor=person("village"), reason=" ")


def _erased_in_2099(desk: Desk, case: str) -> None:
    desk.take(case, "withdraw", "village", reason="不改了")
    desk.api.erase(case, actor=person("county"), agreed_by="p-second", reason="期满", on=date(2099, 1, 1))


def _sent_to_oneself(desk: Desk, case: str) -> None:
    clerk = person("village")
    made = desk.api.lists.new("hand_over", unit=VILLAGE, cases=[case], actor=clerk, on=desk.today).id
    desk.api.lists.send(made, actor=clerk, on=desk.today)
    desk.api.lists.receive(made, actor=clerk, on=desk.today)


def _declared_anew(desk: Desk, case: str) -> None:
    try:
        _own_household(desk, case)
    except GuardsNotMet:
        kin = Actor("p-kin", "village", (VILLAGE,))
        desk.api.register.declare("p-kin", {"id_number": "150799196103030027"}, actor=kin)
        action, _, papers, data = Road(desk, case).act("village_deliberation")
        desk.api.take(case, action, actor=kin, on=desk.today, data=data, documents=documents(papers, case))


def _both_steps(desk: Desk, case: str) -> None:
    road = Road(desk, case)
    for until in ("identity_check", "county_review"):
        road.to(until)
        action, office, papers, data = road.act(until)
        both = Actor("p-both", office, person(office).units)
        desk.api.take(case, action, actor=both, on=desk.today, data=data, documents=documents(papers, case))


def _asked(desk: Desk, case: str) -> Done:
    told = {"rule": "R36c", "granted_by": "p-head", "until": "2019-12-31", "reason": "灾后集中开工"}
    return desk.ask(case, "exempt", "county", **told)


def _confirmed_by(office: str) -> Any:
    def confirmed(desk: Desk, case: str) -> None:
        desk.api.confirm(str(_asked(desk, case).pending), actor=person(office))

    return confirmed


def _by_one_alone(desk: Desk, case: str) -> None:
    if _asked(desk, case).pending:
        raise NotFound(case)  # nothing has changed


_TRESPASSES = {
    "an exemption by one alone": _by_one_alone, "an exemption confirmed by who asked for it": _confirmed_by("county"),
    "an exemption confirmed by the village": _confirmed_by("village"),
    "two steps that are for two persons": _both_steps, "a step on one's own household": _own_household,
    "an act entered two months later by oneself": _long_after, "an act entered by an office that may not": _for_another,
    "an office confirmed by who proposed it": _confirmed_alone, "an unmasking without the right": _unmasked,
    "an unmasking without a reason": _unmasked_list, "an erasure on a day that has not come": _erased_in_2099,
    "a list received by who sent it": _sent_to_oneself, "a declaration that takes back the one before": _declared_anew,
    "a publicity closed a day too early": _too_early, "a publicity closed over an objection": _objected,
    "an act of the wrong office": _wrong_office, "an act without its paper": _no_paper,
    "an act out of order": _out_of_order, "an act in the future": _in_the_future,
}  # fmt: skip


# ------------------------------------------------------------------ backups


def backups() -> list[str]:
    """Return what a backup or a restore lost, and what came back that had been erased."""
    with sitting() as desk:
        first = desk.open()
        desk.walk(first, "village_publicity")
        desk.session.commit()
        place = Path(str(desk.engine.url.database)).parent
        backups_of.backup(desk.engine, place / "b.db", keys=place / "b.keys")
        counted = _counts(desk.engine)
        broken = [
            f"{name}: {count} rows, {_counted(place / 'b.db', name)} in the backup"
            for name, count in counted.items()
            if _counted(place / "b.db", name) != count
        ]
        engine = open_engine(f"sqlite:///{place}/back.db")
        head, *rows = (place / "b.keys").read_text(encoding="utf-8").splitlines()
        gone = {"wrapped": None, "erased_at": "2019-12-01T00:00:00.000000Z"}
        erased = [head, *(json.dumps({**json.loads(row), **gone}) for row in rows)]
        (place / "none.keys").write_text("\n".join(erased) + "\n", encoding="utf-8")
        with suppress(WeigaiError):
            restores_of.restore(engine, place / "b.db", keys=place / "none.keys")  # every key was erased since
            left = _left(engine)
            broken += [f"{name}: {count} erased values came back" for name, count in left.items() if count]
            if _counts(engine)["weigai_event"] != counted["weigai_event"]:
                broken.append("events are missing after a restore")
        engine.dispose()
        return broken


def _left(engine: Any) -> dict[str, int]:
    """Return how many values and tokens of a database are not emptied."""
    with engine.connect() as connection:
        return {
            f"weigai_{name}": connection.exec_driver_sql(
                f"SELECT count(*) FROM weigai_{name} WHERE {LEFT[name]}"
            ).scalar()
            for name in ("private", "index")
        }


def _counts(engine: Any) -> dict[str, int]:
    from weigai.db.tables import METADATA

    with engine.connect() as connection:
        return {
            name: connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar()
            for name in METADATA.tables
            if name not in ("weigai_key", "weigai_master")  # kept apart, and written anew by the next wrap
        }


def _counted(path: Path, name: str) -> int | None:
    raw = sqlite3.connect(path)
    try:
        return int(raw.execute(f"SELECT count(*) FROM {name}").fetchone()[0])
    except sqlite3.DatabaseError:
        return None
    finally:
        raw.close()


# ------------------------------------------------------------------ locks


def locks() -> list[str]:
    """Return what is lost where a process opens its database once more, and another process then closes its own."""
    with sitting() as desk:
        case = desk.open()
        desk.session.commit()
        path = str(desk.engine.url.database)
        desk.session.connection()  # this connection stays open
        desk.session.rollback()
        open_engine(f"sqlite:///{path}").dispose()
        other = (
            "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('DELETE FROM weigai_tally'); c.commit()"
        )
        subprocess.run([sys.executable, "-c", other, path], check=True)
        desk.api.record(case, "record_complaint", actor=person("county"), on=desk.today, data={"note": "意见"})
        desk.session.commit()
        seen = "import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute('SELECT max(seq) FROM weigai_event').fetchone()[0])"
        done = subprocess.run([sys.executable, "-c", seen, path], check=False, capture_output=True, text=True)
        return [] if done.stdout.strip() == "2" else [f"another process sees event {done.stdout.strip() or '?'} of 2"]


# ------------------------------------------------------------------ what is personal


def masks() -> list[str]:
    """Return the readings that show a personal value in plain."""
    with sitting() as desk:
        case = desk.open()
        shown = repr(desk.api.household(case, actor=person("county")))
        return [
            f"{value} is shown" for value in (HEAD["name"], HEAD["id_number"], "6217000000000001") if value in shown
        ]


def erasures() -> list[str]:
    """Return what is left of a household that was erased: data keys, values, tokens, papers."""
    from weigai.db.statements import DOCUMENT, INDEX, KEY, LIVING, PRIVATE
    from weigai.db.vault import erasure as erasing
    from weigai.db.vault.index import STANDS

    with sitting() as desk:
        case = desk.open()
        desk.walk(case, "village_publicity")
        connection = desk.session.connection()
        erasing.destroy(connection, case, erasing.EVERYBODY, "2019-07-01T00:00:00.000000Z")
        sides: dict[str, Any] = {
            "a data key": select(KEY).where(KEY.c.stream == f"case/{case}", KEY.c.wrapped.is_not(None)),
            "a value": select(PRIVATE).where(
                PRIVATE.c.stream == f"case/{case}", or_(PRIVATE.c.value != "", PRIVATE.c.salt != "")
            ),
            "a token": select(INDEX).where(INDEX.c.stream == f"case/{case}", STANDS),
            "a paper": select(DOCUMENT).where(DOCUMENT.c.stream == f"case/{case}", or_(LIVING, DOCUMENT.c.salt != "")),
        }
        return [f"{name} is left" for name, left in sides.items() if connection.execute(left).first() is not None]


PROBES = {
    **{
        probe.__name__: probe
        for probe in (areas, refusals, tampered, chained, rolled_back, backups, locks, masks, erasures)
    },
    **PLACES,
    **INSIDE,
    **FLOOR,
}
