from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from exporter.web.web_config import Secret, WebConfig, WebConfigError, read_web_config

HASH = "$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi"
PAIR = "cert_file: c.pem\n  key_file: k.pem\n"
SANS = "  client_ca_file: a\n  client_allowed_sans: [a]\n"
CIPHER = "  cipher_suites: [TLS_AES_128_GCM_SHA256]\n"


def read(folder: Path, text: str) -> WebConfig:
    file = folder / "web.yml"
    file.write_text(text)
    return read_web_config(file)


def problem(folder: Path, text: str) -> str:
    with pytest.raises(WebConfigError) as caught:
        read(folder, text)

    assert "\n" not in str(caught.value)
    return str(caught.value).removeprefix(f"{folder / 'web.yml'}: ")


def test_every_field_of_the_format_is_taken(tmp_path: Path) -> None:
    config = read(
        tmp_path,
        f"""
tls_server_config:
  cert_file: tls/server.crt
  key_file: /etc/tls/server.key
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: tls/ca.crt
  client_allowed_sans: [prometheus.example]
  min_version: TLS12
  max_version: TLS13
  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_AES_128_GCM_SHA256]
  prefer_server_cipher_suites: false
  curve_preferences: [X25519, CurveP256]
http_server_config:
  http2: false
  headers:
    Strict-Transport-Security: max-age=1
    X-Frame-Options: sameorigin
rate_limit: {{interval: 1m30s, burst: 5}}
basic_auth_users:
  alice: {HASH}
""",
    )

    tls = config.tls_server_config
    assert (tls.cert_file, tls.key_file) == (f"{tmp_path}/tls/server.crt", "/etc/tls/server.key")
    assert tls.client_ca_file == f"{tmp_path}/tls/ca.crt"
    assert config.files == (
        tmp_path / "tls/server.crt",
        Path("/etc/tls/server.key"),
        tmp_path / "tls/ca.crt",
    )
    assert config.rate_limit.interval == 90.0
    assert config.rate_limit.burst == 5
    assert config.basic_auth_users == {"alice": HASH}


@pytest.mark.parametrize("text", ["", "{}", "tls_server_config:\nbasic_auth_users:\n"])
def test_a_file_that_says_nothing_asks_for_nothing(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text) == WebConfig()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tls: {}", "tls: unknown key"),
        ("tls_server_config: {cert_path: a}", "tls_server_config.cert_path: unknown key"),
        ("http_server_config: {http3: true}", "http_server_config.http3: unknown key"),
        ("http_server_config: {http2: 1}", "http_server_config.http2: expected `bool`, got `int`"),
        ("rate_limit: {burst: 1, interval: 1d}", "rate_limit.interval: a duration is written"),
        ("rate_limit: {interval: 1s}", "rate_limit: interval and burst are positive"),
        ("basic_auth_users: [a]", "basic_auth_users: expected `object`, got `array`"),
        ("tls_server_config: {min_version: TLS13}", "tls_server_config: one of cert and cert_file"),
        (
            f"tls_server_config:\n  {PAIR}  key: x\n",
            "tls_server_config: key and key_file exclude each other",
        ),
        (
            f"tls_server_config:\n  {PAIR}  client_auth_type: Always\n",
            "tls_server_config.client_auth_type: invalid enum value 'Always'",
        ),
        (
            f"tls_server_config:\n  {PAIR}  client_auth_type: RequireAndVerifyClientCert\n",
            "tls_server_config.client_ca_file: is missing",
        ),
        (
            f"tls_server_config:\n  {PAIR}  client_ca_file: ca\n",
            "tls_server_config.client_auth_type: is missing",
        ),
        (
            f"tls_server_config:\n  {PAIR}  client_auth_type: VerifyClientCertIfGiven\n{SANS}",
            "tls_server_config.client_allowed_sans: needs a client_auth_type",
        ),
        (
            f"tls_server_config:\n  {PAIR}  min_version: TLS13\n  max_version: TLS12\n",
            "tls_server_config.min_version: is above max_version",
        ),
        (
            f"tls_server_config:\n  {PAIR}  max_version: TLS11\n",
            "tls_server_config.max_version: nothing older than TLS12",
        ),
        (
            f"tls_server_config:\n  {PAIR}  cipher_suites: [TLS_RSA_WITH_RC4_128_SHA]\n",
            "tls_server_config.cipher_suites: 'TLS_RSA_WITH_RC4_128_SHA' is none",
        ),
        (
            f"tls_server_config:\n  {PAIR}  max_version: TLS12\n{CIPHER}",
            "tls_server_config.cipher_suites: holds none for TLS 1.2",
        ),
        (
            f"tls_server_config:\n  {PAIR}  curve_preferences: [P256]\n",
            "tls_server_config.curve_preferences: 'P256' is none of",
        ),
        ("http_server_config: {headers: {Server: a}}", "http_server_config.headers: 'Server'"),
        (
            "http_server_config: {headers: {X-Frame-Options: no}}",
            "http_server_config.headers[...]: expected `str`, got `bool`",
        ),
        (
            "http_server_config: {headers: {X-Frame-Options: allow}}",
            "http_server_config.headers.X-Frame-Options: is one of deny, sameorigin",
        ),
        (
            'http_server_config: {headers: {X-XSS-Protection: "a\\r\\nSet-Cookie: b"}}',
            "http_server_config.headers.X-XSS-Protection: holds what no header can",
        ),
        (f"basic_auth_users: {{'a:b': {HASH}}}", "basic_auth_users: a user's name cannot hold"),
        (
            "basic_auth_users: {a: $2y$31$" + HASH[7:] + "}",
            "basic_auth_users: password 1: its cost",
        ),
    ],
)
def test_what_cannot_be_used_is_named_with_its_path(tmp_path: Path, text: str, said: str) -> None:
    assert problem(tmp_path, text).startswith(said)


@pytest.mark.parametrize(
    "text",
    [
        "basic_auth_users: {alice: hunter2}",
        "basic_auth_users: {alice: $2y$10$hunter2}",
        "basic_auth_users: {alice: [hunter2]}",
        "basic_auth_users: {alice: 'hunter2}",
        "tls_server_config: {key: [hunter2]}",
        "basic_auth_users: {alice: hunter2, alice: hunter2}",
        "basic_auth_users: {alice: &hunter2 a, bob: *hunter3}",
        "basic_auth_users:\n\talice: hunter2",
    ],
)
def test_no_secret_is_in_what_is_said_of_it(tmp_path: Path, text: str) -> None:
    assert "hunter2" not in problem(tmp_path, text)


def test_a_configuration_that_is_printed_tells_no_secret(tmp_path: Path) -> None:
    text = f"tls_server_config: {{cert: c, key: hunter2}}\nbasic_auth_users: {{alice: {HASH}}}"

    shown = repr(read(tmp_path, text))

    assert "hunter2" not in shown and HASH not in shown and shown.count("<secret>") == 2


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(WebConfigError, match=r"nowhere\.yml: cannot be read: No such file"):
        read_web_config(tmp_path / "nowhere.yml")


@pytest.mark.parametrize(
    ("written", "seconds"), [("250ms", 0.25), ("1h1m1s", 3661), ("0", 0), (1_000_000_000, 1)]
)
def test_durations_are_written_as_go_writes_them(
    tmp_path: Path, written: object, seconds: float
) -> None:
    text = yaml.safe_dump({"rate_limit": {"interval": written, "burst": 1}})

    assert read(tmp_path, text).rate_limit.interval == pytest.approx(seconds)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just(HASH),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "tls_server_config",
                    "basic_auth_users",
                    "headers",
                    "cert",
                    "key",
                    "rate_limit",
                    "burst",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@given(VALUES)
def test_any_document_is_taken_or_refused_in_one_line(
    tmp_path_factory: pytest.TempPathFactory, document: object
) -> None:
    file = tmp_path_factory.mktemp("any") / "web.yml"
    file.write_text(yaml.safe_dump(document))
    said = ""
    try:
        read_web_config(file)
    except WebConfigError as error:
        said = str(error)

    assert not said or said.startswith(f"{file}: ")
    assert "\n" not in said


def test_a_secret_is_the_text_that_it_is() -> None:
    assert Secret("a") == "a" and repr([Secret("a")]) == "[<secret>]"
