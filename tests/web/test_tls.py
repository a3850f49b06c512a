import ssl
from pathlib import Path

import aiohttp
import pytest
import trustme

from exporter.web.access import Wanted
from exporter.web.tls import server_context
from exporter.web.web_config import WebConfigError, read_web_config
from tests.web.certificates import client, fresh, web_config, write, write_pair
from tests.web.reviewer import guarded

REQUIRED = {"client_auth_type": "RequireAndVerifyClientCert", "client_ca_file": "ca.crt"}


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def clients() -> trustme.CA:
    """The authority of those who scrape."""
    return trustme.CA()


@pytest.fixture
def folder(tmp_path: Path, authority: trustme.CA, clients: trustme.CA) -> Path:
    write_pair(tmp_path, authority)
    write(tmp_path / "ca.crt", clients.cert_pem.bytes())
    return tmp_path


async def test_both_ends_speak_tls_and_nobody_plain_http(
    folder: Path, authority: trustme.CA
) -> None:
    async with guarded(Wanted(web_config(folder)), fresh(client(authority))) as port:
        assert port.url.startswith("https://")
        assert await port.status("/metrics") == 200
        with pytest.raises(aiohttp.ClientError):
            await port.session.get(port.url.replace("https", "http") + "/metrics")


async def test_certificate_and_key_may_stand_in_the_file(
    folder: Path, authority: trustme.CA
) -> None:
    pair = {
        name: (folder / f"server.{end}").read_text()
        for name, end in (("cert", "crt"), ("key", "key"))
    }
    config = web_config(folder, {**pair, "cert_file": "", "key_file": ""})
    async with guarded(Wanted(config), fresh(client(authority))) as port:
        assert await port.status("/metrics") == 200


@pytest.mark.parametrize(
    "kind", ["RequireAndVerifyClientCert", "RequireAnyClientCert", "RequireClientCert"]
)
async def test_where_a_certificate_is_required_each_path_asks_for_it_but_probes(
    folder: Path, authority: trustme.CA, clients: trustme.CA, kind: str
) -> None:
    config = web_config(folder, REQUIRED | {"client_auth_type": kind})
    async with guarded(Wanted(config), fresh(client(authority))) as port:
        statuses = [await port.status(path) for path in ("/metrics", "/", "/livez", "/readyz")]

    known = client(authority, clients.issue_cert("prometheus"))
    async with guarded(Wanted(config), fresh(known)) as port:
        assert await port.status("/metrics") == 200

    assert statuses == [403, 403, 200, 200]


async def test_a_certificate_of_somebody_else_ends_the_handshake(
    folder: Path, authority: trustme.CA
) -> None:
    stranger = client(authority, trustme.CA().issue_cert("prometheus"))
    async with guarded(Wanted(web_config(folder, REQUIRED)), fresh(stranger)) as port:
        with pytest.raises(aiohttp.ClientError):
            await port.ask("/livez")


@pytest.mark.parametrize("kind", ["NoClientCert", "RequestClientCert", ""])
async def test_certificates_that_nobody_wants_are_not_looked_at(
    folder: Path, authority: trustme.CA, kind: str
) -> None:
    stranger = client(authority, trustme.CA().issue_cert("prometheus"))
    config = web_config(folder, {"client_auth_type": kind})
    async with guarded(Wanted(config), fresh(stranger)) as port:
        assert await port.status("/metrics") == 200


async def test_a_certificate_may_be_left_out_where_it_is_checked_if_given(
    folder: Path, authority: trustme.CA
) -> None:
    config = web_config(folder, REQUIRED | {"client_auth_type": "VerifyClientCertIfGiven"})
    async with guarded(Wanted(config), fresh(client(authority))) as port:
        assert await port.status("/metrics") == 200

    stranger = client(authority, trustme.CA().issue_cert("prometheus"))
    async with guarded(Wanted(config), fresh(stranger)) as port:
        with pytest.raises(aiohttp.ClientError):
            await port.ask("/metrics")


@pytest.mark.parametrize(
    ("names", "status"),
    [
        (["prometheus.example"], 200),
        (["other.example", "prometheus.example"], 200),
        (["scraper@example.com"], 200),
        (["::1"], 200),
        (["0:0:0:0:0:0:0:1"], 200),
        (["example"], 403),
        (["*.example"], 403),
        (["PROMETHEUS.example"], 403),
    ],
)
async def test_one_of_the_names_has_to_be_allowed(
    folder: Path, authority: trustme.CA, clients: trustme.CA, names: list[str], status: int
) -> None:
    own = clients.issue_cert("prometheus.example", "scraper@example.com", "::1")
    config = web_config(folder, REQUIRED | {"client_allowed_sans": names})
    async with guarded(Wanted(config), fresh(client(authority, own))) as port:
        assert await port.status("/metrics") == status
        assert await port.status("/livez") == 200


@pytest.mark.parametrize(
    ("tls", "spoken"),
    [
        ({"min_version": "TLS13"}, {ssl.TLSVersion.TLSv1_3}),
        ({"max_version": "TLS12"}, {ssl.TLSVersion.TLSv1_2}),
        ({"min_version": "TLS10"}, {ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3}),
        ({"cipher_suites": ["TLS_AES_128_GCM_SHA256"]}, {ssl.TLSVersion.TLSv1_3}),
    ],
)
async def test_only_versions_that_are_allowed_are_spoken(
    folder: Path, authority: trustme.CA, tls: dict[str, object], spoken: set[ssl.TLSVersion]
) -> None:
    done = set()
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        connector = fresh(client(authority, version=version))
        async with guarded(Wanted(web_config(folder, tls)), connector) as port:
            try:
                await port.ask("/metrics")
            except aiohttp.ClientError:
                continue

            done.add(version)

    assert done == spoken


def shaken(server: ssl.SSLContext, client_: ssl.SSLContext) -> ssl.SSLObject:
    """The client's end after a handshake in memory."""
    one, other = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (
        client_.wrap_bio(one, other, server_hostname="127.0.0.1"),
        server.wrap_bio(other, one, server_side=True),
    )
    for end in (*ends, *ends):
        try:
            end.do_handshake()
        except ssl.SSLWantReadError:
            continue

    return ends[0]


def test_the_ciphers_of_tls_1_2_are_those_that_are_listed_in_their_order(
    folder: Path, authority: trustme.CA
) -> None:
    names = ["TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"]
    tls = {"cipher_suites": names, "max_version": "TLS12", "curve_preferences": ["CurveP384"]}
    config = read_web_config(Path(web_config(folder, tls)))
    end = shaken(server_context(config.tls_server_config), client(authority))

    cipher = end.cipher()
    assert cipher is not None and cipher[0].endswith("AES256-GCM-SHA384")


def test_a_session_is_never_resumed(folder: Path, authority: trustme.CA) -> None:
    """It would bring a certificate along that was checked under other authorities."""
    context = server_context(read_web_config(Path(web_config(folder))).tls_server_config)

    assert context.num_tickets == 0
    assert context.options & ssl.OP_NO_TICKET


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("server.key", b"", "key_file: .*: holds no private key"),
        ("server.crt", b"x", "cert_file: .*: holds no certificate"),
        ("ca.crt", b"x", "client_ca_file: .*: holds no certificate"),
        ("ca.crt", None, "client_ca_file: .*: No such file"),
        ("server.key", trustme.CA().private_key_pem.bytes(), "key_file: .*: does not belong"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_and_not_quoted(
    folder: Path, file: str, content: bytes | None, said: str
) -> None:
    config = read_web_config(Path(web_config(folder, REQUIRED)))
    if content is None:
        (folder / file).unlink()
    else:
        (folder / file).write_bytes(content)

    with pytest.raises(WebConfigError, match=f"^tls_server_config.{said}") as caught:
        server_context(config.tls_server_config)

    assert "BEGIN" not in str(caught.value)
