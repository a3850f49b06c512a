"""A TCP port that no other control plane of this machine takes, for as long as it is needed."""

import fcntl
import random
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from tests.controlplane.build import cache_directory

# Below the range from which Linux (32768) and macOS (49152) take the ports of outgoing
# connections, so that a stopped server finds its port free when it starts again.
_RANGE = range(20_000, 32_000)


@contextmanager
def reserved_port() -> Iterator[int]:
    """
    Reserve a free port of 127.0.0.1 while the context is open.

    Test runs at the same time see each other's locks; a lock ends with its process.
    """
    locks = cache_directory() / "ports"
    locks.mkdir(parents=True, exist_ok=True)
    for port in random.sample(_RANGE, len(_RANGE)):
        with (locks / str(port)).open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            if not _is_free(port):
                continue
            yield port
            return
    raise OSError(f"no free port between {_RANGE.start} and {_RANGE.stop}")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
