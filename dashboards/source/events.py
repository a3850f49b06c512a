"""Events of all clusters: how many, about what, and where they pile up."""

from dashboards.source.words.dashboard import Dashboard, Row
from dashboards.source.words.panel import Bars, Graph, Query, Stat
from dashboards.source.words.table import Column, Table
from dashboards.source.words.threshold import PLAIN
from dashboards.source.words.unit import Unit
from dashboards.source.words.variable import CLUSTER, Variable

NAMESPACE = Variable(
    name="namespace",
    label="Namespace",
    metric='kube_fleet_events_total{cluster=~"$cluster"}',
    all_value=".*",
)
"""Events about nodes may have none."""

CHOSEN = 'cluster=~"$cluster", namespace=~"$namespace"'
EVERY_LABEL = "cluster, namespace, kind, type, reason, reporting_component"


def rate(more: str = "") -> str:
    """Events each second, however often they were scraped."""
    counted = f"kube_fleet_events_total{{{CHOSEN}{more}}}"
    return f"max by ({EVERY_LABEL}) (rate({counted}[$__rate_interval]))"


def increase(more: str = "") -> str:
    """Events in the chosen range."""
    return f"max by ({EVERY_LABEL}) (increase(kube_fleet_events_total{{{CHOSEN}{more}}}[$__range]))"


WARNINGS = ', type="Warning"'


def in_range(type_: str, description: str) -> Stat:
    """How many events of a type there were."""
    of_type = f', type="{type_}"'
    return Stat(
        title=f"{type_} events",
        description=description,
        unit=Unit.NUMBER,
        expression=f"sum({increase(of_type)}) or vector(0)",
        threshold=PLAIN,
        scenario="event-storm",
    )


warnings = in_range(
    "Warning",
    "Events of type Warning in the chosen range. Kubernetes repeats them while a trouble lasts, so "
    "a loop makes many.",
)

normal = in_range("Normal", "Events of type Normal in the chosen range: what Kubernetes did.")

now = Stat(
    title="Warnings each second",
    description="Of all chosen clusters together, over the last five minutes.",
    unit=Unit.PER_SECOND,
    expression='sum(cluster_type:kube_fleet_events:rate5m{cluster=~"$cluster", type="Warning"})',
    threshold=PLAIN,
    scenario="event-storm",
)

sorts = Stat(
    title="Sorts of warnings",
    description="How many different reasons there were in the chosen range.",
    unit=Unit.WHOLE,
    expression=f"count(sum by (reason) ({increase(WARNINGS)}) > 0) or vector(0)",
    threshold=PLAIN,
    scenario="event-storm",
)

by_type = Graph(
    title="Events by type",
    description="Events each second of all chosen clusters together.",
    unit=Unit.PER_SECOND,
    series=[Query(f"sum by (type) ({rate()})", "{{type}}")],
    stacked=True,
    scenario="event-storm",
)

by_cluster = Graph(
    title="Warnings by cluster",
    description="In the ten clusters with the most of them. A step up that stays is a loop.",
    unit=Unit.PER_SECOND,
    series=[Query(f"topk(10, sum by (cluster) ({rate(WARNINGS)}))", "{{cluster}}")],
    scenario="event-storm",
)

by_reason = Graph(
    title="Warnings by reason",
    description="The ten most frequent reasons. FailedScheduling: no node has room. BackOff: "
    "containers crash, or images do not come. Unhealthy: probes fail.",
    unit=Unit.PER_SECOND,
    series=[Query(f"topk(10, sum by (reason) ({rate(WARNINGS)}))", "{{reason}}")],
    scenario="event-storm",
)

unusual = Bars(
    title="Against what is usual",
    description="Warnings over the last five minutes, divided by the average of the chosen range: "
    "1 is usual, 5 is a storm.",
    unit=Unit.NUMBER,
    series=[
        Query(
            """
            topk(
              10,
                sum by (cluster) (
                  cluster_type:kube_fleet_events:rate5m{cluster=~"$cluster", type="Warning"}
                )
              / on (cluster)
                sum by (cluster) (
                  avg_over_time(
                    cluster_type:kube_fleet_events:rate5m{
                      cluster=~"$cluster", type="Warning"
                    }[$__range]
                  )
                )
            )
            """,
            "{{cluster}}",
        )
    ],
    threshold=PLAIN,
    scenario="event-storm",
)

reasons = Table(
    title="Warnings by reason and reporter",
    description="The fifty sorts of which there were most in the chosen range: about which kind of "
    "object, why, and who says so.",
    labels=("cluster", "reason", "kind", "reporting_component"),
    sort="Events",
    columns=[
        Column(
            title="Events",
            unit=Unit.NUMBER,
            expression=f"""
                topk(
                  50,
                  sum by (cluster, reason, kind, reporting_component) ({increase(WARNINGS)}) > 0
                )
            """,
        )
    ],
    scenario="event-storm",
)

namespaces = Table(
    title="Warnings by namespace",
    description="The fifty namespaces with the most of them in the chosen range. The name leads to "
    "what is in it.",
    labels=("cluster", "namespace"),
    sort="Events",
    columns=[
        Column(
            title="Events",
            unit=Unit.NUMBER,
            expression=f"""
                topk(50, sum by (cluster, namespace) ({increase(WARNINGS)}) > 0)
            """,
        )
    ],
    scenario="event-storm",
)

dashboard = Dashboard(
    name="events",
    title="Events",
    description="Events of all clusters: how many, about what, and where they pile up. Counted "
    "from the moment the exporter began to watch.",
    variables=(CLUSTER, NAMESPACE),
    rows=[
        Row("Now", [[warnings, normal, now, sorts], [by_type, by_cluster]]),
        Row("What about", [[by_reason, unusual], [reasons, namespaces]]),
    ],
)
