"""The exporter itself: is it scraped, what does it cost, and what does it see of the clusters."""

from dashboards.source import limits
from dashboards.source.words.dashboard import Dashboard, Row
from dashboards.source.words.panel import Bars, Graph, Query, Stat
from dashboards.source.words.table import Column, Table
from dashboards.source.words.threshold import Threshold
from dashboards.source.words.unit import Unit

OF_EXPORTERS = "and on (job, instance) group by (job, instance) (kube_fleet_exporter_build_info)"
"""Whatever the jobs are called: the exporter is where its heartbeat is."""

PROCESS = "{{job}} {{instance}}"


def trouble(title: str, description: str, expression: str, threshold: Threshold) -> Stat:
    """A number that ought to be 0."""
    return Stat(
        title=title,
        description=description,
        unit=Unit.WHOLE,
        expression=f"{expression} or vector(0)",
        threshold=threshold,
    )


reloads_failed = trouble(
    "Failed reloads",
    "Exporters whose changed configuration cannot be used. They go on with the previous one, and "
    "would not start with this one; their log names the line.",
    "count(min by (job, instance) (kube_fleet_exporter_config_last_reload_successful) == 0)",
    limits.RELOADS_FAILED,
)

discovery_failures = trouble(
    "Discovery failures",
    "How often a source of clusters could not be read in the chosen range. The last answer stays "
    "in force: new clusters are missing, and removed ones are still there.",
    """
    sum(max by (source) (increase(kube_fleet_exporter_discovery_failures_total[$__range])))
    """,
    limits.DISCOVERY_FAILURES,
)

crashes = trouble(
    "Crashes",
    "How often reading a cluster ended by a fault of the exporter in the chosen range. It began "
    "anew each time; please report the traceback in the log.",
    """
    sum(
      max by (cluster) (
        increase(kube_fleet_exporter_observation_crashes_total{cluster=~"$cluster"}[$__range])
      )
    )
    """,
    limits.CRASHES,
)

family_errors = trouble(
    "Unwritten series",
    "How often the series of an object could not be written in the chosen range, by a fault of the "
    "exporter. Please report the traceback in the log.",
    "sum(max by (family) (increase(kube_fleet_exporter_family_errors_total[$__range])))",
    limits.FAMILY_ERRORS,
)

undecodable = trouble(
    "Undecodable objects",
    "Objects that were left out in the chosen range because they are not what Kubernetes says they "
    "should be.",
    """
    sum(
      max by (cluster, resource) (
        increase(kube_fleet_undecodable_objects_total{cluster=~"$cluster"}[$__range])
      )
    )
    """,
    limits.UNDECODABLE,
)

series_dropped = trouble(
    "Dropped series",
    "Series that are not on the page because series_limit leaves no room for them. Raise it, or "
    "collect less.",
    """
    sum(max by (cluster, resource) (kube_fleet_series_dropped{cluster=~"$cluster"}))
    """,
    limits.SERIES_DROPPED,
)

exporters = Table(
    title="Exporters",
    description="Every page on which an exporter's heartbeat is scraped, and its version. Two "
    "exporters that read the same clusters count everything twice.",
    labels=("job", "instance", "version"),
    sort="Instance",
    descending=False,
    columns=[
        Column(
            title="",
            unit=Unit.WHOLE,
            expression="group by (job, instance, version) (kube_fleet_exporter_build_info)",
        )
    ],
)

providers = Table(
    title="Sources of clusters",
    description="Whether each source of clusters could be read the last time, and when it last "
    "was. While one cannot be read, its last answer stays in force.",
    labels=("source",),
    sort="State",
    descending=False,
    columns=[
        Column(
            title="State",
            unit=Unit.WHOLE,
            expression="min by (source) (kube_fleet_exporter_discovery_up)",
            words={0: ("failing", "red"), 1: ("read", "green")},
        ),
        Column(
            title="Last read before",
            unit=Unit.SECONDS,
            expression="""
                time()
                - max by (source) (kube_fleet_exporter_discovery_last_success_timestamp_seconds)
            """,
        ),
    ],
)

scrape_duration = Bars(
    title="Duration of scrapes",
    description="What Prometheus measured the last time. Past scrape_timeout (10 s unless told "
    "otherwise) it has nothing at all: raise that, or scrape one target for each cluster (/sd).",
    unit=Unit.SECONDS,
    series=[Query(f"max by (job, instance) (scrape_duration_seconds) {OF_EXPORTERS}", PROCESS)],
    threshold=limits.SCRAPE_DURATION,
)

samples = Graph(
    title="Samples of a scrape",
    description="How many series Prometheus takes over each time. A step is a new cluster, or a "
    "label with many values.",
    unit=Unit.NUMBER,
    series=[
        Query(
            "sum by (job, instance) (scrape_samples_post_metric_relabeling) " + OF_EXPORTERS,
            PROCESS,
        )
    ],
)

page_time = Graph(
    title="Time for a page",
    description="99 of 100 pages were sent within so many seconds, by path, measured by the "
    "exporter. Much less than Prometheus measures: the network between them.",
    unit=Unit.SECONDS,
    series=[
        Query(
            """
            topk(
              10,
              histogram_quantile(
                0.99,
                sum by (path, le) (
                  rate(kube_fleet_exporter_scrape_duration_seconds_bucket[$__rate_interval])
                )
              )
            )
            """,
            "{{path}}",
        )
    ],
)

page_bytes = Graph(
    title="Bytes of pages",
    description="Written each second, before compression, by path.",
    unit=Unit.BYTES_PER_SECOND,
    series=[
        Query(
            """
            topk(
              10,
              sum by (path) (rate(kube_fleet_exporter_scrape_bytes_total[$__rate_interval]))
            )
            """,
            "{{path}}",
        )
    ],
)

memory = Graph(
    title="Memory",
    description="Resident memory of the process. It grows with the number of pods, about 2 kB "
    "each.",
    unit=Unit.BYTES,
    series=[
        Query(f"max by (job, instance) (process_resident_memory_bytes) {OF_EXPORTERS}", PROCESS)
    ],
)

cpu = Graph(
    title="CPU",
    description="Processor time each second; 1 is one core, which is all that the process can use. "
    "Near 1: read the clusters with several exporters.",
    unit=Unit.NUMBER,
    series=[
        Query(
            "max by (job, instance) (rate(process_cpu_seconds_total[$__rate_interval])) "
            + OF_EXPORTERS,
            PROCESS,
        )
    ],
)

descriptors = Bars(
    title="File descriptors",
    description="The share in use of those that the process may have. Each kind of each cluster "
    "needs a connection. Near 100 %: raise the limit (ulimit -n).",
    unit=Unit.SHARE,
    series=[
        Query(
            "max by (job, instance) (process_open_fds) / on (job, instance) "
            f"max by (job, instance) (process_max_fds) {OF_EXPORTERS}",
            PROCESS,
        )
    ],
    threshold=limits.FILE_DESCRIPTORS,
)

lists_waiting = Graph(
    title="Lists that wait",
    description="Lists that wait for their turn. Some, for a minute, after a start; all the time: "
    "clusters answer slowly.",
    unit=Unit.WHOLE,
    series=[Query("max by (job, instance) (kube_fleet_exporter_lists_waiting)", PROCESS)],
)

data_age = Bars(
    title="Oldest data",
    description="The ten clusters with a kind of object that was not heard of for the longest "
    "time. Watches prove it about once a minute.",
    unit=Unit.SECONDS,
    series=[
        Query(
            'topk(10, cluster:kube_fleet_sync_lag_seconds:max{cluster=~"$cluster"})',
            "{{cluster}}",
        )
    ],
    threshold=limits.DATA_AGE,
)

slowest = Bars(
    title="Slowest API servers",
    description="99 of 100 requests were answered within so many seconds over the last five "
    "minutes, in the ten slowest clusters.",
    unit=Unit.SECONDS,
    series=[
        Query(
            """
            topk(
              10, cluster:kube_fleet_api_request_duration_seconds:p99_rate5m{cluster=~"$cluster"}
            )
            """,
            "{{cluster}}",
        )
    ],
    threshold=limits.API_LATENCY,
)

most_errors = Bars(
    title="Requests that fail",
    description="The share of requests over the last five minutes that failed or were turned away "
    "for their number, in the ten clusters with the most.",
    unit=Unit.SHARE,
    series=[
        Query(
            """
            topk(
              10,
                cluster:kube_fleet_api_requests_errors:rate5m{cluster=~"$cluster"}
              / on (cluster)
                cluster:kube_fleet_api_requests:rate5m{cluster=~"$cluster"}
            )
            """,
            "{{cluster}}",
        )
    ],
    threshold=limits.API_ERRORS,
    scenario="cluster-outage",
)

watch_restarts = Graph(
    title="Restarts of watches",
    description="By reason. Ended is the ordinary end; expired means a new list, which costs much; "
    "the others are faults of the way to the API server.",
    unit=Unit.PER_SECOND,
    series=[
        Query(
            """
            sum by (reason) (
              max by (cluster, resource, reason) (
                rate(kube_fleet_watch_restarts_total{cluster=~"$cluster"}[$__rate_interval])
              )
            )
            """,
            "{{reason}}",
        )
    ],
    scenario="cluster-outage",
)

refused_requests = Graph(
    title="Requests that are not answered well",
    description="By method and code. 401: the credential. 403: the role. 410: lists that must "
    "begin anew. 429: the API server protects itself. Error: no HTTP answer at all.",
    unit=Unit.REQUESTS_PER_SECOND,
    series=[
        Query(
            """
            sum by (verb, code) (
              max by (cluster, verb, code) (
                rate(
                  kube_fleet_api_requests_total{cluster=~"$cluster", code!~"2.."}[$__rate_interval]
                )
              )
            )
            """,
            "{{verb}} {{code}}",
        )
    ],
    scenario="cluster-outage",
)

by_cluster = Table(
    title="What each cluster costs",
    description="Objects that are read and series that are made of them, and the share of the "
    "series of all chosen clusters.",
    labels=("cluster",),
    sort="Series",
    columns=[
        Column(
            title="Series",
            unit=Unit.NUMBER,
            expression="""
                sum by (cluster) (
                  max by (cluster, resource) (kube_fleet_series{cluster=~"$cluster"})
                )
            """,
        ),
        Column(
            title="Objects",
            unit=Unit.NUMBER,
            expression="""
                sum by (cluster) (
                  max by (cluster, resource) (kube_fleet_objects{cluster=~"$cluster"})
                )
            """,
        ),
        Column(
            title="Share",
            unit=Unit.SHARE,
            expression="""
                sum by (cluster) (
                  max by (cluster, resource) (kube_fleet_series{cluster=~"$cluster"})
                )
                / on () group_left ()
                sum(max by (cluster, resource) (kube_fleet_series{cluster=~"$cluster"}))
            """,
        ),
    ],
)

by_resource = Table(
    title="What each kind costs",
    description="Objects and series by kind, of all chosen clusters together. Collect fewer kinds, "
    "or deny families, where series cost more than they are worth.",
    labels=("resource",),
    sort="Series",
    columns=[
        Column(
            title="Series",
            unit=Unit.NUMBER,
            expression="""
                sum by (resource) (
                  max by (cluster, resource) (kube_fleet_series{cluster=~"$cluster"})
                )
            """,
        ),
        Column(
            title="Objects",
            unit=Unit.NUMBER,
            expression="""
                sum by (resource) (
                  max by (cluster, resource) (kube_fleet_objects{cluster=~"$cluster"})
                )
            """,
        ),
    ],
)

dashboard = Dashboard(
    name="exporter",
    title="Exporter",
    description="The exporter itself: is it scraped, what does it cost, and what does it see of "
    "the clusters. Most of it needs the telemetry port to be scraped.",
    rows=[
        Row(
            "Health",
            [
                [
                    reloads_failed,
                    discovery_failures,
                    crashes,
                    family_errors,
                    undecodable,
                    series_dropped,
                ],
                [exporters, providers],
            ],
        ),
        Row("Scrapes", [[scrape_duration, samples], [page_time, page_bytes]]),
        Row("Process", [[memory, cpu], [descriptors, lists_waiting]]),
        Row(
            "Clusters",
            [
                [data_age, slowest, most_errors],
                [watch_restarts, refused_requests],
                [by_cluster, by_resource],
            ],
        ),
    ],
)
