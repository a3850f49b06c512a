"""Objects written as text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from exporter.families.family import Families, Family, LabelledNumber, LabelledOf, Rows
from exporter.families.kind import Kind
from exporter.families.selection import Selection
from exporter.families.writer import KindWriter, Writer, identity_text
from exporter.kinds.pod import pods
from exporter.kubernetes.decoding import Decoder
from exporter.kubernetes.objects import Metadata, Object

Labels = Mapping[str, str]


@dataclass(frozen=True)
class Buckets:
    """A `HistogramValue`."""

    buckets: tuple[tuple[str, int], ...] = ()
    sum: float = 0.5
    count: int = 1


def test_every_shape_is_written() -> None:
    shapes: Families[None] = Families()

    @shapes.number()
    def one(_: None) -> int:
        """One series."""
        return 1

    @shapes.rows("a")
    def label(_: None) -> Rows:
        """Rows of one label."""
        return [("x", 1)]

    @shapes.rows("a", "b")
    def labels(_: None) -> Rows:
        """Rows of two."""
        return [("x", "y", 1)]

    @shapes.rows(optional=("a",))
    def optional(_: None) -> Rows:
        """A label that may be missing."""
        return [(None, 1)]

    @shapes.states("state", ("x",))
    def state(_: None) -> str:
        """States."""
        return "x"

    @shapes.mapping("label_")
    def mapping(_: None) -> Labels:
        """Labels that the object names."""
        return {"a": "x"}

    @shapes.histogram("a")
    def seconds(_: None) -> Rows:
        """A histogram."""
        return [("x", Buckets())]

    labelled: LabelledOf[None] = LabelledOf(lambda _: [({"a": "x"}, 1)])
    shapes.families.append(Family("own", "Own.", "gauge", (), "alpha", False, labelled))
    writer = Writer(shapes, Selection(), resource="", identity=("c",))

    assert "".join(write('c="1"', None) for write in writer.writes) == (
        'one{c="1"} 1\n'
        'label{c="1",a="x"} 1\n'
        'labels{c="1",a="x",b="y"} 1\n'
        'optional{c="1"} 1\n'
        'state{c="1",state="x"} 1\n'
        'mapping{c="1",label_a="x"} 1\n'
        'seconds_bucket{c="1",a="x",le="+Inf"} 1\n'
        'seconds_sum{c="1",a="x"} 0.5\nseconds_count{c="1",a="x"} 1\n'
        'own{c="1",a="x"} 1\n'
    )


things: Kind[Object] = Kind(
    Object, "v1", "things", singular="thing", identity=("namespace", "thing", "uid")
)


@things.number()
def kube_thing_generation(thing: Object) -> int | None:
    """The generation, unless it is zero."""
    return thing.metadata.generation or None


@things.states("phase", ("New", 'O"ld'))
def kube_thing_phase(thing: Object) -> str | None:
    """The phase, which is the resource version."""
    return thing.metadata.resource_version or None


@things.mapping("label_", choice="labels")
def kube_thing_labels(thing: Object) -> Labels:
    """The labels."""
    return thing.metadata.labels


@things.mapping("note_", opt_in=True)
def kube_thing_notes(thing: Object) -> Labels:
    """The annotations, all of them."""
    return thing.metadata.annotations


@things.rows("owner")
def kube_thing_owner(thing: Object) -> Rows:
    """The owners."""
    return [(owner.name, 1) for owner in thing.metadata.owner_references]


THING = Object(
    Metadata(
        name="t",
        namespace="n",
        uid="u",
        generation=3,
        resource_version="New",
        labels={"app": 'a"b', "team": "x"},
        annotations={"a-b": "1", "a.b": "2"},
    )
)


def lines(thing: Object, selection: Selection, cluster: str = "c") -> list[str]:
    writer = KindWriter(things, selection)
    identity = identity_text(writer.identity, (cluster, *things.identity_of(thing)))
    text = "".join(write(identity, thing) for write in writer.writes)
    return text.split("\n")[:-1]


def test_every_line_begins_with_the_cluster_and_the_objects_identity() -> None:
    assert lines(THING, Selection()) == [
        'kube_thing_generation{cluster="c",namespace="n",thing="t",uid="u"} 3',
        'kube_thing_phase{cluster="c",namespace="n",thing="t",uid="u",phase="New"} 1',
        'kube_thing_phase{cluster="c",namespace="n",thing="t",uid="u",phase="O\\"ld"} 0',
    ]


def test_nothing_is_written_of_an_object_that_says_nothing() -> None:
    assert lines(Object(), Selection()) == []


def test_labels_are_written_as_the_list_says() -> None:
    selection = Selection(labels_allow_list={"things": ("app",)}, metric_denylist=("ion$", "phase"))

    assert lines(THING, selection) == [
        'kube_thing_labels{cluster="c",namespace="n",thing="t",uid="u",label_app="a\\"b"} 1'
    ]


def test_an_object_without_any_of_the_chosen_labels_is_written_all_the_same() -> None:
    selection = Selection(labels_allow_list={"*": ("*",)})

    assert lines(Object(), selection) == [
        'kube_thing_labels{cluster="c",namespace="",thing="",uid=""} 1'
    ]


def test_a_mapping_that_no_list_is_about_is_written_whole() -> None:
    selection = Selection(metric_allowlist=("notes",), metric_opt_in_list=("notes",))

    (line,) = lines(THING, selection)

    assert line.endswith(',uid="u",note_a_b_conflict1="1",note_a_b_conflict2="2"} 1')


def test_a_label_named_as_the_clusters_is_kept_under_another_name() -> None:
    def named(label: str) -> str:
        selection = Selection(
            cluster_label=label,
            labels_allow_list={"things": ("team",)},
            metric_allowlist=("labels",),
        )
        return lines(THING, selection)[0]

    assert named("thing") == (
        'kube_thing_labels{thing="c",namespace="n",exported_thing="t",uid="u",label_team="x"} 1'
    )
    assert named("label_team").endswith('thing="t",uid="u",exported_label_team="x"} 1')


def test_a_familys_own_label_named_as_the_clusters_is_kept_too() -> None:
    writer = KindWriter(things, Selection(cluster_label="phase", metric_allowlist=("phase",)))

    assert 'phase="c",exported_phase="New"' in writer.writes[0]('phase="c"', THING)


def promoted(obj: dict[str, object], limit: int = 0) -> str:
    """How the lines of a pod begin whose labels team and app are shown on all its series."""
    labels = {"pods": {"team": "example.com/team", "app": "app"}}
    writer = KindWriter(pods, Selection(object_labels=labels, label_value_limit=limit))
    return writer.identify("eu-1", Decoder(pods.type).decode(json.dumps(obj).encode()))


def test_chosen_labels_of_an_object_are_on_all_its_series() -> None:
    labels = {"example.com/team": "core", "other": "x"}

    begin = promoted({"metadata": {"name": "p", "namespace": "n", "uid": "1", "labels": labels}})

    assert begin == 'cluster="eu-1",namespace="n",pod="p",uid="1",team="core",app=""'


def test_a_long_label_of_an_object_is_cut_but_not_the_name_of_its_cluster() -> None:
    labels = {"example.com/team": "a-long-name"}

    begin = promoted({"metadata": {"name": "pod", "labels": labels}}, limit=3)

    assert begin == 'cluster="eu-1",namespace="",pod="pod",uid="",team="a-l",app=""'


odd = st.text() | st.text(alphabet='\\"\n\x00%a{},= ', max_size=6)


@given(odd, odd, odd)
def test_whatever_an_object_is_called_its_lines_begin_with_its_name_escaped(
    cluster: str, namespace: str, name: str
) -> None:
    writer = KindWriter(things, Selection())
    thing = Object(Metadata(namespace=namespace, name=name, generation=1))
    identity = writer.identify(cluster, thing)

    assert identity == identity_text(writer.identity, (cluster, namespace, name, ""))
    (family,) = text_string_to_metric_families(writer.writes[0](identity, thing))
    assert family.samples[0].labels == {
        "cluster": cluster,
        "namespace": namespace,
        "thing": name,
        "uid": "",
    }


def test_whether_a_family_may_have_a_label_is_known_without_an_object() -> None:
    shapes: Families[None] = Families()

    @shapes.rows("a", "cluster", optional=("b",))
    def rows(_: None) -> Rows:
        """Declared labels."""
        return []

    @shapes.mapping("label_")
    def keys(_: None) -> Labels:
        """Labels of the object's own."""
        return {}

    @shapes.labelled("a")
    def free(_: None) -> list[LabelledNumber]:
        """Any labels."""
        return []

    @shapes.histogram("a")
    def counts(_: None) -> Rows:
        """Buckets."""
        return []

    writer = Writer(shapes, Selection(), resource="shapes", identity=("cluster", "pod"))
    asked = ("cluster", "pod", "a", "b", "exported_cluster", "label_x", "le", "other")

    assert {
        family.name: [label for label in asked if writer.may_have(family, label)]
        for family in writer.families
    } == {
        "rows": ["cluster", "pod", "a", "b", "exported_cluster"],
        "keys": ["cluster", "pod", "label_x"],
        "free": list(asked),
        "counts": ["cluster", "pod", "a", "le"],
    }


@given(st.sampled_from(["x", "x_y", "a"]))
def test_a_key_that_makes_way_for_the_clusters_label_is_one_that_a_family_may_have(
    key: str,
) -> None:
    shapes: Families[None] = Families()

    @shapes.mapping("label_")
    def keys(_: None) -> Labels:
        """Labels of the object's own."""
        return {key: "1"}

    writer = Writer(shapes, Selection(cluster_label="label_x"), resource="", identity=("label_x",))
    (family,) = text_string_to_metric_families(writer.writes[0]('label_x="eu"', None))

    assert len(family.samples[0].labels) == 2
    assert all(writer.may_have(writer.families[0], label) for label in family.samples[0].labels)


def test_the_series_of_a_histogram_have_names_of_their_own() -> None:
    shapes: Families[None] = Families()

    @shapes.number()
    def one(_: None) -> int:
        """A number."""
        return 1

    @shapes.histogram("a")
    def counts(_: None) -> Rows:
        """Buckets."""
        return [("x", Buckets())]

    writer = Writer(shapes, Selection(), resource="shapes", identity=("cluster",))

    assert [family.sample_names for family in writer.families] == [
        ("one",),
        ("counts_bucket", "counts_sum", "counts_count"),
    ]
