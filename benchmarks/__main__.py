"""`python -m benchmarks [NAME...]`: measure, and print what came out."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace

from benchmarks import fleet, memory, scrape, sync, update
from benchmarks.figure import Figure, document, table
from benchmarks.sizes import FULL, Sizes

BENCHMARKS: dict[str, Callable[[Sizes], list[Figure]]] = {
    "sync": sync.run,
    "update": update.run,
    "scrape": scrape.run,
    "memory": memory.run,
    "fleet": fleet.run,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks that are named, or all; 0, or 2 where they cannot run."""
    given = _parser().parse_args(arguments)
    if sys.platform != "linux":
        print("benchmarks: a process can measure itself on Linux only", file=sys.stderr)
        return 2

    sizes = FULL if given.full else Sizes()
    chosen = {name: value for name, value in vars(given).items() if name in _SIZES and value}
    sizes = replace(sizes, **chosen)
    figures = {}
    for name in given.names:
        print(f"{name} …", file=sys.stderr, flush=True)
        figures[name] = BENCHMARKS[name](sizes)

    print(table(figures) if given.output == "table" else document(figures, sizes))
    return 0


_SIZES = {
    "pods": "pods of the one cluster of most benchmarks",
    "clusters": "clusters of the fleet",
    "pods_per_cluster": "pods of each",
    "repetitions": "figures are the median of so many",
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
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
