"""What the exporter is measured with."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import settings
from benchmarks.settings import NoSettings, large_fleet, write
from exporter.settings import read_settings

TEXT = """
# Scale

```yaml
workers: 4
```

```yaml
collect:
  node: a
  poll: {resources: [secrets], interval: 10m}
```
"""


def test_the_settings_of_a_large_fleet_are_the_documented_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "SCALE", tmp_path / "scale.md")
    settings.SCALE.write_text(TEXT)

    poll = {"resources": ["secrets"], "interval": "10m"}
    assert large_fleet() == {"collect": {"node": "a", "poll": poll}}


def test_documentation_without_such_settings_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "SCALE", tmp_path / "scale.md")
    settings.SCALE.write_text("# Scale\n")

    with pytest.raises(NoSettings, match=r"scale\.md"):
        large_fleet()


def test_a_written_file_keeps_the_document_but_for_clusters_and_ports(tmp_path: Path) -> None:
    document = {"collect": {"node": "a"}, "web": {"listen": ":80"}, "discovery": []}

    write(tmp_path / "settings", tmp_path / "kubeconfig", document)

    written = read_settings(tmp_path / "settings")
    assert written.collect.node == "a"
    assert written.web.listen == written.telemetry.listen == "127.0.0.1:0"
    assert len(written.discovery) == 1
