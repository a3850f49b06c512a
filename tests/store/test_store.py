import gzip
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from exporter.exposition.body import Gzip, Plain
from exporter.exposition.segment import Part
from exporter.families.family import Rows
from exporter.families.kind import Kind
from exporter.families.selection import Selection
from exporter.families.writer import KindWriter
from exporter.kubernetes.objects import ApiObject, Key, Metadata
from exporter.store.budget import Budget, SeriesLimit
from exporter.store.store import Snapshot, Store
from exporter.telemetry import Telemetry
from tests.exposition.whole import whole


class Basket(ApiObject, frozen=True):
    """An object with a series for each of its fruits."""

    metadata: Metadata = Metadata()
    fruits: tuple[str, ...] = ()


baskets = Kind(Basket, "v1", "baskets", singular="basket", identity=("namespace", "basket"))


@baskets.number()
def kube_basket_fruits(basket: Basket) -> int:
    """How many fruits are in it."""
    return len(basket.fruits)


@baskets.rows("fruit")
def kube_basket_fruit(basket: Basket) -> Rows:
    """What is in it."""
    if "worm" in basket.fruits:
        raise LookupError("a fault of ours")

    return [(fruit, 1) for fruit in basket.fruits]


def basket(name: str, *fruits: str) -> Basket:
    return Basket(metadata=Metadata(name=name, namespace="shop"), fruits=fruits)


def key(name: str) -> Key:
    return ("shop", name)


def new_store(
    telemetry: Telemetry | None = None, limit: SeriesLimit | None = None
) -> Store[Basket]:
    writer = KindWriter(baskets, Selection())
    budget = Budget(limit or SeriesLimit())
    return Store("eu-1", baskets, writer, budget, telemetry or Telemetry())


def relist(store: Store[Basket], *listed: Basket) -> None:
    store.begin_list()
    for one in listed:
        store.list_object(one)

    store.end_list()


def parts(snapshot: Snapshot) -> Iterator[Part]:
    return (part for block in snapshot for part in block)


def lines(snapshot: Snapshot) -> list[str]:
    """The series of a snapshot, sorted."""
    return sorted(b"".join(whole(Plain(), parts(snapshot))).decode().splitlines())


def series(name: str, *fruits: str) -> list[str]:
    """The series of a basket, as they should be, sorted."""
    labels = f'cluster="eu-1",namespace="shop",basket="{name}"'
    kinds = [f'kube_basket_fruit{{{labels},fruit="{fruit}"}} 1' for fruit in set(fruits)]
    return sorted([*kinds, f"kube_basket_fruits{{{labels}}} {len(fruits)}"])


def test_a_relist_replaces_everything_at_once() -> None:
    store = new_store()
    relist(store, basket("a", "pear"), basket("b"))

    store.begin_list()
    store.list_object(basket("b", "fig"))
    store.list_object(basket("c"))
    during = store.snapshot()
    store.end_list()

    assert lines(during) == sorted([*series("a", "pear"), *series("b")])
    assert lines(store.snapshot()) == sorted([*series("b", "fig"), *series("c")])


def test_a_snapshot_stays_as_it_was() -> None:
    store = new_store()
    relist(store, basket("a", "pear"), basket("b"))
    snapshot = store.snapshot()
    before = lines(snapshot)

    store.put(key("a"), basket("a", "fig"))
    store.remove(key("b"))
    relist(store, basket("c"))

    assert lines(snapshot) == before


def test_an_unfinished_list_leaves_no_trace() -> None:
    store = new_store()
    relist(store, basket("a", "pear"))

    store.begin_list()
    store.list_object(basket("ghost", "fig", "plum"))
    relist(store, basket("b"))

    assert lines(store.snapshot()) == series("b")
    assert (store.objects, store.series) == (1, 1)


def test_an_object_that_two_pages_of_a_list_hold_counts_once() -> None:
    store = new_store()
    relist(store, basket("a", "pear", "fig"), basket("a", "plum"))

    assert lines(store.snapshot()) == series("a", "plum")
    assert (store.objects, store.series) == (1, 2)


def test_removing_what_is_not_there_is_nothing() -> None:
    store = new_store()
    relist(store, basket("a", "pear"))

    store.remove(key("unheard-of"))

    assert (store.objects, store.series) == (1, 2)


def test_equal_names_in_two_namespaces_are_two_objects() -> None:
    store = new_store()
    for namespace in ("shop", "bank"):
        store.put(
            (namespace, "a"), Basket(metadata=Metadata(name="a", namespace=namespace), fruits=())
        )

    assert store.objects == 2


def test_a_family_that_fails_costs_only_itself_on_that_object() -> None:
    telemetry = Telemetry()
    store = new_store(telemetry)
    relist(store, basket("a", "pear"), basket("b", "fig", "worm"), basket("c", "plum"))

    shown = lines(store.snapshot())
    count_alone = 'kube_basket_fruits{cluster="eu-1",namespace="shop",basket="b"} 2'
    assert shown == sorted([*series("a", "pear"), count_alone, *series("c", "plum")])
    assert store.series == len(shown)
    assert errors_of("kube_basket_fruit", telemetry) == 1


@pytest.mark.parametrize("times", [1, 3])
def test_each_failure_of_a_family_is_counted(times: int) -> None:
    telemetry = Telemetry()
    store = new_store(telemetry)
    for _ in range(times):
        store.put(key("a"), basket("a", "worm"))

    assert errors_of("kube_basket_fruit", telemetry) == times
    assert errors_of("kube_basket_fruits", telemetry) is None


def errors_of(family: str, telemetry: Telemetry) -> float | None:
    name = "kube_fleet_exporter_family_errors_total"
    return telemetry.registry.get_sample_value(name, {"family": family})


def test_what_is_beyond_the_limit_is_left_out_and_counted() -> None:
    store = new_store(limit=SeriesLimit(family=2))
    relist(store, basket("a"), basket("b"), basket("c", "fig"))

    assert lines(store.snapshot()) == sorted(
        [*series("a"), *series("b"), *[line for line in series("c", "fig") if "fruits" not in line]]
    )
    assert (store.series, store.refused) == (3, 1)


def test_a_kind_that_has_gone_leaves_room_for_others() -> None:
    budget = Budget(SeriesLimit(cluster=3))
    writer = KindWriter(baskets, Selection())
    gone, other = (Store("eu-1", baskets, writer, budget, Telemetry()) for _ in range(2))
    relist(gone, basket("a", "pear"))
    gone.clear()
    relist(other, basket("b", "fig", "plum"))

    assert gone.snapshot() == ()
    assert (other.series, other.refused) == (3, 0)


names = st.integers(0, 200).map(str)
fruits = st.lists(st.sampled_from(["pear", "fig", 'pl"um', "qui\nnce", "\\", "é"]), max_size=3)
several = st.lists(st.tuples(names, fruits), min_size=1, max_size=150)


class StoreAndDictionary(RuleBasedStateMachine):
    """
    Whatever happens in whatever order, every page that is made of a store is what a dictionary of
    the same objects, written naively, would give at the moment that the scrape began.
    """

    @initialize(listed=several)
    def begin(self, listed: list[tuple[str, list[str]]]) -> None:
        self.store = new_store()
        self.shown: dict[str, list[str]] = {}
        self.listed: dict[str, list[str]] = {}
        self.is_listing = False
        self.scrapes: list[tuple[Snapshot, list[str]]] = []
        self.begin_list()
        self.list_objects(listed)
        self.end_list()

    @rule(name=names, fruits=fruits)
    def put(self, name: str, fruits: list[str]) -> None:
        self.store.put(key(name), basket(name, *fruits))
        self.shown[name] = fruits

    @rule(at=st.integers(0), fruits=fruits)
    def change(self, at: int, fruits: list[str]) -> None:
        if self.shown:
            self.put(list(self.shown)[at % len(self.shown)], fruits)

    @rule(at=st.integers(0), count=st.sampled_from([1, 1, 1, 100]))
    def remove(self, at: int, count: int) -> None:
        for _ in range(min(count, len(self.shown))):
            name = list(self.shown)[at % len(self.shown)]
            self.store.remove(key(name))
            del self.shown[name]

    @rule()
    def begin_list(self) -> None:
        self.store.begin_list()
        self.listed = {}
        self.is_listing = True

    @rule(objects=several)
    def list_objects(self, objects: list[tuple[str, list[str]]]) -> None:
        for name, fruits in objects if self.is_listing else ():
            self.store.list_object(basket(name, *fruits))
            self.listed[name] = fruits

    @rule()
    def end_list(self) -> None:
        if self.is_listing:
            self.store.end_list()
            self.shown, self.listed = self.listed, {}
            self.is_listing = False

    @rule(steps=st.integers(1, 5))
    def settle(self, steps: int) -> None:
        for _ in zip(range(steps), self.store.settle(), strict=False):
            pass

    @rule()
    def begin_scrape(self) -> None:
        self.scrapes.append((self.store.snapshot(), self.expected()))

    @rule(compressed=st.booleans())
    def end_scrape(self, compressed: bool) -> None:
        if self.scrapes:
            snapshot, expected = self.scrapes.pop()

            assert page(snapshot, compressed=compressed) == expected

    @invariant()
    def shows_the_same(self) -> None:
        expected = self.expected()

        assert lines(self.store.snapshot()) == expected
        assert self.store.objects == len(self.shown)
        assert self.store.series == len(expected)

    def expected(self) -> list[str]:
        return sorted(
            line
            for name, fruits in self.shown.items()
            for line in series(name, *(escaped(fruit) for fruit in fruits))
        )


def page(snapshot: Sequence[Sequence[Part]], *, compressed: bool) -> list[str]:
    """The series of a page, sorted."""
    if not compressed:
        return lines(snapshot)

    member = b"".join(whole(Gzip(), parts(snapshot)))
    return sorted(gzip.decompress(member).decode().splitlines())


def escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


TestStoreAndDictionary = StoreAndDictionary.TestCase
