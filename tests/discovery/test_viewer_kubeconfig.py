from __future__ import annotations

import asyncio
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import trustme
import yaml

from exporter.discovery.viewer_kubeconfig import VALIDITY, ViewerKubeconfig
from exporter.kubernetes import credentials as credentials_module
from exporter.kubernetes.credentials import KeyPair, UserCredentials
from exporter.kubernetes.errors import CredentialsError, RefusedByPolicy
from exporter.kubernetes.kubeconfig import parse
from exporter.kubernetes.trust import Allow
from tests.discovery.garden import Garden
from tests.discovery.simulated_hub import TOKEN, SimulatedHub, kubeconfig

WHERE = "/apis/core.gardener.cloud/v1beta1/namespaces/garden-shop/shoots"


@pytest.fixture
def garden(hub: SimulatedHub) -> Garden:
    return Garden(hub.server)


def viewer(hub: SimulatedHub, shoot: str = "eu-1", at_once: int = 4) -> ViewerKubeconfig:
    text = yaml.safe_dump(kubeconfig(hub.url)).encode()
    allow = Allow(local_addresses=True, insecure_tls=True)
    garden = parse(text, "the garden", allow).server("x")
    turns = asyncio.Semaphore(at_once)
    path = f"{WHERE}/{shoot}/viewerkubeconfig"
    return ViewerKubeconfig(garden, path, f"shoot garden-shop/{shoot}", Allow(), turns)


async def test_what_is_given_is_presented_until_it_expires(
    hub: SimulatedHub, garden: Garden
) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    credential = await viewer(hub).read()

    assert (credential.authorization, credential.rotation) == ("Bearer eu-1-1", "auto")
    assert credential.expires is not None
    assert before < credential.expires - timedelta(seconds=VALIDITY) <= datetime.now(UTC)
    assert garden.wanted == [{"expirationSeconds": VALIDITY}]
    assert hub.server.requests[-1].headers["Authorization"] == f"Bearer {TOKEN}"


async def test_a_client_certificate_as_gardener_gives_it_is_presented(
    hub: SimulatedHub, garden: Garden
) -> None:
    issued = trustme.CA().issue_cert("viewer")
    certificate = issued.cert_chain_pems[0].bytes()
    key = issued.private_key_pem.bytes()
    garden.user = {
        "client-certificate-data": b64encode(certificate).decode(),
        "client-key-data": b64encode(key).decode(),
    }
    credential = await viewer(hub).read()

    assert credential.key_pair == KeyPair(certificate, key)
    assert credential.expires is not None


@pytest.mark.parametrize(("validity", "due"), [(3600, 3540), (600, 540), (100, 80)])
async def test_another_one_is_asked_for_before_it_expires(
    hub: SimulatedHub,
    garden: Garden,
    monkeypatch: pytest.MonkeyPatch,
    validity: int,
    due: int,
) -> None:
    """However short the garden's operator wants them."""
    clock = [0.0]
    monkeypatch.setattr(credentials_module, "_now", lambda: clock[0])
    garden.validity = validity
    presented = UserCredentials(viewer(hub))
    first = await presented.current()
    clock[0] = due - 5
    second = await presented.current()
    clock[0] = due + 1
    third = await presented.current()

    assert [one.authorization for one in (first, second, third)] == [
        "Bearer eu-1-1",
        "Bearer eu-1-1",
        "Bearer eu-1-2",
    ]


async def test_while_the_garden_is_away_the_last_one_is_presented_until_its_end(
    hub: SimulatedHub, garden: Garden, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    monkeypatch.setattr(credentials_module, "_now", lambda: clock[0])
    presented = UserCredentials(viewer(hub))
    await presented.current()
    await hub.server.go_down()
    clock[0] = VALIDITY - 30
    assert (await presented.current()).authorization == "Bearer eu-1-1"
    clock[0] = VALIDITY + 1
    with pytest.raises(CredentialsError, match="shoot garden-shop/eu-1: viewerkubeconfig: "):
        await presented.current()

    await hub.server.come_back()
    clock[0] = VALIDITY + 60
    assert (await presented.current()).authorization == "Bearer eu-1-2"


async def test_one_that_is_rejected_is_asked_for_again(hub: SimulatedHub, garden: Garden) -> None:
    """After the Shoot's authority for clients was rotated."""
    presented = UserCredentials(viewer(hub))
    presented.rejected(await presented.current())

    assert (await presented.current()).authorization == "Bearer eu-1-2"


async def test_no_more_than_a_few_are_asked_for_at_a_time(
    hub: SimulatedHub, garden: Garden
) -> None:
    one = viewer(hub, at_once=2)
    await asyncio.gather(*(one.read() for _ in range(6)))

    assert (len(garden.asked), garden.most_at_once) == (6, 2)


@pytest.mark.parametrize(
    ("status", "says"),
    [
        ({"kubeconfig": "%%%"}, "status.kubeconfig: is not base64"),
        ({"kubeconfig": ""}, "is empty"),
        ({"kubeconfig": b64encode(f"token: [{TOKEN}".encode()).decode()}, "is not YAML"),
        ({"expirationTimestamp": "soon"}, "expirationTimestamp"),
    ],
)
async def test_what_cannot_be_used_is_told_and_not_quoted(
    hub: SimulatedHub, garden: Garden, status: dict[str, Any], says: str
) -> None:
    garden.status = status
    with pytest.raises(CredentialsError, match=says) as raised:
        await viewer(hub).read()

    assert str(raised.value).startswith("shoot garden-shop/eu-1: viewerkubeconfig: ")
    assert TOKEN not in str(raised.value)


async def test_a_garden_cannot_make_us_do_what_is_not_allowed(
    hub: SimulatedHub, garden: Garden
) -> None:
    garden.user = {"tokenFile": "/etc/shadow"}
    with pytest.raises(RefusedByPolicy, match="file_paths"):
        await viewer(hub).read()
