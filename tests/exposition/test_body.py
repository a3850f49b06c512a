import gzip
import zlib
from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from exporter.exposition.body import Body, Gzip, Plain
from exporter.exposition.segment import Draft, Part, deflate
from tests.exposition.whole import whole

pieces = st.binary(max_size=100) | st.just(b"x" * 100_000)
parts = st.lists(st.builds(deflate, pieces) | st.builds(Draft, st.tuples(pieces, pieces)))


def text_of(parts: Iterable[Part]) -> bytes:
    return b"".join(whole(Plain(), parts))


def sent(body: Body, parts: Iterable[Part]) -> bytes:
    return b"".join(whole(body, parts))


@given(st.lists(pieces))
def test_plain_is_the_text_of_all_parts(texts: list[bytes]) -> None:
    body = Plain()

    assert sent(body, map(deflate, texts)) == b"".join(texts)
    assert body.size == len(b"".join(texts))


@given(parts)
def test_gzip_is_one_member_with_the_same_text(parts: list[Part]) -> None:
    body = Gzip()
    member = zlib.decompressobj(16 + zlib.MAX_WBITS)
    text = member.decompress(sent(body, parts))

    assert text == text_of(parts)
    assert member.eof  # the checksum was right
    assert member.unused_data == b""
    assert body.size == len(text)


def test_nothing_is_an_empty_member() -> None:
    assert gzip.decompress(sent(Gzip(), [])) == b""
    assert sent(Plain(), []) == b""


def test_a_large_page_comes_in_chunks_of_a_useful_size() -> None:
    numbers = ("".join(f"series {number}\n" for number in range(n, n + 5000)) for n in range(60))
    segments = [deflate(text.encode()) for text in numbers]
    for body in (Gzip(), Plain()):
        lengths = [len(chunk) for chunk in whole(body, segments)]

        assert len(lengths) > 3
        assert all(64 * 1024 <= length < 512 * 1024 for length in lengths[:-1])


def test_what_has_to_be_compressed_on_the_way_is_sent_in_small_steps() -> None:
    drafts = [Draft((b"x" * 100_000,)) for _ in range(12)]

    assert len(list(whole(Gzip(), drafts))) == 13
