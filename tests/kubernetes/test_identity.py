"""Which cluster answers."""

from __future__ import annotations

import asyncio

import pytest

from exporter.kubernetes.connection import Connection
from exporter.kubernetes.errors import IdentityChanged, Malformed, ServerError
from exporter.kubernetes.identity import Identity
from exporter.simulation import faults
from exporter.simulation.api_server import ApiServer
from exporter.simulation.faults import Fault

PATH = "/api/v1/namespaces/kube-system"


async def test_a_cluster_is_known_by_the_uid_of_kube_system(
    api: ApiServer, connection: Connection
) -> None:
    identity = Identity(connection)

    await identity.verify()

    assert identity.uid == api.uid


async def test_only_its_metadata_is_asked_for(api: ApiServer, connection: Connection) -> None:
    await Identity(connection).verify()

    assert "as=PartialObjectMetadata;" in api.requests[-1].headers["Accept"]


async def test_a_rebuilt_cluster_at_the_same_address_is_another_one(
    api: ApiServer, connection: Connection
) -> None:
    identity = Identity(connection)
    await identity.verify()
    before = api.uid
    api.replace_identity()

    with pytest.raises(IdentityChanged) as caught:
        await identity.verify()

    assert (caught.value.before, caught.value.now) == (before, api.uid)


async def test_who_may_list_namespaces_but_not_get_one_still_learns_it(
    api: ApiServer, connection: Connection
) -> None:
    api.faults.append(Fault(faults.status(403, "Forbidden"), on=faults.path(PATH)))
    identity = Identity(connection)

    await identity.verify()

    assert identity.uid == api.uid


async def test_who_may_see_no_namespace_reads_a_cluster_without_identity(
    api: ApiServer, connection: Connection
) -> None:
    api.forbidden = {"namespaces"}
    identity = Identity(connection)

    await identity.verify()

    assert identity.uid == ""


async def test_many_who_ask_at_once_share_the_next_question(
    api: ApiServer, connection: Connection
) -> None:
    identity = Identity(connection)

    await asyncio.gather(*(identity.verify() for _ in range(30)))

    assert len(api.requests) <= 2


async def test_who_comes_while_a_question_is_open_gets_an_answer_that_began_later(
    api: ApiServer, connection: Connection
) -> None:
    identity = Identity(connection)
    await identity.verify()
    api.faults.append(Fault(faults.delay(0.2), on=faults.path(PATH), times=1))
    early = asyncio.create_task(identity.verify())
    while not api.faults[0].hits:
        await asyncio.sleep(0)

    late = asyncio.create_task(identity.verify())
    await asyncio.sleep(0)
    await early

    assert len(api.requests) == 2
    await late
    assert len(api.requests) == 3


async def test_a_failure_is_shared_as_well(api: ApiServer, connection: Connection) -> None:
    api.faults.append(Fault(faults.html_error(503)))
    identity = Identity(connection)

    found = await asyncio.gather(*(identity.verify() for _ in range(9)), return_exceptions=True)

    assert all(isinstance(one, ServerError) for one in found)
    assert len(api.requests) <= 2


async def test_who_gives_up_does_not_spoil_it_for_the_others(
    api: ApiServer, connection: Connection
) -> None:
    api.faults.append(Fault(faults.delay(0.2), on=faults.path(PATH), times=1))
    identity = Identity(connection)
    asking = asyncio.create_task(identity.verify())
    while not api.faults[0].hits:
        await asyncio.sleep(0)

    waiting = asyncio.create_task(identity.verify())
    await asyncio.sleep(0)
    asking.cancel()
    await waiting

    assert identity.uid == api.uid


async def test_an_answer_that_is_no_namespace_is_malformed(
    api: ApiServer, connection: Connection
) -> None:
    api.faults.append(Fault(faults.garbage(), on=faults.path(PATH)))

    with pytest.raises(Malformed):
        await Identity(connection).verify()
