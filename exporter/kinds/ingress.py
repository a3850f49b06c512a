"""Ingresses: which hosts and paths lead to which backend, and with which certificates."""

from __future__ import annotations

from exporter.families.any_object import (
    declare_annotations,
    declare_created,
    declare_labels,
    declare_resource_version,
)
from exporter.families.family import Row, Rows
from exporter.families.kind import Kind
from exporter.kubernetes.objects import ApiObject, Metadata


class ServicePort(ApiObject, frozen=True):
    """A port of a service; one that is given by name has the number 0."""

    number: int = 0


class ServiceBackend(ApiObject, frozen=True):
    """A service that serves a path."""

    name: str = ""
    port: ServicePort = ServicePort()


class ResourceBackend(ApiObject, frozen=True):
    """Some other object that serves a path, such as a bucket."""

    api_group: str = ""
    kind: str = ""
    name: str = ""


class Backend(ApiObject, frozen=True):
    """One of the two is set."""

    service: ServiceBackend | None = None
    resource: ResourceBackend | None = None


class Path(ApiObject, frozen=True):
    """A path and what serves it."""

    path: str = ""
    path_type: str = ""
    backend: Backend = Backend()


class Http(ApiObject, frozen=True):
    """The paths of a host."""

    paths: tuple[Path, ...] = ()


class Rule(ApiObject, frozen=True):
    """A host; without a name it is every host."""

    host: str = ""
    http: Http = Http()


class Tls(ApiObject, frozen=True):
    """Hosts and the secret that has their certificate."""

    hosts: tuple[str, ...] = ()
    secret_name: str = ""


class IngressSpec(ApiObject, frozen=True):
    """What the ingress asks for."""

    ingress_class_name: str | None = None
    rules: tuple[Rule, ...] = ()
    tls: tuple[Tls, ...] = ()


class Ingress(ApiObject, frozen=True):
    """https://kubernetes.io/docs/reference/kubernetes-api/service-resources/ingress-v1/"""

    metadata: Metadata = Metadata()
    spec: IngressSpec = IngressSpec()


ingresses = Kind(
    Ingress,
    "networking.k8s.io/v1",
    "ingresses",
    singular="ingress",
    identity=("namespace", "ingress"),
)

_CLASS_ANNOTATION = "kubernetes.io/ingress.class"
"""Named the class before the field did, and wins where both are set, even if it is empty."""

_NO_CLASS = "_default"


@ingresses.rows("ingressclass", stability="stable")
def kube_ingress_info(ingress: Ingress) -> Rows:
    """Of which class the ingress is, _default if it names none; always 1."""
    named = ingress.metadata.annotations.get(_CLASS_ANNOTATION, ingress.spec.ingress_class_name)
    return ((_NO_CLASS if named is None else named, 1),)


declare_annotations(ingresses)
declare_labels(ingresses, "stable")
declare_created(ingresses, "stable")
declare_resource_version(ingresses)


@ingresses.rows(
    "host",
    "path",
    "path_type",
    optional=(
        "service_name",
        "service_port",
        "resource_api_group",
        "resource_kind",
        "resource_name",
    ),
    stability="stable",
)
def kube_ingress_path(ingress: Ingress) -> Rows:
    """Which service, or which other object, serves a path of a host; always 1."""
    return [
        (rule.host, path.path, path.path_type, *served_by, 1)
        for rule in ingress.spec.rules
        for path in rule.http.paths
        if (served_by := _served_by(path.backend)) is not None
    ]


def _served_by(backend: Backend) -> Row | None:
    """The optional labels of a path; None for a backend that is neither service nor resource."""
    if (service := backend.service) is not None:
        return service.name, str(service.port.number), None, None, None

    if (resource := backend.resource) is not None:
        return None, None, resource.api_group, resource.kind, resource.name

    return None


@ingresses.rows("tls_host", "secret", stability="stable")
def kube_ingress_tls(ingress: Ingress) -> Rows:
    """Which secret has the certificate of a host; always 1."""
    return [(host, tls.secret_name, 1) for tls in ingress.spec.tls for host in tls.hosts]
