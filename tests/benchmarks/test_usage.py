"""What the kernel says of a process, compared with what the process knows of itself."""

from __future__ import annotations

import os
import socket
import sys
import time

import pytest

from benchmarks import usage

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")

OURS = os.getpid()


def test_cpu_is_that_of_the_whole_process() -> None:
    before = time.process_time()
    measured = usage.cpu_seconds(OURS)

    assert before <= measured <= time.process_time()


def test_memory_that_is_written_to_becomes_resident() -> None:
    size = 32 * 1024 * 1024
    before = usage.resident(OURS)
    written = bytearray(b"x") * size

    assert usage.resident(OURS) - before > 0.9 * len(written)
    assert usage.peak(OURS) >= before


def test_sockets_alone_are_counted() -> None:
    before = usage.sockets(OURS)
    reading, writing = os.pipe()
    try:
        with socket.socket():
            assert usage.sockets(OURS) == before + 1
    finally:
        os.close(reading)
        os.close(writing)
