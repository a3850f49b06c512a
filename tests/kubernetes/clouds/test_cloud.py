from importlib.machinery import ModuleSpec

import pytest

from exporter.kubernetes.clouds import cloud as clouds
from exporter.kubernetes.clouds.cloud import Aks, Cloud, Eks, Gke, missing_library

ALL: tuple[Cloud, ...] = (Eks(cluster_name="eu-1"), Gke(), Aks())


@pytest.mark.parametrize("cloud", ALL)
def test_what_is_installed_is_not_missing(cloud: Cloud) -> None:
    assert missing_library(cloud) is None


@pytest.mark.parametrize("cloud", ALL)
def test_what_is_missing_is_told_with_the_extra_that_brings_it(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find(name: str) -> ModuleSpec | None:
        if "." in name:
            raise ModuleNotFoundError(name)

        return None

    monkeypatch.setattr(clouds, "find_spec", find)

    assert missing_library(cloud) == (
        f"{cloud.name} needs {cloud.library}: pip install 'kube-fleet-exporter[{cloud.name}]'"
    )
