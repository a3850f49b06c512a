"""Mistakes in values are refused before anything is installed, with words that help."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from exporter.settings import Settings, SettingsError, read_settings
from tests.helm.chart import HelmError, rendered

pytestmark = pytest.mark.controlplane

ROOT = Path(__file__).parents[2]

MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown key": ({"serviceMonitor": {"enable": True}}, "additional properties 'enable'"),
    "a wrong type": ({"serviceMonitor": {"enabled": "yes"}}, "want boolean"),
    "a misspelt alert": (
        {"prometheusRule": {"alerts": {"FleetClusterDwn": {"enabled": False}}}},
        "'FleetClusterDwn'",
    ),
    "an unknown change of an alert": (
        {"prometheusRule": {"alerts": {"FleetClusterDown": {"expr": "vector(1)"}}}},
        "'expr'",
    ),
    "a duration without unit": ({"serviceMonitor": {"interval": "30"}}, "/serviceMonitor/interval"),
    "no digest": ({"image": {"digest": "latest"}}, "/image/digest"),
    "a mount without Secret": (
        {"clusterCredentials": [{"mountPath": "/etc/clusters"}]},
        "missing property 'secretName'",
    ),
    "a switch that is none": ({"rbac": {"ownCluster": "yes"}}, "/rbac/ownCluster"),
    "an unknown setting": ({"config": {"colect": {}}}, "additional properties 'colect'"),
    "a setting of the wrong type": ({"config": {"workers": "2"}}, "/config/workers"),
    "an unknown resource": (
        {"config": {"collect": {"resources": ["pod"]}}},
        "/config/collect/resources",
    ),
    "an unknown source": (
        {"config": {"discovery": [{"provider": "argo"}]}},
        "/config/discovery/0/provider",
    ),
    "an unknown key of a source": (
        {"config": {"discovery": [{"provider": "argocd", "namespaces": "x"}]}},
        "additional properties 'namespaces'",
    ),
    "a source without what it needs": (
        {"config": {"discovery": [{"provider": "directory"}]}},
        "missing property 'path'",
    ),
    "a duration that the exporter cannot read": (
        {"config": {"staleness": {"hold": "5 minutes"}}},
        "/config/staleness/hold",
    ),
    "lists that exclude each other": (
        {"config": {"collect": {"metric_allowlist": ["a"], "metric_denylist": ["b"]}}},
        "metric_allowlist and metric_denylist exclude each other",
    ),
    "an address without port": ({"config": {"web": {"listen": "here"}}}, "config.web.listen"),
    "settings that are taken away": ({"config": None}, "missing property 'config'"),
    "a default that is taken away": ({"service": {"port": None}}, "missing property 'port'"),
    "an account that nobody names": ({"serviceAccount": {"create": False}}, "serviceAccount.name"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_refused_with_its_place(mistake: str) -> None:
    values, said = MISTAKES[mistake]

    with pytest.raises(HelmError) as refused:
        rendered(values)

    assert said in str(refused.value)


def test_settings_that_the_project_s_pages_show_are_not_refused() -> None:
    shown = {
        f"{page.relative_to(ROOT)} {block}": document
        for page in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
        for block, text in enumerate(re.findall(r"```yaml\n(.*?)```", page.read_text(), re.DOTALL))
        for document in yaml.safe_load_all(text)
        if isinstance(document, dict) and document.keys() <= set(Settings.__struct_fields__)
    }

    assert len(shown) > 10
    for settings in shown.values():
        rendered({"config": settings})


def test_what_other_charts_take_is_not_refused() -> None:
    rendered({"global": {"imageRegistry": "r.example", "storageClass": "fast"}, "grafana": {}})


SETTINGS: list[dict[str, Any]] = [
    {"collect": {"resources": {"pods": {}}, "metric_denylist": {"kube_pod_.*": {}}}},
    {"discovery": [{"provider": "cluster-api"}, {"provider": "kubeconfig", "files": ["~/a"]}]},
    {"clusters": {"prod-*": {"maintenance": None, "labels": {"tier": "prod"}, "uid": "x"}}},
    {"staleness": {"hold": "1h30m"}, "series_limit": {"family": 10}},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_what_the_exporter_can_read_is_not_refused(
    settings: dict[str, Any], tmp_path: Path
) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(yaml.safe_dump(settings))

    read_settings(file)
    rendered({"config": settings})


def test_what_the_schema_refuses_the_exporter_refuses_as_well(tmp_path: Path) -> None:
    """Or the chart would stand in the way of settings that are right."""
    for mistake, (values, _) in MISTAKES.items():
        if values.get("config") and mistake != "an address without port":
            file = tmp_path / "config.yaml"
            file.write_text(yaml.safe_dump(values["config"]))
            with pytest.raises(SettingsError):
                read_settings(file)
