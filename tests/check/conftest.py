"""Clusters in a kubeconfig, and what a dry run says of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from exporter.check.dry_run import check
from exporter.check.report import ClusterReport
from exporter.discovery.kubeconfig import Kubeconfig
from exporter.settings import Settings
from exporter.simulation.api_server import ApiServer
from tests.web.exporter import kubeconfig


def settings(folder: Path, clusters: Mapping[str, str]) -> Settings:
    file = folder / "kubeconfig"
    file.write_text(kubeconfig(clusters))
    return Settings(discovery=(Kubeconfig((str(file),)),))


def server(pods: int, name: str = "eu-1") -> ApiServer:
    api = ApiServer(name)
    for number in range(pods):
        api.put("pods", {"metadata": {"name": f"web-{number}", "namespace": "shop"}})

    return api


def unseen(done: int, clusters: int) -> None:
    """Nobody looks at the progress."""


async def report_on(api: ApiServer, folder: Path, chosen: Settings | None = None) -> ClusterReport:
    """What a dry run says of one cluster; `chosen` is what it is to do but for discovery."""
    async with api.serving() as url:
        discovery = settings(folder, {"eu-1": url}).discovery
        wanted = msgspec.structs.replace(chosen or Settings(), discovery=discovery)
        (report,) = await check(wanted, unseen)

    return report
