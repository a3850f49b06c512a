"""A release of the chart in a real cluster, and the exporter as its pod would run it."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from tests.controlplane.client import Object
from tests.controlplane.cluster import Cluster
from tests.controlplane.deadline import eventually
from tests.controlplane.process import Process, running
from tests.helm.chart import CHART, NAMESPACE, RELEASE, files_of, helm, only
from tests.helm.identity import Account

MOUNTED = "/etc/kube-fleet-exporter"

# A pod finds its account at a fixed path of its own root; here it lies in a directory.
_AS_A_POD = """
import sys
from pathlib import Path
from exporter import cli
from exporter.kubernetes import in_cluster
account = Path(sys.argv.pop(1))
in_cluster.TOKEN_FILE, in_cluster.CA_FILE = account / "token", account / "ca.crt"
cli.main()
"""


@dataclass(frozen=True)
class Release:
    """What helm says it installed."""

    cluster: Cluster
    objects: list[Object]

    @property
    def account(self) -> Account:
        """The service account of the pods, or the member's."""
        metadata = only(self.objects, "ServiceAccount")["metadata"]
        return Account(self.cluster, metadata["namespace"], metadata["name"])

    @property
    def container(self) -> Object:
        """That of the exporter."""
        pod = only(self.objects, "Deployment")["spec"]["template"]["spec"]
        container: Object = pod["containers"][0]
        return container


async def install(cluster: Cluster, values: Path, *arguments: str) -> Release:
    """Install the chart, or upgrade what is installed of it."""
    await _helm(cluster, "upgrade", "--install", RELEASE, CHART, "-f", values, *arguments)
    manifest = await _helm(cluster, "get", "manifest", RELEASE)
    return Release(cluster, [one for one in yaml.safe_load_all(manifest) if one])


async def uninstall(cluster: Cluster) -> None:
    """Remove what is installed."""
    await _helm(cluster, "uninstall", RELEASE, "--wait")


@asynccontextmanager
async def installed(cluster: Cluster, values: Path, *arguments: str) -> AsyncIterator[Release]:
    """The chart in a cluster, while the context is open."""
    try:
        yield await install(cluster, values, *arguments)
    finally:
        await uninstall(cluster)


async def _helm(cluster: Cluster, *arguments: str | Path) -> str:
    file = cluster.directory / "helm.json"
    file.write_text(json.dumps(cluster.kubeconfig_context()))
    where = (f"--kubeconfig={file}", f"--namespace={NAMESPACE}")
    return await asyncio.to_thread(helm, *arguments, *where)


@dataclass(frozen=True)
class Pod:
    """A running exporter; its URLs."""

    process: Process
    metrics: str
    telemetry: str


@asynccontextmanager
async def running_pod(release: Release, directory: Path) -> AsyncIterator[Pod]:
    """
    The container's arguments, with what is in the ConfigMap and the account's own token, and no
    other credentials. Ports are free ones.
    """
    directory.mkdir(parents=True)
    name = only(release.objects, "Deployment")["metadata"]["name"]
    path = f"/api/v1/namespaces/{NAMESPACE}/configmaps/{name}"
    for file, text in (await release.cluster.api.get(path))["data"].items():
        (directory / file).write_text(text.replace(MOUNTED, str(directory)))

    assert (await release.cluster.api.get(path))["data"] == files_of(release.objects)
    (directory / "token").write_text(await release.account.token())
    (directory / "ca.crt").write_text(release.cluster.ca_pem)
    arguments = [one.replace(MOUNTED, str(directory)) for one in release.container["args"]]
    command: list[str | Path] = [sys.executable, "-c", _AS_A_POD, directory, *arguments]
    command += ["--listen=127.0.0.1:0", "--telemetry-listen=127.0.0.1:0"]
    async with running("exporter", command, directory, _environment(release, directory)) as process:
        yield await eventually(lambda: _serving(process), within=40)


def _environment(release: Release, directory: Path) -> Mapping[str, str]:
    url = urlsplit(release.cluster.url)
    return {
        "HOME": str(directory),
        "KUBECONFIG": "",
        "KUBERNETES_SERVICE_HOST": url.hostname or "",
        "KUBERNETES_SERVICE_PORT": str(url.port),
        "PYTHONPATH": os.pathsep.join(one for one in sys.path if one),
    }


async def _serving(process: Process) -> Pod:
    process.check()
    for line in process.log.read_text().splitlines():
        if line.startswith("{") and (said := json.loads(line)).get("event") == "serving":
            return Pod(process, said["metrics"].rstrip("/"), said["telemetry"].rstrip("/"))

    raise AssertionError(f"the exporter does not say that it serves:\n{process.log_tail()}")


async def place_of(cluster: Cluster, one: Object) -> str:
    """The path of the collection that an object belongs to, as the API server says."""
    version = one["apiVersion"]
    root = f"/apis/{version}" if "/" in version else f"/api/{version}"
    served: list[Any] = (await cluster.api.get(root))["resources"]
    (kind,) = [each for each in served if each["kind"] == one["kind"] and "/" not in each["name"]]
    namespace = one["metadata"].get("namespace", NAMESPACE)
    within = f"/namespaces/{namespace}" if kind["namespaced"] else ""
    return f"{root}{within}/{kind['name']}"
