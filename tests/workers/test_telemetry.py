from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from exporter.telemetry import Telemetry
from exporter.workers.telemetry import joined


def lines(page: bytes) -> list[str]:
    return page.decode().splitlines()


def test_the_series_of_workers_bear_their_number() -> None:
    front, worker = Telemetry(), Telemetry()
    front.scrape_bytes.labels("/metrics").inc(5)
    worker.family_errors.labels('odd "name"\n').inc()
    page = lines(joined(front.registry, {0: worker.page().decode(), 3: worker.page().decode()}))

    name = "kube_fleet_exporter_family_errors_total"
    assert f'{name}{{family="odd \\"name\\"\\n",worker="0"}} 1.0' in page
    assert f'{name}{{family="odd \\"name\\"\\n",worker="3"}} 1.0' in page
    assert 'kube_fleet_exporter_scrape_bytes_total{path="/metrics"} 5.0' in page


def test_every_family_has_one_header_and_its_series_below_it() -> None:
    worker = Telemetry()
    worker.scrape_seconds.labels("/metrics").observe(1)
    page = joined(Telemetry().registry, {0: worker.page().decode(), 1: worker.page().decode()})
    described = [line.split(" ")[2] for line in lines(page) if line.startswith("# TYPE ")]
    names = {family.name for family in text_string_to_metric_families(page.decode())}

    assert len(set(described)) == len(described) == len(names)
    assert described.count("process_cpu_seconds_total") == 1


def test_the_page_without_workers_is_the_own_one() -> None:
    registry = CollectorRegistry()
    Gauge("depth", 'Says "how deep" \\ it is.', registry=registry).set(1.5)
    Counter("dives", "Dives.", ("diver",), registry=registry).labels("ann").inc()
    Histogram("seconds", "Time.", registry=registry).observe(3)

    assert joined(registry, {}) == generate_latest(registry)


def test_what_only_a_worker_has_is_there() -> None:
    registry = CollectorRegistry()
    page = lines(joined(registry, {2: "# HELP up Up.\n# TYPE up gauge\nup 1.0\n"}))

    assert page == ["# HELP up Up.", "# TYPE up gauge", 'up{worker="2"} 1.0']
