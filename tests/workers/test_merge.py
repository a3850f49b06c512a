import asyncio
import gzip
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence

from hypothesis import given
from hypothesis import strategies as st

from exporter.exposition.body import Body, Gzip, Plain
from exporter.exposition.negotiation import TEXT
from exporter.exposition.segment import Draft, Part, deflate
from exporter.families.family import Family, Single
from exporter.promql.selectors import EVERYTHING
from exporter.store.section import Column, Section
from exporter.store.store import Snapshot
from exporter.workers.columns import batches
from exporter.workers.merge import merged
from tests.exposition.whole import parts_of, whole
from tests.workers.arrived import arrived

KINDS = ("nodes", "pods", "zebras")
FAMILIES = ("info", "created", "status")


def family(name: str) -> Family[object]:
    return Family(name, f"Help of {name}.", "gauge", (), "alpha", False, Single(lambda _: 1))


def part(kind: str, name: str, cluster: int, objects: int, *, draft: bool) -> Part:
    text = b"".join(
        b'%s_%s{cluster="%d",object="%d"} 1\n' % (kind.encode(), name.encode(), cluster, number)
        for number in range(objects)
    )
    return Draft((text,)) if draft else deflate(text)


class Cluster:
    """How many objects of each kind there are, in blocks of which some are drafts."""

    def __init__(self, number: int, objects: Sequence[int], *, draft: bool) -> None:
        self.snapshots: dict[str, Snapshot] = {
            kind: [
                tuple(part(kind, name, number, count, draft=draft) for name in FAMILIES),
                (b"", part(kind, "created", number + 1000, 1, draft=not draft), b""),
            ]
            for kind, count in zip(KINDS, objects, strict=True)
            if count
        }


clusters = st.lists(
    st.tuples(st.tuples(*[st.integers(0, 3)] * 3), st.booleans(), st.integers(0, 3)), max_size=8
)


def columns(found: Iterable[Cluster]) -> list[Column]:
    """As a process that reads these clusters has them."""
    snapshots = [one.snapshots for one in found]
    sections = [
        Section(
            1 if kind != "zebras" else 2,
            kind,
            [family(f"{kind}_{name}") for name in FAMILIES],
            [each[kind] for each in snapshots if kind in each],
            [EVERYTHING] * len(FAMILIES),
        )
        for kind in KINDS
    ]
    return [column for section in sections for column in section.columns(TEXT)]


async def each(found: Iterable[Column]) -> AsyncIterator[Column]:
    for column in found:
        yield column


async def joined(workers: Iterable[Iterable[Cluster]]) -> list[Column]:
    """As they are after the way from several processes."""
    streams = []
    for found in workers:
        sent = [batch async for batch in batches(each(columns(found)))]
        streams.append(each(await arrived(b"".join(sent))))

    return [column async for column in merged(streams)]


def page(body: Body, found: Iterable[Column]) -> bytes:
    return b"".join(whole(body, parts_of(found, TEXT)))


@given(clusters)
def test_whoever_reads_which_cluster_the_page_is_that_of_one_process(
    described: list[tuple[tuple[int, ...], bool, int]],
) -> None:
    fleet = [
        (Cluster(number, objects, draft=draft), worker)
        for number, (objects, draft, worker) in enumerate(described)
    ]
    alone = page(Plain(), columns([cluster for cluster, _ in fleet]))
    workers = [[cluster for cluster, worker in fleet if worker == one] for one in range(4)]
    divided = asyncio.run(joined(workers))
    text = page(Plain(), divided)

    assert Counter(text.splitlines()) == Counter(alone.splitlines())
    assert headers(text) == headers(alone)
    assert families_in_order(text) == families_in_order(alone)
    assert gzip.decompress(page(Gzip(), divided)) == text


def headers(text: bytes) -> list[bytes]:
    return [line for line in text.splitlines() if line.startswith(b"# ")]


def families_in_order(text: bytes) -> list[bytes]:
    """The family of each run of series; one that stands in two places is there twice."""
    found: list[bytes] = []
    for line in text.splitlines():
        name = line.partition(b"{")[0]
        if not line.startswith(b"#") and (not found or found[-1] != name):
            found.append(name)

    return found


async def test_no_more_is_read_than_is_needed_next() -> None:
    read: list[tuple[str, int]] = []

    async def stream(name: str, *places: int) -> AsyncIterator[Column]:
        for place in places:
            read.append((name, place))
            yield Column((1, "", place), b"header", ())

    page = merged([stream("a", 1, 2, 3), stream("b", 1, 3, 4)])
    first = await anext(page)
    assert (first.place, read) == ((1, "", 1), [("a", 1), ("b", 1)])

    second = await anext(page)
    assert (second.place, second.header) == ((1, "", 1), b"")
    assert read == [("a", 1), ("b", 1), ("a", 2)]
    await page.aclose()


async def test_of_no_workers_there_are_no_columns() -> None:
    assert [column async for column in merged([])] == []
    assert [column async for column in merged([each([]), each([])])] == []
