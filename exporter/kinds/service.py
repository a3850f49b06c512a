"""Services: of which type they are, and at which addresses they are reached."""

from __future__ import annotations

from msgspec import field

from exporter.families.any_object import (
    declare_annotations,
    declare_created,
    declare_deletion_timestamp,
    declare_labels,
)
from exporter.families.family import Rows
from exporter.families.kind import Kind
from exporter.kubernetes.objects import ApiObject, Metadata


class ServiceSpec(ApiObject, frozen=True):
    """How the service is to be reached."""

    type: str = ""
    cluster_ip: str = field(default="", name="clusterIP")
    external_ips: tuple[str, ...] = field(default=(), name="externalIPs")
    external_name: str = ""
    external_traffic_policy: str = ""
    load_balancer_ip: str = field(default="", name="loadBalancerIP")


class LoadBalancerIngress(ApiObject, frozen=True):
    """A point at which the load balancer is reached: an address or a name."""

    ip: str = ""
    hostname: str = ""


class LoadBalancerStatus(ApiObject, frozen=True):
    """What the load balancer's controller says."""

    ingress: tuple[LoadBalancerIngress, ...] = ()


class ServiceStatus(ApiObject, frozen=True):
    """How the service is reached."""

    load_balancer: LoadBalancerStatus = LoadBalancerStatus()


class Service(ApiObject, frozen=True):
    """https://kubernetes.io/docs/reference/kubernetes-api/service-resources/service-v1/"""

    metadata: Metadata = Metadata()
    spec: ServiceSpec = ServiceSpec()
    status: ServiceStatus = ServiceStatus()


services = Kind(
    Service, "v1", "services", singular="service", identity=("namespace", "service", "uid")
)


@services.rows(
    "cluster_ip",
    "external_name",
    "load_balancer_ip",
    "external_traffic_policy",
    stability="stable",
)
def kube_service_info(service: Service) -> Rows:
    """The addresses and the name that a service is to have; always 1."""
    spec = service.spec
    return (
        (
            spec.cluster_ip,
            spec.external_name,
            spec.load_balancer_ip,
            spec.external_traffic_policy,
            1,
        ),
    )


declare_created(services, "stable")


@services.rows("type", stability="stable")
def kube_service_spec_type(service: Service) -> Rows:
    """Of which type the service is: ClusterIP, NodePort and the like; always 1."""
    return ((service.spec.type, 1),)


declare_annotations(services)
declare_labels(services, "stable")


@services.rows("external_ip", stability="stable")
def kube_service_spec_external_ip(service: Service) -> Rows:
    """Each address outside the cluster whose traffic nodes take for the service; always 1."""
    return [(ip, 1) for ip in service.spec.external_ips]


@services.rows("ip", "hostname", stability="stable")
def kube_service_status_load_balancer_ingress(service: Service) -> Rows:
    """Each address or name at which the load balancer is reached; always 1."""
    return [(point.ip, point.hostname, 1) for point in service.status.load_balancer.ingress]


declare_deletion_timestamp(services)
