from __future__ import annotations

from dataclasses import replace

import pytest
import yaml
from structlog.testing import capture_logs

from exporter.discovery.found import Clusters, Finding, usable_name, way_of
from exporter.discovery.provider import Way
from exporter.kubernetes.credentials import UserCredentials
from exporter.kubernetes.errors import CredentialsError, KubeconfigError, RefusedByPolicy
from exporter.kubernetes.kubeconfig import Kubeconfig, parse
from exporter.kubernetes.server import Server, Tls
from exporter.kubernetes.stored_credential import StoredCredential
from exporter.kubernetes.trust import Allow
from tests.discovery.simulated_hub import kubeconfig

SERVER = Server("https://eu-1", Tls(), UserCredentials(StoredCredential("Bearer hunter2")))
WAY = Way(SERVER, "digest")


def finding(name: str = "eu-1", of: object = 1) -> Finding:
    return Finding(name, "secret fleet/eu-1", (of,), lambda: WAY)


def test_what_can_be_reached_is_a_cluster() -> None:
    found = replace(finding(), labels={"region": "eu"}, uid="123", maintenance=True, virtual=True)
    cluster = found.cluster("secrets")

    assert (cluster.name, cluster.provider) == ("eu-1", "secrets")
    assert cluster.source == "secrets secret fleet/eu-1"
    assert (cluster.server, cluster.digest, cluster.refusal) == (SERVER, "digest", None)
    assert (cluster.labels, cluster.uid) == ({"region": "eu"}, "123")
    assert (cluster.maintenance, cluster.virtual, cluster.hibernated) == (True, True, False)


def test_nothing_is_marked_unless_it_is_said() -> None:
    cluster = finding().cluster("secrets")

    assert (cluster.maintenance, cluster.virtual, cluster.hibernated) == (False, False, False)


@pytest.mark.parametrize(
    ("error", "condition", "reason"),
    [
        (RefusedByPolicy("no"), "refused-by-policy", ""),
        (KubeconfigError("no"), "unauthorized", "credentials"),
        (CredentialsError("no"), "unauthorized", "credentials"),
    ],
)
def test_what_cannot_be_reached_is_listed_with_the_reason(
    error: Exception, condition: str, reason: str
) -> None:
    def way() -> Way:
        raise error

    cluster = replace(finding(), way=way).cluster("secrets")

    assert cluster.refusal is not None
    assert (cluster.refusal.condition, cluster.refusal.reason) == (condition, reason)
    assert (cluster.refusal.message, cluster.server, cluster.digest) == ("no", None, "")


def test_a_fault_of_ours_takes_one_cluster_away_and_quotes_nothing() -> None:
    def way() -> Way:
        raise TypeError("hunter2 is no str")

    with capture_logs() as logs:
        cluster = replace(finding(), way=way).cluster("secrets")

    assert cluster.refusal is not None
    assert cluster.refusal.message == (
        "secret fleet/eu-1: cannot be read, by a fault of this exporter; see its log"
    )
    (said,) = logs
    assert (said["log_level"], said["found"]) == ("error", "secret fleet/eu-1")
    assert said["fault"].startswith("TypeError at ") and "test_found.py:" in said["fault"]
    assert "hunter2" not in str(logs)


def test_a_finding_is_shown_without_what_it_was_made_of() -> None:
    assert "hunter2" not in repr(finding(of="hunter2"))


def test_the_same_things_are_not_made_into_a_cluster_again() -> None:
    made = []

    def counted(of: object) -> Finding:
        def way() -> Way:
            made.append(of)
            return WAY

        return replace(finding(of=of), way=way)

    clusters = Clusters("secrets")
    for of in (1, 1, 2, 2):
        clusters.snapshot([counted(of)])

    assert made == [1, 2]


def test_a_finding_that_went_and_comes_again_is_new() -> None:
    clusters = Clusters("secrets")
    first = clusters.snapshot([finding()])
    clusters.snapshot([])
    again = clusters.snapshot([finding()])

    assert first == again
    assert first[0] is not again[0]


def test_findings_of_one_origin_and_name_are_all_told() -> None:
    clusters = Clusters("http")
    for _ in range(2):
        snapshot = clusters.snapshot([finding(of=1), finding(of=2), finding("us-1")])
        assert [cluster.name for cluster in snapshot] == ["eu-1", "eu-1", "us-1"]


def parsed(**changes: object) -> Kubeconfig:
    document = {**kubeconfig("https://eu-1"), **changes}
    return parse(yaml.safe_dump(document).encode(), "secret a/b", Allow())


def test_the_way_is_the_current_context_s_or_the_only_one_s() -> None:
    one = kubeconfig("https://eu-1")["contexts"][0]

    assert way_of(parsed(), "secret a/b").server.url == "https://eu-1"
    assert way_of(parsed(**{"current-context": None}), "secret a/b").server.url == "https://eu-1"
    with pytest.raises(KubeconfigError, match="secret a/b: current-context: is missing"):
        way_of(
            parsed(**{"current-context": None, "contexts": [one, {**one, "name": "y"}]}),
            "secret a/b",
        )

    with pytest.raises(KubeconfigError, match="contexts are 0"):
        way_of(parsed(**{"current-context": None, "contexts": []}), "secret a/b")


@pytest.mark.parametrize("name", ["eu-1", "arn:aws:eks:eu-1:1:cluster/a", "größe", "a b"])
def test_names_that_people_can_read_are_usable(name: str) -> None:
    assert usable_name(name)


@pytest.mark.parametrize("name", ["", " ", " eu", "eu\n", "a\x00b", "a\u202eb", "x" * 254])
def test_other_names_are_not(name: str) -> None:
    assert not usable_name(name)
