"""Find one photograph in several cases, and photographs of different cases that look alike."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from ...states.replay.suspicions import Suspicion

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ...db.reports.suspicions import Picture

_BANDS, _WIDTH = 7, 9  # looks that differ in fewer bits than there are bands share at least one; the last has 10 bits
_BAND = (1 << _WIDTH) - 1
_LOOK = re.compile("[0-9a-f]{1,16}")
MOST_BITS = _BANDS - 1


def same_photos(groups: Iterable[Iterable[Picture]]) -> Iterator[Suspicion]:
    """Tell of one picture in several cases (R78)."""
    for group in groups:
        told = {"kinds": sorted({picture.kind for picture in group})}
        yield Suspicion("same_photo", "R78", tuple(sorted({picture.case for picture in group})), told)


def like_photos(pictures: Iterable[Picture], bits: int) -> Iterator[Suspicion]:
    """Tell of pictures of two cases that look alike; only those that share a band of their looks are compared (R78)."""
    bands: dict[tuple[int, int], list[tuple[str, str, str, int]]] = defaultdict(list)
    told: set[tuple[str, str]] = set()
    for case, kind, same, text in pictures:
        if text is None or not _LOOK.fullmatch(text):
            continue
        look = int(text, 16)
        for place in range(_BANDS):
            band = bands[place, look >> place * _WIDTH & _BAND if place < _BANDS - 1 else look >> place * _WIDTH]
            for other, its_kind, its_same, its_look in band:
                apart, pair = (look ^ its_look).bit_count(), (min(case, other), max(case, other))
                if apart > bits or other == case or its_same == same or pair in told:
                    continue
                told.add(pair)
                yield Suspicion("like_photo", "R78", pair, {"kinds": sorted({kind, its_kind}), "bits": apart})
            band.append((case, kind, same, look))
