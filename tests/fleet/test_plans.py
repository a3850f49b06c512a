from exporter.discovery.provider import Cluster
from exporter.families.selection import Selection
from exporter.families.writer import KindWriter
from exporter.fleet.plan import Plan
from exporter.fleet.plans import Override, Plans, Reading
from exporter.fleet.unit import Staleness
from exporter.kinds.node import nodes
from exporter.kinds.pod import pods
from exporter.store.budget import SeriesLimit

ALL = {kind: KindWriter(kind, Selection()) for kind in (nodes, pods)}
PLAN = Plan(ALL, events=False, staleness=Staleness())


def found(name: str) -> Cluster:
    return Cluster(name, "static", "tests", None, "", labels={"region": "eu", "team": "shop"})


def test_a_cluster_that_no_pattern_matches_is_as_it_was_found() -> None:
    plans = Plans(PLAN, [Override("eu-*", maintenance=True, reading=Reading(frozenset({"pods"})))])

    assert plans.cluster(found("us-1")) == found("us-1")
    assert plans.plan("us-1") is plans.plan("us-2") == PLAN


def test_of_several_patterns_that_match_the_last_says_what_counts() -> None:
    first = Override("*", {"team": "a", "tier": "b"}, True, "old", Reading(None, ("x",)))
    last = Override("eu-[0-9]", {"team": "c"}, False, None, Reading(series_limit=SeriesLimit(7)))
    plans = Plans(PLAN, [first, last])
    cluster, plan = plans.cluster(found("eu-1")), plans.plan("eu-1")

    assert cluster.labels == {"region": "eu", "team": "c", "tier": "b"}
    assert (cluster.maintenance, cluster.uid) == (False, "old")
    assert (plan.namespaces, plan.series_limit) == (("x",), SeriesLimit(7))


def test_patterns_tell_capitals_apart() -> None:
    assert not Plans(PLAN, [Override("EU-*", maintenance=True)]).cluster(found("eu-1")).maintenance


def test_resources_may_be_fewer_or_more_than_others_have_and_have_the_same_writers() -> None:
    only_pods = Plan({pods: ALL[pods]}, events=False, staleness=Staleness())
    plans = Plans(only_pods, [Override("eu-1", reading=Reading(frozenset({"nodes"})))], ALL)

    assert plans.plan("eu-1").kinds == {nodes: ALL[nodes]}
    assert plans.plan("us-1").kinds == {pods: ALL[pods]}
    assert plans.kinds == ALL


def test_clusters_of_which_the_same_is_read_have_the_very_same_plan() -> None:
    reading = Reading(namespaces_denylist=("kube-system",))
    plans = Plans(
        PLAN,
        [
            Override("eu-*", reading=reading),
            Override("us-*", reading=reading),
            Override("same", reading=Reading(namespaces=())),
        ],
    )

    assert plans.plan("eu-1") is plans.plan("us-1") is not plans.plan("other")
    assert plans.plan("same") is plans.plan("other")


def test_plans_that_follow_others_are_the_same_where_the_same_is_read() -> None:
    before = Plans(PLAN, [Override("eu-*", reading=Reading(namespaces=("shop",)))])
    old = before.plan("eu-1"), before.plan("us-1")
    after = Plans(PLAN, [Override("eu-1", {"a": "b"}, reading=Reading(namespaces=("shop",)))])
    after.follow(before)

    assert after.plan("eu-1") is old[0]
    assert after.plan("us-1") is after.plan("eu-2") is old[1]
