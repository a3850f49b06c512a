from pathlib import Path

import msgspec
import pytest

from exporter.kinds.custom.document import Document
from exporter.planning import Planning
from exporter.settings import (
    ClusterOverride,
    Collect,
    CollectOverride,
    Events,
    Settings,
    SettingsError,
    Web,
)

SETTINGS = Settings(collect=Collect(resources=("pods",)))


def with_override(override: ClusterOverride) -> Settings:
    return msgspec.structs.replace(SETTINGS, clusters={"eu-*": override})


def test_settings_that_ask_for_the_same_again_get_the_same_plan() -> None:
    planning = Planning()
    before = planning.plans(SETTINGS).plan("eu-1")
    after = planning.plans(msgspec.structs.replace(SETTINGS, web=Web(external_url="http://a")))

    assert after.plan("eu-1") is before


def test_what_is_read_of_every_cluster_makes_other_plans() -> None:
    planning = Planning()
    before = planning.plans(SETTINGS).plan("eu-1")
    after = planning.plans(msgspec.structs.replace(SETTINGS, events=Events(False))).plan("eu-1")

    assert (before.events, after.events) == (True, False)


def test_an_override_changes_the_plans_of_its_clusters_alone() -> None:
    planning = Planning()
    before = planning.plans(SETTINGS)
    old = before.plan("eu-1"), before.plan("us-1")
    override = ClusterOverride(collect=CollectOverride(resources=("nodes", "pods")))
    after = planning.plans(with_override(override))

    assert after.plan("eu-1") is not old[0]
    assert after.plan("us-1") is old[1]
    assert {kind.resource for kind in after.plan("eu-1").kinds} == {"nodes", "pods"}
    assert after.kinds.items() >= old[1].kinds.items()
    assert planning.plans(with_override(override)).plan("eu-1") is after.plan("eu-1")


def test_with_custom_resources_alone_an_override_adds_no_kinds() -> None:
    override = ClusterOverride(collect=CollectOverride(resources=("nodes",)))
    settings = msgspec.structs.replace(
        with_override(override), collect=Collect(custom_resources_only=True)
    )

    assert Planning().plans(settings).plan("eu-1").kinds == {}


def test_a_changed_document_about_custom_resources_makes_another_plan(tmp_path: Path) -> None:
    document = tmp_path / "document.yaml"
    settings = Settings(collect=Collect(custom_resource_state_config_file=str(document)))
    planning = Planning()
    document.write_text("spec: {resources: []}")
    before = planning.plans(settings).plan("eu-1")
    same = planning.plans(settings).plan("eu-1")
    document.write_text("spec: {resources: []}  # changed")

    assert isinstance(before.custom_resources, Document)
    assert same is before
    assert planning.plans(settings).plan("eu-1") is not before


def test_a_document_that_cannot_be_used_is_refused_by_name(tmp_path: Path) -> None:
    document = tmp_path / "document.yaml"
    settings = Settings(collect=Collect(custom_resource_state_config_file=str(document)))
    with pytest.raises(SettingsError, match=r"document\.yaml: cannot be read"):
        Planning().plans(settings)

    document.write_text("spec: [")
    with pytest.raises(SettingsError, match=r"document\.yaml: "):
        Planning().plans(settings)


def test_what_any_cluster_has_to_allow_includes_what_is_read_of_some() -> None:
    override = ClusterOverride(collect=CollectOverride(resources=("nodes",)))
    widest = Planning().plans(with_override(override)).widest

    assert {kind.resource for kind in widest.kinds} == {"nodes", "pods"}
