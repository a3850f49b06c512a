"""The services behind admission webhooks, as series."""

from __future__ import annotations

import pytest

from exporter.families.kind import Kind
from exporter.kinds.mutatingwebhookconfiguration import mutatingwebhookconfigurations
from exporter.kinds.validatingwebhookconfiguration import validatingwebhookconfigurations
from exporter.kinds.webhook import WebhookConfiguration
from tests.kinds.series import series

BOTH = pytest.mark.parametrize(
    "kind", [mutatingwebhookconfigurations, validatingwebhookconfigurations]
)


def services(kind: Kind[WebhookConfiguration], webhooks: object) -> list[str]:
    family = f"kube_{kind.singular}_webhook_clientconfig_service"
    return series(kind, family, {"webhooks": webhooks})


@BOTH
def test_each_webhook_names_its_service(kind: Kind[WebhookConfiguration]) -> None:
    shop = {"service": {"namespace": "shop", "name": "hook", "port": 443}}
    blog = {"service": {"namespace": "blog", "name": "hook"}}

    assert services(
        kind,
        [
            {"name": "a.example.com", "clientConfig": shop},
            {"name": "b.example.com", "clientConfig": blog},
        ],
    ) == [
        '{webhook_name="a.example.com",service_name="hook",service_namespace="shop"} 1',
        '{webhook_name="b.example.com",service_name="hook",service_namespace="blog"} 1',
    ]


@BOTH
def test_a_webhook_that_is_reached_by_its_url_has_empty_labels(
    kind: Kind[WebhookConfiguration],
) -> None:
    config = {"url": "https://hooks.example.com", "service": None}

    assert services(kind, [{"name": "a.example.com", "clientConfig": config}]) == [
        '{webhook_name="a.example.com",service_name="",service_namespace=""} 1'
    ]


@BOTH
def test_a_webhook_that_says_nothing_has_empty_labels(kind: Kind[WebhookConfiguration]) -> None:
    assert services(kind, [{"clientConfig": {"service": {}}}]) == [
        '{webhook_name="",service_name="",service_namespace=""} 1'
    ]


@BOTH
def test_a_configuration_may_have_no_webhooks(kind: Kind[WebhookConfiguration]) -> None:
    assert services(kind, None) == []
