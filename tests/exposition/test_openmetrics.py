"""Where OpenMetrics differs."""

from __future__ import annotations

from exporter.exposition.openmetrics import END, header
from tests.exposition.strict_parser import strictly_parsed


def test_a_counters_family_is_named_without_total() -> None:
    text = header("x_total", "counter", "X.").decode() + "x_total 1\n" + END.decode()
    (family,) = strictly_parsed(text)

    assert (family.name, family.type) == ("x", "counter")
    assert family.samples[0].name == "x_total"


def test_a_gauge_keeps_its_name() -> None:
    assert header("x_total", "gauge", "X.").startswith(b"# TYPE x_total gauge\n")


def test_quotes_backslashes_and_newlines_of_the_help_read_back() -> None:
    text = header("x", "gauge", 'a "b"\\c\nd').decode() + "x 1\n" + END.decode()
    (family,) = strictly_parsed(text)

    assert family.documentation == 'a "b"\\c\nd'


def test_a_histogram_reads_back_in_order() -> None:
    lines = (
        'x_bucket{le="0.5"} 1\nx_bucket{le="1.0"} 2\nx_bucket{le="+Inf"} 3\nx_sum 2.5\nx_count 3\n'
    )
    text = header("x", "histogram", "X.").decode() + lines + END.decode()
    (family,) = strictly_parsed(text)

    assert family.type == "histogram"
    assert [sample.value for sample in family.samples] == [1, 2, 3, 2.5, 3]


def test_an_infos_family_is_named_without_info() -> None:
    text = header("x_info", "info", "X.").decode() + 'x_info{a="b"} 1\n' + END.decode()
    (family,) = strictly_parsed(text)

    assert (family.name, family.type) == ("x", "info")
    assert family.samples[0].name == "x_info"


def test_a_state_set_keeps_its_name() -> None:
    text = header("x", "stateset", "X.").decode() + 'x{x="on"} 1\nx{x="off"} 0\n' + END.decode()
    (family,) = strictly_parsed(text)

    assert (family.name, family.type) == ("x", "stateset")
