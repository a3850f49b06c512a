import asyncio
import gzip
import random
from collections.abc import AsyncIterator, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.exposition.body import Gzip
from exporter.exposition.segment import Draft, Part, deflate, inflate, segment_of
from exporter.store.section import Column
from exporter.web.clusters import BrokenPage
from exporter.workers.columns import batches
from tests.exposition.whole import whole
from tests.workers.arrived import arrived

texts = st.binary(max_size=2000)
parts = st.one_of(
    st.just(b""),
    texts.map(deflate),
    st.lists(texts, max_size=3).map(Draft),
)
columns = st.lists(st.lists(parts, max_size=8), max_size=8).map(
    lambda found: [
        Column((number // 3, "pods", number), deflate(b"# HELP %d\n" % number), each)
        for number, each in enumerate(found)
    ]
)


async def sent(found: Iterable[Column]) -> list[bytes]:
    async def each() -> AsyncIterator[Column]:
        for column in found:
            yield column

    return [batch async for batch in batches(each())]


def text_of(found: Iterable[Part]) -> bytes:
    return inflate([segment for part in found if (segment := segment_of(part))])


def gunzipped(found: Iterable[Column]) -> bytes:
    """By a reader that checks the CRC and the length."""
    each = (part for column in found for part in column.parts)
    return gzip.decompress(b"".join(whole(Gzip(), each)))


@given(columns)
def test_columns_arrive_as_they_were(found: list[Column]) -> None:
    async def there() -> list[Column]:
        return await arrived(b"".join(await sent(found)))

    got = asyncio.run(there())

    assert [(one.place, one.header) for one in got] == [(one.place, one.header) for one in found]
    assert [text_of(one.parts) for one in got] == [text_of(one.parts) for one in found]
    assert gunzipped(got) == gunzipped(found)


async def test_a_large_column_arrives_in_pieces_one_after_another() -> None:
    noise = [random.randbytes(10_000) for _ in range(100)]
    small = Column((2, "", 0), deflate(b"# HELP b\n"), (deflate(b"b 1\n"),))
    large = Column((1, "", 0), deflate(b"# HELP a\n"), [deflate(one) for one in noise])
    sizes = [len(batch) for batch in await sent([large, small])]
    got = await arrived(b"".join(await sent([large, small])))

    assert max(sizes) < 150_000
    assert len(got) > 10
    assert {one.place for one in got[:-1]} == {large.place}
    assert b"".join(text_of(one.parts) for one in got[:-1]) == b"".join(noise)
    assert got[-1].place == small.place


async def test_text_that_compresses_well_is_sent_in_portions_as_well() -> None:
    parts = [Draft((b"a 1\n" * 25_000,)) for _ in range(100)]
    got = await arrived(b"".join(await sent([Column((1, "", 0), b"", parts)])))

    assert max(len(text_of(one.parts)) for one in got) < 1_000_000
    assert len(got) > 10


async def test_a_family_without_series_keeps_its_header() -> None:
    (got,) = await arrived(b"".join(await sent([Column((1, "", 0), deflate(b"# HELP a\n"), ())])))

    assert inflate([got.header]) == b"# HELP a\n"
    assert not got.parts


@pytest.mark.parametrize("lost", [1, 3, 4, 5, 30])
async def test_what_ends_too_early_is_no_page(lost: int) -> None:
    whole_answer = b"".join(await sent([Column((1, "", 0), b"", (deflate(b"a 1\n" * 10),))]))

    with pytest.raises(BrokenPage):
        await arrived(whole_answer[:-lost])


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xff\xff\x7f", b"\x01\x00\x00\x00\xc1", b"\x01\0\0\0a"]
)
async def test_what_is_no_batch_is_no_page(data: bytes) -> None:
    with pytest.raises(BrokenPage):
        await arrived(data)


async def test_a_sign_that_more_is_looked_for_does_not_wait() -> None:
    small = deflate(b"x 1\n")
    sign = Column((1, "", 0), b"", ())
    found = [Column((1, "", 0), b"", [small]), sign, Column((1, "", 1), b"", [small]), sign]
    batches_ = await sent(found)

    assert len(batches_) == 3
    assert [one.place for one in await arrived(b"".join(batches_))] == [one.place for one in found]
