from __future__ import annotations

from base64 import b64encode
from pathlib import Path

import pytest
import trustme

from exporter.discovery.entry import Entry
from exporter.discovery.provider import Way
from exporter.kubernetes.clouds import cloud as clouds
from exporter.kubernetes.clouds.cloud import Aks, Cloud, CloudName, Eks, Gke
from exporter.kubernetes.clouds.token import CloudToken
from exporter.kubernetes.credentials import UserCredentials
from exporter.kubernetes.errors import KubeconfigError, RefusedByPolicy
from exporter.kubernetes.trust import Allow

EVERY: frozenset[CloudName] = frozenset({"eks", "gke", "aks"})
ANYTHING = Allow(local_addresses=True, insecure_tls=True, file_paths=True, proxy=True, native=EVERY)


def test_fields_mean_what_they_mean_in_a_kubeconfig(tmp_path: Path) -> None:
    authority = trustme.CA().cert_pem.bytes()
    (tmp_path / "token").write_text("hunter2")
    entry = Entry(
        name="eu-1",
        server="https://eu-1:6443/",
        certificate_authority_data=b64encode(authority).decode(),
        tls_server_name="inside",
        proxy_url="http://proxy:3128",
        token_file=str(tmp_path / "token"),
    )
    server = entry.way("static cluster eu-1", ANYTHING).server

    assert server.url == "https://eu-1:6443"
    assert (server.tls.ca_data, server.tls.server_name) == (authority, "inside")
    assert server.proxy == "http://proxy:3128"


def test_certificates_may_stand_in_files(tmp_path: Path) -> None:
    authority = trustme.CA()
    issued = authority.issue_cert("user@example.com")
    authority.cert_pem.write_to_path(str(tmp_path / "ca"))
    issued.cert_chain_pems[0].write_to_path(str(tmp_path / "crt"))
    issued.private_key_pem.write_to_path(str(tmp_path / "key"))
    entry = Entry(
        name="eu-1",
        server="https://eu-1",
        certificate_authority=str(tmp_path / "ca"),
        client_certificate=str(tmp_path / "crt"),
        client_key=str(tmp_path / "key"),
    )

    assert entry.way("here", ANYTHING).server.tls.ca_file == tmp_path / "ca"
    (tmp_path / "key").unlink()
    with pytest.raises(KubeconfigError, match=r"client-key: .*key: No such file"):
        entry.way("here", ANYTHING)


@pytest.mark.parametrize(
    "field", [{"proxy_url": "http://p"}, {"insecure_skip_tls_verify": True}, {"token_file": "/t"}]
)
def test_what_is_not_allowed_is_refused(field: dict[str, str]) -> None:
    entry = Entry(name="eu-1", server="https://eu-1", **field)  # type: ignore[arg-type]  # mixed

    with pytest.raises(RefusedByPolicy, match=r"here: .* permits it"):
        entry.way("here", Allow())


def test_the_way_is_another_one_when_any_field_of_it_changed() -> None:
    given = Entry(name="eu-1", server="https://eu-1")
    others = [
        Entry(name="eu-1", server="https://eu-2"),
        Entry(name="eu-1", server="https://eu-1", tls_server_name="x"),
        Entry(name="eu-1", server="https://eu-1", insecure_skip_tls_verify=True),
    ]
    digests = {entry.way("here", ANYTHING).digest for entry in (given, *others)}

    assert len(digests) == 4
    labelled = Entry(name="eu-1", server="https://eu-1", labels={"a": "b"}, maintenance=True)
    assert labelled.way("here", ANYTHING).digest == given.way("here", ANYTHING).digest


@pytest.mark.parametrize(
    ("entry", "cloud"),
    [
        (Entry(name="a", server="https://a", eks=Eks(cluster_name="a")), Eks(cluster_name="a")),
        (Entry(name="a", server="https://a", gke=Gke()), Gke()),
        (Entry(name="a", server="https://a", aks=Aks(login="msi")), Aks(login="msi")),
    ],
)
def test_a_token_of_a_cloud_is_got_where_that_is_allowed(entry: Entry, cloud: Cloud) -> None:
    allowed = entry.way("here", Allow(native=frozenset({cloud.name})))
    others = Allow(native=EVERY - {cloud.name})

    assert source_of(allowed) == CloudToken(cloud)
    with pytest.raises(RefusedByPolicy) as caught:
        entry.way("here", others)

    assert str(caught.value) == (
        f"here: {cloud.name}: getting a token of ours is refused;"
        f" allow.native: [{cloud.name}] permits it"
    )


def source_of(way: Way) -> object:
    assert isinstance(way.server.credentials, UserCredentials)
    return way.server.credentials._source


def test_the_way_is_another_one_with_another_identity() -> None:
    entries = [
        Entry(name="a", server="https://a"),
        Entry(name="a", server="https://a", gke=Gke()),
        Entry(name="a", server="https://a", aks=Aks()),
        Entry(name="a", server="https://a", eks=Eks(cluster_name="a")),
        Entry(name="a", server="https://a", eks=Eks(cluster_name="a", external_id="hunter2")),
    ]
    digests = {entry.way("here", ANYTHING).digest for entry in entries}

    assert len(digests) == len(entries)
    assert "hunter2" not in "".join(digests)


@pytest.mark.parametrize("field", [{"token_file": "/token"}, {"gke": Gke()}])
def test_a_token_of_a_cloud_and_another_credential_contradict(
    field: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text("hunter2")
    given = {name: str(tmp_path / "token") if value == "/token" else value
             for name, value in field.items()}  # fmt: skip
    entry = Entry(name="a", server="https://a", eks=Eks(cluster_name="a"), **given)  # type: ignore[arg-type]  # mixed

    with pytest.raises(KubeconfigError, match="eks: there is a credential besides; remove either"):
        entry.way("here", ANYTHING)


def test_an_extra_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clouds, "find_spec", lambda name: None)

    with pytest.raises(KubeconfigError, match=r"^here: gke needs google.auth: pip install"):
        Entry(name="a", server="https://a", gke=Gke()).way("here", ANYTHING)


def test_nothing_is_marked_unless_it_is_said() -> None:
    entry = Entry(name="eu-1")

    assert (entry.maintenance, entry.virtual, entry.hibernated) == (False, False, False)


def test_an_entry_is_shown_by_its_name() -> None:
    assert repr(Entry(name="eu-1", proxy_url="http://user:hunter2@p")) == "Entry('eu-1')"
