"""The facts about a cluster, as text."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from exporter.families.selection import Selection
from exporter.families.writer import Writer, identity_text
from exporter.fleet.facts import event_counts, facts
from exporter.kubernetes.credentials import Credential
from exporter.kubernetes.server import Server, Tls
from exporter.simulation.api_server import ApiServer
from tests.fleet.conftest import cluster, observing


class ExecPlugin:
    """Presents a token that ends."""

    async def current(self) -> Credential:
        return Credential(
            "Bearer opaque", expires=datetime(2040, 1, 1, tzinfo=UTC), rotation="exec"
        )

    def rejected(self, credential: Credential) -> None:
        """There is nothing else to present."""


def test_every_fact_is_named_once_and_for_what_it_is_about() -> None:
    names = [family.name for family in (*facts.families, *event_counts.families)]

    assert all(name.startswith(("kube_fleet_", "kube_state_metrics_")) for name in names)
    assert len(set(names)) == len(names)


def test_counters_end_in_total_and_nothing_else_does() -> None:
    for family in (*facts.families, *event_counts.families):
        assert (family.type == "counter") == family.name.endswith("_total")


def test_a_fact_bears_the_cluster_s_label_first() -> None:
    writer = Writer(facts, Selection(), resource="fleet", identity=("cluster",))

    assert writer.identity == ("cluster",)
    assert identity_text(writer.identity, ('odd "name"',)) == 'cluster="odd \\"name\\""'


@pytest.mark.usefixtures("hurried")
async def test_the_end_of_what_is_presented_is_a_fact() -> None:
    async with ApiServer("eu-1").serving() as url:
        found = replace(cluster("eu-1", url), server=Server(url, Tls(), ExecPlugin()))
        async with observing([found]) as fleet:
            name = "kube_fleet_credential_expiry_timestamp_seconds"
            await fleet.until(lambda: bool(fleet.series(name)))
            assert fleet.series(name) == [
                f'{name}{{cluster="eu-1",kind="token",rotation="exec"}} 2208988800'
            ]
