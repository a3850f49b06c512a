"""What a dry run finds out, and how people and programs read it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from exporter.discovery.provider import Cluster
from exporter.kubernetes.expiry import Expiry

SOON = timedelta(days=14)
"""What people have to renew within that time is told, as the alert on it does."""


@dataclass
class KindReport:
    """
    One kind at one cluster. `problem` is empty where it can be read; a kind that the cluster's
    version does not serve is none, only worth knowing. `size` is bytes of text on the page.
    """

    resource: str
    served: bool = True
    objects: int = 0
    series: int = 0
    size: int = 0
    problem: str = ""


@dataclass
class ClusterReport:
    """One cluster. `problem` is empty where it answers and would be read."""

    cluster: Cluster
    uid: str = ""
    version: str = ""
    problem: str = ""
    kinds: list[KindReport] = field(default_factory=list)
    expiries: Sequence[Expiry] = ()

    @property
    def well(self) -> bool:
        """Whether nothing stands in the way."""
        return not self.problem and not any(kind.problem for kind in self.kinds)


def refusal(cluster: Cluster) -> str:
    """Why a cluster is not read although it was found; empty for others."""
    if cluster.refusal is None:
        return ""

    return f"{cluster.refusal.condition}: {cluster.refusal.message}"


def listing(clusters: Sequence[Cluster], output: Literal["table", "json"]) -> str:
    """What discovery finds, with where each came from."""
    if output == "json":
        found = [
            {
                "name": one.name,
                "provider": one.provider,
                "source": one.source,
                "url": one.server.url if one.server else "",
                "refusal": refusal(one),
            }
            for one in clusters
        ]
        return json.dumps({"clusters": found}, indent=1) + "\n"

    return _columns(
        [
            (one.name, one.provider, refusal(one) or (one.server.url if one.server else "-"),
             one.source)
            for one in clusters
        ]
    )  # fmt: skip


def table(reports: Sequence[ClusterReport]) -> str:
    """A line for each cluster, below it what is wrong there, and the sum of all."""
    if not reports:
        return "no clusters were found\n"

    lines = _columns(
        [
            (
                "ok" if report.well else "FAIL",
                report.cluster.name,
                *_findings(report),
                report.cluster.source,
            )
            for report in reports
        ]
    ).splitlines()
    below = [line + "".join(_details(one)) for line, one in zip(lines, reports, strict=True)]
    failed = sum(not report.well for report in reports)
    kinds = [kind for report in reports if report.well for kind in report.kinds]
    total = f"{_counted(len(reports), 'cluster')}, {failed or 'none'} with problems"
    return "\n".join([*below, f"{total}; to be read: {', '.join(_amounts(kinds))}"]) + "\n"


def _findings(report: ClusterReport) -> tuple[str, ...]:
    if report.problem:
        return (report.version, report.uid, "", "", "", "")

    ends = next((one for one in report.expiries if one.kind == "serving-certificate"), None)
    certificate = f"certificate until {_date(ends)}" if ends else ""
    return (report.version, report.uid, *_amounts(report.kinds), certificate)


def _amounts(kinds: Sequence[KindReport]) -> tuple[str, str, str]:
    size = sum(kind.size for kind in kinds) / 2**20
    return (
        _counted(sum(kind.objects for kind in kinds), "object"),
        f"about {_counted(sum(kind.series for kind in kinds), 'series', 'series')}",
        f"{size:,.1f} MiB",
    )


def _details(report: ClusterReport) -> list[str]:
    found = [report.problem] if report.problem else []
    if not report.problem:
        found += [f"{kind.resource}: {kind.problem}" for kind in report.kinds if kind.problem]

    if unserved := [kind.resource for kind in report.kinds if not kind.served]:
        found.append(f"not served by this version of Kubernetes: {', '.join(unserved)}")

    soon = (datetime.now(UTC) + SOON).timestamp()
    found += [
        f"the {one.kind} ends on {_date(one)}, and nothing renews it by itself"
        for one in report.expiries
        if one.rotation == "manual" and one.timestamp < soon
    ]
    return [f"\n      {line}" for line in found]


def _date(expiry: Expiry) -> str:
    return f"{datetime.fromtimestamp(expiry.timestamp, UTC):%Y-%m-%d}"


def _counted(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def _columns(rows: Sequence[tuple[str, ...]]) -> str:
    """Rows of equal length as lines; columns that are empty in all of them are left out."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "".join(
        "  ".join(
            f"{cell:{width}}" for cell, width in zip(row, widths, strict=True) if width
        ).rstrip()
        + "\n"
        for row in rows
    )
