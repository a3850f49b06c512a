"""What mutating and validating webhook configurations have in common: the services behind them."""

from __future__ import annotations

from exporter.families.family import Rows
from exporter.families.kind import Kind
from exporter.kubernetes.objects import ApiObject, Metadata


class ServiceReference(ApiObject, frozen=True):
    """The service that answers; empty for a webhook that is named by its URL."""

    namespace: str = ""
    name: str = ""


class ClientConfig(ApiObject, frozen=True):
    """How the webhook is reached."""

    service: ServiceReference = ServiceReference()


class Webhook(ApiObject, frozen=True):
    """Somebody whom the API server asks about objects on their way in."""

    name: str = ""
    client_config: ClientConfig = ClientConfig()


class WebhookConfiguration(ApiObject, frozen=True):
    """https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/"""

    metadata: Metadata = Metadata()
    webhooks: tuple[Webhook, ...] = ()


def declare_webhook_services(kind: Kind[WebhookConfiguration]) -> None:
    """``kube_<kind>_webhook_clientconfig_service``: the services behind the webhooks."""

    def services(configuration: WebhookConfiguration) -> Rows:
        return [
            (
                webhook.name,
                webhook.client_config.service.name,
                webhook.client_config.service.namespace,
                1,
            )
            for webhook in configuration.webhooks
        ]

    services.__name__ = f"kube_{kind.singular}_webhook_clientconfig_service"
    services.__doc__ = (
        "Which service answers for a webhook; empty labels for one reached by a URL; always 1."
    )
    kind.rows("webhook_name", "service_name", "service_namespace")(services)
