"""The table of kinds."""

from __future__ import annotations

from exporter.kinds import KINDS

STABLE = """
kube_namespace_created kube_namespace_labels kube_namespace_status_phase
kube_node_created kube_node_info kube_node_labels kube_node_spec_taint kube_node_spec_unschedulable
kube_node_status_allocatable kube_node_status_capacity kube_node_status_condition
kube_pod_completion_time kube_pod_container_info kube_pod_container_resource_limits
kube_pod_container_resource_requests kube_pod_container_state_started
kube_pod_container_status_ready kube_pod_container_status_restarts_total
kube_pod_container_status_running kube_pod_container_status_terminated
kube_pod_container_status_waiting kube_pod_container_status_waiting_reason
kube_pod_created kube_pod_info kube_pod_init_container_info kube_pod_init_container_status_ready
kube_pod_init_container_status_restarts_total kube_pod_init_container_status_running
kube_pod_init_container_status_terminated kube_pod_init_container_status_waiting
kube_pod_labels kube_pod_owner kube_pod_restart_policy
kube_pod_spec_volumes_persistentvolumeclaims_info
kube_pod_spec_volumes_persistentvolumeclaims_readonly
kube_pod_start_time kube_pod_status_phase kube_pod_status_ready kube_pod_status_scheduled
kube_pod_status_scheduled_time kube_pod_status_unschedulable
"""
"""As kube-state-metrics documents them: docs/metrics and its list of stable metrics."""

OPT_IN = {"kube_pod_nodeselectors"}

FAMILIES = [family for kind in KINDS for family in kind.families]


def test_what_kube_state_metrics_calls_stable_is_stable_here_and_nothing_else() -> None:
    assert sorted(one.name for one in FAMILIES if one.stability == "stable") == sorted(
        STABLE.split()
    )


def test_what_kube_state_metrics_shows_only_when_asked_is_opt_in_here_and_nothing_else() -> None:
    assert {one.name for one in FAMILIES if one.opt_in} == OPT_IN


def test_a_familys_name_begins_with_its_kinds_and_is_the_only_one_of_that_name() -> None:
    for kind in KINDS:
        for family in kind.families:
            assert family.name.startswith(f"kube_{kind.singular}_")

    assert len({family.name for family in FAMILIES}) == len(FAMILIES)


def test_every_counter_is_named_total_and_no_gauge_is() -> None:
    for family in FAMILIES:
        assert (family.type == "counter") == family.name.endswith("_total")


def test_a_help_is_one_sentence_that_ends() -> None:
    for family in FAMILIES:
        assert family.help.endswith("."), family.name
        assert family.help[0].isupper() or family.help[0].isdigit(), family.name
        assert len(family.help) < 120, family.name


def test_no_label_of_a_family_is_one_of_its_objects_identity() -> None:
    for kind in KINDS:
        for family in kind.families:
            assert not set(family.labels) & set(kind.identity), family.name
