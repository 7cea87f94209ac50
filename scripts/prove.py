"""Each promise put to the proof, with the number of trials, the seed, and what broke it; ends with 1 where any did.

The work is done in `tests/prove`; a proof is loaded when it is run.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from weigai.db import open_engine

from tests import templates
from tests.postgres import Server
from tests.prove.defects import Ground
from tests.prove.result import Result, proof

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

EVERY = 1_000  # of a matrix: from here on nothing is left out
RSS_MB = 200  # what a process of a verification may take, however large the record
SHOWN = 12  # violations of a proof that are printed


def of(module: str) -> Any:
    """Return a module of the harness."""
    return import_module(f"tests.prove.{module}")


def on_both(module: str) -> Callable[[Ground, int], Iterator[Result]]:
    """Return the proof that runs on a fresh database of either kind."""

    def run(ground: Ground, n: int) -> Iterator[Result]:
        yield of(module).run(ground.seed, n, ground.sqlite())
        yield of(module).run(ground.seed, n, ground.postgres())

    return run


def alone(module: str, name: str = "run", **more: Any) -> Callable[[Ground, int], Iterator[Result]]:
    """Return the proof that brings its own databases."""

    def run(ground: Ground, n: int) -> Iterator[Result]:
        yield getattr(of(module), name)(ground.seed, n, **more)

    return run


def upgrades(ground: Ground, n: int) -> Iterator[Result]:
    """Upgrade from two processes at once, and kill upgrades at each of their statements."""
    for fresh in (ground.sqlite, ground.postgres):
        yield of("upgrades").twice(ground.seed, n, fresh)
        yield of("upgrades").cut_off(ground.seed, n * 20, fresh)


def rotations(ground: Ground, n: int) -> Iterator[Result]:
    """Rotate and retire the master key beside openings, on a fresh database of either kind."""
    for fresh in (ground.sqlite, ground.postgres):
        yield from of("rotations").run(ground.seed, n, fresh())


def guessing(ground: Ground, n: int) -> Iterator[Result]:
    """Guess an erased paper by its number, on a fresh database of either kind."""
    for fresh in (ground.sqlite, ground.postgres):
        yield from of("guessing").run(ground.seed, n, fresh())


def stops(ground: Ground, n: int) -> Iterator[Result]:
    """Stop a server of its own."""
    with Server(durable=True) as server:
        yield of("stops").run(ground.seed, n, server)


def probes(_ground: Ground, _n: int) -> Iterator[Result]:
    """Ask the small questions; each is asked once, however large the run."""
    for name, probe in of("probes").PROBES.items():
        with proof(name) as result:
            result.n = 1
            result.broke(*probe())
        yield result


def defects(ground: Ground, _n: int) -> Iterator[Result]:
    """Plant every defect on a server of its own, since some change the server."""
    with Server(durable=True) as server:
        yield of("defects").run(ground.seed, server, sober=True)


def tampering(ground: Ground, n: int) -> Iterator[Result]:
    """Tamper in every way `n` times each, verify as many honest records, and tell mutated logs to both verifiers."""
    for url in (ground.sqlite(), ground.postgres()):
        engine = open_engine(url)
        with proof(f"tampering {engine.dialect.name}") as result:
            made = of("tampering").run(engine, seed=ground.seed, per_kind=n, honest=n)
            result.n = sum(made.tried.values()) + made.honest + made.logs
            result.broke(*made.missed)
            if not made.ok:
                result.broke(f"{made.false_alarms} false alarms, {made.disagreements} disagreements")
            result.note(f"{len(made.tried)} kinds, {made.honest} honest records, {made.logs} mutated logs")
        yield result
        yield of("one_alone").run(engine, ground.seed, n)
        engine.dispose()
    yield of("dressed").run(ground.seed, max(1, n // 4))


def envelopes(ground: Ground, n: int) -> Iterator[Result]:
    """Tell `n` mutated exports to the package and to the auditor's program: in SQLite, a tenth of them in PostgreSQL."""
    for url, some in ((ground.sqlite(), n), (ground.postgres(), max(1, n // 10))):
        engine = open_engine(url)
        with tempfile.TemporaryDirectory(prefix="weigai-prove-") as folder:
            yield of("envelopes").run(engine, Path(folder), ground.seed, some)
        engine.dispose()


def columns(ground: Ground, n: int) -> Iterator[Result]:
    """Change every column of every table, in `n` rows of each."""
    for url in (ground.sqlite(), ground.postgres()):
        engine = open_engine(url)
        with proof(f"columns {engine.dialect.name}") as result, tempfile.TemporaryDirectory() as folder:
            of("tampering").schema.upgrade(engine)
            result.n, missed = of("columns").run(engine, Path(folder), seed=ground.seed, rows=n)
            result.broke(*missed)
        engine.dispose()
        yield result


def verifying(_ground: Ground, n: int) -> Iterator[Result]:
    """Verify a large record in both strengths: how fast, and in how much memory."""
    with proof("verifying") as result, tempfile.TemporaryDirectory(prefix="weigai-prove-") as folder:
        for made in of("verifying").run(Path(folder), n):
            result.n = made.events
            result.note(made.line())
            if made.rss_mb >= RSS_MB:
                result.broke(f"{made.strength}: {made.rss_mb} MB")
    yield result


def matrix(ground: Ground, n: int) -> Iterator[Result]:
    """Ask about every role, level, act and relation, or about `n` of each state; read in every way, and without the program."""
    some = None if n >= EVERY else n
    asked = {
        "matrix": lambda: of("matrix").run(ground.seed, ground.sqlite(), sample=some),
        "reads": lambda: of("matrix").run_reads(ground.seed, ground.sqlite(), tries_=10 * n),
        "bare role": lambda: of("bare").run(ground.seed, ground.postgres(), sample=some),
        "orders": lambda: of("orders").run(ground.seed, ground.sqlite(), sample=some),
    }
    for name, ask in asked.items():
        with proof(name) as result:
            made = ask()
            result.n = made.n
            result.broke(*made.escapes)
        yield result


def pairs(ground: Ground, n: int) -> Iterator[Result]:
    """Let every pair of acts meet at every level, on SQLite, on PostgreSQL, and there behind the wall; or a share of them."""
    assert ground.server is not None
    share, walled = min(1.0, n / EVERY), ground.server.ready("weigai_app")
    plain, file = ground.server.ready(), templates.sqlite(ground.folder / "pairs.db")
    for name, place in {
        "file": (file, file),
        "server": (plain, plain),
        "wall": (walled, ground.server.login(walled)),
    }.items():
        result = of("pairs").run(ground.seed, [place], share=share)
        result.name = f"pairs {name}"
        yield result


def adversary(ground: Ground, n: int) -> Iterator[Result]:
    """Let colluding officials try `n` acts under the rules alone, and a twentieth of them in a database of either kind."""
    yield of("adversary").rules(ground.seed, n)
    for url in (ground.sqlite(), ground.postgres()):
        with tempfile.TemporaryDirectory(prefix="weigai-prove-") as folder:
            yield of("adversary").database(ground.seed, max(1, n // 20), url, Path(folder))


# name: how many at full size, and the proof
PROOFS: dict[str, tuple[int, Callable[[Ground, int], Iterator[Result]]]] = {
    "histories": (10_000, on_both("histories")),
    "pairs": (EVERY, pairs),
    "kills": (1_000, on_both("kills")),
    "stops": (200, stops),
    "fsyncs": (48, alone("ends", "fsyncs")),
    "durable": (200, alone("ends", "durable")),
    "full": (20, alone("ends", "full")),
    "interrupts": (30, alone("ends", "interrupts")),
    "upgrades": (20, upgrades),
    "rotations": (1_000, rotations),
    "guessing": (1_000_000, guessing),
    "torn": (3_000, alone("torn")),
    "logins": (2_000, on_both("logins")),
    "clocks": (2_000, on_both("clocks")),
    "fuzz": (100_000, alone("fuzz")),
    "probes": (1, probes),
    "tampering": (1_000, tampering),
    "envelopes": (10_000, envelopes),
    "columns": (20, columns),
    "verifying": (49, verifying),
    "matrix": (EVERY, matrix),
    "hostile": (EVERY, alone("hostile")),
    "adversary": (1_000_000, adversary),
    "canaries": (50, alone("canaries")),
    "defects": (1, defects),
}


def main() -> int:
    """Run the proofs that are asked for."""
    arguments = argparse.ArgumentParser(prog="scripts/prove", description=__doc__)
    arguments.add_argument("names", nargs="*", metavar="NAME", help=f"some of: {', '.join(PROOFS)}; default all")
    arguments.add_argument("--scale", type=float, default=1.0, help="a fraction of the full size, e.g. 0.01")
    arguments.add_argument("--seed", type=int, default=None, help="the seed of an earlier run")
    arguments.add_argument("--json", action="store_true", help="print one JSON document")
    arguments.add_argument("--list", action="store_true", help="list the proofs with their full size")
    asked = arguments.parse_args()
    if asked.list:
        print(*(f"{name}\t{n}" for name, (n, _) in PROOFS.items()), sep="\n")
        return 0
    if unknown := set(asked.names) - set(PROOFS):
        arguments.error(f"no such proof: {', '.join(sorted(unknown))}")
    seed = random.randrange(2**31) if asked.seed is None else asked.seed
    results = list(proved(asked.names or list(PROOFS), seed, asked.scale, quiet=asked.json))
    if asked.json:
        print(json.dumps({"seed": seed, "scale": asked.scale, "results": [asdict(r) for r in results]}, indent=2))
    return 1 if any(result.violations for result in results) else 0


def proved(names: list[str], seed: int, scale: float, *, quiet: bool = False) -> Iterator[Result]:
    """Run proofs one after another; one that breaks down is a violation of its own."""
    say(f"seed {seed}, scale {scale:g}", quiet=quiet)
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="weigai-prove-"))
        ground = Ground(seed, stack.enter_context(Server(durable=True)), Path(folder))
        for name in names:
            full, work = PROOFS[name]
            began = time.perf_counter()
            try:
                for result in work(ground, max(1, round(full * scale))):
                    tell(result, quiet=quiet)
                    yield result
            except Exception as error:  # noqa: BLE001 - told, and the next proof goes on
                words = f"the proof did not come to its end: {type(error).__name__}: {error}"
                result = Result(name, 0, round(time.perf_counter() - began, 1), [words[:500]])
                tell(result, quiet=quiet)
                yield result


def tell(result: Result, *, quiet: bool) -> None:
    """Print what a proof came to."""
    say(f"{result.name:24} n={result.n:<7} {result.seconds:8.1f} s  violations: {len(result.violations)}", quiet=quiet)
    for line in result.notes:
        say(f"    {line}", quiet=quiet)
    for line in result.violations[:SHOWN]:
        say(f"    BROKEN {line[:600]}", quiet=quiet)


def say(line: str, *, quiet: bool) -> None:
    """Print a line at once."""
    if not quiet:
        print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
