"""Draw the graph of a procedure as Mermaid text or SVG."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from ..words.ids import label

if TYPE_CHECKING:
    from ..procedure.edges import Edge
    from ..procedure.graph import Procedure

_STEP, _LEFT, _WIDTH, _HEIGHT, _SIDE = 58, 40, 250, 34, 700


def mermaid(procedure: Procedure, lang: str = "zh") -> str:
    """Return the graph as a Mermaid state diagram."""
    lines = ["stateDiagram-v2"]
    lines += [f'    state "{label(state, lang)}" as {state}' for state in procedure.states]
    lines.append(f"    [*] --> {procedure.start}")
    lines += [f"    {e.source} --> {e.target}: {label(e.action, lang)}" for e in procedure.edges]
    lines += [f"    {state} --> [*]" for state in procedure.states if state in procedure.closed]
    return "\n".join(lines) + "\n"


def svg(procedure: Procedure, lang: str = "zh") -> str:
    """Return the graph as SVG: the road down the middle, the other states at the right, ways as curves."""
    road = [part.state for part in procedure.road] + ["archived"]
    beside = [s for s in procedure.states if s not in road]
    place = {state: (_LEFT, 30 + i * _STEP) for i, state in enumerate(road)}
    gap = max(1, len(road) // max(1, len(beside)))
    place |= {state: (_SIDE, 30 + (i * gap + 1) * _STEP) for i, state in enumerate(beside)}
    height = 60 + len(road) * _STEP
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1160 {height}" font-family="sans-serif" font-size="12">',
        (
            "<style>.s{fill:#fff;stroke:#456}.c{fill:#eee;stroke:#456}.e{fill:none;stroke:#567}.w{fill:none;stroke:#c66;"
            "stroke-dasharray:4 3}.a{fill:#234}.b{fill:#a33}</style>"
        ),
        (
            '<defs><marker id="t" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
            '<path d="M0 0L8 4L0 8z" fill="#567"/></marker></defs>'
        ),
        f"<title>{escape(getattr(procedure.policy.title, lang))}</title>",
    ]
    for number, edge in enumerate(procedure.edges):
        parallel = sum(e[::2] == edge[::2] for e in procedure.edges[:number])
        parts.append(_curve(edge, place, lang, number, parallel))
    parts += [_box(state, place[state], state in procedure.closed, lang) for state in procedure.states]
    parts += [_ways(state, place[state], procedure, lang) for state in beside]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _ways(state: str, at: tuple[int, int], procedure: Procedure, lang: str) -> str:
    """Name below a state beside the road the ways that lead to it, and those that lead back."""
    lines = []
    for mark, end in (("→", 2), ("←", 0)):
        names = dict.fromkeys(label(e.action, lang) for e in procedure.edges if e[end] == state)
        if names and (mark == "→" or state not in procedure.closed):
            lines.append(f"{mark} {', '.join(names)}")
    x, y = at
    return "".join(
        f'<text class="b" x="{x}" y="{y + _HEIGHT + 15 + 15 * i}">{escape(line)}</text>' for i, line in enumerate(lines)
    )


def _box(state: str, at: tuple[int, int], closed: bool, lang: str) -> str:
    x, y = at
    shape = f'<rect class="{"c" if closed else "s"}" x="{x}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" rx="8"/>'
    return f'<g id="{state}">{shape}<text x="{x + _WIDTH // 2}" y="{y + 21}" text-anchor="middle">{escape(label(state, lang))}</text></g>'


def _curve(edge: Edge, place: dict[str, tuple[int, int]], lang: str, number: int, parallel: int) -> str:
    """Draw one move: straight down the road with its name, else a curve; the states beside name theirs."""
    (x1, y1), (x2, y2) = place[edge.source], place[edge.target]
    if x1 == x2 == _LEFT and y2 - y1 == _STEP:
        x = x1 + _WIDTH // 2 + 14 * parallel
        text = f'<text class="a" x="{x1 + _WIDTH // 2 + 28 + 110 * parallel}" y="{y1 + _HEIGHT + 16}">'
        line = f'<path class="e" marker-end="url(#t)" d="M{x} {y1 + _HEIGHT}V{y2}"/>'
        return f"{line}{text}{escape(label(edge.action, lang))}</text>"
    if x1 == x2:
        bend = x1 + (-60 - 12 * (number % 5) if x1 == _LEFT else _WIDTH + 40)
        side = x1 if x1 == _LEFT else x1 + _WIDTH
        line = f"M{side} {y1 + 17}C{bend} {y1 + 17} {bend} {y2 + 17} {side} {y2 + 17}"
    else:
        start, end = (x1 + _WIDTH, x2) if x1 < x2 else (x1, x2 + _WIDTH)
        line = f"M{start} {y1 + 17}C{(start + end) // 2} {y1 + 17} {(start + end) // 2} {y2 + 17} {end} {y2 + 17}"
    return f'<path class="w" marker-end="url(#t)" d="{line}"/>'
