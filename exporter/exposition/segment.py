"""
Text that is compressed once, when it changes, and then served as it is.

A segment is raw deflate data that ends at a byte with a sync flush, never with a final block, and
then what ends a gzip member: the CRC-32 and the length of its text (RFC 1952, section 2.3.1).
Segments joined without those eight bytes are the body of one ordinary gzip member, and the CRC and
length of the whole follow from theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from struct import Struct

from isal import isal_zlib

LEVEL = 1
"""isal's level 1: measured on series, levels 2 and 3 are slower and no smaller, 0 half as large
again. zlib's level 6 is four to five times as slow for the same size."""

TRAILER = Struct("<II")
"""CRC-32 of the text, its length in bytes."""

_RAW = -isal_zlib.MAX_WBITS


def deflate(text: bytes) -> bytes:
    """A segment; nothing for no text."""
    if not text:
        return b""

    packer = isal_zlib.compressobj(LEVEL, isal_zlib.DEFLATED, _RAW)
    return b"".join(
        (
            packer.compress(text),
            packer.flush(isal_zlib.Z_SYNC_FLUSH),
            TRAILER.pack(isal_zlib.crc32(text), len(text)),
        )
    )


def inflate(segments: Iterable[bytes]) -> bytes:
    """The text of segments one after another."""
    deflated = b"".join([segment[: -TRAILER.size] for segment in segments])
    return isal_zlib.decompressobj(_RAW).decompress(deflated)


def text_length(segment: bytes) -> int:
    """Bytes of a segment's text, without inflating it."""
    length: int = TRAILER.unpack_from(segment, len(segment) - TRAILER.size)[1]
    return length


class Draft:
    """
    Text in pieces, which may be about to change again, so it is not compressed before it is served.

    A draft itself never changes: all scrapes that see it share the one segment that is made of it.
    """

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self.pieces = pieces

    def replaced(self, place: int, piece: bytes) -> Draft:
        """A draft that differs in one piece."""
        return Draft((*self.pieces[:place], piece, *self.pieces[place + 1 :]))

    @cached_property
    def segment(self) -> bytes:
        """The pieces, joined and compressed."""
        return deflate(b"".join(self.pieces))


Part = bytes | Draft
"""What pages are made of: a segment, or text that may become one."""


def segment_of(part: Part) -> bytes:
    """The part as a segment."""
    return part.segment if isinstance(part, Draft) else part
