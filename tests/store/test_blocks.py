from collections.abc import Sequence

from exporter.exposition.segment import Draft, inflate, segment_of
from exporter.store.block import PLACES
from exporter.store.blocks import Blocks
from exporter.store.budget import Budget, SeriesLimit

UNLIMITED = Budget(SeriesLimit())


def listed(names: Sequence[str], budget: Budget = UNLIMITED) -> Blocks:
    """Objects with a line of ``a`` and two of ``b``."""
    blocks = Blocks(2, budget)
    for start in range(0, len(names), PLACES):
        batch = names[start : start + PLACES]
        columns = list(zip(*map(texts, batch), strict=True))
        blocks.append([("shop", name) for name in batch], columns)

    return blocks


def texts(name: str, value: int = 1) -> tuple[str, str]:
    return f"a {name} {value}\n", f"b {name} {value}\nc {name} {value}\n"


def lines(blocks: Blocks) -> list[str]:
    parts = [segment_of(part) for block in blocks.parts for part in block]
    return sorted(inflate(part for part in parts if part).decode().splitlines())


def series(*names: str, value: int = 1) -> list[str]:
    return sorted("".join("".join(texts(name, value)) for name in names).splitlines())


def names(count: int) -> list[str]:
    return [f"object-{number}" for number in range(count)]


def settle(blocks: Blocks) -> None:
    for _ in range(2):
        for _ in blocks.settle():
            pass


def drafts(blocks: Blocks) -> int:
    return sum(isinstance(part, Draft) for block in blocks.parts for part in block)


def test_a_list_fills_one_block_after_another() -> None:
    blocks = listed(names(2 * PLACES + 1))

    assert lines(blocks) == series(*names(2 * PLACES + 1))
    assert len(blocks) == 2 * PLACES + 1
    assert len(blocks.parts) == 3
    assert drafts(blocks) == 0


def test_series_are_counted_by_family() -> None:
    blocks = listed(names(100))
    blocks.put(("shop", "object-7"), ("", "b\n"))
    blocks.remove(("shop", "object-8"))

    assert blocks.tally.series == [98, 2 * 98 + 1]
    assert blocks.tally.total == len(lines(blocks))


def test_places_that_became_free_are_taken_before_there_are_new_blocks() -> None:
    blocks = listed(names(PLACES))
    blocks.remove(("shop", "object-3"))
    blocks.put(("shop", "new"), texts("new"))

    assert len(blocks.parts) == 1

    blocks.put(("shop", "newer"), texts("newer"))

    assert len(blocks.parts) == 2


def test_what_is_left_of_the_last_block_is_filled_later() -> None:
    blocks = listed(names(10))
    for name in names(PLACES)[10:]:
        blocks.put(("shop", name), texts(name))

    assert len(blocks.parts) == 1
    assert lines(blocks) == series(*names(PLACES))


def test_without_objects_nothing_is_left() -> None:
    blocks = listed(names(3))
    for name in names(3):
        blocks.remove(("shop", name))

    assert blocks.parts == ()
    assert blocks.tally.total == 0

    blocks.put(("shop", "new"), texts("new"))

    assert lines(blocks) == series("new")


def test_what_rests_is_compressed_and_what_keeps_changing_is_not() -> None:
    blocks = listed(names(2 * PLACES))
    blocks.put(("shop", "object-1"), texts("object-1", 2))
    blocks.put(("shop", f"object-{PLACES}"), texts(f"object-{PLACES}", 2))
    assert drafts(blocks) == 4

    for _ in blocks.settle():
        pass

    blocks.put(("shop", "object-1"), texts("object-1", 3))
    for _ in blocks.settle():
        pass

    assert drafts(blocks) == 2

    settle(blocks)

    assert drafts(blocks) == 0


def test_a_family_beyond_its_limit_loses_whole_objects_and_nothing_else() -> None:
    blocks = listed(["a", "b", "c"], Budget(SeriesLimit(family=5)))

    assert lines(blocks) == sorted([*series("a", "b"), "a c 1"])
    assert blocks.refused == 2
    assert len(blocks) == 3


def test_a_refused_object_is_shown_once_there_is_room_and_it_changes() -> None:
    blocks = listed(["a", "b", "c"], Budget(SeriesLimit(family=4)))
    blocks.remove(("shop", "a"))
    assert blocks.refused == 2

    blocks.put(("shop", "c"), texts("c", 2))

    assert blocks.refused == 0
    assert lines(blocks) == sorted([*series("b"), *series("c", value=2)])


def test_what_is_shown_may_change_although_nothing_may_be_added() -> None:
    blocks = listed(["a", "b"], Budget(SeriesLimit(cluster=6)))
    blocks.put(("shop", "c"), texts("c"))
    assert blocks.refused == 3

    blocks.put(("shop", "a"), texts("a", 2))

    assert blocks.refused == 3
    assert lines(blocks) == sorted([*series("a", value=2), *series("b")])


def test_an_object_that_grows_beyond_the_limit_loses_what_grew() -> None:
    blocks = listed(["a"], Budget(SeriesLimit(cluster=3)))
    blocks.put(("shop", "a"), ("a a 1\n", "b\nc\nd\n"))

    assert lines(blocks) == ["a a 1"]
    assert blocks.refused == 3


def test_who_is_removed_is_not_refused_any_more() -> None:
    blocks = listed(["a"], Budget(SeriesLimit(cluster=3)))
    blocks.put(("shop", "b"), texts("b"))
    assert blocks.refused == 3

    blocks.remove(("shop", "b"))

    assert blocks.refused == 0
    assert blocks.tally.total == 3
