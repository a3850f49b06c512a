"""The reader that the lint relies on sees what is wrong, and nothing where nothing is."""

import pytest

from tests.alerts.promql import Reading, Series

KNOWN = {
    "up": Series(frozenset({"cluster"})),
    "nodes": Series(frozenset({"cluster", "node"})),
    "pods": Series(frozenset({"cluster", "namespace", "pod"})),
    "requests_total": Series(frozenset({"cluster", "code"}), counter=True),
    "seconds_bucket": Series(frozenset({"cluster", "le"}), counter=True),
    "states": Series(frozenset({"cluster", "state"}), values={"state": frozenset({"on", "off"})}),
    "cluster:up:max": Series(frozenset({"cluster"}), scraped=False),
}


def reading(expression: str, *, fleet: bool = False) -> Reading:
    return Reading(expression, KNOWN, fleet=fleet)


@pytest.mark.parametrize(
    ("expression", "fault"),
    [
        ("pod", "there is no metric pod"),
        ('pods{node="n1"}', "pods has no label node"),
        ('{__name__=~"pods|nodes"}', "names no metric"),
        ("max by (cluster, node) (pods)", "max by node: there is no such label"),
        ("max by (namespace) (pods)", "max drops the cluster"),
        ("sum(up)", "sum drops the cluster"),
        ("max without (pod) (pods)", "say by and not without"),
        ("requests_total > 5", "say rate or increase"),
        ("max by (cluster) (requests_total)", "say rate or increase"),
        ('states{state="of"}', "state is never of"),
        ('states{state=~"on|of"}', "state is never on|of"),
        ("up / nodes", "say on"),
        ("pods and on (namespace, pod) pods", "mixes clusters"),
        ("pods and on (cluster, node) up", "on node: not both sides have it"),
        ("pods and ignoring (node) pods", "say on and not ignoring"),
        ("nodes or on (cluster) up", "or of"),
        ("sum(up) and on () up", "sum drops the cluster"),
        ("histogram_quantile(0.9, rate(requests_total[5m]))", "needs the label le"),
    ],
)
def test_a_fault_is_found(expression: str, fault: str) -> None:
    (found,) = reading(expression).faults

    assert fault in found


@pytest.mark.parametrize(
    ("expression", "labels"),
    [
        ("up", "cluster instance job"),
        ("cluster:up:max", "cluster"),
        ("time() - max by (cluster, pod) (pods) > 5", "cluster pod"),
        ("-max by (cluster) (rate(requests_total[5m] offset 1h))", "cluster"),
        ("group by (cluster, code) (requests_total)", "cluster code"),
        ("max by (cluster, node) (nodes) and on (cluster) up", "cluster node"),
        ("cluster:up:max == 0 and on () count(up) > 3", "cluster"),
        ("max by (cluster) (up) - on (cluster) max by (cluster) (up)", "cluster"),
        (
            "max by (cluster, node) (nodes) * on (cluster) group_left () cluster:up:max",
            "cluster node",
        ),
        ("max(up) - on () group_right () cluster:up:max", "cluster"),
        ('label_replace(cluster:up:max, "owner", "$1", "cluster", "(.+)")', "cluster owner"),
        ("histogram_quantile(0.9, sum by (cluster, le) (rate(seconds_bucket[5m])))", "cluster"),
        ("max_over_time(cluster:up:max[1h:5m])", "cluster"),
        ('states{state=~"on|off"} and states{state!="off"}', "cluster instance job state"),
        ('absent(up{cluster="a"})', "cluster"),
        ("absent(up)", ""),
        ("1 + 2", ""),
    ],
)
def test_the_labels_of_a_result_are_known(expression: str, labels: str) -> None:
    found = reading(expression)

    assert found.faults == []
    assert found.labels == set(labels.split())


def test_what_is_about_the_fleet_may_drop_the_cluster() -> None:
    found = reading("count(up) / count(nodes)", fleet=True)

    assert found.faults == []
    assert found.labels == set()


def test_all_metrics_that_are_read_are_known() -> None:
    found = reading("max by (cluster) (up) unless on (cluster) group by (cluster) (nodes)")

    assert found.metrics == {"up", "nodes"}
