"""What the simulated clusters run: the platform of a shop, team by team."""

from __future__ import annotations

from typing import NamedTuple

TEAMS: dict[str, tuple[str, ...]] = {
    "storefront": ("web", "mobile-bff", "product-page", "search-page", "landing", "seo-renderer"),
    "catalog": ("product-api", "price-api", "category-api", "media-resizer", "stock-projector"),
    "checkout": ("cart-api", "checkout-api", "promotion-engine", "tax-calculator", "basket-sync"),
    "orders": ("order-api", "order-worker", "returns-api", "invoice-renderer", "order-archiver"),
    "payments": ("payment-gateway", "fraud-scorer", "ledger-writer", "refund-worker", "wallet-api"),
    "identity": ("login", "profile-api", "consent-api", "token-issuer", "mfa-sender"),
    "search": ("query-api", "suggester", "product-indexer", "synonym-editor", "relevance-tuner"),
    "recommendations": ("ranker", "feature-server", "similar-items", "trending", "embeddings"),
    "logistics": ("shipment-tracker", "carrier-gateway", "route-planner", "label-printer"),
    "inventory": ("stock-api", "warehouse-sync", "replenishment", "reservation-api"),
    "messaging": ("mail-sender", "push-sender", "sms-sender", "template-renderer"),
    "loyalty": ("points-api", "voucher-api", "tier-calculator"),
    "analytics": ("event-collector", "sessionizer", "report-api", "dashboard-api"),
    "platform": ("api-gateway", "feature-flags", "config-server", "audit-log"),
}
"""Namespaces and the services of each. The namespace is the team's name."""

VARIANTS = ("", "-consumer", "-scheduler", "-cache", "-admin", "-canary", "-batch", "-v2", "-v3")
"""Suffixes that make further deployments of a service, where one of each is not enough."""


class Size(NamedTuple):
    """What a container asks for."""

    cpu_request: str
    memory_request: str
    memory_limit: str
    cpu_limit: str | None = None


SIZES = (
    Size("50m", "128Mi", "256Mi", "200m"),
    Size("100m", "256Mi", "512Mi", "500m"),
    Size("250m", "512Mi", "512Mi"),
    Size("500m", "1Gi", "1536Mi", "1"),
    Size("1", "2Gi", "2Gi", "2"),
)


class Store(NamedTuple):
    """A StatefulSet with a volume for each replica."""

    namespace: str
    name: str
    image: str
    port: int
    replicas: int
    volume: str


STORES = (
    Store("orders", "orders-postgres", "docker.io/library/postgres:17.6", 5432, 3, "100Gi"),
    Store("platform", "kafka", "docker.io/apache/kafka:4.1.0", 9092, 5, "500Gi"),
    Store("checkout", "cart-redis", "docker.io/library/redis:8.2", 6379, 3, "10Gi"),
    Store("search", "opensearch", "docker.io/opensearchproject/opensearch:3.2.0", 9200, 5, "200Gi"),
    Store("payments", "ledger-postgres", "docker.io/library/postgres:16.10", 5432, 3, "250Gi"),
    Store("identity", "session-redis", "docker.io/library/redis:8.2", 6379, 3, "5Gi"),
    Store("catalog", "media-minio", "quay.io/minio/minio:RELEASE.2025-09-07", 9000, 4, "1Ti"),
    Store("analytics", "clickhouse", "docker.io/clickhouse/clickhouse-server:25.8", 8123, 6, "2Ti"),
    Store("messaging", "rabbitmq", "docker.io/library/rabbitmq:4.1", 5672, 3, "20Gi"),
    Store("monitoring", "prometheus", "quay.io/prometheus/prometheus:v3.5.0", 9090, 2, "300Gi"),
)


class Agent(NamedTuple):
    """A DaemonSet."""

    namespace: str
    name: str
    image: str


AGENTS = (
    Agent("kube-system", "kube-proxy", "registry.k8s.io/kube-proxy:v1.33.4"),
    Agent("kube-system", "cilium", "quay.io/cilium/cilium:v1.18.1"),
    Agent("monitoring", "node-exporter", "quay.io/prometheus/node-exporter:v1.9.1"),
    Agent("logging", "fluent-bit", "cr.fluentbit.io/fluent/fluent-bit:4.0.8"),
    Agent("kube-system", "csi-node", "registry.k8s.io/sig-storage/csi-node-driver:v2.14.0"),
)


class Task(NamedTuple):
    """A CronJob."""

    namespace: str
    name: str
    schedule: str
    suspended: bool = False


TASKS = (
    Task("orders", "order-archive", "0 3 * * *"),
    Task("payments", "settlement-export", "*/30 * * * *"),
    Task("catalog", "price-import", "15 * * * *"),
    Task("search", "index-rebuild", "30 1 * * 0"),
    Task("analytics", "daily-report", "0 5 * * *"),
    Task("messaging", "newsletter", "0 7 * * 1", suspended=True),
    Task("loyalty", "points-expiry", "45 23 * * *"),
    Task("platform", "database-backup", "0 */6 * * *"),
)

SYSTEM_NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease")
SUPPORT_NAMESPACES = ("monitoring", "logging", "ingress-nginx", "cert-manager")
