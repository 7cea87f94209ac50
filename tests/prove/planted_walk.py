"""Planted holes in the floor, each of which the adversarial walk has to find by a payment or an archive that it forbids."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from tests.prove import adversary
from tests.prove.adversary_plans import intake, waived
from tests.prove.defects import Defect, Ground
from tests.prove.plants import answers_well, swap, without_guard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.prove.adversary_plans import Mutation

MOST = 40_000  # acts after which a hole counts as not found
MUTANTS = 60


def _walk(kind: str, *how: Mutation) -> Callable[[Ground], Sequence[str]]:
    """Return the look of the walk for one kind of payment or archive that the floor forbids, under mutated plans if need be."""

    def look(ground: Ground) -> Sequence[str]:
        counts, _ = adversary.in_rules(ground.seed, MOST, MUTANTS if how else 0, kind, how)
        acts = [when for told, (_, _, when) in counts.shown.items() if kind in told]
        return [f"{told}, at act {min(acts)}" for told in sorted(counts.wrong) if kind in told]

    return look


def looked(ground: Ground) -> Sequence[str]:
    """Return what a short walk finds where nothing is planted."""
    return sorted(adversary.in_rules(ground.seed, 6_000, 20)[0].wrong)


def _both(*plants: Callable[[Ground], Any]) -> Callable[[Ground], Any]:
    @contextmanager
    def planted(ground: Ground) -> Iterator[None]:
        with ExitStack() as stack:
            for plant in plants:
                stack.enter_context(plant(ground))
            yield

    return planted


def _all_bars_warn(was: Any) -> Any:
    """Return the decision under which an exemption from any rule lifts every bar, those of the floor too."""

    def decided(q: Any, findings: Any, names: Any, to: Any = None) -> Any:
        if getattr(q, "case", None) is not None and q.case.exemptions(q.on):
            findings = [f._replace(effect="warn") if f.guard != "action_available" else f for f in findings]
        return was(q, findings, names, to)

    return decided


def _unproved(check: str) -> Callable[[Ground], Any]:
    return swap("weigai.states.proofs.floor:CHECKS", lambda was: tuple(one for one in was if one.__name__ != check))


WALKED = (
    Defect("an exemption lifts every bar of the walk", swap("weigai.states.decide:_decided", _all_bars_warn), _walk("publicity of")),
    Defect("a notice need not hang for its days",
           without_guard("publicity_days_complete", "form_after_publicity", "meeting_after_publicity"), _walk("publicity of")),
    Defect("an upheld objection holds nothing back", without_guard("no_open_objection"), _walk("objection")),
    Defect("no area is too large", without_guard("area_within_limit", "built_within_limit"), _walk("area")),
    Defect("more is paid than was decided",
           without_guard("amount_within_subsidy", "instalment_exact", "reissue_within_due"), _walk("money")),
    Defect("any office appraises", answers_well("weigai.states.decide:_office"), _walk("appraisal in the office")),
    Defect("one person appraises, approves and pays", without_guard("different_person"), _walk("four eyes")),
    Defect("it is paid before the final acceptance",
           _both(answers_well("weigai.states.decide:_order"), without_guard("accepted_before_payment")),
           _walk("final acceptance")),
    Defect("an identity is accepted that nobody confirmed", without_guard("identity_confirmed"), _walk("identity")),
    Defect("a file is archived without its papers", answers_well("weigai.states.decide:papers_of"), _walk("archive without")),
    Defect("it is paid without consent", without_guard("consent_given"), _walk("consent")),
    Defect("one decides on one's own household in the walk", without_guard("not_own_case"), _walk("own household")),
    Defect("an intake goes round a notice in the walk",
           swap("weigai.states.proofs.floor:bypassed", lambda was: lambda road: ()), _walk("publicity of", intake)),
    Defect("an appraisal is waived for a house, and a mode is open to one without a grade",
           _both(_unproved("waivers"), without_guard("mode_offered")), _walk("appraisal", waived)),
)  # fmt: skip
