"""Service accounts: which secrets they name, and whether pods get their token."""

from __future__ import annotations

from exporter.families.any_object import (
    declare_annotations,
    declare_created,
    declare_labels,
)
from exporter.families.family import Rows
from exporter.families.kind import Kind
from exporter.kubernetes.objects import ApiObject, Metadata, unix_seconds


class SecretReference(ApiObject, frozen=True):
    """A secret in the service account's namespace."""

    name: str = ""


class ServiceAccount(ApiObject, frozen=True):
    """https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/service-account-v1/"""

    metadata: Metadata = Metadata()
    automount_service_account_token: bool | None = None
    secrets: tuple[SecretReference, ...] = ()
    image_pull_secrets: tuple[SecretReference, ...] = ()


serviceaccounts = Kind(
    ServiceAccount,
    "v1",
    "serviceaccounts",
    singular="serviceaccount",
    identity=("namespace", "serviceaccount", "uid"),
)

_SHOWN = {True: "true", False: "false", None: ""}


@serviceaccounts.rows("automount_token")
def kube_serviceaccount_info(account: ServiceAccount) -> Rows:
    """Whether pods get the service account's token; empty if that is left to them; always 1."""
    return ((_SHOWN[account.automount_service_account_token], 1),)


declare_created(serviceaccounts)


@serviceaccounts.number()
def kube_serviceaccount_deleted(account: ServiceAccount) -> int | None:
    """When the object is to be gone, in seconds since 1970; only while it is being deleted."""
    moment = account.metadata.deletion_timestamp
    return None if moment is None else unix_seconds(moment)


@serviceaccounts.rows("name")
def kube_serviceaccount_secret(account: ServiceAccount) -> Rows:
    """Each secret that the service account may use; always 1."""
    return [(secret.name, 1) for secret in account.secrets]


@serviceaccounts.rows("name")
def kube_serviceaccount_image_pull_secret(account: ServiceAccount) -> Rows:
    """Each secret with which images are pulled for the service account's pods; always 1."""
    return [(secret.name, 1) for secret in account.image_pull_secrets]


declare_annotations(serviceaccounts)
declare_labels(serviceaccounts)
