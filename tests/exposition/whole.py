"""Bodies and pages in one piece, for tests that read them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from exporter.exposition.body import Body, Plain
from exporter.exposition.negotiation import Format
from exporter.exposition.segment import Part, deflate
from exporter.store.section import Column


def whole(body: Body, parts: Iterable[Part]) -> Iterator[bytes]:
    """All chunks of a body that is made of `parts`."""
    yield from body.feed(parts)
    yield body.end()


def text_of(parts: Iterable[Part]) -> str:
    """What the parts say."""
    return b"".join(whole(Plain(), parts)).decode()


def parts_of(columns: Iterable[Column], format_: Format) -> Iterator[Part]:
    """What a page of columns is made of."""
    for column in columns:
        yield column.header
        yield from column.parts

    yield deflate(format_.end)


def page_of(columns: Iterable[Column], format_: Format) -> str:
    """A page of columns."""
    return text_of(parts_of(columns, format_))
