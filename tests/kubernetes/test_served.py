"""Which kinds a server serves."""

from __future__ import annotations

import pytest

from exporter.kubernetes.connection import Connection
from exporter.kubernetes.errors import ServerError
from exporter.kubernetes.served import find_served
from exporter.simulation import faults
from exporter.simulation.api_server import ApiServer
from exporter.simulation.faults import Fault

VERSIONS = ("v1", "apps/v1", "events.k8s.io/v1")


@pytest.mark.parametrize("aggregated", [True, False])
async def test_both_forms_of_discovery_say_the_same(
    api: ApiServer, connection: Connection, aggregated: bool
) -> None:
    api.serves_aggregated_discovery = aggregated
    api.unserved = {"apps/v1/daemonsets"}

    served = await find_served(connection, VERSIONS)

    assert ("v1", "pods") in served
    assert ("apps/v1", "deployments") in served
    assert ("apps/v1", "daemonsets") not in served
    assert ("example.com/v1", "widgets") not in served


async def test_two_requests_are_enough_for_the_aggregated_form(
    api: ApiServer, connection: Connection
) -> None:
    await find_served(connection, VERSIONS)

    assert [request.path for request in api.requests] == ["/api", "/apis"]


async def test_a_version_that_is_not_served_serves_nothing(
    api: ApiServer, connection: Connection
) -> None:
    api.serves_aggregated_discovery = False

    served = await find_served(connection, ("example.com/v1",))

    assert ("example.com/v1", "widgets") not in served


async def test_what_we_may_not_know_counts_as_served(
    api: ApiServer, connection: Connection
) -> None:
    api.faults.append(Fault(faults.status(403, "Forbidden")))

    served = await find_served(connection, VERSIONS)

    assert ("v1", "pods") in served
    assert ("apps/v1", "deployments") in served


async def test_a_server_that_fails_is_not_taken_for_one_that_serves_nothing(
    api: ApiServer, connection: Connection
) -> None:
    api.faults.append(Fault(faults.html_error(503), on=faults.path("/apis")))

    with pytest.raises(ServerError):
        await find_served(connection, VERSIONS)
