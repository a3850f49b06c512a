"""What we may do, as far as a server tells."""

from __future__ import annotations

from typing import Literal

import pytest

from exporter.kubernetes.access import may
from exporter.kubernetes.connection import Connection
from exporter.kubernetes.errors import Malformed, Unauthorized
from exporter.simulation import faults
from exporter.simulation.api_server import ApiServer
from exporter.simulation.faults import Fault


async def test_the_server_says_what_we_may_do(api: ApiServer, connection: Connection) -> None:
    api.forbidden = {"apps/v1/deployments"}

    assert await may(connection, "list", "v1", "pods") is True
    assert await may(connection, "list", "apps/v1", "deployments") is False


@pytest.mark.parametrize("answer", ["forbidden", "unserved"])
async def test_a_server_that_does_not_say_is_no_refusal(
    api: ApiServer, connection: Connection, answer: Literal["forbidden", "unserved"]
) -> None:
    api.access_reviews = answer

    assert await may(connection, "list", "v1", "pods") is None


async def test_who_is_not_known_learns_that(api: ApiServer, connection: Connection) -> None:
    api.tokens = {"another"}

    with pytest.raises(Unauthorized):
        await may(connection, "list", "v1", "pods")


async def test_an_answer_that_is_no_review_is_malformed(
    api: ApiServer, connection: Connection
) -> None:
    api.faults.append(Fault(faults.garbage()))

    with pytest.raises(Malformed):
        await may(connection, "list", "v1", "pods")
