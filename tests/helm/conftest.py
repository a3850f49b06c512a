"""Real clusters of two versions, ready for the chart to be installed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial

import pytest
import pytest_asyncio

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
        spec = one["spec"]
        served = f"/apis/{spec['group']}/{spec['versions'][0]['name']}/{spec['names']['plural']}"
        await eventually(partial(cluster.api.items, served), within=60)

    policy = {"apiVersion": "example.com/v1", "kind": "Policy", "metadata": {"name": "polite"}}
    await cluster.api.create("/apis/example.com/v1/namespaces/default/policies", policy)
    secret = {"metadata": {"name": "kept"}, "stringData": {"password": "hunter2-of-the-chart"}}
    await cluster.api.create("/api/v1/namespaces/default/secrets", secret)
