"""The table of kinds."""

from __future__ import annotations

import re

from exporter.kinds import DEFAULT_RESOURCES, KINDS

OPT_IN = {"kube_pod_nodeselectors", "kube_persistentvolume_csi_attributes"}

FAMILIES = [family for kind in KINDS for family in kind.families]


def test_what_kube_state_metrics_shows_only_when_asked_is_opt_in_here_and_nothing_else() -> None:
    assert {one.name for one in FAMILIES if one.opt_in} == OPT_IN


def test_a_familys_name_begins_with_its_kinds_and_is_the_only_one_of_that_name() -> None:
    for kind in KINDS:
        for family in kind.families:
            assert re.match(rf"kube_{kind.singular}(_|$)", family.name)

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


def test_there_are_all_the_families_and_kinds_of_kube_state_metrics() -> None:
    assert len(KINDS) == 39
    assert len(FAMILIES) == 336


def test_what_is_shown_by_default_is_what_kube_state_metrics_shows() -> None:
    left_out = {kind.resource for kind in KINDS} - set(DEFAULT_RESOURCES)

    assert left_out == {
        "clusterrolebindings",
        "clusterroles",
        "endpoints",
        "ingressclasses",
        "rolebindings",
        "roles",
        "serviceaccounts",
    }
