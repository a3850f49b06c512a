"""Namespaces: what they ask for, their quotas, what restarts in them, and who disturbs others."""

from dashboards.source import limits
from dashboards.source.words.dashboard import Dashboard, Row
from dashboards.source.words.panel import Graph, Query, Stat
from dashboards.source.words.table import Column, Table
from dashboards.source.words.threshold import PLAIN
from dashboards.source.words.unit import Unit
from dashboards.source.words.variable import CLUSTER, NAMESPACE

CHOSEN = 'cluster=~"$cluster", namespace=~"$namespace"'

RESTARTS = f"""
max by (cluster, namespace, pod, container) (
  increase(kube_pod_container_status_restarts_total{{{CHOSEN}}}[$__range])
)
"""

QUOTA_USED = f"""
max by (cluster, namespace, resourcequota, resource) (kube_resourcequota{{{CHOSEN}, type="used"}})
/ on (cluster, namespace, resourcequota, resource)
(
  max by (cluster, namespace, resourcequota, resource) (
    kube_resourcequota{{{CHOSEN}, type="hard"}}
  ) > 0
)
"""


def requests(resource: str) -> str:
    """What the pods of each namespace have requested."""
    return (
        "sum by (cluster, namespace) "
        "(cluster_namespace_resource:kube_pod_container_resource_requests:sum"
        f'{{{CHOSEN}, resource="{resource}"}})'
    )


def share(resource: str) -> str:
    """What they have requested, as a share of their cluster."""
    return f"""
        {requests(resource)}
        / on (cluster) group_left ()
        sum by (cluster) (
          cluster_resource:kube_node_status_allocatable:sum{{
            cluster=~"$cluster", resource="{resource}"
          }}
        )
    """


LARGEST = f"topk(50, {share('cpu')})"


def beside_largest(expression: str) -> str:
    """Only for the namespaces of the first column."""
    return f"{expression} and on (cluster, namespace) {LARGEST}"


namespaces = Stat(
    title="Namespaces",
    description="Namespaces of the chosen clusters; one of the same name in two clusters is two.",
    unit=Unit.NUMBER,
    expression=f"count(group by (cluster, namespace) (kube_namespace_status_phase{{{CHOSEN}}}))",
    threshold=PLAIN,
)

cpu = Stat(
    title="CPU requested",
    description="Cores that the pods of the chosen namespaces have requested.",
    unit=Unit.NUMBER,
    expression=f"sum({requests('cpu')})",
    threshold=PLAIN,
)

memory = Stat(
    title="Memory requested",
    description="Memory that the pods of the chosen namespaces have requested.",
    unit=Unit.BYTES,
    expression=f"sum({requests('memory')})",
    threshold=PLAIN,
)

restarts = Stat(
    title="Restarts",
    description="How often containers were started anew in the chosen range. The table below says "
    "which.",
    unit=Unit.NUMBER,
    expression=f"sum({RESTARTS}) or vector(0)",
    threshold=PLAIN,
)

full_quotas = Stat(
    title="Quotas used up",
    description="Quotas of which nothing is left: whatever needs more is refused, rollouts and "
    "jobs included.",
    unit=Unit.WHOLE,
    expression=f"count({QUOTA_USED} >= 1) or vector(0)",
    threshold=limits.QUOTAS_FULL,
)

unbound_claims = Stat(
    title="Claims without a volume",
    description="Claims that a pod waits for and that have no volume, and claims whose volume was "
    "lost. The pods that use them do not start.",
    unit=Unit.WHOLE,
    expression=f"""
        count(
            max by (cluster, namespace, persistentvolumeclaim) (
              kube_persistentvolumeclaim_status_phase{{{CHOSEN}, phase="Lost"}}
            ) == 1
          or on (cluster, namespace, persistentvolumeclaim)
            max by (cluster, namespace, persistentvolumeclaim) (
              kube_persistentvolumeclaim_status_phase{{{CHOSEN}, phase="Pending"}}
            ) == 1
          and on (cluster, namespace, persistentvolumeclaim)
            group by (cluster, namespace, persistentvolumeclaim) (
              kube_pod_spec_volumes_persistentvolumeclaims_info{{{CHOSEN}}}
            )
        )
        or vector(0)
    """,
    threshold=limits.CLAIMS_UNBOUND,
)

neighbours = Table(
    title="Who takes how much",
    description="The fifty namespaces that request the largest share of their cluster's CPU. Many "
    "restarts and warning events beside a large share are a noisy neighbour: talk to its owners, "
    "or give it a quota.",
    labels=("cluster", "namespace"),
    sort="CPU of cluster",
    columns=[
        Column(title="CPU of cluster", unit=Unit.SHARE, expression=LARGEST),
        Column(
            title="Memory of cluster",
            unit=Unit.SHARE,
            expression=beside_largest(share("memory")),
        ),
        Column(title="CPU", unit=Unit.NUMBER, expression=beside_largest(requests("cpu"))),
        Column(title="Memory", unit=Unit.BYTES, expression=beside_largest(requests("memory"))),
        Column(
            title="Pods",
            unit=Unit.NUMBER,
            expression=beside_largest(
                "count by (cluster, namespace) "
                f"(group by (cluster, namespace, pod) (kube_pod_info{{{CHOSEN}}}))"
            ),
        ),
        Column(
            title="Restarts",
            unit=Unit.NUMBER,
            expression=beside_largest(f"sum by (cluster, namespace) ({RESTARTS})"),
        ),
        Column(
            title="Warning events",
            unit=Unit.NUMBER,
            expression=beside_largest(
                f"""
                sum by (cluster, namespace) (
                  max by (cluster, namespace, kind, reason, reporting_component) (
                    increase(kube_fleet_events_total{{{CHOSEN}, type="Warning"}}[$__range])
                  )
                )
                """
            ),
        ),
    ],
    scenario="event-storm",
)


def over_time(resource: str, name: str, unit: Unit) -> Graph:
    """Requests of the largest namespaces."""
    return Graph(
        title=f"{name} requested by namespace",
        description=f"{name} that pods requested, in the ten namespaces with the most. A step "
        "is a rollout, an autoscaler, or a new workload.",
        unit=unit,
        series=[Query(f"topk(10, {requests(resource)})", "{{cluster}} {{namespace}}")],
    )


quotas = Table(
    title="Quotas",
    description="The fifty quotas of which the largest share is used. At 100 % what needs more is "
    "refused: raise it deliberately, or have its owners tidy up.",
    labels=("cluster", "namespace", "resourcequota", "resource"),
    sort="Used",
    columns=[
        Column(
            title="Used",
            unit=Unit.SHARE,
            expression=f"topk(50, {QUOTA_USED})",
            threshold=limits.QUOTA_USED,
        )
    ],
)

restarting = Table(
    title="Containers that restart",
    description="The fifty containers that were started anew most often in the chosen range. The "
    "log of their previous run says why: kubectl logs --previous.",
    labels=("cluster", "namespace", "pod", "container"),
    sort="Restarts",
    columns=[Column(title="Restarts", unit=Unit.NUMBER, expression=f"topk(50, {RESTARTS} > 0)")],
)

out_of_memory = Table(
    title="Containers that ran out of memory",
    description="Containers whose last run ended because it reached its memory limit, by "
    "namespace. Raise the limit, or find the leak.",
    labels=("cluster", "namespace"),
    sort="Containers",
    columns=[
        Column(
            title="Containers",
            unit=Unit.WHOLE,
            expression=f"""
                sum by (cluster, namespace) (
                  max by (cluster, namespace, pod, container) (
                    kube_pod_container_status_last_terminated_reason{{
                      {CHOSEN}, reason="OOMKilled"
                    }}
                  )
                )
            """,
        )
    ],
)

waiting = Table(
    title="Containers that wait",
    description="Containers that do not run, by the reason that the kubelet gives. "
    "CrashLoopBackOff: read the log. ImagePullBackOff: name, registry or credentials are wrong.",
    labels=("cluster", "namespace", "reason"),
    sort="Containers",
    columns=[
        Column(
            title="Containers",
            unit=Unit.WHOLE,
            expression=f"""
                sum by (cluster, namespace, reason) (
                  max by (cluster, namespace, pod, container, reason) (
                    kube_pod_container_status_waiting_reason{{{CHOSEN}}}
                  )
                )
            """,
        )
    ],
)

dashboard = Dashboard(
    name="namespaces",
    title="Namespaces",
    description="Namespaces of all clusters: what they ask for, their quotas, what restarts in "
    "them, and who disturbs others.",
    variables=(CLUSTER, NAMESPACE),
    rows=[
        Row(
            "Health",
            [[namespaces, cpu, memory, restarts, full_quotas, unbound_claims], [neighbours]],
        ),
        Row(
            "Requests and quotas",
            [
                [over_time("cpu", "CPU", Unit.NUMBER), over_time("memory", "Memory", Unit.BYTES)],
                [quotas],
            ],
        ),
        Row("Trouble", [[waiting, out_of_memory], [restarting]]),
    ],
)
