"""Variables: what is chosen at the top of a dashboard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
"""What every query asks: the Prometheus that is chosen."""


@dataclass(frozen=True, kw_only=True)
class Variable:
    """
    The values of a label, several of which may be chosen, or all.

    All is one short regular expression and not a list of the values: a hundred names in every
    query are slow, and a value that has gone meanwhile would be left out.
    """

    name: str
    label: str
    metric: str
    """The selector whose series have the label."""
    all_value: str = ".+"

    @property
    def query(self) -> str:
        """What Grafana asks for the values."""
        return f"label_values({self.metric}, {self.name})"

    def json(self) -> dict[str, Any]:
        """As Grafana keeps it. Read again whenever the time range changes (`refresh` 2)."""
        return {
            "name": self.name,
            "label": self.label,
            "type": "query",
            "datasource": DATASOURCE,
            "definition": self.query,
            "query": {"query": self.query, "refId": "StandardVariableQuery"},
            "regex": "",
            "refresh": 2,
            "sort": 1,
            "multi": True,
            "includeAll": True,
            "allValue": self.all_value,
            "current": {"selected": True, "text": ["All"], "value": ["$__all"]},
            "options": [],
            "hide": 0,
            "skipUrlSync": False,
        }


def datasource() -> dict[str, Any]:
    """The variable that chooses the Prometheus."""
    return {
        "name": "datasource",
        "label": "Data source",
        "type": "datasource",
        "query": "prometheus",
        "regex": "",
        "refresh": 1,
        "multi": False,
        "includeAll": False,
        "current": {},
        "options": [],
        "hide": 0,
        "skipUrlSync": False,
    }


CLUSTER = Variable(name="cluster", label="Cluster", metric="kube_fleet_cluster_info")
"""From the inventory, which lists a cluster whether it can be reached or not."""

NAMESPACE = Variable(
    name="namespace",
    label="Namespace",
    metric='kube_namespace_status_phase{cluster=~"$cluster"}',
)

DEPLOYMENT = Variable(
    name="deployment",
    label="Deployment",
    metric='kube_deployment_spec_replicas{cluster=~"$cluster", namespace=~"$namespace"}',
)
