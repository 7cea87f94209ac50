"""Where the adversarial walk plays by the public API: a case in a database."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.prove.floor_stages import REFUSED
from tests.support import documents

if TYPE_CHECKING:
    from collections.abc import Mapping

    from weigai.states.case import Case
    from weigai.states.procedure.graph import Act, Procedure
    from weigai.states.values import Decision

    from tests.prove.floor_stages import Cast, Wish
    from tests.support import Desk


class Kept:
    """A case in a database, taken on by the public API."""

    def __init__(
        self, desk: Desk, plans: Mapping[str, Procedure], files: Mapping[str, str], plan: str, cast: Cast
    ) -> None:
        self.desk, self.plans, self.files, self.name, self.cast = desk, plans, files, plan, cast
        self.id, self._case = "", None
        self.asked: dict[int, tuple[Wish, str]] = {}

    @property
    def case(self) -> Case:
        """Return the case as it stands."""
        if self._case is None:
            self._case = self.desk.api.get(self.id, actor=self.cast.actor("p-reader", "county"))
        return self._case

    @property
    def road(self) -> Procedure:
        """Return the procedure that the case goes by."""
        return self.plans[self.name].of(self.case.record.intake, self.case.act_on("open_case"))

    def open(self, wish: Wish, intake: str | None) -> bool:
        """Open the case; tell whether it was."""
        self.desk.today = wish.today
        more: dict[str, Any] = {"intake": intake, "agreed_by": "p-joined"} if intake else {}
        try:
            self._case = self.desk.api.open_case(
                policy=self.files[self.name],
                unit=self.cast.village,
                household=wish.data,
                on=wish.on,
                actor=self.cast.actor(wish.person, wish.office),
                documents=documents(" ".join(wish.papers)),
                **more,
            )
        except REFUSED:
            return False
        self.id = self._case.id
        return True

    def act(self, name: str) -> Act | None:
        """Return the act of a name as it is taken now."""
        return self.road.act(self.case.state, name) if name in self.road.acts else None

    def ask(self, wish: Wish) -> Decision | None:
        """Return the decision on an act; None for one that is not even of its form."""
        self.desk.today = wish.today
        try:
            return self.desk.api.check(self.id, wish.action, **self._told(wish))
        except REFUSED:
            return None

    def take(self, wish: Wish) -> bool:
        """Take an act; tell whether it was taken."""
        self.desk.today = wish.today
        try:
            done = self.desk.api.take(self.id, wish.action, **self._told(wish))
        except REFUSED:
            return False
        self._case = done.case
        if getattr(done, "pending", None) is not None:
            self.asked[done.event.seq] = wish, str(done.pending)
            return False
        return True

    def confirm(self, wish: Wish) -> Wish | None:
        """Let a second person confirm what waits; return what took effect."""
        self.desk.today = wish.today
        first, name = self.asked[wish.data["request"]]
        try:
            self._case = self.desk.api.confirm(name, actor=self.cast.actor(wish.person, wish.office)).case
        except REFUSED:
            return None
        del self.asked[wish.data["request"]]
        return replace(first, data={**first.data, "agreed_by": wish.person}, today=wish.today)

    def move(self, wish: Wish) -> bool:
        """Put the case under another plan of the walk; tell whether it was."""
        self.desk.today = wish.today
        name, who = wish.data["policy"], self.cast.actor(wish.person, wish.office)
        try:
            done = self.desk.api.move_policy(
                self.id, self.files[name], actor=who, reason="改用", agreed_by=wish.data.get("agreed_by"), on=wish.on
            )
        except REFUSED:
            return False
        self._case, self.name = done.case, name
        return True

    def _told(self, wish: Wish) -> dict[str, Any]:
        papers = documents(" ".join(wish.papers), f"{self.id} {wish.today} {wish.action}")
        who = self.cast.actor(wish.person, wish.office)
        return {"actor": who, "on": wish.on, "data": wish.data, "documents": papers}
