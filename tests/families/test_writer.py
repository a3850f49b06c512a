"""Objects written as text."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from exporter.exposition import openmetrics
from exporter.families.family import Families, Family, LabelledNumber, LabelledOf, Row, Rows
from exporter.families.kind import Kind
from exporter.families.selection import Selection
from exporter.families.writer import KindWriter, Writer, identity_text
from exporter.kinds.pod import pods
from exporter.kubernetes.decoding import Decoder
from exporter.kubernetes.objects import Metadata, Object
from tests.exposition.strict_parser import strictly_parsed

IDENTITY = 'cluster="c"'

Labels = Mapping[str, str]


@dataclass(frozen=True)
class Buckets:
    """A `HistogramValue`."""

    buckets: Sequence[tuple[str, int]]
    sum: float
    count: int


echo: Families[Rows] = Families()


@echo.rows("a", "b")
def rows_total(rows: Rows) -> Rows:
    """The rows themselves."""
    return rows


def written(rows: Rows, cluster: str = "c") -> str:
    writer = Writer(echo, Selection(), resource="things", identity=("cluster",))
    return writer.writes[0](identity_text(writer.identity, (cluster,)), rows)


def samples(page: str) -> list[tuple[Labels, float]]:
    return [
        (sample.labels, float(sample.value))
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    ]


def test_a_row_is_a_line_behind_the_identity() -> None:
    assert written([("x", "y", 1)]) == 'rows_total{cluster="c",a="x",b="y"} 1\n'


def test_no_rows_are_no_text() -> None:
    assert written([]) == ""


def test_numbers_may_be_whole_or_not_or_true() -> None:
    assert written([("x", "1", 0.25), ("x", "2", True), ("x", "3", float("inf"))]) == (
        'rows_total{cluster="c",a="x",b="1"} 0.25\n'
        'rows_total{cluster="c",a="x",b="2"} 1\n'
        'rows_total{cluster="c",a="x",b="3"} +Inf\n'
    )


def test_of_two_rows_with_the_same_labels_the_first_is_written() -> None:
    assert written([("x", "y", 1), ("z", "y", 2), ("x", "y", 3)]) == (
        'rows_total{cluster="c",a="x",b="y"} 1\nrows_total{cluster="c",a="z",b="y"} 2\n'
    )


sparse: Families[Rows] = Families()


@sparse.rows("a", optional=("b", "c"))
def sparse_rows(rows: Rows) -> Rows:
    """The rows themselves."""
    return rows


def test_an_optional_label_that_is_none_is_left_out() -> None:
    writer = Writer(sparse, Selection(), resource="things", identity=("cluster",))
    rows = [("x", "y", None, 1), ("x", None, "", 2.5), ("x", None, "", 3), ('"', None, "\\", 4)]

    assert writer.writes[0](IDENTITY, rows) == (
        'sparse_rows{cluster="c",a="x",b="y"} 1\n'
        'sparse_rows{cluster="c",a="x",c=""} 2.5\n'
        'sparse_rows{cluster="c",a="\\"",c="\\\\"} 4\n'
    )
    assert writer.writes[0](IDENTITY, []) == ""


def test_backslashes_quotes_and_newlines_are_escaped_and_nothing_else() -> None:
    assert written([("a\\b", 'c"d\ne\r\t\u2028', 1)]) == (
        'rows_total{cluster="c",a="a\\\\b",b="c\\"d\\ne\r\t\u2028"} 1\n'
    )


odd = st.text() | st.text(alphabet='\\"\n\r\x00\x85\u2028\U0001f600a{},= ', max_size=6)
rows_of_any_text = st.lists(st.tuples(odd, odd, st.integers(0, 3) | st.floats(0, 3)), max_size=5)


@given(rows_of_any_text, odd)
def test_whatever_the_labels_hold_it_reads_back_each_series_once(
    rows: list[Row], cluster: str
) -> None:
    first: dict[tuple[str, str], float] = {}
    for a, b, number in rows:
        first.setdefault((a, b), float(number))

    page = written(rows, cluster)

    assert page.count("\n") == len(first)
    assert samples(page) == [
        ({"cluster": cluster, "a": a, "b": b}, number) for (a, b), number in first.items()
    ]


@given(rows_of_any_text)
def test_it_reads_back_by_a_strict_openmetrics_parser_too(rows: list[Row]) -> None:
    counters: Families[Rows] = Families()
    counters.rows("a", "b", counter=True)(rows_total)
    writer = Writer(counters, Selection(), resource="things", identity=("cluster",))
    family = writer.families[0]
    page = openmetrics.header(family.name, family.type, family.shown_help).decode()
    page += writer.writes[0](IDENTITY, rows) + openmetrics.END.decode()
    (parsed,) = strictly_parsed(page)

    assert parsed.type == "counter"
    assert {(one.labels["a"], one.labels["b"]) for one in parsed.samples} == {
        (a, b) for a, b, _ in rows
    }


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


def test_a_state_outside_the_set_leaves_all_of_them_at_zero() -> None:
    odd_thing = Object(Metadata(resource_version="Odd\x00"))

    assert [line[-1] for line in lines(odd_thing, Selection())] == ["0", "0"]


def test_an_identity_is_written_once_in_each_line_whatever_it_holds() -> None:
    assert lines(Object(Metadata(resource_version="New")), Selection(), 'a"\x00\\b') == [
        'kube_thing_phase{cluster="a\\"\x00\\\\b",namespace="",thing="",uid="",phase="New"} 1',
        'kube_thing_phase{cluster="a\\"\x00\\\\b",namespace="",thing="",uid="",phase="O\\"ld"} 0',
    ]


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


def test_a_histogram_has_its_buckets_sum_and_count() -> None:
    waits: Families[object] = Families()

    @waits.histogram("verb")
    def wait_seconds(thing: object) -> Rows:
        """How long."""
        return [('"get"', Buckets((("0.1", 1), ("1", 2)), 2.5, 3))]

    writer = Writer(waits, Selection(), resource="things", identity=("cluster",))

    assert writer.writes[0](IDENTITY, None) == (
        'wait_seconds_bucket{cluster="c",verb="\\"get\\"",le="0.1"} 1\n'
        'wait_seconds_bucket{cluster="c",verb="\\"get\\"",le="1"} 2\n'
        'wait_seconds_bucket{cluster="c",verb="\\"get\\"",le="+Inf"} 3\n'
        'wait_seconds_sum{cluster="c",verb="\\"get\\""} 2.5\n'
        'wait_seconds_count{cluster="c",verb="\\"get\\""} 3\n'
    )


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


def labelled(*series: LabelledNumber, identity: tuple[str, ...] = ("cluster",)) -> str:
    """What is written of an object whose series bring their own labels."""
    families: Families[None] = Families()
    shape: LabelledOf[None] = LabelledOf(lambda _: series)
    families.families.append(Family("x", "X.", "gauge", (), "alpha", False, shape))
    writer = Writer(families, Selection(), resource="things", identity=identity)
    return writer.writes[0](identity_text(identity, ("c",) * len(identity)), None)


def test_labels_that_differ_from_series_to_series_are_written_in_alphabetical_order() -> None:
    assert labelled(({"b": 'q"', "a": "\\"}, 1), ({}, 0.5)) == (
        'x{cluster="c",a="\\\\",b="q\\""} 1\nx{cluster="c"} 0.5\n'
    )


def test_of_two_series_with_the_same_labels_in_any_order_the_first_is_written() -> None:
    assert labelled(({"a": "1", "b": "2"}, 1), ({"b": "2", "a": "1"}, 2)) == (
        'x{cluster="c",a="1",b="2"} 1\n'
    )


def test_a_label_named_as_one_that_every_line_begins_with_gets_a_name_that_is_free() -> None:
    series = {"cluster": "1", "exported_cluster": "2", "team": "3"}

    assert labelled((series, 1), identity=("cluster", "team")) == (
        'x{cluster="c",team="c",exported_cluster="2",exported_exported_cluster="1",'
        'exported_team="3"} 1\n'
    )


@given(st.lists(st.tuples(st.dictionaries(st.sampled_from("ab"), odd), st.integers(0, 3))))
def test_whatever_series_hold_each_reads_back_once(series: list[LabelledNumber]) -> None:
    first: dict[frozenset[tuple[str, str]], float] = {}
    for labels, number in series:
        first.setdefault(frozenset(labels.items()), number)

    read = [(frozenset(labels.items()), value) for labels, value in samples(labelled(*series))]

    assert read == [(labels | {("cluster", "c")}, value) for labels, value in first.items()]


def test_a_name_that_needs_care_does_not_make_every_line_of_the_object_wrong() -> None:
    """The identity is escaped once; what is counted is a family's own text."""
    identity = identity_text(("cluster",), ('a"\\b\nc',))
    write = Writer(echo, Selection(), resource="", identity=("cluster",)).writes[0]

    for rows in ([("x", "y", 1)], [("x", "y", 1), ('"', "\\", 2)]):
        families = text_string_to_metric_families(write(identity, rows))
        assert [
            (sample.labels["cluster"], sample.labels["a"], sample.labels["b"], sample.value)
            for family in families
            for sample in family.samples
        ] == [('a"\\b\nc', *row) for row in rows]
