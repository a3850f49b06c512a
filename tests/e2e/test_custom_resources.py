"""Definitions that come and go on a real API server, while the exporter runs."""

from pathlib import Path

import pytest
import yaml

from tests.controlplane.client import Object
from tests.controlplane.cluster import Cluster
from tests.controlplane.deadline import eventually
from tests.e2e.exporter_process import Exporter, read_page, started_exporter

pytestmark = [
    pytest.mark.controlplane,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(240),
]

GROUP = "shop.example.com"
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
ORDERS = f"/apis/{GROUP}/v1/namespaces/default/orders"

DOCUMENT = {
    "kind": "CustomResourceStateMetrics",
    "spec": {
        "resources": [
            {
                "groupVersionKind": {"group": GROUP, "version": "*", "kind": "Order"},
                "labelsFromPath": {"order": ["metadata", "name"]},
                "metrics": [
                    {
                        "name": "items",
                        "help": "How many things were ordered.",
                        "each": {"type": "Gauge", "gauge": {"path": ["spec", "items"]}},
                    }
                ],
            }
        ]
    },
}


def definition() -> Object:
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema},
    }
    return {
        "metadata": {"name": f"orders.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {"plural": "orders", "singular": "order", "kind": "Order"},
            "versions": [version],
        },
    }


def order(name: str, items: int) -> Object:
    return {
        "apiVersion": f"{GROUP}/v1",
        "kind": "Order",
        "metadata": {"name": name},
        "spec": {"items": items},
    }


async def sizes(exporter: Exporter) -> dict[str, str]:
    page = await read_page(f"{exporter.metrics}/clusters/west/metrics")
    lines = [line for line in page.splitlines() if line.startswith("kube_customresource_items{")]
    return {line.split('order="')[1].split('"')[0]: line.rsplit(" ", 1)[1] for line in lines}


async def test_a_definition_is_picked_up_followed_and_dropped(
    clusters: dict[str, Cluster], tmp_path: Path
) -> None:
    api = clusters["west"].api
    document, settings = tmp_path / "document.yaml", tmp_path / "settings.yaml"
    document.write_text(yaml.safe_dump(DOCUMENT))
    collect = {"resources": ["namespaces"], "custom_resource_state_config_file": str(document)}
    settings.write_text(yaml.safe_dump({"collect": collect}))
    async with started_exporter(
        [clusters["west"]], tmp_path / "exporter", f"--config={settings}"
    ) as exporter:

        async def shows(expected: dict[str, str]) -> None:
            assert await sizes(exporter) == expected

        await eventually(lambda: shows({}), within=30)
        await api.create(DEFINITIONS, definition())
        await eventually(lambda: api.create(ORDERS, order("first", 3)), within=30)
        await eventually(lambda: shows({"first": "3"}), within=90)

        await api.create(ORDERS, order("second", 5))
        await eventually(lambda: shows({"first": "3", "second": "5"}), within=30)

        await api.delete(f"{DEFINITIONS}/orders.{GROUP}")
        await eventually(lambda: shows({}), within=60)
