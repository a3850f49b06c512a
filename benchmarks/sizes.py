"""How much is measured."""

from __future__ import annotations

from dataclasses import dataclass

POD_BYTES = 15_000
"""JSON of a pod in the one cluster, managedFields and all: what busy clusters have. The pods of
the fleets are as small as the simulation makes them, or they would not fit into memory."""


@dataclass(frozen=True)
class Sizes:
    """
    `pods` are those of the one cluster of most benchmarks. `clusters` are those of the fleet, with
    `pods_per_cluster` each; `small_clusters` those of the fleet of many small ones. Each figure is
    the median of `repetitions`; latency is taken of `events`, one after another. `load_seconds` is
    how long pods keep changing.
    """

    pods: int = 2_000
    clusters: int = 20
    pods_per_cluster: int = 250
    small_clusters: int = 100
    pods_per_small_cluster: int = 50
    repetitions: int = 3
    events: int = 200
    load_seconds: float = 30.0


FULL = Sizes(
    pods=10_000,
    clusters=100,
    pods_per_cluster=1_000,
    small_clusters=1_000,
    repetitions=5,
    load_seconds=60.0,
)
"""The sizes that budgets are set for."""
