"""Config maps as series."""

from __future__ import annotations

from exporter.kinds.configmap import configmaps
from exporter.kubernetes.objects import Metadata, Object
from tests.kinds.series import every_series

CONFIGMAP = {
    "metadata": {
        "name": "reader",
        "namespace": "shop",
        "resourceVersion": "42",
        "creationTimestamp": "1970-01-01T00:00:07Z",
        "labels": {"app.kubernetes.io/partOf": "shop"},
        "annotations": {"team": "x"},
    },
    "data": {"password": "s3cret"},
}


def test_configmaps_are_asked_for_at_their_place() -> None:
    assert (configmaps.api_version, configmaps.resource) == ("v1", "configmaps")
    assert configmaps.namespaced


def test_a_config_map_is_named_by_the_label_configmap() -> None:
    assert configmaps.identity == ("namespace", "configmap")
    assert configmaps.identity_of(Object(Metadata(name="reader", namespace="shop"))) == (
        "shop",
        "reader",
    )


def test_all_that_is_shown_is_metadata() -> None:
    assert every_series(configmaps, CONFIGMAP) == {
        "kube_configmap_annotations": ['{annotation_team="x"} 1'],
        "kube_configmap_labels": ['{label_app_kubernetes_io_part_of="shop"} 1'],
        "kube_configmap_info": ["{} 1"],
        "kube_configmap_created": ["{} 7"],
        "kube_configmap_metadata_resource_version": ["{} 42"],
    }


def test_nothing_but_metadata_is_asked_for() -> None:
    assert configmaps.metadata_only
    assert configmaps.type is Object
