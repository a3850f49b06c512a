import zlib

from hypothesis import given
from hypothesis import strategies as st

from exporter.exposition.segment import TRAILER, Draft, deflate, inflate, segment_of, text_length

texts = st.lists(st.binary(max_size=200) | st.just(b"kube_pod_info{} 1\n" * 1000), max_size=6)


@given(texts)
def test_segments_one_after_another_inflate_to_their_texts(texts: list[bytes]) -> None:
    assert inflate([deflate(text) for text in texts if text]) == b"".join(texts)


@given(st.binary(min_size=1))
def test_a_segment_ends_with_the_checksum_and_length_of_its_text(text: bytes) -> None:
    segment = deflate(text)

    assert TRAILER.unpack(segment[-8:]) == (zlib.crc32(text), len(text))
    assert text_length(segment) == len(text)


def test_no_text_is_no_segment() -> None:
    assert deflate(b"") == b""


def test_text_that_repeats_itself_takes_little_room() -> None:
    assert len(deflate(b"kube_pod_info{} 1\n" * 1000)) < 200


def test_a_draft_is_compressed_once_for_all_who_see_it() -> None:
    draft = Draft((b"a 1\n", b"b 1\n"))

    assert segment_of(draft) is segment_of(draft)
    assert inflate([draft.segment]) == b"a 1\nb 1\n"


def test_a_replaced_piece_makes_another_draft() -> None:
    draft = Draft((b"a 1\n", b"b 1\n", b"c 1\n"))
    other = draft.replaced(1, b"b 2\n")

    assert inflate([other.segment]) == b"a 1\nb 2\nc 1\n"
    assert inflate([draft.segment]) == b"a 1\nb 1\nc 1\n"
