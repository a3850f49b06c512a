import msgspec

from exporter.settings import Collect, Settings
from exporter.web.description import Condition, Description, described
from tests.fleet.conftest import cluster, observing
from tests.web.exporter import NOBODY, small_cluster

NODES = Settings(collect=Collect(resources=("nodes",)))


async def test_a_cluster_is_described_as_it_is_now() -> None:
    server = small_cluster("eu-1")
    async with (
        server.serving() as url,
        observing([cluster("eu-1", url), cluster("away", NOBODY)], NODES) as observed,
    ):
        fleet = observed.fleet
        await observed.until(lambda: len(fleet.observations) == 2)
        there, away = fleet.observations.values()
        await observed.until(lambda: bool(there.stores and away.health.down_condition))
        one, other = described(there), described(away)

    assert (one.name, one.source, one.provider) == ("eu-1", "tests", "static")
    assert (one.uid, one.version, one.up) == (server.uid, "v1.36.3", True)
    assert one.objects == {"nodes": 1}
    assert one.series["nodes"] > 1
    assert (other.objects, other.uid, other.up) == ({}, "", False)
    assert other.conditions == (Condition("unreachable", "refused"),)


def test_a_description_can_be_sent_to_another_process() -> None:
    description = Description(
        name="köln",
        source="s",
        provider="p",
        uid="u",
        up=False,
        conditions=(Condition("stale", ""),),
        version="v1",
        labels={"a": "b"},
        objects={"pods": 1},
        series={"pods": 2},
    )
    sent = msgspec.json.encode(description)

    assert msgspec.json.decode(sent, type=Description) == description
