"""What role bindings and cluster role bindings have in common: the role that they grant."""

from __future__ import annotations

from exporter.families.family import Rows
from exporter.families.kind import Kind
from exporter.kubernetes.objects import ApiObject, Metadata


class RoleReference(ApiObject, frozen=True):
    """A Role or a ClusterRole."""

    kind: str = ""
    name: str = ""


class Binding(ApiObject, frozen=True):
    """
    Who is bound is not read.

    https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/role-binding-v1/
    """

    metadata: Metadata = Metadata()
    role_ref: RoleReference = RoleReference()


def declare_role_reference(kind: Kind[Binding]) -> None:
    """``kube_<kind>_info``: which role is granted."""

    def info(binding: Binding) -> Rows:
        role = binding.role_ref
        return ((role.kind, role.name, 1),)

    info.__name__ = f"kube_{kind.singular}_info"
    info.__doc__ = "Which role the binding grants; always 1."
    kind.rows("roleref_kind", "roleref_name")(info)
