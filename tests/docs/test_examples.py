"""Every example configuration is accepted by a program that reads it, and follows its own page."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.controlplane.binaries import program

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs" / "examples"
FILES = sorted(EXAMPLES.rglob("*.yaml"))

SERVERS = ("prometheus/one-page", "prometheus/target-per-cluster", "thanos/prometheus")
AGENTS = ("prometheus-agent/prometheus", "thanos/receive", "mimir/agent")
MANIFESTS = ("prometheus-operator/scrape-config", "prometheus-operator/service-monitor")
OF_OTHERS = ("mimir/mimir", "victoriametrics/vmagent")
"""No program that reads these can be had from the Go module proxy; tests do what is left."""

SCRAPING = (*SERVERS, *AGENTS, "victoriametrics/vmagent")

PAGES = {
    "prometheus": "prometheus",
    "prometheus-agent": "prometheus",
    "prometheus-operator": "prometheus-operator",
    "thanos": "thanos",
    "mimir": "mimir",
    "victoriametrics": "victoriametrics",
}
"""The page in docs/ about the examples of a folder."""


def read(name: str) -> Any:
    return yaml.safe_load((EXAMPLES / f"{name}.yaml").read_text())


def accepts(*command: Path | str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_example_is_checked() -> None:
    names = {path.relative_to(EXAMPLES).with_suffix("").as_posix() for path in FILES}

    assert names == {*SERVERS, *AGENTS, *MANIFESTS, *OF_OTHERS}


@pytest.mark.controlplane
@pytest.mark.parametrize("name", SERVERS)
def test_promtool_accepts_a_server_s_configuration_and_finds_the_rules(
    name: str, tmp_path: Path
) -> None:
    (tmp_path / "alerts").symlink_to(ROOT / "alerts")
    file = tmp_path / "prometheus.yaml"
    file.write_text((EXAMPLES / f"{name}.yaml").read_text())
    said = accepts(
        program("prometheus", "promtool"), "check", "config", "--lint=all", "--lint-fatal", file
    )

    rules = list((ROOT / "alerts").glob("fleet-*.yaml"))
    assert f"SUCCESS: {len(rules)} rule files found" in said


@pytest.mark.controlplane
@pytest.mark.parametrize("name", AGENTS)
def test_promtool_accepts_an_agent_s_configuration(name: str) -> None:
    file = EXAMPLES / f"{name}.yaml"
    promtool = program("prometheus", "promtool")
    said = accepts(promtool, "check", "config", "--agent", "--lint=all", "--lint-fatal", file)

    assert "SUCCESS" in said


@pytest.mark.controlplane
def test_promtool_accepts_of_vmagent_s_configuration_what_prometheus_knows(tmp_path: Path) -> None:
    configuration = read("victoriametrics/vmagent")
    limits = [job.pop("max_scrape_size", None) for job in configuration["scrape_configs"]]
    file = tmp_path / "prometheus.yaml"
    file.write_text(yaml.safe_dump(configuration))
    said = accepts(program("prometheus", "promtool"), "check", "config", "--agent", file)

    assert "SUCCESS" in said
    assert any(limits)


@pytest.mark.controlplane
@pytest.mark.parametrize("name", MANIFESTS)
def test_the_operator_s_types_know_every_field_of_a_manifest(name: str) -> None:
    file = EXAMPLES / f"{name}.yaml"
    said = accepts(program("prometheus-operator", "strict"), file)

    kinds = [document["kind"] for document in yaml.safe_load_all(file.read_text())]
    assert said.split() == kinds


def test_mimir_elects_by_a_label_that_its_agents_have_and_clusters_have_not() -> None:
    limits = read("mimir/mimir")["limits"]
    external = read("mimir/agent")["global"]["external_labels"]

    assert {limits["ha_cluster_label"], limits["ha_replica_label"]} == set(external)
    assert limits["ha_cluster_label"] != "cluster"


def test_vmagent_is_given_nothing_that_it_does_not_know() -> None:
    """Its strict parsing refuses what it does not know; these are Prometheus' alone."""
    keys = set(keys_of(read("victoriametrics/vmagent")))

    assert keys.isdisjoint({"body_size_limit", "refresh_interval", "rule_files", "alerting"})


def keys_of(tree: Any) -> Iterator[str]:
    if isinstance(tree, dict):
        yield from tree
        for value in tree.values():
            yield from keys_of(value)
    elif isinstance(tree, list):
        for item in tree:
            yield from keys_of(item)


@pytest.mark.parametrize("name", SCRAPING)
def test_whatever_scrapes_our_pages_honors_labels_and_names_the_instance(name: str) -> None:
    jobs = read(name)["scrape_configs"]
    of_clusters = [job for job in jobs if targets(job) != ["exporter:8081"]]

    assert of_clusters
    for job in of_clusters:
        assert job["honor_labels"] is True
        for static in job.get("static_configs", ()):
            assert static["labels"]["instance"] == "kube-fleet-exporter"


@pytest.mark.parametrize("name", SCRAPING)
def test_clusters_found_one_by_one_come_with_the_facts(name: str) -> None:
    jobs = read(name)["scrape_configs"]
    paths = {job.get("metrics_path", "/metrics") for job in jobs}

    assert any("http_sd_configs" in job for job in jobs) == ("/metrics/fleet" in paths)


def targets(job: dict[str, Any]) -> list[str]:
    return [target for static in job.get("static_configs", ()) for target in static["targets"]]


@pytest.mark.parametrize("name", [*SERVERS, *AGENTS])
def test_no_external_label_is_one_of_ours(name: str) -> None:
    """Thanos would write it over ours; Mimir would elect by it."""
    labels = read(name)["global"].get("external_labels", {})

    assert labels.keys() <= {"prometheus", "replica", "__replica__"}


def test_every_example_is_named_by_its_page() -> None:
    for path in FILES:
        folder = path.parent.name
        page = (ROOT / "docs" / f"{PAGES[folder]}.md").read_text()
        assert f"](examples/{folder}/{path.name})" in page, path


@pytest.mark.parametrize("name", ["prometheus/one-page", "prometheus/target-per-cluster"])
def test_objects_are_scraped_within_limits(name: str) -> None:
    job = read(name)["scrape_configs"][0]

    assert {"scrape_timeout", "body_size_limit", "sample_limit"} <= job.keys()
