"""The generated files of the chart; and the schema of the settings, for editors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import yaml

from helm.source.permissions import permissions
from helm.source.readme import readme
from helm.source.schema import schema
from helm.source.settings_schema import settings_schema

ROOT = Path(__file__).parents[2]
CHART = Path(__file__).parents[1] / "kube-fleet-exporter"
COPIES = CHART / "files"
"""The folder that holds nothing but generated files."""


def generated() -> Mapping[Path, str]:
    """Every generated file and its text."""
    values = (CHART / "values.yaml").read_text(encoding="utf-8")
    copies = {
        COPIES / folder / path.name: path.read_text(encoding="utf-8")
        for folder, paths in (
            ("dashboards", (ROOT / "dashboards").glob("*.json")),
            ("rules", (ROOT / "alerts").glob("fleet-*.yaml")),
        )
        for path in sorted(paths)
    }
    alerts = [text for path, text in copies.items() if path.parent.name == "rules"]
    return {
        **copies,
        COPIES / "permissions.yaml": permissions(),
        COPIES / "values.json": json.dumps(list(yaml.safe_load(values))) + "\n",
        CHART / "values.schema.json": schema(values, alerts),
        CHART / "README.md": readme(values),
        ROOT / "docs/settings.schema.json": json.dumps(settings_schema(), indent=1) + "\n",
    }


def write() -> None:
    """Write these, and remove what was copied of others before."""
    files = generated()
    for kept in {path for path in COPIES.rglob("*") if path.is_file()} - files.keys():
        kept.unlink()

    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
