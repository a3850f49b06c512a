"""Services as series."""

from __future__ import annotations

from exporter.kinds.service import Service, services
from exporter.kubernetes.objects import Metadata
from tests.kinds.series import every_series, series


def test_services_are_asked_for_at_their_place() -> None:
    assert (services.api_version, services.resource) == ("v1", "services")
    assert services.namespaced


def test_a_service_is_named_by_namespace_name_and_uid() -> None:
    named = Service(Metadata(name="web", namespace="shop", uid="u-1"))

    assert services.identity == ("namespace", "service", "uid")
    assert services.identity_of(named) == ("shop", "web", "u-1")


def test_a_service_behind_a_load_balancer() -> None:
    points = [{"ip": "198.51.100.7", "ipMode": "VIP"}, {"hostname": "lb.example.com"}]
    service = {
        "metadata": {
            "name": "web",
            "namespace": "shop",
            "uid": "u-1",
            "resourceVersion": "42",
            "creationTimestamp": "1970-01-01T00:00:07Z",
            "labels": {"app.kubernetes.io/partOf": "shop"},
            "deletionTimestamp": "1970-01-01T00:00:09Z",
            "annotations": {"team": "x"},
        },
        "spec": {
            "type": "LoadBalancer",
            "clusterIP": "10.0.0.1",
            "clusterIPs": ["10.0.0.1", "fd00::1"],
            "externalIPs": ["192.0.2.1", "2001:db8::9"],
            "externalTrafficPolicy": "Local",
            "loadBalancerIP": "198.51.100.7",
        },
        "status": {"loadBalancer": {"ingress": points}},
    }

    assert every_series(services, service) == {
        "kube_service_info": [
            (
                '{cluster_ip="10.0.0.1",external_name="",load_balancer_ip="198.51.100.7",'
                'external_traffic_policy="Local"} 1'
            )
        ],
        "kube_service_created": ["{} 7"],
        "kube_service_spec_type": ['{type="LoadBalancer"} 1'],
        "kube_service_annotations": ['{annotation_team="x"} 1'],
        "kube_service_labels": ['{label_app_kubernetes_io_part_of="shop"} 1'],
        "kube_service_spec_external_ip": [
            '{external_ip="192.0.2.1"} 1',
            '{external_ip="2001:db8::9"} 1',
        ],
        "kube_service_status_load_balancer_ingress": [
            '{ip="198.51.100.7",hostname=""} 1',
            '{ip="",hostname="lb.example.com"} 1',
        ],
        "kube_service_deletion_timestamp": ["{} 9"],
    }


def test_a_service_that_is_another_name() -> None:
    spec = {"type": "ExternalName", "externalName": "db.example.com"}

    assert series(services, "kube_service_info", {"spec": spec}) == [
        (
            '{cluster_ip="",external_name="db.example.com",load_balancer_ip="",'
            'external_traffic_policy=""} 1'
        )
    ]


def test_a_headless_service_says_so() -> None:
    (line,) = series(services, "kube_service_info", {"spec": {"clusterIP": "None"}})

    assert line.startswith('{cluster_ip="None",')


def test_a_service_that_says_nothing_has_few_series() -> None:
    service = {"spec": {"externalIPs": None}, "status": {"loadBalancer": {"ingress": None}}}
    shown = {name: lines for name, lines in every_series(services, service).items() if lines}

    assert set(shown) == {
        "kube_service_info",
        "kube_service_spec_type",
        "kube_service_annotations",
        "kube_service_labels",
    }
    assert shown["kube_service_spec_type"] == ['{type=""} 1']
