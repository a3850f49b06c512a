"""What a pod asks for."""

from __future__ import annotations

import pytest

from exporter.kinds.pod import pods
from tests.kinds.series import series


@pytest.mark.parametrize(
    ("family", "list_", "map_"),
    [
        ("kube_pod_container_resource_limits", "containers", "limits"),
        ("kube_pod_container_resource_requests", "containers", "requests"),
        ("kube_pod_init_container_resource_limits", "initContainers", "limits"),
        ("kube_pod_init_container_resource_requests", "initContainers", "requests"),
    ],
)
def test_each_container_has_its_resources_in_their_units(
    family: str, list_: str, map_: str
) -> None:
    resources = {
        "cpu": "1500m",
        "memory": "1500m",
        "ephemeral-storage": "1Ki",
        "storage": "100n",
        "hugepages-2Mi": "2Mi",
        "attachable-volumes-aws-ebs": "39",
        "nvidia.com/gpu": "2",
        "pods": "7",
    }
    pod = {
        "spec": {
            "nodeName": "n1",
            list_: [{"name": "a", "resources": {map_: resources}}, {"name": "b"}],
        }
    }

    assert series(pods, family, pod) == [
        '{container="a",node="n1",resource="cpu",unit="core"} 1.5',
        '{container="a",node="n1",resource="memory",unit="byte"} 2',
        '{container="a",node="n1",resource="ephemeral_storage",unit="byte"} 1024',
        '{container="a",node="n1",resource="storage",unit="byte"} 1',
        '{container="a",node="n1",resource="hugepages_2Mi",unit="byte"} 2097152',
        '{container="a",node="n1",resource="attachable_volumes_aws_ebs",unit="byte"} 39',
        '{container="a",node="n1",resource="nvidia_com_gpu",unit="integer"} 2',
    ]
    for other in pods.families:
        if "_resource_" in other.name and other.name != family:
            assert series(pods, other.name, pod) == []


def test_an_amount_that_is_not_a_quantity_costs_its_own_series_only() -> None:
    limits = {"cpu": "lots", "memory": "1"}
    pod = {"spec": {"containers": [{"name": "a", "resources": {"limits": limits}}]}}

    assert series(pods, "kube_pod_container_resource_limits", pod) == [
        '{container="a",node="",resource="memory",unit="byte"} 1'
    ]


def overhead(family: str, **resources: str) -> list[str]:
    return series(pods, f"kube_pod_overhead_{family}", {"spec": {"overhead": resources}})


def test_overhead_has_thousandths_of_cores_and_whole_bytes() -> None:
    assert overhead("cpu_cores", cpu="250m", memory="1") == ["{} 0.25"]
    assert overhead("memory_bytes", cpu="1", memory="1500m") == ["{} 2"]


def test_overhead_is_left_out_where_there_is_none_or_it_cannot_be_read() -> None:
    assert overhead("cpu_cores", memory="1") == []
    assert overhead("memory_bytes", cpu="1") == []
    assert overhead("cpu_cores", cpu="lots") == []
    assert overhead("memory_bytes", memory="lots") == []


def claims(*claims: dict[str, str], made: tuple[dict[str, object], ...] = ()) -> list[str]:
    pod = {"spec": {"resourceClaims": claims}, "status": {"resourceClaimStatuses": made}}
    return series(pods, "kube_pod_resourceclaim_info", pod)


def test_a_claim_is_named_by_the_pod_or_made_from_a_template() -> None:
    assert claims(
        {"name": "gpu", "resourceClaimName": "shared"},
        {"name": "tpl", "resourceClaimTemplateName": "t"},
        {"name": "pending", "resourceClaimTemplateName": "t"},
        made=({"name": "tpl", "resourceClaimName": "tpl-x7k2"}, {"name": "gpu"}),
    ) == [
        '{claim_name="gpu",resourceclaim_name="shared",resourceclaim_template_name=""} 1',
        '{claim_name="tpl",resourceclaim_name="tpl-x7k2",resourceclaim_template_name="t"} 1',
        '{claim_name="pending",resourceclaim_name="",resourceclaim_template_name="t"} 1',
    ]


def test_a_template_for_which_no_claim_is_made_has_an_empty_name() -> None:
    made: dict[str, object] = {"name": "tpl", "resourceClaimName": None}

    assert claims({"name": "tpl", "resourceClaimTemplateName": "t"}, made=(made,)) == [
        '{claim_name="tpl",resourceclaim_name="",resourceclaim_template_name="t"} 1'
    ]


def test_a_claim_for_nothing_is_not_shown() -> None:
    assert claims({"name": "gpu"}, {"name": "fpga", "resourceClaimName": "f"}) == [
        '{claim_name="fpga",resourceclaim_name="f",resourceclaim_template_name=""} 1'
    ]


def test_the_runtime_class_is_shown_if_one_is_named() -> None:
    family = "kube_pod_runtimeclass_name_info"

    assert series(pods, family, {"spec": {"runtimeClassName": "kata"}}) == [
        '{runtimeclass_name="kata"} 1'
    ]
    assert series(pods, family, {"spec": {"runtimeClassName": ""}}) == ['{runtimeclass_name=""} 1']
    assert series(pods, family, {}) == []
