"""Make up households: invented names, and identity numbers of an unassigned county."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from ...states.identity_number import synthetic

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

_FAMILY = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
_GIVEN = "春夏秋冬山河田林玉兰海青松柏云霞福贵有才德明永顺凤英桂芝长生满仓"


@dataclass(slots=True)
class Player:
    """One household on its way: what it is, where it lives, and the id of its case once it is opened."""

    policy: str
    fund: str
    group: dict[str, Any]
    village: str
    turn: int
    household: dict[str, Any]
    pace: int
    case: str = ""
    detour: str = ""
    number: int = 0  # of an objection or inspection that is answered later


class Households:
    """Makes households of a group, each with numbers that no other has."""

    def __init__(self, random: Random, id_county: str) -> None:
        self._random = random
        self._county = id_county
        self._used: set[str] = set()
        self._cards = 6217_0000_0000_0000

    def make(self, group: Mapping[str, Any]) -> dict[str, Any]:
        """Return a household file for a group of the programme."""
        poor = "registered_poor" in group["classes"]
        no_house = bool(group.get("no_house"))
        family = self._random.choice(_FAMILY)
        head = {**self._person(family, 35, 82), "registered_poor": poor}
        members = [
            {**self._person(self._random.choice(_FAMILY), 5, 80), "relation": "spouse", "registered_poor": poor}
            for _ in range(self._random.randrange(3))
        ]
        self._cards += 1
        household: dict[str, Any] = {
            "head": head,
            "members": members,
            "classes": list(group["classes"]),
            "no_house": no_house,
            "dwellings": 0 if no_house else 1,
            "no_house_marked": no_house,
            "lives_in_countryside": True,
            "rural_registration": True,
            "account": {"card": str(self._cards), "card_holder": head["name"]},
        }
        if not no_house:
            household["house"] = {"structure": self._random.choice(["earth", "brick", "wood"]), "built_year": 1975}
        return household

    def _person(self, family: str, youngest: int, oldest: int) -> dict[str, Any]:
        given = "".join(self._random.sample(_GIVEN, self._random.choice((1, 2, 2))))
        while True:
            born = date(2018, 12, 31) - timedelta(days=self._random.randrange(youngest * 365, oldest * 365))
            number = synthetic(self._county, born, self._random.randrange(1, 1000))
            if number not in self._used:
                self._used.add(number)
                return {"name": family + given, "id_number": number}
