"""How long a watch may be silent."""

from __future__ import annotations

import pytest

from exporter.kubernetes.patience import Patience


def with_bookmarks(count: int) -> Patience:
    patience = Patience()
    for _ in range(count):
        patience.bookmark()

    return patience


@pytest.mark.parametrize("bookmarks", [0, 1, 2, 100])
def test_whatever_the_bookmarks_a_dead_watch_is_noticed_within_75_seconds(bookmarks: int) -> None:
    assert with_bookmarks(bookmarks).terms()[1] <= 75


@pytest.mark.parametrize(("bookmarks", "long"), [(0, False), (1, False), (2, True)])
def test_a_watch_is_long_where_two_bookmarks_have_come(bookmarks: int, long: bool) -> None:
    lasting = {with_bookmarks(bookmarks).terms()[0] for _ in range(20)}

    assert (min(lasting) >= 300) is long
    assert (max(lasting) <= 60) is not long


def test_after_a_silence_bookmarks_have_to_prove_themselves_again() -> None:
    patience = with_bookmarks(2)
    patience.silent()
    patience.bookmark()

    assert patience.terms()[0] <= 60
