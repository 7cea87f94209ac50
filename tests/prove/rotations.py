"""The master key rotated and retired beside openings: no data key is ever wrapped by a master key that is gone.

Eight processes open cases, one of them a host that keeps keys of a text until it is told that they are old. Meanwhile
others rotate and retire the master key, several at once, and some of them are killed. The openings are spread over the
rotations: each process waits for its share of them. At the end every value is opened.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session
from weigai.db import Keys, open_engine
from weigai.db.audit.verify import verify
from weigai.db.vault import key_file, places
from weigai.db.vault import rotation as rekey
from weigai.db.vault.master_keys import masters
from weigai.db.vault.rotation import retire, rotate
from weigai.states.errors import KeysNeeded, StoreBusy, WeigaiError

from tests.prove.clients import DAY, POLICY, Client, family, official, prepared
from tests.prove.result import Result, proof
from tests.support import VILLAGE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CLIENTS, AT_ONCE, SLOW = 8, 20, 3
TAKES = 0.7  # seconds that a slow opening takes to its commit, while others rotate and retire
CONTEXT = multiprocessing.get_context("fork")
TRIES = 200
LONGEST = 0.15  # seconds until a rotation is killed
PAUSE = 0.3  # seconds between two that are killed, so that others rotate to their end
OPENED_EACH = 50  # openings for each whole rotation
PATIENCE = 30  # seconds that an opening waits for the rotations before it


def run(seed: int, n: int, url: str) -> Iterator[Result]:
    """Rotate beside `n` openings, then twenty times at once."""
    kind = url.split(":", 1)[0].split("+", maxsplit=1)[0]
    with TemporaryDirectory(prefix="weigai-prove-") as folder:
        place = Path(folder)
        prepared(url)
        Client(url, place).close()  # makes the key file
        _adopt(url, place)
        with proof(f"rotations {kind}") as result:
            _beside(seed, n, url, place, result)
            _opened(url, place, n, result)
        yield result
        with proof(f"rotations at once {kind}") as result:
            _at_once(url, place, result)
            _opened(url, place, n, result)
        yield result
        with proof(f"rotations beside a slow opening {kind}") as result:
            for number in range(n, n + SLOW):
                _beside_a_slow_one(number, url, place, result)
                _cut_off(url, place, result)
            _never_one(n + SLOW, url, place, result)
            _opened(url, place, n + SLOW + 1, result)
        yield result


def _adopt(url: str, place: Path) -> None:
    engine = open_engine(url)
    with engine.connect() as connection, key_file.locked(place / "weigai.key") as file:
        file.write(databases=places.adopted(places.here(connection), (), alone=True))
    engine.dispose()


def _beside(seed: int, n: int, url: str, place: Path, result: Result) -> None:
    over, said, rotated = CONTEXT.Event(), CONTEXT.Queue(), CONTEXT.Value("i", 0)
    crew = [CONTEXT.Process(target=_opens, args=(one, n, url, place, said, rotated)) for one in range(CLIENTS)]
    for one in crew:
        one.start()
    beside = [CONTEXT.Process(target=_rotates, args=(url, place, over, said, each)) for each in (rotated, None)]
    for one in beside:
        one.start()
    killed = 0
    draw = Random(seed)
    while any(one.is_alive() for one in crew):
        victim = CONTEXT.Process(target=_one_rotation, args=(url, place))
        victim.start()
        time.sleep(draw.random() * LONGEST)
        os.kill(victim.pid or 0, signal.SIGKILL)
        victim.join()
        killed += 1
        _drain(said, result)
        time.sleep(draw.random() * PAUSE)
    over.set()
    for one in (*crew, *beside):
        one.join()
        if one.exitcode:
            result.broke(f"a process ended with {one.exitcode}")
    _drain(said, result)
    result.note(f"{killed} rotations were killed")


def _drain(said: Any, result: Result) -> None:
    while not said.empty():
        kind, words = said.get()
        if kind == "fault":
            result.broke(words)
        elif kind == "note":
            result.note(words)
        else:
            result.n += words


def _opens(number: int, n: int, url: str, place: Path, said: Any, rotated: Any) -> None:
    """Open this process's share of the cases, again where the database is busy; the last process keeps old keys."""
    client = Client(url, place)
    if number == CLIENTS - 1:
        client.keys = Keys.from_text((place / "weigai.key").read_text())
    mine, busy = range(number, n, CLIENTS), 0
    for case in mine:
        if not _came(rotated, case // OPENED_EACH):
            said.put(("fault", f"only {rotated.value} rotations came to their end"))
            break
        for _ in range(TRIES):
            if client.open(f"rotation-{case}", case) is not None:
                break
            if client.notes[-1].why not in ("StoreBusy", "KeysOutdated", "CaseMovedOn"):
                said.put(("fault", f"an opening was refused: {client.notes[-1].why}"))
                break
            busy += 1
            if number == CLIENTS - 1:  # a host that gives weigai its keys anew once it is told
                client.keys = Keys.from_text((place / "weigai.key").read_text())
            time.sleep(0.01)
        else:
            said.put(("fault", "an opening was busy for too long"))
    for fault in client.faults:
        if number < CLIENTS - 1 or "without waiting" not in fault:  # who keeps old keys is told at once
            said.put(("fault", fault))
    said.put(("count", len(mine)))
    if busy:
        said.put(("note", f"process {number}: {busy} openings were done again"))
    client.close()


def _came(rotated: Any, wanted: int) -> bool:
    """Wait until so many rotations came to their end; False where they do not."""
    until = time.monotonic() + PATIENCE
    while rotated.value < wanted:
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


def _rotates(url: str, place: Path, over: Any, said: Any, rotated: Any) -> None:
    """Rotate and retire, or retire alone, until all is over."""
    engine, retired = open_engine(url), 0
    while not over.is_set():
        if rotated is not None:
            rotated.value += _told(lambda: rotate(engine, place / "weigai.key"), said)
        retired += _told(lambda: retire(engine, place / "weigai.key", allowed=_allowed), said)
        time.sleep(PAUSE / 3)
    said.put(("note", f"{rotated.value if rotated is not None else 0} rotations, {retired} retirements beside"))
    engine.dispose()


def _allowed(connection: Any, file: Any) -> None:
    places.require(connection, file.databases)


def _told(work: Callable[[], Any], said: Any) -> int:
    """Do a piece of work; whatever is not one of weigai's errors is a fault."""
    try:
        work()
    except WeigaiError as error:
        if type(error).__name__ not in ("StoreBusy", "KeysNeeded"):
            said.put(("fault", f"{type(error).__name__}: {error}"))
        return 0
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        said.put(("fault", f"{type(error).__name__}: {error}"[:300]))
        return 0
    return 1


def _one_rotation(url: str, place: Path) -> None:
    engine = open_engine(url)
    while True:
        try:
            rotate(engine, place / "weigai.key")
        except StoreBusy:
            time.sleep(0.01)
        except WeigaiError:  # those that are not killed say so
            return


def _at_once(url: str, place: Path, result: Result) -> None:
    said = CONTEXT.Queue()
    before = len(Keys.from_file(place / "weigai.key").masters)
    crew = [CONTEXT.Process(target=_once, args=(url, place, said)) for _ in range(AT_ONCE)]
    for one in crew:
        one.start()
    for one in crew:
        one.join()
        result.n += 1
    done = 0
    while not said.empty():
        kind, words = said.get()
        done += words if kind == "count" else 0
        if kind == "fault":
            result.broke(words)
    after = len(Keys.from_file(place / "weigai.key").masters)
    result.note(f"{done} of {AT_ONCE} rotated, the others were told that the database is busy")
    if not before < after <= before + done:
        result.broke(f"{done} rotations made {after - before} master keys")


def _once(url: str, place: Path, said: Any) -> None:
    engine = open_engine(url)
    said.put(("count", _told(lambda: rotate(engine, place / "weigai.key"), said)))
    engine.dispose()


def _beside_a_slow_one(number: int, url: str, place: Path, result: Result) -> None:
    """Rotate and retire while an opening is not committed; it is opened afterwards like every other (see `_opened`)."""
    go, client = CONTEXT.Event(), Client(url, place)
    other = CONTEXT.Process(target=_when_told, args=(url, place, go))
    other.start()
    with Session(client.engine.execution_options(weigai_write=True)) as session, session.begin():
        client.api(session).open_case(
            policy=POLICY,
            unit=VILLAGE,
            household=family(number),
            actor=official("village"),
            on=DAY,
            request_id=f"slow-{number}",
        )
        go.set()
        time.sleep(TAKES)
    other.join()
    client.close()
    result.n += 1
    if other.exitcode:
        result.broke(f"a rotation beside a slow opening ended with {other.exitcode}")


def _when_told(url: str, place: Path, go: Any) -> None:
    engine = open_engine(url)
    go.wait()
    rotate(engine, place / "weigai.key")
    retire(engine, place / "weigai.key", allowed=_allowed)
    engine.dispose()


def _cut_off(url: str, place: Path, result: Result) -> None:
    """Cut a rotation off before it wraps anything anew, and retire: that must be refused."""
    victim = CONTEXT.Process(target=_takes_and_dies, args=(url, place))
    victim.start()
    victim.join()
    engine = open_engine(url)
    try:
        with suppress(KeysNeeded):
            retire(engine, place / "weigai.key", allowed=_allowed)
            result.broke("a master key was retired that data keys need")
        rotate(engine, place / "weigai.key")  # ends what was cut off
    except WeigaiError as error:
        result.broke(f"what was cut off is not ended: {error}")
    engine.dispose()
    result.n += 1


def _never_one(number: int, url: str, place: Path, result: Result) -> None:
    """Put a newest master key in that never was one, as one row can after a restore; a rotation mends it."""
    engine, client = open_engine(url), Client(url, place)
    with engine.connect().execution_options(weigai_write=True) as connection, connection.begin():
        connection.exec_driver_sql("DELETE FROM weigai_master")
        connection.exec_driver_sql("INSERT INTO weigai_master (one, master) VALUES (1, '0123456789ab')")
    try:
        rotate(engine, place / "weigai.key")
    except WeigaiError as error:
        result.broke(f"nobody can replace a newest master key that never was one: {error}")
    if client.open(f"rotation-{number}", number) is None:
        result.broke(f"nothing is opened after a rotation: {client.notes[-1].why}")
    client.close()
    engine.dispose()
    result.n += 1


def _takes_and_dies(url: str, place: Path) -> None:
    rekey.rewrap = lambda *_asked, **_more: os.kill(os.getpid(), signal.SIGKILL)
    rotate(open_engine(url), place / "weigai.key")


def _opened(url: str, place: Path, n: int, result: Result) -> None:
    """Open every value with the key file as it now is: what does not open is lost."""
    keys = Keys.from_file(place / "weigai.key")
    engine = open_engine(url)
    with engine.connect() as connection:
        found = verify(connection, keys=keys, most=20)
        lost = sum(count for name, count in masters(connection).items() if not keys.has(name))
        cases = connection.exec_driver_sql("SELECT count(*) FROM weigai_case").scalar()
    engine.dispose()
    result.broke(*(f"{p.stream} #{p.seq}: {p.what}" for p in found.problems))
    if lost:
        result.broke(f"{lost} data keys are wrapped by a master key that is gone")
    if cases != n:
        result.broke(f"{cases} cases of {n} are there")
