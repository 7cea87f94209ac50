"""Exports and files of heads that somebody made by hand: both verifiers read them strictly, and give the same answer."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from weigai.db.log import heads, held
from weigai.db.log.event import canonical
from weigai.states.errors import InputRefused, IntegrityBroken
from weigai.workflow import Actor
from weigai.workflow.exchange import verify_export

from tests.prove import envelopes, hostile_exports, tampering
from tests.support import COUNTY, Desk, person

VERIFIER = Path(__file__).parent.parent.parent / "workflow/exchange/verify_export.py"


@pytest.fixture
def record(desk: Desk):
    """A connection to an honest record of two counties, one on trial."""
    tampering.schema.upgrade(desk.engine)
    with envelopes.record(desk.engine, random.Random(5)) as connection:
        yield connection


def test_no_hostile_export_verifies_and_none_makes_a_line_of_its_own(record, tmp_path: Path) -> None:
    made = envelopes.export(record)
    honest = b"".join(made)
    assert envelopes.theirs(tmp_path / "e", honest)[0] == 0
    assert envelopes.ours(record, honest)
    for name, hostile in hostile_exports.HOSTILE.items():
        data = hostile(list(made))
        assert data != honest, name
        code, said = envelopes.theirs(tmp_path / "e", data)
        assert code == 7, (name, said)
        assert not envelopes.ours(record, data), name
        assert all(line.isprintable() for line in said.split("\n")), name
        assert not any(line.startswith(hostile_exports.FORGED) for line in said.splitlines()), name


def test_both_verifiers_give_the_same_answer_on_mutated_exports(engine, tmp_path: Path) -> None:
    size = 150 if engine.dialect.name == "sqlite" else 40
    result = envelopes.run(engine, tmp_path, random.randrange(10**9), size)
    assert (result.n, result.violations) == (size, [])


def _lenient(raw: bytes):
    found = json.loads(raw)
    kind = next(iter(found), "")
    value = found if kind == "weigai" else found[kind]
    if not verify_export.is_kind(kind, value):
        raise ValueError(kind)
    return kind, value


@pytest.mark.parametrize(
    ("where", "name", "lenient"),
    [
        (verify_export, "read_line", _lenient),
        (verify_export.Verifier, "named", lambda self: None),
        (
            verify_export.Verifier,
            "ordered",
            lambda self, kind, value: self.counties.add(value["county"] if kind == "head" else value[0]),
        ),
    ],
)
def test_a_verifier_that_reads_leniently_is_told_of(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where, name: str, lenient
) -> None:
    monkeypatch.setattr(where, name, lenient)
    assert envelopes.run(desk.engine, tmp_path, 3, 100).violations


def test_a_county_of_which_nothing_is_on_record_is_not_exported(desk: Desk) -> None:
    county = person("county")
    with pytest.raises(InputRefused):
        list(desk.api.evidence.export(actor=county))
    desk.open()
    lines = list(desk.api.evidence.export(actor=Actor(county.person, county.office, (COUNTY, "659001"))))
    assert json.loads(lines[0])["counties"] == [COUNTY]


def test_an_export_of_an_erased_household_verifies(store_desk: Desk, tmp_path: Path) -> None:
    case = store_desk.open()
    store_desk.take(case, "attach", "village", "danger_photo")
    store_desk.take(case, "withdraw", "village", "", reason="不改了")
    store_desk.today = date(2025, 1, 1)
    store_desk.api.erase(case, actor=person("county"), agreed_by="p-second", reason="期满", on=store_desk.today)
    made = "".join(store_desk.api.evidence.export(actor=person("county")))
    assert envelopes.theirs(tmp_path / "e", made.encode())[0] == 0


# ---------------------------------------------------------------------- files of heads

_HEAD = ("county", "no", "alg", "made_at", "events")


def _with_root(told: dict) -> str:
    """Return a line of a file of heads with the root that fits it, as whoever wants to mislead can make it."""
    head = heads.Head(**{**{name: told[name] for name in heads.Head._fields}, "leaves": len(told["leaves"])})
    leaves = [heads.Leaf(*leaf) for leaf in told["leaves"]]
    try:
        return canonical({**told, "root": heads.root_of(head, leaves)})
    except (InputRefused, IntegrityBroken):  # of these there is no root
        return json.dumps(told, sort_keys=True, separators=(",", ":"))


def _hostile_heads(line: str) -> dict[str, bytes]:
    told = json.loads(line)
    names = {f"{name} {other}": (name, value) for name in _HEAD for other, value in hostile_exports.NAMES.items()}
    made = {what: _with_root({**told, name: value}) for what, (name, value) in names.items() if type(value) is not int}
    leaf = told["leaves"][0]
    made |= {
        "a member more": line[:-1] + ',"x":1}',
        "a name twice": "{" + f'"alg":"{told["alg"]}",' + line[1:],
        "a blank": line.replace(":", ": ", 1),
        "trial is a number": line[:-1] + ',"trial":1}',
        "trial is false": line[:-1] + ',"trial":false}',
        "another version": line.replace('"v":1', '"v":2'),
        "true for the version": line.replace('"v":1', '"v":true'),
        "leaves as an object": line.replace(json.dumps(told["leaves"], separators=(",", ":")), "{}"),
        "an item more in a leaf": line.replace('"]', '",1]', 1),
        "true for a number in a leaf": _with_root({**told, "leaves": [[leaf[0], True, leaf[2]], *told["leaves"][1:]]}),
        "an array": "[]",
        "a number": "1",
        "a text": '"head"',
        "depth without end": "[" * 100_000,
    }
    return {what: text.encode("utf-8", "surrogatepass") + b"\n" for what, text in made.items()} | {
        "a byte order mark": b"\xef\xbb\xbf" + line.encode() + b"\n",
        "UTF-16": line.encode("utf-16"),
        "no UTF-8": line.encode().replace(b"2", b"\xff", 1),
        "noughts": b"\0" * 100,
    }


def test_both_read_files_of_heads_strictly(desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk.open()
    line = desk.api.evidence.head(actor=person("county"))[0].line()
    path, export = tmp_path / "x.heads", tmp_path / "e"
    export.write_text("".join(desk.api.evidence.export(actor=person("county"))), encoding="utf-8")
    hostile = _hostile_heads(line.rstrip("\n"))
    assert len(hostile) > 50
    for what, data in hostile.items():
        path.write_bytes(data)
        assert not [head for _, head in held.read(path) if head is not None], what
        assert verify_export.run([str(export), str(path)]) == 2, what
        path.write_bytes(data.rstrip(b"\n") + b"\n" + line.encode())
        assert verify_export.run([str(export), str(path)]) == 0, what
        said = capsys.readouterr().out
        assert all(told.isprintable() for told in said.split("\n")), what
    for data in (line, line.rstrip("\n"), line.replace("\n", "\r\n"), f"\n{line}\n\n"):  # copied by hand
        path.write_bytes(data.encode())
        assert held.Held([path]).heads
        assert verify_export.run([str(export), str(path)]) == 0


# ---------------------------------------------------------------------- as a process

_RUN = [sys.executable, "-I", "-S", str(VERIFIER)]


def test_the_program_ends_with_its_code_wherever_it_prints(record, tmp_path: Path) -> None:
    path, bad = tmp_path / "e", tmp_path / "bad"
    made = envelopes.export(record)
    path.write_bytes(b"".join(made))
    bad.write_bytes(hostile_exports.HOSTILE["an event of a line break as county"](made))
    for file, code in ((path, 0), (bad, 7)):
        plain = {"PYTHONIOENCODING": "ascii", "LC_ALL": "C", "PATH": os.environ["PATH"]}
        done = subprocess.run(
            [sys.executable, "-S", str(VERIFIER), str(file)], env=plain, capture_output=True, check=False
        )
        assert (done.returncode, done.stderr) == (code, b"")
        reader, writer = os.pipe()
        os.close(reader)  # nobody reads
        with os.fdopen(writer, "wb") as closed:
            done = subprocess.run([*_RUN, str(file)], stdout=closed, stderr=subprocess.PIPE, check=False)
        assert (done.returncode, done.stderr) == (code, b"")
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([*_RUN, str(path)], stdout=full, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr.count(b"\n"), b"Traceback" in done.stderr) == (2, 1, False)
    for words in ([tmp_path], [path, tmp_path], [tmp_path / "none\n150783: proved"], [path, "none\x1b[2J"]):
        done = subprocess.run([*_RUN, *words], capture_output=True, check=False)
        assert (done.returncode, done.stderr.count(b"\n"), b"\x1b" in done.stderr) == (2, 1, False), words


# Runs the program and says what it used. It is small itself: a process is charged with the memory of the one that forked it.
_METER = """
import resource, subprocess, sys
code = subprocess.call([sys.executable, "-I", *sys.argv[1:]], stdout=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(code, used.ru_maxrss // 1024, used.ru_utime + used.ru_stime)
"""
_BIG = verify_export.LONGEST - 1000
_NESTED = b'{"":' * 900 + b"0" + b"}" * 900 + b","
BOMBS = {
    "objects 900 deep": lambda: b'{"event":[' + _NESTED * (_BIG // len(_NESTED)) + b"0]}\n",
    "objects 300 deep": lambda: b'{"event":[' + (b'{"":' * 300 + b"0" + b"}" * 300 + b",") * (_BIG // 1502) + b"0]}\n",
    "twelve lines of objects 900 deep": lambda: 12 * (b'{"event":[' + _NESTED * (_BIG // len(_NESTED)) + b"0]}\n"),
    "a body of objects 900 deep": lambda: (
        b'{"event":["150783","case/1",1,"x","[' + _NESTED.replace(b'"', b'\\"') * (_BIG // 6304) + b'1]"]}\n'
    ),
    "an event of arrays": lambda: b'{"event":[' + b"[]," * (_BIG // 3) + b"1]}\n",
    "a body of arrays": lambda: b'{"event":["150783","case/1",1,"x","[' + b"[]," * (_BIG // 3) + b'1]"]}\n',
    "a line of names": lambda: b"{" + b",".join(b'"%x":1' % i for i in range(_BIG // 10)) + b"}\n",
    "a line that does not end": lambda: b"x" * (10 * _BIG),
    "a number that does not end": lambda: b'{"end":' + b"9" * _BIG + b"}\n",
    "a million lines": lambda: b"[]\n" * 1_000_000,
    "heads without leaves": lambda: b"".join(
        b'{"head":{"v":1,"county":"150783","no":%d,"alg":"sha256","made_at":"x","events":1,"leaves":1,"prev":null,"root":"x"}}\n'
        % n
        for n in range(100_000)
    ),
}


@pytest.mark.heavy
@pytest.mark.parametrize("bomb", BOMBS)
def test_no_file_takes_much_memory_or_time(bomb: str, tmp_path: Path) -> None:
    path = tmp_path / "e"
    header = b'{"weigai":"export","v":1,"made_at":"x","counties":["150783"],"trial":[]}\n'
    path.write_bytes(header + BOMBS[bomb]())
    done = subprocess.run([sys.executable, "-c", _METER, str(VERIFIER), str(path)], capture_output=True, check=True)
    code, megabytes, seconds = done.stdout.split()
    assert code == b"7"
    assert int(megabytes) < 300
    assert float(seconds) < 10
