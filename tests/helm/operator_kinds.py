"""
Definitions of the operators' kinds that the chart makes, with the fields that it uses: an API
server with strict field validation refuses any other.

Sources: prometheus-operator's API types (pkg/apis/monitoring, v0.95), grafana-operator's reference.
"""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
NUMBER: Schema = {"type": "integer", "format": "int64"}
TEXTS: Schema = {"type": "array", "items": TEXT}
LABELS: Schema = {"type": "object", "additionalProperties": TEXT}
DURATION: Schema = {"type": "string", "pattern": "^[0-9]+(ms|[smhdwy])$"}
EXPRESSION: Schema = {"x-kubernetes-int-or-string": True}


def mapping(*required: str, **properties: Schema) -> Schema:
    schema: Schema = {"type": "object", "properties": properties}
    return schema | ({"required": list(required)} if required else {})


def listing(items: Schema) -> Schema:
    return {"type": "array", "items": items}


RELABELINGS = listing(
    mapping(
        sourceLabels=TEXTS,
        separator=TEXT,
        targetLabel=TEXT,
        regex=TEXT,
        modulus=NUMBER,
        replacement=TEXT,
        action={"enum": ["replace", "keep", "drop", "labelmap", "labeldrop", "labelkeep"], **TEXT},
    )
)
SECRET_KEY = mapping("key", name=TEXT, key=TEXT, optional=FLAG)
REQUESTS = {
    "authorization": mapping(type=TEXT, credentials=SECRET_KEY),
    "tlsConfig": mapping(insecureSkipVerify=FLAG, serverName=TEXT),
}
SCRAPES = {
    **REQUESTS,
    "honorLabels": FLAG,
    "scrapeTimeout": DURATION,
    "relabelings": RELABELINGS,
    "metricRelabelings": RELABELINGS,
}
SELECTOR = mapping(matchLabels=LABELS)

SERVICE_MONITOR = mapping(
    "endpoints",
    "selector",
    namespaceSelector=mapping(any=FLAG, matchNames=TEXTS),
    selector=SELECTOR,
    sampleLimit=NUMBER,
    endpoints=listing(
        mapping(
            **SCRAPES,
            port=TEXT,
            path=TEXT,
            scheme={"enum": ["http", "https"], **TEXT},
            interval=DURATION,
        )
    ),
)
SCRAPE_CONFIG = mapping(
    **SCRAPES,
    scheme={"enum": ["HTTP", "HTTPS"], **TEXT},
    metricsPath=TEXT,
    scrapeInterval=DURATION,
    sampleLimit=NUMBER,
    staticConfigs=listing(mapping("targets", targets=TEXTS, labels=LABELS)),
    httpSDConfigs=listing(mapping("url", **REQUESTS, url=TEXT, refreshInterval=DURATION)),
)
RULE = mapping(
    "expr",
    record=TEXT,
    alert=TEXT,
    expr=EXPRESSION,
    labels=LABELS,
    annotations=LABELS,
    keep_firing_for=DURATION,
    **{"for": DURATION},
)
PROMETHEUS_RULE = mapping(
    groups=listing(mapping("name", name=TEXT, interval=DURATION, rules=listing(RULE)))
)
GRAFANA_DASHBOARD = mapping(
    "instanceSelector",
    allowCrossNamespaceImport=FLAG,
    resyncPeriod=TEXT,
    folder=TEXT,
    instanceSelector=SELECTOR,
    configMapRef=mapping("key", name=TEXT, key=TEXT, optional=FLAG),
)
WIDGET = mapping(size=NUMBER)


def definition(group: str, version: str, kind: str, spec: Schema) -> dict[str, Any]:
    """A CustomResourceDefinition of a namespaced kind whose plural is regular."""
    plural = kind.lower()[:-1] + "ies" if kind.endswith("y") else f"{kind.lower()}s"
    served = {
        "name": version,
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": mapping(spec=spec)},
    }
    return {
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"kind": kind, "plural": plural, "singular": kind.lower()},
            "versions": [served],
        },
    }


MONITORING = "monitoring.coreos.com"
DEFINITIONS = [
    definition(MONITORING, "v1", "ServiceMonitor", SERVICE_MONITOR),
    definition(MONITORING, "v1", "PrometheusRule", PROMETHEUS_RULE),
    definition(MONITORING, "v1alpha1", "ScrapeConfig", SCRAPE_CONFIG),
    definition("grafana.integreatly.org", "v1beta1", "GrafanaDashboard", GRAFANA_DASHBOARD),
    definition("example.com", "v1", "Policy", WIDGET),
]
"""Those of operators, and the one that ci/custom-resources-values.yaml shows."""
