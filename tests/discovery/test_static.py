from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from exporter.discovery.static import Static
from exporter.settings import SettingsError, read_settings
from exporter.sources import unheard
from tests.discovery.simulated_hub import authorization, heard, only


def static(*clusters: dict[str, Any]) -> Static:
    document = {"provider": "static", "clusters": clusters}
    return msgspec.convert(document, Static)


def reached(**fields: Any) -> dict[str, Any]:
    return {"name": "eu-1", "server": "https://eu-1:6443", **fields}


async def test_clusters_are_read_as_they_are_written(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("hunter2")
    full = reached(
        token_file=str(tmp_path / "token"),
        labels={"region": "eu"},
        uid="123",
        maintenance=True,
        virtual=True,
        hibernated=True,
    )
    async with heard(static(full, {"name": "us-1", "server": "http://127.0.0.1:8001"})) as provider:
        eu, us = await provider.next()

    assert (eu.name, eu.provider, eu.source) == ("eu-1", "static", "static cluster eu-1")
    assert await authorization(eu) == "Bearer hunter2"
    assert (eu.labels, eu.uid) == ({"region": "eu"}, "123")
    assert (eu.maintenance, eu.virtual, eu.hibernated) == (True, True, True)
    assert us.server is not None and us.server.url == "http://127.0.0.1:8001"
    assert (us.labels, us.uid, us.maintenance) == ({}, "", False)


async def test_a_cluster_whose_files_are_missing_is_listed_and_looked_at_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exporter.discovery.static.LOOK", 0.005)
    monkeypatch.setenv("HOME", str(tmp_path))
    async with heard(static(reached(token_file="~/token"), reached(name="us-1"))) as provider:
        missing, other = await provider.next()
        up = provider.metric("up", "static")
        (tmp_path / "token").write_text("hunter2")
        there, _ = await provider.next()

    assert missing.refusal is not None and missing.server is None
    assert missing.refusal.condition == "unauthorized"
    assert missing.refusal.message == (
        "static cluster eu-1: users[0].user.tokenFile: "
        f"{tmp_path / 'token'}: No such file or directory (user 'eu-1')"
    )
    assert other.refusal is None and up == 0
    assert await authorization(there) == "Bearer hunter2"


def test_a_token_of_a_cloud_needs_no_permission_where_the_user_writes_it() -> None:
    static(reached(eks={"cluster_name": "eu-1"}), reached(gke={}), reached(aks={"login": "msi"}))


@pytest.mark.parametrize(
    ("cluster", "problem"),
    [
        (reached(eks={}), "discovery[0].clusters[0].eks"),
        (reached(eks={"cluster_name": "a b"}), "discovery[0].clusters[0].eks.cluster_name"),
        (reached(aks={"login": "azurecli"}), "discovery[0].clusters[0].aks.login"),
        (reached(gke={}, aks={}), "gke: there is a credential besides; remove either"),
        (reached(token="hunter2"), "discovery[0].clusters[0].token: unknown key"),
        ({"name": "eu-1"}, "clusters[0]: as a kubeconfig: clusters[0].cluster.server: is missing"),
        (reached(server="eu-1:6443"), "server: is no URL like https://host:6443"),
        (reached(name=""), "name: must be one line of 1 to 253 characters"),
        (reached(proxy_url="http://u:hunter2@p"), "proxy_url: holds a password"),
        (reached(token_file="token"), "token_file: must be an absolute path, or begin with ~"),
        (reached(client_key="/key"), "client_certificate and client_key: one needs the other"),
        (reached(labels={"uid": "x"}), "labels: 'uid' is a label that clusters have anyway"),
        (reached(certificate_authority_data="!"), "certificate-authority-data: is not base64"),
    ],
)
def test_what_could_never_be_read_is_refused_with_its_place(
    tmp_path: Path, cluster: dict[str, Any], problem: str
) -> None:
    file = tmp_path / "settings.yaml"
    document = {"discovery": [{"provider": "static", "clusters": [cluster]}]}
    file.write_text(msgspec.json.encode(document).decode())

    with pytest.raises(SettingsError) as caught:
        read_settings(file)

    assert "discovery[0]" in str(caught.value)
    assert problem in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_there_is_nothing_left_to_check() -> None:
    unheard(static(reached(token_file="/absent"))).check()


async def test_the_last_word_is_said_when_nothing_is_missing() -> None:
    snapshots = [one async for one in unheard(static(reached())).snapshots()]

    assert only(snapshots[0]).name == "eu-1"
    assert len(snapshots) == 1
