"""
deploy/compose.yaml is consistent, and every file that it mounts exists and is accepted.

No engine runs it here, so this is all that is known of it; README says so.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from exporter import cli
from tests.controlplane.binaries import program

ROOT = Path(__file__).parents[2]
FILE = ROOT / "deploy" / "compose.yaml"
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(FILE.read_text())["services"]

PORTS = {"prometheus": {9090}, "alertmanager": {9093}, "grafana": {3000}}
"""What the images listen on unless they are told otherwise; the exporter is told."""


def interpolated(text: str) -> str:
    """With the default of each variable."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)


def mounts(service: str) -> dict[str, Path]:
    """The files of this repository that a service is given, by where it finds them."""
    found = {}
    for mount in SERVICES[service].get("volumes", ()):
        source, target, *mode = mount.split(":")
        if source.startswith("."):
            assert mode == ["ro"], mount
            found[target] = (FILE.parent / source).resolve()

    return found


def mounted(service: str, target: str) -> Any:
    return yaml.safe_load(mounts(service)[target].read_text())


def accepts(*command: Path | str, folder: Path = FILE.parent) -> str:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.controlplane
def test_the_loader_that_docker_compose_is_made_of_accepts_it() -> None:
    said = accepts(program("compose", "cmd"), "-format=json", FILE.name)

    project = json.loads(said)
    assert project["services"].keys() == SERVICES.keys()
    assert project["services"]["exporter"]["image"] == "kube-fleet-exporter"


@pytest.mark.parametrize("service", SERVICES)
def test_every_file_that_is_mounted_exists_and_cannot_be_written(service: str) -> None:
    missing = [path for path in mounts(service).values() if not path.exists()]

    assert missing == []
    assert all(path.is_relative_to(ROOT) for path in mounts(service).values())


def test_the_image_of_the_exporter_can_be_built() -> None:
    build = SERVICES["exporter"]["build"]

    assert (FILE.parent / build["context"]).resolve() == ROOT
    assert (ROOT / build["dockerfile"]).exists()


@pytest.mark.parametrize("service", sorted(SERVICES.keys() - {"exporter"}))
def test_every_image_of_others_has_a_version(service: str) -> None:
    assert re.fullmatch(r"[a-z]+/[a-z]+:v?\d+\.\d+\.\d+", SERVICES[service]["image"])


@pytest.mark.parametrize(
    ("service", "module", "version"),
    [
        ("prometheus", "prometheus/prometheus", r"v0\.(\d)(\d\d)\.(\d+)"),
        ("alertmanager", "prometheus/alertmanager", r"v(\d+)\.(\d+)\.(\d+)"),
    ],
)
def test_images_have_the_versions_that_tests_run(service: str, module: str, version: str) -> None:
    """Prometheus v3.15.0 is the Go module v0.315.0."""
    go_mod = (ROOT / "tests" / "controlplane" / service / "go.mod").read_text()
    found = re.search(rf"github\.com/{module} {version}\b", go_mod)

    assert found is not None
    numbers = ".".join(str(int(number)) for number in found.groups())
    assert SERVICES[service]["image"].endswith(f":v{numbers}")


@pytest.mark.parametrize("service", SERVICES)
def test_no_service_has_a_privilege_or_listens_for_other_machines(service: str) -> None:
    declared = SERVICES[service]

    assert declared["cap_drop"] == ["ALL"]
    assert declared["security_opt"] == ["no-new-privileges:true"]
    assert declared.keys().isdisjoint({"privileged", "network_mode", "pid", "cap_add", "devices"})
    assert not any("docker.sock" in mount for mount in declared.get("volumes", ()))
    assert all(port.startswith("127.0.0.1:") for port in declared["ports"])


def test_the_exporter_understands_its_command() -> None:
    command = [interpolated(argument) for argument in SERVICES["exporter"]["command"]]
    given = cli._parser().parse_args(command)

    assert (given.listen, given.telemetry_listen) == ("0.0.0.0:8080", "0.0.0.0:8081")


def listening(service: str) -> set[int]:
    if service != "exporter":
        return PORTS[service]

    command = " ".join(SERVICES[service]["command"])
    return {int(port) for port in re.findall(r"listen=0\.0\.0\.0:(\d+)", command)}


def addresses() -> Iterator[str]:
    """Every HOST:PORT that a mounted file names."""
    prometheus = mounted("prometheus", "/etc/prometheus/prometheus.yaml")
    jobs = [*prometheus["scrape_configs"], *prometheus["alerting"]["alertmanagers"]]
    for job in jobs:
        for static in job.get("static_configs", ()):
            yield from static["targets"]
        for found in job.get("http_sd_configs", ()):
            yield urlsplit(found["url"]).netloc
    for source in datasources():
        yield urlsplit(source["url"]).netloc


def test_services_ask_each_other_at_names_and_ports_that_exist() -> None:
    asked = list(addresses())

    assert {address.partition(":")[0] for address in asked} == {
        "exporter",
        "prometheus",
        "alertmanager",
    }
    for address in asked:
        host, _, port = address.partition(":")
        assert int(port) in listening(host), address


@pytest.mark.parametrize("service", SERVICES)
def test_published_ports_are_listened_on(service: str) -> None:
    published = {int(port.rpartition(":")[2]) for port in SERVICES[service]["ports"]}

    assert published <= listening(service)


@pytest.mark.parametrize("service", ["prometheus", "alertmanager"])
def test_a_service_reads_the_configuration_that_it_is_given(service: str) -> None:
    (option,) = [one for one in SERVICES[service]["command"] if one.startswith("--config.file=")]

    assert option.removeprefix("--config.file=") in mounts(service)


@pytest.mark.controlplane
def test_promtool_accepts_what_prometheus_is_given(tmp_path: Path) -> None:
    for target, source in mounts("prometheus").items():
        place = tmp_path / target.removeprefix("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(source)
    file = tmp_path / "etc/prometheus/prometheus.yaml"
    said = accepts(program("prometheus", "promtool"), "check", "config", file)

    rules = list((ROOT / "alerts").glob("fleet-*.yaml"))
    assert f"SUCCESS: {len(rules)} rule files found" in said


@pytest.mark.controlplane
def test_amtool_accepts_what_alertmanager_is_given() -> None:
    (file,) = mounts("alertmanager").values()

    assert "SUCCESS" in accepts(program("alertmanager", "amtool"), "check-config", file)


def datasources() -> list[dict[str, Any]]:
    document = mounted("grafana", "/etc/grafana/provisioning/datasources/fleet.yaml")
    assert document["apiVersion"] == 1
    found: list[dict[str, Any]] = document["datasources"]
    return found


def test_grafana_is_given_one_default_source_of_a_type_that_dashboards_ask_for() -> None:
    """By https://grafana.com/docs/grafana/latest/administration/provisioning/#data-sources."""
    known = {"name", "uid", "type", "access", "url", "isDefault", "jsonData"}
    sources = datasources()

    assert all(source.keys() <= known for source in sources)
    assert all({"name", "type", "access", "url"} <= source.keys() for source in sources)
    assert [source["type"] for source in sources if source.get("isDefault")] == ["prometheus"]
    assert len({source["uid"] for source in sources}) == len(sources)


def test_grafana_is_given_the_dashboards_and_shows_one_of_them_first() -> None:
    """By https://grafana.com/docs/grafana/latest/administration/provisioning/#dashboards."""
    document = mounted("grafana", "/etc/grafana/provisioning/dashboards/fleet.yaml")
    (provider,) = document["providers"]
    place = provider["options"]["path"]
    first = SERVICES["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]

    assert document["apiVersion"] == 1
    assert provider.keys() == {"name", "folder", "type", "options"}
    assert provider["type"] == "file"
    assert mounts("grafana")[place] == ROOT / "dashboards"
    assert (ROOT / "dashboards" / Path(first).relative_to(place)).exists()


def test_the_readme_says_that_nothing_runs_it_here() -> None:
    text = " ".join((ROOT / "README.md").read_text().split())

    assert "`docker compose -f deploy/compose.yaml up`" in text
    assert "CI does not run it" in text
