"""
Conditions as series: for each one three series, true, false and unknown, of which one is 1.
"""

from __future__ import annotations

from collections.abc import Iterable

from exporter.families.family import Rows
from exporter.kubernetes.objects import Condition

STATUSES = {"True": "true", "False": "false", "Unknown": "unknown"}
"""Label values by what Kubernetes writes. Another spelling is none of them: all three are 0."""


def condition_rows(conditions: Iterable[Condition]) -> Rows:
    """(type, status in lower case, 1 or 0) for every condition and every status."""
    return [
        (condition.type, shown, int(condition.status == status))
        for condition in conditions
        for status, shown in STATUSES.items()
    ]
