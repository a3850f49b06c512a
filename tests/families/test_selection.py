"""Which families, labels and annotations are shown."""

from __future__ import annotations

import pytest

from exporter.families.family import Families
from exporter.families.selection import Selection


def included(selection: Selection, name: str, *, opt_in: bool = False) -> bool:
    def family(thing: object) -> int:
        """Help."""
        return 1

    family.__name__ = name
    families: Families[object] = Families()
    families.number(opt_in=opt_in)(family)
    return selection.includes(families.families[0])


def test_everything_but_opt_in_families_is_shown_unless_a_choice_is_made() -> None:
    assert included(Selection(), "kube_pod_info")
    assert not included(Selection(), "kube_pod_nodeselectors", opt_in=True)


def test_the_opt_in_list_names_families() -> None:
    selection = Selection(metric_opt_in_list=("kube_pod_nodeselectors",))

    assert included(selection, "kube_pod_nodeselectors", opt_in=True)
    assert not included(selection, "kube_other", opt_in=True)


def test_the_allow_list_is_of_expressions_that_may_match_anywhere() -> None:
    selection = Selection(metric_allowlist=("deployment_status_replicas", "^kube_node_.*"))

    assert included(selection, "kube_deployment_status_replicas")
    assert included(selection, "kube_deployment_status_replicas_ready")
    assert included(selection, "kube_node_info")
    assert not included(selection, "kube_pod_info")


def test_the_deny_list_hides_what_matches() -> None:
    selection = Selection(metric_denylist=("kube_job",))

    assert not included(selection, "kube_job_info")
    assert included(selection, "kube_cronjob_info")


def test_allowing_does_not_opt_in_and_opting_in_does_not_allow() -> None:
    allowed = Selection(metric_allowlist=("kube_pod_.*",))
    opted = Selection(metric_allowlist=("kube_node_.*",), metric_opt_in_list=("kube_pod_.*",))

    assert not included(allowed, "kube_pod_nodeselectors", opt_in=True)
    assert not included(opted, "kube_pod_nodeselectors", opt_in=True)


LABELS = {"app": "1", "app.kubernetes.io/name": "2", "team": "3", "a/b": "4"}


def kept(*patterns: str) -> list[str] | None:
    keys = Selection(labels_allow_list={"pods": patterns}).keys("labels", "pods")
    return None if keys is None else list(keys(LABELS))


@pytest.mark.parametrize(
    ("patterns", "shown"),
    [
        (("*",), ["app", "app.kubernetes.io/name", "team", "a/b"]),
        (("*", "nope"), ["app", "app.kubernetes.io/name", "team", "a/b"]),
        (("app",), ["app"]),
        (("nope",), []),
        (("app*",), ["app", "app.kubernetes.io/name"]),
        (("*name",), ["app.kubernetes.io/name"]),
        (("a*p",), ["app"]),
        (("app*p",), []),
        (("team", "*"), ["team"]),
    ],
)
def test_a_label_list_names_keys_or_patterns_with_one_star(
    patterns: tuple[str, ...], shown: list[str]
) -> None:
    assert kept(*patterns) == shown


def test_without_a_list_or_with_an_empty_one_no_label_is_shown() -> None:
    assert kept() is None
    assert Selection().keys("labels", "pods") is None
    assert Selection(labels_allow_list={"pods": ("*",)}).keys("labels", "nodes") is None


def test_labels_and_annotations_are_chosen_apart() -> None:
    selection = Selection(labels_allow_list={"pods": ("*",)})

    assert selection.keys("annotations", "pods") is None


def test_a_list_for_all_resources_replaces_every_other() -> None:
    keys = Selection(labels_allow_list={"*": ("*",), "pods": ("app",)}).keys("labels", "pods")

    assert keys is not None
    assert keys(LABELS) == LABELS
