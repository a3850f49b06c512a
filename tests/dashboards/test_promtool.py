"""Prometheus itself reads every query."""

import subprocess
from pathlib import Path

import pytest
import yaml

from tests.controlplane.binaries import program
from tests.dashboards.asked import asked

pytestmark = pytest.mark.controlplane


def test_promtool_understands_every_query(tmp_path: Path) -> None:
    file = tmp_path / "queries.yaml"
    names = [(f"panel:query:{index}", one) for index, one in enumerate(asked())]
    recording = [{"record": name, "expr": one.text} for name, one in names]
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": recording}]}))

    checked = subprocess.run(
        [program("prometheus", "promtool"), "check", "rules", file],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr
