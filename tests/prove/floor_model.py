"""The floor, judged independently: may a payment, or the archive of a paid case, stand on this history?

It imports nothing of the program. It reads the lines of a history as they were told and the policy's file with tomllib,
counts days by itself, and says after each line which parts of the floor are missing.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from tests.prove.floor_case import CaseOfFloor, Line, fen
from tests.prove.floor_days import over_on
from tests.prove.floor_plan import applies, at_of, cap_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.prove.floor_plan import Plan

_PAYS = ("pay", "pay_instalment", "reissue_payment")
_FOUR_EYES = {"payment": _PAYS, "identity_check": ("accept_identity", "confirm_identity", "deny_identity")}
_APART = (
    ("appraisal", "approval", "payment"), ("preliminary", "final"), ("review", "approval"),
    ("identity_check", "approval"), ("final", "payment"),
)  # fmt: skip
_DECIDING = ("deliberation", "review", "meeting", "identity", "appraisal", "approval", "preliminary", "final")


class Judge(CaseOfFloor):
    """Follows one case and says what of the floor a payment or an archive lacks, each thing once."""

    def __init__(
        self, plans: Mapping[str, Plan], plan: str, intake: str | None, opened: Line, kin: frozenset[str]
    ) -> None:
        super().__init__(plans, plan, intake, opened, kin)
        self.known: set[str] = set()
        self.twice: dict[int, str] = {}  # by line, the group of which who took it took another step

    def judged(self, line: Line) -> list[str]:
        """Fold a line in, and return what of the floor it goes below; nothing where all is well."""
        self._twice(line)
        self.take(line)
        found: list[str] = []
        if line.act in _PAYS:
            found = [*self._lacking(line), *self._money(line)]
        elif line.end == "archived" and line.start != "archived" and self.paid > 0:
            found = [*self._lacking(line, standing=True), *self._archive(line)]
        elif line.act == "step_back" and self.paid > 0:
            found = [f"undone: {name}" for name in ("final", "approval") if self.step(name) is None]
        new = [told for told in found if told not in self.known]
        self.known |= set(new)
        return new

    def _lacking(self, line: Line, *, standing: bool = False) -> list[str]:
        """Return what is missing; of an archive only which steps do not stand: what came after the payment is told otherwise."""
        checks = [self._application, self._appraisal, self._approval, self._agreement, self._final]
        beside = [self._persons, self._own, self._area, self._identity, self._publicities]
        return [told for check in (checks if standing else checks + beside) for told in check(line)]

    # ------------------------------------------------------------------ what is always there

    def _application(self, line: Line) -> Iterator[str]:
        told = self.step("application")
        if told is None:
            yield "application"
        elif told.data.get("consents") is not True:
            yield "consent"

    def _appraisal(self, line: Line) -> Iterator[str]:
        part, told = self.part("appraisal"), self.step("appraisal")
        if told is None or part is None:
            waived = self.stands.get("waive_appraisal")
            if waived is None or not self.household.get("no_house"):
                yield "appraisal"
            return
        if told.office not in part.step["offices"] or told.office == "village":
            yield f"appraisal in the office of {told.office}"
        if told.data.get("body_is_builder") or told.data.get("body_is_applicant"):
            yield "appraiser is the builder or the applicant"
        engaged = self.plan.guard("appraiser_engaged")
        if engaged.get("any") and told.data.get("engaged_by") not in engaged["any"]:
            yield f"appraiser engaged by {told.data.get('engaged_by')}"

    def _approval(self, line: Line) -> Iterator[str]:
        if self.step("approval") is None:
            yield "approval"

    def _final(self, line: Line) -> Iterator[str]:
        told = self.step("final")
        if told is None or told.on > line.on:
            opened = self._opened_early() if line.act == "pay_instalment" else Fraction(0)
            if self.paid > opened * (self._decided() or 0):
                yield "final acceptance"

    def _opened_early(self) -> Fraction:
        final = self.part("final")
        last = self.of[final.action] if final else 0
        parts = [p for p in self.plan.told.get("instalments", ()) if p.get("after", "") in self.stands]
        return sum((Fraction(p["share"]) for p in parts if self.of.get(p["after"], last) < last), Fraction(0))

    # ------------------------------------------------------------------ persons

    def _persons(self, line: Line) -> Iterator[str]:
        """Appraisal, approval and payment are of three persons; of the plan's own groups nobody took two."""
        took = [self._took(name) for name in ("appraisal", "approval", "payment")]
        if sum(map(len, took)) > len(set().union(*took)):
            yield "four eyes (appraisal, approval, payment)"
        yield from sorted({self.twice[told.n] for told in (*self.stands.values(), line) if told.n in self.twice})

    def _twice(self, line: Line) -> None:
        """Note whether who takes an act took another one of a group that the plan has now."""
        tables = self.plan.told.get("four_eyes")
        groups = [t.get("steps", ()) for t in tables if t.get("effect", "block") == "block"] if tables else _APART
        for group in groups:
            own = [name for name in group if line.act in self._acts(name)]
            if own and any(line.by.casefold() in self._took(name) for name in group if name not in own):
                self.twice[line.n] = f"four eyes ({', '.join(group)})"

    def _acts(self, name: str) -> set[str]:
        """Return the acts of a step or act, by its kind, key or own name."""
        named = [(p, (p.kind, p.step["kind"], p.action, f"{at_of(p.step)}_{p.step['kind']}")) for p in self.road]
        return {p.action for p, names in named if name in names} | set(_FOUR_EYES.get(name, ()))

    def _took(self, name: str) -> set[str]:
        """Return who took what stands of a step or act."""
        lines = [told for act in self._acts(name) for told in (self.stands.get(act), *self.facts.get(act, ())) if told]
        return {told.by.casefold() for told in lines}

    def _own(self, line: Line) -> Iterator[str]:
        own = {**self.aside, **{person.casefold(): 0 for person in self.kin}}
        decided = [told for kind in _DECIDING if (told := self.step(kind)) is not None]
        waived = self.stands.get("waive_appraisal")
        for told in [*decided, *([waived] if waived else []), *(self.facts.get("pay_instalment", ())), line]:
            if told.n > own.get(told.by.casefold(), told.n):
                yield f"own household ({told.act})"

    # ------------------------------------------------------------------ what the plan has

    def _area(self, line: Line) -> Iterator[str]:
        approved, final = self.step("approval"), self.step("final")
        mode = self.plan.mode(approved.data.get("mode")) if approved else {}
        cap = cap_of(mode, self.persons)
        if approved is None or cap is None:
            return
        altered = [told.data["area"] for told in self.facts.get("record_alteration", ()) if told.data.get("area")]
        for area in [approved.data.get("area"), *([final.data.get("area")] if final else []), *altered]:
            if area is None or not self._fits(Decimal(str(area)), cap, mode["area"]):
                yield f"area {area} over {cap}"

    def _fits(self, area: Decimal, cap: Decimal, table: dict[str, Any]) -> bool:
        if area <= cap:
            return True
        papers = set(table.get("relaxed_papers", ()))
        relaxed = table.get("relaxed_cap")
        return relaxed is not None and area <= Decimal(str(relaxed)) and bool(papers) and papers <= self.on_file()

    def _agreement(self, line: Line) -> Iterator[str]:
        if self.part("agreement") is None:
            return
        told = self.step("agreement")
        wanted = set(self.plan.guard("agreement_complete").get("all", ()))
        if told is None or not wanted <= set(told.data.get("items") or ()):
            yield "agreement"

    def _identity(self, line: Line) -> Iterator[str]:
        part, told = self.part("identity"), self.step("identity")
        if part is None:
            return
        if told is None:
            yield "identity"
            return
        said: dict[str, bool] = {}
        words = [*self.facts.get("confirm_identity", ()), *self.facts.get("deny_identity", ())]
        for word in sorted((w for w in words if w.n > self.identity_of), key=lambda w: (w.on, w.n)):
            if word.office == word.data.get("authority"):
                said[word.office] = word.act == "confirm_identity"
        served = [c for c in self.plan.told["classes"] if c["id"] in self.household["classes"]]
        known = [all(any(said.get(a) for a in group) for group in c["confirmed_by"]) for c in served]
        every = part.step.get("classes_confirmed", "any") == "every"
        if not known or not (all(known) if every else any(known)):
            yield "identity"

    def _publicities(self, line: Line) -> Iterator[str]:
        for part in (part for part in self.plan.road(None) if part.kind == "closing"):
            level, closed = at_of(part.step), self.stands.get(part.action)
            notice = self.notices.get(level)
            if closed is None or notice is None or f"post_{level}_notice" not in self.stands:
                yield f"publicity of {level}"
                continue
            over = over_on(part.step, notice, self.pauses)
            if over is None or closed.on < over:
                yield f"publicity of {level}: closed {closed.on}, over {over}"
            yield from self._objections(level, closed)

    def _objections(self, level: str, closed: Line) -> Iterator[str]:
        """Say which objections to a notice stood at its close, open or upheld, without what its outcome asks for."""
        hearing = self.plan.hearing(level)
        raised = [o for o in self.facts.get("raise_objection", ()) if o.data.get("level") == level]
        for one in (o for o in raised if o.n > self.posted[level] and (o.n < closed.n or o.on < closed.on)):
            answers = [a for a in self.facts.get("answer_objection", ()) if a.data.get("objection") == one.n]
            answer = answers[0] if answers else None
            late = hearing.get("late") == "recorded" and one.on >= closed.on
            if late or (answer is not None and not answer.data.get("upheld")):
                continue
            if answer is None or not self._remedied(hearing.get("upheld", "end"), answer):
                yield f"objection {one.n} to the notice of {level}"

    def _remedied(self, outcome: str, answer: Line) -> bool:
        after = {"end": "reopen", "return": "resubmit", "post_again": "repost_notice"}[outcome]
        return any(told.n > answer.n for told in self.facts.get(after, ()))

    # ------------------------------------------------------------------ money and papers

    def _decided(self) -> int | None:
        """Return in fen what was decided for the household, None where the plan determines no amount."""
        told = self.step("approval")
        table = self._subsidy(told.data) if told else None
        if told is None or table is None or table.get("yuan") is None:
            return None
        most, named = fen(table["yuan"]), told.data.get("subsidy")
        match table["kind"]:
            case "floor" | "average":
                return None if named is None else min(fen(named), fen(table.get("most", named)))
            case "per_m2":
                return self._by_area(table, told.data)
            case "ceiling":
                costs = [told.data.get("planned_cost"), named, self._cost()]
                return min([most, *(fen(cost) for cost in costs if cost is not None)])
        return most

    def _by_area(self, table: dict[str, Any], data: dict[str, Any]) -> int:
        final = self.step("final")
        areas = [data.get("area"), final.data.get("area") if final else None, table.get("area_cap")]
        area = min(Decimal(str(one)) for one in areas if one is not None)
        made = int((area * fen(table["yuan"]) + Decimal("0.5")) // 1)
        return min(made, fen(table["most"])) if "most" in table else made

    def _cost(self) -> Any:
        """Return the actual cost as the acceptance has it, else as the end of works has it."""
        known = [told.data.get("actual_cost") for kind in ("final", "works") if (told := self.step(kind)) is not None]
        return next((cost for cost in known if cost is not None), None)

    def _subsidy(self, data: dict[str, Any]) -> dict[str, Any] | None:
        appraised, mode = self.step("appraisal"), self.plan.mode(data.get("mode"))
        cap = cap_of(mode, self.persons)
        relaxed = "relaxed_cap" in (mode.get("area") or {}) and bool(
            cap and data.get("area") and Decimal(str(data["area"])) > cap
        )
        known = {
            "classes": set(self.household["classes"]),
            "no_house": bool(self.household.get("no_house")),
            "grades": appraised.data.get("grade") if appraised else None,
            "modes": data.get("mode"),
            "builders": data.get("builder"),
            "new_build": mode.get("new_build"),
            "relaxed_area": relaxed,
            "intakes": self.intake or "application",
            "demolished_first": False,
        }
        fit = (one for one in self.plan.told["subsidies"] if applies(one.get("when"), known))
        return next(fit, None)

    def _money(self, line: Line) -> list[str]:
        decided = self._decided()
        if decided is None or self.paid > decided:
            return [f"money: paid {self.paid}, decided {decided}"]
        return [] if fen(line.data["amount"]) > 0 else ["money: nothing paid"]

    def _archive(self, line: Line) -> list[str]:
        known = {"no_house": bool(self.household.get("no_house")), "classes": set(self.household["classes"])}
        approved, appraised = self.step("approval"), self.step("appraisal")
        known |= {"modes": approved.data.get("mode") if approved else None, "intakes": self.intake or "application"}
        known |= {"grades": appraised.data.get("grade") if appraised else None}
        have, lacking = self.on_file(), []
        for paper in self.plan.told.get("papers", ()):
            if (
                paper["at"] != "archive"
                or paper.get("effect", "block") != "block"
                or not applies(paper.get("when"), known)
            ):
                continue
            if not have & {paper["kind"], *paper.get("or_kinds", ())}:
                lacking.append(f"archive without {paper['kind']}")
        wanted = set(self.plan.guard("report_copies_kept").get("all", ()))
        if not known["no_house"] and not wanted <= set(line.data.get("copies") or ()):
            lacking.append("archive without copies of the report")
        return lacking
