"""Names, regions and versions of simulated clusters."""

from __future__ import annotations

import random
import re

from exporter.simulation.regions import git_version, kubelet_version, minor_of, place


def test_the_first_clusters_are_production_in_different_regions() -> None:
    names = [place(index)[0] for index in range(4)]

    assert names[:2] == ["eu-west-1-prod", "us-east-1-prod"]
    assert len(set(names)) == 4


def test_a_thousand_names_are_unique_and_usable_as_context_names() -> None:
    names = {place(index)[0] for index in range(1000)}

    assert len(names) == 1000
    assert all(re.fullmatch(r"[a-z0-9-]{1,63}", name) for name in names)


def test_versions_are_of_many_minors_and_written_as_providers_do() -> None:
    chance = random.Random(1)
    versions = [git_version(place(index)[1], chance) for index in range(100)]

    assert {minor_of(version) for version in versions} == set(range(30, 37))
    assert any("-eks-" in version for version in versions)
    assert any("-gke." in version for version in versions)
    assert any(re.fullmatch(r"v1\.\d+\.\d+", version) for version in versions)


def test_nodes_are_at_most_one_minor_behind_their_cluster() -> None:
    chance = random.Random(1)
    region = place(0)[1]
    minors = {minor_of(kubelet_version(region, "v1.33.4-eks-1", chance)) for _ in range(200)}

    assert minors == {32, 33}
