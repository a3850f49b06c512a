"""`python -m benchmarks [NAME...]`: measure, and print what came out; or `… guard`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace

from benchmarks import fleet, guard, memory, scrape, small_clusters, sync, update
from benchmarks.figure import Figure
from benchmarks.report import document, table
from benchmarks.sizes import FULL, Sizes

BENCHMARKS: dict[str, Callable[[Sizes], list[Figure]]] = {
    "sync": sync.run,
    "update": update.run,
    "scrape": scrape.run,
    "memory": memory.run,
    "fleet": fleet.run,
    "small-clusters": small_clusters.run,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks that are named, or all; 0, or 2 where they cannot run. Or the guard."""
    given_arguments = sys.argv[1:] if arguments is None else arguments
    if sys.platform != "linux":
        print("benchmarks: a process can measure itself on Linux only", file=sys.stderr)
        return 2

    if given_arguments[:1] == ["guard"]:
        return guard.main(given_arguments[1:])

    given = _parser().parse_args(given_arguments)
    sizes = FULL if given.full else Sizes()
    chosen = {name: value for name, value in vars(given).items() if name in _SIZES and value}
    sizes = replace(sizes, **chosen)
    figures = {}
    for name in given.names:
        print(f"{name} …", file=sys.stderr, flush=True)
        figures[name] = BENCHMARKS[name](sizes)

    print(table(figures, sizes) if given.output == "table" else document(figures, sizes))
    return 0


_SIZES = {
    "pods": "pods of the one cluster of most benchmarks",
    "clusters": "clusters of the fleet",
    "pods_per_cluster": "pods of each",
    "small_clusters": "clusters of the fleet of many small ones",
    "pods_per_small_cluster": "pods of each",
    "repetitions": "figures are the median of so many",
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure what the exporter costs.",
        epilog="`guard` instead of names compares a few ratios with the committed ones.",
    )
    parser.add_argument(
        "names",
        nargs="*",
        type=_benchmark,
        default=list(BENCHMARKS),
        metavar="NAME",
        help=f"of {', '.join(BENCHMARKS)}; default all",
    )
    parser.add_argument("-o", "--output", choices=("table", "json"), default="table")
    parser.add_argument("--full", action="store_true", help="the sizes that budgets are set for")
    for name, help_ in _SIZES.items():
        default, full = getattr(Sizes(), name), getattr(FULL, name)
        help_ = f"{help_}; default {default}, with --full {full}"
        parser.add_argument(f"--{name.replace('_', '-')}", type=_positive, metavar="N", help=help_)

    return parser


def _benchmark(text: str) -> str:
    if text not in BENCHMARKS:
        raise argparse.ArgumentTypeError(f"{text!r} is not one of {', '.join(BENCHMARKS)}")

    return text


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not positive")

    return number


if __name__ == "__main__":
    sys.exit(main())
