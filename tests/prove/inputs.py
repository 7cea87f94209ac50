"""Hostile inputs of the command line, drawn by a seed from click's own tree: arguments, files, standard input, variables."""

from __future__ import annotations

import json
import random
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import click
from weigai.states.forms.acts import FORMS
from weigai.workflow.cli.main import cli
from weigai.workflow.library import bundled, compiled

from tests.support import COUNTY, TOWNSHIP, VILLAGE, household

if TYPE_CHECKING:
    from collections.abc import Iterator

PLAN = "zhalantun-2019-a"
ODD = [
    "", " ", "-", "--", "x", "\udcff", "张\udcb8", "x" * 5000, "9" * 20, "9" * 5000, "-1", "1e999", "0x10", "NaN", "True",
    "9999-12-31", "0001-01-01", "0000-00-00", "2019-02-30", "10000-01-01", "2019-6-1", "２０１９-06-01", "\ufeff", "\u202e",
    "\x1b[2J", "';--", "%s%n", "{0}", "{", "../..", "a" * 300, "\n", "a\nb", "@sha256:", "x@", "@x", "=", "a=b=c", "a.b=c",
    "p-0001/village", "/", "village@", "@150783", ".toml", "no.toml", "no.json", "/proc/nothing/x", "nothing/x", ".", "𰻝",
    "\ue000", "e\u0301", "null", "[]", "[false]", "a=[false]", "a" + ".b" * 2000 + "=1", "head.id_number=1", "150783", "sqlite://",
]  # fmt: skip
VARIABLES = {
    "WEIGAI_DB": ["sqlite:///no/x.db", "sqlite://", "x", "postgresql://127.0.0.1:1/x", "sqlite:///.", "sqlite:///in.bin",
                  "mysql://x", "sqlite+aiosqlite:///x", "sqlite:///weigai.db?timeout=30", "://", "sqlite:///in.bin?mode=x"],
    "WEIGAI_KEYS": ["in.json", "in.bin", ".", "no/x"], "WEIGAI_FILES": ["in.bin", ".", "in.bin/x"],
    "WEIGAI_MASTER_KEY": ["0" * 64, "z" * 64, "{}", '{"index": 1}', "[", '{"index": "00", "masters": [1]}'],
    "WEIGAI_POLICIES": ["in.bin", ".", "plans"], "WEIGAI_CALENDAR": ["in.json", "in.bin", "."], "WEIGAI_HASH": ["md5", "sm3"],
    "WEIGAI_ROLE": [], "WEIGAI_WITNESS": ["in.bin", ".", "head.json"], "WEIGAI_LANG": ["en"], "WEIGAI_USER": ["p-0001"],
}  # fmt: skip
JSON_ODD: list[Any] = [
    None, True, False, 0, -1, 1.5, 10**30, -(10**30), "", " ", "\ud800", "\0", [], {}, [[]], [None], [False], {"": None}, {"a": {}},
    "x" * 3000, "９", "2019-02-30", "\u202e", "NaN", "@raw@", json.loads("[" * 40 + "]" * 40), ["x"] * 50, {"$commit": "x"}, "张" * 40,
]  # fmt: skip
RAW = ["NaN", "Infinity", "1e999", "-0", "9" * 5000, "[" * 3000, "1E400", "0.1", '"\\ud800"', "{", "tru", "1.0"]
ENCODINGS = ["utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "gb18030"]


class Input(NamedTuple):
    """One call: its words, standard input, variables, files, and the encoding of its console."""

    words: list[str]
    stdin: bytes
    env: dict[str, str]
    files: dict[str, bytes]
    console: str

    def typed(self) -> str:
        """Return all that whoever calls has typed or handed in, as text."""
        parts = [*self.words, *self.env.values()]
        told = [
            raw.decode(how, "replace")
            for raw in (self.stdin, *self.files.values())
            for how in ("utf-8", "utf-16", "gb18030")
        ]
        escaped = [
            raw.decode("ascii", "ignore").encode().decode("unicode_escape", "replace")
            for raw in self.files.values()
            if b"\\u" in raw
        ]
        return "\n".join([*parts, *told, *escaped])


class World(NamedTuple):
    """The ids of the county that the calls are made in, by what they are, and the contents of its files."""

    ids: dict[str, list[str]]
    files: dict[str, bytes]


@cache
def commands() -> list[tuple[tuple[str, ...], click.Command]]:
    """Return every command of the program, as click's tree has it."""
    return list(_walk(cli, ()))


@cache
def acts() -> list[tuple[str, str]]:
    """Return the acts and facts of a plan, each with the form of its data."""
    return [(name, act.form) for name, act in compiled(bundled()[PLAN], PLAN).acts.items()]


def _walk(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    if not isinstance(command, click.Group):
        yield path, command
        return
    for name in command.list_commands(click.Context(command)):
        below = command.get_command(click.Context(command), name)
        assert below is not None
        yield from _walk(below, (*path, name))


def drawn(seed: int, number: int, world: World) -> Input:
    """Return the input of a number; the same for the same seed."""
    return _Drawing(random.Random(f"{seed}:{number}"), world).input()


class _Drawing:
    def __init__(self, dice: random.Random, world: World) -> None:
        self.dice, self.world = dice, world
        self.name, self.form = dice.choice(acts())

    def chance(self, share: float) -> bool:
        return self.dice.random() < share

    def input(self) -> Input:
        path, command = self.dice.choice(commands())
        files = self.files(path)
        words = [*self.before(), *path]
        for param in command.params:
            words += self.param(param, path)
        if self.chance(0.05):
            words.insert(self.dice.randrange(len(words) + 1), self.dice.choice(ODD))
        if path[-1] == "demo":  # it would play a whole year
            words += ["--to", self.dice.choice(["in.json", "in.bin/x", "."])]
        env = {}
        if self.chance(0.15):
            name = self.dice.choice(list(VARIABLES))
            value = self.dice.choice([*VARIABLES[name], *VARIABLES[name], *ODD])
            env[name] = value.replace("\n", "")
        console = self.dice.choice(["utf-8", "utf-8", "gbk", "ascii"])
        return Input(words, self.stdin(), env, files, console)

    def before(self) -> list[str]:
        words = ["--json"] if self.chance(0.4) else []
        words += ["--lang", self.dice.choice(["en", "zh", "en", "x"])] if self.chance(0.3) else []
        words += ["--as", self.text("PERSON")] if self.chance(0.05) else []
        words += ["--db", self.dice.choice([*VARIABLES["WEIGAI_DB"], *ODD])] if self.chance(0.04) else []
        return words

    def param(self, param: click.Parameter, path: tuple[str, ...]) -> list[str]:
        option = isinstance(param, click.Option)
        if param.name == "help" or (option and not (param.required or self.chance(0.3))):
            return []
        if option and getattr(param, "is_flag", False):
            return [param.opts[0]]
        many = param.nargs == -1 or getattr(param, "multiple", False)
        found = []
        for _ in range(self.dice.randrange(1, 4) if many else 1):
            found += [param.opts[0]] if option else []
            found.append(self.value(param, path))
        return found if not self.chance(0.01) else found[:-1]

    def value(self, param: click.Parameter, path: tuple[str, ...]) -> str:
        if self.chance(0.3):
            return self.dice.choice(ODD)
        if isinstance(param.type, click.Choice):
            return str(self.dice.choice(list(param.type.choices)))
        if isinstance(param.type, (click.IntRange, click.types.IntParamType)):
            return self.dice.choice(["1", "2", "5", "0", "-1", str(2**31), str(2**63), str(10**30)])
        metavar = (param.metavar or param.name or "").upper()
        if metavar == "[CASE] ACTION":
            return self.text(self.dice.choice(["CASE", "ACTION"]))
        return self.text(metavar.strip("[].") or (param.name or ""))

    def text(self, metavar: str) -> str:
        """Return a value that may be right for what a metavar names."""
        ids = self.world.ids
        if metavar in ("ACTION", "FACT") and self.chance(0.8):
            return self.name
        return self.dice.choice(ids.get(metavar) or ids.get(metavar.removesuffix("_ID")) or ODD)

    def stdin(self) -> bytes:
        if self.chance(0.3):
            return b""
        if self.chance(0.5):
            return self.document(self.dice.choice([household(), self.act()]))
        text = self.dice.choice(["张三\n", "李四\n王五\n", "150799195406120017\n", *ODD])
        return self.encoded(text + "\n")

    def files(self, path: tuple[str, ...]) -> dict[str, bytes]:
        """Return the files that are handed in: what a command may want, spoilt."""
        dice, kept = self.dice, self.world.files
        own = {
            "open": household(),
            "declare": {
                "id_number": "150799195406120017",
                "relatives": [{"name": "李四", "id_number": "150799196103030027", "relation": "spouse"}],
            },
        }.get(path[-1]) or self.act()
        if path[-1] == "import":
            own = [{"id": "p-0090", "name": "李四", "office": "village", "unit": VILLAGE, "code": VILLAGE}]
        if self.chance(0.1):
            own = {"version": "1", "years": {"2019": {"off": ["2019-05-01"], "work": [], "sources": ["x"]}}}
        found = {"in.json": self.document(own)}
        rows = [["编号", "姓名", "职务", "单位"], ["p-0091", "李四", "village", VILLAGE], [VILLAGE, "甲村"]]
        rows = (
            rows if path[0] == "user" else [["case", "amount", "voucher", "paid_on"], ["x", "1.00", "v", "2019-06-10"]]
        )
        cells = [[dice.choice(ODD) if self.chance(0.1) else cell for cell in row] for row in rows]
        found["in.csv"] = self.encoded("\n".join(",".join(row) for row in cells))
        found["in.bin"] = self.spoilt(dice.choice([*kept.values(), b"", b"\0", dice.randbytes(200)]))
        if "policy" in path or "move-policy" in path or self.chance(0.02):
            found["in.toml"] = self.plan()
        return found

    def act(self) -> dict[str, Any]:
        """Return what an act is told: the one that the words name, or another."""
        usual = [True, "x", 1, "2019-06-10", ["x"], {"x": 1}, "a,b", "D", "self_build", "household", "12000.00"]
        names = FORMS[self.form].model_fields if self.chance(0.9) else ["household", "x", "amount"]
        return {name: self.dice.choice(usual if self.chance(0.8) else JSON_ODD) for name in names if self.chance(0.7)}

    def document(self, value: Any) -> bytes:
        """Return a JSON document with some of its parts replaced, in some encoding."""
        value = self.dice.choice(JSON_ODD) if self.chance(0.08) else self.changed(json.loads(json.dumps(value)))
        text = json.dumps(value, ensure_ascii=self.chance(0.5)).replace('"@raw@"', self.dice.choice(RAW))
        return self.spoilt(self.encoded(text)) if self.chance(0.1) else self.encoded(text)

    def changed(self, value: Any) -> Any:
        if self.chance(0.06):
            return self.dice.choice(JSON_ODD)
        if isinstance(value, dict):
            new = {name: self.changed(item) for name, item in value.items() if not self.chance(0.03)}
            return {**new, self.dice.choice(["", "x", "head", "\ud800", "a" * 300]): 1} if self.chance(0.03) else new
        return [self.changed(item) for item in value] if isinstance(value, list) else value

    def plan(self) -> bytes:
        lines = bundled()[PLAN].split("\n")
        for _ in range(self.dice.randrange(1, 4)):
            at = self.dice.randrange(len(lines))
            name, equals, _ = lines[at].partition("=")
            odd = self.dice.choice(
                ['""', "-1", "9" * 30, "9" * 5000, "[]", "{}", "true", "1979-05-27", "nan", '"\\u0000"', "[[[]]]"]
            )
            lines[at] = self.dice.choice([f"{name}= {odd}" if equals else "", "", lines[at] + "\n" + lines[at], "[x]"])
        return self.encoded("\n".join(lines))

    def encoded(self, text: str) -> bytes:
        return text.encode(self.dice.choice(ENCODINGS), "replace")

    def spoilt(self, raw: bytes) -> bytes:
        """Return bytes with some of them changed, or a piece of them."""
        found = bytearray(raw)
        for _ in range(self.dice.randrange(4)):
            if found:
                found[self.dice.randrange(len(found))] = self.dice.randrange(256)
        return bytes(found[: self.dice.randrange(len(found) + 1)] if self.chance(0.3) else found)


def ids(case: str, others: list[str], list_id: str) -> dict[str, list[str]]:
    """Return what may stand for each metavar: what there is, and files that are handed in."""
    files = ["in.json", "in.csv", "in.bin", "in.toml", "-", "weigai.db", "head.json", "b.db"]
    named = [name for name, _ in acts()]
    persons = ["p-0001", "p-0002", "clerk", "p-9"]
    sets = [
        "reason=x",
        "a=x",
        "a.b.c=1",
        "dwellings=0",
        "household.dwellings=0",
        "places=a,b",
        "members.0.name=x",
        "note=",
        "area=9",
    ]
    return {
        "CASE": [case, *others, case[:11]],
        "CASE_ID": [case, *others],
        "CASE_IDS": [case, *others],
        "ACTION": named,
        "FACT": named,
        "LIST": [list_id],
        "CODE": [VILLAGE, TOWNSHIP, COUNTY, "150783902"],
        "UNIT": [VILLAGE, TOWNSHIP],
        "PERSON": persons,
        "ACCOUNT": ["zhang", "li"],
        "POLICY": [PLAN, "zhalantun-2019-b", "in.toml", f"{PLAN}@sha256:5"],
        "A": [PLAN, "in.toml"],
        "B": [PLAN, "in.toml"],
        "NAME": [PLAN, "in.toml", "甲村"],
        "FILE": files,
        "SHEET": files,
        "SOURCE": ["b.db", "in.bin"],
        "DIR": ["papers", "in.bin", "b.files"],
        "DATE": ["2019-06-10", "2019-06-16", "2030-01-01"],
        "TEXT": ["核对", "x"],
        "ID": ["r-1", "zhalantun-2019-a", "own-2019"],
        "KIND=PATH": ["danger_photo=in.bin", "x=in.json", "village_plan=p.jpg"],
        "FIELD=VALUE": sets,
        "OFFICE@UNIT": [f"village@{VILLAGE}", f"county@{COUNTY}"],
        "OFFICE": [f"village@{VILLAGE}"],
        "PERSON/OFFICE": ["p-0002/county", "p-9/township"],
        "STATE": ["draft", "payment", "待提交"],
        "WHO": ["head", "all", "member-0"],
        "INTAKE": ["disaster", "fast"],
        "OLD=NEW": ["draft=draft"],
        "N": ["1", "2"],
        "YEAR": ["2019"],
        "TABLE": ["steps", "money"],
        "KIND": ["same_person", "burst"],
        "STREAM": [f"case/{case}", "county"],
        "URL": ["sqlite:///weigai.db"],
    }
