"""What fires, for how long, and which clusters ask for most attention."""

from dashboards.source import limits
from dashboards.source.words.dashboard import Dashboard, Row
from dashboards.source.words.panel import Graph, Query, Stat
from dashboards.source.words.table import Column, Table
from dashboards.source.words.threshold import PLAIN, Threshold
from dashboards.source.words.unit import Unit


def alerts(state: str, more: str = "") -> str:
    """Alerts of the chosen clusters, and those of the fleet as a whole."""
    return (
        f'(ALERTS{{alertstate="{state}", cluster=~"$cluster"{more}}}'
        f' or ALERTS{{alertstate="{state}", scope="fleet"{more}}})'
    )


FIRING = alerts("firing")
FIRING_NOW = f"count by (alertname, severity, cluster) ({FIRING})"
BEGAN = (
    'min by (alertname, severity, cluster) (ALERTS_FOR_STATE{cluster=~"$cluster"}'
    ' or ALERTS_FOR_STATE{scope="fleet"})'
)


def seconds(expression: str) -> str:
    """For how long in the chosen range: looked at every so often, and each look counts so long."""
    return f"count_over_time({expression}[$__range:$__interval]) * $__interval_ms / 1000"


SECONDS_FIRING = seconds(FIRING)
SECONDS_FIRING_FOR_CLUSTERS = seconds('ALERTS{alertstate="firing", cluster=~"$cluster"}')


def number(severity: str, description: str, threshold: Threshold) -> Stat:
    """How many fire with a severity."""
    matcher = f', severity="{severity}"'
    return Stat(
        title=severity.capitalize(),
        description=description,
        unit=Unit.WHOLE,
        expression=f"count({alerts('firing', matcher)}) or vector(0)",
        threshold=threshold,
        scenario="cluster-outage",
    )


critical = number("critical", "Alerts that page somebody, firing now.", limits.CRITICAL_ALERTS)
warning = number("warning", "Alerts that ask for somebody today.", limits.WARNING_ALERTS)
info = number("info", "Alerts that are worth knowing beside others.", PLAIN)

pending = Stat(
    title="Pending",
    description="Alerts whose condition holds, but not yet for as long as their rule asks.",
    unit=Unit.WHOLE,
    expression=f"count({alerts('pending')}) or vector(0)",
    threshold=PLAIN,
    scenario="cluster-outage",
)

firing = Table(
    title="Firing now",
    description="By name and cluster; without a cluster it is about the fleet as a whole. Each "
    "alert has a runbook of its name, which the notification links to.",
    labels=("alertname", "severity", "cluster"),
    sort="Severity",
    descending=False,
    columns=[
        Column(title="Count", unit=Unit.WHOLE, expression=FIRING_NOW),
        Column(
            title="Since",
            unit=Unit.SECONDS,
            expression=f"""
                time() - {BEGAN} and on (alertname, severity, cluster) {FIRING_NOW}
            """,
        ),
    ],
    scenario="cluster-outage",
)

over_time = Graph(
    title="Firing by name",
    description="The twenty alerts that most fire of. Many names at one moment have one cause: "
    "look at the one that came first.",
    unit=Unit.WHOLE,
    series=[Query(f"topk(20, count by (alertname) ({FIRING}))", "{{alertname}}")],
    stacked=True,
    scenario="cluster-outage",
)

by_cluster = Graph(
    title="Firing by cluster",
    description="The twenty clusters for which most alerts fire.",
    unit=Unit.WHOLE,
    series=[
        Query(
            """
            topk(20, count by (cluster) (ALERTS{alertstate="firing", cluster=~"$cluster"}))
            """,
            "{{cluster}}",
        )
    ],
    stacked=True,
    scenario="cluster-outage",
)

longest = Table(
    title="Time firing by alert",
    description="For how long each alert fired in the chosen range, all its clusters added up. One "
    "that fires most of the time and that nobody answers is no alert: mend its cause or its rule.",
    labels=("alertname", "severity"),
    sort="Fired for",
    columns=[
        Column(
            title="Fired for",
            unit=Unit.SECONDS,
            expression=f"topk(50, sum by (alertname, severity) ({SECONDS_FIRING}))",
        )
    ],
    scenario="cluster-outage",
)

most_attention = Table(
    title="Time firing by cluster",
    description="For how long alerts fired for each cluster in the chosen range, all of them added "
    "up: which cluster asks for most attention.",
    labels=("cluster",),
    sort="Fired for",
    columns=[
        Column(
            title="Fired for",
            unit=Unit.SECONDS,
            expression=f"topk(50, sum by (cluster) ({SECONDS_FIRING_FOR_CLUSTERS}))",
        )
    ],
    scenario="cluster-outage",
)

dashboard = Dashboard(
    name="alerts",
    title="Alerts",
    description="What fires, for how long, and which clusters ask for most attention. Shows alerts "
    "of rules that the data source itself evaluates.",
    since="now-24h",
    refresh="30s",
    rows=[
        Row("Now", [[critical, warning, info, pending], [firing]]),
        Row("Over time", [[over_time, by_cluster], [longest, most_attention]]),
    ],
)
