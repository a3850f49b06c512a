"""The manifests allow what is read, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from exporter.planning import Planning
from exporter.rbac import guessed_plural, manifests
from exporter.settings import Collect, Events, Poll, Settings


def rules(settings: Settings) -> list[dict[str, Any]]:
    documents = list(yaml.safe_load_all(manifests(Planning().plans(settings).widest)))
    return [rule for document in documents for rule in document.get("rules", [])]


def only(resource: str, *, events: bool = False) -> Settings:
    return Settings(collect=Collect(resources=(resource,)), events=Events(enabled=events))


def test_what_is_read_may_be_listed_and_watched_and_no_more() -> None:
    listing, identity = rules(only("pods"))

    assert listing == {"apiGroups": [""], "resources": ["pods"], "verbs": ["list", "watch"]}
    assert identity == {
        "apiGroups": [""],
        "resources": ["namespaces"],
        "resourceNames": ["kube-system"],
        "verbs": ["get"],
    }


def test_what_is_polled_may_be_listed_and_not_watched() -> None:
    collect = Collect(resources=("nodes", "pods", "secrets"), poll=Poll(("nodes", "secrets")))

    found = rules(Settings(collect=collect, events=Events(enabled=False)))

    verbs = {one: rule["verbs"] for rule in found for one in rule["resources"]}
    assert verbs == {
        "nodes": ["list"],
        "pods": ["list", "watch"],
        "secrets": ["list"],
        "namespaces": ["get"],
    }


def test_events_are_allowed_in_both_apis_where_they_are_counted() -> None:
    groups = {
        group
        for rule in rules(only("pods", events=True))
        if "events" in rule["resources"]
        for group in rule["apiGroups"]
    }

    assert groups == {"", "events.k8s.io"}


def test_nothing_is_allowed_by_wildcard_and_nothing_may_be_written() -> None:
    for rule in rules(Settings()):
        assert "*" not in [*rule["apiGroups"], *rule["resources"], *rule["verbs"]]
        assert set(rule["verbs"]) <= {"get", "list", "watch"}


def test_every_role_is_bound_to_the_account() -> None:
    documents = list(yaml.safe_load_all(manifests(Planning().plans(Settings()).widest)))
    roles = {one["metadata"]["name"] for one in documents if one["kind"] == "ClusterRole"}
    bound = {one["roleRef"]["name"] for one in documents if one["kind"] == "ClusterRoleBinding"}
    accounts = {
        (subject["name"], subject["namespace"])
        for one in documents
        for subject in one.get("subjects", [])
    }

    assert roles == bound
    (account,) = [one["metadata"] for one in documents if one["kind"] == "ServiceAccount"]
    assert accounts == {(account["name"], account["namespace"])}


def test_the_manifests_follow_the_settings() -> None:
    more = msgspec.structs.replace(only("pods"), collect=Collect(resources=("pods", "nodes")))

    assert rules(more)[0]["resources"] == ["nodes", "pods"]


@pytest.mark.parametrize(
    ("kind", "plural"),
    [("Widget", "widgets"), ("Policy", "policies"), ("Ingress", "ingresses"), ("*", "*")],
)
def test_a_plural_that_a_document_does_not_tell_is_guessed_as_kubernetes_does(
    kind: str, plural: str
) -> None:
    assert guessed_plural(kind) == plural


def test_custom_resources_and_their_definitions_may_be_read_where_a_document_names_them(
    tmp_path: Path,
) -> None:
    file = tmp_path / "document.yaml"
    file.write_text(
        "kind: CustomResourceStateMetrics\n"
        "spec: {resources: [{groupVersionKind: {group: example.com, version: v1, kind: Widget},"
        " metrics: []}]}\n"
    )
    found = rules(Settings(collect=Collect(custom_resource_state_config_file=str(file))))

    allowed = {(rule["apiGroups"][0], one) for rule in found for one in rule["resources"]}
    assert ("example.com", "widgets") in allowed
    assert ("apiextensions.k8s.io", "customresourcedefinitions") in allowed
