from pathlib import Path

import pytest
import trustme

from exporter.discovery.in_cluster import InCluster
from exporter.kubernetes.errors import CredentialsError
from exporter.sources import unheard


@pytest.fixture
def pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if we ran in a pod with a service account."""
    (tmp_path / "token").write_text("hunter2\n")
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "ca.crt"))
    monkeypatch.setattr("exporter.kubernetes.in_cluster.TOKEN_FILE", tmp_path / "token")
    monkeypatch.setattr("exporter.kubernetes.in_cluster.CA_FILE", tmp_path / "ca.crt")
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")


@pytest.mark.usefixtures("pod")
async def test_there_is_one_cluster_and_it_has_the_configured_name() -> None:
    snapshots = [snapshot async for snapshot in unheard(InCluster("hub")).snapshots()]

    ((cluster,),) = snapshots
    assert (cluster.name, cluster.provider, cluster.source) == ("hub", "in-cluster", "in-cluster")
    assert cluster.server is not None and cluster.server.url == "https://10.96.0.1:443"


async def test_outside_of_a_pod_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)

    with pytest.raises(CredentialsError, match="not in a pod: KUBERNETES_SERVICE_HOST"):
        unheard(InCluster("hub")).check()


@pytest.mark.usefixtures("pod")
def test_a_pod_without_a_token_is_told_which_file_is_missing(tmp_path: Path) -> None:
    (tmp_path / "token").unlink()

    with pytest.raises(CredentialsError, match=r"the pod's service account: .*/token"):
        unheard(InCluster("hub")).check()
