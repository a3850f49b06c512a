"""Dashboards as files, which Grafana imports, a sidecar collects, and a chart packs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from dashboards.source.words.dashboard import Dashboard

FOLDER = Path(__file__).parents[1]


def path(dashboard: Dashboard) -> Path:
    """Where the dashboard is kept; its name says nothing new beside the uid."""
    return FOLDER / f"{dashboard.uid}.json"


def text(dashboard: Dashboard) -> str:
    """What the file holds. The same dashboard is the same text."""
    return json.dumps(dashboard.json(), indent=2, ensure_ascii=False) + "\n"


def write(dashboards: Sequence[Dashboard]) -> None:
    """Write these, and remove what was written of others before."""
    for kept in set(FOLDER.glob("*.json")) - {path(dashboard) for dashboard in dashboards}:
        kept.unlink()

    for dashboard in dashboards:
        path(dashboard).write_text(text(dashboard), encoding="utf-8")
