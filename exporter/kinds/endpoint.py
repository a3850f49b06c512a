"""Endpoints, the older form of endpoint slices: which addresses are behind a service."""

from __future__ import annotations

from exporter.families.any_object import (
    declare_annotations,
    declare_created,
    declare_info,
    declare_labels,
)
from exporter.families.family import Rows
from exporter.families.kind import Kind
from exporter.kubernetes.objects import ApiObject, Metadata


class EndpointAddress(ApiObject, frozen=True):
    """Where one endpoint is reached."""

    ip: str = ""


class EndpointPort(ApiObject, frozen=True):
    """A port that all addresses of a subset have."""

    name: str = ""
    port: int = 0
    protocol: str = ""


class EndpointSubset(ApiObject, frozen=True):
    """Addresses that share their ports: every address has every port."""

    addresses: tuple[EndpointAddress, ...] = ()
    not_ready_addresses: tuple[EndpointAddress, ...] = ()
    ports: tuple[EndpointPort, ...] = ()


class Endpoints(ApiObject, frozen=True):
    """https://kubernetes.io/docs/reference/kubernetes-api/service-resources/endpoints-v1/"""

    metadata: Metadata = Metadata()
    subsets: tuple[EndpointSubset, ...] = ()


endpoints = Kind(
    Endpoints, "v1", "endpoints", singular="endpoint", identity=("namespace", "endpoint")
)

declare_info(endpoints, "stable")
declare_created(endpoints, "stable")
declare_annotations(endpoints)
declare_labels(endpoints, "stable")


@endpoints.rows("port_protocol", "port_number", "port_name", "ip", "ready", stability="stable")
def kube_endpoint_address(endpoint: Endpoints) -> Rows:
    """Each address with each of its ports, and whether it is ready; always 1."""
    return [
        (port.protocol, str(port.port), port.name, address.ip, ready, 1)
        for subset in endpoint.subsets
        for port in subset.ports
        for addresses, ready in (
            (subset.addresses, "true"),
            (subset.not_ready_addresses, "false"),
        )
        for address in addresses
    ]


@endpoints.rows("port_name", "port_protocol", "port_number", stability="deprecated")
def kube_endpoint_ports(endpoint: Endpoints) -> Rows:
    """The ports of the endpoints; deprecated, kube_endpoint_address tells them too; always 1."""
    return [
        (port.name, port.protocol, str(port.port), 1)
        for subset in endpoint.subsets
        for port in subset.ports
    ]
