"""Where simulated clusters are: their names, cloud providers, zones and versions."""

from __future__ import annotations

import random
from typing import Literal, NamedTuple

Provider = Literal["aws", "gce", "azure"]
"""The scheme of a node's providerID."""


class Region(NamedTuple):
    """One region of one cloud."""

    name: str
    provider: Provider
    zones: tuple[str, ...]


def _aws(name: str) -> Region:
    return Region(name, "aws", tuple(name + letter for letter in "abc"))


def _gce(name: str) -> Region:
    return Region(name, "gce", tuple(f"{name}-{letter}" for letter in "abc"))


def _azure(name: str) -> Region:
    return Region(name, "azure", tuple(f"{name}-{number}" for number in "123"))


_REGIONS = (
    _aws("eu-west-1"),
    _aws("us-east-1"),
    _gce("europe-west4"),
    _aws("ap-southeast-1"),
    _azure("westeurope"),
    _aws("eu-central-1"),
    _gce("us-central1"),
    _aws("us-west-2"),
    _azure("eastus2"),
    _aws("ap-northeast-1"),
    _gce("asia-east1"),
    _aws("sa-east-1"),
    _azure("northeurope"),
    _aws("eu-north-1"),
    _gce("europe-north1"),
    _aws("ca-central-1"),
    _azure("southeastasia"),
    _aws("ap-south-1"),
    _gce("australia-southeast1"),
    _aws("me-south-1"),
)
_STAGES = ("prod", "staging", "dev", "qa", "perf")

_LATEST_PATCH = {30: 14, 31: 14, 32: 12, 33: 9, 34: 6, 35: 4, 36: 3}
"""The newest patch of each Kubernetes minor that simulated clusters run."""


def place(index: int) -> tuple[str, Region]:
    """The name and region of the cluster with this number: `eu-west-1-prod`, each name once."""
    round_number, region_index = divmod(index, len(_REGIONS))
    repetition, stage_index = divmod(round_number, len(_STAGES))
    region = _REGIONS[region_index]
    name = f"{region.name}-{_STAGES[stage_index]}"
    return (f"{name}-{repetition + 1}" if repetition else name), region


def git_version(region: Region, chance: random.Random, *, minor: int | None = None) -> str:
    """A Kubernetes version as the provider of the region writes it; of any minor if not given."""
    minor = minor or chance.choice(list(_LATEST_PATCH))
    version = f"v1.{minor}.{chance.randint(max(0, _LATEST_PATCH[minor] - 3), _LATEST_PATCH[minor])}"
    match region.provider:
        case "aws":
            return f"{version}-eks-{chance.getrandbits(28):07x}"
        case "gce":
            return f"{version}-gke.{chance.randint(1000, 1999)}000"
        case "azure":
            return version


def minor_of(version: str) -> int:
    """33 of `v1.33.4-eks-113cf36`."""
    return int(version.split(".")[1])


def kubelet_version(region: Region, cluster_version: str, chance: random.Random) -> str:
    """The version of a node: that of the cluster, or one minor behind while it is upgraded."""
    minor = minor_of(cluster_version)
    if minor - 1 in _LATEST_PATCH and chance.random() < 0.1:
        return git_version(region, chance, minor=minor - 1)
    return cluster_version
