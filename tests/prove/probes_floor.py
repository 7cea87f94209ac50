"""Small proofs of the floor: what no file and no exemption goes below."""

from __future__ import annotations

from weigai.states.proofs.load import load_kept

from tests.exempted import OLD, in_each_state, lifted, named
from tests.prove.sitting import sitting


def exempted() -> list[str]:
    """Return every guard of the floor that exemptions lift under a policy that an earlier program kept, in any state."""
    procedure = load_kept(named("a", OLD))
    with sitting() as desk:
        cases = in_each_state(desk)
    return [
        f"{action} in {state}: an exemption lifts {guard}"
        for state, case in cases.items()
        for action in procedure.actions(state)
        for guard in sorted(lifted(case, procedure, action, procedure.rules))
    ]


FLOOR = {"exempted": exempted}
