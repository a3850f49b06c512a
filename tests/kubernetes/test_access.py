"""What we may do, as far as a server tells."""

from __future__ import annotations

from typing import Literal

import pytest

from exporter.kubernetes.access import may, read_rules
from exporter.kubernetes.connection import Connection
from exporter.kubernetes.errors import Malformed, Unauthorized
from exporter.simulation import faults
from exporter.simulation.answer import Answer, encoded
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


async def test_one_review_lists_what_we_may_do(api: ApiServer, connection: Connection) -> None:
    api.forbidden = {"apps/v1/deployments"}

    rules = await read_rules(connection)

    assert rules.allow("list", "v1", "pods")
    assert rules.allow("watch", "apps/v1", "statefulsets")
    assert not rules.allow("list", "apps/v1", "deployments")
    assert not rules.allow("list", "batch/v1", "pods")
    assert not rules.allow("create", "example.io/v1", "widgets")


@pytest.mark.parametrize(
    ("rule", "allowed"),
    [
        ({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}, True),
        ({"verbs": ["get", "list"], "apiGroups": ["", "apps"], "resources": ["pods"]}, True),
        ({"verbs": ["list"], "apiGroups": ["apps"], "resources": ["pods"]}, False),
        ({"verbs": ["list"], "apiGroups": [""], "resources": ["pods/log"]}, False),
        ({"verbs": ["watch"], "apiGroups": [""], "resources": ["pods"]}, False),
        ({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "resourceNames": ["a"]}, False),
        ({"verbs": ["*"]}, False),
        ({"verbs": ["*"], "nonResourceURLs": ["*"]}, False),
    ],
)
async def test_a_rule_counts_that_covers_all_objects_of_the_kind(
    api: ApiServer, connection: Connection, rule: dict[str, list[str]], allowed: bool
) -> None:
    async def told(_: Answer) -> Answer:
        return encoded({"status": {"resourceRules": [rule]}}, 201)

    api.faults.append(Fault(told))

    assert (await read_rules(connection)).allow("list", "v1", "pods") is allowed


@pytest.mark.parametrize("answer", ["forbidden", "unserved"])
async def test_a_server_that_lists_no_rules_allows_nothing_by_them(
    api: ApiServer, connection: Connection, answer: Literal["forbidden", "unserved"]
) -> None:
    api.access_reviews = answer

    assert not (await read_rules(connection)).allow("list", "v1", "pods")


async def test_rules_that_are_none_are_malformed(api: ApiServer, connection: Connection) -> None:
    api.faults.append(Fault(faults.garbage()))

    with pytest.raises(Malformed):
        await read_rules(connection)
