"""Secrets of real API servers: their type is shown, what they hold is never asked for."""

from base64 import b64encode

import pytest

from tests.controlplane.deadline import eventually
from tests.e2e.conftest import Fleet
from tests.e2e.exporter_process import read_page

pytestmark = [
    pytest.mark.controlplane,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(240),
]


@pytest.mark.parametrize("name", ["east", "west"])
async def test_the_type_of_a_secret_is_shown_and_its_changes_are_seen(
    fleet: Fleet, name: str
) -> None:
    api = fleet.clusters[name].api
    path = "/api/v1/namespaces/shop/secrets"
    held = b64encode(b"hunter2-of-the-shop").decode()
    pair = {"username": held, "password": held}
    secret = {"metadata": {"name": "login"}, "type": "kubernetes.io/basic-auth", "data": pair}
    await api.create(path, secret)
    series = (
        f'kube_secret_type{{cluster="{name}",namespace="shop",secret="login",'
        'type="kubernetes.io/basic-auth"} 1'
    )

    async def shown() -> None:
        assert series in await read_page(f"{fleet.exporter.metrics}/clusters/{name}/metrics")

    await eventually(shown, within=30)
    await api.delete(f"{path}/login")

    async def gone() -> None:
        page = await read_page(f"{fleet.exporter.metrics}/clusters/{name}/metrics")
        assert 'secret="login"' not in page
        assert held not in page and "hunter2" not in page

    await eventually(gone, within=30)
    assert held not in fleet.exporter.process.log.read_text()
