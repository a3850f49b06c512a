"""What systems write into a hub, in their own shapes, and how a hub learns of their kinds."""

import json
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from exporter.simulation.kinds import Kind
from tests.controlplane.client import ApiClient, Object
from tests.controlplane.deadline import eventually
from tests.e2e.member import Member

DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
WHERE = "managed"
SECRETS = f"/api/v1/namespaces/{WHERE}/secrets"
ARGO_LABEL = {"argocd.argoproj.io/secret-type": "cluster"}
LIQO = {"liqo.io/remote-cluster-id": "eu", "liqo.io/identity-type": "ControlPlane"}
LINKERD = "mirror.linkerd.io/remote-kubeconfig"
ISTIO = {"istio/multiCluster": "true"}


def encoded(values: dict[str, Any]) -> dict[str, str]:
    texts = {key: v if isinstance(v, str) else json.dumps(v) for key, v in values.items()}
    return {key: b64encode(text.encode()).decode() for key, text in texts.items()}


def secret(
    name: str, values: dict[str, Any], labels: dict[str, str], kind: str = "Opaque"
) -> Object:
    return {"metadata": {"name": name, "labels": labels}, "type": kind, "data": encoded(values)}


def owned(made: Object, kind: str) -> Object:
    """As a controller leaves it."""
    owner = {"apiVersion": "x.example/v1", "kind": kind, "name": "x", "uid": "1-2-3"}
    return {**made, "metadata": {**made["metadata"], "ownerReferences": [owner]}}


def capi_secret(name: str, member: Member) -> Object:
    return secret(
        f"{name}-kubeconfig",
        {"value": member.kubeconfig()},
        {"cluster.x-k8s.io/cluster-name": name},
        "cluster.x-k8s.io/secret",
    )


@asynccontextmanager
async def defined(api: ApiClient, *kinds: Kind) -> AsyncIterator[None]:
    """While the block runs the hub serves these kinds."""
    for kind in kinds:
        schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
        version = {"name": kind.version, "served": True, "storage": True,
                   "schema": {"openAPIV3Schema": schema}}  # fmt: skip
        names = {"plural": kind.resource, "singular": kind.kind.lower(), "kind": kind.kind}
        spec = {
            "group": kind.group,
            "scope": "Namespaced" if kind.namespaced else "Cluster",
            "names": names,
            "versions": [version],
        }
        name = f"{kind.resource}.{kind.group}"
        await api.create(DEFINITIONS, {"metadata": {"name": name}, "spec": spec})

    for kind in kinds:
        await eventually(partial(api.items, path(kind)), within=30)
    try:
        yield
    finally:
        for kind in kinds:
            await api.delete(f"{DEFINITIONS}/{kind.resource}.{kind.group}")


def path(kind: Kind) -> str:
    """Where the objects of a kind are, of our namespace if they are in one."""
    within = f"namespaces/{WHERE}/" if kind.namespaced else ""
    return f"/apis/{kind.group_version}/{within}{kind.resource}"


def of_kind(kind: Kind, name: str, spec: Object, status: Object | None = None) -> Object:
    return {
        "apiVersion": kind.group_version,
        "kind": kind.kind,
        "metadata": {"name": name, "labels": {"env": "prod"}},
        "spec": spec,
        "status": status or {},
    }


async def remove_namespace(api: ApiClient, name: str) -> None:
    await api.delete(f"/api/v1/namespaces/{name}")

    async def is_gone() -> None:
        names = [one["metadata"]["name"] for one in await api.items("/api/v1/namespaces")]
        assert name not in names

    await eventually(is_gone, within=60)
