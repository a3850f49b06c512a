"""Endpoint slices as series."""

from __future__ import annotations

from exporter.kinds.endpointslice import EndpointSlice, endpointslices
from exporter.kubernetes.objects import Metadata
from tests.kinds.series import every_series, series


def endpoints(*endpoints: object) -> list[str]:
    return series(endpointslices, "kube_endpointslice_endpoints", {"endpoints": endpoints})


def hints(*endpoints: object) -> list[str]:
    return series(endpointslices, "kube_endpointslice_endpoints_hints", {"endpoints": endpoints})


def ports(*ports: object) -> list[str]:
    return series(endpointslices, "kube_endpointslice_ports", {"ports": ports})


def test_endpointslices_are_asked_for_at_their_place() -> None:
    assert (endpointslices.api_version, endpointslices.resource) == (
        "discovery.k8s.io/v1",
        "endpointslices",
    )
    assert endpointslices.namespaced


def test_a_slice_is_named_before_its_namespace() -> None:
    named = EndpointSlice(Metadata(name="web-1", namespace="shop"))

    assert endpointslices.identity == ("endpointslice", "namespace")
    assert endpointslices.identity_of(named) == ("web-1", "shop")


def test_a_slice_with_an_endpoint_of_which_all_is_known() -> None:
    endpoint = {
        "addresses": ["10.4.0.2", "10.4.0.52"],
        "conditions": {"ready": True, "serving": True, "terminating": False},
        "hostname": "h1",
        "targetRef": {"kind": "Pod", "namespace": "shop", "name": "web-0", "uid": "u"},
        "nodeName": "n1",
        "zone": "za",
        "hints": {"forZones": [{"name": "za"}, {"name": "zb"}], "forNodes": [{"name": "n1"}]},
    }
    endpointslice = {
        "metadata": {
            "name": "web-1",
            "namespace": "shop",
            "resourceVersion": "42",
            "creationTimestamp": "1970-01-01T00:00:07Z",
            "labels": {"app.kubernetes.io/partOf": "shop"},
            "annotations": {"team": "x"},
        },
        "addressType": "IPv4",
        "endpoints": [endpoint],
        "ports": [{"name": "http", "protocol": "TCP", "port": 80, "appProtocol": "http"}],
    }
    labels = (
        '{ready="true",serving="true",hostname="h1",terminating="false",targetref_kind="Pod",'
        'targetref_name="web-0",targetref_namespace="shop",endpoint_nodename="n1",'
        'endpoint_zone="za",address='
    )

    assert every_series(endpointslices, endpointslice) == {
        "kube_endpointslice_info": ['{addresstype="IPv4"} 1'],
        "kube_endpointslice_created": ["{} 7"],
        "kube_endpointslice_endpoints_hints": [
            '{address="10.4.0.2",for_zone="za"} 1',
            '{address="10.4.0.2",for_zone="zb"} 1',
        ],
        "kube_endpointslice_endpoints": [f'{labels}"10.4.0.2"}} 1', f'{labels}"10.4.0.52"}} 1'],
        "kube_endpointslice_ports": ['{port_name="http",port_protocol="TCP",port_number="80"} 1'],
        "kube_endpointslice_annotations": ['{annotation_team="x"} 1'],
        "kube_endpointslice_labels": ['{label_app_kubernetes_io_part_of="shop"} 1'],
    }


def test_what_is_not_known_of_an_endpoint_is_empty() -> None:
    assert endpoints({"addresses": ["h0.local"], "conditions": {}}) == [
        (
            '{ready="",serving="",hostname="",terminating="",targetref_kind="",targetref_name="",'
            'targetref_namespace="",endpoint_nodename="",endpoint_zone="",address="h0.local"} 1'
        )
    ]


def test_each_condition_is_told_by_itself() -> None:
    def conditions(**conditions: bool | None) -> str:
        (line,) = endpoints({"addresses": ["::1"], "conditions": conditions})
        return line.partition(",targetref_kind")[0]

    assert conditions(ready=False) == '{ready="false",serving="",hostname="",terminating=""'
    assert conditions(serving=False) == '{ready="",serving="false",hostname="",terminating=""'
    assert conditions(terminating=True) == '{ready="",serving="",hostname="",terminating="true"'
    assert conditions(ready=None) == '{ready="",serving="",hostname="",terminating=""'


def test_hints_are_shown_for_the_first_address_of_each_endpoint_that_has_any() -> None:
    assert hints(
        {"addresses": ["10.0.0.1", "10.0.0.2"], "hints": {"forZones": [{"name": "za"}]}},
        {"addresses": ["10.0.0.3"], "hints": {"forZones": None}},
        {"addresses": ["10.0.0.4"]},
        {"addresses": [], "hints": {"forZones": [{"name": "za"}]}},
    ) == ['{address="10.0.0.1",for_zone="za"} 1']


def test_a_port_without_a_number_is_any_port() -> None:
    assert ports(
        {"name": "any", "protocol": "UDP"}, {"name": "", "protocol": "TCP", "port": 0}
    ) == [
        '{port_name="any",port_protocol="UDP",port_number=""} 1',
        '{port_name="",port_protocol="TCP",port_number="0"} 1',
    ]


def test_ports_and_endpoints_may_be_null() -> None:
    nothing = {"endpoints": None, "ports": None}

    assert series(endpointslices, "kube_endpointslice_ports", nothing) == []
    assert series(endpointslices, "kube_endpointslice_endpoints", nothing) == []
    assert ports({"name": None, "protocol": None, "port": None}) == [
        '{port_name="",port_protocol="",port_number=""} 1'
    ]
