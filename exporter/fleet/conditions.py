"""What holds of a cluster now, in the words of the contract's closed list."""

from __future__ import annotations

from exporter.fleet.health import ConditionName
from exporter.fleet.observation import Observation


def conditions(cluster: Observation) -> list[tuple[ConditionName, str]]:
    """Each condition with its reason; the first one says how it goes."""
    if cluster.health.down_condition is None:
        found = _reading(cluster)
    else:
        found = [cluster.health.down_condition]
        if cluster.stores:
            found.append(("stale", ""))

    if cluster.has_rival:
        found.append(("name-conflict", ""))

    if cluster.described.hibernated:
        found.append(("hibernated", ""))

    return found


def _reading(cluster: Observation) -> list[tuple[ConditionName, str]]:
    """How it goes with a cluster that answers."""
    reasons = {kind.reason for kind in cluster.health.kinds.values()}
    found: list[tuple[ConditionName, str]] = []
    if cluster.unit is None or not cluster.unit.complete:
        found.append(("syncing", ""))

    if "stale" in reasons:
        found.append(("stale", ""))

    if "failing" in reasons:
        found.append(("incomplete", ""))

    if "forbidden" in reasons:
        found.append(("forbidden", ""))

    found = found or [("synced", "")]
    if "not-served" in reasons:
        found.append(("incomplete", "not-served"))

    return found
