"""Endpoint slices: which addresses are behind a service, and how they are."""

from __future__ import annotations

from exporter.families.any_object import declare_annotations, declare_created, declare_labels
from exporter.families.family import Rows
from exporter.families.kind import Kind
from exporter.kubernetes.objects import ApiObject, Metadata


class EndpointConditions(ApiObject, frozen=True):
    """How an endpoint is; None where nobody knows."""

    ready: bool | None = None
    serving: bool | None = None
    terminating: bool | None = None


class TargetReference(ApiObject, frozen=True):
    """The object that is the endpoint, mostly a pod."""

    kind: str = ""
    namespace: str = ""
    name: str = ""


class ZoneHint(ApiObject, frozen=True):
    """A zone whose traffic is to go to an endpoint."""

    name: str = ""


class EndpointHints(ApiObject, frozen=True):
    """Whose traffic is to go to an endpoint."""

    for_zones: tuple[ZoneHint, ...] = ()


class Endpoint(ApiObject, frozen=True):
    """One endpoint; its addresses stand for the same thing."""

    addresses: tuple[str, ...] = ()
    conditions: EndpointConditions = EndpointConditions()
    hostname: str = ""
    target_ref: TargetReference = TargetReference()
    node_name: str = ""
    zone: str = ""
    hints: EndpointHints = EndpointHints()


class EndpointPort(ApiObject, frozen=True):
    """A port that all endpoints of the slice have; without a number it is any port."""

    name: str = ""
    protocol: str = ""
    port: int | None = None


class EndpointSlice(ApiObject, frozen=True):
    """https://kubernetes.io/docs/reference/kubernetes-api/service-resources/endpoint-slice-v1/"""

    metadata: Metadata = Metadata()
    address_type: str = ""
    endpoints: tuple[Endpoint, ...] = ()
    ports: tuple[EndpointPort, ...] = ()


endpointslices = Kind(
    EndpointSlice,
    "discovery.k8s.io/v1",
    "endpointslices",
    singular="endpointslice",
    identity=("endpointslice", "namespace"),
)

_SHOWN = {True: "true", False: "false", None: ""}


@endpointslices.rows("addresstype")
def kube_endpointslice_info(endpointslice: EndpointSlice) -> Rows:
    """Which type of addresses the slice holds: IPv4, IPv6 or FQDN; always 1."""
    return ((endpointslice.address_type, 1),)


declare_created(endpointslices)


@endpointslices.rows("address", "for_zone")
def kube_endpointslice_endpoints_hints(endpointslice: EndpointSlice) -> Rows:
    """The zones that are to use an endpoint, which is named by its first address; always 1."""
    return [
        (endpoint.addresses[0], zone.name, 1)
        for endpoint in endpointslice.endpoints
        if endpoint.addresses
        for zone in endpoint.hints.for_zones
    ]


@endpointslices.rows(
    "ready",
    "serving",
    "hostname",
    "terminating",
    "targetref_kind",
    "targetref_name",
    "targetref_namespace",
    "endpoint_nodename",
    "endpoint_zone",
    "address",
)
def kube_endpointslice_endpoints(endpointslice: EndpointSlice) -> Rows:
    """Each address of each endpoint: how it is, what is behind it, and where; always 1."""
    return [
        (
            _SHOWN[endpoint.conditions.ready],
            _SHOWN[endpoint.conditions.serving],
            endpoint.hostname,
            _SHOWN[endpoint.conditions.terminating],
            endpoint.target_ref.kind,
            endpoint.target_ref.name,
            endpoint.target_ref.namespace,
            endpoint.node_name,
            endpoint.zone,
            address,
            1,
        )
        for endpoint in endpointslice.endpoints
        for address in endpoint.addresses
    ]


@endpointslices.rows("port_name", "port_protocol", "port_number")
def kube_endpointslice_ports(endpointslice: EndpointSlice) -> Rows:
    """The ports that all endpoints of the slice have; always 1."""
    return [
        (port.name, port.protocol, "" if port.port is None else str(port.port), 1)
        for port in endpointslice.ports
    ]


declare_annotations(endpointslices)
declare_labels(endpointslices)
