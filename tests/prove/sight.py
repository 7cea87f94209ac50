"""What may be seen, changed and held of each row from inside a scope: a second reading, of docs/trust.md and no policy."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Any

from weigai.db.tables import METADATA

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Row = Mapping[str, Any]
    Record = Mapping[str, Sequence[Row]]

OPEN = ("weigai_policy", "weigai_version", "weigai_lowest", "weigai_database", "weigai_master")
OF_COUNTY = ("weigai_unit", "weigai_succession", "weigai_person", "weigai_grant", "weigai_head")
OF_STREAM = (
    "weigai_event",
    "weigai_private",
    "weigai_document",
    "weigai_stream",
    "weigai_key",
    "weigai_leaf",
    "weigai_index",
)
BY_UNIT = ("weigai_case", "weigai_list", "weigai_unit_record")
CHANGED = {
    "weigai_case": set(METADATA.tables["weigai_case"].columns.keys()) - {
        "county", "id", "unit", "township", "opened_on", "opened_at"},
    "weigai_stream": {"seq", "head"}, "weigai_key": {"stream", "person", "master", "wrapped", "erased_at"},
    "weigai_list": {"state", "record"},
    "weigai_private": {"salt", "value"}, "weigai_document": {"sha256", "salt", "same", "look", "size"},
    "weigai_index": {"token"}, "weigai_unit": {"name", "until"}, "weigai_person": {"account"},
    "weigai_grant": {"until", "confirmed_by"}, "weigai_tally": {"value"},
}  # fmt: skip
ADDED = {*METADATA.tables} - {"weigai_lowest", "weigai_database", "weigai_canary"}


class Sight:
    """A scope: units by their codes and one person, over a whole record as its owner reads it."""

    def __init__(self, units: Sequence[str], person: str, record: Record) -> None:
        self.units = {code for code in units if len(code) in (6, 9, 12) and code.isascii() and code.isdigit()}
        self.person, self.record = person, record
        self.nothing = not any(units)  # nothing was said, as of whoever holds no office
        self.counties = {code[:6] for code in self.units}

    def lies(self, code: str) -> bool:
        """Tell whether a unit lies in the scope."""
        return bool({code[:n] for n in (6, 9, 12) if len(code) >= n} & self.units)

    def near(self, code: str) -> bool:
        """Tell whether a unit lies in the scope, or above something that does."""
        return self.lies(code) or any(own.startswith(code) for own in self.units)

    @cached_property
    def cases(self) -> dict[str, str]:
        """Return the unit of every case."""
        return {row["id"]: row["unit"] for row in self.record["weigai_case"]}

    def _units_of(self, row: Row, person: str) -> list[str]:
        here = (grant for grant in self.record["weigai_grant"] if grant["county"] == row["county"])
        return [grant["unit"] for grant in here if grant["person"] == person]

    # ------------------------------------------------------------------ seen

    def sees(self, table: str, row: Row) -> bool:
        """Tell whether a row may be seen."""
        if table in OPEN:
            return True
        if table in OF_COUNTY:
            return row["county"] in self.counties
        if table == "weigai_tally":
            return self.counted(row)
        if table == "weigai_list_case":
            on_list = next(made["unit"] for made in self.record["weigai_list"] if made["id"] == row["list_id"])
            return self.lies(on_list) and self.lies(self.cases[row["case_id"]])
        if table in OF_STREAM:
            return self.knows(table, row)
        return self.lies(row["unit"])

    def knows(self, table: str, row: Row) -> bool:
        """Tell whether a row of a stream may be seen: of a person's the whole county knows head and tokens."""
        kind = row["stream"].split("/")[0]
        if kind == "person" and table in ("weigai_stream", "weigai_index"):
            return row["county"] in self.counties
        if kind == "county" or (kind == "check" and table == "weigai_key"):
            return row["county"] in self.counties
        if kind == "file" and self._named(row):
            return True
        if table == "weigai_private" and self._beyond(row) and row["field"] != f"persons/{row['stream'][7:]}/name":
            return False
        return self.owns(row)

    def owns(self, row: Row) -> bool:
        """Tell whether a row is of a stream that lies in the scope."""
        kind, *names = row["stream"].split("/")
        if row["county"] in self.units:
            return True
        name = names[0] if names else ""
        of_kind: dict[str, Callable[[], bool]] = {
            "case": lambda: self.lies(self.cases[name]), "unmasked": lambda: self.lies(self.cases[name]),
            "unit": lambda: self.lies(name),
            "refused": lambda: name == self.person and (row["county"] in self.counties or self.nothing),
            "person": lambda: self._granted(row, name), "file": lambda: len(names) == 2 and self.lies(name),
            "county": lambda: self._registers(row), "check": lambda: False,
        }  # fmt: skip
        return of_kind.get(kind, lambda: False)()

    def _granted(self, row: Row, name: str) -> bool:
        mine = name == self.person and row["county"] in self.counties
        return mine or any(map(self.lies, self._units_of(row, name)))

    def _registers(self, row: Row) -> bool:
        """Tell whether units of the county are changed from here: from a township up, or by one of its administrators."""
        if any(len(code) < 12 and code.startswith(row["county"]) for code in self.units):
            return True
        held = (grant for grant in self.record["weigai_grant"] if grant["person"] == self.person)
        return any(g["office"] == "admin" and g["county"] == row["county"] and self.lies(g["unit"]) for g in held)

    def _named(self, row: Row) -> bool:
        papers = (paper for paper in self.record["weigai_document"] if paper["county"] == row["county"])
        return any(paper["sha256"] == row["stream"][5:] and self.owns(paper) for paper in papers)

    def _founded(self, county: str) -> bool:
        """Tell whether a county was founded by two who vouch for each other."""
        first = {
            "county": county,
            "person": "p-0001",
            "no": 1,
            "office": "admin",
            "unit": county,
            "confirmed_by": "p-0002",
        }
        return any(first.items() <= dict(grant).items() for grant in self.record["weigai_grant"])

    def _own_account(self, row: Row) -> bool:
        """Tell whether a person's account is not the id of another who holds an office."""
        another = row["account"] != row["id"] and self._units_of(row, row["account"])
        return row["county"] in self.units or not another

    @staticmethod
    def _plain(row: Row) -> bool:
        """Tell whether a file's key is named by the SHA-256 alone."""
        return str(row["stream"]).count("/") == 1

    def counted(self, row: Row) -> bool:
        """Tell whether a running number counts what lies in the scope, or is a count of the county."""
        kind, *names = row["key"].split("/")
        if row["county"] not in self.counties:
            return False
        if kind == "list":
            return self.lies(names[0].split("-")[0])
        return self.lies(names[-1]) if kind == "archive" else True

    # ------------------------------------------------------------------ changed and held

    def changes(self, table: str, row: Row) -> bool:
        """Tell whether a row may be changed, in the columns that are ever changed."""
        if table not in CHANGED:
            return False
        if table == "weigai_tally":
            return self.counted(row)
        if table == "weigai_unit":
            return self.lies(row["code"]) and self._registers(row)
        if table == "weigai_grant":
            return row["county"] in self.units or (self.lies(row["unit"]) and row["person"] != self.person)
        if table == "weigai_person":
            mine = row["county"] in self.units
            return mine or (self._granted(row, row["id"]) and not self._elsewhere(row, row["id"]))
        if table == "weigai_key" and row["stream"] == "check":
            return False
        if table == "weigai_key" and row["stream"].startswith("file/") and self._plain(row):
            return self.knows(table, row)
        if table in ("weigai_private", "weigai_index", "weigai_key") and self._beyond(row):
            return False
        return self.owns(row) if table in OF_STREAM else self.lies(row["unit"])

    def _beyond(self, row: Row) -> bool:
        """Tell whether a row is of somebody else who holds an office outside the scope too."""
        kind, _, name = row["stream"].partition("/")
        return kind == "person" and self._elsewhere(row, name)

    def _elsewhere(self, row: Row, name: str) -> bool:
        """Tell whether somebody else than the person of the scope holds an office outside it too."""
        mine = name == self.person or row["county"] in self.units
        return not mine and not all(map(self.lies, self._units_of(row, name)))

    def holds(self, table: str, row: Row) -> bool:
        """Tell whether a row may be held against others until the transaction ends.

        More than may be changed: the head of whoever's office reaches a unit of the scope, since they may have agreed.
        """
        if self.changes(table, row):
            return True
        name = row["stream"].partition("/")[2] if table == "weigai_stream" else ""
        reaches = any(map(self.near, self._units_of(row, name))) if name else False
        return reaches and row["stream"].startswith("person/") and row["county"] in self.counties

    def adds(self, table: str, row: Row) -> bool:
        """Tell whether such a row may be added."""
        if table not in ADDED:
            return False
        if table in ("weigai_head", "weigai_leaf"):
            return row["county"] in self.units
        if table == "weigai_succession":
            inside = self.lies(row["code"]) and self.lies(row["successor"])
            return inside and row["code"] != row["successor"] and self._registers(row)
        if table == "weigai_key":
            return self.owns(row)
        if table == "weigai_person":
            inside = row["county"] in self.units or self._granted(row, row["id"])
            return inside and (row["trial"] == 0) == self._founded(row["county"]) and self._own_account(row)
        if table == "weigai_master":
            return row["one"] == 1 and re.fullmatch("[0-9a-f]{12}", row["master"], re.ASCII) is not None
        if table == "weigai_document" and "/" in row["sha256"]:
            return self.owns(row) and self.near(row["sha256"].partition("/")[0])
        if table in CHANGED and table not in ("weigai_private", "weigai_document", "weigai_index"):
            return self.changes(table, row) and self._formed(table, row)
        return self.owns(row) if table in OF_STREAM else self.sees(table, row)

    def _formed(self, table: str, row: Row) -> bool:
        """Tell whether a new row is of its form: its number is of its county or unit, an office and its unit are such."""
        if table == "weigai_case":
            return str(row["id"]).startswith(f"{row['county']}-")
        if table == "weigai_list":
            return bool(row["id"].split("-")[0] == row["unit"])
        if table == "weigai_tally":
            return bool(row["value"] < 10**9)
        if table == "weigai_grant" and row["county"] not in self.units:
            wanted = {"office": "[A-Za-z_]+", "unit": "([0-9]{3}){2,4}", "since": "[0-9]{4}(-[0-9]{2}){2}"}
            return all(re.fullmatch(form, row[name], re.ASCII) for name, form in wanted.items())
        return True
