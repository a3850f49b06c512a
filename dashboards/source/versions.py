"""Versions of clusters and their nodes, and credentials that come to an end."""

from dashboards.source import limits
from dashboards.source.words.dashboard import Dashboard, Row
from dashboards.source.words.panel import Bars, Query, Stat
from dashboards.source.words.table import Column, Table
from dashboards.source.words.threshold import PLAIN
from dashboards.source.words.unit import Unit

MINOR = 'max by (cluster) (kube_fleet_cluster_version_minor{cluster=~"$cluster"})'
OLDEST_KUBELET = 'min by (cluster) (kube_fleet_cluster_kubelet_minor_min{cluster=~"$cluster"})'
NEWEST_KUBELET = 'max by (cluster) (kube_fleet_cluster_kubelet_minor_max{cluster=~"$cluster"})'

PATCH = r"""
max by (cluster, release) (
  label_replace(
    kube_fleet_cluster_version_info{cluster=~"$cluster"},
    "release", "$1", "git_version", "v(\\d+\\.\\d+).*"
  )
)
* on (cluster) group_left ()
max by (cluster) (kube_fleet_cluster_version_patch{cluster=~"$cluster"})
"""
"""Patch version of each cluster, by its minor release: numbers alone can be compared."""

newest = Stat(
    title="Newest minor version",
    description="Of Kubernetes 1: 36 is v1.36.",
    unit=Unit.WHOLE,
    expression=f"max({MINOR})",
    threshold=PLAIN,
)

oldest = Stat(
    title="Oldest minor version",
    description="Of Kubernetes 1. The project supports the newest three or four; managed offers "
    "have dates of their own.",
    unit=Unit.WHOLE,
    expression=f"min({MINOR})",
    threshold=PLAIN,
)

apart = Stat(
    title="Minor versions apart",
    description="Between the newest and the oldest chosen cluster. Manifests have to suit both.",
    unit=Unit.WHOLE,
    expression=f"max({MINOR}) - min({MINOR})",
    threshold=limits.MINORS_BEHIND,
)

unsupported_kubelets = Stat(
    title="Clusters with unfit kubelets",
    description="Clusters with a kubelet that is newer than the API server, or more than three "
    "minor versions older. Kubernetes supports neither. The table below tells which it is.",
    unit=Unit.WHOLE,
    expression=f"""
        count(
            {MINOR} - on (cluster) {OLDEST_KUBELET} > 3
          or on (cluster)
            {MINOR} - on (cluster) {NEWEST_KUBELET} < 0
        )
        or vector(0)
    """,
    threshold=limits.KUBELETS_UNSUPPORTED,
)

ending_credentials = Stat(
    title="Credentials that end soon",
    description="Credentials that somebody has to renew by hand within two weeks. When one ends, "
    "its cluster is no longer observed.",
    unit=Unit.WHOLE,
    expression="""
        count(
          min by (cluster, kind) (
            kube_fleet_credential_expiry_timestamp_seconds{cluster=~"$cluster", rotation="manual"}
          )
          - time() < 14 * 86400
        )
        or vector(0)
    """,
    threshold=limits.CREDENTIALS_EXPIRING,
)

unknown = Stat(
    title="Version not known",
    description="Clusters that have not told their version since the exporter was started: they "
    "have not answered yet.",
    unit=Unit.WHOLE,
    expression=f"""
        count(
          group by (cluster) (kube_fleet_cluster_info{{cluster=~"$cluster"}})
          unless on (cluster) {MINOR}
        )
        or vector(0)
    """,
    threshold=PLAIN,
)

by_minor = Bars(
    title="Clusters by minor version",
    description="How many clusters run each minor version of Kubernetes 1.",
    unit=Unit.WHOLE,
    series=[Query(f'topk(20, count_values("minor", {MINOR}))', "v1.{{minor}}")],
    threshold=PLAIN,
)

by_version = Bars(
    title="Clusters by version",
    description="The twenty exact versions that most clusters run, as the API servers tell them.",
    unit=Unit.WHOLE,
    series=[
        Query(
            """
            topk(
              20,
              count by (git_version) (
                group by (cluster, git_version) (
                  kube_fleet_cluster_version_info{cluster=~"$cluster"}
                )
              )
            )
            """,
            "{{git_version}}",
        )
    ],
    threshold=PLAIN,
)

clusters = Table(
    title="Versions by cluster",
    description="Behind newest: minor versions behind the newest chosen cluster. Patches behind: "
    "behind the newest patch of the same minor version in the fleet. Kubelet behind: minor "
    "versions of the oldest kubelet behind its API server, three at most are supported.",
    labels=("cluster", "git_version"),
    sort="Minor",
    descending=False,
    columns=[
        Column(title="Minor", unit=Unit.WHOLE, expression=MINOR),
        Column(
            title="",
            unit=Unit.WHOLE,
            expression="""
                group by (cluster, git_version) (
                  kube_fleet_cluster_version_info{cluster=~"$cluster"}
                )
            """,
        ),
        Column(
            title="Behind newest",
            unit=Unit.WHOLE,
            expression=f"scalar(max({MINOR})) - {MINOR}",
            threshold=limits.MINORS_BEHIND,
        ),
        Column(
            title="Patches behind",
            unit=Unit.WHOLE,
            expression=f"""
                max by (cluster) (
                  max by (release) ({PATCH}) - on (release) group_right () ({PATCH})
                )
            """,
        ),
        Column(title="Oldest kubelet", unit=Unit.WHOLE, expression=OLDEST_KUBELET),
        Column(title="Newest kubelet", unit=Unit.WHOLE, expression=NEWEST_KUBELET),
        Column(
            title="Kubelet behind",
            unit=Unit.WHOLE,
            expression=f"{MINOR} - on (cluster) {OLDEST_KUBELET}",
            threshold=limits.KUBELETS_BEHIND,
        ),
    ],
)


def time_left(rotation: str) -> str:
    """Seconds until the credentials of a sort end, the fifty that end first."""
    return f"""
        bottomk(
          50,
          min by (cluster, kind) (
            kube_fleet_credential_expiry_timestamp_seconds{{
              cluster=~"$cluster", rotation{rotation}"manual"
            }}
          )
          - time()
        )
    """


by_hand = Table(
    title="Credentials renewed by hand",
    description="The fifty that end first: certificates, tokens and authorities that nothing "
    "renews by itself. Renew them where the kubeconfig comes from; it is read again by itself.",
    labels=("cluster", "kind"),
    sort="Left",
    descending=False,
    columns=[
        Column(
            title="Left",
            unit=Unit.SECONDS,
            expression=time_left("="),
            threshold=limits.CREDENTIAL_LEFT,
        )
    ],
)

by_themselves = Table(
    title="Credentials renewed by themselves",
    description="The fifty that end first. Minutes are usual here; below zero the renewal does not "
    "work.",
    labels=("cluster", "kind"),
    sort="Left",
    descending=False,
    columns=[Column(title="Left", unit=Unit.SECONDS, expression=time_left("!="))],
)

dashboard = Dashboard(
    name="versions",
    title="Versions and credentials",
    description="Which cluster has to be upgraded next, and which credential has to be renewed.",
    since="now-24h",
    refresh="5m",
    rows=[
        Row(
            "Health",
            [[newest, oldest, apart, unsupported_kubelets, ending_credentials, unknown]],
        ),
        Row("Versions", [[clusters], [by_minor, by_version]]),
        Row("Credentials", [[by_hand, by_themselves]]),
    ],
)
