"""Kubeconfigs in the shapes that tools write, and what happens when they write them anew."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import trustme
import yaml

from exporter.discovery import watched_files
from exporter.discovery.directory import Directory
from exporter.discovery.kubeconfig import Kubeconfig
from exporter.discovery.provider import Cluster
from tests.discovery.simulated_hub import authorization, heard, only

AUTHORITY = trustme.CA()
V1BETA1 = "client.authentication.k8s.io/v1beta1"


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watched_files, "LOOK", 0.01)


def encoded(pem: bytes) -> str:
    return b64encode(pem).decode()


def document(**users: Mapping[str, Any]) -> dict[str, Any]:
    """A kubeconfig with a context for each user, under one name throughout, as tools have it."""
    authority = encoded(AUTHORITY.cert_pem.bytes())
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "preferences": {},
        "clusters": [
            {
                "name": name,
                "cluster": {
                    "server": f"https://api.{name}",
                    "certificate-authority-data": authority,
                },
            }
            for name in users
        ],
        "users": [{"name": name, "user": user} for name, user in users.items()],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}} for name in users],
        "current-context": next(iter(users)),
    }


def write(file: Path, content: Mapping[str, Any]) -> Path:
    """In one step, as the pages say."""
    new = file.with_name(f".{file.name}")
    new.write_text(yaml.safe_dump(content))
    return new.replace(file)


def certificate() -> dict[str, str]:
    issued = AUTHORITY.issue_cert("kubecfg-admin")
    return {
        "client-certificate-data": encoded(issued.cert_chain_pems[0].bytes()),
        "client-key-data": encoded(issued.private_key_pem.bytes()),
    }


async def presented(cluster: Cluster) -> bytes:
    assert cluster.server is not None
    credential = await cluster.server.credentials.current()
    assert credential.key_pair is not None
    return credential.key_pair.certificate


async def test_a_new_export_of_kops_is_taken(tmp_path: Path) -> None:
    name = "eu-1.example.com"
    write(tmp_path / "eu-1.yaml", document(**{name: certificate()}))
    async with heard(Kubeconfig(files=(f"{tmp_path}/*.yaml",))) as provider:
        first = only(await provider.next())
        write(tmp_path / "eu-1.yaml", document(**{name: certificate()}))
        second = only(await provider.next())

    assert (first.name, second.name) == (name, name)
    assert first.digest != second.digest
    assert await presented(first) != await presented(second)


async def test_a_new_keystone_token_of_platform9_is_taken(tmp_path: Path) -> None:
    write(tmp_path / "eu-1.yaml", document(default={"token": "monday"}))
    write(tmp_path / "us-1.yaml", document(default={"token": "monday"}))
    async with heard(Directory(path=str(tmp_path))) as provider:
        assert await provider.names() == ["eu-1", "us-1"]
        write(tmp_path / "eu-1.yaml", document(default={"token": "tuesday"}))
        eu, us = await provider.next()

    assert [await authorization(eu), await authorization(us)] == ["Bearer tuesday", "Bearer monday"]


async def test_terraform_s_output_is_read_again_when_it_is_replaced(tmp_path: Path) -> None:
    write(tmp_path / "eu-1.yaml", document(eks={"token": "k8s-aws-v1.first"}))
    async with heard(Directory(path=str(tmp_path))) as provider:
        first = only(await provider.next())
        write(tmp_path / "eu-1.yaml", document(eks={"token": "k8s-aws-v1.second"}))
        second = only(await provider.next())
        (tmp_path / "eu-1.yaml").unlink()
        assert await provider.next() == ()

    assert await authorization(first) == "Bearer k8s-aws-v1.first"
    assert await authorization(second) == "Bearer k8s-aws-v1.second"


async def test_each_context_that_meshery_knows_is_a_cluster(tmp_path: Path) -> None:
    file = write(tmp_path / "meshery.yaml", document(eu={"token": "a"}, us={"token": "b"}))
    async with heard(Kubeconfig(files=(str(file),))) as provider:
        assert await provider.names() == ["eu", "us"]


@pytest.mark.parametrize(
    ("command", "args", "more"),
    [
        (
            "aws",
            ["--region", "eu-west-1", "eks", "get-token", "--cluster-name", "eu-1"],
            {"env": [{"name": "AWS_PROFILE", "value": "fleet"}]},
        ),
        ("gke-gcloud-auth-plugin", [], {"installHint": "Install it", "provideClusterInfo": True}),
        ("kubelogin", ["get-token", "--login", "workloadidentity"], {"provideClusterInfo": False}),
        ("kops", ["helpers", "kubectl-auth", "--cluster=eu-1", "--state=s3://state"], {}),
    ],
)
async def test_what_cloud_clis_write_runs_their_plugins(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    args: list[str],
    more: dict[str, Any],
) -> None:
    """The plugin is a stand-in, which shows its arguments as the token."""
    status = '{"token": "ran+\'"$*"\'"}'
    plugin = tmp_path / command
    plugin.write_text(
        "#!/bin/sh\nIFS=+\n"
        f'echo \'{{"kind": "ExecCredential", "apiVersion": "{V1BETA1}", "status": {status}}}\'\n'
    )
    plugin.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    user = {"exec": {"apiVersion": V1BETA1, "command": command, "args": args, **more}}
    file = write(tmp_path / "clouds.yaml", document(**{"eu-1": user}))
    async with heard(Kubeconfig(files=(str(file),))) as provider:
        cluster = only(await provider.next())
        assert await authorization(cluster) == f"Bearer ran+{'+'.join(args)}"
