"""Every metric the exporter has about itself: prometheus-client, on a registry of its own."""

from __future__ import annotations

from dataclasses import dataclass

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from exporter import __version__


@dataclass(frozen=True)
class Described:
    """A metric of the telemetry port, as the catalogue lists it."""

    name: str
    type: str
    labels: tuple[str, ...]
    help: str


class Telemetry:
    """What the telemetry port shows. One for a process, handed down as a value."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series each
        self.registry = CollectorRegistry()
        self._own: list[Described] = []
        self._add_process()
        self.family_errors = self._counter(
            "kube_fleet_exporter_family_errors_total",
            "Objects whose series of one family could not be written: a fault of this exporter.",
            ("family",),
        )
        self.observation_crashes = self._counter(
            "kube_fleet_exporter_observation_crashes_total",
            "Times that reading a cluster ended by a fault of this exporter and began anew.",
            ("cluster",),
        )
        self._add_config()
        self._add_discovery()
        self.scrape_seconds = self._histogram(
            "kube_fleet_exporter_scrape_duration_seconds",
            "Seconds from a scrape's request to the last byte handed to the network.",
            ("path",),
        )
        self.scrape_bytes = self._counter(
            "kube_fleet_exporter_scrape_bytes_total",
            "Bytes of pages before compression.",
            ("path",),
        )
        self.lists_waiting = self._gauge(
            "kube_fleet_exporter_lists_waiting",
            "Lists that wait for their turn, because only a few are read at the same time.",
            (),
        )
        self._add_workers()
        self._add_web()

    def _add_process(self) -> None:
        build = self._gauge(
            "kube_fleet_exporter_build_info",
            "Version of this exporter; always 1.",
            ("version", "revision"),
        )
        build.labels(__version__, "").set(1)
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)

    def _add_config(self) -> None:
        self.config_successful = self._gauge(
            "kube_fleet_exporter_config_last_reload_successful",
            "Whether the settings could be used when they were last read; if not, those of before "
            "stay in force.",
            (),
        )
        self.config_success_time = self._gauge(
            "kube_fleet_exporter_config_last_reload_success_timestamp_seconds",
            "When settings were last read that could be used.",
            (),
        )
        self.config_hash = self._gauge(
            "kube_fleet_exporter_config_hash",
            "A number made of the contents of the settings that are in force.",
            (),
        )

    def _add_discovery(self) -> None:
        self.discovery_failures = self._counter(
            "kube_fleet_exporter_discovery_failures_total",
            "Times that a source of clusters could not be read; the last answer stayed in force.",
            ("provider", "source"),
        )
        self.discovery_up = self._gauge(
            "kube_fleet_exporter_discovery_up",
            "Whether a source of clusters could be read when it was last looked at.",
            ("provider", "source"),
        )
        self.discovery_success = self._gauge(
            "kube_fleet_exporter_discovery_last_success_timestamp_seconds",
            "When a source of clusters was last known to be current.",
            ("provider", "source"),
        )

    def _add_workers(self) -> None:
        self.worker_up = self._gauge(
            "kube_fleet_exporter_worker_up",
            "Whether a worker answers; only where several processes share the clusters.",
            ("worker",),
        )
        self.worker_restarts = self._counter(
            "kube_fleet_exporter_worker_restarts_total",
            "Times that a worker was started again after it ended.",
            ("worker",),
        )

    def _add_web(self) -> None:
        self.requests_refused = self._counter(
            "kube_fleet_exporter_requests_refused_total",
            "Requests whose sender may not ask, or could not be asked about: 401 and 403 without "
            "right or certificate, 429 too often, 503 while there is no telling.",
            ("code",),
        )
        self.web_config_failures = self._counter(
            "kube_fleet_exporter_web_config_failures_total",
            "Times that a changed web configuration file, or a file that it names, could not be "
            "used; what was in force stayed.",
            (),
        )

    def _counter(self, name: str, help_: str, labels: tuple[str, ...]) -> Counter:
        self._own.append(Described(name, "counter", labels, help_))
        return Counter(name, help_, labels, registry=self.registry)

    def _gauge(self, name: str, help_: str, labels: tuple[str, ...]) -> Gauge:
        self._own.append(Described(name, "gauge", labels, help_))
        return Gauge(name, help_, labels, registry=self.registry)

    def _histogram(self, name: str, help_: str, labels: tuple[str, ...]) -> Histogram:
        self._own.append(Described(name, "histogram", labels, help_))
        return Histogram(name, help_, labels, registry=self.registry)

    def described(self) -> list[Described]:
        """Our own metrics, then prometheus-client's about the process and the interpreter."""
        own = {metric.name for metric in self._own}
        found = list(self._own)
        for metric in self.registry.collect():
            for sample in metric.samples[:1]:
                if sample.name not in own and metric.type != "histogram":
                    labels = tuple(sample.labels)
                    found.append(Described(sample.name, metric.type, labels, metric.documentation))

        return found

    def page(self) -> bytes:
        """The page of the telemetry port, in text format 0.0.4."""
        return generate_latest(self.registry)
