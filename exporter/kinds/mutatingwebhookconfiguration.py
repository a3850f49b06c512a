"""Mutating webhook configurations: whom the API server asks to change objects."""

from __future__ import annotations

from exporter.families.any_object import declare_created, declare_info, declare_resource_version
from exporter.families.kind import Kind
from exporter.kinds.webhook import WebhookConfiguration, declare_webhook_services

mutatingwebhookconfigurations = Kind(
    WebhookConfiguration,
    "admissionregistration.k8s.io/v1",
    "mutatingwebhookconfigurations",
    singular="mutatingwebhookconfiguration",
    identity=("namespace", "mutatingwebhookconfiguration"),
    namespaced=False,
)

declare_info(mutatingwebhookconfigurations)
declare_created(mutatingwebhookconfigurations)
declare_resource_version(mutatingwebhookconfigurations)
declare_webhook_services(mutatingwebhookconfigurations)
