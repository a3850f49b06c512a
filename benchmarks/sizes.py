"""How much is measured."""

from __future__ import annotations

from dataclasses import dataclass

POD_BYTES = 15_000
"""JSON of a pod in the one cluster, managedFields and all: what busy clusters have. The pods of
the fleet are as small as the simulation makes them, or they would not fit into memory."""


@dataclass(frozen=True)
class Sizes:
    """
    `pods` are those of the one cluster of most benchmarks. Each figure is the median of
    `repetitions`; latency is taken of `events`, one after another. `load_seconds` is how long
    pods keep changing, with one scrape in between.
    """

    pods: int = 2_000
    clusters: int = 20
    pods_per_cluster: int = 250
    repetitions: int = 3
    events: int = 200
    load_seconds: float = 15.0


FULL = Sizes(pods=10_000, clusters=100, pods_per_cluster=1_000, repetitions=5)
