"""What the dashboards beside this folder are made from: one file each, and the words they use."""

from dashboards.source import (
    alerts,
    capacity,
    cluster,
    events,
    exporter,
    namespaces,
    nodes,
    overview,
    versions,
    workloads,
)

DASHBOARDS = (
    overview.dashboard,
    cluster.dashboard,
    workloads.dashboard,
    nodes.dashboard,
    capacity.dashboard,
    namespaces.dashboard,
    versions.dashboard,
    events.dashboard,
    exporter.dashboard,
    alerts.dashboard,
)
"""All dashboards, in the order in which somebody would look at them."""
