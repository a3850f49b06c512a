from __future__ import annotations

from base64 import b64encode
from pathlib import Path

import pytest
import trustme

from exporter.discovery.entry import Entry
from exporter.kubernetes.errors import KubeconfigError, RefusedByPolicy
from exporter.kubernetes.trust import Allow

ANYTHING = Allow(local_addresses=True, insecure_tls=True, file_paths=True, proxy=True)


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


def test_nothing_is_marked_unless_it_is_said() -> None:
    entry = Entry(name="eu-1")

    assert (entry.maintenance, entry.virtual, entry.hibernated) == (False, False, False)


def test_an_entry_is_shown_by_its_name() -> None:
    assert repr(Entry(name="eu-1", proxy_url="http://user:hunter2@p")) == "Entry('eu-1')"
