import datetime
import os
import re
import ssl
import tempfile
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from exporter.kubernetes.certificates import check_key_pair, ssl_context
from exporter.kubernetes.credentials import KeyPair
from exporter.kubernetes.errors import CredentialsError
from exporter.kubernetes.server import Tls


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def pair_of(issued: trustme.LeafCert) -> KeyPair:
    chain = b"".join(pem.bytes() for pem in issued.cert_chain_pems)
    return KeyPair(chain, issued.private_key_pem.bytes())


def server_context(
    pair: KeyPair, directory: Path, client_ca: trustme.CA | None = None
) -> ssl.SSLContext:
    (directory / "server.pem").write_bytes(pair.certificate + pair.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "server.pem")
    if client_ca is not None:
        client_ca.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED

    return context


def handshake(client: ssl.SSLContext, server: ssl.SSLContext, name: str) -> ssl.SSLObject:
    """Both ends in memory; the server's end, which knows the client's certificate."""
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    client_end = client.wrap_bio(to_client, to_server, server_hostname=name)
    server_end = server.wrap_bio(to_server, to_client, server_side=True)
    for end in (client_end, server_end, client_end, server_end):
        try:
            end.do_handshake()
        except ssl.SSLWantReadError:
            continue

    return server_end


def test_a_server_of_the_given_authority_is_trusted_and_no_other(tmp_path: Path) -> None:
    ours, other = trustme.CA(), trustme.CA()
    context = ssl_context(Tls(ca_data=ours.cert_pem.bytes()), None)

    handshake(context, server_context(pair_of(ours.issue_cert("api")), tmp_path), "api")
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(context, server_context(pair_of(other.issue_cert("api")), tmp_path), "api")

    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        handshake(context, server_context(pair_of(ours.issue_cert("api")), tmp_path), "else")


def test_a_ca_file_is_read_for_every_context(tmp_path: Path) -> None:
    old, new = trustme.CA(), trustme.CA()
    tls = Tls(ca_file=tmp_path / "ca.crt")
    server = server_context(pair_of(new.issue_cert("api")), tmp_path)
    old.cert_pem.write_to_path(tmp_path / "ca.crt")
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(ssl_context(tls, None), server, "api")

    new.cert_pem.write_to_path(tmp_path / "ca.crt")
    handshake(ssl_context(tls, None), server, "api")


def test_an_intermediate_authority_is_trusted_without_its_root(tmp_path: Path) -> None:
    intermediate = trustme.CA().create_child_ca()
    context = ssl_context(Tls(ca_data=intermediate.cert_pem.bytes()), None)

    server = server_context(pair_of(intermediate.issue_cert("api")), tmp_path)

    handshake(context, server, "api")


def without_key_identifiers(
    name: str, issuer: tuple[x509.Name, ec.EllipticCurvePrivateKey] | None
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """A certificate as many a cluster's scripts make them; its own issuer when there is none."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer_name, issuer_key = issuer or (subject, key)
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer_name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )
    return certificate, key


def test_an_authority_without_key_identifiers_is_trusted(tmp_path: Path) -> None:
    authority, authority_key = without_key_identifiers("cluster", None)
    leaf, leaf_key = without_key_identifiers("api", (authority.subject, authority_key))
    private = leaf_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    server = server_context(KeyPair(leaf.public_bytes(Encoding.PEM), private), tmp_path)
    context = ssl_context(Tls(ca_data=authority.public_bytes(Encoding.PEM)), None)
    handshake(context, server, "api")

    context.verify_flags |= ssl.VERIFY_X509_STRICT  # what Python does by default since 3.13
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(context, server, "api")


def test_an_insecure_server_is_taken_as_it_is(tmp_path: Path) -> None:
    server = server_context(pair_of(trustme.CA().issue_cert("else")), tmp_path)

    handshake(ssl_context(Tls(insecure=True), None), server, "api")


@pytest.mark.parametrize("memory_files", [True, False])
def test_the_client_certificate_is_presented(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, memory_files: bool
) -> None:
    if not memory_files:
        monkeypatch.delattr(os, "memfd_create")

    directory = tmp_path / "tmp"
    directory.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(directory))
    authority = trustme.CA()
    before = open_descriptors()
    context = ssl_context(
        Tls(ca_data=authority.cert_pem.bytes()), pair_of(authority.issue_cert("client"))
    )
    assert open_descriptors() == before
    assert not list(directory.iterdir())

    server = server_context(pair_of(authority.issue_cert("api")), tmp_path, authority)
    presented = handshake(context, server, "api").getpeercert()

    assert presented is not None
    assert presented["subjectAltName"] == (("DNS", "client"),)


def test_contexts_with_the_system_authorities_are_one() -> None:
    assert ssl_context(Tls(), None) is ssl_context(Tls(server_name="api"), None)
    assert ssl_context(Tls(), None).cert_store_stats()["x509"] > 0
    assert ssl_context(Tls(insecure=True), None) is not ssl_context(Tls(), None)
    assert ssl_context(Tls(), None).verify_mode == ssl.CERT_REQUIRED


@pytest.mark.parametrize("tls", [Tls(), Tls(insecure=True)])
def test_older_tls_than_1_2_is_refused(tls: Tls) -> None:
    assert ssl_context(tls, None).minimum_version == ssl.TLSVersion.TLSv1_2


def test_session_keys_are_never_written_to_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    context = ssl_context(Tls(ca_data=trustme.CA().cert_pem.bytes()), None)

    assert context.keylog_filename is None


def test_comments_between_certificates_may_be_in_any_encoding(tmp_path: Path) -> None:
    first, second = trustme.CA(), trustme.CA()
    bundle = first.cert_pem.bytes() + "# Zweite\r\n# Autorität\n".encode() + second.cert_pem.bytes()

    server = server_context(pair_of(second.issue_cert("api")), tmp_path)

    handshake(ssl_context(Tls(ca_data=bundle), None), server, "api")


@pytest.mark.parametrize(
    ("pem", "why"),
    [
        (b"", "holds no certificate in PEM form"),
        (b"hunter2", "holds no certificate in PEM form"),
        (b"-----BEGIN CERTIFICATE-----\nhunter2", "holds no valid certificate"),
        (
            b"-----BEGIN CERTIFICATE-----\nMIIhunter2\n-----END CERTIFICATE-----\n",
            "holds no valid certificate",
        ),
    ],
)
def test_a_bad_authority_is_named_and_not_quoted(tmp_path: Path, pem: bytes, why: str) -> None:
    (tmp_path / "ca.crt").write_bytes(pem)
    for tls, field in (
        (Tls(ca_data=pem), "certificate-authority-data"),
        (Tls(ca_file=tmp_path / "ca.crt"), f"certificate-authority: {tmp_path}/ca.crt"),
    ):
        with pytest.raises(CredentialsError, match=f"^{re.escape(field)}: {why}") as caught:
            ssl_context(tls, None)

        assert "hunter2" not in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_truncated_bundle_is_refused() -> None:
    pem = trustme.CA().cert_pem.bytes()

    with pytest.raises(CredentialsError, match="certificate-authority-data"):
        ssl_context(Tls(ca_data=pem + pem[:200]), None)


def test_a_missing_ca_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CredentialsError, match=r"ca\.crt: No such file or directory"):
        ssl_context(Tls(ca_file=tmp_path / "ca.crt"), None)


def encrypted(key: bytes, form: PrivateFormat) -> bytes:
    return load_pem_private_key(key, None).private_bytes(
        Encoding.PEM, form, BestAvailableEncryption(b"password")
    )


def test_a_bad_key_pair_is_named_and_not_quoted() -> None:
    authority = trustme.CA(key_type=trustme.KeyType.ECDSA)
    good = pair_of(authority.issue_cert("client"))
    other = pair_of(authority.issue_cert("other"))
    rsa = pair_of(authority.issue_cert("rsa", key_type=trustme.KeyType.RSA))
    garbled = good.certificate[:100] + b"!" + good.certificate[101:]
    begin = b"-----BEGIN PRIVATE KEY-----\n"
    for certificate, key, why in (
        (b"hunter2", good.key, "CERT: holds no certificate in PEM form"),
        (good.key, good.key, "CERT: holds no valid certificate: "),
        (garbled, good.key, "CERT: holds no valid certificate: "),
        (good.certificate, b"hunter2", "KEY: holds no private key in PEM form"),
        (good.certificate, good.certificate, "KEY: holds no private key in PEM form"),
        (good.certificate, good.key[:60], "KEY: cannot be used: "),
        (good.certificate, begin + b"hunter2", "KEY: cannot be used: "),
        (good.certificate, other.key, "KEY: does not belong to the certificate"),
        (good.certificate, rsa.key, "KEY: does not belong to the certificate"),
        (good.certificate, encrypted(good.key, PrivateFormat.PKCS8), "KEY: is encrypted"),
        (good.certificate, encrypted(good.key, PrivateFormat.TraditionalOpenSSL),
         "KEY: is encrypted"),
    ):  # fmt: skip
        with pytest.raises(CredentialsError, match=f"^{why}") as caught:
            check_key_pair(KeyPair(certificate, key), "CERT", "KEY")

        assert "hunter2" not in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_bad_key_pair_leaves_no_descriptor_open() -> None:
    pair = pair_of(trustme.CA().issue_cert("client"))
    before = open_descriptors()
    for _ in range(10):
        with pytest.raises(CredentialsError, match="cannot be used"):
            ssl_context(Tls(insecure=True), KeyPair(pair.certificate, pair.key[:60]))

    assert open_descriptors() == before


def test_a_pair_in_one_file_is_good_for_both_as_kubelets_write_it() -> None:
    pair = pair_of(trustme.CA().issue_cert("client"))
    both = pair.certificate + pair.key

    check_key_pair(KeyPair(both, both), "CERT", "KEY")
