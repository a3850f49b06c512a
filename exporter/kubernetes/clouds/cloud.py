"""Which cloud is asked for a token, for which cluster, and as whom."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct

CloudName = Literal["eks", "gke", "aks"]
"""As in `allow.native`, in the fields of a cluster, and the name of the extra to install."""

Login = Literal["", "workloadidentity", "msi", "spn"]
"""How kubelogin calls ways to log in; without one, the environment decides."""

Environment = Literal["", "AzurePublicCloud", "AzureUSGovernmentCloud", "AzureChinaCloud"]
"""How Azure's tools call its clouds; without one, AZURE_AUTHORITY_HOST decides, or the public."""

AKS_SERVER = "6dae42f8-4368-4678-94ff-3960e28e3630"
"""The application in Microsoft Entra ID that stands for the API servers of all AKS clusters."""


class Eks(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """
    Amazon EKS. `cluster_name` is the cluster's in EKS, or the ID of a local one on Outposts; with
    `role_arn` that role is assumed, and `external_id` is what it may ask for. `region` is that of
    the STS to use, by default AWS_REGION or the profile's; `profile` is one of the AWS
    configuration, by default what AWS' own tools would take.
    """

    name: ClassVar[CloudName] = "eks"
    library: ClassVar[str] = "botocore"

    cluster_name: Annotated[str, Meta(pattern="^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$")]
    region: Annotated[str, Meta(pattern="^[a-z0-9-]{0,63}$")] = ""
    role_arn: str = ""
    external_id: str = ""
    profile: str = ""


class Gke(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Google GKE, by Application Default Credentials."""

    name: ClassVar[CloudName] = "gke"
    library: ClassVar[str] = "google.auth"


class Aks(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """
    Azure AKS, by Microsoft Entra ID. `client_id` and `tenant_id` are by default AZURE_CLIENT_ID and
    AZURE_TENANT_ID.
    """

    name: ClassVar[CloudName] = "aks"
    library: ClassVar[str] = "azure.identity"

    login: Login = ""
    client_id: str = ""
    tenant_id: str = ""
    environment: Environment = ""


Cloud = Eks | Gke | Aks


def missing_library(cloud: Cloud) -> str | None:
    """One line that says what to install, where the library for a cloud's tokens is not."""
    try:
        found = find_spec(cloud.library)
    except ModuleNotFoundError:  # of a dotted name, its first part
        found = None

    if found is not None:
        return None

    return f"{cloud.name} needs {cloud.library}: pip install 'kube-fleet-exporter[{cloud.name}]'"
