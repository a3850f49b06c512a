"""What ratios are taken to: work that nobody gets around who sends such a page."""

from __future__ import annotations

import resource
import subprocess
import tempfile

GZIP = "gzip -6 of the page"


def gzip_seconds(body: bytes) -> float:
    """
    CPU that the program `gzip` takes for a page, as users have it; zlib in this process is a fifth
    faster.

    Raises:
        OSError, subprocess.CalledProcessError: there is no such program, or it fails.
    """
    with tempfile.TemporaryFile() as file:
        file.write(body)
        file.seek(0)
        before = _children_seconds()
        subprocess.run(["gzip", "-6"], stdin=file, stdout=subprocess.DEVNULL, check=True)
        return _children_seconds() - before


def _children_seconds() -> float:
    """CPU of the processes of this one that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
