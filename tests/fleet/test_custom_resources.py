"""Custom resources come and go with their definitions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from exporter.settings import Collect, Settings
from exporter.simulation.api_server import ApiServer
from exporter.simulation.kinds import Kind
from tests.fleet.conftest import RESOURCES, Observed, cluster, observing
from tests.fleet.widgets import DEFINITIONS, DOCUMENT, definition, widget

pytestmark = pytest.mark.usefixtures("hurried")


@pytest.fixture
def api() -> ApiServer:
    server = ApiServer("eu-1")
    for version in ("v1", "v2"):
        server.add_kind(Kind("example.com", version, "widgets", "Widget", True))

    return server


@pytest.fixture
async def fleet(api: ApiServer, tmp_path: Path) -> AsyncIterator[Observed]:
    file = tmp_path / "document.yaml"
    file.write_text(DOCUMENT)
    collect = Collect(resources=RESOURCES, custom_resource_state_config_file=str(file))
    settings = Settings(collect=collect)
    async with api.serving() as url, observing([cluster("eu-1", url)], settings) as observed:
        yield observed


def sizes(fleet: Observed) -> set[tuple[str, str, str]]:
    """Name, version and value of every series."""
    return {
        (
            line.split('name="')[1].split('"')[0],
            line.split('customresource_version="')[1].split('"')[0],
            line.rsplit(" ", 1)[1],
        )
        for line in fleet.series("kube_customresource_size{")
    }


async def test_a_definition_that_is_there_is_shown_with_the_other_kinds(
    api: ApiServer, fleet: Observed
) -> None:
    api.put(DEFINITIONS, definition("v1"))
    api.put("example.com/v1/widgets", widget("a", 3))

    await fleet.until(lambda: sizes(fleet) == {("a", "v1", "3")})

    assert 'resource="widgets.v1.example.com"' in fleet.page()


async def test_a_definition_that_comes_later_is_picked_up(api: ApiServer, fleet: Observed) -> None:
    await fleet.until(lambda: bool(fleet.series("kube_namespace_created")))
    api.put("example.com/v1/widgets", widget("a", 3))
    api.put(DEFINITIONS, definition("v1", established="False"))
    api.put(DEFINITIONS, definition("v1"))

    await fleet.until(lambda: sizes(fleet) == {("a", "v1", "3")})

    api.put("example.com/v1/widgets", widget("b", 4))
    await fleet.until(lambda: len(sizes(fleet)) == 2)


async def test_a_definition_that_goes_takes_its_series_along_and_nothing_else(
    api: ApiServer, fleet: Observed
) -> None:
    api.put(DEFINITIONS, definition("v1"))
    api.put("example.com/v1/widgets", widget("a", 3))
    await fleet.until(lambda: bool(sizes(fleet)))
    api.delete(DEFINITIONS, "", "widgets.example.com")

    await fleet.until(lambda: not sizes(fleet))

    assert fleet.series("kube_namespace_created")
    assert "widgets" not in fleet.page()
    await fleet.until(lambda: api.open_watches["example.com/v1/widgets"] == 0)


async def test_versions_of_one_resource_share_a_family_that_stands_in_one_piece(
    api: ApiServer, fleet: Observed
) -> None:
    api.put(DEFINITIONS, definition("v1", "v2"))
    api.put("example.com/v1/widgets", widget("a", 3))
    api.put("example.com/v2/widgets", widget("a", 3))

    await fleet.until(lambda: sizes(fleet) == {("a", "v1", "3"), ("a", "v2", "3")})

    assert fleet.page().count("# TYPE kube_customresource_size ") == 1
    lines = [line for line in fleet.page().splitlines() if "kube_customresource_size" in line]
    assert len(lines) == 4
    assert "\n".join(lines) in fleet.page()


async def test_a_version_that_is_no_longer_served_goes_alone(
    api: ApiServer, fleet: Observed
) -> None:
    api.put(DEFINITIONS, definition("v1", "v2"))
    for version in ("v1", "v2"):
        api.put(f"example.com/{version}/widgets", widget("a", 3))

    await fleet.until(lambda: len(sizes(fleet)) == 2)
    api.put(DEFINITIONS, definition("v2"))

    await fleet.until(lambda: sizes(fleet) == {("a", "v2", "3")})


async def test_a_rebuilt_cluster_has_the_custom_resources_that_it_defines_itself(
    api: ApiServer, fleet: Observed
) -> None:
    api.put(DEFINITIONS, definition("v1", "v2"))
    for version in ("v1", "v2"):
        api.put(f"example.com/{version}/widgets", widget("a", 3))

    await fleet.until(lambda: len(sizes(fleet)) == 2)
    api.replace_identity()
    api.put(DEFINITIONS, definition("v1"))
    api.put("example.com/v1/widgets", widget("b", 4))
    api.disconnect()

    await fleet.until(lambda: sizes(fleet) == {("b", "v1", "4")})

    assert "widgets.v2" not in fleet.page()
    assert len(fleet.fleet.observations["eu-1"].health.parts["widgets.v1.example.com"]) == 1
