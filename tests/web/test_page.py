from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain, islice

import pytest
from aiohttp.resolver import ThreadedResolver
from multidict import MultiDict

from exporter.discovery.provider import Cluster
from exporter.exposition import segment
from exporter.exposition.negotiation import OPENMETRICS, TEXT, Format
from exporter.families.selection import Selection
from exporter.families.writer import KindWriter
from exporter.fleet.claims import Claims
from exporter.fleet.observation import Observation
from exporter.fleet.plan import Plan
from exporter.fleet.turns import Turns
from exporter.fleet.unit import Staleness, Unit
from exporter.kinds.pod import Pod, pods
from exporter.kubernetes.credentials import UserCredentials
from exporter.kubernetes.objects import Metadata
from exporter.kubernetes.server import Server, Tls
from exporter.kubernetes.stored_credential import StoredCredential
from exporter.promql.parser import selectors_of
from exporter.store.budget import Budget
from exporter.store.section import Column
from exporter.store.store import Store
from exporter.telemetry import Telemetry
from exporter.web.page import Choice, Pages, choice_of, heartbeat
from tests.exposition.whole import page_of
from tests.exposition.whole import text_of as parts_text

PLAN = Plan({pods: KindWriter(pods, Selection())}, events=False, staleness=Staleness())
PAGES = Pages(PLAN.kinds, "cluster")
PODS_AND_NODES = frozenset({"pods", "nodes"})
PODS = Choice(collected=frozenset({"pods"}))


def pod(name: str) -> Pod:
    return Pod(metadata=Metadata(name=name, namespace="shop"))


def key(name: str) -> tuple[str, str]:
    return ("shop", name)


def observed(name: str, *names: str) -> tuple[Observation, Store[Pod]]:
    """A cluster whose pods have been listed, and where they are kept."""
    server = Server("http://127.0.0.1:9", Tls(), UserCredentials(StoredCredential()))
    cluster = Cluster(name, "kubeconfig", "kubeconfig", server, "")
    telemetry = Telemetry()
    observation = Observation(cluster, PLAN, Claims(), Turns(), telemetry, ThreadedResolver())
    observation.health.answered()
    budget = Budget(PLAN.series_limit)
    store = Store(name, pods, PLAN.kinds[pods], budget, telemetry)
    relist(store, *names)
    (health,) = observation.health.parts["pods"]
    health.listed = True
    parts = {"pods": [(health, store)]}
    observation.unit = Unit(observation.health, parts, PLAN.staleness, budget)
    return observation, store


def text_of(columns: Iterable[Column], format_: Format = TEXT) -> str:
    return page_of(columns, format_)


def relist(store: Store[Pod], *names: str) -> None:
    store.begin_list()
    for name in names:
        store.list_object(pod(name))

    store.end_list()


@pytest.mark.parametrize(
    ("query", "choice"),
    [
        ([], Choice()),
        ([("cluster", "a"), ("cluster", "b")], Choice(clusters=frozenset({"a", "b"}))),
        ([("cluster", "a,b")], Choice(clusters=frozenset({"a,b"}))),  # a name may hold a comma
        ([("collect[]", "pods"), ("collect[]", "nodes")], Choice(None, PODS_AND_NODES)),
        ([("resources", "pods,nodes")], Choice(None, PODS_AND_NODES)),
        ([("resources", "pods"), ("collect[]", "nodes")], Choice(None, PODS_AND_NODES)),
        ([("exclude_resources", "pods,,nodes,")], Choice(None, None, PODS_AND_NODES)),
        ([("resources", ""), ("exclude_resources", ",")], Choice()),
        ([("collect", "pods"), ("unheard", "of")], Choice()),
    ],
)
def test_a_query_is_a_choice(query: list[tuple[str, str]], choice: Choice) -> None:
    assert choice_of(MultiDict(query)) == choice


async def test_a_page_under_way_is_of_one_moment() -> None:
    observation, store = observed("eu-1", *(f"web-{number}" for number in range(500)))
    before = text_of(PAGES.everything([observation], PODS, TEXT))

    under_way = PAGES.everything([observation], PODS, TEXT)
    columns = list(islice(under_way, 3))
    store.put(key("late"), pod("late"))
    store.remove(key("web-0"))
    columns += islice(under_way, 3)
    relist(store, "all", "is", "new")
    columns += under_way

    assert len(columns) > 50
    assert text_of(columns) == before


async def test_a_page_under_way_is_not_disturbed_by_a_cluster_that_goes() -> None:
    observation, _ = observed("eu-1", *(f"web-{number}" for number in range(500)))
    before = text_of(PAGES.everything([observation], PODS, TEXT))

    under_way = PAGES.everything([observation], PODS, TEXT)
    columns = list(islice(under_way, 3))
    observation.unit = None
    columns += under_way

    assert text_of(columns) == before


async def test_nothing_of_a_list_shows_before_it_is_whole() -> None:
    observation, store = observed("eu-1", "web-0")
    before = text_of(PAGES.everything([observation], PODS, TEXT))

    store.begin_list()
    store.list_object(pod("web-1"))

    assert text_of(PAGES.everything([observation], PODS, TEXT)) == before


async def test_all_clusters_stand_below_one_header_of_a_family() -> None:
    fleet = [observed(name, "web-0")[0] for name in ("eu-1", "us-1")]
    lines = text_of(PAGES.everything(fleet, PODS, TEXT)).splitlines()

    place = lines.index("# TYPE kube_pod_info gauge")
    assert lines[place + 1].startswith('kube_pod_info{cluster="eu-1",')
    assert lines[place + 2].startswith('kube_pod_info{cluster="us-1",')
    assert lines.count("# TYPE kube_pod_info gauge") == 1


async def test_a_page_without_clusters_is_a_page() -> None:
    text = text_of([heartbeat(TEXT), *PAGES.everything([], Choice(), TEXT)])
    strict = text_of([heartbeat(OPENMETRICS)], OPENMETRICS)

    assert [line for line in text.splitlines() if not line.startswith("#")] == [
        line for line in strict.splitlines() if not line.startswith("#")
    ]
    assert text.count("kube_fleet_exporter_build_info{") == 1
    assert strict.endswith("# EOF\n")


async def test_a_page_of_which_nothing_was_chosen_is_empty() -> None:
    observation, _ = observed("eu-1", "web-0")
    nothing = Choice(collected=frozenset({"unheard-of"}))

    assert text_of(PAGES.everything([observation], nothing, TEXT)) == ""
    assert text_of(PAGES.everything([observation], nothing, OPENMETRICS), OPENMETRICS) == "# EOF\n"


def federated(*selectors: str) -> Choice:
    return Choice(selectors=selectors_of(selectors))


def series(text: str) -> list[str]:
    return [line for line in text.splitlines() if not line.startswith("#")]


@pytest.fixture
def inflations(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many segments were inflated, each time."""
    counted: list[int] = []

    def inflate(segments: Sequence[bytes]) -> bytes:
        counted.append(len(segments))
        return segment.inflate(segments)

    monkeypatch.setattr("exporter.promql.sieve.inflate", inflate)
    return counted


@pytest.mark.parametrize(
    ("selectors", "segments", "found"),
    [
        (['kube_pod_info{cluster="eu-1"}'], 0, 3 * 64),
        (['{__name__=~"kube_pod_info",cluster=~"(eu|us)-1"}'], 0, 6 * 64),
        (['kube_pod_info{node_name=""}', "kube_pod_info"], 0, 6 * 64),
        (['{cluster!~"us.*",__name__=~"kube_pod_(info|created)"}', "{x='y'}"], 0, 3 * 64),
        (['kube_pod_info{no_such_label="x"}'], 0, 0),
        (['kube_no_such{pod="web-1"}'], 0, 0),
        (['{cluster="nobody"}'], 0, 0),
        (['kube_pod_info{cluster="eu-1",pod="web-1"}'], 3, 1),
        (['kube_pod_info{pod=~"web-1"}', 'kube_pod_info{cluster="us-1"}'], 3, 1 + 3 * 64),
        (['kube_pod_owner{owner_kind=""}', 'kube_pod_owner{uid!="x"}'], 6, 6 * 64),
    ],
)
async def test_nothing_is_inflated_for_what_is_known_without(
    inflations: list[int], selectors: list[str], segments: int, found: int
) -> None:
    names = [f"web-{number}" for number in range(3 * 64)]
    fleet = [observed(cluster, *names)[0] for cluster in ("eu-1", "us-1")]
    columns = list(PAGES.everything(fleet, replace(PODS, selectors=selectors_of(selectors)), TEXT))
    parts = [[part for part in column.parts if part] for column in columns]

    assert sum(inflations) == segments
    assert len(series(parts_text(chain.from_iterable(parts)))) == found


async def test_what_is_chosen_twice_is_there_once() -> None:
    fleet = [observed(cluster, "web-0")[0] for cluster in ("eu-1", "us-1", "us-2")]
    wanted = federated("kube_pod_info", 'kube_pod_info{cluster="us-1"}', '{pod="web-0"}')
    found = series(text_of(PAGES.everything(fleet, wanted, TEXT)))

    assert len(found) > 10
    assert len(set(found)) == len(found)


async def test_clusters_of_which_different_series_are_chosen_share_families() -> None:
    fleet = [observed(cluster, "web-0", "web-1")[0] for cluster in ("eu-1", "us-1")]
    wanted = federated('kube_pod_info{cluster="us-1"}', 'kube_pod_info{pod="web-1"}')
    places = [column.place for column in PAGES.everything(fleet, wanted, TEXT)]

    assert places == sorted(places)
    assert len(places) == 2
    assert len(set(places)) == 1
