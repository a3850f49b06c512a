"""Being in contact with one cluster."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp.resolver import ThreadedResolver

from exporter.fleet import contact as module
from exporter.fleet.contact import Contact, Expired
from exporter.fleet.gate import Gate
from exporter.fleet.health import ClusterHealth
from exporter.kubernetes.connection import Connection
from exporter.kubernetes.errors import Forbidden, IdentityChanged, Unreachable
from exporter.simulation import faults
from exporter.simulation.api_server import ApiServer
from exporter.simulation.faults import Fault
from tests.fleet.conftest import cluster

pytestmark = pytest.mark.usefixtures("hurried")

WANTED = [(("v1", "pods"),), (("apps/v1", "deployments"),)]


@pytest.fixture
def api() -> ApiServer:
    return ApiServer("eu-1")


@pytest.fixture
async def health() -> ClusterHealth:
    return ClusterHealth("eu-1")


@pytest.fixture
async def contact(api: ApiServer, health: ClusterHealth) -> AsyncIterator[Contact]:
    async with api.serving() as url:
        server = cluster("eu-1", url).server
        assert server is not None
        connection = Connection(server, health.observe_request, "tests", ThreadedResolver())
        yield Contact(connection, health, WANTED)
        await connection.close()


async def ending(contact: Contact, *, expired: bool = False) -> None:
    async with asyncio.timeout(10):
        await contact.watch_over(lambda: expired)


async def test_a_cluster_that_was_met_is_known(
    api: ApiServer, contact: Contact, health: ClusterHealth
) -> None:
    api.unserved = {"apps/v1/deployments"}

    await contact.meet(Gate(1, patience=10))

    assert (health.up, health.uid, health.version.minor) == (True, api.uid, 36)
    assert ("v1", "pods") in contact.served
    assert ("apps/v1", "deployments") not in contact.served


async def test_who_may_not_read_the_version_reads_the_cluster_all_the_same(
    api: ApiServer, contact: Contact, health: ClusterHealth
) -> None:
    api.faults.append(Fault(faults.status(403, "Forbidden"), on=faults.path("/version")))

    await contact.meet(Gate(1, patience=10))

    assert health.up
    assert health.version.git_version == ""


async def test_meeting_goes_on_until_the_cluster_answers(
    api: ApiServer, contact: Contact, health: ClusterHealth
) -> None:
    api.faults.append(Fault(faults.html_error(503), times=3))

    await contact.meet(Gate(1, patience=10))

    assert health.up
    assert health.requests["GET", "503"] == 3


async def test_a_cluster_that_does_not_answer_gives_up_its_turn_between_two_attempts(
    api: ApiServer, contact: Contact, health: ClusterHealth
) -> None:
    silent = Fault(faults.html_error(503))
    api.faults.append(silent)
    meetings = Gate(1, patience=60)
    meeting = asyncio.create_task(contact.meet(meetings))
    async with asyncio.timeout(10):
        while not silent.hits:
            await asyncio.sleep(0.01)

        async with meetings.turn("another"):
            assert not health.up

    api.faults.clear()
    await meeting


async def test_another_cluster_ends_the_contact(api: ApiServer, contact: Contact) -> None:
    await contact.meet(Gate(1, patience=10))
    api.replace_identity()

    with pytest.raises(IdentityChanged):
        await ending(contact)


async def test_a_cluster_that_is_given_up_ends_the_contact(contact: Contact) -> None:
    await contact.meet(Gate(1, patience=10))

    with pytest.raises(Expired):
        await ending(contact, expired=True)


async def test_a_kind_that_is_served_later_is_found(api: ApiServer, contact: Contact) -> None:
    api.unserved = {"apps/v1/deployments"}
    await contact.meet(Gate(1, patience=10))
    watching = asyncio.create_task(ending(contact))
    api.unserved = set()

    async with asyncio.timeout(10):
        while ("apps/v1", "deployments") not in contact.served:
            await asyncio.sleep(0.01)

    watching.cancel()


async def test_an_upgrade_is_noticed(
    api: ApiServer, contact: Contact, health: ClusterHealth, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "REVIEW", 0.1)
    await contact.meet(Gate(1, patience=10))
    watching = asyncio.create_task(ending(contact))
    api.version = "v1.37.0"

    async with asyncio.timeout(10):
        while health.version.minor != 37:
            await asyncio.sleep(0.01)

    watching.cancel()


async def test_a_fault_of_one_kind_makes_the_next_look_come_soon(
    api: ApiServer, contact: Contact, health: ClusterHealth, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PROBE", 3600.0)
    await contact.meet(Gate(1, patience=10))
    watching = asyncio.create_task(ending(contact))
    await asyncio.sleep(0)
    await api.go_down()

    contact.faulted(Forbidden(403, "which says nothing of the cluster"))
    contact.faulted(Unreachable("refused", "which does"))

    async with asyncio.timeout(10):
        while health.up:
            await asyncio.sleep(0.01)

    watching.cancel()
