"""
A real hub that many systems use at once: nobody takes another one's objects for its own, and the
rights on the page of each system are enough for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import yaml

from tests.controlplane.client import ApiClient, Object
from tests.controlplane.cluster import Cluster
from tests.controlplane.deadline import eventually
from tests.controlplane.objects import namespace
from tests.discovery.garden import Garden
from tests.e2e.discovery import Exporter, declared, exporter_with
from tests.e2e.garden import garden_before
from tests.e2e.hub_objects import WHERE, defined, remove_namespace
from tests.e2e.member import Member
from tests.e2e.rights import RBAC, roles
from tests.e2e.services import Services
from tests.e2e.systems import SYSTEMS, by_argocd

pytestmark = [
    pytest.mark.controlplane,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(240),
]

STATES = ("well", "broken", "leaving")
TWICE = {"again": "ocm-well", "heir": "ocm-leaving"}
"""Names that Argo CD has for clusters which another system, declared before it, knows as well."""


@pytest_asyncio.fixture(loop_scope="session")
async def members() -> AsyncIterator[dict[str, Member]]:
    """Three for each system: one that stays well, one that rejects us, and one that will leave."""
    services = Services()
    async with services.serving(), AsyncExitStack() as stack:
        made = {f"{system}-{state}": Member(f"{system}-{state}")
                for system in SYSTEMS for state in STATES}  # fmt: skip
        for name, member in made.items():
            if name.startswith("vcluster-"):
                await stack.enter_async_context(services.virtual_cluster(member, WHERE))
            else:
                member.url = await stack.enter_async_context(member.server.serving())
            if name.startswith("gardener-"):
                member.token = f"{name}-1"
                member.server.tokens = {member.token}
            if name.endswith("-broken"):
                member.server.tokens = {"another"}
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def hub(clusters: dict[str, Cluster]) -> AsyncIterator[Cluster]:
    """With the one namespace that all share, and those that Open Cluster Management needs."""
    made, names = clusters["east"], [WHERE, *(f"ocm-{state}" for state in STATES)]
    for name in names:
        await made.api.create("/api/v1/namespaces", namespace(name))

    yield made
    async with asyncio.TaskGroup() as removing:
        for name in names:
            removing.create_task(remove_namespace(made.api, name))


async def test_all_systems_in_one_hub_give_exactly_the_right_fleet(
    hub: Cluster, members: dict[str, Member], tmp_path: Path
) -> None:
    kinds = [kind for system in SYSTEMS.values() for kind in system.kinds]
    async with (
        defined(hub.api, *kinds),
        garden_before(hub.url, hub.ca_pem, Garden()) as url,
        readers(hub.api) as tokens,
    ):
        listed_at = await written_down(hub.api, members)
        discovery = declarations(hub, url, tokens, tmp_path)
        async with exporter_with(tmp_path / "exporter", *discovery) as exporter:
            there = {name: {name} for name in members if not name.endswith("-broken")}
            names = members.keys() | TWICE.keys()

            async def is_the_fleet() -> None:
                assert await exporter.homes() == there
                told = await exporter.listed()
                assert told.keys() == names
                assert {name for name, one in told.items() if one["up"]} == there.keys()

            await eventually(is_the_fleet, within=60)
            await eventually(lambda: is_told_why_not(exporter, members), within=30)
            await eventually(lambda: are_told_of_once(exporter), within=30)
            await virtual_ones_are_marked(exporter)

            for name in (name for name in members if name.endswith("-leaving")):
                await hub.api.delete(listed_at[name])
                names.discard(name)
                del there[name]

            there["heir"] = {"ocm-leaving"}
            await eventually(is_the_fleet, within=60)


async def written_down(api: ApiClient, members: dict[str, Member]) -> dict[str, str]:
    """Let each system know its members; the path of what it lists of each, by the name."""
    listed_at: dict[str, str] = {}
    for name, member in members.items():
        written = SYSTEMS[name.partition("-")[0]].written(name, member)
        listed_at[name] = f"{written[0][0]}/{written[0][1]['metadata']['name']}"
        for where, made in written:
            await api.create(where, made)

    for other, name in TWICE.items():
        for where, made in by_argocd(other, members[name]):
            await api.create(where, made)

    return listed_at


async def is_told_why_not(exporter: Exporter, members: dict[str, Member]) -> None:
    """Those that reject us say so, and every one says which provider found it."""
    told = await exporter.listed()
    for name in members:
        assert told[name]["provider"] == SYSTEMS[name.partition("-")[0]].provider
        if name.endswith("-broken"):
            assert await exporter.conditions(name) == {"unauthorized"}


async def are_told_of_once(exporter: Exporter) -> None:
    """
    Clusters that two systems know are read under the first one's name, with the labels of both; of
    a label that both have, with the first one's value.
    """
    told, info = await exporter.listed(), await exporter.info()
    for other, name in TWICE.items():
        assert told[other]["uid"] == told[name]["uid"]
        assert await exporter.conditions(other) == {"duplicate"}
        assert await exporter.conditions(name) == {"synced"}
        labels = {key: info[name].get(key) for key in ("environment", "set", "team")}
        assert labels == {"environment": "prod", "set": "default", "team": "shop"}


async def virtual_ones_are_marked(exporter: Exporter) -> None:
    """Those inside of other clusters say so, and no others do."""
    virtual = {name for name, one in (await exporter.info()).items() if one.get("virtual")}
    assert virtual == {f"vcluster-{state}" for state in STATES}


@asynccontextmanager
async def readers(api: ApiClient) -> AsyncIterator[dict[str, str]]:
    """For each system a token of a ServiceAccount with the rights that its page gives, no more."""
    accounts = f"/api/v1/namespaces/{WHERE}/serviceaccounts"
    tokens, everywhere = {}, []
    try:
        for name, system in SYSTEMS.items():
            reader = f"reader-of-{name}"
            await api.create(accounts, {"metadata": {"name": reader}})
            for number, role in enumerate(roles(system.page)):
                given = f"{reader}-{number}"
                place = RBAC
                if role["kind"] == "Role":  # whose namespace is ours, whatever the page says
                    place = f"{RBAC}/namespaces/{WHERE}"

                for where, made in bound(role, given, reader):
                    await api.create(f"{place}/{where}", made)
                    if place == RBAC:
                        everywhere.append(f"{place}/{where}/{given}")

            answer = await api.create(f"{accounts}/{reader}/token", {"spec": {}})
            tokens[name] = answer["status"]["token"]

        yield tokens
    finally:
        for made_everywhere in everywhere:
            await api.delete(made_everywhere)


def bound(role: Object, name: str, reader: str) -> list[tuple[str, Object]]:
    """A role under another name, and its binding to a ServiceAccount, each with its plural."""
    kind, metadata = role["kind"], {"metadata": {"name": name}}
    subject = {"kind": "ServiceAccount", "name": reader, "namespace": WHERE}
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name}
    return [
        (f"{kind.lower()}s", {**metadata, "rules": role["rules"]}),
        (f"{kind.lower()}bindings", {**metadata, "subjects": [subject], "roleRef": reference}),
    ]


def declarations(
    hub: Cluster, garden: str, tokens: dict[str, str], directory: Path
) -> list[Object]:
    """One source for each system; Gardener's subresource is answered before the hub."""
    sources = []
    for name, system in SYSTEMS.items():
        kubeconfig: dict[str, Any] = hub.kubeconfig_context()
        kubeconfig["users"][0]["user"] = {"token": tokens[name]}
        if name == "gardener":
            kubeconfig["clusters"][0]["cluster"] = {"server": garden}

        file = directory / f"{name}.yaml"
        file.write_text(yaml.safe_dump(kubeconfig))
        sources.append(declared(system.provider, file, **system.fields))

    return sources
