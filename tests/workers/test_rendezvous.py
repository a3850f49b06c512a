from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from exporter.workers.rendezvous import owner

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
