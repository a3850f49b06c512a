from collections.abc import Sequence

from exporter.exposition.body import Plain
from exporter.exposition.negotiation import OPENMETRICS, TEXT, Format
from exporter.exposition.segment import Draft, Part
from exporter.families.family import Family, Single
from exporter.promql.matcher import Matcher
from exporter.promql.selectors import EVERYTHING, NOTHING, Selectors
from exporter.store.section import Section, sifted
from exporter.store.store import Snapshot
from tests.exposition.whole import whole


def family(name: str) -> Family[object]:
    return Family(name, f"Help of {name}.", "gauge", (), "alpha", False, Single(lambda _: 1))


FAMILIES = (family("first"), family("second"))


def block(*texts: bytes) -> tuple[Part, ...]:
    return tuple(Draft((text,)) for text in texts)


def text(
    clusters: Sequence[Snapshot],
    format_: Format = TEXT,
    wanted: Sequence[Selectors] = (EVERYTHING, EVERYTHING),
) -> str:
    columns = Section(0, "things", FAMILIES, clusters, wanted).columns(format_)
    parts = (part for column in columns for part in (column.header, *column.parts))
    return b"".join(whole(Plain(), parts)).decode()


def test_a_family_stands_in_one_place_for_all_clusters() -> None:
    eu = [block(b"first{a} 1\n", b"second{a} 1\n"), block(b"first{b} 1\n", b"")]
    us = [block(b"first{c} 1\n", b"second{c} 1\n")]

    assert text([eu, us]) == (
        "# HELP first Help of first.\n"
        "# TYPE first gauge\n"
        "first{a} 1\nfirst{b} 1\nfirst{c} 1\n"
        "# HELP second Help of second.\n"
        "# TYPE second gauge\n"
        "second{a} 1\nsecond{c} 1\n"
    )


def test_a_family_without_series_keeps_its_header_while_there_are_objects() -> None:
    assert "# TYPE second gauge\n" in text([[block(b"first 1\n", b"")]])


def test_a_kind_without_objects_has_no_headers() -> None:
    assert text([]) == text([[], []]) == ""


def test_the_format_decides_about_the_headers() -> None:
    page = text([[block(b"first 1\n", b"")]], OPENMETRICS)

    assert page.encode().startswith(OPENMETRICS.header("first", "gauge", "Help of first."))


def test_of_a_family_only_what_is_wanted_is_there() -> None:
    eu = [block(b'first{a="1"} 1\n', b'second{a="1"} 1\nsecond{a="2"} 1\n')]
    one = Selectors(((Matcher("a", "=", "2"),),))

    assert text([eu], wanted=(NOTHING, one)) == (
        '# HELP second Help of second.\n# TYPE second gauge\nsecond{a="2"} 1\n'
    )


def test_parts_that_are_wanted_as_a_whole_are_not_looked_into() -> None:
    unreadable = [b"no deflate data at all", b"nor here"]

    assert sifted(unreadable, EVERYTHING) is unreadable
