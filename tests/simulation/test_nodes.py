"""Nodes of three clouds, failing and recovering."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from exporter.simulation import nodes
from exporter.simulation.regions import Region, place

CREATED = datetime(2026, 2, 1, 12, 0, tzinfo=UTC)
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
AWS, GCE, AZURE = place(0)[1], place(2)[1], place(4)[1]


def machine(index: int = 0, region: Region = AWS) -> nodes.Machine:
    return nodes.machine(region, "eu-1", index, "v1.33.4", random.Random(1))


@pytest.mark.parametrize(
    ("region", "scheme", "name"),
    [(AWS, "aws:///", "ip-10-"), (GCE, "gce://", "gke-eu-1-"), (AZURE, "azure:///", "aks-")],
)
def test_a_machine_is_named_as_its_provider_does(region: Region, scheme: str, name: str) -> None:
    made = machine(region=region)

    assert made.provider_id.startswith(scheme)
    assert made.name.startswith(name)
    assert made.zone in region.zones


def test_machines_are_spread_over_zones_and_pools() -> None:
    made = [machine(index) for index in range(10)]

    assert {each.zone for each in made} == set(AWS.zones)
    assert {each.pool.name for each in made} == {"general", "system", "memory", "batch"}


def test_only_pools_of_a_purpose_are_tainted() -> None:
    batch = nodes.node(machine(7), AWS, CREATED, NOON)
    general = nodes.node(machine(0), AWS, CREATED, NOON)

    [taint] = batch["spec"]["taints"]
    assert taint == {"key": "dedicated", "value": "batch", "effect": "NoSchedule"}
    assert "taints" not in general["spec"]


def test_a_node_out_of_touch_and_back_keeps_its_own_taints() -> None:
    before = nodes.node(machine(7), AWS, CREATED, NOON)

    lost = nodes.out_of_touch(before, NOON)
    found = nodes.back_in_touch(lost, NOON + timedelta(minutes=5))

    assert {each["status"] for each in lost["status"]["conditions"]} == {"Unknown"}
    assert len(lost["spec"]["taints"]) == 2
    assert found["spec"] == before["spec"]
    ready = found["status"]["conditions"][-1]
    assert (ready["type"], ready["status"]) == ("Ready", "True")
    assert ready["lastTransitionTime"] == "2026-03-01T12:05:00Z"


def test_a_cordoned_node_is_unschedulable_by_spec_and_taint() -> None:
    node = nodes.cordoned(nodes.node(machine(), AWS, CREATED, NOON), NOON)

    assert node["spec"]["unschedulable"] is True
    assert node["spec"]["taints"][0]["key"] == "node.kubernetes.io/unschedulable"


def test_allocatable_is_less_than_capacity() -> None:
    status = nodes.node(machine(), AWS, CREATED, NOON)["status"]

    assert (status["capacity"]["cpu"], status["allocatable"]["cpu"]) == ("16", "15920m")
    capacity, allocatable = (
        int(status[name]["memory"].removesuffix("Ki")) for name in ("capacity", "allocatable")
    )
    assert capacity - allocatable == 2 * 1024 * 1024
