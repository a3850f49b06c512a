"""
Secrets: that they exist, of which type they are, and who owns them.

What a secret holds must never reach this process, so whole secrets are never asked for.
"""

from __future__ import annotations

from exporter.families.any_object import (
    declare_annotations,
    declare_created,
    declare_info,
    declare_labels,
    declare_owner,
    declare_resource_version,
)
from exporter.families.family import Rows
from exporter.families.kind import Kind
from exporter.kubernetes.objects import ApiObject, Metadata


class Secret(ApiObject, frozen=True):
    """
    The type is not metadata: it comes out of a column, and is None where none was to be had.

    https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/secret-v1/
    """

    metadata: Metadata = Metadata()
    type: str | None = None


secrets = Kind(
    Secret,
    "v1",
    "secrets",
    singular="secret",
    identity=("namespace", "secret"),
    metadata_only=True,
    columns={"Type": "type"},
)

declare_info(secrets, "stable")


@secrets.rows("type", stability="stable")
def kube_secret_type(secret: Secret) -> Rows:
    """Of which type the secret is: Opaque, kubernetes.io/tls and the like; always 1."""
    return () if secret.type is None else ((secret.type, 1),)


declare_annotations(secrets)
declare_labels(secrets, "stable")
declare_created(secrets, "stable")
declare_resource_version(secrets)
declare_owner(secrets)
