"""Personal values that are known again, planted in every place that takes one: none may ever be seen in plain.

Looked through, in UTF-8, as JSON escapes and in GB18030: every byte of the databases (PostgreSQL's folder with its log,
every statement and parameter logged), attached files, backups, exports, temporary files, and what every command says.
"""

from __future__ import annotations

import json
import os
import random
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine
from weigai.db import open_engine, schema
from weigai.states.errors import WeigaiError
from weigai.states.identity_number import synthetic
from weigai.workflow import Attachment

from tests.forks import Ran, forks
from tests.postgres import Server
from tests.prove.result import Result, proof
from tests.support import COUNTY, KEYS, TOWNSHIP, VILLAGE, Desk, household, person

if TYPE_CHECKING:
    from collections.abc import Iterator

_FORMS = [["--json"], [], ["--lang", "en"]]
_FULL = 50


class Plants:
    """Values drawn by a seed, each of a kind and unlike any other."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.planted: dict[str, str] = {}

    def _new(self, kind: str, value: str) -> str:
        if value in self.planted:
            return self._new(kind, value + "x")
        self.planted[value] = kind
        return value

    def words(self, kind: str) -> str:
        """Return a name, an address or free text."""
        return self._new(kind, f"鸾{self._random.getrandbits(48):012x}鸑")

    def number(self, kind: str) -> str:
        """Return an identity, card or telephone number."""
        if kind == "id_number":
            born = date(
                1940 + self._random.randrange(40), 1 + self._random.randrange(12), 1 + self._random.randrange(28)
            )
            return self._new(kind, synthetic("150799", born, self._random.randrange(1, 999)))
        return self._new(kind, f"{self._random.randrange(10**10, 10**11)}" + ("" if kind == "phone" else "55"))

    def person(self, **more: Any) -> dict[str, Any]:
        """Return a person of a household."""
        named = {"name": self.words("name"), "id_number": self.number("id_number"), "phone": self.number("phone")}
        return {**named, **more}

    def household(self) -> dict[str, Any]:
        """Return a household with every personal field."""
        return household(
            head=self.person(registered_poor=True),
            members=[self.person(relation="child") for _ in range(2)],
            account={"card": self.number("card"), "card_holder": self.words("card_holder")},
            house={"address": self.words("address")},
            note=self.words("note"),
        )


def run(seed: int, n: int) -> Result:
    """Plant at least `n` values on both databases and look for them wherever they may not be."""
    with proof("canaries") as result, TemporaryDirectory(prefix="weigai-canaries-") as name, Server() as server:
        folder, plants = Path(name), Plants(seed)
        _log_everything(server)
        urls = {"sqlite": f"sqlite:///{folder / 'weigai.db'}", "postgresql": server.fresh()}
        while len(plants.planted) < n:
            for kind, url in urls.items():
                result.broke(*(f"{kind}: {words}" for words in _played(url, folder / f"{kind}.files", plants)))
        _checkpoint(urls["postgresql"])
        result.broke(*_said(folder, plants, _FORMS if n >= _FULL else _FORMS[:1]))
        result.broke(*(f"in {place}: {kind}" for place, kind in _seen([folder, server._folder], plants)))
        result.n = len(plants.planted)
        result.note(f"kinds: {', '.join(sorted(set(plants.planted.values())))}")
    return result


def _log_everything(server: Server) -> None:
    """Let the server write every statement with every parameter into its log: nothing personal may reach it at all."""
    engine = create_engine(server.fresh(), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for setting in (
            "log_statement = 'all'",
            "log_parameter_max_length = -1",
            "log_parameter_max_length_on_error = -1",
        ):
            connection.exec_driver_sql(f"ALTER SYSTEM SET {setting}")
        connection.exec_driver_sql("SELECT pg_reload_conf()")
    engine.dispose()


def _checkpoint(url: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("CHECKPOINT")
    engine.dispose()


def _played(url: str, files: Path, plants: Plants) -> list[str]:
    """Take a household some way, with values in every act; return what an error gave away."""
    engine = open_engine(url)
    schema.upgrade(engine)
    with Desk(engine, files) as desk:
        desk.api.register.import_units([(COUNTY, "县"), (TOWNSHIP, "镇"), (VILLAGE, "村")], actor=person("admin"))
        told = plants.household()
        case = desk.open(
            **{k: v for k, v in told.items() if k not in ("classes", "lives_in_countryside", "rural_registration")}
        )
        desk.walk(case, "village_publicity", record_deliberation={"reason": plants.words("reason")})
        grounds = {"grounds": plants.words("grounds"), "raised_by": plants.words("raised_by")}
        desk.take(case, "raise_objection", "village", level="village", **grounds)
        desk.take(
            case, "record_contact", "township", spoken_to=plants.words("spoken_to"), reason=plants.words("reason")
        )
        paper = Attachment("danger_photo", content=plants.words("photograph").encode() * 9)
        desk.api.attach(case, [paper], actor=person("village"), on=desk.today)
        data = {"reason": plants.words("list")}
        desk.api.lists.new("meeting", unit=VILLAGE, cases=[case], actor=person("village"), on=desk.today, data=data)
        desk.api.units.record(
            TOWNSHIP, "submit_progress", actor=person("township"), data={"note": plants.words("report")}
        )
        _registered(desk, plants)
        desk.api.unmask(case, actor=person("county"), reason=plants.words("unmasking"))
        errors = [words for words in _errors(desk, case, plants) if any(v in words for v in plants.planted)]
        desk.session.commit()
    engine.dispose()
    return [f"an error says it: {words[:80]}" for words in errors]


def _registered(desk: Desk, plants: Plants) -> None:
    number = len(plants.planted)
    desk.api.register.add_person(
        COUNTY,
        f"p-{number}",
        plants.words("official"),
        account=f"clerk{number}",
        actor=person("admin"),
        offices=[(office, COUNTY) for office in ("village", "township", "county", "finance", "auditor", "admin")],
    )
    kin = {"name": plants.words("relative"), "id_number": plants.number("id_number"), "relation": "child"}
    own = {"id_number": plants.number("id_number"), "card": plants.number("card"), "relatives": [kin]}
    desk.api.register.declare(f"p-{number}", own, actor=person("admin"))


def _errors(desk: Desk, case: str, plants: Plants) -> Iterator[str]:
    """Yield what is said of input that is wrong and personal."""
    wrong = [
        lambda: desk.open(head={"name": plants.words("name"), "id_number": plants.number("id_number")[:-1] + "?"}),
        lambda: desk.open(account={"card": plants.words("card"), "card_holder": "x"}),
        lambda: desk.api.record(
            case, "raise_objection", actor=person("village"), data={"grounds": [plants.words("grounds")]}
        ),
        lambda: desk.api.advance(
            case, "pay", actor=person("finance"), data={"reason": plants.words("reason"), "amount": "1"}
        ),
        lambda: desk.api.search("colour", plants.words("search"), actor=person("county")),
        lambda: desk.api.register.declare("p-1", {"card": plants.words("card")}, actor=person("admin")),
    ]
    for attempt in wrong:
        try:
            attempt()
        except WeigaiError as error:
            yield from (str(error), repr(error), error.message("zh"), repr(error.__context__), repr(error.__cause__))
        else:
            yield f"nothing was refused: {next(iter(plants.planted))}"


# ---------------------------------------------------------------------- what commands say


def _said(folder: Path, plants: Plants, forms: list[list[str]]) -> list[str]:
    """Return the commands whose words, errors or arguments hold a planted value."""
    broken = []
    (folder / "tmp").mkdir()
    wrong = folder / "wrong.json"
    personal = {"grounds": plants.words("grounds"), "colour": plants.words("grounds")}
    _hidden(wrong, json.dumps(personal))
    for words in _commands(folder, wrong):
        for form in forms:
            done = _weigai(folder, *form, *words)
            out = done.out + done.err
            if done.code not in (0, 2, 3, 4, 6, 7) or b"Traceback" in out:
                broken.append(f"{' '.join(words[:2])} ended with {done.code}: {done.err[-200:]!r}")
            broken += [f"{' '.join(words[:2])} says a {plants.planted[v]}" for v in plants.planted if _in(v, out)]
    wrong.unlink()
    return broken


def _hidden(path: Path, text: str) -> None:
    path.touch(0o600)
    path.write_text(text, encoding="utf-8")


def _commands(folder: Path, wrong: Path) -> Iterator[list[str]]:
    listed = json.loads(_weigai(folder, "--json", "case", "list").out)
    case = listed[0]["case"]
    for name in ("show", "history", "explain"):
        yield ["case", name, case]
    yield from (["case", "list"], ["inbox"], ["user", "list"], ["user", "pending"], ["unit", "records"], ["doctor"])
    for name in ("progress", "budget", "overdue", "findings", "refusals", "exemptions"):
        yield ["report", name]
    yield from (
        ["audit", "log"],
        ["audit", "log", "--stream", f"unmasked/{case}"],
        ["audit", "refused"],
        ["audit", "verify"],
    )
    yield ["list", "show", f"{VILLAGE}-M-2019-0001"]
    yield ["case", "record", case, "raise_objection", "--data", str(wrong)]
    yield ["case", "unmask", case]
    yield ["audit", "export", str(folder / "out.jsonl")]
    yield ["db", "backup", "--to", str(folder / "out-backup.db"), "--keys", str(folder / "out-backup.keys")]


def _weigai(folder: Path, *words: str) -> Ran:
    env = {
        **os.environ,
        "WEIGAI_DB": f"sqlite:///{folder / 'weigai.db'}",
        "WEIGAI_USER": _account(folder),
        "WEIGAI_MASTER_KEY": KEYS.text(),
        "WEIGAI_FILES": str(folder / "sqlite.files"),
        "PYTHONUTF8": "1",
        "TMPDIR": str(folder / "tmp"),
        "XDG_DATA_HOME": str(folder / "data"),
    }
    return forks().run(list(words), folder=folder, env=env)


def _account(folder: Path) -> str:
    """Return an account of the desk's officials: they hold every office that reads."""
    import sqlite3

    with sqlite3.connect(folder / "weigai.db") as connection:
        return str(connection.execute("SELECT account FROM weigai_person ORDER BY id LIMIT 1").fetchone()[0])


# ---------------------------------------------------------------------- looking


def _in(value: str, content: bytes) -> bool:
    forms = (value.encode(), json.dumps(value)[1:-1].encode(), value.encode("gb18030"), value.encode("utf-16-le"))
    return any(form in content for form in forms)


def _seen(folders: list[Path], plants: Plants) -> Iterator[tuple[str, str]]:
    for folder in folders:
        for path in sorted(Path(place, name) for place, _, names in os.walk(folder) for name in names):
            try:
                content = path.read_bytes()
            except OSError:  # a server at work takes files of its own away, and has sockets
                continue
            for value, kind in plants.planted.items():
                if _in(value, content):
                    yield str(path.relative_to(folder)), kind
