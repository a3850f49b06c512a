"""What a dry run found, as people and programs read it."""

from __future__ import annotations

import json
import time
from dataclasses import replace

from exporter.check.report import ClusterReport, KindReport, listing, table
from exporter.discovery.provider import Cluster, Refusal
from exporter.kubernetes.credentials import UserCredentials
from exporter.kubernetes.expiry import Expiry
from exporter.kubernetes.server import Server, Tls
from exporter.kubernetes.stored_credential import StoredCredential

FOUND = Cluster(
    "eu-1",
    "static",
    "a file",
    Server("https://eu-1:6443", Tls(), UserCredentials(StoredCredential())),
    "",
)
REFUSED = replace(
    FOUND, name="b", server=None, refusal=Refusal("refused-by-policy", "", "exec is refused")
)


def good() -> ClusterReport:
    kinds = [KindReport("pods", objects=2000, series=90_000, size=3 * 2**20), KindReport("jobs")]
    return ClusterReport(FOUND, uid="u-1", version="v1.36.3", kinds=kinds)


def test_a_cluster_that_is_well_takes_one_line() -> None:
    first, total = table([good()]).splitlines()

    assert first == "ok  eu-1  v1.36.3  u-1  2,000 objects  about 90,000 series  3.0 MiB  a file"
    assert total == (
        "1 cluster, none with problems; to be read: 2,000 objects, about 90,000 series, 3.0 MiB"
    )


def test_problems_stand_below_their_cluster_and_do_not_count_as_read() -> None:
    bad = good()
    bad.kinds.append(KindReport("nodes", problem="may not list"))
    dead = ClusterReport(replace(FOUND, name="eu-22"), problem="DNS: cannot resolve eu-22")

    lines = table([good(), bad, dead]).splitlines()

    assert lines[1].startswith("FAIL  eu-1 ")
    assert lines[2] == "      nodes: may not list"
    assert lines[4] == "      DNS: cannot resolve eu-22"
    assert lines[5].startswith("3 clusters, 2 with problems; to be read: 2,000 objects")


def test_a_kind_that_is_not_served_is_worth_a_line_and_no_failure() -> None:
    report = good()
    report.kinds.append(KindReport("nodes", served=False))

    assert report.well
    assert "      not served by this version of Kubernetes: nodes\n" in table([report])


def test_what_people_have_to_renew_soon_is_told() -> None:
    report = good()
    soon, late = int(time.time()) + 86_400, 4_102_444_800
    report.expiries = [
        Expiry("client-certificate", "manual", soon),
        Expiry("token", "exec", soon),
        Expiry("ca", "manual", late),
        Expiry("serving-certificate", "manual", late),
    ]

    lines = table([report]).splitlines()

    assert "certificate until 2100-01-01" in lines[0]
    assert lines[1].startswith("      the client-certificate ends on ")
    assert len(lines) == 3
    assert report.well


def test_nothing_is_said_to_be_nothing() -> None:
    assert table([]) == "no clusters were found\n"
    assert listing([], "table") == ""


def test_clusters_are_listed_with_where_they_came_from_and_why_they_are_refused() -> None:
    first, second = json.loads(listing([FOUND, REFUSED], "json"))["clusters"]

    assert first == {
        "name": "eu-1",
        "provider": "static",
        "source": "a file",
        "url": "https://eu-1:6443",
        "refusal": "",
    }
    assert (second["url"], second["refusal"]) == ("", "refused-by-policy: exec is refused")
    assert listing([FOUND, REFUSED], "table").splitlines() == [
        "eu-1  static  https://eu-1:6443                   a file",
        "b     static  refused-by-policy: exec is refused  a file",
    ]
