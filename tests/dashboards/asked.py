"""Every query of every dashboard, for tests that hold for each of them."""

from dataclasses import dataclass
from functools import cache, cached_property

from promql_parser import Expr, parse

from dashboards.source import DASHBOARDS
from dashboards.source.words.dashboard import Dashboard
from dashboards.source.words.panel import Panel, Query
from tests.dashboards.interpolation import interpolated
from tests.dashboards.promql import Labels, labels_of, selectors
from tests.dashboards.series import labels_of_series


@dataclass(frozen=True)
class Asked:
    """One query, and where it stands."""

    dashboard: Dashboard
    panel: Panel
    query: Query

    @property
    def where(self) -> str:
        return f"{self.dashboard.name} / {self.panel.title}"

    @property
    def text(self) -> str:
        """The query as it is sent while every variable is at All."""
        chosen = {one.name: one.all_value for one in self.dashboard.variables}
        return interpolated(self.query.text, chosen)

    @cached_property
    def expression(self) -> Expr:
        return parse(self.text)

    @property
    def labels(self) -> Labels:
        """The labels of every series of the result."""
        return labels_of(self.expression, labels_of_series)

    @property
    def names(self) -> set[str]:
        """The names of the series that are read."""
        return {selector.name or "" for selector in selectors(self.expression)}


@cache
def asked() -> list[Asked]:
    """All queries, in reading order."""
    return [
        Asked(dashboard, panel, query)
        for dashboard in DASHBOARDS
        for panel in dashboard.panels
        for query in panel.queries()
    ]
