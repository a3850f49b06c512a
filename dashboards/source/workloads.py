"""Workloads across clusters: what is short of replicas, what is stuck, what differs."""

from dashboards.source import limits
from dashboards.source.words.dashboard import Dashboard, Row
from dashboards.source.words.panel import Graph, Query, Stat
from dashboards.source.words.table import Column, Table
from dashboards.source.words.threshold import PLAIN
from dashboards.source.words.unit import Unit
from dashboards.source.words.variable import CLUSTER, DEPLOYMENT, NAMESPACE

CHOSEN = 'cluster=~"$cluster", namespace=~"$namespace"'
CHOSEN_DEPLOYMENT = f'{CHOSEN}, deployment=~"$deployment"'
DEPLOYMENT_LABELS = ("cluster", "namespace", "deployment")


def of(metric: str, object_label: str, more: str = "") -> str:
    """A number of each object, however often it was scraped."""
    labels = f"cluster, namespace, {object_label}"
    return f"max by ({labels}) ({metric}{{{CHOSEN}{more}}})"


def of_deployment(metric: str) -> str:
    """A number of each chosen Deployment."""
    return of(metric, "deployment", ', deployment=~"$deployment"')


WANTED = of_deployment("kube_deployment_spec_replicas")
AVAILABLE = of_deployment("kube_deployment_status_replicas_available")
UPDATED = of_deployment("kube_deployment_status_replicas_updated")

MISSING = f"{WANTED} - on (cluster, namespace, deployment) {AVAILABLE}"
MOST_MISSING = f"topk(100, {MISSING})"

SPREAD = f"count by (namespace, deployment) ({WANTED})"
WIDEST_SPREAD = f"topk(100, {SPREAD})"

SCALED_TO = of("kube_horizontalpodautoscaler_status_current_replicas", "horizontalpodautoscaler")
SCALED_AT_LEAST_TO = of("kube_horizontalpodautoscaler_spec_min_replicas", "horizontalpodautoscaler")
SCALED_AT_MOST_TO = of("kube_horizontalpodautoscaler_spec_max_replicas", "horizontalpodautoscaler")

DISRUPTIONS_ALLOWED = of(
    "kube_poddisruptionbudget_status_pod_disruptions_allowed", "poddisruptionbudget"
)


def beside(labels: str, largest: str, expression: str) -> str:
    """Only where the first column of a table has a row, so that all columns have the same rows."""
    return f"{expression} and on ({labels}) {largest}"


deployments_short = Stat(
    title="Deployments short",
    description="Deployments with fewer available replicas than they want. Some are, for a moment, "
    "during every rollout.",
    unit=Unit.WHOLE,
    expression=f"count({MISSING} > 0) or vector(0)",
    threshold=PLAIN,
)

stateful_sets_short = Stat(
    title="StatefulSets short",
    description="StatefulSets with fewer ready replicas than they want. They roll one pod at a "
    "time and stop at the first that does not become ready.",
    unit=Unit.WHOLE,
    expression=f"""
        count(
            {of("kube_statefulset_replicas", "statefulset")}
          - on (cluster, namespace, statefulset)
            {of("kube_statefulset_status_replicas_ready", "statefulset")}
          > 0
        )
        or vector(0)
    """,
    threshold=PLAIN,
)

daemon_sets_short = Stat(
    title="DaemonSets short",
    description="DaemonSets whose pod is not available on every node that should run it. Usually a "
    "node is the reason, not the DaemonSet: compare with the Nodes dashboard.",
    unit=Unit.WHOLE,
    expression=f"""
        count(
            {of("kube_daemonset_status_desired_number_scheduled", "daemonset")}
          - on (cluster, namespace, daemonset)
            {of("kube_daemonset_status_number_available", "daemonset")}
          > 0
        )
        or vector(0)
    """,
    threshold=PLAIN,
    scenario="node-failures",
)

stuck_rollouts = Stat(
    title="Rollouts that are stuck",
    description="Deployments that made no progress within their own progressDeadlineSeconds. They "
    "do not go back by themselves: mend the new version or roll back.",
    unit=Unit.WHOLE,
    expression=f"""
        count(
          max by (cluster, namespace, deployment) (
            kube_deployment_status_condition{{
              {CHOSEN_DEPLOYMENT}, condition="Progressing", status="false"
            }}
          ) == 1
        )
        or vector(0)
    """,
    threshold=limits.ROLLOUTS_STUCK,
)

failed_jobs = Stat(
    title="Failed jobs",
    description="Jobs that ended without success and are still there. A CronJob keeps as many of "
    "them as failedJobsHistoryLimit says.",
    unit=Unit.WHOLE,
    expression=f"""
        count(
          max by (cluster, namespace, job_name) (
            kube_job_failed{{{CHOSEN}, condition="true"}}
          ) == 1
        )
        or vector(0)
    """,
    threshold=PLAIN,
)

autoscalers_at_maximum = Stat(
    title="Autoscalers at their maximum",
    description="Autoscalers that already run as many replicas as they may: they cannot answer "
    "more load.",
    unit=Unit.WHOLE,
    expression=f"""
        count(
            {SCALED_TO} == on (cluster, namespace, horizontalpodautoscaler) {SCALED_AT_MOST_TO}
          and on (cluster, namespace, horizontalpodautoscaler)
            {SCALED_AT_MOST_TO} > {SCALED_AT_LEAST_TO}
        )
        or vector(0)
    """,
    threshold=limits.AUTOSCALERS_AT_MAXIMUM,
)

deployments = Table(
    title="Deployments by cluster",
    description="The hundred Deployments with the most replicas missing; choose a namespace and a "
    "Deployment above to compare it in all clusters. Updated below wanted: a rollout goes on, or "
    "is stuck.",
    labels=DEPLOYMENT_LABELS,
    sort="Missing",
    columns=[
        Column(title="Missing", unit=Unit.WHOLE, expression=MOST_MISSING),
        *(
            Column(
                title=title,
                unit=Unit.WHOLE,
                expression=beside(
                    "cluster, namespace, deployment", MOST_MISSING, of_deployment(metric)
                ),
            )
            for title, metric in (
                ("Wanted", "kube_deployment_spec_replicas"),
                ("Updated", "kube_deployment_status_replicas_updated"),
                ("Ready", "kube_deployment_status_replicas_ready"),
                ("Available", "kube_deployment_status_replicas_available"),
            )
        ),
    ],
)

spread = Table(
    title="Deployments across clusters",
    description="In how many of the chosen clusters a Deployment of this name is, and how many "
    "replicas it wants where it wants the fewest and the most. Missing in few: it was probably "
    "forgotten there.",
    labels=("namespace", "deployment"),
    sort="Missing in",
    columns=[
        Column(title="Clusters", unit=Unit.WHOLE, expression=WIDEST_SPREAD),
        Column(
            title="Missing in",
            unit=Unit.WHOLE,
            expression=beside(
                "namespace, deployment",
                WIDEST_SPREAD,
                'scalar(count(group by (cluster) (kube_fleet_cluster_info{cluster=~"$cluster"})))'
                f" - {SPREAD}",
            ),
        ),
        Column(
            title="Fewest replicas",
            unit=Unit.WHOLE,
            expression=beside(
                "namespace, deployment",
                WIDEST_SPREAD,
                "min by (namespace, deployment) "
                f"(kube_deployment_spec_replicas{{{CHOSEN_DEPLOYMENT}}})",
            ),
        ),
        Column(
            title="Most replicas",
            unit=Unit.WHOLE,
            expression=beside(
                "namespace, deployment",
                WIDEST_SPREAD,
                "max by (namespace, deployment) "
                f"(kube_deployment_spec_replicas{{{CHOSEN_DEPLOYMENT}}})",
            ),
        ),
    ],
)

unavailable = Graph(
    title="Unavailable replicas",
    description="Replicas that Deployments want and do not have, in the ten clusters with the most "
    "of them. Waves are rollouts; a step is an outage.",
    unit=Unit.WHOLE,
    series=[
        Query(
            f"""
            topk(
              10,
              sum by (cluster) (
                {of_deployment("kube_deployment_status_replicas_unavailable")}
              )
            )
            """,
            "{{cluster}}",
        )
    ],
    scenario="rollout",
)

rolling = Graph(
    title="Rollouts under way",
    description="The share of replicas that have the newest version, of Deployments where not all "
    "have. A line that stays level is stuck.",
    unit=Unit.SHARE,
    series=[
        Query(
            f"""
            bottomk(10, {UPDATED} / on (cluster, namespace, deployment) {WANTED} < 1)
            """,
            "{{cluster}} {{namespace}} {{deployment}}",
        )
    ],
    scenario="rollout",
)


def sets(kind: str, label: str, wanted: str, columns: dict[str, str]) -> Table:
    """A table of StatefulSets or DaemonSets; the first column is how many pods are wanted."""
    rows = f"topk(50, {of(wanted, label)})"
    return Table(
        title=kind,
        description=f"The fifty largest {kind} of the chosen namespaces. Fewer ready than wanted "
        "for long: look at the pods that are not.",
        labels=("cluster", "namespace", label),
        sort="Wanted",
        columns=[
            Column(title="Wanted", unit=Unit.WHOLE, expression=rows),
            *(
                Column(
                    title=title,
                    unit=Unit.WHOLE,
                    expression=beside(f"cluster, namespace, {label}", rows, of(metric, label)),
                )
                for title, metric in columns.items()
            ),
        ],
    )


stateful_sets = sets(
    "StatefulSets",
    "statefulset",
    "kube_statefulset_replicas",
    {
        "Ready": "kube_statefulset_status_replicas_ready",
        "Updated": "kube_statefulset_status_replicas_updated",
    },
)

daemon_sets = sets(
    "DaemonSets",
    "daemonset",
    "kube_daemonset_status_desired_number_scheduled",
    {
        "Ready": "kube_daemonset_status_number_ready",
        "Available": "kube_daemonset_status_number_available",
        "Where they should not be": "kube_daemonset_status_number_misscheduled",
    },
)

jobs = Table(
    title="Jobs that failed",
    description="The fifty that were started last. Read the log of their pod while it is there.",
    labels=("cluster", "namespace", "job_name"),
    sort="Started",
    columns=[
        Column(
            title="Started",
            unit=Unit.MOMENT,
            expression=f"""
                topk(
                  50,
                    {of("kube_job_status_start_time", "job_name")} * 1000
                  and on (cluster, namespace, job_name)
                    {of("kube_job_failed", "job_name", ', condition="true"')} == 1
                )
            """,
        )
    ],
)

cron_jobs = Table(
    title="CronJobs by last success",
    description="The fifty CronJobs that have not succeeded for the longest time. Compare with "
    "their schedule; suspended ones do not run at all.",
    labels=("cluster", "namespace", "cronjob"),
    sort="Last success before",
    columns=[
        Column(
            title="Last success before",
            unit=Unit.SECONDS,
            expression=f"""
                topk(50, time() - {of("kube_cronjob_status_last_successful_time", "cronjob")})
            """,
        ),
        Column(
            title="Suspended",
            unit=Unit.WHOLE,
            expression=of("kube_cronjob_spec_suspend", "cronjob"),
            words={0: ("no", "text"), 1: ("yes", "orange")},
        ),
    ],
)

autoscalers = Table(
    title="Autoscalers",
    description="The fifty that are nearest to their maximum. At 100 % they can do no more: raise "
    "the maximum, or find out why so much is needed.",
    labels=("cluster", "namespace", "horizontalpodautoscaler"),
    sort="Of maximum",
    columns=[
        Column(
            title="Of maximum",
            unit=Unit.SHARE,
            expression=f"""
                topk(
                  50,
                  {SCALED_TO} / on (cluster, namespace, horizontalpodautoscaler) {SCALED_AT_MOST_TO}
                )
            """,
        )
    ],
)

budgets = Table(
    title="Disruption budgets",
    description="The fifty that allow the fewest disruptions. At 0 no node that runs these pods "
    "can be drained: upgrades wait for them.",
    labels=("cluster", "namespace", "poddisruptionbudget"),
    sort="Allowed",
    descending=False,
    columns=[
        Column(title="Allowed", unit=Unit.WHOLE, expression=f"bottomk(50, {DISRUPTIONS_ALLOWED})")
    ],
)

dashboard = Dashboard(
    name="workloads",
    title="Workloads",
    description="Workloads of all clusters side by side: what is short of replicas, what is stuck, "
    "what is there and not here.",
    variables=(CLUSTER, NAMESPACE, DEPLOYMENT),
    rows=[
        Row(
            "Health",
            [
                [
                    deployments_short,
                    stateful_sets_short,
                    daemon_sets_short,
                    stuck_rollouts,
                    failed_jobs,
                    autoscalers_at_maximum,
                ],
                [deployments],
                [spread],
                [unavailable, rolling],
            ],
        ),
        Row("Sets", [[stateful_sets, daemon_sets]]),
        Row("Jobs", [[jobs, cron_jobs]]),
        Row("Room", [[autoscalers, budgets]]),
    ],
)
