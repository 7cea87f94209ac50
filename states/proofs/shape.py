"""Check that a plan's graph is well formed: its start, its end, its ways and its names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..case import CLOSED
from ..problems import Problem
from ..procedure.edges import BACK, Edge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..policy.step_tables import Way
    from ..procedure.graph import Part, Procedure

PAYING = frozenset({"payment", "instalment", "reissue"})


def steps(procedure: Procedure) -> Iterator[Problem]:
    """A plan's own road has one application, and ends with the archive where it has one."""
    kinds = [part.kind for part in procedure.road]
    if procedure.intake is None and kinds.count("application") != 1:
        yield Problem("steps", "流程：须有申请，且只有一次", "graph: the procedure needs exactly one application step")
    if "archiving" in kinds[:-1]:
        yield Problem("steps", "流程：归档应为最后一步", "graph: the archive must be the last step")


def ways(procedure: Procedure) -> Iterator[Problem]:
    """A way starts where something leads, has one target, and leads out of a closed state only to where it came from."""
    targets: dict[str, str] = {}
    taken: set[tuple[str, str]] = set()
    for at, way in enumerate(procedure.policy.ways):
        for zh, en in (
            *_named_once(procedure, way, targets, taken),
            *_leading(procedure, way),
            *_resuming(procedure, way),
        ):
            yield Problem(f"ways.{at}", f"ways：{way.action} {zh}", f"ways: {way.action} {en}")


def _named_once(
    procedure: Procedure, way: Way, targets: dict[str, str], taken: set[tuple[str, str]]
) -> Iterator[tuple[str, str]]:
    if procedure.intake is not None:
        return
    if (other := targets.setdefault(way.action, way.to)) != way.to:
        yield (
            f"通向 {other} 和 {way.to}；请给其中一个另取名",
            f"leads to {other} and to {way.to}; give one of them another name",
        )
    if "open" in way.start and len(way.start) > 1:
        yield "除 open 外还写了别的起点；open 须单独写", "starts from open and from other states; write open alone"
    for state in starts(procedure, way):
        if (state, way.action) in taken:
            yield f"从 {state} 出发写了两次", f"is listed twice from {state}"
        taken.add((state, way.action))


def _leading(procedure: Procedure, way: Way) -> Iterator[tuple[str, str]]:
    for state in starts(procedure, way):
        if way.to not in (*BACK, "same") and Edge(state, way.action, way.to) not in procedure.edges:
            yield (
                f"从 {state} 出发；请写在通向它的一条之后",
                f"starts from {state}; write it after the way that leads to that state",
            )
    for state in way.start:
        if state != "open" and state not in procedure.states and procedure.intake is None:
            yield f"从 {state} 出发，但没有步骤产生它", f"starts from {state}, which no step makes"
        if state in CLOSED and way.to not in ("back", "same"):
            yield f"从已办结的 {state} 又引出去路", f"leads out of {state}, but that state is closed"
    if way.form == "resubmission" and way.to != "back" and way.to not in procedure.place:
        yield (
            f"是重新上报，却通向 {way.to}，它不在正常流程上",
            f"is a resubmission, but leads to {way.to}, which is not a state of the main procedure",
        )


def starts(procedure: Procedure, way: Way) -> tuple[str, ...]:
    """Return the states of a procedure from which a way leads."""
    return procedure.open if way.start == ("open",) else tuple(s for s in way.start if s in procedure.states)


def _resuming(procedure: Procedure, way: Way) -> Iterator[tuple[str, str]]:
    here = [state for state in starts(procedure, way) if state not in procedure.closed]
    if not way.resumes or not (here or procedure.intake is None):
        return
    if way.resumes not in procedure.place:
        yield (
            f"恢复到 {way.resumes}，它不在正常流程上",
            f"resumes at {way.resumes}, which is not a state of the main procedure",
        )
        return
    for state in here:
        if state in procedure.place and procedure.place[state] < procedure.place[way.resumes]:
            yield (
                f"恢复到 {way.resumes}，晚于离开时的 {state}",
                f"resumes at {way.resumes}, later than {state}, from which it left",
            )


def pretenders(procedure: Procedure) -> Iterator[Problem]:
    """No way or fact bears a step's name, or the form by which a step decides or pays."""
    if procedure.intake is not None:
        return
    policy = procedure.policy
    names = {part.action for part in procedure.road} | {"waive_appraisal", "open_case"}
    forms = {part.form for part in procedure.road} | {"waiver"}
    acts = {way.action for way in policy.ways}
    for table, at, name, form in (
        *(("ways", at, way.action, way.form) for at, way in enumerate(policy.ways)),
        *(("facts", at, fact.id, fact.form) for at, fact in enumerate(policy.facts)),
    ):
        if name in names or (table == "facts" and name in acts):
            zh, en = ("步骤", "a step") if name in names else ("ways", "a way")
            yield Problem(
                f"{table}.{at}",
                f"{table}：{name} 已是{zh}的动作名",
                f"{table}: {name} is already the action name of {en}",
            )
        if form in forms or (table == "ways" and form in PAYING):
            words = (
                f"{table}：{name} 用了表单 {form}，它只属于步骤",
                f"{table}: {name} uses the form {form}, which only a step may use",
            )
            yield Problem(f"{table}.{at}.form", *words)


def targets(procedure: Procedure) -> Iterator[Problem]:
    """One action has one target in a state."""
    for edge in procedure.edges:
        others = {e.target for e in procedure.edges if (e.source, e.action) == (edge.source, edge.action)}
        if len(others) > 1:
            both = ", ".join(sorted(others))
            words = (
                f"流程：{edge.action} 从 {edge.source} 通向两处：{both}",
                f"graph: {edge.action} from {edge.source} leads to two states: {both}",
            )
            yield Problem(of_edge(procedure, edge), *words)


def of_part(procedure: Procedure, part: Part) -> str:
    """Return where the file has the step of a part of the road."""
    return f"steps.{procedure.policy.steps.index(part.step)}"


def of_action(procedure: Procedure, action: str) -> str | None:
    """Return where the file has the step or way of that action."""
    for part in procedure.road:
        if part.action == action:
            return of_part(procedure, part)
    return next((f"ways.{at}" for at, way in enumerate(procedure.policy.ways) if way.action == action), None)


def of_edge(procedure: Procedure, edge: Edge) -> str | None:
    """Return where the file has the step or way that makes an edge."""
    for at, way in enumerate(procedure.policy.ways):
        if way.action == edge.action and edge.source in way.start:
            return f"ways.{at}"
    return of_action(procedure, edge.action)
