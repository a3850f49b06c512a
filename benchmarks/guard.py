"""
`python -m benchmarks guard`: has anything become slower or larger than what was committed?

Ratios alone are compared, never times: both sides of each are measured on the same machine, in
turn, and the middle one of five is taken.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import memory, scrape, sync
from benchmarks.figure import Figure
from benchmarks.sizes import Sizes

Ratios = Mapping[str, float]
"""By benchmark and figure: `sync: first sync`."""

COMMITTED = Path(__file__).with_name("ratios.json")

MOST = 1.25
"""How many times the committed ratio is still allowed."""


@dataclass(frozen=True)
class Guarded:
    """Which `figures` of a benchmark are compared, and at what sizes they are measured."""

    run: Callable[[Sizes], list[Figure]]
    sizes: Sizes
    figures: tuple[str, ...]


GUARDED = {
    "sync": Guarded(sync.run, Sizes(pods=2_000, repetitions=5), ("first sync",)),
    "scrape": Guarded(
        scrape.run,
        Sizes(pods=2_000, repetitions=5),
        ("gzip", "gzip, 1 % of the pods changed", "plain"),
    ),
    "memory": Guarded(memory.run, Sizes(pods=6_000, repetitions=5), ("a pod",)),
}
"""Quick ones that come out alike every time."""


def main(arguments: Sequence[str]) -> int:
    """0, or 1 when a ratio is worse than it may be."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks guard", description=__doc__)
    parser.add_argument("--write", action="store_true", help="commit to what is measured now")
    given = parser.parse_args(arguments)
    measured = measure(GUARDED)
    if given.write:
        rounded = {name: float(f"{ratio:.4g}") for name, ratio in measured.items()}
        COMMITTED.write_text(json.dumps(rounded, indent=2) + "\n")
        return 0

    committed: Ratios = json.loads(COMMITTED.read_text())
    # A busy machine may spoil a measurement; what has really become worse is so again.
    again = measure({name.partition(":")[0] for name in worse(committed, measured)})
    measured = {name: min(ratio, again.get(name, ratio)) for name, ratio in measured.items()}
    for name, ratio in measured.items():
        print(f"{name}: {ratio:.4g}, committed {committed.get(name, 'nothing')}")

    found = complaints(committed, measured)
    for complaint in found:
        print(f"guard: {complaint}", file=sys.stderr)

    return 1 if found else 0


def measure(benchmarks: Iterable[str]) -> dict[str, float]:
    """The guarded ratios of benchmarks, as they are now."""
    ratios = {}
    for benchmark in benchmarks:
        guarded = GUARDED[benchmark]
        print(f"{benchmark} …", file=sys.stderr, flush=True)
        found = {figure.name: figure.ratio for figure in guarded.run(guarded.sizes)}
        for name in guarded.figures:
            ratio = found[name]
            assert ratio is not None, f"{name!r} is measured beside nothing"
            ratios[f"{benchmark}: {name}"] = ratio

    return ratios


def worse(committed: Ratios, measured: Ratios) -> list[str]:
    """The names of those that are worse than they may be."""
    both = committed.keys() & measured.keys()
    return sorted(name for name in both if measured[name] > MOST * committed[name])


def complaints(committed: Ratios, measured: Ratios) -> list[str]:
    """What is worse than it may be, or cannot be compared; each in one line."""
    found = [
        f"{name}: {measured[name]:.4g} is {measured[name] / committed[name] - 1:.0%} worse than"
        f" {committed[name]:.4g}, which is committed; {MOST - 1:.0%} are allowed"
        for name in worse(committed, measured)
    ]
    found += [
        f"{name}: only in {COMMITTED.name if name in committed else 'what is measured'};"
        " `python -m benchmarks guard --write` commits to what is measured now"
        for name in sorted(committed.keys() ^ measured.keys())
    ]
    return found
