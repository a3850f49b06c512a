"""Command lines as the clouds' tools write them into kubeconfigs, and as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.kubernetes.clouds.cloud import AKS_SERVER, Aks, Cloud, Eks, Gke
from exporter.kubernetes.clouds.command import cloud_of

ROLE = "arn:aws:iam::123456789012:role/reader"
AZURE = {"AZURE_CLIENT_ID": "c", "AZURE_TENANT_ID": "t"}


@pytest.mark.parametrize(
    ("line", "environment", "cloud"),
    [
        (  # aws eks update-kubeconfig
            "aws --region eu-west-1 eks get-token --cluster-name eu-1 --output json",
            {"AWS_PROFILE": "fleet"},
            Eks(cluster_name="eu-1", region="eu-west-1", profile="fleet"),
        ),
        (
            f"/usr/local/bin/aws eks get-token --cluster-name=eu-1 --role {ROLE}",
            {},
            Eks(cluster_name="eu-1", role_arn=ROLE),
        ),
        (  # a local cluster on Outposts
            f"aws eks get-token --cluster-id 0a-1b --role-arn {ROLE} --profile fleet",
            {},
            Eks(cluster_name="0a-1b", role_arn=ROLE, profile="fleet"),
        ),
        (  # eksctl
            "aws-iam-authenticator token -i eu-1",
            {"AWS_STS_REGIONAL_ENDPOINTS": "regional", "AWS_DEFAULT_REGION": "eu-west-1"},
            Eks(cluster_name="eu-1", region="eu-west-1"),
        ),
        (
            f"aws-iam-authenticator token --cluster-id eu-1 -r {ROLE} --external-id ours",
            {"AWS_DEFAULT_REGION": "eu-west-1", "AWS_REGION": "eu-north-1"},
            Eks(cluster_name="eu-1", region="eu-north-1", role_arn=ROLE, external_id="ours"),
        ),
        (  # Argo CD
            f"argocd-k8s-auth aws --cluster-name eu-1 --role-arn {ROLE}",
            {},
            Eks(cluster_name="eu-1", role_arn=ROLE),
        ),
        ("argocd-k8s-auth gcp", {}, Gke()),
        ("argocd-k8s-auth azure", {}, Aks(login="workloadidentity")),
        (
            "argocd-k8s-auth azure",
            {
                **AZURE,
                "AZURE_FEDERATED_TOKEN_FILE": "/var/run/secrets/azure/tokens/azure-identity-token",
                "AZURE_AUTHORITY_HOST": "https://login.microsoftonline.com/",
                "AAD_ENVIRONMENT_NAME": "AzurePublicCloud",
                "AAD_LOGIN_METHOD": "workloadidentity",
            },
            Aks(
                login="workloadidentity",
                client_id="c",
                tenant_id="t",
                environment="AzurePublicCloud",
            ),
        ),
        ("gke-gcloud-auth-plugin", {}, Gke()),
        ("gke-gcloud-auth-plugin --use_application_default_credentials", {}, Gke()),
        (  # kubelogin convert-kubeconfig -l workloadidentity
            f"kubelogin get-token --login workloadidentity --server-id {AKS_SERVER}",
            {},
            Aks(login="workloadidentity"),
        ),
        (
            f"kubelogin get-token -l msi --client-id c --server-id {AKS_SERVER}",
            {},
            Aks(login="msi", client_id="c"),
        ),
        (
            "kubelogin get-token -l spn -t t -e AzureUSGovernmentCloud --client-id c",
            {},
            Aks(login="spn", tenant_id="t", client_id="c", environment="AzureUSGovernmentCloud"),
        ),
        (
            "kubelogin get-token -l msi --authority-host https://login.chinacloudapi.cn/",
            {},
            Aks(login="msi", environment="AzureChinaCloud"),
        ),
        ("kubelogin get-token", {"AAD_LOGIN_METHOD": "msi"}, Aks(login="msi")),
    ],
)
def test_what_a_command_would_do_is_known(
    line: str, environment: dict[str, str], cloud: Cloud
) -> None:
    command, *arguments = line.split()

    assert cloud_of(command, arguments, environment) == cloud


@pytest.mark.parametrize(
    ("line", "environment"),
    [
        ("", {}),
        ("vault token", {}),
        ("aws", {}),
        ("aws eks get-token", {}),
        ("aws eks get-token --cluster-name", {}),
        ("aws eks get-token --cluster-name a/b", {}),
        ("aws eks get-token --cluster-name eu-1 --region evil.example.com/", {}),
        ("aws eks get-token --cluster-name eu-1 --endpoint-url https://evil.example.com", {}),
        ("aws eks list-clusters --cluster-name eu-1", {}),
        ("aws eks get-token --cluster-name eu-1", {"AWS_CONFIG_FILE": "/tmp/evil"}),
        ("aws eks get-token --cluster-name eu-1", {"AWS_ACCESS_KEY_ID": "another's"}),
        ("aws-iam-authenticator token -i eu-1 --cache", {}),
        ("aws-iam-authenticator init -i eu-1", {}),
        ("gke-gcloud-auth-plugin --impersonate_service_account=a@b", {}),
        ("kubelogin get-token", {}),  # device code: somebody has to look at a page
        ("kubelogin get-token -l azurecli", {}),
        ("kubelogin get-token -l msi --server-id https://management.azure.com", {}),
        ("kubelogin get-token -l workloadidentity --authority-host https://evil.example.com", {}),
        ("kubelogin get-token -l workloadidentity --federated-token-file /etc/passwd", {}),
        ("kubelogin get-token -l spn --client-secret another's", {}),
        ("argocd-k8s-auth azure", {"AZURE_AUTHORITY_HOST": "https://evil.example.com"}),
        ("argocd-k8s-auth azure", {"AZURE_CLIENT_SECRET": "another's"}),
        ("argocd-k8s-auth azure", {"AAD_SERVER_APPLICATION_ID": "another"}),
        ("argocd-k8s-auth oidc", {}),
    ],
)
def test_a_command_that_is_not_understood_to_the_end_is_none_of_them(
    line: str, environment: dict[str, str]
) -> None:
    command, *arguments = line.split() or [""]

    assert cloud_of(command, arguments, environment) is None


parts = st.sampled_from(
    [
        "eks", "get-token", "token", "azure", "aws", "gcp", "-i", "-l", "-l=msi", "--region",
        "--cluster-name", "eu-1", "--server-id", AKS_SERVER, "--authority-host", "https://evil",
    ]
)  # fmt: skip


@given(
    st.sampled_from(["aws", "aws-iam-authenticator", "kubelogin", "argocd-k8s-auth", "x/aws"]),
    st.lists(parts | st.text(max_size=8), max_size=8),
    st.dictionaries(st.sampled_from(["AWS_REGION", "AZURE_AUTHORITY_HOST", "X"]), st.text()),
)
def test_whatever_is_found_never_fails_and_never_leads_to_another_application_or_authority(
    command: str, arguments: list[str], environment: dict[str, str]
) -> None:
    cloud = cloud_of(command, arguments, environment)

    assert "evil" not in repr(cloud)
