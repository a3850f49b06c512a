"""A whole simulated fleet over HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from base64 import urlsafe_b64decode
from pathlib import Path

import pytest
import trustme
from aiohttp import ClientConnectorError, ClientSession

from exporter.simulation.fleet import SimulatedFleet, kubeconfig
from exporter.simulation.scenarios import SCENARIOS, Clusters, Scenario


async def test_every_context_of_the_kubeconfig_leads_to_a_cluster_with_its_pods() -> None:
    async with SimulatedFleet(3, 20) as fleet, ClientSession() as session:
        kubeconfig = fleet.kubeconfig()
        servers = {each["name"]: each["cluster"]["server"] for each in kubeconfig["clusters"]}
        users = {each["name"] for each in kubeconfig["users"]}
        uids = set()
        for context in kubeconfig["contexts"]:
            assert context["context"]["user"] in users
            url = servers[context["context"]["cluster"]]
            async with session.get(f"{url}/api/v1/pods") as response:
                assert len((await response.json())["items"]) == 20
            async with session.get(f"{url}/api/v1/namespaces/kube-system") as response:
                uids.add((await response.json())["metadata"]["uid"])
        assert [each["name"] for each in kubeconfig["contexts"]] == list(servers)
        assert kubeconfig["current-context"] == "eu-west-1-prod"
        assert len(uids) == len(servers) == 3
        assert fleet.pods == 60


async def test_a_fleet_speaks_tls_and_its_kubeconfig_names_the_authority(tmp_path: Path) -> None:
    authority, file = trustme.CA(), tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(file)
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(ours)
    async with SimulatedFleet(2, 5, ssl_context=ours) as fleet, ClientSession() as session:
        for each in kubeconfig(fleet.urls, file)["clusters"]:
            trusting = ssl.create_default_context(cafile=each["cluster"]["certificate-authority"])
            async with session.get(
                f"{each['cluster']['server']}/version", ssl=trusting
            ) as response:
                assert response.status == 200


async def test_clusters_are_no_longer_served_when_the_block_ends() -> None:
    async with SimulatedFleet(1, 5) as fleet:
        [url] = fleet.urls.values()
    async with ClientSession() as session:
        with pytest.raises(ClientConnectorError):
            await session.get(url)


async def test_the_end_of_the_block_does_not_wait_for_watches() -> None:
    async with ClientSession() as session, contextlib.AsyncExitStack() as watches:
        async with SimulatedFleet(1, 5) as fleet:
            [url] = fleet.urls.values()
            await watches.enter_async_context(session.get(f"{url}/api/v1/pods?watch=1"))
            async with asyncio.timeout(20):
                while not fleet.clusters[0].server.open_watches["pods"]:
                    await asyncio.sleep(0)
        assert fleet.clusters[0].server.open_watches["pods"] == 0


async def test_an_error_in_the_block_is_raised_as_it_is() -> None:
    with pytest.raises(ZeroDivisionError):
        async with SimulatedFleet(1, 5):
            raise ZeroDivisionError


async def test_a_scenario_that_fails_ends_the_block(monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(clusters: Clusters, speed: float = 1.0) -> None:
        raise ZeroDivisionError

    monkeypatch.setitem(SCENARIOS, "broken", Scenario(broken))
    with pytest.raises(ExceptionGroup) as caught:
        async with SimulatedFleet(1, 5, "broken"):
            await asyncio.sleep(20)

    assert caught.group_contains(ZeroDivisionError)


def test_tokens_end_in_a_year_or_in_a_week() -> None:
    document = kubeconfig(dict.fromkeys(("a", "b", "c"), "http://127.0.0.1:9"))
    tokens = {each["name"]: each["user"]["token"] for each in document["users"]}

    days = []
    for context in document["contexts"]:
        claims = tokens[context["context"]["user"]].split(".")[1]
        found = json.loads(urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        days.append((found["exp"] - found["iat"]) / 86400)
    assert days == [365, 7, 365]


async def test_all_is_well_before_a_scenario_begins_that_is_not_about_troubled_pods() -> None:
    async with (
        SimulatedFleet(1, 200, "steady") as troubled,
        SimulatedFleet(1, 200, "rollout") as well,
    ):
        assert troubled.clusters[0].crash_looping != []
        phases = {pod["status"]["phase"] for pod in well.clusters[0].server.objects("pods")}
        assert phases == {"Running", "Succeeded"}


def test_an_unknown_scenario_is_an_error() -> None:
    with pytest.raises(KeyError, match="doom"):
        SimulatedFleet(1, 1, "doom")
