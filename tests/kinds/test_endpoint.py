"""Endpoints as series."""

from __future__ import annotations

from exporter.kinds.endpoint import Endpoints, endpoints
from exporter.kubernetes.objects import Metadata
from tests.kinds.series import every_series, series

HTTP = {"name": "http", "port": 80, "protocol": "TCP"}
DNS = {"name": "dns", "port": 53, "protocol": "UDP"}


def addresses(*subsets: object) -> list[str]:
    return series(endpoints, "kube_endpoint_address", {"subsets": subsets})


def test_endpoints_are_asked_for_at_their_place() -> None:
    assert (endpoints.api_version, endpoints.resource) == ("v1", "endpoints")
    assert endpoints.namespaced


def test_endpoints_are_named_by_the_label_endpoint() -> None:
    assert endpoints.identity == ("namespace", "endpoint")
    assert endpoints.identity_of(Endpoints(Metadata(name="web", namespace="shop"))) == (
        "shop",
        "web",
    )


def test_endpoints_with_an_address() -> None:
    endpoint = {
        "metadata": {
            "name": "web",
            "namespace": "shop",
            "resourceVersion": "42",
            "creationTimestamp": "1970-01-01T00:00:07Z",
            "labels": {"app.kubernetes.io/partOf": "shop"},
            "annotations": {"team": "x"},
        },
        "subsets": [{"addresses": [{"ip": "10.0.0.1", "nodeName": "n1"}], "ports": [HTTP]}],
    }

    assert every_series(endpoints, endpoint) == {
        "kube_endpoint_info": ["{} 1"],
        "kube_endpoint_created": ["{} 7"],
        "kube_endpoint_annotations": ['{annotation_team="x"} 1'],
        "kube_endpoint_labels": ['{label_app_kubernetes_io_part_of="shop"} 1'],
        "kube_endpoint_address": [
            '{port_protocol="TCP",port_number="80",port_name="http",ip="10.0.0.1",ready="true"} 1'
        ],
        "kube_endpoint_ports": ['{port_name="http",port_protocol="TCP",port_number="80"} 1'],
    }


def test_every_address_has_every_port_of_its_subset() -> None:
    subset = {
        "addresses": [{"ip": "10.0.0.1"}],
        "notReadyAddresses": [{"ip": "fd00::2"}],
        "ports": [HTTP, DNS],
    }

    assert addresses(subset) == [
        '{port_protocol="TCP",port_number="80",port_name="http",ip="10.0.0.1",ready="true"} 1',
        '{port_protocol="TCP",port_number="80",port_name="http",ip="fd00::2",ready="false"} 1',
        '{port_protocol="UDP",port_number="53",port_name="dns",ip="10.0.0.1",ready="true"} 1',
        '{port_protocol="UDP",port_number="53",port_name="dns",ip="fd00::2",ready="false"} 1',
    ]


def test_an_address_has_no_port_of_another_subset() -> None:
    ready = {"addresses": [{"ip": "10.0.0.1"}], "ports": [HTTP]}
    unready = {"notReadyAddresses": [{"ip": "10.0.0.2"}], "ports": [{"port": 9, "protocol": "TCP"}]}

    assert addresses(ready, unready) == [
        '{port_protocol="TCP",port_number="80",port_name="http",ip="10.0.0.1",ready="true"} 1',
        '{port_protocol="TCP",port_number="9",port_name="",ip="10.0.0.2",ready="false"} 1',
    ]


def test_addresses_without_ports_are_not_shown() -> None:
    assert addresses({"addresses": [{"ip": "10.0.0.1"}]}) == []


def test_ports_are_shown_without_addresses_and_once() -> None:
    subsets = [{"ports": [HTTP, DNS]}, {"ports": [HTTP]}]

    assert series(endpoints, "kube_endpoint_ports", {"subsets": subsets}) == [
        '{port_name="http",port_protocol="TCP",port_number="80"} 1',
        '{port_name="dns",port_protocol="UDP",port_number="53"} 1',
    ]


def test_subsets_may_be_null() -> None:
    assert series(endpoints, "kube_endpoint_ports", {"subsets": None}) == []
    assert addresses({"addresses": None, "notReadyAddresses": [{"ip": "::1"}], "ports": [DNS]}) == [
        '{port_protocol="UDP",port_number="53",port_name="dns",ip="::1",ready="false"} 1'
    ]


def test_what_is_missing_is_empty_or_0() -> None:
    assert addresses({"addresses": [{}], "ports": [{}]}) == [
        '{port_protocol="",port_number="0",port_name="",ip="",ready="true"} 1'
    ]


def test_the_ports_are_deprecated() -> None:
    (ports,) = (one for one in endpoints.families if one.name == "kube_endpoint_ports")

    assert ports.stability == "deprecated"
