"""The chart, as helm renders and installs it."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.controlplane.binaries import program

Object = dict[str, Any]

CHART = Path(__file__).parents[2] / "helm" / "kube-fleet-exporter"
CI = sorted((CHART / "ci").glob("*-values.yaml"))
NAMESPACE = "monitoring"
RELEASE = "fleet"


class HelmError(Exception):
    """Helm refused; the message is what it said."""


def helm(*arguments: str | Path) -> str:
    """Run helm, away from what its user has configured; what it prints."""
    with tempfile.TemporaryDirectory() as home:
        folders = {f"HELM_{name}_HOME": home for name in ("CACHE", "CONFIG", "DATA")}
        done = subprocess.run(
            [program("helm", "helm"), *arguments],
            env={**os.environ, **folders, "KUBECONFIG": "/dev/null"},
            capture_output=True,
            text=True,
            timeout=50,
            check=False,
        )
    if done.returncode:
        raise HelmError(done.stderr)

    return done.stdout


def rendered(values: Path | Mapping[str, Any] | None = None, chart: Path = CHART) -> list[Object]:
    """All objects of the chart, by a values file or by values."""
    if isinstance(values, Path):
        text = helm("template", RELEASE, chart, "-n", NAMESPACE, "-f", values)
        return [document for document in yaml.safe_load_all(text) if document]

    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        yaml.safe_dump(dict(values or {}), file)
        return rendered(Path(file.name), chart)


def of_kind(objects: list[Object], kind: str) -> list[Object]:
    """Those of one kind."""
    return [one for one in objects if one["kind"] == kind]


def only(objects: list[Object], kind: str) -> Object:
    """The one of its kind."""
    (found,) = of_kind(objects, kind)
    return found


def files_of(objects: list[Object]) -> dict[str, str]:
    """The settings and what lies beside them, by name."""
    held = [one["data"] for one in of_kind(objects, "ConfigMap") if "data" in one]
    (files,) = [data for data in held if "config.yaml" in data]
    found: dict[str, str] = files
    return found
