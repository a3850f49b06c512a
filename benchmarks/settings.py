"""The settings that the exporter is measured with, as documents of its settings file."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

Document = Mapping[str, Any]

DEFAULT: Document = {}
"""Every family that kube-state-metrics shows by default, and events."""

SCALE = Path(__file__).parent.parent / "docs" / "scale.md"

_YAML = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)


class NoSettings(Exception):
    """The documentation does not show what should be measured."""


def large_fleet() -> Document:
    """
    What docs/scale.md recommends for many small clusters: its first example that polls.

    Raises:
        NoSettings: it shows none.
    """
    for example in _YAML.findall(SCALE.read_text()):
        document: dict[str, Any] = yaml.safe_load(example)
        if "poll" in document.get("collect", {}):
            return document

    raise NoSettings(f"{SCALE}: no example in YAML has collect.poll")


def write(path: Path, kubeconfig: Path, document: Document) -> None:
    """A settings file for all clusters of `kubeconfig`, served on free ports of this machine."""
    own = {
        "discovery": [{"provider": "kubeconfig", "files": [str(kubeconfig)]}],
        "web": {"listen": "127.0.0.1:0"},
        "telemetry": {"listen": "127.0.0.1:0"},
    }
    path.write_text(json.dumps({**document, **own}))
