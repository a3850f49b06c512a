"""The facts about a cluster, as text."""

from __future__ import annotations

from exporter.families.selection import Selection
from exporter.families.writer import Writer, identity_text
from exporter.fleet.facts import event_counts, facts


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
