from exporter.exposition.negotiation import OPENMETRICS, TEXT
from exporter.families.family import Family, Single
from exporter.store.section import Section
from exporter.store.store import Texts


def family(name: str) -> Family[object]:
    return Family(name, f"Help of {name}.", "gauge", (), "alpha", False, Single(lambda _: 1))


FAMILIES = (family("first"), family("second"))


def text(clusters: list[list[Texts]]) -> str:
    return b"".join(Section(FAMILIES, clusters).chunks(TEXT)).decode()


def test_a_family_stands_in_one_place_for_all_clusters() -> None:
    eu: list[Texts] = [(b"first{a} 1\n", b"second{a} 1\n"), (b"first{b} 1\n", b"")]
    us: list[Texts] = [(b"first{c} 1\n", b"second{c} 1\n")]

    assert text([eu, us]) == (
        "# HELP first Help of first.\n"
        "# TYPE first gauge\n"
        "first{a} 1\nfirst{b} 1\nfirst{c} 1\n"
        "# HELP second Help of second.\n"
        "# TYPE second gauge\n"
        "second{a} 1\nsecond{c} 1\n"
    )


def test_a_family_without_series_keeps_its_header_while_there_are_objects() -> None:
    assert "# TYPE second gauge\n" in text([[(b"first 1\n", b"")]])


def test_a_kind_without_objects_has_no_headers() -> None:
    assert text([]) == text([[], []]) == ""


def test_the_format_decides_about_the_headers() -> None:
    section = Section(FAMILIES, [[(b"first 1\n", b"")]])

    assert next(section.chunks(OPENMETRICS)) == OPENMETRICS.header(
        "first", "gauge", "Help of first."
    )
