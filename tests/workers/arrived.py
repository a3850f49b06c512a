"""What comes of columns on their way between processes."""

import asyncio

from aiohttp import StreamReader
from aiohttp.base_protocol import BaseProtocol

from exporter.store.section import Column
from exporter.workers.columns import received


async def arrived(data: bytes) -> list[Column]:
    """What comes of the data when the answer ends there."""
    loop = asyncio.get_running_loop()
    reader = StreamReader(BaseProtocol(loop), limit=len(data), loop=loop)
    reader.feed_data(data)
    reader.feed_eof()
    return [column async for column in received(reader)]
