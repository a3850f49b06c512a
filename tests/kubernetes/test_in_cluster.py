from pathlib import Path

import pytest
import trustme

from exporter.kubernetes import in_cluster
from exporter.kubernetes.errors import CredentialsError
from exporter.kubernetes.in_cluster import in_cluster_server, is_in_cluster


@pytest.fixture
def pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of a pod's service account, as if we ran in that pod."""
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    monkeypatch.setattr(in_cluster, "TOKEN_FILE", tmp_path / "token")
    monkeypatch.setattr(in_cluster, "CA_FILE", tmp_path / "ca.crt")
    (tmp_path / "token").write_text("abc\n")
    trustme.CA().cert_pem.write_to_path(tmp_path / "ca.crt")
    return tmp_path


async def test_the_service_account_is_used(pod: Path) -> None:
    server = in_cluster_server()

    assert is_in_cluster()
    assert server.url == "https://10.0.0.1:443"
    assert server.tls.ca_file == pod / "ca.crt"
    assert (await server.credentials.current()).authorization == "Bearer abc"


async def test_a_rotated_token_is_noticed_when_the_old_one_is_rejected(pod: Path) -> None:
    credentials = in_cluster_server().credentials
    old = await credentials.current()
    (pod / "token").write_text("def\n")

    credentials.rejected(old)

    assert (await credentials.current()).authorization == "Bearer def"


def test_an_ipv6_address_stands_in_brackets(pod: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "fd00::1")

    assert in_cluster_server().url == "https://[fd00::1]:443"


@pytest.mark.parametrize("name", ["KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"])
def test_without_an_address_this_is_no_pod(
    pod: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.delenv(name)

    assert not is_in_cluster()
    with pytest.raises(CredentialsError, match="not in a pod: "):
        in_cluster_server()


def test_a_pod_without_a_token_is_not_taken_for_the_default(pod: Path) -> None:
    (pod / "token").unlink()

    assert not is_in_cluster()


@pytest.mark.parametrize(
    ("file", "content", "why"),
    [
        ("token", None, "tokenFile: FILE: No such file or directory"),
        ("token", "\n", "tokenFile: FILE: the token is empty"),
        ("ca.crt", None, "certificate-authority: FILE: No such file or directory"),
        ("ca.crt", "", "certificate-authority: FILE: holds no certificate in PEM form"),
    ],
)
def test_what_is_missing_is_named(pod: Path, file: str, content: str | None, why: str) -> None:
    if content is None:
        (pod / file).unlink()
    else:
        (pod / file).write_text(content)

    with pytest.raises(CredentialsError) as caught:
        in_cluster_server()

    expected = why.replace("FILE", str(pod / file))
    assert str(caught.value) == f"the pod's service account: {expected}"
