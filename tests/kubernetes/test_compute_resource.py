"""Which compute resources are shown, and in which unit."""

from __future__ import annotations

import pytest

from exporter.kubernetes.compute_resource import resource_units


@pytest.mark.parametrize(
    ("name", "label", "unit"),
    [
        ("cpu", "cpu", "core"),
        ("memory", "memory", "byte"),
        ("storage", "storage", "byte"),
        ("ephemeral-storage", "ephemeral_storage", "byte"),
        ("hugepages-2Mi", "hugepages_2Mi", "byte"),
        ("attachable-volumes-aws-ebs", "attachable_volumes_aws_ebs", "byte"),
        ("nvidia.com/gpu", "nvidia_com_gpu", "integer"),
        ("vendor.io/Some.Res-x_1", "vendor_io_Some_Res_x_1", "integer"),
    ],
)
def test_a_resource_has_a_label_and_a_unit(name: str, label: str, unit: str) -> None:
    assert resource_units(name) == ((label, unit),)


@pytest.mark.parametrize(
    "name",
    [
        "pods",
        "gpu",
        "kubernetes.io/batch-cpu",
        "sub.kubernetes.io/x",
        "requests.example.com/x",
        "/x",
        "example.com/",
        "example.com/a/b",
        "Example.com/x",
        "example..com/x",
        "example.com/-x",
        "example.com/x y",
        "example.com/x\n",
        "ex\u00e4mple.com/x",
        "example.com/" + "x" * 64,
        "x" * 245 + "/y",
    ],
)
def test_what_is_neither_known_nor_an_extended_resource_is_not_shown(name: str) -> None:
    assert resource_units(name) == ()


def test_names_may_be_as_long_as_a_quota_can_name_them() -> None:
    assert len(resource_units("example.com/" + "x" * 63)) == 1
    assert len(resource_units("x" * 244 + "/y")) == 1


def test_a_name_that_is_both_is_shown_in_both_units() -> None:
    assert resource_units("hugepages-x/y") == (
        ("hugepages_x_y", "byte"),
        ("hugepages_x_y", "integer"),
    )
