"""What Grafana does to an expression before it sends it."""

import re
from collections.abc import Mapping

BUILT_IN = {
    "__rate_interval": "2m",
    "__range": "1h",
    "__interval": "30s",
    "__interval_ms": "30000",
}

_VARIABLE = re.compile(r"\$([a-z_]\w*)")
"""`$1` is a capturing group of label_replace, which Grafana leaves alone as well."""


def variables(expression: str) -> set[str]:
    """The variables that an expression names, Grafana's own left out."""
    return set(_VARIABLE.findall(expression)) - BUILT_IN.keys()


def interpolated(expression: str, chosen: Mapping[str, str]) -> str:
    """The expression with the values of its variables. Raises KeyError for one without."""
    values = {**BUILT_IN, **chosen}
    return _VARIABLE.sub(lambda found: values[found[1]], expression)
