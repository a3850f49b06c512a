from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from exporter.exposition.segment import Draft, inflate, segment_of
from exporter.store.block import PLACES, Block, packed


def admit(_: int, __: bytes, after: bytes) -> bytes:
    return after


def packed_rows(rows: Sequence[Sequence[str]]) -> tuple[Block, list[int]]:
    return packed(list(zip(*rows, strict=True)))


def shown(block: Block) -> list[bytes]:
    """The text of each family."""
    return [inflate([segment]) if (segment := segment_of(part)) else b"" for part in block.parts]


def settled(block: Block) -> Block:
    while not block.settle():
        pass

    return block


def test_a_block_has_the_texts_of_its_objects_by_family() -> None:
    block, lines = packed_rows([("a 1\n", "b 1\n"), ("a 2\n", ""), ("a 3\n", "b 3\nb 4\n")])

    assert shown(block) == [b"a 1\na 2\na 3\n", b"b 1\nb 3\nb 4\n"]
    assert lines == [3, 3]
    assert all(isinstance(part, bytes) for part in block.parts)


def test_a_changed_object_touches_only_the_families_whose_text_changed() -> None:
    block, _ = packed_rows([("a 1\n", "b 1\n", ""), ("a 2\n", "b 2\n", "")])
    before = block.parts

    block.replace(1, (b"a 2\n", b"b 5\n", b""), admit)

    assert shown(block) == [b"a 1\na 2\n", b"b 1\nb 5\n", b""]
    assert [old is new for old, new in zip(before, block.parts, strict=True)] == [True, False, True]


def test_a_text_of_equal_length_is_another_text() -> None:
    block, _ = packed_rows([("a 1\n",)])

    block.replace(0, (b"a 2\n",), admit)

    assert shown(block) == [b"a 2\n"]


def test_an_object_that_did_not_change_touches_nothing() -> None:
    block, _ = packed_rows([("a 1\n", ""), ("a 2\n", "b 2\n")])
    before = block.parts

    block.replace(0, (b"a 1\n", b""), admit)

    assert block.parts is before


def test_what_is_admitted_is_what_is_shown() -> None:
    block, _ = packed_rows([("a 1\n", "b 1\n")])

    block.replace(0, (b"a 2\n", b"b 2\n"), lambda family, _, after: b"" if family else after)

    assert shown(block) == [b"a 2\n", b""]


def test_whoever_has_the_parts_keeps_that_state() -> None:
    block, _ = packed_rows([("a 1\n",)])
    block.replace(1, (b"a 2\n",), admit)
    parts = block.parts
    block.replace(0, (b"",), admit)
    settled(block)

    assert inflate(map(segment_of, parts)) == b"a 1\na 2\n"


def test_a_block_stays_as_it_is_while_it_changes_and_is_compressed_when_it_rests() -> None:
    block, _ = packed_rows([("a 1\n", "b 1\n")])
    block.replace(0, (b"a 2\n", b"b 1\n"), admit)

    assert not block.settle()
    assert isinstance(block.parts[0], Draft)

    block.replace(0, (b"a 3\n", b"b 1\n"), admit)

    assert not block.settle()
    assert block.settle()
    assert all(isinstance(part, bytes) for part in block.parts)
    assert shown(block) == [b"a 3\n", b"b 1\n"]


def test_a_family_that_nobody_has_any_more_is_no_text() -> None:
    block, _ = packed_rows([("a 1\n", "b 1\n")])
    block.replace(0, (b"", b"b 1\n"), admit)

    assert settled(block).parts[0] == b""

    block.replace(3, (b"a 9\n", b""), admit)

    assert shown(block) == [b"a 9\n", b"b 1\n"]


places = st.integers(0, PLACES - 1)
families = st.tuples(*[st.sampled_from(["", "é 1\n", "x 1\ny 2\n", "x 1\ny 3\n"])] * 3)


@given(
    st.lists(families, min_size=1, max_size=PLACES),
    st.lists(st.tuples(places, families) | st.none(), max_size=12),
)
def test_whatever_is_replaced_a_block_shows_its_objects_in_order(
    rows: list[Sequence[str]], changes: list[tuple[int, Sequence[str]] | None]
) -> None:
    block, _ = packed_rows(rows)
    expected = [*rows, *[("", "", "")] * (PLACES - len(rows))]
    for change in changes:
        if change is None:
            block.settle()
        else:
            place, texts = change
            block.replace(place, [text.encode() for text in texts], admit)
            expected[place] = texts

        columns = zip(*expected, strict=True)
        assert shown(block) == ["".join(column).encode() for column in columns]
