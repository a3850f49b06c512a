"""Every kind that is shown, in the order of its series on the page."""

from __future__ import annotations

from typing import Any

from exporter.families.kind import Kind
from exporter.kinds.namespace import namespaces
from exporter.kinds.node import nodes
from exporter.kinds.pod import pods

KINDS: tuple[Kind[Any], ...] = (
    namespaces,
    nodes,
    pods,
)
