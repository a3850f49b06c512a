from exporter.discovery.provider import Cluster
from exporter.kubernetes.credentials import UserCredentials
from exporter.kubernetes.server import Server, Tls
from exporter.kubernetes.stored_credential import StoredCredential


def cluster(digest: str = "1") -> Cluster:
    server = Server("https://eu-1", Tls(), UserCredentials(StoredCredential("Bearer hunter2")))
    return Cluster("eu-1", "kubeconfig", "a file", server, digest)


def test_clusters_are_compared_by_their_digest() -> None:
    assert cluster() == cluster()
    assert cluster("2") != cluster()


def test_a_cluster_can_be_shown_without_its_secrets() -> None:
    assert "hunter2" not in repr(cluster())
