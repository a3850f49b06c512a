"""What ratios are taken to: work that nobody gets around who sends such a page. Seconds of CPU."""

from __future__ import annotations

import time
import zlib
from collections.abc import Sequence

LEVEL = 6
"""The level that `gzip` has without arguments."""


def zlib_seconds(body: bytes) -> float:
    """Compressing a page as `gzip -6` does."""
    began = time.process_time()
    zlib.compress(body, LEVEL)
    return time.process_time() - began


def join_seconds(lines: Sequence[bytes]) -> float:
    """Making a page of its lines."""
    began = time.process_time()
    b"".join(lines)
    return time.process_time() - began
