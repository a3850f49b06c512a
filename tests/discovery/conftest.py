"""A simulated hub, and providers that are listened to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
import yaml

from exporter.discovery import hub as discovery_hub
from exporter.kubernetes import follow
from exporter.kubernetes.backoff import Backoff
from exporter.simulation.api_server import ApiServer
from tests.discovery.simulated_hub import SimulatedHub, kubeconfig


@pytest.fixture
async def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SimulatedHub]:
    """An API server with nothing but what every cluster has; waits for it are short."""
    monkeypatch.setattr(discovery_hub, "QUIET", 0.01)
    monkeypatch.setattr(discovery_hub, "Backoff", partial(Backoff, longest=0.05))
    monkeypatch.setattr(follow, "Backoff", partial(Backoff, longest=0.05))
    monkeypatch.setattr(follow, "REFUSED_PAUSE", 0.05)
    monkeypatch.setattr(follow, "UNAUTHORIZED_PAUSE", 0.05)
    server = ApiServer("hub")
    async with server.serving() as url:
        file = tmp_path / "hub.kubeconfig"
        file.write_text(yaml.safe_dump(kubeconfig(url)))
        yield SimulatedHub(server, url, file)
