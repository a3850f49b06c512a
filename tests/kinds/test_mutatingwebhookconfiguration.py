"""Mutating webhook configurations as series."""

from __future__ import annotations

from exporter.kinds.mutatingwebhookconfiguration import mutatingwebhookconfigurations
from exporter.kinds.webhook import WebhookConfiguration
from exporter.kubernetes.objects import Metadata
from tests.kinds.series import every_series


def test_mutatingwebhookconfigurations_are_asked_for_at_their_place() -> None:
    assert (mutatingwebhookconfigurations.api_version, mutatingwebhookconfigurations.resource) == (
        "admissionregistration.k8s.io/v1",
        "mutatingwebhookconfigurations",
    )
    assert not mutatingwebhookconfigurations.namespaced


def test_a_configuration_has_an_empty_namespace() -> None:
    named = WebhookConfiguration(Metadata(name="hooks"))

    assert mutatingwebhookconfigurations.identity == ("namespace", "mutatingwebhookconfiguration")
    assert mutatingwebhookconfigurations.identity_of(named) == ("", "hooks")


def test_a_configuration_with_a_webhook() -> None:
    service = {"namespace": "shop", "name": "hook", "path": "/", "port": 443}
    configuration = {
        "metadata": {
            "name": "hooks",
            "resourceVersion": "42",
            "creationTimestamp": "1970-01-01T00:00:07Z",
        },
        "webhooks": [{"name": "a.example.com", "clientConfig": {"service": service}}],
    }

    assert every_series(mutatingwebhookconfigurations, configuration) == {
        "kube_mutatingwebhookconfiguration_info": ["{} 1"],
        "kube_mutatingwebhookconfiguration_created": ["{} 7"],
        "kube_mutatingwebhookconfiguration_metadata_resource_version": ["{} 42"],
        "kube_mutatingwebhookconfiguration_webhook_clientconfig_service": [
            '{webhook_name="a.example.com",service_name="hook",service_namespace="shop"} 1'
        ],
    }
