"""A stream of bytes as lines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.kubernetes import lines as module
from exporter.kubernetes.errors import Malformed
from exporter.kubernetes.lines import Lines

texts = st.lists(st.binary(min_size=1).filter(lambda text: b"\n" not in text and text.strip()))


@given(texts, st.lists(st.integers(min_value=0, max_value=40)))
def test_however_a_stream_is_cut_the_lines_are_the_same(
    whole: list[bytes], cuts: list[int]
) -> None:
    stream = b"".join(line + b"\n" for line in whole)
    lines = Lines()
    found = []
    for cut in cuts:
        found += lines.feed(stream[:cut])
        stream = stream[cut:]

    found += lines.feed(stream)

    assert found == whole
    assert lines.pending == 0


def test_a_line_that_has_not_ended_is_kept_back_and_told_of() -> None:
    lines = Lines()

    assert lines.feed(b'{"a":1}\n{"b"') == [b'{"a":1}']
    assert lines.pending == 4


def test_blank_lines_are_no_lines() -> None:
    assert Lines().feed(b"\n \r\n{}\n\n") == [b"{}"]


def test_a_line_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST_LINE", 100)
    lines = Lines()
    lines.feed(b"x" * 100)

    with pytest.raises(Malformed, match="more than 100 bytes"):
        lines.feed(b"x")


def test_a_line_of_several_megabytes_is_one_line() -> None:
    lines = Lines()
    for _ in range(100):
        assert lines.feed(b"x" * 65536) == []

    assert lines.feed(b"\n") == [b"x" * 6553600]
