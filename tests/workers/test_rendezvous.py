from collections import Counter
from collections.abc import AsyncGenerator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.discovery.provider import Cluster, Snapshot
from exporter.kubernetes.errors import KubeconfigError
from exporter.workers.rendezvous import Share, owner
from tests.fleet.conftest import cluster

NAMES = [f"cluster-{number}" for number in range(1000)]


def test_a_cluster_has_the_same_owner_in_every_process_and_version() -> None:
    assert [owner(name, 4) for name in ("eu-1", "us-1", "ap-1", "köln", "")] == [1, 3, 2, 1, 2]


@given(st.text(), st.integers(1, 20))
def test_one_worker_more_takes_clusters_and_moves_no_others(name: str, workers: int) -> None:
    assert owner(name, workers + 1) in (owner(name, workers), workers)


@given(st.text(st.characters()))
def test_one_worker_has_everything(name: str) -> None:
    assert owner(name, 1) == 0


def test_workers_have_about_equally_many_clusters() -> None:
    counts = Counter(owner(name, 5) for name in NAMES)

    assert set(counts) == set(range(5))
    assert max(counts.values()) < 1.25 * min(counts.values())


class Twice:
    """A provider that says two things."""

    name = "twice"

    def __init__(self, *snapshots: Snapshot) -> None:
        self._snapshots = snapshots
        self.closed = False

    def check(self) -> None:
        raise KubeconfigError("it cannot be used")

    async def snapshots(self) -> AsyncGenerator[Snapshot, None]:
        try:
            for snapshot in self._snapshots:
                yield snapshot
        finally:
            self.closed = True


def clusters(*names: str) -> tuple[Cluster, ...]:
    return tuple(cluster(name, "http://127.0.0.1:9") for name in names)


async def test_shares_have_each_cluster_of_each_snapshot_once_and_in_its_order() -> None:
    before, after = clusters(*NAMES[:20]), clusters(*NAMES[10:30])
    shares = [Share(Twice(before, after), worker, 3) for worker in range(3)]
    said = [[snapshot async for snapshot in share.snapshots()] for share in shares]

    for place, snapshot in enumerate((before, after)):
        parts = [each[place] for each in said]
        names = Counter(one.name for part in parts for one in part)
        assert names == Counter(one.name for one in snapshot)
        assert all(list(part) == [one for one in snapshot if one in part] for part in parts)


async def test_a_share_of_what_cannot_be_used_cannot_be_used() -> None:
    with pytest.raises(KubeconfigError):
        Share(Twice(), 0, 2).check()


async def test_a_share_lets_go_of_its_provider() -> None:
    provider = Twice(clusters("eu-1"), clusters("us-1"))
    share = Share(provider, 0, 1)
    snapshots = share.snapshots()
    await anext(snapshots)
    await snapshots.aclose()

    assert provider.closed
    assert share.name == "twice"
