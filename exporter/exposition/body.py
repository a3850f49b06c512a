"""
The body of an answer, made of parts: gzip, for which segments are only put together, or plain.

Both come in chunks of a size that is good for the network and costs less than a millisecond to
make, so that nobody else waits for long.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from isal.isal_zlib import crc32_combine

from exporter.exposition.segment import TRAILER, Part, inflate, segment_of, text_length

_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x04\xff"
"""gzip's magic, deflate, no flags, no time, fastest algorithm, unknown system (RFC 1952)."""

_FINAL_BLOCK = b"\x03\x00"
"""An empty final deflate block with fixed codes (RFC 1951, section 3.2)."""

_CHUNK = 64 * 1024
"""Bytes of a gzip chunk, about."""

_TEXT = 96 * 1024
"""Bytes of text after which a chunk is sent, whatever its size: text may have to be compressed, or
inflated, on the way. Larger ones would each get fresh pages of memory from the kernel."""


class Body(Protocol):
    """`size` is the length of the text so far, whatever was sent for it."""

    size: int

    def feed(self, parts: Iterable[Part]) -> Iterator[bytes]:
        """Chunks that are full with these parts."""

    def end(self) -> bytes:
        """What is left."""


class Gzip:
    """One gzip member (a single one: not every client of HTTP reads a second)."""

    def __init__(self) -> None:
        self.size = 0
        self._crc = 0
        self._gathered = [_HEAD]
        self._length = 0
        self._since = 0

    def feed(self, parts: Iterable[Part]) -> Iterator[bytes]:
        """Puts segments together, and their checksums."""
        for part in parts:
            segment = part if isinstance(part, bytes) else part.segment  # a call less for each
            if not segment:
                continue

            end = len(segment) - TRAILER.size
            crc, size = TRAILER.unpack_from(segment, end)
            self._crc = crc32_combine(self._crc, crc, size)
            self.size += size
            self._gathered.append(segment[:end])
            self._length += end
            if self._length >= _CHUNK or (part is not segment and self.size - self._since >= _TEXT):
                yield b"".join(self._gathered)
                self._gathered, self._length, self._since = [], 0, self.size

    def end(self) -> bytes:
        """The end of the member."""
        trailer = TRAILER.pack(self._crc, self.size & 0xFFFFFFFF)
        return b"".join((*self._gathered, _FINAL_BLOCK, trailer))


class Plain:
    """The text itself."""

    def __init__(self) -> None:
        self.size = 0
        self._gathered: list[bytes] = []
        self._since = 0

    def feed(self, parts: Iterable[Part]) -> Iterator[bytes]:
        """Inflates segments, as many at once as make a chunk."""
        for part in parts:
            if segment := segment_of(part):
                self._gathered.append(segment)
                self.size += text_length(segment)
                if self.size - self._since >= _TEXT:
                    yield inflate(self._gathered)
                    self._gathered, self._since = [], self.size

    def end(self) -> bytes:
        """The text that made no whole chunk."""
        return inflate(self._gathered)
