"""Ingress classes as series."""

from __future__ import annotations

from exporter.kinds.ingressclass import IngressClass, ingressclasses
from exporter.kubernetes.objects import Metadata
from tests.kinds.series import every_series


def test_ingressclasses_are_asked_for_at_their_place() -> None:
    assert (ingressclasses.api_version, ingressclasses.resource) == (
        "networking.k8s.io/v1",
        "ingressclasses",
    )
    assert not ingressclasses.namespaced


def test_a_class_is_named_by_the_label_ingressclass() -> None:
    assert ingressclasses.identity == ("ingressclass",)
    assert ingressclasses.identity_of(IngressClass(Metadata(name="nginx"))) == ("nginx",)


def test_a_class_tells_its_controller() -> None:
    ingressclass = {
        "metadata": {
            "name": "nginx",
            "resourceVersion": "42",
            "creationTimestamp": "1970-01-01T00:00:07Z",
            "labels": {"app.kubernetes.io/partOf": "shop"},
            "annotations": {"team": "x"},
        },
        "spec": {"controller": "k8s.io/ingress-nginx", "parameters": {"name": "p"}},
    }

    assert every_series(ingressclasses, ingressclass) == {
        "kube_ingressclass_info": ['{controller="k8s.io/ingress-nginx"} 1'],
        "kube_ingressclass_created": ["{} 7"],
        "kube_ingressclass_annotations": ['{annotation_team="x"} 1'],
        "kube_ingressclass_labels": ['{label_app_kubernetes_io_part_of="shop"} 1'],
    }
