import base64
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trustme

from exporter.kubernetes.errors import KubeconfigError
from exporter.kubernetes.kubeconfig_cluster import (
    exec_cluster,
    instead_of_loopback,
    proxy,
    tls,
    url,
)
from exporter.kubernetes.kubeconfig_file import Cluster, Entry
from exporter.kubernetes.server import Tls

PLACE = "/home/jane/config: clusters[0].cluster."


def given(fields: dict[str, Any], file: str = "/home/jane/config") -> tuple[Entry, Cluster]:
    return Entry(Path(file), "clusters", 0, "c", fields), msgspec.convert(fields, Cluster)


@pytest.mark.parametrize(
    ("server", "expected"),
    [
        ("https://10.0.0.1:6443", "https://10.0.0.1:6443"),
        ("https://10.0.0.1:6443/", "https://10.0.0.1:6443"),
        ("https://rancher.example/k8s/clusters/c-1/", "https://rancher.example/k8s/clusters/c-1"),
        ("https://[fd00::1]:6443", "https://[fd00::1]:6443"),
        ("http://localhost:8080", "http://localhost:8080"),
    ],
)
def test_the_url_is_taken_without_a_slash_at_its_end(server: str, expected: str) -> None:
    assert url(*given({"server": server})) == expected


@pytest.mark.parametrize(
    ("server", "why"),
    [
        (None, "is missing"),
        ("", "is missing"),
        ("10.0.0.1:6443", "is no URL like https://host:6443"),
        ("ftp://hunter2", "is no URL like https://host:6443"),
        ("https://", "is no URL like https://host:6443"),
        ("https://:6443", "is no URL like https://host:6443"),
        ("https://host:hunter2", "is no URL like https://host:6443"),
        ("https://host:99999", "is no URL like https://host:6443"),
        ("https://[hunter2", "is no URL like https://host:6443"),
        ("https://ho st", "is no URL like https://host:6443"),
        ("https://host\n", "is no URL like https://host:6443"),
        ("https://me:hunter2@host", "must hold no user name or password; a user entry does"),
        ("https://host/?token=hunter2", "must end after the path: no '?' and no '#'"),
        ("https://host/#hunter2", "must end after the path: no '?' and no '#'"),
    ],
)
def test_a_bad_url_is_refused_and_not_quoted(server: str | None, why: str) -> None:
    with pytest.raises(KubeconfigError) as caught:
        url(*given({"server": server}))

    assert str(caught.value) == f"{PLACE}server: {why} (cluster 'c')"


@pytest.mark.parametrize(
    ("server", "host"),
    [
        ("https://localhost:8443", "localhost"),
        ("https://127.0.0.1:8443", "127.0.0.1"),
        ("https://127.1", "127.1"),
        ("https://[::1]:8443", "::1"),
    ],
)
def test_a_loopback_address_gives_way_and_its_certificate_is_still_expected(
    server: str, host: str
) -> None:
    entry, _ = given({"server": server, "certificate-authority-data": "data"})
    moved = instead_of_loopback(entry, "https://eu-1.team.svc")

    assert moved.fields == {
        "server": "https://eu-1.team.svc",
        "tls-server-name": host,
        "certificate-authority-data": "data",
    }


def test_a_name_that_is_expected_already_remains() -> None:
    entry, _ = given({"server": "https://localhost:8443", "tls-server-name": "kubernetes"})

    moved = instead_of_loopback(entry, "https://eu-1.team.svc")
    assert moved.fields["tls-server-name"] == "kubernetes"


@pytest.mark.parametrize(
    "server", ["https://10.0.0.1", "https://eu.example", "https://[x", "", None]
)
def test_other_addresses_remain(server: str | None) -> None:
    entry, _ = given({"server": server})

    assert instead_of_loopback(entry, "https://eu-1.team.svc") is entry


def test_without_an_authority_the_systems_are_trusted() -> None:
    assert tls(*given({})) == Tls()


def test_a_name_to_expect_and_insecurity_are_honoured() -> None:
    fields = {"tls-server-name": "api", "insecure-skip-tls-verify": True}

    assert tls(*given(fields)) == Tls(server_name="api", insecure=True)


def test_authority_data_goes_before_a_file() -> None:
    pem = trustme.CA().cert_pem.bytes()
    fields = {
        "certificate-authority-data": base64.encodebytes(pem).decode(),  # lines, as some tools do
        "certificate-authority": "/missing",
    }

    assert tls(*given(fields)) == Tls(ca_data=pem)


def test_an_authority_file_is_relative_to_the_kubeconfig(tmp_path: Path) -> None:
    (tmp_path / "pki").mkdir()
    trustme.CA().cert_pem.write_to_path(tmp_path / "pki/ca.crt")
    fields = {"certificate-authority": "pki/ca.crt"}

    assert tls(*given(fields, f"{tmp_path}/config")) == Tls(ca_file=tmp_path / "pki/ca.crt")


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"certificate-authority-data": "hunter2!"}, "certificate-authority-data: is not base64"),
        ({"certificate-authority-data": "é"}, "certificate-authority-data: is not base64"),
        (
            {"certificate-authority-data": base64.b64encode(b"hunter2").decode()},
            "certificate-authority-data: holds no certificate in PEM form",
        ),
        (
            {"certificate-authority": "missing"},
            "certificate-authority: /home/jane/missing: No such file or directory",
        ),
        (
            {"certificate-authority": "missing", "insecure-skip-tls-verify": True},
            "insecure-skip-tls-verify: there is a certificate authority, too",
        ),
    ],
)
def test_a_bad_authority_is_refused_and_not_quoted(fields: dict[str, Any], why: str) -> None:
    with pytest.raises(KubeconfigError) as caught:
        tls(*given(fields))

    assert str(caught.value) == f"{PLACE}{why} (cluster 'c')"


@pytest.mark.parametrize("address", ["http://proxy:3128", "https://me:password@proxy"])
def test_http_proxies_are_honoured(address: str) -> None:
    assert proxy(*given({"proxy-url": address})) == address
    assert proxy(*given({"proxy-url": ""})) is None


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("socks5://me:hunter2@proxy", "SOCKS is not supported; name an http or https proxy"),
        ("socks5h://hunter2", "SOCKS is not supported; name an http or https proxy"),
        ("proxy:3128", "is no URL like https://host:6443"),
    ],
)
def test_other_proxies_are_refused_and_not_quoted(address: str, why: str) -> None:
    with pytest.raises(KubeconfigError) as caught:
        proxy(*given({"proxy-url": address}))

    assert str(caught.value) == f"{PLACE}proxy-url: {why} (cluster 'c')"


def test_an_exec_plugin_is_told_all_that_it_may_need(tmp_path: Path) -> None:
    authority = trustme.CA().cert_pem
    authority.write_to_path(tmp_path / "ca.crt")
    fields = {
        "server": "https://host",
        "tls-server-name": "api",
        "certificate-authority": "ca.crt",
        "proxy-url": "http://proxy",
        "disable-compression": True,
        "extensions": [
            {"name": "other", "extension": {"a": 1}},
            {"name": "client.authentication.k8s.io/exec", "extension": {"audience": "us"}},
        ],
    }

    assert exec_cluster(*given(fields, f"{tmp_path}/config")) == {
        "server": "https://host",
        "tls-server-name": "api",
        "certificate-authority-data": base64.b64encode(authority.bytes()).decode(),
        "proxy-url": "http://proxy",
        "disable-compression": True,
        "config": {"audience": "us"},
    }


def test_an_exec_plugin_is_told_nothing_that_is_not_given() -> None:
    assert exec_cluster(*given({"server": "https://host"})) == {"server": "https://host"}


def test_what_json_cannot_say_is_refused() -> None:
    extension = {"name": "client.authentication.k8s.io/exec", "extension": {("a", "b"): 1}}

    with pytest.raises(KubeconfigError, match=r"extensions: client\.auth.* cannot be JSON"):
        exec_cluster(*given({"server": "https://host", "extensions": [extension]}))
