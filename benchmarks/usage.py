"""What the kernel says of another process. Needs Linux; the process is not disturbed."""

from __future__ import annotations

import time
from pathlib import Path

_KILOBYTE = 1024
"""The kernel writes kB and means this."""


def cpu_seconds(process: int) -> float:
    """CPU of all its threads until now, to the nanosecond: clock_getcpuclockid(3)."""
    return time.clock_gettime(~process << 3 | 2)


def resident(process: int) -> int:
    """Bytes resident now, counted exactly: VmRSS of proc(5) may be off by hundreds of kB."""
    return _kilobytes(process, "smaps_rollup", "Rss") * _KILOBYTE


def peak(process: int) -> int:
    """Bytes that were resident at most."""
    return _kilobytes(process, "status", "VmHWM") * _KILOBYTE


def sockets(process: int) -> int:
    """Open connections and listeners."""
    return sum(_is_socket(one) for one in Path(f"/proc/{process}/fd").iterdir())


def _kilobytes(process: int, file: str, name: str) -> int:
    for line in Path(f"/proc/{process}/{file}").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])

    raise LookupError(f"/proc/{process}/{file} has no {name}")


def _is_socket(descriptor: Path) -> bool:
    try:
        return str(descriptor.readlink()).startswith("socket:")
    except FileNotFoundError:
        return False  # closed meanwhile
