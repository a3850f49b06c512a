"""Validating webhook configurations: whom the API server asks whether to accept objects."""

from __future__ import annotations

from exporter.families.any_object import declare_created, declare_info, declare_resource_version
from exporter.families.kind import Kind
from exporter.kinds.webhook import WebhookConfiguration, declare_webhook_services

validatingwebhookconfigurations = Kind(
    WebhookConfiguration,
    "admissionregistration.k8s.io/v1",
    "validatingwebhookconfigurations",
    singular="validatingwebhookconfiguration",
    identity=("namespace", "validatingwebhookconfiguration"),
    namespaced=False,
)

declare_info(validatingwebhookconfigurations)
declare_created(validatingwebhookconfigurations)
declare_resource_version(validatingwebhookconfigurations)
declare_webhook_services(validatingwebhookconfigurations)
