"""
Columns on their way from a worker to the front: batches, each a length and then msgpack. An empty
one is the last.

A column travels in pieces, one after another. The segments of a piece are joined to one, so that
the front has nothing to do for each cluster, and drafts are compressed before they leave.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator, Sequence
from struct import Struct

import msgspec
from aiohttp import ClientError, StreamReader
from isal import isal_zlib

from exporter.exposition.segment import TRAILER, Part, segment_of
from exporter.store.section import Column, Place
from exporter.web.clusters import BrokenPage

_BATCH = 64 * 1024
"""Bytes of a batch, about."""

_TEXT = 256 * 1024
"""Bytes of text in a batch, about: it may have to be compressed on the way here, and to be inflated
there."""

_LARGEST = 64 * 1024 * 1024
"""Bytes of a batch that can be; a segment is not divided, and Kubernetes bounds what it is made of
at about a megabyte."""

_LENGTH = Struct("<I")


class _Piece(msgspec.Struct, frozen=True, array_like=True):
    """A part of a column: one segment, or none where a family has only its header."""

    place: Place
    header: bytes
    segment: bytes


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[_Piece]).decode


async def batches(columns: AsyncIterator[Column]) -> AsyncGenerator[bytes, None]:
    """
    The columns as bytes, in portions that hold nobody up. An empty column, which says that more is
    being looked for, does not wait for others.
    """
    pieces: list[_Piece] = []
    length, size = 0, 0
    async for column in columns:
        for segment, text in _joined(column.parts):
            pieces.append(_Piece(column.place, column.header, segment))
            length += len(column.header) + len(segment)
            size += text
            if length >= _BATCH or size >= _TEXT or not (column.header or segment):
                yield _framed(pieces)
                pieces, length, size = [], 0, 0

    yield (_framed(pieces) if pieces else b"") + _framed(())


def _framed(pieces: Sequence[_Piece]) -> bytes:
    packed = _encode(pieces)
    return _LENGTH.pack(len(packed)) + packed


def _joined(parts: Iterable[Part]) -> Iterator[tuple[bytes, int]]:
    """At least one segment, and the length of its text; together they have the parts' text."""
    gathered: list[bytes] = []
    crc, length, size = 0, 0, 0
    for part in parts:
        if not (segment := segment_of(part)):
            continue

        end = len(segment) - TRAILER.size
        part_crc, part_size = TRAILER.unpack_from(segment, end)
        crc = isal_zlib.crc32_combine(crc, part_crc, part_size)
        gathered.append(segment[:end])
        length += end
        size += part_size
        if length >= _BATCH or size >= _TEXT:
            yield b"".join((*gathered, TRAILER.pack(crc, size))), size
            gathered, crc, length, size = [], 0, 0, 0

    yield (b"".join((*gathered, TRAILER.pack(crc, size))) if gathered else b""), size


async def received(stream: StreamReader) -> AsyncGenerator[Column, None]:
    """
    The columns that `batches` sent.

    Raises:
        BrokenPage: they do not come to their end.
    """
    try:
        while pieces := await _batch(stream):
            for piece in pieces:
                parts = (piece.segment,) if piece.segment else ()
                yield Column(piece.place, piece.header, parts)

        await stream.read()  # that it ended is read as well, so that the connection serves again
    except (asyncio.IncompleteReadError, ClientError, msgspec.DecodeError) as error:
        raise BrokenPage(f"a worker's answer breaks off: {error}") from error


async def _batch(stream: StreamReader) -> Sequence[_Piece]:
    (length,) = _LENGTH.unpack(await stream.readexactly(_LENGTH.size))
    if length > _LARGEST:
        raise BrokenPage(f"a worker sends {length} bytes at once")

    return _decode(await stream.readexactly(length))
