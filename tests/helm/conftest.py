"""Real clusters of two versions, ready for the chart to be installed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.controlplane.client import ApiError
from tests.controlplane.cluster import Cluster, started_clusters
from tests.controlplane.deadline import eventually
from tests.controlplane.objects import namespace, node
from tests.helm.chart import NAMESPACE
from tests.helm.operator_kinds import DEFINITIONS

SHOWN = ("fleet", "argocd")
"""Namespaces that ci values name as sources of clusters."""


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def clusters(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[dict[str, Cluster]]:
    """The oldest and the newest that are built, each with a node, and the operators' kinds."""
    modules = {"older": "kubernetes-1.30", "newer": "kubernetes-1.36"}
    async with started_clusters(modules, tmp_path_factory.mktemp("helm")) as started:
        async with asyncio.TaskGroup() as filling:
            for cluster in started:
                filling.create_task(_fill(cluster))

        yield {cluster.name: cluster for cluster in started}


def kubeconfig_of(cluster: Cluster) -> Path:
    """The file with which helm may do everything there."""
    file = cluster.directory / "helm.json"
    file.write_text(json.dumps(cluster.kubeconfig_context()))
    return file


async def _fill(cluster: Cluster) -> None:
    await cluster.api.create("/api/v1/nodes", node(f"{cluster.name}-0", cluster.version))
    for name in SHOWN:
        await cluster.api.create("/api/v1/namespaces", namespace(name))

    # Pods that could do more than our own have to do are not admitted there.
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    where = {"metadata": {"name": NAMESPACE, "labels": labels}}
    await cluster.api.create("/api/v1/namespaces", where)
    path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    for one in DEFINITIONS:
        await cluster.api.create(path, one)

    for one in DEFINITIONS:
        await eventually(lambda one=one: _served(cluster, one), within=60)


async def _served(cluster: Cluster, definition: dict[str, dict[str, object]]) -> None:
    spec = definition["spec"]
    group, versions, names = spec["group"], spec["versions"], spec["names"]
    assert isinstance(versions, list) and isinstance(names, dict)
    try:
        await cluster.api.items(f"/apis/{group}/{versions[0]['name']}/{names['plural']}")
    except ApiError as error:
        raise AssertionError(str(error)) from error
