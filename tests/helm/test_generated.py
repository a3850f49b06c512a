"""What the chart has from elsewhere is what stands there."""

import json
from typing import get_args

import pytest
import yaml

from exporter import __version__
from exporter.discovery.declared import FromHub
from exporter.discovery.providers import AnyProvider
from helm.source.chart import CHART, COPIES, generated
from helm.source.readme import documented

MOST = 1024 * 1024
"""Bytes of a ConfigMap, https://kubernetes.io/docs/concepts/configuration/configmap/"""


@pytest.mark.parametrize("path", generated(), ids=lambda path: path.name)
def test_a_generated_file_is_current(path: object) -> None:
    """`make generate` writes it."""
    for file, text in generated().items():
        if file == path:
            assert file.read_text() == text


def test_nothing_else_lies_among_the_generated_files() -> None:
    assert {path for path in COPIES.rglob("*") if path.is_file()} <= generated().keys()


def test_the_chart_is_for_this_version_of_the_exporter() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())

    assert chart["appVersion"] == __version__


def test_every_value_is_explained() -> None:
    values = (CHART / "values.yaml").read_text()
    explained = {one.path for one in documented(values)}

    def leaves(value: object, path: str) -> set[str]:
        if isinstance(value, dict) and value and path not in explained:
            return {
                leaf
                for key, one in value.items()
                for leaf in leaves(one, f"{path}.{key}" if path else key)
            }
        return {path}

    assert leaves(yaml.safe_load(values), "") - explained == set()


def test_every_dashboard_has_room_in_a_configmap() -> None:
    sizes = {path.name: path.stat().st_size for path in (COPIES / "dashboards").iterdir()}

    assert len(sizes) > 5
    assert {name: size for name, size in sizes.items() if size > MOST / 2} == {}


def test_every_source_of_clusters_in_a_hub_says_what_it_reads_there() -> None:
    permissions = yaml.safe_load((COPIES / "permissions.yaml").read_text())
    hubs = {
        str(one.__struct_config__.tag) for one in get_args(AnyProvider) if issubclass(one, FromHub)
    }

    assert permissions["hubs"].keys() == hubs
    assert all(one["reads"] for one in permissions["hubs"].values())


def test_the_schema_is_closed_inside_our_own_objects() -> None:
    """But for what is shared between charts: the root, and `global`."""
    schema = json.loads((CHART / "values.schema.json").read_text())
    closed = {
        name
        for name, one in schema["properties"].items()
        if one.get("properties") and not one["additionalProperties"]
    }

    values = yaml.safe_load((CHART / "values.yaml").read_text())
    ours = {name for name, one in values.items() if isinstance(one, dict) and one}
    as_in_kubernetes = {name for name in ours if name.endswith(("SecurityContext", "Probe"))}
    assert closed == (ours - as_in_kubernetes - {"global"}) | {"config"}
