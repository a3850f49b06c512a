"""The dashboards that alerts lead to."""

import json
from functools import cache

from tests.alerts.rules import ROOT


@cache
def variables_of(uid: str) -> frozenset[str]:
    """The variables of the dashboard with this uid. Raises KeyError where there is none."""
    found = {}
    for file in sorted((ROOT / "dashboards").glob("*.json")):
        dashboard = json.loads(file.read_text())
        variables = dashboard["templating"]["list"]
        found[dashboard["uid"]] = frozenset(variable["name"] for variable in variables)

    return found[uid]
