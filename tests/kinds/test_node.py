"""Nodes as series."""

from __future__ import annotations

from collections.abc import Mapping

from exporter.kinds.node import Node, nodes
from exporter.kubernetes.objects import Metadata
from tests.kinds.series import series


def of_spec(family: str, **spec: object) -> list[str]:
    return series(nodes, family, {"spec": spec})


def of_status(family: str, **status: object) -> list[str]:
    return series(nodes, family, {"status": status})


def test_a_node_is_named_by_the_label_node() -> None:
    assert nodes.identity == ("node",)
    assert nodes.identity_of(Node(Metadata(name="n1"))) == ("n1",)


def test_info_tells_the_software_the_identifiers_and_the_address() -> None:
    node = {
        "spec": {"podCIDR": "10.0.0.0/24", "providerID": "aws:///eu-1a/i-0"},
        "status": {
            "addresses": [
                {"type": "InternalIP", "address": "192.168.0.1"},
                {"type": "ExternalIP", "address": "203.0.113.1"},
            ],
            "nodeInfo": {
                "kernelVersion": "6.8.0",
                "osImage": "Ubuntu",
                "containerRuntimeVersion": "containerd://2.0.8",
                "kubeletVersion": "v1.36.0",
                "kubeProxyVersion": "v1.30.0",
                "systemUUID": "s-u",
            },
        },
    }

    (line,) = series(nodes, "kube_node_info", node)

    assert line == (
        '{kernel_version="6.8.0",os_image="Ubuntu",'
        'container_runtime_version="containerd://2.0.8",kubelet_version="v1.36.0",'
        'kubeproxy_version="deprecated",provider_id="aws:///eu-1a/i-0",pod_cidr="10.0.0.0/24",'
        'system_uuid="s-u",internal_ip="192.168.0.1"} 1'
    )


def test_of_two_internal_addresses_the_last_is_told() -> None:
    addresses = [
        {"type": "InternalIP", "address": "192.168.0.1"},
        {"type": "InternalIP", "address": "fd00::1"},
        {"type": "Hostname", "address": "n1"},
    ]
    (line,) = of_status("kube_node_info", addresses=addresses)

    assert line.endswith('internal_ip="fd00::1"} 1')


def test_a_node_without_an_internal_address_says_so() -> None:
    (line,) = of_status("kube_node_info", addresses=[{"type": "Hostname", "address": "n1"}])

    assert line.endswith('internal_ip=""} 1')


def test_every_address_is_shown_with_its_type() -> None:
    addresses = [
        {"type": "Hostname", "address": "n1"},
        {"type": "InternalIP", "address": "fd00::1"},
    ]

    assert of_status("kube_node_status_addresses", addresses=addresses) == [
        '{type="Hostname",address="n1"} 1',
        '{type="InternalIP",address="fd00::1"} 1',
    ]


def test_roles_come_from_the_labels_that_name_them_and_from_no_other() -> None:
    labels = {
        "node-role.kubernetes.io/control-plane": "",
        "node-role.kubernetes.io/Some.Role": "false",
        "kubernetes.io/role": "agent",
    }

    assert series(nodes, "kube_node_role", {"metadata": {"labels": labels}}) == [
        '{role="control-plane"} 1',
        '{role="Some.Role"} 1',
    ]


def test_pod_ranges_are_shown_one_by_one() -> None:
    assert of_spec("kube_node_spec_pod_cidrs", podCIDRs=["10.0.0.0/24", "fd00::/64"]) == [
        '{pod_cidr="10.0.0.0/24"} 1',
        '{pod_cidr="fd00::/64"} 1',
    ]


def test_taints_are_shown_with_key_value_and_effect() -> None:
    taints = [
        {"key": "dedicated", "value": "gpu", "effect": "NoExecute"},
        {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"},
    ]

    assert of_spec("kube_node_spec_taint", taints=taints) == [
        '{key="dedicated",value="gpu",effect="NoExecute"} 1',
        '{key="node.kubernetes.io/unschedulable",value="",effect="NoSchedule"} 1',
    ]


def test_a_cordoned_node_is_unschedulable() -> None:
    assert of_spec("kube_node_spec_unschedulable", unschedulable=True) == ["{} 1"]
    assert of_spec("kube_node_spec_unschedulable") == ["{} 0"]


def amounts(resources: Mapping[str, str]) -> list[str]:
    """Capacity and allocatable, which follow the same rules."""
    assert of_status("kube_node_status_allocatable", allocatable=resources) == of_status(
        "kube_node_status_capacity", capacity=resources
    )
    return of_status("kube_node_status_capacity", capacity=resources)


def test_each_resource_has_its_unit() -> None:
    resources = {
        "cpu": "1500m",
        "memory": "1Ki",
        "pods": "110",
        "ephemeral-storage": "1k",
        "storage": "10G",
        "hugepages-2Mi": "0",
        "attachable-volumes-aws-ebs": "25",
        "nvidia.com/gpu": "8",
    }

    assert amounts(resources) == [
        '{resource="cpu",unit="core"} 1.5',
        '{resource="memory",unit="byte"} 1024',
        '{resource="pods",unit="integer"} 110',
        '{resource="ephemeral_storage",unit="byte"} 1000',
        '{resource="storage",unit="byte"} 10000000000',
        '{resource="hugepages_2Mi",unit="byte"} 0',
        '{resource="attachable_volumes_aws_ebs",unit="byte"} 25',
        '{resource="nvidia_com_gpu",unit="integer"} 8',
    ]


def test_capacity_and_allocatable_are_two_fields() -> None:
    status = {"capacity": {"cpu": "2"}, "allocatable": {"cpu": "1"}}

    assert of_status("kube_node_status_capacity", **status) == ['{resource="cpu",unit="core"} 2']
    assert of_status("kube_node_status_allocatable", **status) == ['{resource="cpu",unit="core"} 1']


def test_a_nodes_bytes_have_thousandths_as_its_cores_do() -> None:
    assert amounts({"memory": "100n"}) == ['{resource="memory",unit="byte"} 0.001']


def test_a_resource_of_a_name_nobody_knows_is_not_shown() -> None:
    assert amounts({"gpu": "1", "kubernetes.io/x": "1", "cpu": "1"}) == [
        '{resource="cpu",unit="core"} 1'
    ]


def test_an_amount_that_is_not_a_quantity_costs_its_own_series_only() -> None:
    assert amounts({"memory": "lots", "cpu": "1"}) == ['{resource="cpu",unit="core"} 1']


def test_two_names_that_read_alike_give_one_series() -> None:
    assert amounts({"a.io/x-y": "1", "a.io/x.y": "2"}) == ['{resource="a_io_x_y",unit="integer"} 1']


def test_custom_conditions_are_shown_like_any() -> None:
    conditions = [{"type": "example.com/KernelDeadlock", "status": "Unknown"}]

    assert of_status("kube_node_status_condition", conditions=conditions) == [
        '{condition="example.com/KernelDeadlock",status="true"} 0',
        '{condition="example.com/KernelDeadlock",status="false"} 0',
        '{condition="example.com/KernelDeadlock",status="unknown"} 1',
    ]


def test_creation_deletion_labels_and_annotations_are_shown() -> None:
    node = {
        "metadata": {
            "creationTimestamp": "1970-01-01T00:00:07Z",
            "deletionTimestamp": "1970-01-01T00:00:09Z",
            "labels": {"zone": "a"},
            "annotations": {"quote": 'say "hi"'},
        }
    }

    assert series(nodes, "kube_node_created", node) == ["{} 7"]
    assert series(nodes, "kube_node_deletion_timestamp", node) == ["{} 9"]
    assert series(nodes, "kube_node_labels", node) == ['{label_zone="a"} 1']
    assert series(nodes, "kube_node_annotations", node) == ['{annotation_quote="say \\"hi\\""} 1']


def test_an_empty_node_has_only_the_series_that_every_node_has() -> None:
    shown = {one.name for one in nodes.families if series(nodes, one.name, {})}

    assert shown == {
        "kube_node_annotations",
        "kube_node_info",
        "kube_node_labels",
        "kube_node_spec_unschedulable",
    }
