"""The version an API server says it has."""

from __future__ import annotations

import pytest

from exporter.kubernetes.connection import Connection
from exporter.kubernetes.errors import Malformed
from exporter.kubernetes.version import Version, read_version
from exporter.simulation import faults
from exporter.simulation.api_server import ApiServer
from exporter.simulation.faults import Fault


@pytest.mark.parametrize(
    ("git_version", "minor", "patch", "platform_name"),
    [
        ("v1.36.3", 36, 3, ""),
        ("v1.33.4-gke.1350000", 33, 4, "gke"),
        ("v1.31.9-eks-5d4a308", 31, 9, "eks"),
        ("v1.30.14+k3s1", 30, 14, "k3s"),
        ("v1.32.0-rc.1+rke2r1", 32, 0, "rke2"),
        ("v1.29", 29, None, ""),
        ("unknown", None, None, ""),
        ("", None, None, ""),
    ],
)
def test_numbers_and_platform_are_read_off_the_version(
    git_version: str, minor: int | None, patch: int | None, platform_name: str
) -> None:
    version = Version(git_version=git_version)

    assert (version.minor, version.patch, version.platform_name) == (minor, patch, platform_name)


async def test_the_server_is_asked(api: ApiServer, connection: Connection) -> None:
    api.version = "v1.30.14"

    assert (await read_version(connection)).git_version == "v1.30.14"


async def test_something_else_at_the_path_is_malformed(
    api: ApiServer, connection: Connection
) -> None:
    api.faults.append(Fault(faults.garbage()))

    with pytest.raises(Malformed):
        await read_version(connection)
