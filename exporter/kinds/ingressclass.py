"""Ingress classes: which controller serves the ingresses of a class."""

from __future__ import annotations

from exporter.families.any_object import declare_annotations, declare_created, declare_labels
from exporter.families.family import Rows
from exporter.families.kind import Kind
from exporter.kubernetes.objects import ApiObject, Metadata


class IngressClassSpec(ApiObject, frozen=True):
    """What the class stands for."""

    controller: str = ""


class IngressClass(ApiObject, frozen=True):
    """https://kubernetes.io/docs/reference/kubernetes-api/service-resources/ingress-class-v1/"""

    metadata: Metadata = Metadata()
    spec: IngressClassSpec = IngressClassSpec()


ingressclasses = Kind(
    IngressClass,
    "networking.k8s.io/v1",
    "ingressclasses",
    singular="ingressclass",
    identity=("ingressclass",),
    namespaced=False,
)


@ingressclasses.rows("controller")
def kube_ingressclass_info(ingressclass: IngressClass) -> Rows:
    """Which controller serves the ingresses of the class; always 1."""
    return ((ingressclass.spec.controller, 1),)


declare_created(ingressclasses)
declare_annotations(ingressclasses)
declare_labels(ingressclasses)
