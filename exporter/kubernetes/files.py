"""Reads the small files that kubeconfigs and pods point to: tokens, certificates, kubeconfigs."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

_MIB = 1024 * 1024

LARGEST_FILE = _MIB
"""Bytes. Kubernetes itself stores no Secret or ConfigMap that is larger."""

LARGEST_KUBECONFIG = 32 * _MIB
"""Bytes of a file of the user's; a context with certificates of its own takes 6,000."""


def read_file(path: Path, largest: int = LARGEST_FILE) -> bytes:
    """
    The content of a regular file; never waits for a pipe's writer, never reads without end.

    Raises:
        OSError: its `strerror` says what is wrong, without any content.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except ValueError as error:
        raise OSError(errno.EINVAL, "Not a path", str(path)) from error

    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "Not a regular file", str(path))

        content = bytearray()
        while part := os.read(descriptor, largest + 1 - len(content)):
            content += part
    finally:
        os.close(descriptor)

    if len(content) > largest:
        raise OSError(errno.EFBIG, f"Larger than {largest // _MIB} MiB", str(path))

    return bytes(content)
