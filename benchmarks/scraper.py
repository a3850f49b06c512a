"""Scraping, as a client in another process sees it."""

from __future__ import annotations

import http.client
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from benchmarks.process import Exporter

Encoding = Literal["identity", "gzip"]

DEADLINE = 120.0
"""Seconds between two pieces of a page."""

_PIECE = 1024 * 1024


class Refused(Exception):
    """A page that cannot be had."""


@dataclass
class Scrapes:
    """
    One page, scraped again and again: seconds on the scraper's clock, of the exporter's CPU, and of
    the longest time that the exporter's event loop was held. `size` is what came last, in bytes.
    """

    running: Exporter
    path: str
    encoding: Encoding
    clock: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    size: int = 0

    def repeat(self, times: int = 1) -> None:
        """Scrape so many times more, and take the mean as one scrape."""
        self.running.pause()
        before, began = self.running.cpu(), time.monotonic()
        for _ in range(times):
            self.size = read(self.running.url + self.path, self.encoding)

        self.clock.append((time.monotonic() - began) / times)
        self.pauses.append(self.running.pause())
        self.cpu.append((self.running.cpu() - before) / times)


def read(url: str, encoding: Encoding) -> int:
    """Ask for a page and forget it as it comes; its size in bytes."""
    size = 0
    buffer = bytearray(_PIECE)
    with _answer(url, encoding) as answer:
        while piece := answer.readinto(buffer):
            size += piece

    return size


def page(url: str) -> bytes:
    """A page, uncompressed."""
    with _answer(url, "identity") as answer:
        return answer.read()


@contextmanager
def _answer(url: str, encoding: Encoding) -> Iterator[http.client.HTTPResponse]:
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=DEADLINE)
    try:
        path = f"{parts.path}?{parts.query}"
        connection.request("GET", path, headers={"Accept-Encoding": encoding})
        with connection.getresponse() as answer:
            if answer.status != http.client.OK:
                raise Refused(f"{url}: {answer.status}")

            yield answer
    finally:
        connection.close()
